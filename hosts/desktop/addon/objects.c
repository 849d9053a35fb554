/*
 * What passes between Node and the machine by reference: functions both ways, and objects of the machine that are not plain
 * (seen from Node as a proxy that the `wrap` callback makes). Promises of the machine become promises in Node.
 */
#include "bridge.h"

static const napi_type_tag handleTag = { 0x6772696470737478u, 0x68616e646c652031u };

/* A Node function that the machine holds. */
typedef struct NodeFunction {
	Host *host;
	napi_ref function;
} NodeFunction;

/* A function of a host provider: found by name in whichever machine calls it, so that it may live in a frozen root. */
typedef struct ProviderFunction {
	uint32_t index;
	char provider[48];
	char name[48];
} ProviderFunction;

/* Handles */

static void markHandles(txMachine *the, void *data, txMarkRoot markRoot)
{
	Handle *handle;
	for (handle = *(Handle **)data; handle; handle = handle->next)
		(*markRoot)(the, &handle->slot);
}

typedef struct HandleList {
	Handle *first;
	txSlot anchor;
} HandleList;

static const txHostHooks handleHooks = { NULL, markHandles, NULL };

static Handle *newHandle(Host *host, txSlot *slot)
{
	txMachine *the = host->the;
	HandleList *list = hostModuleState(the, "gridpost handles", sizeof(HandleList), NULL);
	if (list->anchor.kind != XS_REFERENCE_KIND) {
		fxNewHostObject(the, NULL);
		txSlot *data = the->stack->value.reference->next;
		data->flag |= XS_HOST_HOOKS_FLAG;
		data->value.host.data = list;
		data->value.host.variant.hooks = (txHostHooks *)&handleHooks;
		list->anchor = *the->stack;
		fxRemember(the, &list->anchor);
		mxPop();
	}
	Handle *handle = calloc(1, sizeof(Handle));
	if (!handle)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	handle->host = host;
	hostRetain(host);
	handle->slot.kind = slot->kind;
	handle->slot.value = slot->value;
	handle->link = &list->first;
	handle->next = list->first;
	if (handle->next)
		handle->next->link = &handle->next;
	list->first = handle;
	return handle;
}

static void freeHandle(napi_env env, void *data, void *hint)
{
	Handle *handle = data;
	if (handle->host->the) {
		*handle->link = handle->next;
		if (handle->next)
			handle->next->link = handle->link;
	}
	hostRelease(handle->host);
	free(handle);
}

Handle *handleOf(napi_env env, napi_value value)
{
	bool tagged = false;
	void *handle = NULL;
	if (napi_check_object_type_tag(env, value, &handleTag, &tagged) != napi_ok || !tagged)
		return NULL;
	if (napi_unwrap(env, value, &handle) != napi_ok)
		return NULL;
	return handle;
}

/* Functions of the machine, called from Node */

typedef struct Call {
	Handle *handle;
	napi_value receiver, *arguments, result;
	size_t count;
	bool construct;
} Call;

static void callBody(txMachine *the, void *data)
{
	Call *call = data;
	Host *host = call->handle->host;
	size_t i;
	txSlot *function = &call->handle->slot;
	if (call->construct) {
		mxPushSlot(function);
		mxNew();
	}
	else {
		if (call->receiver)
			hostPushValue(host, call->receiver);
		else
			mxPushUndefined();
		mxPushSlot(function);
		mxCall();
	}
	for (i = 0; i < call->count; i++)
		hostPushValue(host, call->arguments[i]);
	mxRunCount((txInteger)call->count);
	call->result = hostToNode(host, the->stack);
	mxPop();
}

enum { ARGUMENT_LIMIT = 32 };

static napi_value callMachine(napi_env env, napi_callback_info info)
{
	napi_value arguments[ARGUMENT_LIMIT], receiver, target = NULL, error;
	size_t count = ARGUMENT_LIMIT;
	void *data;
	Call call;
	napi_valuetype type;
	napi_get_cb_info(env, info, &count, arguments, &receiver, &data);
	napi_get_new_target(env, info, &target);
	if (count > ARGUMENT_LIMIT) {
		napi_throw_range_error(env, NULL, "more than 32 arguments");
		return NULL;
	}
	memset(&call, 0, sizeof(call));
	call.handle = data;
	call.arguments = arguments;
	call.count = count;
	call.construct = target != NULL;
	/* the receiver matters only when it is an object of a machine */
	if (!target && napi_typeof(env, receiver, &type) == napi_ok && type == napi_object && handleOf(env, receiver))
		call.receiver = receiver;
	if (!hostRun(call.handle->host, callBody, &call, &error)) {
		napi_throw(env, error);
		return NULL;
	}
	return call.result;
}

napi_value functionToNode(Host *host, txSlot *slot)
{
	napi_env env = host->env;
	napi_value function;
	Handle *handle = newHandle(host, slot);
	if (napi_create_function(env, NULL, 0, callMachine, handle, &function) != napi_ok
		|| napi_wrap(env, function, handle, freeHandle, NULL, NULL) != napi_ok) {
		freeHandle(env, handle, NULL);
		nodeFailed(host);
	}
	napi_type_tag_object(env, function, &handleTag);
	return function;
}

napi_value objectToNode(Host *host, txSlot *slot)
{
	napi_env env = host->env;
	napi_value target, proxy, error;
	napi_create_object(env, &target);
	proxy = hostCallback(host, CALLBACK_WRAP, 1, &target, &error);
	if (!proxy)
		hostThrowValue(host, error);
	Handle *handle = newHandle(host, slot);
	if (napi_wrap(env, proxy, handle, freeHandle, NULL, NULL) != napi_ok) {
		freeHandle(env, handle, NULL);
		nodeFailed(host);
	}
	napi_type_tag_object(env, proxy, &handleTag);
	return proxy;
}

napi_value promiseToNode(Host *host, txSlot *slot)
{
	txMachine *the = host->the;
	napi_env env = host->env;
	napi_value parts, promise, resolve, reject, error;
	mxPushSlot(slot);
	parts = hostCallback(host, CALLBACK_PROMISE, 0, NULL, &error);
	if (!parts)
		hostThrowValue(host, error);
	CHECK(napi_get_element(env, parts, 0, &promise));
	CHECK(napi_get_element(env, parts, 1, &resolve));
	CHECK(napi_get_element(env, parts, 2, &reject));
	mxDub();
	mxGetID(mxID(_then));
	mxCall();
	hostPushValue(host, resolve);
	hostPushValue(host, reject);
	mxRunCount(2);
	mxPop();
	return promise;
}

/* Node functions, called from the machine */

static void freeNodeFunction(void *data)
{
	NodeFunction *function = data;
	if (!function)
		return;
	napi_delete_reference(function->host->env, function->function);
	free(function);
}

void hostCallNode(Host *host, napi_value function, napi_value receiver)
{
	txMachine *the = host->the;
	napi_value arguments[ARGUMENT_LIMIT], result = NULL, error = NULL;
	txInteger count = mxArgc, i;
	Host *previous = hostCurrent();
	if (count > ARGUMENT_LIMIT)
		hostThrowText(the, XS_RANGE_ERROR, "more than 32 arguments");
	for (i = 0; i < count; i++)
		arguments[i] = hostToNode(host, mxArgv(i));
	napi_status status = napi_call_function(host->env, receiver, function, count, arguments, &result);
	hostSetCurrent(previous);
	if (host->fatal >= 0) {
		napi_get_and_clear_last_exception(host->env, &error);
		fxAbort(the, host->fatal);
	}
	if (status != napi_ok)
		nodeFailed(host);
	hostPushValue(host, result);
	mxPullSlot(mxResult);
}

static void *functionData(txMachine *the)
{
	txSlot *home = mxFunctionInstanceHome(mxFunction->value.reference);
	return home->value.home.object->next->value.host.data;
}

static void callNodeFunction(txMachine *the)
{
	Host *host = hostOf(the);
	NodeFunction *data = functionData(the);
	hostScopeOpen(host);
	mxTry(the) {
		napi_value function, receiver;
		napi_get_reference_value(host->env, data->function, &function);
		napi_get_undefined(host->env, &receiver);
		hostCallNode(host, function, receiver);
	}
	mxCatch(the) {
		hostScopeClose(host);
		fxJump(the);
	}
	hostScopeClose(host);
}

/* Pushes a function of the machine that carries data, freed with it. */
static void pushFunction(txMachine *the, txCallback callback, txInteger length, txID name, void *data, txDestructor destructor)
{
	fxNewHostObject(the, destructor);
	the->stack->value.reference->next->value.host.data = data;
	fxNewHostFunction(the, callback, length, name, XS_NO_ID);
	mxFunctionInstanceHome(the->stack->value.reference)->value.home.object = (the->stack + 1)->value.reference;
	txSlot *result = the->stack + 1;
	mxPullSlot(result);
}

void pushNodeFunction(Host *host, napi_value value)
{
	txMachine *the = host->the;
	NodeFunction *function = calloc(1, sizeof(NodeFunction));
	if (!function)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	function->host = host;
	napi_create_reference(host->env, value, 1, &function->function);
	pushFunction(the, callNodeFunction, 0, XS_NO_ID, function, freeNodeFunction);
}

/* host:NAME modules: the functions that Node provides to the modules of hosts/desktop/xs */

static napi_value providerOf(Host *host, const char *name)
{
	napi_value providers, provider;
	napi_valuetype type;
	if (!host->providers)
		return NULL;
	napi_get_reference_value(host->env, host->providers, &providers);
	if (napi_get_named_property(host->env, providers, name, &provider) != napi_ok
		|| napi_typeof(host->env, provider, &type) != napi_ok || type != napi_object)
		return NULL;
	return provider;
}

static void callProvider(txMachine *the)
{
	Host *host = hostOf(the);
	ProviderFunction *data = functionData(the);
	if (host->preloading)
		hostThrowPreloading(the, data->name);
	hostScopeOpen(host);
	mxTry(the) {
		napi_value function = NULL, provider = providerOf(host, data->provider);
		napi_valuetype type;
		if (data->index >= host->boundCount) {
			uint32_t count = data->index + 16;
			host->bound = realloc(host->bound, count * sizeof(napi_ref));
			memset(host->bound + host->boundCount, 0, (count - host->boundCount) * sizeof(napi_ref));
			host->boundCount = count;
		}
		if (!host->bound[data->index]) {
			if (!provider || napi_get_named_property(host->env, provider, data->name, &function) != napi_ok
				|| napi_typeof(host->env, function, &type) != napi_ok || type != napi_function) {
				char line[160];
				snprintf(line, sizeof(line), "host provider \"%s\" has no function \"%s\"", data->provider, data->name);
				hostThrowText(the, XS_REFERENCE_ERROR, line);
			}
			napi_create_reference(host->env, function, 1, &host->bound[data->index]);
		}
		napi_get_reference_value(host->env, host->bound[data->index], &function);
		hostCallNode(host, function, provider);
	}
	mxCatch(the) {
		hostScopeClose(host);
		fxJump(the);
	}
	hostScopeClose(host);
}

/* Native of the generated source of a host:NAME module: the provider's functions and constants as an object. */
void xs_host_provider(txMachine *the)
{
	Host *host = hostOf(the);
	char name[48], line[160];
	fxToStringBuffer(the, mxArgv(0), name, sizeof(name));
	hostScopeOpen(host);
	mxTry(the) {
		napi_value provider = providerOf(host, name), keys, key, value;
		uint32_t count, i;
		napi_valuetype type;
		if (!provider) {
			snprintf(line, sizeof(line), "this machine has no host provider \"%s\"", name);
			hostThrowText(the, XS_REFERENCE_ERROR, line);
		}
		CHECK(napi_get_property_names(host->env, provider, &keys));
		CHECK(napi_get_array_length(host->env, keys, &count));
		fxNewObject(the);
		for (i = 0; i < count; i++) {
			char member[48];
			CHECK(napi_get_element(host->env, keys, i, &key));
			CHECK(napi_get_value_string_utf8(host->env, key, member, sizeof(member), NULL));
			CHECK(napi_get_property(host->env, provider, key, &value));
			CHECK(napi_typeof(host->env, value, &type));
			if (type == napi_function) {
				ProviderFunction *function = calloc(1, sizeof(ProviderFunction));
				if (!function)
					fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
				function->index = host->providerFunctionCount++;
				strcpy(function->provider, name);
				strcpy(function->name, member);
				pushFunction(the, callProvider, 0, fxNewNameC(the, member), function, free);
			}
			else
				hostPushValue(host, value);
			txSlot *object = the->stack + 1;
			mxPushSlot(object);
			mxSetID(fxNewNameC(the, member));
			mxPop();
		}
		mxPullSlot(mxResult);
	}
	mxCatch(the) {
		hostScopeClose(host);
		fxJump(the);
	}
	hostScopeClose(host);
}
