/* For tests in Node: boardCan(controller, action, ...) and boardAdc(mv, calibrated). See can-bench.ts. */
#include "../nodeglue.h"
#include "chip_can.h"
#include "standin.h"

#include <stdio.h>
#include <string.h>

static napi_value number(napi_env env, double value) {
	napi_value result;
	napi_create_double(env, value, &result);
	return result;
}

static uint32_t argument(napi_env env, napi_value value) {
	double result = 0;
	napi_get_value_double(env, value, &result);
	return (uint32_t)result;
}

/* The frames that came out since the last time, as text: id, flags, length and data in hex, one a line. */
static napi_value heard(napi_env env, StandinWire *wire) {
	char text[STANDIN_HEARD * 40];
	size_t at = 0;
	text[0] = 0;
	for (unsigned i = 0; i < wire->count; i++) {
		const CanFrame *frame = &wire->heard[i];
		at += (size_t)snprintf(text + at, sizeof text - at, "%x %u %u ", frame->id, frame->flags, frame->length);
		for (unsigned k = 0; k < frame->length && !(frame->flags & CAN_REMOTE); k++)
			at += (size_t)snprintf(text + at, sizeof text - at, "%02x", frame->data[k]);
		at += (size_t)snprintf(text + at, sizeof text - at, "\n");
	}
	wire->count = 0;
	napi_value result;
	napi_create_string_utf8(env, text, at, &result);
	return result;
}

/* (mcp, action, a, b, c, data): mcp false for the chip's own controller. */
static napi_value can(napi_env env, napi_callback_info info) {
	napi_value values[6];
	size_t count = 6, size = 0;
	bool mcp = false;
	char action[12] = "";
	void *bytes = NULL;
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	napi_get_value_bool(env, values[0], &mcp);
	napi_get_value_string_utf8(env, values[1], action, sizeof action, NULL);
	uint32_t a = argument(env, values[2]), b = argument(env, values[3]), c = argument(env, values[4]);
	StandinWire *wire = mcp ? &standinMcpWire : &standinTwaiWire;
	if (strcmp(action, "heard") == 0) return heard(env, wire);
	if (strcmp(action, "silent") == 0) wire->silent = a;
	else if (strcmp(action, "errors") == 0 && mcp) {
		mcp2515ChipErrors(&standinMcp, a, b);
		standinMcpChanged();
	} else if (strcmp(action, "errors") == 0) standinTwaiErrors(a, b);
	else if (strcmp(action, "error") == 0) standinTwaiError(a);
	else if (strcmp(action, "recoveries") == 0) return number(env, standinTwaiRecoveries());
	else if (strcmp(action, "absent") == 0) standinMcp.absent = a;
	else if (strcmp(action, "reset") == 0) mcp2515ChipReset(&standinMcp);
	else if (strcmp(action, "register") == 0) return number(env, standinMcp.registers[a & 127]);
	else if (strcmp(action, "frame") == 0) {
		CanFrame frame = {.id = a, .flags = (uint8_t)b, .length = (uint8_t)c};
		napi_get_buffer_info(env, values[5], &bytes, &size);
		memcpy(frame.data, bytes, size < 8 ? size : 8);
		return number(env, mcp ? standinMcpReceive(&frame) : standinTwaiReceive(&frame));
	} else napi_throw_error(env, NULL, "no such action");
	return number(env, 0);
}

static napi_value adc(napi_env env, napi_callback_info info) {
	napi_value values[2];
	size_t count = 2;
	bool calibrated = true;
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	napi_get_value_bool(env, values[1], &calibrated);
	standinAdc((int)argument(env, values[0]), calibrated);
	return NULL;
}

void canBenchNodeInit(napi_env env, napi_value exports) {
	nodeMethod(env, exports, "boardCan", can);
	nodeMethod(env, exports, "boardAdc", adc);
}
