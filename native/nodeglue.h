/*
 * Small helpers of the Node side of the lines and buses inside the process: functions of their own in the addon. A file
 * under native/ that defines `void xNodeInit(napi_env env, napi_value exports)` has it called when the addon is loaded; a
 * machine is the external value that Machine.handle gives. For files that include the desktop host's engine.h, not xsmc.h.
 */
#ifndef GRIDPOST_NODEGLUE_H
#define GRIDPOST_NODEGLUE_H

#include "engine.h"
#include <stddef.h>

extern void hostSetCurrent(Host *host);
extern void nodeFailed(Host *host) XS_FUNCTION_NORETURN;

/* The machine of a first argument; throws into Node and returns NULL when there is none that lives. */
static inline Host *nodeMachine(napi_env env, napi_value value) {
	void *host = NULL;
	napi_valuetype type;
	if (napi_typeof(env, value, &type) != napi_ok || type != napi_external ||
		napi_get_value_external(env, value, &host) != napi_ok || !host || !((Host *)host)->the) {
		napi_throw_type_error(env, NULL, "no machine");
		return NULL;
	}
	return host;
}

/* A reference to a function among the options; NULL when absent. */
static inline napi_ref nodeCallback(napi_env env, napi_value options, const char *name) {
	napi_value value;
	napi_valuetype type;
	napi_ref reference = NULL;
	if (napi_get_named_property(env, options, name, &value) == napi_ok && napi_typeof(env, value, &type) == napi_ok &&
		type == napi_function)
		napi_create_reference(env, value, 1, &reference);
	return reference;
}

/* Calls a Node function inside an entry into the machine; what it throws becomes an error of the machine. */
static inline void nodeCall(Host *host, napi_ref function, size_t count, napi_value *values) {
	napi_value callee, receiver, error = NULL;
	if (!function) return;
	napi_get_reference_value(host->env, function, &callee);
	napi_get_undefined(host->env, &receiver);
	Host *previous = hostCurrent();
	napi_status status = napi_call_function(host->env, receiver, callee, count, values, NULL);
	hostSetCurrent(previous);
	if (host->fatal >= 0) {
		napi_get_and_clear_last_exception(host->env, &error);
		fxAbort(host->the, host->fatal);
	}
	if (status != napi_ok) nodeFailed(host);
}

static inline napi_value nodeBytes(napi_env env, const uint8_t *bytes, size_t length) {
	napi_value buffer, view;
	void *data;
	napi_create_arraybuffer(env, length, &data, &buffer);
	if (length > 0) memcpy(data, bytes, length);
	napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &view);
	return view;
}

static inline void nodeMethod(napi_env env, napi_value object, const char *name, napi_callback callback) {
	napi_value function;
	napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
	napi_set_named_property(env, object, name, function);
}

/* The record behind `this`; throws into Node and returns NULL when it is none of that tag. */
static inline void *nodeRecord(napi_env env, napi_callback_info info, const napi_type_tag *tag, size_t count,
	napi_value *values) {
	napi_value self;
	void *record = NULL;
	bool same = false;
	napi_get_cb_info(env, info, &count, values, &self, NULL);
	if (napi_check_object_type_tag(env, self, tag, &same) != napi_ok || !same ||
		napi_unwrap(env, self, &record) != napi_ok) {
		napi_throw_type_error(env, NULL, "called on something else");
		return NULL;
	}
	return record;
}

static inline bool nodeViewOf(napi_env env, napi_value value, const uint8_t **bytes, size_t *length) {
	napi_typedarray_type type;
	void *data;
	bool is = false;
	if (napi_is_typedarray(env, value, &is) != napi_ok || !is) return false;
	napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL);
	*bytes = data;
	return type == napi_uint8_array;
}

static inline bool nodeNumber(napi_env env, napi_value value, double otherwise, double *result) {
	napi_valuetype type;
	napi_typeof(env, value, &type);
	*result = otherwise;
	if (type == napi_undefined) return true;
	return type == napi_number && napi_get_value_double(env, value, result) == napi_ok && *result >= 0;
}

static inline void nodeForget(napi_env env, napi_ref *reference) {
	if (*reference) napi_delete_reference(env, *reference);
	*reference = NULL;
}

/*
 * A place on a line or bus inside the process: an object of Node's that lives without being held until it is closed, and
 * is told the news of the line in turns of their own. First in the record of what stands there.
 */
typedef struct NodePlace NodePlace;

typedef struct {
	size_t size; /* of the whole record */
	napi_type_tag tag;
	const char *nameless; /* what to say to an empty name */
	bool (*hasNews)(const NodePlace *place);
	void (*tellOne)(NodePlace *place); /* takes one piece of news and calls Node with it */
	void (*leave)(NodePlace *place); /* once: off the line, if the machine lives; frees news and callbacks */
} NodePlaceKind;

struct NodePlace {
	const NodePlaceKind *kind;
	Host *host;
	napi_ref self;
	HostTimer *timer;
	bool closed;
	bool calling; /* the record must live until the callback returns */
	bool collected;
};

static inline void nodePlaceShut(NodePlace *place) {
	if (place->closed) return;
	place->closed = true;
	if (place->host->the) hostTimerClear(place->host->the, place->timer);
	place->timer = NULL;
	place->kind->leave(place);
	nodeForget(place->host->env, &place->self);
}

static inline void nodePlaceLetGo(NodePlace *place) {
	if (!place->collected || place->calling) return;
	hostRelease(place->host);
	free(place);
}

static inline void nodePlaceFinalize(napi_env env, void *data, void *hint) {
	(void)env;
	(void)hint;
	NodePlace *place = data;
	nodePlaceShut(place);
	place->collected = true;
	nodePlaceLetGo(place);
}

static inline void nodePlaceTellSoon(NodePlace *place);

static inline void nodePlaceTell(txMachine *the, void *refcon) {
	NodePlace *place = refcon;
	Host *host = place->host;
	napi_handle_scope scope;
	place->timer = NULL;
	place->calling = true;
	napi_open_handle_scope(host->env, &scope);
	mxTry(the) {
		while (!place->closed && place->kind->hasNews(place)) place->kind->tellOne(place);
	}
	mxCatch(the) {
		napi_close_handle_scope(host->env, scope);
		place->calling = false;
		if (!place->closed && place->kind->hasNews(place)) nodePlaceTellSoon(place);
		nodePlaceLetGo(place);
		fxJump(the);
	}
	napi_close_handle_scope(host->env, scope);
	place->calling = false;
	nodePlaceLetGo(place);
}

static inline void nodePlaceTellSoon(NodePlace *place) {
	txMachine *the = place->host->the;
	if (!place->timer) place->timer = hostTimerSet(the, hostNowUs(the), nodePlaceTell, place);
}

/*
 * The record for a call with machine, name and options, all zero but its place; throws into Node and returns NULL when
 * there is none.
 */
static inline void *nodePlaceNew(napi_env env, napi_callback_info info, const NodePlaceKind *kind, char name[64],
	napi_value *options) {
	napi_value values[3];
	size_t count = 3;
	napi_get_cb_info(env, info, &count, values, NULL, NULL);
	Host *host = nodeMachine(env, values[0]);
	if (!host) return NULL;
	if (napi_get_value_string_utf8(env, values[1], name, 64, NULL) != napi_ok || !name[0]) {
		napi_throw_type_error(env, NULL, kind->nameless);
		return NULL;
	}
	NodePlace *place = calloc(1, kind->size);
	if (!place) {
		napi_throw_error(env, NULL, "out of memory");
		return NULL;
	}
	place->kind = kind;
	place->host = host;
	hostRetain(host);
	*options = values[2];
	return place;
}

/* The object for Node, without methods. */
static inline napi_value nodePlaceObject(napi_env env, NodePlace *place) {
	napi_value object;
	napi_create_object(env, &object);
	napi_wrap(env, object, place, nodePlaceFinalize, NULL, NULL);
	napi_type_tag_object(env, object, &place->kind->tag);
	napi_create_reference(env, object, 1, &place->self);
	return object;
}

#endif
