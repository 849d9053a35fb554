/*
 * The class CAN (modules/can/can.js) on the device: port 0 is the chip's own controller, "mcp2515" the one behind SPI.
 */
#include "can_esp32.h"
#include "builtinCommon.h"
#include "mc.xs.h"

enum { PIN_MAX = 48 };

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot) {
	CanPort *port = data;
	if (port) canClassMark(the, &port->callbacks, markRoot);
}

static void freePins(CanPort *port) {
	if (!port->pinsTaken) return;
	for (unsigned i = 0; i < port->wiring.count; i++)
		if (port->wiring.pins[i] >= 0) builtinFreePin(port->wiring.pins[i]);
	port->pinsTaken = false;
}

static void shut(GluePort *base) {
	CanPort *port = (CanPort *)base;
	port->driver->close(port);
	freePins(port);
}

void xs_can_destructor(void *data) {
	glueDestroy(data);
}

static const xsHostHooks hooks = {xs_can_destructor, mark, NULL};

static void tell(xsMachine *the, GluePort *base) {
	CanPort *port = (CanPort *)base;
	bool state = glueDue(base, CAN_DO_STATE);
	if ((glueDue(base, CAN_TELL_POLL) || state) && port->driver->poll) port->driver->poll(port);
	if (state) glueCall(the, base, port->callbacks.onStateChange, canStateName(canCoreState(&port->core)));
	if (glueDue(base, CAN_DO_READABLE)) glueCall(the, base, port->callbacks.onReadable, NULL);
	if (glueDue(base, CAN_DO_OVERFLOW))
		glueCall(the, base, port->callbacks.onError, "frames were lost: the receive queue was full");
	if (glueDue(base, CAN_TELL_LOST))
		glueCall(the, base, port->callbacks.onError, "frames were lost: the controller's queue was full");
	if (glueDue(base, CAN_DO_WRITABLE)) glueCall(the, base, port->callbacks.onWritable, NULL);
	if (glueDue(base, CAN_TELL_GONE)) {
		port->gone = true;
		glueCall(the, base, port->callbacks.onError, "the controller does not answer any more");
	}
}

static int8_t pinOption(xsMachine *the, xsIdentifier id, const char *name, bool needed) {
	uint32_t pin = glueNumber(the, &xsArg(0), id, name, UINT32_MAX, 0, PIN_MAX);
	if (pin == UINT32_MAX && needed) xsRangeError("%s is missing: number of a pin", name);
	return pin == UINT32_MAX ? -1 : (int8_t)pin;
}

/* Which controller, and its pins. */
static const CanDriver *wiringOptions(xsMachine *the, const CanConfig *config, CanWiring *wiring) {
	char name[12];
	xsmcGet(xsVar(0), xsArg(0), xsID_port);
	int type = xsmcTypeOf(xsVar(0));
	if (type == xsIntegerType || type == xsNumberType) {
		if (xsmcToNumber(xsVar(0)) != 0) xsRangeError("port must be 0 or \"mcp2515\"");
		wiring->count = 2;
		wiring->pins[0] = pinOption(the, xsID_transmit, "transmit", config->mode != CAN_MODE_LISTEN);
		wiring->pins[1] = pinOption(the, xsID_receive, "receive", true);
		return &canTwaiDriver;
	}
	glueText(the, &xsArg(0), xsID_port, "port", "", name, sizeof name);
	if (strcmp(name, "mcp2515") != 0) xsRangeError("port must be 0 or \"mcp2515\"");
	wiring->count = 2; /* those of the bus may be shared; native/spibus looks after them */
	wiring->pins[0] = pinOption(the, xsID_select, "select", true);
	wiring->pins[1] = pinOption(the, xsID_interrupt, "interrupt", true);
	wiring->pins[2] = pinOption(the, xsID_clock, "clock", true);
	wiring->pins[3] = pinOption(the, xsID_out, "out", true);
	wiring->pins[4] = pinOption(the, xsID_in, "in", true);
	wiring->spi = (uint8_t)glueNumber(the, &xsArg(0), xsID_spi, "spi", 2, 1, 2);
	wiring->crystalHz = glueNumber(the, &xsArg(0), xsID_crystalHz, "crystalHz", 8000000, 8000000, 16000000);
	return &canMcp2515Driver;
}

/* All or none. */
static const char *takePins(CanPort *port) {
	const CanWiring *wiring = &port->wiring;
	for (unsigned i = 0; i < wiring->count; i++)
		if (wiring->pins[i] >= 0 && !builtinIsPinFree(wiring->pins[i])) return "a pin is in use";
	for (unsigned i = 0; i < wiring->count; i++)
		if (wiring->pins[i] >= 0) builtinUsePin(wiring->pins[i]);
	port->pinsTaken = true;
	return NULL;
}

void xs_can(xsMachine *the) {
	CanConfig config = {0};
	CanWiring wiring = {0};
	CanCallbacks callbacks;
	xsmcVars(3);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("CAN needs options");
	canClassOptions(the, &config);
	const CanDriver *driver = wiringOptions(the, &config, &wiring);
	canClassCallbacks(the, &callbacks);

	/* Nothing below throws before the port is either whole or gone. */
	CanPort *port = glueNew(the, driver->size, shut, tell);
	if (!port) xsUnknownError("out of memory");
	port->driver = driver;
	port->callbacks = callbacks;
	port->wiring = wiring;
	const char *wrong = canCoreInit(&port->core, &config);
	if (!wrong) wrong = takePins(port);
	if (!wrong) wrong = driver->open(port, &wiring);
	if (wrong) {
		glueShut(&port->base);
		glueLetGo(&port->base);
		xsUnknownError("%s", wrong);
	}
	glueAdopt(the, &port->base, &hooks);
}

void xs_can_close(xsMachine *the) {
	glueClose(the, &hooks);
}

static CanPort *portOf(xsMachine *the) {
	return glueRecord(the, &hooks);
}

void xs_can_read(xsMachine *the) {
	canClassRead(the, &portOf(the)->core);
}

void xs_can_write(xsMachine *the) {
	CanPort *port = portOf(the);
	if (port->gone) xsUnknownError("the port has gone");
	canClassWrite(the, &port->core);
	port->driver->send(port);
}

void xs_can_get_state(xsMachine *the) {
	xsmcSetString(xsResult, (char *)canStateName(canCoreState(&portOf(the)->core)));
}

void xs_can_get_counters(xsMachine *the) {
	canClassCounters(the, &portOf(the)->core);
}
