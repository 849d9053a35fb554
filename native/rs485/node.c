/*
 * Node's side of a line inside the process: lineOpen(machine, name, { onFrame(bytes, endUs), onBaud(baud, parity, stop) })
 * gives { send(bytes, delayUs, damage), close() }: a place on the line for simulated devices.
 */
#include "../nodeglue.h"
#include "line.h"

typedef struct Frame Frame;
struct Frame {
	Frame *next;
	uint64_t endUs;
	uint32_t length;
	uint8_t bytes[];
};

typedef struct {
	NodePlace place; /* first */
	LineStation station;
	napi_ref onFrame, onBaud;
	Frame *frames;
	Rs485Config format;
	bool formatNews;
} Device;

static Device *deviceOf(LineStation *station) {
	return (Device *)((char *)station - offsetof(Device, station));
}

static void leave(NodePlace *place) {
	Device *device = (Device *)place;
	if (place->host->the) lineLeave(&device->station);
	for (Frame *frame = device->frames, *next; frame; frame = next) {
		next = frame->next;
		free(frame);
	}
	device->frames = NULL;
	nodeForget(place->host->env, &device->onFrame);
	nodeForget(place->host->env, &device->onBaud);
}

static void lineGone(LineStation *station) {
	nodePlaceShut(&deviceOf(station)->place);
}

static const char *const parityNames[] = {"none", "even", "odd"};

static bool hasNews(const NodePlace *place) {
	const Device *device = (const Device *)place;
	return device->formatNews || device->frames;
}

static void tellOne(NodePlace *place) {
	Device *device = (Device *)place;
	napi_env env = place->host->env;
	napi_value values[3];
	if (device->formatNews) {
		device->formatNews = false;
		napi_create_uint32(env, device->format.baud, &values[0]);
		napi_create_string_utf8(env, parityNames[device->format.parity], NAPI_AUTO_LENGTH, &values[1]);
		napi_create_uint32(env, device->format.stopBits, &values[2]);
		nodeCall(place->host, device->onBaud, 3, values);
		return;
	}
	Frame *frame = device->frames;
	device->frames = frame->next;
	values[0] = nodeBytes(env, frame->bytes, frame->length);
	napi_create_double(env, (double)frame->endUs, &values[1]);
	free(frame);
	nodeCall(place->host, device->onFrame, 2, values);
}

static const NodePlaceKind kind = {
	sizeof(Device), {0x6772696470737478u, 0x6c696e6520303031u}, "the line needs a name", hasNews, tellOne, leave,
};

static void lineFrame(LineStation *station, const uint8_t *bytes, uint32_t length, uint64_t endUs) {
	Device *device = deviceOf(station);
	Frame *frame = malloc(sizeof(Frame) + length);
	if (!frame || !device->onFrame) {
		free(frame);
		return;
	}
	frame->next = NULL;
	frame->endUs = endUs;
	frame->length = length;
	memcpy(frame->bytes, bytes, length);
	Frame **link = &device->frames;
	while (*link) link = &(*link)->next;
	*link = frame;
	nodePlaceTellSoon(&device->place);
}

static void lineFormat(LineStation *station, const Rs485Config *config) {
	Device *device = deviceOf(station);
	if (!device->onBaud) return;
	device->format = *config;
	device->formatNews = true;
	nodePlaceTellSoon(&device->place);
}

/* "parity", "framing", "break", "overrun": each byte is received so. "noise": of a line that nobody drives. */
static int damageOf(napi_env env, napi_value value) {
	static const struct {
		const char *name;
		int flags;
	} kinds[] = {
		{"parity", RS485_RX_PARITY}, {"framing", RS485_RX_FRAMING}, {"break", RS485_RX_BREAK},
		{"overrun", RS485_RX_OVERRUN}, {"noise", LINE_NOISE},
	};
	napi_valuetype type;
	char name[16];
	if (napi_typeof(env, value, &type) != napi_ok || type == napi_undefined) return 0;
	if (napi_get_value_string_utf8(env, value, name, sizeof name, NULL) != napi_ok) return -1;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].name, name) == 0) return kinds[i].flags;
	return -1;
}

static napi_value sendBytes(napi_env env, napi_callback_info info) {
	napi_value values[3];
	size_t length;
	const uint8_t *bytes;
	double delayUs;
	Device *device = nodeRecord(env, info, &kind.tag, 3, values);
	if (!device) return NULL;
	if (device->place.closed || !device->station.line) {
		napi_throw_error(env, NULL, "the line is closed");
		return NULL;
	}
	int flags = damageOf(env, values[2]);
	if (!nodeViewOf(env, values[0], &bytes, &length)) napi_throw_type_error(env, NULL, "send needs a Uint8Array");
	else if (!nodeNumber(env, values[1], 0, &delayUs)) napi_throw_range_error(env, NULL, "delayUs must be 0 or more");
	else if (flags < 0)
		napi_throw_range_error(env, NULL, "damage must be parity, framing, break, overrun or noise");
	else if (length > LINE_SEND_MAX) napi_throw_range_error(env, NULL, "more than 4096 bytes at once");
	else if (!lineSend(&device->station, bytes, (uint32_t)length, (uint64_t)delayUs, (unsigned)flags))
		napi_throw_error(env, NULL, "out of memory");
	return NULL;
}

static napi_value closeDevice(napi_env env, napi_callback_info info) {
	NodePlace *place = nodeRecord(env, info, &kind.tag, 0, NULL);
	if (place) nodePlaceShut(place);
	return NULL;
}

static napi_value lineOpen(napi_env env, napi_callback_info info) {
	napi_value options;
	char name[64];
	Device *device = nodePlaceNew(env, info, &kind, name, &options);
	if (!device) return NULL;
	device->onFrame = nodeCallback(env, options, "onFrame");
	device->onBaud = nodeCallback(env, options, "onBaud");
	device->station.frame = lineFrame;
	device->station.format = lineFormat;
	device->station.gone = lineGone;
	napi_value object = nodePlaceObject(env, &device->place);
	nodeMethod(env, object, "send", sendBytes);
	nodeMethod(env, object, "close", closeDevice);
	if (!lineJoin(device->place.host->the, name, &device->station)) napi_throw_error(env, NULL, "out of memory");
	return object;
}

void rs485NodeInit(napi_env env, napi_value exports) {
	nodeMethod(env, exports, "lineOpen", lineOpen);
}
