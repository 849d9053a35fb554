/*
 * The class RS485 (modules/rs485/rs485.js) on the desktop: over a serial device of Linux, or over a line inside the
 * process ("sim:NAME").
 *
 * On a serial device the times of characters are the times at which Linux hands them over, in clumps: a frame ends after
 * T3.5 or the device's latency, whichever is longer. Its end by count is not affected, nor is the T3.5 before sending.
 */
#include "../xsglue.h"
#include "mc.xs.h"
#include "rs485_class.h"
#include "line.h"
#include "../tty.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	GluePort base; /* first */
	LineStation station;
	xsSlot *onReadable, *onWritable, *onError;
	Rs485Core core;
	Tty *tty;
	HostTimer *coreTimer; /* only with tty: the line has its own */
	uint64_t sendEndUs;
	const char *error; /* to be told by onError */
	uint8_t cause; /* of the last read */
	bool gone;
} Port;

static Port *portAt(LineStation *station) {
	return (Port *)((char *)station - offsetof(Port, station));
}

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot) {
	Port *port = data;
	if (!port) return;
	if (port->onReadable) markRoot(the, port->onReadable);
	if (port->onWritable) markRoot(the, port->onWritable);
	if (port->onError) markRoot(the, port->onError);
}

/* Everything that is not the engine's. Also runs when the machine is deleted with the port open. */
static void shut(GluePort *base) {
	Port *port = (Port *)base;
	hostTimerClear(port->base.the, port->coreTimer);
	port->coreTimer = NULL;
	lineLeave(&port->station);
	ttyClose(port->tty);
	port->tty = NULL;
}

void xs_rs485_destructor(void *data) {
	glueDestroy(data);
}

static const xsHostHooks hooks = {xs_rs485_destructor, mark, NULL};

static void tell(xsMachine *the, void *refcon) {
	Port *port = refcon;
	port->base.tellTimer = NULL;
	port->base.uses++;
	xsTry {
		if (glueDue(&port->base, RS485_DO_WRITABLE)) glueCall(the, &port->base, port->onWritable, NULL);
		if (glueDue(&port->base, RS485_DO_READABLE)) glueCall(the, &port->base, port->onReadable, NULL);
		if (!port->base.closed && port->error) {
			const char *error = port->error;
			port->error = NULL;
			glueCall(the, &port->base, port->onError, error);
		}
	}
	xsCatch {
		/* What is left is told in a turn of its own. */
		if (port->base.pending || port->error) glueTellSoon(&port->base);
		glueLetGo(&port->base);
		xsThrow(xsException);
	}
	glueLetGo(&port->base);
}

static void lineNotify(LineStation *station, uint32_t actions) {
	Port *port = portAt(station);
	port->base.pending |= actions;
	glueTellSoon(&port->base);
}

/* Serial device */

static void ttyTick(xsMachine *the, void *refcon);

static void ttyAct(Port *port, uint32_t actions) {
	Rs485Core *core = &port->core;
	if (actions & RS485_DO_SEND) {
		uint64_t nowUs = hostNowUs(port->base.the);
		/* A device that has gone tells so by itself. */
		(void)ttyWrite(port->tty, core->tx, core->txLength);
		port->sendEndUs = ttyIsPty(port->tty) ? nowUs : nowUs + rs485CoreWireUs(core, core->txLength);
		if (port->sendEndUs <= nowUs && ttyDrained(port->tty)) {
			port->sendEndUs = RS485_NEVER;
			actions |= rs485CoreTxDone(core, nowUs);
		}
	}
	port->base.pending |= actions & (RS485_DO_WRITABLE | RS485_DO_READABLE);
}

/* Has the device sent everything? Asked when its time on the wire is over, then each millisecond. */
static void ttySent(Port *port) {
	uint64_t nowUs = hostNowUs(port->base.the);
	if (port->sendEndUs > nowUs) return;
	if (ttyDrained(port->tty)) {
		port->sendEndUs = RS485_NEVER;
		ttyAct(port, rs485CoreTxDone(&port->core, nowUs));
	} else port->sendEndUs = nowUs + 1000;
}

static void ttyArm(Port *port) {
	hostTimerClear(port->base.the, port->coreTimer);
	port->coreTimer = NULL;
	uint64_t atUs = rs485CoreDeadline(&port->core);
	if (port->sendEndUs < atUs) atUs = port->sendEndUs;
	if (atUs != RS485_NEVER && !port->gone) port->coreTimer = hostTimerSet(port->base.the, atUs, ttyTick, port);
}

static void ttyTick(xsMachine *the, void *refcon) {
	Port *port = refcon;
	port->coreTimer = NULL;
	ttySent(port);
	ttyAct(port, rs485CoreTick(&port->core, hostNowUs(the)));
	ttyArm(port);
	if (port->base.pending && !port->base.tellTimer) tell(the, port);
}

static void ttyBytes(void *refcon, const uint8_t *bytes, const uint8_t *flags, size_t count) {
	Port *port = refcon;
	/* The answer may be here before the timer that would have seen the request leave. */
	ttySent(port);
	uint64_t nowUs = hostNowUs(port->base.the);
	for (size_t i = 0; i < count; i++) {
		unsigned seen = 0;
		if (flags && (flags[i] & TTY_BREAK)) seen = RS485_RX_BREAK;
		else if (flags && (flags[i] & TTY_BAD))
			seen = port->core.config.parity == RS485_PARITY_NONE ? RS485_RX_FRAMING : RS485_RX_PARITY;
		port->base.pending |= rs485CoreRx(&port->core, bytes[i], seen, nowUs);
	}
	ttyArm(port);
	if (port->base.pending && !port->base.tellTimer) hostEnter(port->base.the, tell, port);
}

static void ttyGone(void *refcon, const char *why) {
	Port *port = refcon;
	port->gone = true;
	port->error = why;
	hostTimerClear(port->base.the, port->coreTimer);
	port->coreTimer = NULL;
	glueTellSoon(&port->base);
}

/* Class */

void xs_rs485(xsMachine *the) {
	char name[256], error[320];
	Rs485Config config = {0};
	xsmcVars(1);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("RS485 needs options");
	glueText(the, &xsArg(0), xsID_port, "port", "", name, sizeof name);
	if (!name[0]) xsRangeError("port must be a path or sim:NAME");
	rs485ClassConfigure(the, &config);
	xsSlot *onReadable = glueCallback(the, xsID_onReadable, "onReadable");
	xsSlot *onWritable = glueCallback(the, xsID_onWritable, "onWritable");
	xsSlot *onError = glueCallback(the, xsID_onError, "onError");

	/* Nothing below throws before the port is either whole or gone. */
	Port *port = calloc(1, sizeof *port);
	if (!port) xsUnknownError("out of memory");
	port->base.the = the;
	port->base.uses = 1;
	port->base.shut = shut;
	port->base.tell = tell;
	port->sendEndUs = RS485_NEVER;
	port->onReadable = onReadable;
	port->onWritable = onWritable;
	port->onError = onError;
	const char *wrong = NULL;
	if (strncmp(name, "sim:", 4) == 0) {
		wrong = rs485CoreInit(&port->core, &config, hostNowUs(the));
		port->station.core = &port->core;
		port->station.notify = lineNotify;
		if (!wrong && !lineJoin(the, name + 4, &port->station)) wrong = "out of memory";
	} else {
		static const char letters[] = "NEO";
		TtyConfig ttyConfig = {config.baud, letters[config.parity], config.stopBits, ttyBytes, ttyGone, port};
		port->tty = ttyOpen(the, name, &ttyConfig, error, sizeof error);
		if (!port->tty) wrong = error;
		else {
			config.endMinUs = ttyLatencyUs(port->tty);
			wrong = rs485CoreInit(&port->core, &config, hostNowUs(the));
		}
	}
	if (wrong) {
		glueShut(&port->base);
		glueLetGo(&port->base);
		xsUnknownError("%s", wrong);
	}
	glueAdopt(the, &port->base, &hooks);
}

void xs_rs485_close(xsMachine *the) {
	glueClose(the, &hooks);
}

static Port *portOf(xsMachine *the) {
	return glueRecord(the, &hooks);
}

void xs_rs485_read(xsMachine *the) {
	Port *port = portOf(the);
	rs485ClassRead(the, &port->core, &port->cause);
}

void xs_rs485_write(xsMachine *the) {
	Port *port = portOf(the);
	if (port->gone) xsUnknownError("the serial device has gone");
	rs485ClassWrite(the, &port->core, hostNowUs(the));
	if (!port->tty) lineKick(&port->station);
	else {
		ttyAct(port, rs485CoreTick(&port->core, hostNowUs(the)));
		ttyArm(port);
		if (port->base.pending) glueTellSoon(&port->base);
	}
}

void xs_rs485_get_cause(xsMachine *the) {
	xsmcSetString(xsResult, (char *)rs485CauseName(portOf(the)->cause));
}

void xs_rs485_get_silenceUs(xsMachine *the) {
	xsmcSetInteger(xsResult, (xsIntegerValue)portOf(the)->core.silenceUs);
}

void xs_rs485_get_counters(xsMachine *the) {
	rs485ClassCounters(the, &portOf(the)->core);
}
