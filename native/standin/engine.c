/*
 * The stand-in under a machine of the desktop: its events run on that machine's clock, and messages to the engine
 * wait in a queue of ten places, as on the device. boardOpen(machine) ties the chip to the machine; the functions beside it
 * are what board.ts offers to tests.
 */
#include "../nodeglue.h"
#include "standin.h"

enum { QUEUE = 10 };

typedef void (*Deliver)(void *the, void *refcon, uint8_t *message, uint16_t length);

typedef struct {
	txMachine *the;
	HostTimer *events, *messages;
	struct {
		Deliver deliver;
		void *refcon;
	} queue[QUEUE];
	unsigned waiting;
	unsigned others; /* places that messages of others have taken */
	unsigned refused;
} Board;

static Board *board;
static uint64_t latencyNs;

static void runEvents(txMachine *the, void *refcon);

static void armEvents(void) {
	if (!board) return;
	hostTimerClear(board->the, board->events);
	uint64_t next = standinNextNs();
	board->events =
		next == STANDIN_NEVER ? NULL : hostTimerSet(board->the, (next + 999) / 1000, runEvents, board);
}

static void runEvents(txMachine *the, void *refcon) {
	(void)refcon;
	board->events = NULL;
	standinRun(hostNowUs(the) * 1000);
	armEvents();
}

/* One message a turn, in order. */
static void deliverOne(txMachine *the, void *refcon) {
	(void)refcon;
	board->messages = NULL;
	Deliver deliver = board->queue[0].deliver;
	void *of = board->queue[0].refcon;
	memmove(&board->queue[0], &board->queue[1], sizeof board->queue[0] * --board->waiting);
	if (board->waiting) board->messages = hostTimerSet(the, hostNowUs(the), deliverOne, NULL);
	standinRun(hostNowUs(the) * 1000);
	deliver(the, of, NULL, 0);
}

int modMessagePostToMachineFromISR(txMachine *the, Deliver deliver, void *refcon);
int modMessagePostToMachineFromISR(txMachine *the, Deliver deliver, void *refcon) {
	if (standinFlashBusy()) standinWrong("a function in flash is called while flash is written");
	if (!board || board->the != the) return -1;
	if (board->waiting + board->others >= QUEUE) {
		board->refused++;
		return -1;
	}
	board->queue[board->waiting].deliver = deliver;
	board->queue[board->waiting++].refcon = refcon;
	if (!board->messages) board->messages = hostTimerSet(the, hostNowUs(the), deliverOne, NULL);
	return 0;
}

static void forget(txMachine *the, void *state) {
	(void)the;
	if (board == state) board = NULL;
}

static uint64_t hostNs(void) {
	return board ? hostNowUs(board->the) * 1000 : 0;
}

static uint64_t fixedLatency(void) {
	return latencyNs;
}

static napi_value open(napi_env env, napi_callback_info info) {
	napi_value values[1];
	size_t count = 1;
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	Host *host = nodeMachine(env, values[0]);
	if (!host) return NULL;
	if (board) {
		napi_throw_error(env, NULL, "there is one chip, and another machine has it");
		return NULL;
	}
	board = hostModuleState(host->the, "board", sizeof(Board), forget);
	board->the = host->the;
	standinReset(hostNowUs(host->the) * 1000);
	standinChanged = armEvents;
	standinHostNs = hostNs;
	return NULL;
}

/* (name, number), the number 0 when absent: sets something and returns a number. */
static napi_value control(napi_env env, napi_callback_info info) {
	napi_value values[3], result;
	size_t count = 3;
	char name[16], text[40] = "";
	double number = 0;
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	napi_get_value_string_utf8(env, values[0], name, sizeof name, NULL);
	napi_get_value_string_utf8(env, values[1], text, sizeof text, NULL);
	napi_get_value_double(env, values[2], &number);
	if (!board) {
		napi_throw_error(env, NULL, "no machine has the chip");
		return NULL;
	}
	standinRun(hostNowUs(board->the) * 1000);
	double answer = 0;
	if (strcmp(name, "fail") == 0) standinFail(text, (unsigned)number);
	else if (strcmp(name, "open") == 0) answer = standinOpen(text);
	else if (strcmp(name, "flash") == 0) standinFlash(number != 0);
	else if (strcmp(name, "others") == 0) board->others = (unsigned)number;
	else if (strcmp(name, "refused") == 0) answer = board->refused;
	else if (strcmp(name, "latency") == 0) {
		latencyNs = (uint64_t)number;
		standinLatencyNs = fixedLatency;
	} else napi_throw_error(env, NULL, "no such control");
	napi_create_double(env, answer, &result);
	return result;
}

void boardNodeInit(napi_env env, napi_value exports) {
	nodeMethod(env, exports, "boardOpen", open);
	nodeMethod(env, exports, "boardControl", control);
}
