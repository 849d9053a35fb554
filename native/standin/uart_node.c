/* Node's side of the stand-in's UARTs: what uart-bench.ts offers to tests. Speaks of the chip that boardOpen has tied to a machine. */
#include "../nodeglue.h"
#include "chip_uart.h"
#include "standin.h"

enum { EVENTS = 8192, FIELDS = 5 };

/* What left and when: port, 0 for a character and 1 for a level of RTS, byte or level, from, to (ns). */
static double events[EVENTS][FIELDS];
static unsigned eventCount;

static void note(int port, int what, int value, uint64_t fromNs, uint64_t toNs) {
	if (eventCount == EVENTS) standinWrong("nobody has read what left the UART");
	double *event = events[eventCount++];
	event[0] = port;
	event[1] = what;
	event[2] = value;
	event[3] = (double)fromNs;
	event[4] = (double)toNs;
}

static void left(int port, uint8_t byte, uint64_t startNs, uint64_t endNs) {
	note(port, 0, byte, startNs, endNs);
}

static void rts(int port, bool level) {
	note(port, 1, level, standinNowNs(), standinNowNs());
}

static napi_value result(napi_env env, double value) {
	napi_value number;
	napi_create_double(env, value, &number);
	return number;
}

/* (action, port, a, b, bytes) */
static napi_value uart(napi_env env, napi_callback_info info) {
	napi_value values[5];
	size_t count = 5, length = 0;
	char action[16];
	double port = 0, a = 0, b = 0;
	const uint8_t *bytes = NULL;
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	napi_get_value_string_utf8(env, values[0], action, sizeof action, NULL);
	napi_get_value_double(env, values[1], &port);
	napi_get_value_double(env, values[2], &a);
	napi_get_value_double(env, values[3], &b);
	if (!nodeViewOf(env, values[4], &bytes, &length) || port < 0 || port > 2) {
		napi_throw_type_error(env, NULL, "boardUart(action, port, a, b, bytes)");
		return NULL;
	}
	int at = (int)port;
	if (strcmp(action, "watch") == 0) {
		chipUartLeft = left;
		chipUartRtsChanged = rts;
		eventCount = 0;
	} else if (strcmp(action, "hear") == 0) {
		/* a: microseconds until the first start bit; b: what is wrong with each. When the last one ends. */
		uint64_t atNs = standinNowNs() + (uint64_t)(a * 1000);
		for (size_t i = 0; i < length; i++, atNs += chipUartCharNs(at)) chipUartHear(at, atNs, bytes[i], (unsigned)b);
		return result(env, (double)atNs);
	} else if (strcmp(action, "echo") == 0) chipUartWays.echo = a != 0;
	else if (strcmp(action, "driver") == 0) chipUartInstall(at, a != 0);
	else if (strcmp(action, "rts") == 0) return result(env, chipUartRts(at));
	else if (strcmp(action, "pin") == 0) return result(env, chipUartPin(at, (int)a));
	else if (strcmp(action, "pulled up") == 0) return result(env, chipUartPulledUp(at));
	else if (strcmp(action, "hold") == 0) standinHold(a != 0);
	else if (strcmp(action, "events") == 0) {
		napi_value list;
		napi_create_array_with_length(env, eventCount * FIELDS, &list);
		for (unsigned i = 0; i < eventCount * FIELDS; i++)
			napi_set_element(env, list, i, result(env, events[i / FIELDS][i % FIELDS]));
		eventCount = 0;
		return list;
	} else napi_throw_error(env, NULL, "no such action");
	return result(env, 0);
}

void uartNodeInit(napi_env env, napi_value exports) {
	nodeMethod(env, exports, "boardUart", uart);
}
