/*
 * Errors between Node and the machine, both ways: they keep class, message and stack.
 */
#include "bridge.h"

static txError errorKind(const char *name)
{
	if (!strcmp(name, "TypeError"))
		return XS_TYPE_ERROR;
	if (!strcmp(name, "RangeError"))
		return XS_RANGE_ERROR;
	if (!strcmp(name, "SyntaxError"))
		return XS_SYNTAX_ERROR;
	if (!strcmp(name, "ReferenceError"))
		return XS_REFERENCE_ERROR;
	if (!strcmp(name, "EvalError"))
		return XS_EVAL_ERROR;
	if (!strcmp(name, "URIError"))
		return XS_URI_ERROR;
	return XS_UNKNOWN_ERROR;
}

static txSlot *errorConstructor(txMachine *the, txError kind)
{
	switch (kind) {
	case XS_TYPE_ERROR: return &mxTypeErrorConstructor;
	case XS_RANGE_ERROR: return &mxRangeErrorConstructor;
	case XS_SYNTAX_ERROR: return &mxSyntaxErrorConstructor;
	case XS_REFERENCE_ERROR: return &mxReferenceErrorConstructor;
	case XS_EVAL_ERROR: return &mxEvalErrorConstructor;
	case XS_URI_ERROR: return &mxURIErrorConstructor;
	default: return &mxErrorConstructor;
	}
}

/* `new Kind(message)` with the message that is on the stack; not through fxThrowMessage, which cuts at 128 bytes. */
static void pushError(txMachine *the, txError kind)
{
	txSlot *message = the->stack;
	txSlot *constructor = errorConstructor(the, kind);
	mxPushSlot(constructor);
	mxNew();
	mxPushSlot(message);
	mxRunCount(1);
	mxPullSlot(message);
}

static void throwStack(txMachine *the) XS_FUNCTION_NORETURN;
static void throwStack(txMachine *the)
{
	mxException.kind = the->stack->kind;
	mxException.value = the->stack->value;
	the->stack++;
	fxJump(the);
}

void hostThrowText(txMachine *the, txError kind, const char *text)
{
	mxPushStringC((txString)text);
	pushError(the, kind);
	throwStack(the);
}

void pushNodeError(Host *host, napi_value error)
{
	txMachine *the = host->the;
	napi_value value;
	napi_valuetype type;
	char name[32] = "Error";
	if (napi_get_named_property(host->env, error, "name", &value) == napi_ok)
		napi_get_value_string_utf8(host->env, value, name, sizeof(name), NULL);
	CHECK(napi_get_named_property(host->env, error, "message", &value));
	pushString(host, value);
	pushError(the, errorKind(name));
	if (napi_get_named_property(host->env, error, "code", &value) == napi_ok && napi_typeof(host->env, value, &type) == napi_ok
		&& type == napi_string) {
		pushString(host, value);
		txSlot *instance = the->stack + 1;
		mxPushSlot(instance);
		mxDefineID(fxID(the, "code"), XS_NO_FLAG, XS_GET_ONLY);
		mxPop();
	}
	if (napi_get_named_property(host->env, error, "stack", &value) == napi_ok && napi_typeof(host->env, value, &type) == napi_ok
		&& type == napi_string) {
		pushString(host, value);
		txSlot *instance = the->stack + 1;
		mxPushSlot(instance);
		mxDefineID(mxID(_stack), XS_DONT_ENUM_FLAG, XS_GET_ONLY);
		mxPop();
	}
}

void hostThrowValue(Host *host, napi_value error)
{
	txMachine *the = host->the;
	if (!error)
		hostThrowText(the, XS_UNKNOWN_ERROR, "Node threw nothing");
	hostPushValue(host, error);
	throwStack(the);
}

static bool isError(txMachine *the, txSlot *slot)
{
	txSlot *internal;
	if (slot->kind != XS_REFERENCE_KIND)
		return false;
	internal = slot->value.reference->next;
	return internal && (internal->flag & XS_INTERNAL_FLAG) && internal->kind == XS_ERROR_KIND;
}

/* Own enumerable values of simple kinds: what GridpostError adds (code, place ...). */
static void errorFields(Host *host, txSlot *slot, napi_value error)
{
	txMachine *the = host->the;
	txSlot *property;
	for (property = slot->value.reference->next; property; property = property->next) {
		if (property->flag & (XS_INTERNAL_FLAG | XS_DONT_ENUM_FLAG))
			continue;
		switch (property->kind) {
		case XS_BOOLEAN_KIND: case XS_INTEGER_KIND: case XS_NUMBER_KIND: case XS_STRING_KIND: case XS_STRING_X_KIND: {
			txString name = fxGetKeyName(the, property->ID);
			if (name)
				napi_set_named_property(host->env, error, name, hostToNode(host, property));
			break;
		}
		default:
			break;
		}
	}
}

napi_value hostErrorToNode(Host *host, txSlot *slot)
{
	txMachine *the = host->the;
	napi_env env = host->env;
	napi_value message, error = NULL, global, constructor;
	if (!isError(the, slot))
		return hostToNode(host, slot);
	mxPushSlot(slot);
	slot = the->stack;
	mxPushSlot(slot);
	mxGetID(mxID(_message));
	fxToString(the, the->stack);
	message = textToNode(host, the->stack->value.string);
	mxPop();
	mxPushSlot(slot);
	mxGetID(mxID(_name));
	char name[32];
	fxToStringBuffer(the, the->stack, name, sizeof(name));
	mxPop();
	napi_get_global(env, &global);
	if (errorKind(name) == XS_UNKNOWN_ERROR)
		strcpy(name, "Error");
	CHECK(napi_get_named_property(env, global, name, &constructor));
	CHECK(napi_new_instance(env, constructor, 1, &message, &error));
	mxPushSlot(slot);
	mxGetID(mxID(_stack));
	if (mxIsStringPrimitive(the->stack)) {
		static const napi_property_attributes hidden = napi_writable | napi_configurable;
		napi_property_descriptor stack = { "stack", NULL, NULL, NULL, NULL, textToNode(host, the->stack->value.string), hidden, NULL };
		napi_define_properties(env, error, 1, &stack);
	}
	mxPop();
	errorFields(host, slot, error);
	mxPop();
	return error;
}

void nodeFailed(Host *host)
{
	napi_value error = NULL;
	napi_get_and_clear_last_exception(host->env, &error);
	if (error)
		hostThrowValue(host, error);
	hostThrowText(host->the, XS_TYPE_ERROR, "this value cannot pass between Node and the machine");
}
