/* Modules: Node names and reads them, the engine parses, links and runs them; natives are bound by name. */
#include "engine.h"

extern void xs_host_provider(txMachine *the);

/* What Node's side answers; what it throws is thrown into the machine, with the open scope closed. */
static napi_value askNode(Host *host, int which, size_t count, napi_value *arguments)
{
	txMachine *the = host->the;
	napi_value error, result = hostCallback(host, which, count, arguments, &error);
	if (host->fatal >= 0) {
		hostScopeClose(host);
		fxAbort(the, host->fatal);
	}
	if (!result) {
		mxTry(the) {
			hostThrowValue(host, error);
		}
		mxCatch(the) {
			hostScopeClose(host);
			fxJump(the);
		}
	}
	return result;
}

/* Specifier and importer go to Node, which answers with the module's id (a path-like string) or throws. */
txID fxFindModule(txMachine *the, txSlot *realm, txID moduleID, txSlot *slot)
{
	Host *host = hostOf(the);
	napi_value arguments[2], result;
	txID id = XS_NO_ID;
	char *text = NULL;
	size_t length = 0;
	hostScopeOpen(host);
	arguments[0] = hostToNode(host, slot);
	if (moduleID == XS_NO_ID)
		napi_get_undefined(host->env, &arguments[1]);
	else
		napi_create_string_utf8(host->env, fxGetKeyName(the, moduleID), NAPI_AUTO_LENGTH, &arguments[1]);
	result = askNode(host, CALLBACK_RESOLVE, 2, arguments);
	if (napi_get_value_string_utf8(host->env, result, NULL, 0, &length) == napi_ok) {
		text = hostText(host, length + 1);
		napi_get_value_string_utf8(host->env, result, text, length + 1, NULL);
	}
	hostScopeClose(host);
	if (text)
		id = fxNewNameC(the, text);
	return id;
}

typedef struct Source {
	char *bytes;
	size_t length, offset;
} Source;

static int sourceGet(void *it)
{
	Source *source = it;
	return source->offset < source->length ? (unsigned char)source->bytes[source->offset++] : C_EOF;
}

typedef struct Unit {
	char *path;
	Source source, map;
	char complaint[512];
	int complaints;
} Unit;

static void unitFree(Unit *unit)
{
	free(unit->path);
	free(unit->source.bytes);
	free(unit->map.bytes);
}

static bool unitText(napi_env env, napi_value object, const char *name, char **bytes, size_t *length)
{
	napi_value value;
	if (napi_get_named_property(env, object, name, &value) != napi_ok
		|| napi_get_value_string_utf8(env, value, NULL, 0, length) != napi_ok)
		return false;
	*bytes = malloc(*length + 1);
	if (!*bytes)
		return false;
	napi_get_value_string_utf8(env, value, *bytes, *length + 1, NULL);
	return true;
}

/* The parser's complaints: the first is kept for the SyntaxError. */
static __thread Unit *parsing;

static void unitComplain(void *console, txString path, txInteger line, txString format, c_va_list arguments)
{
	Unit *unit = parsing;
	int length;
	if (!unit || unit->complaints++)
		return;
	length = snprintf(unit->complaint, sizeof(unit->complaint), "%s:%d: ", path ? path : "", (int)line);
	if (length > 0 && length < (int)sizeof(unit->complaint))
		vsnprintf(unit->complaint + length, sizeof(unit->complaint) - length, format, arguments);
}

static void unitWarn(void *console, txString path, txInteger line, txString format, c_va_list arguments)
{
}

static txScript *unitParse(txMachine *the, Unit *unit, txUnsigned flags)
{
	txParser parserRecord, *parser = &parserRecord;
	txParserJump jump;
	txScript *volatile script = NULL;
	txString name = NULL;
	parsing = unit;
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->firstJump = &jump;
	parser->reportError = unitComplain;
	parser->reportWarning = unitWarn;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser->path = fxNewParserSymbol(parser, unit->path);
		fxParserTree(parser, &unit->source, sourceGet, flags, &name);
		if (unit->map.bytes) {
			fxParserSourceMap(parser, &unit->map, sourceGet, flags, &name);
			if (parser->errorCount == 0 && name)
				parser->path = fxNewParserSymbol(parser, name);
		}
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	if (unit->complaints == 0 && !script)
		snprintf(unit->complaint, sizeof(unit->complaint), "%s: cannot be parsed", unit->path);
	if (parser->errorCount && script) {
		fxDeleteScript(script);
		script = NULL;
	}
#ifdef mxInstrument
	if (the->peakParserSize < parser->total)
		the->peakParserSize = parser->total;
#endif
	fxTerminateParser(parser);
	parsing = NULL;
	return script;
}

/* What the compiler of the engine calls for eval() and new Function(). */
txScript *fxParseScript(txMachine *the, void *stream, txGetter getter, txUnsigned flags)
{
	txParser parserRecord, *parser = &parserRecord;
	txParserJump jump;
	txScript *volatile script = NULL;
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->firstJump = &jump;
	parser->reportError = unitWarn;
	parser->reportWarning = unitWarn;
	if (c_setjmp(jump.jmp_buf) == 0) {
		fxParserTree(parser, stream, getter, flags, NULL);
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	fxTerminateParser(parser);
	return script;
}

void hostThrowPreloading(txMachine *the, const char *name)
{
	char line[128];
	snprintf(line, sizeof(line), "%s is called while modules are preloaded", name);
	hostThrowText(the, XS_UNKNOWN_ERROR, line);
}

static int nativeCompare(const void *key, const void *item)
{
	return strcmp(key, ((const Native *)item)->name);
}

/*
 * The module's natives: an array in the order in which its code refers to them. Runs as the script's callback,
 * before anything else of the module.
 */
static void unitNatives(txMachine *the)
{
	txScript *script = hostOf(the)->loading;
	txByte *p = script->hostsBuffer;
	txID count, i, nameIndex;
	txS1 length;
	txString native;
	mxDecodeID(p, count);
	mxPushInteger(count);
	mxPushInteger(1);
	mxPush(mxArrayPrototype);
	fxNewArrayInstance(the);
	fxArrayCacheBegin(the, the->stack);
	for (i = 0; i < count; i++) {
		txID id = XS_NO_ID;
		length = *(txS1 *)p++;
		mxDecodeID(p, nameIndex);
		native = (txString)p;
		p += strlen(native) + 1;
		if (nameIndex != XS_NO_ID) {
			txString name = (txString)script->symbolsBuffer + sizeof(txID);
			while (--nameIndex > 0)
				name += strlen(name) + 1;
			id = fxNewNameC(the, name);
		}
		const Native *found = bsearch(native, gxNatives, gxNativeCount, sizeof(Native), nativeCompare);
		if (!found) {
			char line[256];
			snprintf(line, sizeof(line), "native function \"%s\" is not built into this host", native);
			hostThrowText(the, XS_REFERENCE_ERROR, line);
		}
		if (length < 0)
			fxNewHostObject(the, (txDestructor)found->callback);
		else
			{
			/* the one native that preloading itself needs */
			bool provider = found->callback == xs_host_provider;
			fxNewHostFunction(the, provider ? found->callback : found->guarded, length, id, XS_NO_ID);
		}
		fxArrayCacheItem(the, the->stack + 1, the->stack);
		mxPop();
	}
	fxArrayCacheEnd(the, the->stack);
	mxPullSlot(mxResult);
	the->stack += 2;
}

static txScript *unitScript(txMachine *the, Host *host, Unit *unit, txUnsigned flags)
{
	txScript *script;
#ifdef mxDebug
	flags |= mxDebugFlag;
#endif
	script = unitParse(the, unit, flags);
	if (!script) {
		/* copied into the machine before the text is freed */
		mxTry(the) {
			hostThrowText(the, XS_SYNTAX_ERROR, unit->complaint);
		}
		mxCatch(the) {
			unitFree(unit);
			fxJump(the);
		}
	}
	unitFree(unit);
	if (script->hostsBuffer) {
		script->callback = unitNatives;
		host->loading = script;
	}
	return script;
}

void fxLoadModule(txMachine *the, txSlot *module, txID moduleID)
{
	Host *host = hostOf(the);
	napi_value argument, result;
	Unit unit;
	memset(&unit, 0, sizeof(unit));
	hostScopeOpen(host);
	napi_create_string_utf8(host->env, fxGetKeyName(the, moduleID), NAPI_AUTO_LENGTH, &argument);
	result = askNode(host, CALLBACK_LOAD, 1, &argument);
	size_t pathLength;
	bool complete = unitText(host->env, result, "path", &unit.path, &pathLength)
		&& unitText(host->env, result, "source", &unit.source.bytes, &unit.source.length);
	unitText(host->env, result, "map", &unit.map.bytes, &unit.map.length);
	hostScopeClose(host);
	if (!complete) {
		unitFree(&unit);
		mxTypeError("the loader gave no path and source");
	}
	fxResolveModule(the, module, moduleID, unitScript(the, host, &unit, mxCFlag), NULL, NULL);
}

/* Runs source as a script in the machine's global scope; its value is left on the stack. */
void hostEvaluate(txMachine *the, const char *source, const char *path)
{
	Host *host = hostOf(the);
	Unit unit;
	txSlot *realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
	memset(&unit, 0, sizeof(unit));
	unit.path = strdup(path);
	unit.source.bytes = strdup(source);
	unit.source.length = strlen(source);
	txScript *script = unitScript(the, host, &unit, mxProgramFlag);
	fxRunScript(the, script, mxRealmGlobal(realm), NULL, mxRealmClosures(realm)->value.reference, NULL,
		mxProgram.value.reference);
}
