/*
 * What the desktop host offers to native modules (native/<x>/desktop.c) besides the XS API.
 * All of it may only be used on the machine's own thread.
 */
#ifndef GRIDPOST_HOST_H
#define GRIDPOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sxMachine;
struct uv_loop_s;

/* Microseconds of the machine's clock: monotonic, real or virtual. */
uint64_t hostNowUs(struct sxMachine *the);

/*
 * One-shot timers on that clock, with microsecond resolution (real mode: as near as the kernel allows).
 * The callback runs inside an entry into the machine: it may use the XS API, throw, and set or clear timers.
 * An exception that leaves it is reported to Node as an error of the machine.
 * Timers due at the same microsecond fire in the order they were set. Freed by the host when fired or cleared.
 */
typedef struct HostTimer HostTimer;
typedef void (*HostTimerCallback)(struct sxMachine *the, void *refcon);
HostTimer *hostTimerSet(struct sxMachine *the, uint64_t atUs, HostTimerCallback callback, void *refcon);
void hostTimerClear(struct sxMachine *the, HostTimer *timer);

/* Runs callback inside an entry into the machine (for libuv callbacks). Does nothing when the machine is dead. */
void hostEnter(struct sxMachine *the, HostTimerCallback callback, void *refcon);

/* Node's event loop of this thread. libuv is linked into the node executable; see hostuv.h for the prototypes used. */
struct uv_loop_s *hostLoop(struct sxMachine *the);

/*
 * State of a native module for one machine, by name: created (zeroed) on first use, freed after `destroy`
 * when the machine is deleted. Use this instead of static variables: several machines live in one process.
 */
void *hostModuleState(struct sxMachine *the, const char *name, size_t size, void (*destroy)(struct sxMachine *the, void *state));

#endif
