/*
 * The class CAN (modules/can/can.js) on the desktop: over a CAN interface of Linux ("can0"), a serial adapter
 * ("slcan:/dev/ttyACM0"), or a bus inside the process ("sim:NAME").
 *
 * A serial adapter has a queue of unknown length and no flow control, so frames go to it at the pace of the bus. It is
 * asked for its status each second once it has answered anything.
 */
#include "../xsglue.h"
#include "mc.xs.h"
#include "bus.h"
#include "can_class.h"
#include "slcan.h"
#include "socketcan.h"
#include "../tty.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_US = 1000000, AGAIN_US = 2000 };

typedef struct {
	GluePort base; /* first */
	BusStation station;
	CanCallbacks callbacks;
	CanCore core;
	Tty *tty;
	Slcan slcan;
	SocketCan *socket;
	HostTimer *timer; /* not for a bus inside the process, which has its own */
	uint64_t txDoneUs; /* slcan: end of the frame on the bus; socket: when to ask again; CAN_NEVER for none */
	uint64_t statusUs; /* slcan: next question, CAN_NEVER while the adapter is mute */
	const char *gone; /* to be told by onError */
	bool dead;
} Port;

static Port *portAt(BusStation *station) {
	return (Port *)((char *)station - offsetof(Port, station));
}

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot) {
	Port *port = data;
	if (port) canClassMark(the, &port->callbacks, markRoot);
}

static void shut(GluePort *base) {
	Port *port = (Port *)base;
	hostTimerClear(port->base.the, port->timer);
	port->timer = NULL;
	busLeave(&port->station);
	if (port->tty && !port->dead) (void)ttyWrite(port->tty, (const uint8_t *)"C\r", 2);
	ttyClose(port->tty);
	socketCanClose(port->socket);
	port->tty = NULL;
	port->socket = NULL;
}

void xs_can_destructor(void *data) {
	glueDestroy(data);
}

static const xsHostHooks hooks = {xs_can_destructor, mark, NULL};

static void tell(xsMachine *the, void *refcon) {
	Port *port = refcon;
	port->base.tellTimer = NULL;
	port->base.uses++;
	xsTry {
		if (glueDue(&port->base, CAN_DO_STATE))
			glueCall(the, &port->base, port->callbacks.onStateChange, canStateName(canCoreState(&port->core)));
		if (glueDue(&port->base, CAN_DO_READABLE)) glueCall(the, &port->base, port->callbacks.onReadable, NULL);
		if (glueDue(&port->base, CAN_DO_OVERFLOW))
			glueCall(the, &port->base, port->callbacks.onError, "frames were lost: the receive queue was full");
		if (glueDue(&port->base, CAN_DO_WRITABLE)) glueCall(the, &port->base, port->callbacks.onWritable, NULL);
		if (!port->base.closed && port->gone) {
			const char *why = port->gone;
			port->gone = NULL;
			glueCall(the, &port->base, port->callbacks.onError, why);
		}
	}
	xsCatch {
		if (port->base.pending || port->gone) glueTellSoon(&port->base);
		glueLetGo(&port->base);
		xsThrow(xsException);
	}
	glueLetGo(&port->base);
}

static void note(Port *port, uint32_t actions) {
	port->base.pending |= actions & (CAN_DO_READABLE | CAN_DO_WRITABLE | CAN_DO_STATE | CAN_DO_OVERFLOW);
}

static void busNotify(BusStation *station, uint32_t actions) {
	Port *port = portAt(station);
	note(port, actions);
	glueTellSoon(&port->base);
}

/* Serial adapter and CAN interface */

static void lose(void *refcon, const char *why) {
	Port *port = refcon;
	port->dead = true;
	port->gone = why;
	hostTimerClear(port->base.the, port->timer);
	port->timer = NULL;
	glueTellSoon(&port->base);
}

static void wake(xsMachine *the, void *refcon);

static void sendSlcan(Port *port, uint64_t nowUs) {
	const CanFrame *frame;
	if (port->txDoneUs <= nowUs) {
		port->txDoneUs = CAN_NEVER;
		note(port, canCoreTxDone(&port->core, nowUs));
	}
	if (port->txDoneUs == CAN_NEVER && (frame = canCoreTxNext(&port->core))) {
		char line[SLCAN_FRAME_MAX];
		(void)ttyWrite(port->tty, (const uint8_t *)line, slcanEncode(frame, line));
		port->txDoneUs = nowUs + (uint64_t)canFrameBits(frame) * 1000000 / port->core.config.bitrate;
	}
	if (port->statusUs <= nowUs) {
		(void)ttyWrite(port->tty, (const uint8_t *)"F\r", 2);
		port->statusUs = nowUs + STATUS_US;
	}
}

static void sendSocket(Port *port, uint64_t nowUs) {
	const CanFrame *frame;
	if (port->txDoneUs <= nowUs) port->txDoneUs = CAN_NEVER;
	while (port->txDoneUs == CAN_NEVER && !port->dead && (frame = canCoreTxNext(&port->core))) {
		int sent = socketCanWrite(port->socket, frame);
		if (sent < 0) lose(port, "the CAN interface has gone");
		else if (sent == 0) port->txDoneUs = nowUs + AGAIN_US;
		else note(port, canCoreTxDone(&port->core, nowUs));
	}
}

/* Sends what can be sent and sets the timer; the caller tells what is pending. */
static void pump(Port *port) {
	if (port->base.closed || port->dead) return;
	uint64_t nowUs = hostNowUs(port->base.the);
	/* A serial adapter is reopened; Linux brings its interface back by itself (restart-ms). */
	if ((canCoreTick(&port->core, nowUs) & CAN_DO_RECOVER) && port->tty)
		(void)ttyWrite(port->tty, (const uint8_t *)"C\rO\r", 4);
	if (port->tty) sendSlcan(port, nowUs);
	else sendSocket(port, nowUs);
	if (port->dead) return;
	uint64_t atUs = canCoreDeadline(&port->core);
	if (port->txDoneUs < atUs) atUs = port->txDoneUs;
	if (port->statusUs < atUs) atUs = port->statusUs;
	hostTimerClear(port->base.the, port->timer);
	port->timer = atUs == CAN_NEVER ? NULL : hostTimerSet(port->base.the, atUs, wake, port);
}

static void wake(xsMachine *the, void *refcon) {
	Port *port = refcon;
	port->timer = NULL;
	pump(port);
	if (port->base.pending && !port->base.tellTimer) tell(the, port);
}

static void fromLoop(Port *port) {
	pump(port);
	if (port->base.pending && !port->base.tellTimer) hostEnter(port->base.the, tell, port);
}

static void slcanFlags(Port *port, uint8_t flags, uint64_t nowUs) {
	unsigned level = flags & SLCAN_PASSIVE ? 128 : flags & SLCAN_WARNING ? 96 : 0;
	if (flags & SLCAN_BUS_ERROR) canCoreCountError(&port->core);
	note(port, canCoreErrors(&port->core, level, 0, false, nowUs));
	if (flags & (SLCAN_RX_FULL | SLCAN_OVERRUN)) port->gone = "frames were lost: the adapter's queue was full";
	if (port->gone) glueTellSoon(&port->base);
}

static void ttyBytes(void *refcon, const uint8_t *bytes, const uint8_t *flags, size_t count) {
	Port *port = refcon;
	uint64_t nowUs = hostNowUs(port->base.the);
	for (size_t i = 0; i < count; i++) {
		/* A bad character becomes one that no line has, so that its whole line is refused. */
		switch (slcanFeed(&port->slcan, flags && flags[i] ? '?' : bytes[i])) {
		case SLCAN_FRAME:
			port->slcan.frame.timeUs = nowUs;
			note(port, canCoreRx(&port->core, &port->slcan.frame, nowUs));
			break;
		case SLCAN_DONE:
			if (port->statusUs == CAN_NEVER) port->statusUs = nowUs + STATUS_US;
			break;
		case SLCAN_FLAGS:
			slcanFlags(port, port->slcan.flags, nowUs);
			break;
		case SLCAN_COMMAND: {
			const char *answer = slcanAnswer(&port->slcan);
			(void)ttyWrite(port->tty, (const uint8_t *)answer, strlen(answer));
			break;
		}
		case SLCAN_REFUSED:
		case SLCAN_GARBAGE:
			canCoreCountError(&port->core);
			break;
		case SLCAN_NOTHING:
			break;
		}
	}
	fromLoop(port);
}

static void socketFrame(void *refcon, const CanFrame *frame) {
	Port *port = refcon;
	note(port, canCoreRx(&port->core, frame, frame->timeUs));
	fromLoop(port);
}

static void socketNews(void *refcon, const SocketCanNews *news) {
	Port *port = refcon;
	if (news->error) canCoreCountError(&port->core);
	uint64_t nowUs = hostNowUs(port->base.the);
	if (news->state) note(port, canCoreErrors(&port->core, news->tec, news->rec, news->busOff, nowUs));
	if (news->lost) {
		port->gone = "frames were lost: the controller's queue was full";
		glueTellSoon(&port->base);
	}
	fromLoop(port);
}

static void socketWritable(void *refcon) {
	Port *port = refcon;
	port->txDoneUs = CAN_NEVER;
	fromLoop(port);
}

/* Class */

static const char *openPort(xsMachine *the, Port *port, const char *name, CanConfig *config, uint32_t ttyBaud,
	char *error, size_t errorSize) {
	config->countErrors = strncmp(name, "sim:", 4) == 0;
	const char *wrong = canCoreInit(&port->core, config);
	if (wrong) return wrong;
	if (config->countErrors) {
		port->station.core = &port->core;
		port->station.notify = busNotify;
		return busJoin(the, name + 4, &port->station) ? NULL : "out of memory";
	}
	if (strncmp(name, "slcan:", 6) != 0) {
		SocketCanCalls calls = {socketFrame, socketNews, socketWritable, lose, port};
		port->socket = socketCanOpen(the, name, config, &calls, error, errorSize);
		return port->socket ? NULL : error;
	}
	if (config->mode == CAN_MODE_SELFTEST) return "a serial adapter has no selftest";
	TtyConfig ttyConfig = {ttyBaud, 'N', 1, ttyBytes, lose, port};
	port->tty = ttyOpen(the, name + 6, &ttyConfig, error, errorSize);
	if (!port->tty) return error;
	/* Empty lines first: they end what an earlier user may have left behind. */
	char start[16];
	int length = snprintf(start, sizeof start, "\r\r\rC\rS%d\r%c\r", slcanSpeed(config->bitrate),
		config->mode == CAN_MODE_LISTEN ? 'L' : 'O');
	(void)ttyWrite(port->tty, (const uint8_t *)start, (size_t)length);
	return NULL;
}

void xs_can(xsMachine *the) {
	char name[256], error[320];
	CanConfig config = {0};
	xsmcVars(3);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("CAN needs options");
	glueText(the, &xsArg(0), xsID_port, "port", "", name, sizeof name);
	if (!name[0]) xsRangeError("port must be an interface, slcan:PATH or sim:NAME");
	canClassOptions(the, &config);
	uint32_t ttyBaud = glueNumber(the, &xsArg(0), xsID_ttyBaud, "ttyBaud", 115200, 1200, 3000000);
	CanCallbacks callbacks;
	canClassCallbacks(the, &callbacks);

	/* Nothing below throws before the port is either whole or gone. */
	Port *port = calloc(1, sizeof *port);
	if (!port) xsUnknownError("out of memory");
	port->base.the = the;
	port->base.uses = 1;
	port->base.shut = shut;
	port->base.tell = tell;
	port->txDoneUs = port->statusUs = CAN_NEVER;
	port->callbacks = callbacks;
	const char *wrong = openPort(the, port, name, &config, ttyBaud, error, sizeof error);
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

static Port *portOf(xsMachine *the) {
	return glueRecord(the, &hooks);
}

void xs_can_read(xsMachine *the) {
	canClassRead(the, &portOf(the)->core);
}

void xs_can_write(xsMachine *the) {
	Port *port = portOf(the);
	if (port->dead) xsUnknownError("the port has gone");
	canClassWrite(the, &port->core);
	if (port->station.bus) busKick(&port->station);
	else {
		pump(port);
		if (port->base.pending) glueTellSoon(&port->base);
	}
}

void xs_can_get_state(xsMachine *the) {
	xsmcSetString(xsResult, (char *)canStateName(canCoreState(&portOf(the)->core)));
}

void xs_can_get_counters(xsMachine *the) {
	canClassCounters(the, &portOf(the)->core);
}
