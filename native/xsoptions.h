/*
 * Options of a constructor, and results. For files that include xsmc.h only, that of the desktop's engine (XS 13) or of the
 * device's (XS 17). A getter throws with the option's name, so that an error says what to change.
 */
#ifndef GRIDPOST_XSOPTIONS_H
#define GRIDPOST_XSOPTIONS_H

#include "xsmc.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A callback option: the function to keep (and to mark), or NULL when absent. Uses xsVar(0). */
static inline xsSlot *glueCallback(xsMachine *the, xsIdentifier id, const char *name) {
	xsmcGet(xsVar(0), xsArg(0), id);
	if (!xsmcTest(xsVar(0))) return NULL;
	if (!xsmcIsCallable(xsVar(0))) xsTypeError("%s must be a function", name);
	return fxToReference(the, &xsVar(0));
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

#endif
