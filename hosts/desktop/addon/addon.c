/* The addon's functions, as hosts/desktop/machine.ts calls them. A machine is an external value, the first argument of each. */
#include "bridge.h"

extern bool hostMakeRoot(Host *host);

static pthread_once_t once = PTHREAD_ONCE_INIT;

static napi_value throwError(napi_env env, napi_value error)
{
	napi_throw(env, error);
	return NULL;
}

static napi_value throwText(napi_env env, const char *text)
{
	napi_throw_type_error(env, NULL, text);
	return NULL;
}

static Host *argumentsOf(napi_env env, napi_callback_info info, size_t count, napi_value *values)
{
	size_t given = count;
	void *host = NULL;
	napi_valuetype type;
	napi_get_cb_info(env, info, &given, values, NULL, NULL);
	if (napi_typeof(env, values[0], &type) != napi_ok || type != napi_external
		|| napi_get_value_external(env, values[0], &host) != napi_ok || !host) {
		throwText(env, "no machine");
		return NULL;
	}
	return host;
}

/* Life */

static void finalize(napi_env env, void *data, void *hint)
{
	Host *host = data;
	hostDelete(host);
	hostRelease(host);
}

static napi_value create(napi_env env, napi_callback_info info)
{
	napi_value values[2], result;
	size_t count = 2;
	void *root = NULL;
	napi_valuetype type;
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	if (count > 1 && napi_typeof(env, values[1], &type) == napi_ok && type == napi_external) {
		napi_get_value_external(env, values[1], &root);
		if (!((Host *)root)->shared)
			return throwText(env, "the root is not frozen yet");
	}
	Host *host = hostCreate(env, values[0], root);
	if (!host)
		return throwText(env, "no memory");
	if (!host->the) {
		if (host->fatal < 0)
			host->fatal = XS_NOT_ENOUGH_MEMORY_EXIT;
		napi_value error = hostFatalError(host);
		hostRelease(host);
		return throwError(env, error);
	}
	napi_create_external(env, host, finalize, NULL, &result);
	return result;
}

static napi_value delete(napi_env env, napi_callback_info info)
{
	napi_value values[1];
	Host *host = argumentsOf(env, info, 1, values);
	if (!host)
		return NULL;
	if (host->entry)
		return throwText(env, "a machine cannot be deleted while its code runs");
	hostDelete(host);
	return NULL;
}

/* Code */

typedef struct Import {
	napi_value specifier, result;
	bool discard;
} Import;

static void importBody(txMachine *the, void *data)
{
	Import *import = data;
	Host *host = hostOf(the);
	hostPushValue(host, import->specifier);
	fxAwaitImport(the, XS_IMPORT_NAMESPACE);
	if (!import->discard)
		import->result = hostToNode(host, the->stack);
	mxPop();
}

static napi_value importModule(napi_env env, napi_callback_info info)
{
	napi_value values[2], error;
	Import import = { NULL, NULL, false };
	Host *host = argumentsOf(env, info, 2, values);
	if (!host)
		return NULL;
	import.specifier = values[1];
	if (!hostRun(host, importBody, &import, &error))
		return throwError(env, error);
	return import.result;
}

static void freezeBody(txMachine *the, void *data)
{
	hostFreeze(the);
}

/* makeRoot(machine, specifiers): imports them, then freezes and shares the machine. */
static napi_value makeRoot(napi_env env, napi_callback_info info)
{
	napi_value values[2], error;
	uint32_t count = 0, i;
	Host *host = argumentsOf(env, info, 2, values);
	if (!host)
		return NULL;
	napi_get_array_length(env, values[1], &count);
	host->preloading = true;
	for (i = 0; i < count; i++) {
		Import import = { NULL, NULL, true };
		napi_get_element(env, values[1], i, &import.specifier);
		if (!hostRun(host, importBody, &import, &error))
			return throwError(env, error);
	}
	if (!hostRun(host, freezeBody, NULL, &error))
		return throwError(env, error);
	host->preloading = false;
	if (!hostMakeRoot(host))
		return throwError(env, hostFatalError(host));
	return NULL;
}

typedef struct Evaluation {
	char *source;
	napi_value result;
} Evaluation;

static void evaluateBody(txMachine *the, void *data)
{
	Evaluation *evaluation = data;
	Host *host = hostOf(the);
	hostEvaluate(the, evaluation->source, "(evaluate)");
	evaluation->result = hostToNode(host, the->stack);
	mxPop();
}

static napi_value evaluate(napi_env env, napi_callback_info info)
{
	napi_value values[2], error = NULL;
	Evaluation evaluation = { NULL, NULL };
	size_t length = 0;
	Host *host = argumentsOf(env, info, 2, values);
	if (!host)
		return NULL;
	if (napi_get_value_string_utf8(env, values[1], NULL, 0, &length) != napi_ok)
		return throwText(env, "source is no string");
	evaluation.source = malloc(length + 1);
	napi_get_value_string_utf8(env, values[1], evaluation.source, length + 1, NULL);
	bool done = hostRun(host, evaluateBody, &evaluation, &error);
	free(evaluation.source);
	return done ? evaluation.result : throwError(env, error);
}

/* Objects of the machine that Node holds: get, set, has, keys. The object is a handle, the machine is its own. */

typedef struct Access {
	Handle *handle;
	napi_value key, value, result;
	enum { ACCESS_GET, ACCESS_SET, ACCESS_HAS, ACCESS_KEYS } what;
} Access;

static void accessBody(txMachine *the, void *data)
{
	Access *access = data;
	Host *host = access->handle->host;
	txSlot *object = &access->handle->slot;
	switch (access->what) {
	case ACCESS_GET:
		mxPushSlot(object);
		hostPushValue(host, access->key);
		mxGetAt();
		access->result = hostToNode(host, the->stack);
		mxPop();
		break;
	case ACCESS_SET:
		hostPushValue(host, access->value);
		mxPushSlot(object);
		hostPushValue(host, access->key);
		mxSetAt();
		mxPop();
		break;
	case ACCESS_HAS:
		mxPushSlot(object);
		hostPushValue(host, access->key);
		access->result = NULL;
		napi_get_boolean(host->env, mxHasAt(), &access->result);
		mxPop();
		break;
	case ACCESS_KEYS:
		mxPush(mxObjectConstructor);
		mxDub();
		mxGetID(mxID(_keys));
		mxCall();
		mxPushSlot(object);
		mxRunCount(1);
		access->result = hostToNode(host, the->stack);
		mxPop();
		break;
	}
}

static napi_value accessObject(napi_env env, napi_callback_info info, int what)
{
	napi_value values[3], error;
	size_t count = 3;
	Access access = { 0 };
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	access.handle = handleOf(env, values[0]);
	if (!access.handle)
		return throwText(env, "no object of a machine");
	access.key = values[1];
	access.value = values[2];
	access.what = what;
	if (!hostRun(access.handle->host, accessBody, &access, &error))
		return throwError(env, error);
	return access.result;
}

static napi_value getProperty(napi_env env, napi_callback_info info)
{
	return accessObject(env, info, ACCESS_GET);
}

static napi_value setProperty(napi_env env, napi_callback_info info)
{
	return accessObject(env, info, ACCESS_SET);
}

static napi_value hasProperty(napi_env env, napi_callback_info info)
{
	return accessObject(env, info, ACCESS_HAS);
}

static napi_value keysOf(napi_env env, napi_callback_info info)
{
	return accessObject(env, info, ACCESS_KEYS);
}

/* Time */

static napi_value advance(napi_env env, napi_callback_info info)
{
	napi_value values[2];
	double ms = 0;
	Host *host = argumentsOf(env, info, 2, values);
	if (!host)
		return NULL;
	if (!host->virtualClock)
		return throwText(env, "advance() needs a machine with a virtual clock");
	if (host->entry || host->firing)
		return throwText(env, "advance() was called while the machine's code runs");
	if (!host->the || host->fatal >= 0)
		return throwError(env, hostFatalError(host));
	napi_get_value_double(env, values[1], &ms);
	hostTimersRun(host, host->nowUs + (uint64_t)(ms > 0 ? ms * 1000 + 0.5 : 0));
	if (host->fatal >= 0)
		return throwError(env, hostFatalError(host));
	return NULL;
}

static napi_value nowUs(napi_env env, napi_callback_info info)
{
	napi_value values[1], result;
	Host *host = argumentsOf(env, info, 1, values);
	if (!host)
		return NULL;
	napi_create_double(env, host->the ? (double)hostNowUs(host->the) : 0, &result);
	return result;
}

/* Microseconds until the next timer, or -1. */
static napi_value nextTimer(napi_env env, napi_callback_info info)
{
	napi_value values[1], result;
	Host *host = argumentsOf(env, info, 1, values);
	double us = -1;
	if (!host)
		return NULL;
	if (host->the && host->timerCount) {
		us = (double)hostTimerFirst(host) - (double)hostNowUs(host->the);
		if (us < 0)
			us = 0;
	}
	napi_create_double(env, us, &result);
	return result;
}

static void finalizeTimer(napi_env env, void *data, void *hint)
{
	hostNodeTimerRelease(data);
}

/* setTimer(machine, delayMs, callback) -> id */
static napi_value setTimer(napi_env env, napi_callback_info info)
{
	napi_value values[3], result;
	double ms = 0;
	Host *host = argumentsOf(env, info, 3, values);
	if (!host)
		return NULL;
	if (!host->the || host->fatal >= 0)
		return throwError(env, hostFatalError(host));
	napi_get_value_double(env, values[1], &ms);
	NodeTimer *timer = hostNodeTimerSet(host, hostNowUs(host->the) + (uint64_t)(ms > 0 ? ms * 1000 + 0.5 : 0), values[2]);
	if (!timer)
		return throwText(env, "no memory");
	napi_create_external(env, timer, finalizeTimer, NULL, &result);
	return result;
}

static napi_value clearTimer(napi_env env, napi_callback_info info)
{
	napi_value values[1];
	NodeTimer *timer = (NodeTimer *)argumentsOf(env, info, 1, values);
	if (timer)
		hostNodeTimerClear(timer);
	return NULL;
}

/* Milliseconds since 1970 on the machine's wall clock. */
static napi_value epochMs(napi_env env, napi_callback_info info)
{
	napi_value values[1], result;
	struct timeval now;
	Host *host = argumentsOf(env, info, 1, values), *previous = hostCurrent();
	if (!host)
		return NULL;
	hostSetCurrent(host);
	hostTimeOfDay(&now);
	hostSetCurrent(previous);
	napi_create_double(env, (double)now.tv_sec * 1000 + (double)now.tv_usec / 1000, &result);
	return result;
}

/* Figures */

static void figure(napi_env env, napi_value object, const char *name, double value)
{
	napi_value number;
	napi_create_double(env, value, &number);
	napi_set_named_property(env, object, name, number);
}

static napi_value counters(napi_env env, napi_callback_info info)
{
	napi_value values[1], result;
	Host *host = argumentsOf(env, info, 1, values);
	if (!host)
		return NULL;
	napi_create_object(env, &result);
	figure(env, result, "byteCodes", (double)hostByteCodes(host));
	txMachine *the = host->the;
	if (!the)
		return result;
	figure(env, result, "slots", the->currentHeapCount);
	figure(env, result, "slotsPeak", the->peakHeapCount);
	figure(env, result, "slotsReserved", the->maximumHeapCount);
	figure(env, result, "chunkBytes", the->currentChunksSize);
	figure(env, result, "chunkBytesPeak", the->peakChunksSize);
	figure(env, result, "chunkBytesReserved", the->maximumChunksSize);
	figure(env, result, "stackPeak", (double)(the->stackTop - the->stackPeak));
	figure(env, result, "keys", the->keyIndex - the->keyOffset);
	figure(env, result, "collections", the->garbageCollectionCount);
	figure(env, result, "modules", the->loadedModulesCount);
	figure(env, result, "timers", (double)host->timerCount);
	return result;
}

static void collectBody(txMachine *the, void *data)
{
	fxCollectGarbage(the);
}

static napi_value collect(napi_env env, napi_callback_info info)
{
	napi_value values[1], error;
	Host *host = argumentsOf(env, info, 1, values);
	if (!host)
		return NULL;
	if (!hostRun(host, collectBody, NULL, &error))
		return throwError(env, error);
	return NULL;
}

static napi_value checksum(napi_env env, napi_callback_info info)
{
	napi_value values[1], result;
	Host *host = argumentsOf(env, info, 1, values);
	if (!host || !host->the)
		return NULL;
	napi_create_uint32(env, hostChecksum(host->the), &result);
	return result;
}

typedef struct Texts {
	napi_env env;
	napi_value array;
	uint32_t count;
} Texts;

static void addText(void *data, const char *text)
{
	Texts *texts = data;
	napi_value value;
	napi_create_string_utf8(texts->env, text, NAPI_AUTO_LENGTH, &value);
	napi_set_element(texts->env, texts->array, texts->count++, value);
}

/* aliases(root): what is preloaded in it but not frozen, in words. */
static napi_value aliases(napi_env env, napi_callback_info info)
{
	napi_value values[1];
	Texts texts = { env, NULL, 0 };
	Host *host = argumentsOf(env, info, 1, values);
	if (!host || !host->the)
		return NULL;
	napi_create_array(env, &texts.array);
	hostAliases(host->the, addText, &texts);
	return texts.array;
}

/* The code that killed the machine, or undefined. */
static napi_value fatal(napi_env env, napi_callback_info info)
{
	napi_value values[1];
	Host *host = argumentsOf(env, info, 1, values);
	if (!host || (host->the && host->fatal < 0))
		return NULL;
	return hostFatalError(host);
}

NAPI_MODULE_INIT()
{
	static const struct {
		const char *name;
		napi_callback callback;
	} functions[] = {
		{ "create", create }, { "delete", delete }, { "importModule", importModule }, { "makeRoot", makeRoot },
		{ "evaluate", evaluate }, { "getProperty", getProperty }, { "setProperty", setProperty },
		{ "hasProperty", hasProperty }, { "keysOf", keysOf }, { "advance", advance }, { "nowUs", nowUs },
		{ "nextTimer", nextTimer }, { "setTimer", setTimer }, { "clearTimer", clearTimer }, { "epochMs", epochMs }, { "counters", counters }, { "collect", collect }, { "checksum", checksum }, { "aliases", aliases },
		{ "fatal", fatal },
	};
	size_t i;
	pthread_once(&once, fxInitializeSharedCluster);
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL, &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	gridpostNativesInit(env, exports);
	return exports;
}
