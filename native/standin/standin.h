/*
 * A stand-in for the chip and for those calls of ESP-IDF 6.0 that our ports make, with the behaviour its documentation and
 * headers state; nothing of it is Espressif's. Headers of IDF's names are in include/. Tests drive it: what comes in on
 * a pin, how late an interrupt is served, which call fails, whether flash is being written.
 *
 * It has a clock of its own with events on it. In a program (a test in C) standinRun moves it; in the addon it follows the
 * clock of the machine (engine.c). One thread, one chip.
 */
#ifndef GRIDPOST_STANDIN_H
#define GRIDPOST_STANDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STANDIN_NEVER UINT64_MAX

/* Lives in what it belongs to; zeroed before first use, but for run and refcon. */
typedef struct StandinEvent StandinEvent;
struct StandinEvent {
	void (*run)(void *refcon);
	void *refcon;
	uint64_t atNs;
	StandinEvent *next;
	bool armed;
};

uint64_t standinNowNs(void);
/* The clock that this one follows, NULL for none. */
extern uint64_t (*standinHostNs)(void);
/* Once, at that time or now if that is over; what was set before is forgotten. Events of one time run in the order they were set. */
void standinAt(StandinEvent *event, uint64_t atNs);
void standinCancel(StandinEvent *event);
/* The time of the next event, STANDIN_NEVER when there is none. */
uint64_t standinNextNs(void);
/* Runs all events up to that time, which is then now. */
void standinRun(uint64_t untilNs);
/* Told when the next event has become another one; NULL for nobody. */
extern void (*standinChanged)(void);

/* As after power on: nothing is open, no event waits, the clock stands at nowNs. Memory that is still taken is freed. */
void standinReset(uint64_t nowNs);
/* Each device adds what it has to reset, once, from a constructor function. */
void standinOnReset(void (*reset)(void));
/* Called before code of ours looks at registers: devices bring those up to date that change with time. */
void standinOnSettle(void (*settle)(void));
void standinSettle(void);

/* Makes the n-th call from now of an IDF function fail, n from 1; by its name. */
void standinFail(const char *function, unsigned nth);
/* For stand-ins of functions: is this the call that must fail? */
bool standinFails(const char *function);

/* What is open: "memory" (blocks), "interrupt", "timer" (esp_timer), "gptimer", "pin". */
int standinOpen(const char *kind);
void standinCount(const char *kind, int by);

/* How late the next interrupt is served; NULL: at once. */
extern uint64_t (*standinLatencyNs)(void);
/* While held, no interrupt is served: a critical section somewhere that is far too long. */
void standinHold(bool held);
/* Flash is being written: only handlers in IRAM run, and posting to the engine from one is an error. */
void standinFlash(bool busy);

/*
 * Interrupts, for the devices: the level of a source. While it is high the handler is called again and again, each time
 * after the latency. What never becomes low is a storm, and ends the program.
 */
void standinLevel(int source, bool high);
/* A call from an interrupt that goes without esp_intr_alloc (gptimer): the same latency and rules. */
bool standinInInterrupt(void);
void standinEnterInterrupt(void);
void standinLeaveInterrupt(void);
uint64_t standinLatency(void);
bool standinFlashBusy(void);
bool standinHeld(void);

/* Says what is wrong with our code's use of IDF, and ends the program: what would be a crash or undefined on the chip. */
void standinWrong(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
