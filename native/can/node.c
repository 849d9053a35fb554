/*
 * Node's side of a CAN bus inside the process: canOpen(machine, name, { onFrame(frame) }) gives
 * { send(frame, delayUs), disturb(frames), wake(delayUs), close() }: a simulated device on the bus. A frame is
 * { id, extended, remote, length, data, timeUs }. A device that sends by itself asks to be woken: onWake(nowUs).
 */
#include "../nodeglue.h"
#include "bus.h"

typedef struct News News;
struct News {
	News *next;
	CanFrame frame;
};

typedef struct {
	NodePlace place; /* first */
	BusStation station;
	napi_ref onFrame, onWake;
	News *news;
	HostTimer *alarm;
	bool woken; /* to be told */
	uint64_t wokenUs;
} Device;

static Device *deviceOf(BusStation *station) {
	return (Device *)((char *)station - offsetof(Device, station));
}

static void leave(NodePlace *place) {
	Device *device = (Device *)place;
	if (place->host->the) {
		hostTimerClear(place->host->the, device->alarm);
		busLeave(&device->station);
	}
	device->alarm = NULL;
	device->woken = false;
	for (News *news = device->news, *next; news; news = next) {
		next = news->next;
		free(news);
	}
	device->news = NULL;
	nodeForget(place->host->env, &device->onFrame);
	nodeForget(place->host->env, &device->onWake);
}

static void busGone(BusStation *station) {
	nodePlaceShut(&deviceOf(station)->place);
}

static void setNumber(napi_env env, napi_value object, const char *name, double number) {
	napi_value value;
	napi_create_double(env, number, &value);
	napi_set_named_property(env, object, name, value);
}

static void setFlag(napi_env env, napi_value object, const char *name, bool flag) {
	napi_value value;
	napi_get_boolean(env, flag, &value);
	napi_set_named_property(env, object, name, value);
}

static napi_value frameToNode(napi_env env, const CanFrame *frame) {
	napi_value object;
	napi_create_object(env, &object);
	setNumber(env, object, "id", frame->id);
	setFlag(env, object, "extended", frame->flags & CAN_EXTENDED);
	setFlag(env, object, "remote", frame->flags & CAN_REMOTE);
	setNumber(env, object, "length", frame->length);
	napi_set_named_property(env, object, "data",
		nodeBytes(env, frame->data, frame->flags & CAN_REMOTE ? 0 : frame->length));
	setNumber(env, object, "timeUs", (double)frame->timeUs);
	return object;
}

static bool hasNews(const NodePlace *place) {
	const Device *device = (const Device *)place;
	return device->news || device->woken;
}

static void tellOne(NodePlace *place) {
	Device *device = (Device *)place;
	News *news = device->news;
	if (!news) {
		napi_value now;
		napi_create_double(place->host->env, (double)device->wokenUs, &now);
		device->woken = false;
		nodeCall(place->host, device->onWake, 1, &now);
		return;
	}
	device->news = news->next;
	napi_value frame = frameToNode(place->host->env, &news->frame);
	free(news);
	nodeCall(place->host, device->onFrame, 1, &frame);
}

static const NodePlaceKind kind = {
	sizeof(Device), {0x6772696470737478u, 0x63616e2030303031u}, "the bus needs a name", hasNews, tellOne, leave,
};

static void busFrame(BusStation *station, const CanFrame *frame) {
	Device *device = deviceOf(station);
	News *news = device->onFrame ? calloc(1, sizeof *news) : NULL;
	if (!news) return;
	news->frame = *frame;
	News **link = &device->news;
	while (*link) link = &(*link)->next;
	*link = news;
	nodePlaceTellSoon(&device->place);
}

static void ring(struct sxMachine *the, void *refcon) {
	Device *device = refcon;
	device->alarm = NULL;
	device->wokenUs = hostNowUs(the);
	device->woken = true;
	nodePlaceTellSoon(&device->place);
}

static bool property(napi_env env, napi_value object, const char *name, double *value) {
	napi_value property;
	return napi_get_named_property(env, object, name, &property) == napi_ok && nodeNumber(env, property, 0, value);
}

static bool flag(napi_env env, napi_value object, const char *name) {
	napi_value property, truth;
	bool value = false;
	napi_get_named_property(env, object, name, &property);
	napi_coerce_to_bool(env, property, &truth);
	napi_get_value_bool(env, truth, &value);
	return value;
}

/* NULL, or what is wrong. */
static const char *frameOf(napi_env env, napi_value object, CanFrame *frame) {
	napi_valuetype type;
	napi_value data;
	const uint8_t *bytes;
	size_t size = 0;
	double id, length;
	if (napi_typeof(env, object, &type) != napi_ok || type != napi_object) return "send needs a frame";
	memset(frame, 0, sizeof *frame);
	if (!property(env, object, "id", &id) || id > 0x1FFFFFFF) return "id must be 0 to 0x1FFFFFFF";
	if (!property(env, object, "length", &length) || length > 8) return "a frame has 0 to 8 bytes";
	frame->id = (uint32_t)id;
	frame->flags = (uint8_t)((flag(env, object, "extended") ? CAN_EXTENDED : 0) | (flag(env, object, "remote") ? CAN_REMOTE : 0));
	frame->length = (uint8_t)length;
	napi_get_named_property(env, object, "data", &data);
	napi_typeof(env, data, &type);
	if (type != napi_undefined && !(frame->flags & CAN_REMOTE)) {
		if (!nodeViewOf(env, data, &bytes, &size)) return "data must be a Uint8Array";
		if (size > 8) return "a frame has 0 to 8 bytes";
		frame->length = (uint8_t)size;
		memcpy(frame->data, bytes, size);
	}
	return canFrameCheck(frame);
}

static Device *openDevice(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
	Device *device = nodeRecord(env, info, &kind.tag, count, values);
	if (!device || (!device->place.closed && device->station.bus)) return device;
	napi_throw_error(env, NULL, "the bus is closed");
	return NULL;
}

static napi_value sendFrame(napi_env env, napi_callback_info info) {
	napi_value values[2];
	CanFrame frame;
	double delayUs;
	Device *device = openDevice(env, info, 2, values);
	if (!device) return NULL;
	const char *wrong = frameOf(env, values[0], &frame);
	if (wrong) napi_throw_range_error(env, NULL, wrong);
	else if (!nodeNumber(env, values[1], 0, &delayUs)) napi_throw_range_error(env, NULL, "delayUs must be 0 or more");
	else if (!busSend(&device->station, &frame, (uint64_t)delayUs)) napi_throw_error(env, NULL, "out of memory");
	return NULL;
}

/* Once, instead of an earlier wish. */
static napi_value wakeLater(napi_env env, napi_callback_info info) {
	napi_value values[1];
	double delayUs;
	Device *device = openDevice(env, info, 1, values);
	if (!device) return NULL;
	if (!nodeNumber(env, values[0], 0, &delayUs)) {
		napi_throw_range_error(env, NULL, "delayUs must be 0 or more");
		return NULL;
	}
	struct sxMachine *the = device->place.host->the;
	hostTimerClear(the, device->alarm);
	device->alarm = hostTimerSet(the, hostNowUs(the) + (uint64_t)delayUs, ring, device);
	return NULL;
}

static napi_value disturb(napi_env env, napi_callback_info info) {
	napi_value values[1];
	double frames;
	Device *device = openDevice(env, info, 1, values);
	if (!device) return NULL;
	if (!nodeNumber(env, values[0], 1, &frames)) napi_throw_range_error(env, NULL, "frames must be 0 or more");
	else busDisturb(&device->station, (uint32_t)frames);
	return NULL;
}

static napi_value closeDevice(napi_env env, napi_callback_info info) {
	NodePlace *place = nodeRecord(env, info, &kind.tag, 0, NULL);
	if (place) nodePlaceShut(place);
	return NULL;
}

static napi_value canOpen(napi_env env, napi_callback_info info) {
	napi_value options;
	char name[64];
	Device *device = nodePlaceNew(env, info, &kind, name, &options);
	if (!device) return NULL;
	device->onFrame = nodeCallback(env, options, "onFrame");
	device->onWake = nodeCallback(env, options, "onWake");
	device->station.frame = busFrame;
	device->station.gone = busGone;
	napi_value object = nodePlaceObject(env, &device->place);
	nodeMethod(env, object, "send", sendFrame);
	nodeMethod(env, object, "disturb", disturb);
	nodeMethod(env, object, "wake", wakeLater);
	nodeMethod(env, object, "close", closeDevice);
	if (!busJoin(device->place.host->the, name, &device->station)) napi_throw_error(env, NULL, "out of memory");
	return object;
}

void canNodeInit(napi_env env, napi_value exports) {
	nodeMethod(env, exports, "canOpen", canOpen);
}
