#include "buttons_class.h"
#include "mc.xs.h"

void buttonsClassOptions(xsMachine *the, ButtonsConfig *config, ButtonsNames names, uint32_t *scanMs) {
	xsSlot *options = &xsArg(0);
	config->idleMin = (uint16_t)glueNumber(the, options, xsID_idleMin, "idleMin", UINT32_MAX, 0, 65535);
	_xsGet(the, &xsVar(1), options, xsID_idleMin);
	if (xsmcTypeOf(xsVar(1)) == xsUndefinedType) xsTypeError("idleMin is missing");
	*scanMs = glueNumber(the, options, xsID_scanMs, "scanMs", 20, 1, 1000);
	config->debounceMs = glueNumber(the, options, xsID_debounceMs, "debounceMs", 40, 0, 10000);
	config->longMs = glueNumber(the, options, xsID_longMs, "longMs", 1000, 0, 600000);
	config->repeatMs = glueNumber(the, options, xsID_repeatMs, "repeatMs", 250, 0, 600000);
	config->stuckMs = glueNumber(the, options, xsID_stuckMs, "stuckMs", 60000, 0, 86400000);
	xsmcGet(xsVar(1), xsArg(0), xsID_thresholds);
	if (xsmcTypeOf(xsVar(1)) != xsReferenceType || !xsmcIsInstanceOf(xsVar(1), xsArrayPrototype))
		xsTypeError("thresholds must be an array");
	config->count = (uint8_t)glueNumber(the, &xsVar(1), xsID_length, "number of thresholds", 0, 1, BUTTONS_MAX);
	for (unsigned i = 0; i < config->count; i++) {
		xsmcGetIndex(xsVar(2), xsVar(1), (xsIndex)i);
		if (xsmcTypeOf(xsVar(2)) != xsReferenceType) xsTypeError("a threshold must be an object");
		glueText(the, &xsVar(2), xsID_name, "name of a threshold", "", names[i], BUTTONS_NAME);
		if (!names[i][0]) xsTypeError("a threshold needs a name");
		config->windows[i].min = (uint16_t)glueNumber(the, &xsVar(2), xsID_min, "min of a threshold", 0, 0, 65535);
		config->windows[i].max = (uint16_t)glueNumber(the, &xsVar(2), xsID_max, "max of a threshold", 0, 0, 65535);
		config->windows[i].plain = glueFlag(the, &xsVar(2), xsID_plain);
	}
}

void buttonsClassEvent(xsMachine *the, char (*names)[BUTTONS_NAME], const ButtonsEvent *event) {
	xsmcSetNewObject(xsVar(1));
	xsmcSetString(xsVar(0), (char *)buttonsEventName(event->type));
	xsmcSet(xsVar(1), xsID_type, xsVar(0));
	if (event->button >= 0) {
		xsmcSetString(xsVar(0), (char *)names[event->button]);
		xsmcSet(xsVar(1), xsID_button, xsVar(0));
	}
	glueSetNumber(the, &xsVar(1), xsID_heldMs, event->heldMs);
	glueSetNumber(the, &xsVar(1), xsID_count, event->count);
}

void buttonsClassPressed(xsMachine *the, char (*names)[BUTTONS_NAME], int state) {
	if (state == BUTTONS_UNKNOWN) xsmcSetString(xsResult, "unknown");
	else if (state >= 0) xsmcSetString(xsResult, (char *)names[state]);
}
