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
	LineStation station; /* first: the line hands it back */
	Host *host;
	napi_ref self; /* an open device lives without being held */
	napi_ref onFrame, onBaud;
	HostTimer *timer;
	Frame *frames;
	Rs485Config format;
	bool formatNews;
	bool closed;
	bool calling; /* the record must live until the callback returns */
	bool collected;
} Device;

static void shut(Device *device) {
	if (device->closed) return;
	device->closed = true;
	if (device->host->the) {
		hostTimerClear(device->host->the, device->timer);
		lineLeave(&device->station);
	}
	device->timer = NULL;
	for (Frame *frame = device->frames, *next; frame; frame = next) {
		next = frame->next;
		free(frame);
	}
	device->frames = NULL;
	napi_ref *references[] = {&device->onFrame, &device->onBaud, &device->self};
	for (size_t i = 0; i < 3; i++) {
		if (*references[i]) napi_delete_reference(device->host->env, *references[i]);
		*references[i] = NULL;
	}
}

static void lineGone(LineStation *station) {
	shut((Device *)station);
}

static void letGo(Device *device) {
	if (!device->collected || device->calling) return;
	hostRelease(device->host);
	free(device);
}

static void finalize(napi_env env, void *data, void *hint) {
	(void)env;
	(void)hint;
	Device *device = data;
	shut(device);
	device->collected = true;
	letGo(device);
}

static const char *const parityNames[] = {"none", "even", "odd"};

static void tellOne(Device *device) {
	napi_env env = device->host->env;
	napi_value values[3];
	if (device->formatNews) {
		device->formatNews = false;
		napi_create_uint32(env, device->format.baud, &values[0]);
		napi_create_string_utf8(env, parityNames[device->format.parity], NAPI_AUTO_LENGTH, &values[1]);
		napi_create_uint32(env, device->format.stopBits, &values[2]);
		nodeCall(device->host, device->onBaud, 3, values);
		return;
	}
	Frame *frame = device->frames;
	device->frames = frame->next;
	values[0] = nodeBytes(env, frame->bytes, frame->length);
	napi_create_double(env, (double)frame->endUs, &values[1]);
	free(frame);
	nodeCall(device->host, device->onFrame, 2, values);
}

static void tellSoon(Device *device);

static void tell(txMachine *the, void *refcon) {
	Device *device = refcon;
	Host *host = device->host;
	napi_handle_scope scope;
	device->timer = NULL;
	device->calling = true;
	napi_open_handle_scope(host->env, &scope);
	mxTry(the) {
		while (!device->closed && (device->formatNews || device->frames)) tellOne(device);
	}
	mxCatch(the) {
		napi_close_handle_scope(host->env, scope);
		device->calling = false;
		if (!device->closed && (device->formatNews || device->frames)) tellSoon(device);
		letGo(device);
		fxJump(the);
	}
	napi_close_handle_scope(host->env, scope);
	device->calling = false;
	letGo(device);
}

static void tellSoon(Device *device) {
	if (!device->timer) device->timer = hostTimerSet(device->host->the, hostNowUs(device->host->the), tell, device);
}

static void lineFrame(LineStation *station, const uint8_t *bytes, uint32_t length, uint64_t endUs) {
	Device *device = (Device *)station;
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
	tellSoon(device);
}

static void lineFormat(LineStation *station, const Rs485Config *config) {
	Device *device = (Device *)station;
	if (!device->onBaud) return;
	device->format = *config;
	device->formatNews = true;
	tellSoon(device);
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

static const napi_type_tag tag = {0x6772696470737478u, 0x6c696e6520303031u};

static napi_value sendBytes(napi_env env, napi_callback_info info) {
	napi_value values[3];
	size_t length;
	const uint8_t *bytes;
	double delayUs;
	Device *device = nodeRecord(env, info, &tag, 3, values);
	if (!device) return NULL;
	if (device->closed || !device->station.line) {
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
	Device *device = nodeRecord(env, info, &tag, 0, NULL);
	if (device) shut(device);
	return NULL;
}

static napi_value lineOpen(napi_env env, napi_callback_info info) {
	napi_value values[3], object;
	size_t count = 3;
	char name[64];
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	Host *host = nodeMachine(env, values[0]);
	if (!host) return NULL;
	if (napi_get_value_string_utf8(env, values[1], name, sizeof name, NULL) != napi_ok || !name[0]) {
		napi_throw_type_error(env, NULL, "the line needs a name");
		return NULL;
	}
	Device *device = calloc(1, sizeof *device);
	if (!device) {
		napi_throw_error(env, NULL, "out of memory");
		return NULL;
	}
	device->host = host;
	hostRetain(host);
	device->onFrame = nodeCallback(env, values[2], "onFrame");
	device->onBaud = nodeCallback(env, values[2], "onBaud");
	device->station.frame = lineFrame;
	device->station.format = lineFormat;
	device->station.gone = lineGone;
	napi_create_object(env, &object);
	nodeMethod(env, object, "send", sendBytes);
	nodeMethod(env, object, "close", closeDevice);
	napi_wrap(env, object, device, finalize, NULL, NULL);
	napi_type_tag_object(env, object, &tag);
	napi_create_reference(env, object, 1, &device->self);
	if (!lineJoin(host->the, name, &device->station)) napi_throw_error(env, NULL, "out of memory");
	return object;
}

void rs485NodeInit(napi_env env, napi_value exports) {
	nodeMethod(env, exports, "lineOpen", lineOpen);
}
