/*
 * What the classes over the cores have in common: options of a constructor, callbacks, life and end of an instance. For
 * files that include xsmc.h only. A getter of options throws with the option's name, so that an error says what to change.
 */
#ifndef GRIDPOST_XSGLUE_H
#define GRIDPOST_XSGLUE_H

#include "xsmc.h"
/* The engine calls its machine sxMachine, xs.h xsMachineRecord: host.h and what builds on it then agree with xs.h. */
#define sxMachine xsMachineRecord
#include "host.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* A callback option: the function to keep (and to mark), or NULL when absent. Uses xsVar(0). */
static inline xsSlot *glueCallback(xsMachine *the, xsIdentifier id, const char *name) {
	xsmcGet(xsVar(0), xsArg(0), id);
	if (!xsmcTest(xsVar(0))) return NULL;
	if (!xsmcIsCallable(xsVar(0))) xsTypeError("%s must be a function", name);
	return xsToReference(xsVar(0));
}

/* A whole number from object, min to max; `otherwise` when it is absent. Uses xsVar(0). */
static inline uint32_t glueNumber(xsMachine *the, xsSlot *object, xsIdentifier id, const char *name, uint32_t otherwise,
	uint32_t min, uint32_t max) {
	_xsGet(the, &xsVar(0), object, id);
	if (xsmcTypeOf(xsVar(0)) == xsUndefinedType) return otherwise;
	int type = xsmcTypeOf(xsVar(0));
	double value = type == xsIntegerType || type == xsNumberType ? xsmcToNumber(xsVar(0)) : -1;
	if (!(value >= min && value <= max) || value != (double)(uint32_t)value)
		xsRangeError("%s must be a whole number from %lu to %lu", name, (unsigned long)min, (unsigned long)max);
	return (uint32_t)value;
}

/* A text option into buffer; `otherwise` when absent. Uses xsVar(0). */
static inline void glueText(xsMachine *the, xsSlot *object, xsIdentifier id, const char *name, const char *otherwise,
	char *buffer, uint32_t size) {
	_xsGet(the, &xsVar(0), object, id);
	int type = xsmcTypeOf(xsVar(0));
	const char *text = otherwise;
	if (type == xsStringType || type == xsStringXType) text = xsmcToString(xsVar(0));
	else if (type != xsUndefinedType) xsTypeError("%s must be a string", name);
	if (strlen(text) >= size) xsRangeError("%s is too long", name);
	strcpy(buffer, text);
}

static inline bool glueFlag(xsMachine *the, xsSlot *object, xsIdentifier id) {
	_xsGet(the, &xsVar(0), object, id);
	return xsmcTest(xsVar(0));
}

/* Sets a number on `object`. Uses xsVar(0). */
static inline void glueSetNumber(xsMachine *the, xsSlot *object, xsIdentifier id, double value) {
	xsmcSetNumber(xsVar(0), value);
	_xsSet(the, object, id, &xsVar(0));
}

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
