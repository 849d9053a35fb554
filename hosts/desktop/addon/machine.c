/* One machine: its life, entries into it from Node and libuv, its counters, and what host.h promises to natives. */
#include "engine.h"

struct ModuleState {
	ModuleState *next;
	const char *name;
	void (*destroy)(txMachine *the, void *state);
	max_align_t data[];
};

static __thread Host *current;
#if mxStress
extern int gxStress;
#endif

Host *hostCurrent(void)
{
	return current;
}

void hostSetCurrent(Host *host)
{
	current = host;
}

Host *hostOf(txMachine *the)
{
	return the->host;
}

void hostRetain(Host *host)
{
	host->references++;
}

void hostRelease(Host *host)
{
	if (--host->references > 0)
		return;
	if (host->root)
		hostRelease(host->root);
	free(host->bound);
	free(host->text);
	free(host->scopes);
	free((char *)host->xsbug);
	free(host);
}

char *hostText(Host *host, size_t size)
{
	if (host->textSize < size) {
		free(host->text);
		host->text = malloc(size + size / 2);
		host->textSize = host->text ? size + size / 2 : 0;
	}
	return host->text;
}

void hostScopeOpen(Host *host)
{
	if (host->scopeCount == host->scopeCapacity) {
		size_t capacity = host->scopeCapacity ? host->scopeCapacity * 2 : 16;
		napi_handle_scope *scopes = realloc(host->scopes, capacity * sizeof(napi_handle_scope));
		if (!scopes)
			fxAbort(host->the, XS_NOT_ENOUGH_MEMORY_EXIT);
		host->scopes = scopes;
		host->scopeCapacity = capacity;
	}
	napi_open_handle_scope(host->env, &host->scopes[host->scopeCount++]);
}

void hostScopeClose(Host *host)
{
	napi_close_handle_scope(host->env, host->scopes[--host->scopeCount]);
}

/* Node's side of a call */

napi_value hostCallback(Host *host, int which, size_t count, napi_value *values, napi_value *error)
{
	napi_value function, global, result = NULL, failure = NULL;
	Host *previous = current;
	if (error)
		*error = NULL;
	if (!host->callbacks[which])
		return NULL;
	napi_get_reference_value(host->env, host->callbacks[which], &function);
	napi_get_global(host->env, &global);
	if (napi_call_function(host->env, global, function, count, values, &result) != napi_ok) {
		result = NULL;
		napi_get_and_clear_last_exception(host->env, &failure);
		if (error)
			*error = failure;
	}
	current = previous;
	return result;
}

void hostTickBegin(Host *host, Tick *tick)
{
	napi_value resource;
	napi_open_handle_scope(host->env, &tick->handles);
	napi_get_reference_value(host->env, host->resource, &resource);
	napi_open_callback_scope(host->env, resource, host->context, &tick->callbacks);
}

void hostTickEnd(Host *host, Tick *tick)
{
	napi_close_callback_scope(host->env, tick->callbacks);
	napi_close_handle_scope(host->env, tick->handles);
}

napi_value hostFatalError(Host *host)
{
	static const struct {
		const char *code, *text;
	} reasons[] = {
		[XS_DEBUGGER_EXIT] = { "XS_DEBUGGER", "stopped by the debugger" },
		[XS_NOT_ENOUGH_MEMORY_EXIT] = { "XS_MEMORY", "memory full" },
		[XS_STACK_OVERFLOW_EXIT] = { "XS_STACK", "stack overflow" },
		[XS_FATAL_CHECK_EXIT] = { "XS_CHECK", "internal check failed" },
		[XS_DEAD_STRIP_EXIT] = { "XS_STRIPPED", "a stripped built-in was called" },
		[XS_NO_MORE_KEYS_EXIT] = { "XS_KEYS", "not enough keys" },
		[XS_TOO_MUCH_COMPUTATION_EXIT] = { "XS_COMPUTATION", "too much computation" },
	};
	char line[160];
	const char *code = "XS_FATAL", *text = "ended";
	napi_value message, codeValue, error;
	if (host->fatal >= 0 && host->fatal < (int)(sizeof(reasons) / sizeof(reasons[0])) && reasons[host->fatal].code) {
		code = reasons[host->fatal].code;
		text = reasons[host->fatal].text;
	}
	else if (!host->the) {
		code = "XS_DELETED";
		text = "the machine was deleted";
	}
	else if (host->shared) {
		code = "XS_SHARED";
		text = "the machine is a frozen root and runs no code";
	}
	snprintf(line, sizeof(line), "XS machine \"%s\": %s", host->name, text);
	napi_create_string_utf8(host->env, line, NAPI_AUTO_LENGTH, &message);
	napi_create_string_utf8(host->env, code, NAPI_AUTO_LENGTH, &codeValue);
	napi_create_error(host->env, codeValue, message, &error);
	return error;
}

/* Entries */

static void hostDrain(txMachine *the)
{
	Host *host = hostOf(the);
	do {
		while (host->promiseJobs) {
			host->promiseJobs = false;
			fxRunPromiseJobs(the);
		}
		fxEndJob(the);
	} while (host->promiseJobs);
	fxCheckUnhandledRejections(the, 1);
}

static void hostThrown(txMachine *the, void *data)
{
	napi_value *failure = data;
	*failure = hostErrorToNode(hostOf(the), &mxException);
	mxException.kind = XS_UNDEFINED_KIND;
}

/* One attempt to run body: 0 returned, 1 threw (mxException holds it), 2 the machine died. */
static int hostAttempt(Host *host, HostBody body, void *data)
{
	txMachine *the = host->the;
	Entry entry;
	volatile int outcome = 0;
	entry.jump.nextJump = the->firstJump;
	entry.jump.stack = the->stack;
	entry.jump.scope = the->scope;
	entry.jump.frame = the->frame;
	entry.jump.environment = NULL;
	entry.jump.code = the->code;
	entry.jump.flag = 0;
	entry.outer = host->entry;
	entry.previous = current;
	entry.scopeCount = host->scopeCount;
	the->firstJump = &entry.jump;
	host->entry = &entry;
	current = host;
	if (!entry.outer)
		host->meterStart = hostByteCodes(host);
	if (c_setjmp(entry.jump.buffer) == 0) {
		fxBeginHost(the);
		body(the, data);
		if (!entry.outer)
			hostDrain(the);
		fxEndHost(the);
	}
	else {
		outcome = host->fatal >= 0 ? 2 : 1;
		while (host->scopeCount > entry.scopeCount)
			hostScopeClose(host);
	}
	the->stack = entry.jump.stack;
	the->scope = entry.jump.scope;
	the->frame = entry.jump.frame;
	the->code = entry.jump.code;
	the->firstJump = entry.jump.nextJump;
	host->entry = entry.outer;
	current = entry.previous;
	return outcome;
}

bool hostRun(Host *host, HostBody body, void *data, napi_value *error)
{
	napi_value failure = NULL;
	int outcome;
	if (!host->the || host->fatal >= 0 || host->shared) {
		if (error)
			*error = hostFatalError(host);
		return false;
	}
	outcome = hostAttempt(host, body, data);
	if (outcome == 0)
		return true;
	if (outcome == 1)
		outcome = hostAttempt(host, hostThrown, &failure);
	if (outcome == 2)
		failure = hostFatalError(host);
	if (!failure) {
		napi_value message;
		napi_create_string_utf8(host->env, "XS: an exception that cannot be described", NAPI_AUTO_LENGTH, &message);
		napi_create_error(host->env, NULL, message, &failure);
	}
	if (error)
		*error = failure;
	else
		hostCallback(host, CALLBACK_ERROR, 1, &failure, NULL);
	return false;
}

uint64_t hostByteCodes(Host *host)
{
	return host->the ? host->meterBase + host->the->meterIndex : host->meterBase;
}

/* Called every METER_INTERVAL byte codes: widens the engine's 32-bit counter and enforces the limit. */
enum { METER_INTERVAL = 1 << 16 };

static txBoolean hostMeter(txMachine *the, txU4 index)
{
	Host *host = hostOf(the);
	host->meterBase += the->meterIndex;
	the->meterIndex = 0;
	return !host->meterLimit || host->meterBase - host->meterStart <= host->meterLimit;
}

/* host.h */

void hostEnter(txMachine *the, HostTimerCallback callback, void *refcon)
{
	Host *host = hostOf(the);
	Tick tick;
	if (host->fatal >= 0)
		return;
	if (host->entry) {
		hostRun(host, callback, refcon, NULL);
		return;
	}
	hostRetain(host);
	hostTickBegin(host, &tick);
	hostRun(host, callback, refcon, NULL);
	hostTickEnd(host, &tick);
	hostRelease(host);
}

struct uv_loop_s *hostLoop(txMachine *the)
{
	struct uv_loop_s *loop = NULL;
	napi_get_uv_event_loop(hostOf(the)->env, &loop);
	return loop;
}

void *hostModuleState(txMachine *the, const char *name, size_t size, void (*destroy)(txMachine *the, void *state))
{
	Host *host = hostOf(the);
	ModuleState *state;
	for (state = host->states; state; state = state->next) {
		if (strcmp(state->name, name) == 0)
			return state->data;
	}
	state = calloc(1, sizeof(ModuleState) + size);
	if (!state)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	state->name = name;
	state->destroy = destroy;
	state->next = host->states;
	host->states = state;
	return state->data;
}

void fxDeleteMachinePlatform(txMachine *the)
{
	Host *host = hostOf(the);
	while (host->states) {
		ModuleState *state = host->states;
		host->states = state->next;
		if (state->destroy)
			state->destroy(the, state->data);
		free(state);
	}
}

/* Creation and deletion */

static bool property(napi_env env, napi_value object, const char *name, napi_valuetype type, napi_value *value)
{
	napi_valuetype actual;
	return napi_get_named_property(env, object, name, value) == napi_ok && napi_typeof(env, *value, &actual) == napi_ok
		&& actual == type;
}

static double number(napi_env env, napi_value object, const char *name)
{
	napi_value value;
	double result = 0;
	if (property(env, object, name, napi_number, &value))
		napi_get_value_double(env, value, &result);
	return result;
}

void hostDelete(Host *host)
{
	txMachine *the = host->the;
	uint32_t i;
	Host *previous = current;
	if (!the)
		return;
	host->meterBase = hostByteCodes(host);
	current = host;
	if (host->fatal < 0)
		host->fatal = XS_DEBUGGER_EXIT; /* destructors may not enter any more */
	fxDeleteMachine(the);
	host->fatal = -1;
	current = previous;
	host->the = NULL;
	hostTimersDelete(host, host->cleanup);
	host->cleanup = NULL;
	for (i = 0; i < CALLBACK_COUNT; i++) {
		if (host->callbacks[i])
			napi_delete_reference(host->env, host->callbacks[i]);
		host->callbacks[i] = NULL;
	}
	for (i = 0; i < host->boundCount; i++) {
		if (host->bound[i])
			napi_delete_reference(host->env, host->bound[i]);
	}
	host->boundCount = 0;
	if (host->providers)
		napi_delete_reference(host->env, host->providers);
	host->providers = NULL;
	if (host->context)
		napi_async_destroy(host->env, host->context);
	host->context = NULL;
	if (host->resource)
		napi_delete_reference(host->env, host->resource);
	host->resource = NULL;
	if (host->root) {
		hostRelease(host->root);
		host->root = NULL;
	}
}

/* The thread ends: libuv wants its handles closed, and devices wish to be left in order. Clones before their roots. */
static void hostCleanup(napi_async_cleanup_hook_handle handle, void *data)
{
	Host *host = data;
	if (host->the)
		hostDelete(host);
}

Host *hostCreate(napi_env env, napi_value options, Host *root)
{
	static const char *const names[CALLBACK_COUNT] = { "resolve", "load", "trace", "error", "wrap", "promise" };
	Host *host = calloc(1, sizeof(Host));
	napi_value value;
	bool flag = false;
	int i;
	txCreation creation;
	Host *previous = current;
	if (!host)
		return NULL;
	host->env = env;
	host->references = 1;
	host->fatal = -1;
	host->timerFd = -1;
	host->socket = -1;
	strcpy(host->name, "machine");
	if (property(env, options, "name", napi_string, &value))
		napi_get_value_string_utf8(env, value, host->name, sizeof(host->name), NULL);
	for (i = 0; i < CALLBACK_COUNT; i++) {
		if (property(env, options, names[i], napi_function, &value))
			napi_create_reference(env, value, 1, &host->callbacks[i]);
	}
	if (property(env, options, "providers", napi_object, &value))
		napi_create_reference(env, value, 1, &host->providers);
	if (property(env, options, "virtualClock", napi_boolean, &value))
		napi_get_value_bool(env, value, &flag);
	host->virtualClock = flag;
	host->originUs = uv_hrtime() / 1000;
	host->wallOffsetUs = (int64_t)(number(env, options, "epochMs") * 1000);
	host->random = (uint64_t)number(env, options, "seed");
	host->memoryLimit = (size_t)number(env, options, "memoryLimit");
	host->meterLimit = (uint64_t)number(env, options, "byteCodeLimit");
	if (property(env, options, "xsbug", napi_string, &value)) {
		char address[256];
		napi_get_value_string_utf8(env, value, address, sizeof(address), NULL);
		host->xsbug = strdup(address);
	}
	napi_create_object(env, &value);
	napi_create_reference(env, value, 1, &host->resource);
	napi_create_string_utf8(env, "XS machine", NAPI_AUTO_LENGTH, &value);
	napi_async_init(env, NULL, value, &host->context);
	if (root) {
		host->root = root;
		hostRetain(root);
		host->providerFunctionCount = root->providerFunctionCount;
	}

	memset(&creation, 0, sizeof(creation));
	creation.initialChunkSize = (txSize)number(env, options, "chunkInitial");
	creation.incrementalChunkSize = (txSize)number(env, options, "chunkIncrement");
	creation.initialHeapCount = (txSize)number(env, options, "slotInitial");
	creation.incrementalHeapCount = (txSize)number(env, options, "slotIncrement");
	creation.stackCount = (txSize)number(env, options, "stack");
	creation.initialKeyCount = (txSize)number(env, options, "keyInitial");
	creation.incrementalKeyCount = (txSize)number(env, options, "keyIncrement");
	creation.nameModulo = 1993;
	creation.symbolModulo = 127;
	creation.parserBufferSize = 64 * 1024;
	creation.parserTableModulo = 1993;
	current = host;
	host->the = NULL;
	txMachine *the = root ? fxCloneMachine(&creation, root->the, host->name, host)
		: fxCreateMachine(&creation, host->name, host, XS_NO_ID);
	current = previous;
	if (!the) {
		host->the = NULL;
		return host;
	}
	fxBeginMetering(the, hostMeter, METER_INTERVAL);
	if (!root)
		hostRun(host, hostStringsInstall, NULL, NULL);
#if mxStress
	gxStress = 1; /* collect at every allocation from here on */
#endif
	napi_add_async_cleanup_hook(env, hostCleanup, host, &host->cleanup);
	return host;
}

/* Turns a machine that has imported what is to be preloaded into a root. It runs no code after that. */
bool hostMakeRoot(Host *host)
{
	txMachine *the = host->the;
	Entry entry;
	volatile bool done = false;
	memset(&entry, 0, sizeof(entry));
	entry.jump.stack = the->stack;
	entry.jump.scope = the->scope;
	entry.jump.frame = the->frame;
	entry.jump.code = the->code;
	entry.previous = current;
	the->firstJump = &entry.jump;
	host->entry = &entry;
	current = host;
	if (c_setjmp(entry.jump.buffer) == 0) {
		hostShare(the);
		host->shared = true;
		done = true;
	}
	the->firstJump = NULL;
	host->entry = NULL;
	current = entry.previous;
	return done;
}
