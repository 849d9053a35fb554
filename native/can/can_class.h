/*
 * What the class CAN (modules/can/can.js) is on each kind of port: its options and callbacks, frames into and out of
 * JavaScript. Each function may throw; what it needs of variables it says.
 */
#ifndef GRIDPOST_CAN_CLASS_H
#define GRIDPOST_CAN_CLASS_H

#include "../xsoptions.h"
#include "can_core.h"

typedef struct {
	xsSlot *onReadable, *onWritable, *onError, *onStateChange; /* NULL when absent */
} CanCallbacks;

/* bitrate, mode and filters of the first argument. Uses xsVar(0) to xsVar(2). */
void canClassOptions(xsMachine *the, CanConfig *config);
/* Uses xsVar(0). */
void canClassCallbacks(xsMachine *the, CanCallbacks *callbacks);
void canClassMark(xsMachine *the, const CanCallbacks *callbacks, xsMarkRoot markRoot);
/* The method `read`. Takes a variable. */
void canClassRead(xsMachine *the, CanCore *core);
/* The method `write`: the port then sends. Takes a variable. */
void canClassWrite(xsMachine *the, CanCore *core);
/* The getter `counters`. Takes a variable. */
void canClassCounters(xsMachine *the, CanCore *core);

#endif
