/*
 * The class Buttons (modules/buttons/buttons.js) in the simulator of the Moddable SDK: its timer samples the analog input
 * that the class is given, on the engine's own thread; the core is that of the device.
 */
#include "buttons_class.h"
#include "mc.xs.h"
#include "modTimer.h"
#include "xsHost.h"

#include <stdlib.h>
#include <time.h>

typedef struct {
	xsMachine *the;
	xsSlot object;
	xsSlot *onEvent, *analog;
	ButtonsCore core;
	ButtonsNames names;
	modTimer timer;
	uint16_t raw;
	bool failed; /* analog threw: it is not asked again */
	bool closed;
	bool busy; /* a sample is on the stack: the record must stay */
} Port;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot) {
	Port *port = data;
	if (!port) return;
	if (port->onEvent) markRoot(the, port->onEvent);
	if (port->analog) markRoot(the, port->analog);
}

void xs_buttons_destructor(void *data) {
	Port *port = data;
	if (!port) return;
	port->closed = true;
	if (port->timer) modTimerRemove(port->timer);
	port->timer = NULL;
	if (!port->busy) free(port);
}

static const xsHostHooks hooks = {xs_buttons_destructor, mark, NULL};

static uint64_t nowMs(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void sample(xsMachine *the, Port *port) {
	ButtonsEvent events[BUTTONS_EVENTS];
	xsmcVars(3);
	if (port->failed) return;
	port->failed = true;
	xsVar(0) = xsReference(port->analog);
	xsmcCall(xsVar(1), xsVar(0), xsID_read, NULL);
	double raw = xsmcToNumber(xsVar(1));
	port->failed = false;
	if (port->closed) return;
	port->raw = (uint16_t)(raw >= 65535 ? 65535 : raw > 0 ? raw : 0);
	unsigned count = buttonsCoreSample(&port->core, port->raw, nowMs(), events);
	for (unsigned i = 0; i < count && !port->closed; i++) {
		if (!port->onEvent) continue;
		buttonsClassEvent(the, port->names, &events[i]);
		xsCallFunction1(xsReference(port->onEvent), port->object, xsVar(1));
	}
}

static void onTimer(modTimer timer, void *refcon, int size) {
	(void)timer;
	(void)size;
	Port *port = *(Port **)refcon;
	port->busy = true;
	xsBeginHost(port->the);
	xsTry {
		sample(the, port);
	}
	xsCatch {
		port->busy = false;
		if (port->closed) free(port);
		xsThrow(xsException);
	}
	xsEndHost(port->the);
	port->busy = false;
	if (port->closed) free(port);
}

void xs_buttons(xsMachine *the) {
	ButtonsConfig config = {0};
	ButtonsCore core;
	ButtonsNames names;
	uint32_t scanMs;
	xsmcVars(4);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("Buttons needs options");
	buttonsClassOptions(the, &config, names, &scanMs);
	const char *wrong = buttonsCoreInit(&core, &config);
	if (wrong) xsRangeError("%s", wrong);
	xsSlot *onEvent = glueCallback(the, xsID_onEvent, "onEvent");
	xsmcGet(xsVar(2), xsArg(0), xsID_analog);
	if (xsmcTypeOf(xsVar(2)) != xsReferenceType) xsTypeError("analog must be an object with io");
	xsmcGet(xsVar(3), xsVar(2), xsID_io);
	if (!xsmcIsCallable(xsVar(3))) xsTypeError("analog.io must be a class");
	xsmcNew(xsVar(3), xsVar(2), xsID_io, &xsVar(2), NULL);
	xsSlot *analog = fxToReference(the, &xsVar(3));
	if (!analog) xsTypeError("analog.io gave no object");
	Port *port = calloc(1, sizeof *port);
	if (!port) xsUnknownError("out of memory");
	port->the = the;
	port->onEvent = onEvent;
	port->analog = analog;
	port->core = core;
	port->raw = config.idleMin;
	memcpy(port->names, names, sizeof names);
	port->object = xsThis;
	xsmcSetHostData(xsThis, port);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	xsRemember(port->object);
	port->timer = modTimerAdd((int)scanMs, (int)scanMs, onTimer, &port, sizeof port);
}

void xs_buttons_close(xsMachine *the) {
	Port *port = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	if (!port) return;
	xsmcVars(1);
	xsVar(0) = xsReference(port->analog);
	xsForget(port->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_buttons_destructor(port);
	if (xsmcHas(xsVar(0), xsID_close)) xsmcCall_noResult(xsVar(0), xsID_close, NULL);
}

static Port *portOf(xsMachine *the) {
	Port *port = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	if (!port) xsUnknownError("closed");
	return port;
}

void xs_buttons_get_pressed(xsMachine *the) {
	Port *port = portOf(the);
	buttonsClassPressed(the, port->names, port->core.state);
}

void xs_buttons_get_raw(xsMachine *the) {
	xsmcSetInteger(xsResult, portOf(the)->raw);
}
