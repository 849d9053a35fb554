/*
 * For natives that have something to say to Node directly (a simulated line, for instance): functions of their own in the
 * addon. A file under native/ that defines `void xNodeInit(napi_env env, napi_value exports)` has it called when the addon
 * is loaded. A machine is the external value that Machine.handle gives.
 */
#ifndef GRIDPOST_HOSTNODE_H
#define GRIDPOST_HOSTNODE_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>

struct sxMachine;

/* The machine behind an external value; NULL, with an exception pending in Node, when there is none or it is dead. */
struct sxMachine *hostMachineOf(napi_env env, napi_value handle);
napi_env hostEnv(struct sxMachine *the);
/*
 * Calls a Node function from the machine's thread: from a timer, or from libuv. Opens the scopes it needs; an exception
 * goes to the machine's error callback. Build the arguments in `arguments`, which is called inside the scope.
 */
void hostCallFunction(struct sxMachine *the, napi_ref function,
	size_t (*arguments)(napi_env env, void *refcon, napi_value *values), void *refcon);

#endif
