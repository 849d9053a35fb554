/* What the engine asks of its platform: memory, limits, keys, the clock, dice, trace, and the way out. */
#include "engine.h"

/* Memory: counted against a hard limit, so that a runaway heap ends the machine and not the process. */

static void hostCount(txMachine *the, size_t bytes)
{
	Host *host = hostOf(the);
	if (host->memoryBytes + bytes > host->memoryLimit)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	host->memoryBytes += bytes;
}

void *fxAllocateChunks(txMachine *the, txSize size)
{
	hostCount(the, size);
	return malloc(size);
}

void fxFreeChunks(txMachine *the, void *chunks)
{
	free(chunks);
}

txSlot *fxAllocateSlots(txMachine *the, txSize count)
{
	hostCount(the, (size_t)count * sizeof(txSlot));
	return malloc((size_t)count * sizeof(txSlot));
}

void fxFreeSlots(txMachine *the, void *slots)
{
	free(slots);
}

void fxCreateMachinePlatform(txMachine *the)
{
	Host *host = the->context;
	the->host = host;
	host->the = the;
	host->socket = -1;
}


/*
 * Keys: the engine's own, then those the natives use, in the order of the generated header,
 * so that xsID_... are compile-time constants in every machine.
 */
void fxBuildKeys(txMachine *the)
{
	int i;
	for (i = 0; i < XS_SYMBOL_ID_COUNT; i++) {
		txID id = the->keyIndex;
		txSlot *description = fxNewSlot(the);
		fxCopyStringC(the, description, gxIDStrings[i]);
		the->keyArray[id] = description;
		the->keyIndex++;
	}
	for (; i < XS_ID_COUNT; i++)
		fxID(the, gxIDStrings[i]);
	for (i = 0; i < gxNativeIDCount; i++) {
		if (fxID(the, (txString)gxNativeIDs[i]) != XS_ID_COUNT + i)
			fxAbort(the, XS_FATAL_CHECK_EXIT);
	}
}

void fxQueuePromiseJobs(txMachine *the)
{
	hostOf(the)->promiseJobs = true;
}

static void hostReport(txMachine *the)
{
	Host *host = hostOf(the);
	napi_value error;
	hostScopeOpen(host);
	error = hostErrorToNode(host, &mxException);
	mxException.kind = XS_UNDEFINED_KIND;
	hostCallback(host, CALLBACK_ERROR, 1, &error, NULL);
	hostScopeClose(host);
}

/*
 * The engine's way out. Exceptions that nobody caught are told to Node and the machine goes on; everything else
 * ends the machine: unwind to the innermost entry from Node, which turns it into an error there. The chain of jumps
 * stays whole (the collector walks it), and no frame of Node is jumped over.
 */
void fxAbort(txMachine *the, int status)
{
	Host *host = hostOf(the);
	if (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT) {
		hostReport(the);
		if (host->fatal < 0)
			return;
		status = host->fatal;
	}
	host->fatal = status;
	if (!host->entry) {
		/* while it is being created: the engine frees what there is and returns no machine */
		fxExitToHost(the);
	}
	txJump *jump = the->firstJump;
	while (jump != &host->entry->jump) {
		txJump *next = jump->nextJump;
		if (jump->flag)
			c_free(jump);
		jump = next;
	}
	the->firstJump = jump;
	c_longjmp(jump->buffer, 1);
}

/* Clock, dice and trace of the machine that runs on this thread. */

int hostTimeOfDay(struct timeval *tv)
{
	Host *host = hostCurrent();
	int64_t us;
	if (host && host->virtualClock)
		us = (int64_t)host->nowUs + host->wallOffsetUs;
	else {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + (host ? host->wallOffsetUs : 0);
	}
	tv->tv_sec = us / 1000000;
	tv->tv_usec = us % 1000000;
	if (tv->tv_usec < 0) {
		tv->tv_usec += 1000000;
		tv->tv_sec -= 1;
	}
	return 0;
}

/* splitmix64: small, passes the usual tests, and the same on every machine for the same seed */
int hostRandom(void)
{
	Host *host = hostCurrent();
	static __thread uint64_t other;
	uint64_t *state = host ? &host->random : &other;
	uint64_t z = (*state += 0x9E3779B97F4A7C15u);
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return (int)((z ^ (z >> 31)) >> 33);
}

/*
 * trace(). The engine also announces every exception that is thrown, caught or not, by c_printf with a text that ends in
 * "exception: ", then the message, then "!\n": none of that is traced, whoever sees the exception will tell.
 */
int hostPrintV(const char *format, va_list arguments)
{
	Host *host = hostCurrent();
	va_list again;
	int length;
	if (!host || host->announcing || !host->callbacks[CALLBACK_TRACE])
		return 0;
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	char *line = length > 0 ? malloc((size_t)length + 1) : NULL;
	if (line) {
			napi_value text;
		vsnprintf(line, (size_t)length + 1, format, arguments);
		hostScopeOpen(host);
		text = hostTextToNode(host, line);
		free(line);
		if (text)
			hostCallback(host, CALLBACK_TRACE, 1, &text, NULL);
		hostScopeClose(host);
	}
	return length;
}

int hostPrint(const char *format, ...)
{
	Host *host = hostCurrent();
	size_t length = strlen(format);
	va_list arguments;
	if (host && length > 2 && strcmp(format + length - 2, ": ") == 0) {
		host->announcing = true;
		return 0;
	}
	if (host && host->announcing && strcmp(format, "!\n") == 0) {
		host->announcing = false;
		return 0;
	}
	va_start(arguments, format);
	int written = hostPrintV(format, arguments);
	va_end(arguments);
	return written;
}
