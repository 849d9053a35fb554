/*
 * The class Buttons (modules/buttons/buttons.js) on the desktop: samples the analog input that it is given, on the
 * machine's clock.
 */
#include "../xsglue.h"
#include "mc.xs.h"
#include "buttons_class.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
	GluePort base; /* first */
	xsSlot *onEvent, *analog;
	ButtonsCore core;
	HostTimer *timer;
	uint64_t sampleUs; /* when the last sample was due */
	uint32_t scanUs;
	uint16_t raw;
	ButtonsNames names;
} Port;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot) {
	Port *port = data;
	if (!port) return;
	if (port->onEvent) markRoot(the, port->onEvent);
	if (port->analog) markRoot(the, port->analog);
}

static void shut(GluePort *base) {
	Port *port = (Port *)base;
	hostTimerClear(port->base.the, port->timer);
	port->timer = NULL;
}

void xs_buttons_destructor(void *data) {
	glueDestroy(data);
}

static const xsHostHooks hooks = {xs_buttons_destructor, mark, NULL};

static void tell(xsMachine *the, Port *port, const ButtonsEvent *event) {
	if (!port->onEvent || port->base.closed) return;
	buttonsClassEvent(the, port->names, event);
	xsCallFunction1(xsReference(port->onEvent), port->base.object, xsVar(1));
}

static void sample(xsMachine *the, void *refcon);

static void arm(Port *port) {
	uint64_t nowUs = hostNowUs(port->base.the);
	port->sampleUs += port->scanUs;
	/* After a pause (a busy machine) the rhythm starts anew, without catching up. */
	if (port->sampleUs <= nowUs) port->sampleUs = nowUs + port->scanUs;
	port->timer = hostTimerSet(port->base.the, port->sampleUs, sample, port);
}

static void sample(xsMachine *the, void *refcon) {
	Port *port = refcon;
	port->timer = NULL;
	port->base.uses++;
	/* An input that cannot be read throws once and is not asked again. */
	volatile bool read = false;
	xsTry {
		ButtonsEvent events[BUTTONS_EVENTS];
		xsmcVars(2);
		xsVar(0) = xsReference(port->analog);
		xsmcCall(xsVar(1), xsVar(0), xsID_read, NULL);
		double raw = xsmcToNumber(xsVar(1));
		port->raw = (uint16_t)(raw >= 65535 ? 65535 : raw > 0 ? raw : 0);
		read = true;
		unsigned count = buttonsCoreSample(&port->core, port->raw, hostNowUs(the) / 1000, events);
		for (unsigned i = 0; i < count; i++) tell(the, port, &events[i]);
	}
	xsCatch {
		if (read && !port->base.closed) arm(port);
		glueLetGo(&port->base);
		xsThrow(xsException);
	}
	if (!port->base.closed) arm(port);
	glueLetGo(&port->base);
}

void xs_buttons(xsMachine *the) {
	Port *volatile port = NULL;
	ButtonsConfig config = {0};
	uint32_t scanMs;
	xsmcVars(4);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("Buttons needs options");
	port = calloc(1, sizeof *port);
	if (!port) xsUnknownError("out of memory");
	xsTry {
		buttonsClassOptions(the, &config, port->names, &scanMs);
		const char *wrong = buttonsCoreInit(&port->core, &config);
		if (wrong) xsRangeError("%s", wrong);
		port->onEvent = glueCallback(the, xsID_onEvent, "onEvent");
		xsmcGet(xsVar(2), xsArg(0), xsID_analog);
		if (xsmcTypeOf(xsVar(2)) != xsReferenceType) xsTypeError("analog must be an object with io");
		xsmcGet(xsVar(3), xsVar(2), xsID_io);
		if (!xsmcIsCallable(xsVar(3))) xsTypeError("analog.io must be a class");
		/* Last, as it is the one thing that must be closed again. */
		xsmcNew(xsVar(3), xsVar(2), xsID_io, &xsVar(2), NULL);
		port->analog = xsToReference(xsVar(3));
		if (!port->analog) xsTypeError("analog.io gave no object");
	}
	xsCatch {
		free(port);
		xsThrow(xsException);
	}
	port->base.the = the;
	port->base.uses = 1;
	port->base.shut = shut;
	port->scanUs = scanMs * 1000;
	port->raw = config.idleMin;
	glueAdopt(the, &port->base, &hooks);
	port->sampleUs = hostNowUs(the);
	arm(port);
}

void xs_buttons_close(xsMachine *the) {
	Port *port = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	if (!port) return;
	xsmcVars(1);
	xsVar(0) = xsReference(port->analog);
	glueClose(the, &hooks);
	if (xsmcHas(xsVar(0), xsID_close)) xsmcCall_noResult(xsVar(0), xsID_close, NULL);
}

static Port *portOf(xsMachine *the) {
	return glueRecord(the, &hooks);
}

void xs_buttons_get_pressed(xsMachine *the) {
	Port *port = portOf(the);
	buttonsClassPressed(the, port->names, port->core.state);
}

void xs_buttons_get_raw(xsMachine *the) {
	xsmcSetInteger(xsResult, portOf(the)->raw);
}
