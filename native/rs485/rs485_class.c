#include "rs485_class.h"
#include "mc.xs.h"

void rs485ClassConfigure(xsMachine *the, Rs485Config *config) {
	char text[8];
	xsSlot *options = &xsArg(0);
	config->baud = glueNumber(the, options, xsID_baud, "baud", 9600, 1200, 115200);
	config->stopBits = (uint8_t)glueNumber(the, options, xsID_stop, "stop", 1, 1, 2);
	glueText(the, options, xsID_parity, "parity", "none", text, sizeof text);
	if (strcmp(text, "none") == 0) config->parity = RS485_PARITY_NONE;
	else if (strcmp(text, "even") == 0) config->parity = RS485_PARITY_EVEN;
	else if (strcmp(text, "odd") == 0) config->parity = RS485_PARITY_ODD;
	else xsRangeError("parity must be none, even or odd");
	config->enableInvert = glueFlag(the, options, xsID_enableInvert);
}

void rs485ClassRead(xsMachine *the, Rs485Core *core, uint8_t *cause) {
	void *bytes;
	xsUnsignedValue size;
	if (xsmcArgc < 1) xsTypeError("read needs a buffer");
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	uint8_t seen;
	int32_t length = rs485CoreTake(core, bytes, size, &seen);
	if (length < 0) return;
	*cause = seen;
	xsmcSetInteger(xsResult, length);
}

void rs485ClassWrite(xsMachine *the, Rs485Core *core, uint64_t nowUs) {
	void *bytes;
	xsUnsignedValue size;
	uint32_t expect = 0;
	if (rs485CoreSending(core)) xsUnknownError("still sending");
	if (xsmcArgc < 1) xsTypeError("write needs a frame");
	if (xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType) {
		double value = xsmcToNumber(xsArg(1));
		if (!(value >= 0 && value <= RS485_RING)) xsRangeError("expect must be 0 to %u", RS485_RING);
		expect = (uint32_t)value;
	}
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	if (size < 1 || size > RS485_FRAME_MAX) xsRangeError("a frame has 1 to %u bytes", RS485_FRAME_MAX);
	rs485CoreWrite(core, bytes, size, expect, nowUs);
}

void rs485ClassCounters(xsMachine *the, const Rs485Core *core) {
	Rs485Counters counters = rs485CoreCounters(core);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	glueSetNumber(the, &xsResult, xsID_framesReceived, counters.framesReceived);
	glueSetNumber(the, &xsResult, xsID_framesSent, counters.framesSent);
	glueSetNumber(the, &xsResult, xsID_bytesReceived, counters.bytesReceived);
	glueSetNumber(the, &xsResult, xsID_bytesSent, counters.bytesSent);
	glueSetNumber(the, &xsResult, xsID_parity, counters.parity);
	glueSetNumber(the, &xsResult, xsID_framing, counters.framing);
	glueSetNumber(the, &xsResult, xsID_overrun, counters.overrun);
	glueSetNumber(the, &xsResult, xsID_full, counters.full);
	glueSetNumber(the, &xsResult, xsID_break, counters.breaks);
	glueSetNumber(the, &xsResult, xsID_busy, counters.busy);
}
