/* Between values.c (copies), objects.c (references) and errors.c. */
#ifndef GRIDPOST_BRIDGE_H
#define GRIDPOST_BRIDGE_H

#include "engine.h"

/* An object of the machine that Node holds. All of a machine's are in one list, which its collector marks. */
typedef struct Handle Handle;
struct Handle {
	Host *host;
	Handle *next, **link;
	txSlot slot;
};

/* Throws into XS what Node has pending, or a TypeError. */
extern void nodeFailed(Host *host) XS_FUNCTION_NORETURN;
#define CHECK(_CALL) \
	do { \
		if ((_CALL) != napi_ok) \
			nodeFailed(host); \
	} while (0)

/* values.c */
extern napi_value textToNode(Host *host, const char *text);
extern void pushString(Host *host, napi_value value);

/* errors.c */
extern void pushNodeError(Host *host, napi_value error);

/* objects.c */
extern Handle *handleOf(napi_env env, napi_value value);
extern napi_value functionToNode(Host *host, txSlot *slot);
extern napi_value objectToNode(Host *host, txSlot *slot);
extern napi_value promiseToNode(Host *host, txSlot *slot);
extern void pushNodeFunction(Host *host, napi_value value);

#endif
