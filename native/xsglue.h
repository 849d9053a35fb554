/*
 * What the classes over the cores have in common on the desktop: callbacks, life and end of an instance. espglue.h gives
 * the same names to the classes of the device.
 */
#ifndef GRIDPOST_XSGLUE_H
#define GRIDPOST_XSGLUE_H

#include "xsoptions.h"
/* The engine calls its machine sxMachine, xs.h xsMachineRecord: host.h and what builds on it then agree with xs.h. */
#define sxMachine xsMachineRecord
#include "host.h"
#include <stdlib.h>

/*
 * What the record of an instance begins with. The instance lives without being held until it is closed; its record until
 * then, and until the last callback that runs has returned.
 */
typedef struct GluePort GluePort;
struct GluePort {
	xsMachine *the;
	xsSlot object;
	void (*shut)(GluePort *port); /* once: lets go of all that is not the engine's; also when the machine is deleted */
	HostTimerCallback tell; /* calls back for what is pending */
	HostTimer *tellTimer;
	uint32_t pending; /* bits, to be told */
	uint8_t uses; /* the constructor's, and one for each callback that runs */
	bool closed;
};

static inline void glueLetGo(GluePort *port) {
	if (--port->uses == 0) free(port);
}

static inline void glueShut(GluePort *port) {
	if (port->closed) return;
	port->closed = true;
	hostTimerClear(port->the, port->tellTimer);
	port->tellTimer = NULL;
	port->shut(port);
}

static inline void glueDestroy(void *data) {
	if (!data) return;
	glueShut(data);
	glueLetGo(data);
}

/* `tell` in a turn of its own. */
static inline void glueTellSoon(GluePort *port) {
	if (!port->tellTimer && !port->closed)
		port->tellTimer = hostTimerSet(port->the, hostNowUs(port->the), port->tell, port);
}

/* Takes a bit out of what is pending. */
static inline bool glueDue(GluePort *port, uint32_t bit) {
	bool is = !port->closed && (port->pending & bit);
	port->pending &= ~bit;
	return is;
}

/* A callback, absent or not; `text`, unless NULL, is its argument. */
static inline void glueCall(xsMachine *the, GluePort *port, xsSlot *function, const char *text) {
	if (!function) return;
	if (text) xsCallFunction1(xsReference(function), port->object, xsString((char *)text));
	else xsCallFunction0(xsReference(function), port->object);
}

/* Ties the record, which is whole, to `this`. */
static inline void glueAdopt(xsMachine *the, GluePort *port, const xsHostHooks *hooks) {
	port->object = xsThis;
	xsmcSetHostData(xsThis, port);
	xsSetHostHooks(xsThis, hooks);
	xsRemember(port->object);
}

/* The method `close`, which may be called twice. */
static inline void glueClose(xsMachine *the, const xsHostHooks *hooks) {
	GluePort *port = xsmcGetHostDataValidate(xsThis, (void *)hooks);
	if (!port) return;
	glueShut(port);
	xsForget(port->object);
	xsmcSetHostData(xsThis, NULL);
	glueLetGo(port);
}

/* The record behind `this`; throws when it is closed, or an instance of something else. */
static inline void *glueRecord(xsMachine *the, const xsHostHooks *hooks) {
	void *record = xsmcGetHostDataValidate(xsThis, (void *)hooks);
	if (!record) xsUnknownError("closed");
	return record;
}

#endif
