/*
 * What the class Buttons (modules/buttons/buttons.js) is on each kind of port: its options, its names, its events for
 * JavaScript. Each function may throw.
 */
#ifndef GRIDPOST_BUTTONS_CLASS_H
#define GRIDPOST_BUTTONS_CLASS_H

#include "../xsoptions.h"
#include "buttons_core.h"

enum { BUTTONS_NAME = 24 };
typedef char ButtonsNames[BUTTONS_MAX][BUTTONS_NAME];

/* All but analog and onEvent, of the first argument. Uses xsVar(0) to xsVar(2). */
void buttonsClassOptions(xsMachine *the, ButtonsConfig *config, ButtonsNames names, uint32_t *scanMs);
/* An event as an object, in xsVar(1). Uses xsVar(0). */
void buttonsClassEvent(xsMachine *the, char (*names)[BUTTONS_NAME], const ButtonsEvent *event);
/* The getter `pressed`: of a button's index, BUTTONS_IDLE or BUTTONS_UNKNOWN. */
void buttonsClassPressed(xsMachine *the, char (*names)[BUTTONS_NAME], int state);

#endif
