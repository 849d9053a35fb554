/*
 * What the classes over the cores have in common on the device: callbacks, life and end of an instance, and the way from
 * an interrupt into the engine. xsglue.h gives the same names to the classes of the desktop.
 *
 * Who may call what: glueTell from an interrupt, a timer or a task, on either processor; everything else on the task of
 * the engine. What is reached from an interrupt is in IRAM and touches the record only, which is in internal RAM, so it
 * works while flash is written; the engine's heap is in PSRAM and must not be touched there.
 *
 * Into the engine: the first bit that becomes pending posts one message, and no further one is posted until that
 * one has been delivered, so an instance never takes more than one place in the engine's queue. Posting never waits. When
 * it fails (queue full, or flash is being written: the SDK's function is in flash), the use count it would
 * have held is undone and a timer tries again; what is pending stays so.
 *
 * Exceptions: one that leaves a callback goes where those of the SDK's own timers and sockets go, to fxAbort, which asks
 * the hook of the application (XS_ABORTHOOK) and restarts the device when there is none. Swallowing it here would
 * hide it from that one place, and onError means something else: that the port works no more. The record is in order
 * before it goes, and what was not told yet is told in a turn of its own, so the hook may go on.
 */
#ifndef GRIDPOST_ESPGLUE_H
#define GRIDPOST_ESPGLUE_H

#include "xsoptions.h"
#include "xsHost.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_private/cache_utils.h"
#include "esp_timer.h"
#include <stdatomic.h>

enum { GLUE_RETRY_US = 2000 };

/*
 * What the record of an instance begins with. The instance lives without being held until it is closed; its record until
 * then, until the last callback that runs has returned, and until no message or timer is under way.
 */
typedef struct GluePort GluePort;
struct GluePort {
	xsMachine *the;
	xsSlot object;
	/* Once, on the engine's task: lets go of all that is not the engine's. No interrupt may come when it has returned. */
	void (*shut)(GluePort *port);
	void (*tell)(xsMachine *the, GluePort *port); /* calls back for what is pending */
	esp_timer_handle_t retry;
	atomic_uint pending; /* bits, to be told */
	atomic_uint uses; /* the constructor's, one for a message under way, one for a retry under way */
	atomic_bool posted; /* a message is under way */
	atomic_bool closed;
};

static inline void glueLetGo(GluePort *port) {
	if (atomic_fetch_sub(&port->uses, 1) == 1) heap_caps_free(port);
}

static inline void glueDeliver(void *it, void *refcon, uint8_t *message, uint16_t length);

/* True when a message was posted. */
static inline IRAM_ATTR bool gluePost(GluePort *port) {
	if (atomic_exchange(&port->posted, true)) return false;
	atomic_fetch_add(&port->uses, 1);
	if (spi_flash_cache_enabled() && modMessagePostToMachineFromISR(port->the, glueDeliver, port) == 0) return true;
	/* The same use is now the retry's; when one is under way already, it is undone. The constructor holds one: never the last. */
	atomic_store(&port->posted, false);
	if (esp_timer_start_once(port->retry, GLUE_RETRY_US) != ESP_OK) atomic_fetch_sub(&port->uses, 1);
	return false;
}

/*
 * Bits that are to be told. Never waits. True when the engine's task has become ready: an interrupt should then end with
 * portYIELD_FROM_ISR(), or the engine runs only at the next tick of FreeRTOS.
 */
static inline IRAM_ATTR bool glueTell(GluePort *port, unsigned bits) {
	atomic_fetch_or(&port->pending, bits);
	return gluePost(port);
}

static inline void glueRetry(void *refcon) {
	GluePort *port = refcon;
	if (!atomic_load(&port->closed) && atomic_load(&port->pending)) (void)gluePost(port);
	glueLetGo(port);
}

static inline void glueShut(GluePort *port) {
	if (atomic_exchange(&port->closed, true)) return;
	port->shut(port);
	/* One that is just firing, on the other processor, lets go by itself; it is freed behind that, by the timers' own task. */
	do
		if (esp_timer_stop(port->retry) == ESP_OK) glueLetGo(port);
	while (esp_timer_delete(port->retry) == ESP_ERR_INVALID_STATE);
}

static inline void glueDestroy(void *data) {
	if (!data) return;
	glueShut(data);
	glueLetGo(data);
}

static inline void glueDeliver(void *it, void *refcon, uint8_t *message, uint16_t length) {
	(void)message;
	(void)length;
	GluePort *port = refcon;
	/* First, so that what comes from now on posts anew. */
	atomic_store(&port->posted, false);
	if (!atomic_load(&port->closed)) {
		xsBeginHost(it);
		xsTry {
			port->tell(the, port);
		}
		xsCatch {
			if (!atomic_load(&port->closed) && atomic_load(&port->pending)) (void)gluePost(port);
			xsThrow(xsException);
		}
		xsEndHost(it);
	}
	glueLetGo(port);
}

/* A record, zeroed, in internal RAM, with one use; NULL when there is no memory. */
static inline void *glueNew(xsMachine *the, size_t size, void (*shut)(GluePort *), void (*tell)(xsMachine *, GluePort *)) {
	GluePort *port = heap_caps_calloc(1, size, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
	if (!port) return NULL;
	esp_timer_create_args_t timer = {.callback = glueRetry, .arg = port, .name = "gridpost"};
	if (esp_timer_create(&timer, &port->retry) != ESP_OK) {
		heap_caps_free(port);
		return NULL;
	}
	port->the = the;
	port->shut = shut;
	port->tell = tell;
	atomic_store(&port->uses, 1);
	return port;
}

/* Takes a bit out of what is pending. */
static inline bool glueDue(GluePort *port, unsigned bit) {
	return !atomic_load(&port->closed) && (atomic_fetch_and(&port->pending, ~bit) & bit);
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
	xsSetHostHooks(xsThis, (xsHostHooks *)hooks);
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
