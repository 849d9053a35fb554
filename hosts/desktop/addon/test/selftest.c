/*
 * A native class for the tests of the host: it touches every part of the API that drivers use. As small as a driver's
 * bookkeeping, without a device behind it.
 */
#include "xsmc.h"
#include "mc.xs.h"
#define sxMachine xsMachineRecord
#include "host.h"
#include <stdlib.h>
#include <string.h>

typedef struct Counter {
	xsMachine *the;
	xsSlot object;
	xsSlot *onTick;
	HostTimer *timer;
	int32_t value;
	uint32_t ticks;
} Counter;

typedef struct Totals {
	int32_t open, made;
} Totals;

static Totals *totalsOf(xsMachine *the)
{
	return hostModuleState(the, "selftest", sizeof(Totals), NULL);
}

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	Counter *counter = data;
	if (counter && counter->onTick)
		markRoot(the, counter->onTick);
}

void xs_selftest_destructor(void *data)
{
	Counter *counter = data;
	if (!counter)
		return;
	hostTimerClear(counter->the, counter->timer);
	totalsOf(counter->the)->open--;
	free(counter);
}

static const xsHostHooks hooks = { xs_selftest_destructor, mark, NULL };

void xs_selftest(xsMachine *the)
{
	xsmcVars(1);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType)
		xsTypeError("options missing");
	xsmcGet(xsVar(0), xsArg(0), xsID_start);
	int32_t start = xsmcTypeOf(xsVar(0)) == xsUndefinedType ? 0 : xsmcToInteger(xsVar(0));
	if (start < 0)
		xsRangeError("start %d is negative", (int)start);
	xsmcGet(xsVar(0), xsArg(0), xsID_onSelftestTick);
	Counter *counter = calloc(1, sizeof(Counter));
	if (!counter)
		xsUnknownError("no memory");
	counter->the = the;
	counter->value = start;
	counter->object = xsThis;
	if (xsmcTest(xsVar(0)))
		counter->onTick = xsToReference(xsVar(0));
	xsmcSetHostData(xsThis, counter);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	totalsOf(the)->open++;
	totalsOf(the)->made++;
}

static Counter *self(xsMachine *the)
{
	Counter *counter = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	if (!counter)
		xsUnknownError("closed");
	return counter;
}

void xs_selftest_close(xsMachine *the)
{
	Counter *counter = xsmcGetHostData(xsThis);
	if (!counter)
		return;
	xsmcSetHostData(xsThis, NULL);
	xsForget(counter->object);
	xs_selftest_destructor(counter);
}

void xs_selftest_add(xsMachine *the)
{
	Counter *counter = self(the);
	counter->value += xsmcToInteger(xsArg(0));
	xsmcSetInteger(xsResult, counter->value);
}

void xs_selftest_get_value(xsMachine *the)
{
	xsmcSetInteger(xsResult, self(the)->value);
}

void xs_selftest_set_value(xsMachine *the)
{
	self(the)->value = xsmcToInteger(xsArg(0));
}

/* Sum of the bytes; reading a buffer that allocation may move is what glue must not get wrong. */
void xs_selftest_sum(xsMachine *the)
{
	void *data;
	xsUnsignedValue count, i;
	int32_t sum = 0;
	xsmcGetBufferReadable(xsArg(0), &data, &count);
	for (i = 0; i < count; i++)
		sum += ((uint8_t *)data)[i];
	xsmcSetInteger(xsResult, sum);
}

void xs_selftest_bytes(xsMachine *the)
{
	uint8_t bytes[4] = { 1, 2, 3, 4 };
	xsmcSetArrayBuffer(xsResult, bytes, sizeof(bytes));
}

/* What the totals of this machine are: a new object by xsID_... */
void xs_selftest_totals(xsMachine *the)
{
	Totals *totals = totalsOf(the);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	xsmcSetInteger(xsVar(0), totals->open);
	xsmcSet(xsResult, xsID_open, xsVar(0));
	xsmcSetInteger(xsVar(0), totals->made);
	xsmcSet(xsResult, xsID_selftestMade, xsVar(0));
}

/* Catches what a callback throws, and gives its message. */
void xs_selftest_attempt(xsMachine *the)
{
	xsmcVars(1);
	xsTry {
		xsVar(0) = xsCallFunction1(xsArg(0), xsUndefined, xsInteger(7));
		xsResult = xsVar(0);
	}
	xsCatch {
		xsmcGet(xsResult, xsException, xsID_message);
	}
}

static void tick(xsMachine *the, void *refcon)
{
	Counter *counter = refcon;
	counter->timer = NULL;
	counter->ticks++;
	xsmcVars(1);
	xsVar(0) = counter->object; /* the stack holds it now, whatever the callback does */
	xsForget(counter->object);
	xsCallFunction1(xsReference(counter->onTick), xsVar(0), xsNumber((double)hostNowUs(the)));
}

/* start(us): one tick, so much later. The object lives until then even when nothing else holds it. */
void xs_selftest_start(xsMachine *the)
{
	Counter *counter = self(the);
	uint64_t us = (uint64_t)xsmcToNumber(xsArg(0));
	hostTimerClear(the, counter->timer);
	counter->object = xsThis;
	xsRemember(counter->object);
	counter->timer = hostTimerSet(the, hostNowUs(the) + us, tick, counter);
}

static void enter(xsMachine *the, void *refcon)
{
	Counter *counter = refcon;
	xsCallFunction1(xsReference(counter->onTick), counter->object, xsInteger(-1));
}

/* As a driver does from libuv, here from within a call: an entry inside an entry. */
void xs_selftest_enter(xsMachine *the)
{
	hostEnter(the, enter, self(the));
}

/* The deliberate mistake: the pointer is kept across an allocation. Only the address-sanitizer run calls it. */
void xs_selftest_stale(xsMachine *the)
{
	void *data;
	xsUnsignedValue count;
	xsmcGetBufferReadable(xsArg(0), &data, &count);
	xsmcSetArrayBuffer(xsResult, NULL, 64);
	xsmcSetInteger(xsResult, ((uint8_t *)data)[0]);
}
