/*
 * What the class RS485 (modules/rs485/rs485.js) does on its core alone, the same on the desktop and on the device: options of
 * a line, arguments of methods, results. For files that include xsmc.h.
 */
#ifndef GRIDPOST_RS485_CLASS_H
#define GRIDPOST_RS485_CLASS_H

#include "../xsoptions.h"
#include "rs485_core.h"

/* baud, parity, stop and enableInvert of the options, xsArg(0). Uses xsVar(0). */
void rs485ClassConfigure(xsMachine *the, Rs485Config *config);
/* Method read(buffer). */
void rs485ClassRead(xsMachine *the, Rs485Core *core, uint8_t *cause);
/* Method write(frame, expect); what moves the line is up to the caller. */
void rs485ClassWrite(xsMachine *the, Rs485Core *core, uint64_t nowUs);
/* Getter counters. */
void rs485ClassCounters(xsMachine *the, const Rs485Core *core);

#endif
