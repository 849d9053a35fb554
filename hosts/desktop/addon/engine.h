/*
 * Inside of the desktop host: what the addon's own C files share. Native modules use host.h instead.
 */
#ifndef GRIDPOST_ENGINE_H
#define GRIDPOST_ENGINE_H

#include "xsAll.h"
#include "xsScript.h"
#include <node_api.h>
#include "host.h"
#include "hostuv.h"

typedef struct Host Host;
typedef struct Entry Entry;
typedef struct ModuleState ModuleState;

/* One machine, as Node sees it. Counted: Node values (functions, objects of the machine) may outlive the machine. */
struct Host {
	txMachine *the; /* NULL once deleted */
	napi_env env;
	int references;
	Host *root; /* the frozen machine this one is a clone of; held by reference */
	bool shared; /* this is a frozen root: runs no code any more */
	int fatal; /* XS_..._EXIT that killed the machine, or -1 */
	Entry *entry; /* innermost entry from Node or libuv */
	napi_handle_scope *scopes; /* open in host functions; a machine that dies leaves their frames without closing them */
	size_t scopeCount, scopeCapacity;
	bool promiseJobs;
	bool preloading;
	bool announcing; /* the engine prints an exception just now */

	napi_ref callbacks[8]; /* indexed by CALLBACK_... */
	napi_ref providers; /* object: provider name -> object of functions */
	napi_async_context context;
	napi_async_cleanup_hook_handle cleanup; /* the thread waits for it before it ends */
	napi_ref resource;

	/* provider functions used so far: index of the function in the machine -> Node function */
	napi_ref *bound;
	uint32_t boundCount;
	uint32_t providerFunctionCount; /* of the root, or of this machine when it has none */

	size_t memoryBytes, memoryLimit;

	uint64_t meterBase; /* byte codes before the engine's counter was last reset */
	uint64_t meterLimit; /* byte codes allowed in one outermost entry, 0 = any */
	uint64_t meterStart;

	bool virtualClock;
	uint64_t nowUs; /* virtual only */
	uint64_t originUs; /* real only: uv_hrtime at creation */
	int64_t wallOffsetUs; /* wall clock minus now (virtual) or minus the system's clock (real) */
	int32_t timezoneS, dstS;
	uint64_t random;

	HostTimer **timers; /* binary heap by (atUs, order) */
	size_t timerCount, timerCapacity;
	uint64_t timerOrder;
	bool firing;
	int timerFd;
	uv_poll_t *timerPoll;

	ModuleState *states;
	txScript *loading; /* the module whose natives are about to be built */

	char *text; /* scratch for strings, grows */
	size_t textSize;

	const char *xsbug; /* host:port, or NULL */
	int socket;

	char name[64];
};

enum {
	CALLBACK_RESOLVE, /* (specifier, importer) -> id, throws */
	CALLBACK_LOAD, /* (id) -> { path, source, map? } */
	CALLBACK_TRACE, /* (text) */
	CALLBACK_ERROR, /* (error) */
	CALLBACK_WRAP, /* (handle) -> what Node code sees of an object of the machine */
	CALLBACK_PROMISE, /* () -> [promise, resolve, reject] */
	CALLBACK_COUNT
};

struct Entry {
	txJump jump;
	Entry *outer;
	Host *previous;
	size_t scopeCount;
};

/* addon.c */
typedef struct Native {
	const char *name;
	txCallback callback; /* as it is: for destructors */
	txCallback guarded; /* throws while modules are preloaded */
} Native;
extern void hostThrowPreloading(txMachine *the, const char *name);
extern const Native gxNatives[]; /* generated, sorted by name */
extern const int gxNativeCount;
extern const char *const gxNativeIDs[]; /* generated: property names that natives use beyond the engine's own */
extern const int gxNativeIDCount;
extern void gridpostNativesInit(napi_env env, napi_value exports); /* generated: natives' own exports to Node */

/* machine.c */
typedef void (*HostBody)(txMachine *the, void *data);
/*
 * Runs body inside an entry. True when it returned; false when it threw or the machine died:
 * then *error (if asked for) is the Node error, and without `error` it went to the error callback.
 */
extern bool hostRun(Host *host, HostBody body, void *data, napi_value *error);
extern Host *hostOf(txMachine *the);
extern Host *hostCurrent(void);
extern void hostRetain(Host *host);
extern void hostRelease(Host *host);
extern napi_value hostFatalError(Host *host);
extern uint64_t hostByteCodes(Host *host);
/* Calls one of the host's Node callbacks with values; NULL when Node threw (the exception is cleared and put in *error). */
extern napi_value hostCallback(Host *host, int which, size_t count, napi_value *values, napi_value *error);
/* Opens and closes what Node needs around a call that comes from libuv and not from JavaScript. */
typedef struct Tick {
	napi_handle_scope handles;
	napi_callback_scope callbacks;
} Tick;
extern void hostTickBegin(Host *host, Tick *tick);
extern void hostTickEnd(Host *host, Tick *tick);
extern char *hostText(Host *host, size_t size);
/* Handle scopes of host functions, in pairs; the way out of a dying machine closes what is open. */
extern void hostScopeOpen(Host *host);
extern void hostScopeClose(Host *host);

extern void hostSetCurrent(Host *host);
extern Host *hostCreate(napi_env env, napi_value options, Host *root); /* ->the is NULL when there was no memory for it */
extern void hostDelete(Host *host);

/* modules.c */
extern void hostEvaluate(txMachine *the, const char *source, const char *path);

/* values.c, objects.c, errors.c (and bridge.h between them) */
/* Value of a slot for Node; throws into XS when there is none. */
extern napi_value hostToNode(Host *host, txSlot *slot);
/* Pushes the value onto the machine's stack; throws into XS when it has none. */
extern void hostPushValue(Host *host, napi_value value);
/* A string of the engine (CESU-8); NULL when Node has no room for it. */
extern napi_value hostTextToNode(Host *host, const char *text);
extern napi_value hostErrorToNode(Host *host, txSlot *slot);
/* Throws a Node exception value into XS. */
extern void hostThrowValue(Host *host, napi_value error) XS_FUNCTION_NORETURN;
extern void hostThrowText(txMachine *the, txError kind, const char *text) XS_FUNCTION_NORETURN;
/* Calls a Node function with converted arguments, from a host function of the machine. */
extern void hostCallNode(Host *host, napi_value function, napi_value receiver);

/* strings.c */
/* A body for `hostRun`: what the device's ArrayBuffer and String have and this engine has not. */
extern void hostStringsInstall(txMachine *the, void *data);

/* timers.c */
/* Forgets all; `cleanup`, if any, is removed when libuv has let go of the handles. */
extern void hostTimersDelete(Host *host, napi_async_cleanup_hook_handle cleanup);
extern void hostTimersArm(Host *host);
/* Timers whose callback is a Node function, called outside of any entry. */
typedef struct NodeTimer NodeTimer;
extern NodeTimer *hostNodeTimerSet(Host *host, uint64_t atUs, napi_value function);
extern void hostNodeTimerClear(NodeTimer *timer);
extern void hostNodeTimerRelease(NodeTimer *timer); /* Node holds it no more */
extern uint64_t hostTimerFirst(Host *host); /* due time of the first; there must be one */
/* Fires what is due up to and including untilUs, moving the virtual clock along. */
extern void hostTimersRun(Host *host, uint64_t untilUs);

/* freeze.c */
extern void hostFreeze(txMachine *the);
extern void hostShare(txMachine *the);
extern uint32_t hostChecksum(txMachine *the);
extern void hostAliases(txMachine *the, void (*tell)(void *data, const char *text), void *data);

#endif
