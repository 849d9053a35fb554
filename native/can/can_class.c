#include "can_class.h"
#include "mc.xs.h"

void canClassOptions(xsMachine *the, CanConfig *config) {
	char text[12];
	config->bitrate = glueNumber(the, &xsArg(0), xsID_bitrate, "bitrate", 500000, 125000, 1000000);
	glueText(the, &xsArg(0), xsID_mode, "mode", "normal", text, sizeof text);
	if (strcmp(text, "normal") == 0) config->mode = CAN_MODE_NORMAL;
	else if (strcmp(text, "listen") == 0) config->mode = CAN_MODE_LISTEN;
	else if (strcmp(text, "selftest") == 0) config->mode = CAN_MODE_SELFTEST;
	else xsRangeError("mode must be normal, listen or selftest");
	xsmcGet(xsVar(0), xsArg(0), xsID_filters);
	if (xsmcTypeOf(xsVar(0)) == xsUndefinedType) return;
	if (!xsmcIsInstanceOf(xsVar(0), xsArrayPrototype)) xsTypeError("filters must be an array");
	xsVar(1) = xsVar(0);
	config->filterCount = (uint8_t)glueNumber(the, &xsVar(1), xsID_length, "number of filters", 0, 0, CAN_FILTERS);
	for (unsigned i = 0; i < config->filterCount; i++) {
		xsmcGetIndex(xsVar(2), xsVar(1), (xsIndex)i);
		if (xsmcTypeOf(xsVar(2)) != xsReferenceType) xsTypeError("a filter must be an object");
		CanFilter *filter = &config->filters[i];
		filter->extended = glueFlag(the, &xsVar(2), xsID_extended);
		uint32_t all = filter->extended ? 0x1FFFFFFF : 0x7FF;
		filter->id = glueNumber(the, &xsVar(2), xsID_id, "id of a filter", UINT32_MAX, 0, all);
		if (filter->id == UINT32_MAX) xsRangeError("a filter needs an id");
		filter->mask = glueNumber(the, &xsVar(2), xsID_mask, "mask of a filter", all, 0, all);
	}
}

void canClassCallbacks(xsMachine *the, CanCallbacks *callbacks) {
	callbacks->onReadable = glueCallback(the, xsID_onReadable, "onReadable");
	callbacks->onWritable = glueCallback(the, xsID_onWritable, "onWritable");
	callbacks->onError = glueCallback(the, xsID_onError, "onError");
	callbacks->onStateChange = glueCallback(the, xsID_onStateChange, "onStateChange");
}

void canClassMark(xsMachine *the, const CanCallbacks *callbacks, xsMarkRoot markRoot) {
	if (callbacks->onReadable) markRoot(the, callbacks->onReadable);
	if (callbacks->onWritable) markRoot(the, callbacks->onWritable);
	if (callbacks->onError) markRoot(the, callbacks->onError);
	if (callbacks->onStateChange) markRoot(the, callbacks->onStateChange);
}

static void setFlag(xsMachine *the, xsIdentifier id, bool value) {
	xsmcSetBoolean(xsVar(0), value);
	xsmcSet(xsResult, id, xsVar(0));
}

void canClassRead(xsMachine *the, CanCore *core) {
	void *bytes;
	xsUnsignedValue size;
	CanFrame frame;
	if (xsmcArgc < 1) xsTypeError("read needs a buffer");
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	if (size < 8) xsRangeError("read needs a buffer of 8 bytes");
	bool into = xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType;
	if (into && xsmcTypeOf(xsArg(1)) != xsReferenceType) xsTypeError("read fills an object");
	if (!canCoreTake(core, &frame)) return;
	if (!(frame.flags & CAN_REMOTE)) memcpy(bytes, frame.data, frame.length);
	xsmcVars(1);
	/* An object that has the properties already takes the values without an allocation. */
	if (into) xsResult = xsArg(1);
	else xsmcSetNewObject(xsResult);
	glueSetNumber(the, &xsResult, xsID_id, frame.id);
	setFlag(the, xsID_extended, frame.flags & CAN_EXTENDED);
	setFlag(the, xsID_remote, frame.flags & CAN_REMOTE);
	glueSetNumber(the, &xsResult, xsID_length, frame.length);
	glueSetNumber(the, &xsResult, xsID_timestampUs, (double)frame.timeUs);
}

void canClassWrite(xsMachine *the, CanCore *core) {
	CanFrame frame = {0};
	xsmcVars(1);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("write needs a frame");
	if (glueFlag(the, &xsArg(0), xsID_extended)) frame.flags |= CAN_EXTENDED;
	if (glueFlag(the, &xsArg(0), xsID_remote)) frame.flags |= CAN_REMOTE;
	uint32_t all = frame.flags & CAN_EXTENDED ? 0x1FFFFFFF : 0x7FF;
	frame.id = glueNumber(the, &xsArg(0), xsID_id, "id", UINT32_MAX, 0, all);
	if (frame.id == UINT32_MAX) xsRangeError("a frame needs an id");
	if (frame.flags & CAN_REMOTE) frame.length = (uint8_t)glueNumber(the, &xsArg(0), xsID_length, "length", 0, 0, 8);
	else {
		xsmcGet(xsVar(0), xsArg(0), xsID_data);
		if (xsmcTypeOf(xsVar(0)) != xsUndefinedType) {
			void *bytes;
			xsUnsignedValue size;
			xsmcGetBufferReadable(xsVar(0), &bytes, &size);
			if (size > 8) xsRangeError("a frame has 0 to 8 bytes");
			frame.length = (uint8_t)size;
			memcpy(frame.data, bytes, size);
		}
	}
	switch (canCoreWrite(core, &frame)) {
	case CAN_WRITE_FULL:
		xsUnknownError("transmit queue full");
	case CAN_WRITE_LISTEN:
		xsUnknownError("listen-only");
	case CAN_WRITE_OFF:
		xsUnknownError("bus-off");
	case CAN_WRITE_OK:
		break;
	}
}

void canClassCounters(xsMachine *the, CanCore *core) {
	CanCounters counters = canCoreCounters(core);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	glueSetNumber(the, &xsResult, xsID_framesReceived, counters.framesReceived);
	glueSetNumber(the, &xsResult, xsID_framesSent, counters.framesSent);
	glueSetNumber(the, &xsResult, xsID_filtered, counters.filtered);
	glueSetNumber(the, &xsResult, xsID_overflow, counters.overflow);
	glueSetNumber(the, &xsResult, xsID_busErrors, counters.busErrors);
	glueSetNumber(the, &xsResult, xsID_busOff, counters.busOff);
	glueSetNumber(the, &xsResult, xsID_dropped, counters.dropped);
}
