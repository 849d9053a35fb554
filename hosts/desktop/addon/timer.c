/* Natives of the modules `timer` and `time`, with the semantics of the Moddable SDK, on the host's timers and clock. */
#include "engine.h"

typedef struct ScriptTimer {
	txMachine *the;
	HostTimer *timer; /* NULL while unscheduled or firing */
	txSlot self; /* remembered as long as the timer is not cleared */
	txSlot callback;
	uint64_t dueUs, repeatUs;
	bool firing, cleared;
} ScriptTimer;

static void scriptTimerMark(txMachine *the, void *it, txMarkRoot markRoot)
{
	ScriptTimer *timer = it;
	if (timer)
		(*markRoot)(the, &timer->callback);
}

static void scriptTimerDelete(void *it)
{
	ScriptTimer *timer = it;
	if (!timer)
		return;
	hostTimerClear(timer->the, timer->timer);
	free(timer);
}

static const txHostHooks scriptTimerHooks = { scriptTimerDelete, scriptTimerMark, NULL };

/* Ends the script's hold on the timer; the record goes too unless its callback is running. */
static void scriptTimerClear(txMachine *the, ScriptTimer *timer)
{
	hostTimerClear(the, timer->timer);
	timer->timer = NULL;
	timer->cleared = true;
	timer->self.value.reference->next->value.host.data = NULL;
	fxForget(the, &timer->self);
	if (!timer->firing)
		free(timer);
}

static void scriptTimerFired(txMachine *the, ScriptTimer *timer)
{
	timer->firing = false;
	if (timer->cleared)
		free(timer);
	else if (!timer->timer && !timer->repeatUs)
		scriptTimerClear(the, timer);
}

static void scriptTimerFire(txMachine *the, void *refcon)
{
	ScriptTimer *timer = refcon;
	timer->timer = NULL;
	timer->firing = true;
	if (timer->repeatUs) {
		uint64_t nowUs = hostNowUs(the);
		timer->dueUs += timer->repeatUs;
		if (timer->dueUs < nowUs)
			timer->dueUs = nowUs;
		timer->timer = hostTimerSet(the, timer->dueUs, scriptTimerFire, timer);
	}
	mxTry(the) {
		txSlot *self = &timer->self, *callback = &timer->callback;
		mxPush(mxGlobal);
		mxPushSlot(callback);
		mxCall();
		mxPushSlot(self);
		mxRunCount(1);
		mxPop();
	}
	mxCatch(the) {
		scriptTimerFired(the, timer);
		fxJump(the);
	}
	scriptTimerFired(the, timer);
}

/* Whole milliseconds, as the SDK has them: fractions are cut, and nothing is sooner than now. */
static uint64_t milliseconds(txMachine *the, txInteger index)
{
	double ms = mxArgc > index ? fxToNumber(the, mxArgv(index)) : 0;
	return ms > 0 ? (uint64_t)(ms > 4294967295.0 ? 4294967295.0 : ms) * 1000 : 0;
}

static void scriptTimerArm(txMachine *the, ScriptTimer *timer, uint64_t delayUs, uint64_t repeatUs)
{
	hostTimerClear(the, timer->timer);
	timer->timer = NULL;
	timer->repeatUs = repeatUs;
	timer->dueUs = hostNowUs(the) + delayUs;
	timer->timer = hostTimerSet(the, timer->dueUs, scriptTimerFire, timer);
}

static void scriptTimerCreate(txMachine *the, uint64_t delayUs, uint64_t repeatUs)
{
	ScriptTimer *timer;
	if (mxArgc < 1 || mxArgv(0)->kind != XS_REFERENCE_KIND || !mxIsCallable(mxArgv(0)->value.reference))
		mxTypeError("callback is no function");
	timer = calloc(1, sizeof(ScriptTimer));
	if (!timer)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	timer->the = the;
	timer->callback.kind = XS_REFERENCE_KIND;
	timer->callback.value.reference = mxArgv(0)->value.reference;
	fxNewHostObject(the, NULL);
	txSlot *data = the->stack->value.reference->next;
	data->flag |= XS_HOST_HOOKS_FLAG;
	data->value.host.data = timer;
	data->value.host.variant.hooks = (txHostHooks *)&scriptTimerHooks;
	timer->self.kind = XS_REFERENCE_KIND;
	timer->self.value.reference = the->stack->value.reference;
	fxRemember(the, &timer->self);
	mxPullSlot(mxResult);
	scriptTimerArm(the, timer, delayUs, repeatUs);
}

static ScriptTimer *scriptTimerOf(txMachine *the, txInteger index)
{
	txSlot *slot = mxArgc > index ? mxArgv(index) : NULL, *data;
	if (!slot || slot->kind != XS_REFERENCE_KIND)
		return NULL;
	data = slot->value.reference->next;
	if (!data || data->kind != XS_HOST_KIND || !(data->flag & XS_HOST_HOOKS_FLAG)
		|| data->value.host.variant.hooks != &scriptTimerHooks)
		return NULL;
	return data->value.host.data;
}

void xs_timer_set(txMachine *the)
{
	scriptTimerCreate(the, milliseconds(the, 1), milliseconds(the, 2));
}

void xs_timer_repeat(txMachine *the)
{
	uint64_t us = milliseconds(the, 1);
	scriptTimerCreate(the, us, us);
}

/* One argument: the timer stays but does not fire until it is scheduled again. */
void xs_timer_schedule(txMachine *the)
{
	ScriptTimer *timer = scriptTimerOf(the, 0);
	if (!timer)
		mxUnknownError("timer has fired or was cleared");
	if (mxArgc == 1) {
		hostTimerClear(the, timer->timer);
		timer->timer = NULL;
		timer->repeatUs = UINT64_MAX; /* keeps the record when this happens in its own callback */
	}
	else
		scriptTimerArm(the, timer, milliseconds(the, 1), milliseconds(the, 2));
}

void xs_timer_clear(txMachine *the)
{
	ScriptTimer *timer = scriptTimerOf(the, 0);
	if (timer)
		scriptTimerClear(the, timer);
}

/* Blocks: on the virtual clock only the clock moves. */
void xs_timer_delay(txMachine *the)
{
	Host *host = hostOf(the);
	uint64_t us = milliseconds(the, 0);
	if (host->virtualClock)
		host->nowUs += us;
	else
		usleep((useconds_t)us);
}

/* The wall clock: seconds since 1970, moved for this machine only. */
void xs_time_set(txMachine *the)
{
	Host *host = hostOf(the);
	struct timeval now;
	double seconds = mxArgc > 0 ? fxToNumber(the, mxArgv(0)) : 0;
	hostTimeOfDay(&now);
	host->wallOffsetUs += (int64_t)(seconds * 1e6) - ((int64_t)now.tv_sec * 1000000 + now.tv_usec);
}

void xs_time_timezone_get(txMachine *the)
{
	fxInteger(the, mxResult, hostOf(the)->timezoneS);
}

void xs_time_timezone_set(txMachine *the)
{
	hostOf(the)->timezoneS = fxToInteger(the, mxArgv(0));
}

void xs_time_dst_get(txMachine *the)
{
	fxInteger(the, mxResult, hostOf(the)->dstS);
}

void xs_time_dst_set(txMachine *the)
{
	hostOf(the)->dstS = fxToInteger(the, mxArgv(0));
}

/* Milliseconds, monotonic, whole as on the device. */
void xs_time_ticks(txMachine *the)
{
	fxNumber(the, mxResult, (double)(hostNowUs(the) / 1000));
}

void xs_time_delta(txMachine *the)
{
	double start = mxArgc > 0 ? fxToNumber(the, mxArgv(0)) : 0;
	double end = mxArgc > 1 ? fxToNumber(the, mxArgv(1)) : (double)(hostNowUs(the) / 1000);
	fxNumber(the, mxResult, end - start);
}

void xs_time_microseconds(txMachine *the)
{
	fxNumber(the, mxResult, (double)hostNowUs(the));
}
