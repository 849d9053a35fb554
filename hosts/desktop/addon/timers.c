/*
 * One list of timers per machine, ordered by due time and then by the order of setting; Node's loop or the test moves it.
 * Real clock: a timerfd armed for the first, polled by libuv (its own timers are too coarse for a silence on a serial line).
 */
#include "engine.h"
#include <sys/timerfd.h>

struct HostTimer {
	uint64_t atUs, order;
	size_t index;
	HostTimerCallback callback;
	void *refcon;
};

uint64_t hostNowUs(txMachine *the)
{
	Host *host = hostOf(the);
	return host->virtualClock ? host->nowUs : uv_hrtime() / 1000 - host->originUs;
}

uint64_t hostTimerFirst(Host *host)
{
	return host->timers[0]->atUs;
}

/* A binary heap; every timer knows its place, so that clearing one needs no search. */

static bool earlier(const HostTimer *a, const HostTimer *b)
{
	return a->atUs < b->atUs || (a->atUs == b->atUs && a->order < b->order);
}

static void place(Host *host, HostTimer *timer, size_t index)
{
	while (index > 0 && earlier(timer, host->timers[(index - 1) / 2])) {
		host->timers[index] = host->timers[(index - 1) / 2];
		host->timers[index]->index = index;
		index = (index - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * index + 1;
		if (child >= host->timerCount)
			break;
		if (child + 1 < host->timerCount && earlier(host->timers[child + 1], host->timers[child]))
			child++;
		if (!earlier(host->timers[child], timer))
			break;
		host->timers[index] = host->timers[child];
		host->timers[index]->index = index;
		index = child;
	}
	host->timers[index] = timer;
	timer->index = index;
}

static void detach(Host *host, HostTimer *timer)
{
	size_t index = timer->index;
	HostTimer *last = host->timers[--host->timerCount];
	if (last != timer)
		place(host, last, index);
}

HostTimer *hostTimerSet(txMachine *the, uint64_t atUs, HostTimerCallback callback, void *refcon)
{
	Host *host = hostOf(the);
	HostTimer *timer = malloc(sizeof(HostTimer));
	if (host->timerCount == host->timerCapacity) {
		size_t capacity = host->timerCapacity ? host->timerCapacity * 2 : 16;
		HostTimer **timers = realloc(host->timers, capacity * sizeof(HostTimer *));
		if (timers) {
			host->timers = timers;
			host->timerCapacity = capacity;
		}
	}
	if (!timer || host->timerCount == host->timerCapacity) {
		free(timer);
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	}
	timer->atUs = atUs;
	timer->order = host->timerOrder++;
	timer->callback = callback;
	timer->refcon = refcon;
	place(host, timer, host->timerCount++);
	if (timer->index == 0)
		hostTimersArm(host);
	return timer;
}

void hostTimerClear(txMachine *the, HostTimer *timer)
{
	Host *host = hostOf(the);
	bool first;
	if (!timer)
		return;
	first = timer->index == 0;
	detach(host, timer);
	free(timer);
	if (first)
		hostTimersArm(host);
}

/* Timers of Node on the machine's clock: a simulated network or line delivers in step with the machine. */

struct NodeTimer {
	Host *host;
	HostTimer *timer; /* NULL when fired or cleared */
	napi_ref function;
	bool released;
};

NodeTimer *hostNodeTimerSet(Host *host, uint64_t atUs, napi_value function)
{
	NodeTimer *timer = calloc(1, sizeof(NodeTimer));
	if (!timer)
		return NULL;
	timer->host = host;
	hostRetain(host);
	napi_create_reference(host->env, function, 1, &timer->function);
	timer->timer = hostTimerSet(host->the, atUs, NULL, timer);
	return timer;
}

static void nodeTimerDone(NodeTimer *timer)
{
	Host *host = timer->host;
	timer->timer = NULL;
	if (timer->function)
		napi_delete_reference(host->env, timer->function);
	timer->function = NULL;
	if (timer->released) {
		free(timer);
		hostRelease(host);
	}
}

void hostNodeTimerClear(NodeTimer *timer)
{
	if (!timer->timer)
		return;
	hostTimerClear(timer->host->the, timer->timer);
	nodeTimerDone(timer);
}

void hostNodeTimerRelease(NodeTimer *timer)
{
	timer->released = true;
	if (!timer->timer)
		nodeTimerDone(timer);
}

static void nodeTimerFire(Host *host, NodeTimer *timer)
{
	napi_env env = host->env;
	napi_handle_scope scope;
	napi_value function, receiver, error = NULL;
	napi_open_handle_scope(env, &scope);
	napi_get_reference_value(env, timer->function, &function);
	napi_get_undefined(env, &receiver);
	nodeTimerDone(timer);
	if (napi_call_function(env, receiver, function, 0, NULL, NULL) != napi_ok) {
		napi_get_and_clear_last_exception(env, &error);
		if (error)
			hostCallback(host, CALLBACK_ERROR, 1, &error, NULL);
	}
	napi_close_handle_scope(env, scope);
}

void hostTimersRun(Host *host, uint64_t untilUs)
{
	host->firing = true;
	while (host->timerCount && host->timers[0]->atUs <= untilUs && host->fatal < 0 && host->the) {
		HostTimer timer = *host->timers[0];
		if (host->virtualClock && timer.atUs > host->nowUs)
			host->nowUs = timer.atUs;
		HostTimer *first = host->timers[0];
		detach(host, first);
		free(first);
		if (timer.callback)
			hostRun(host, timer.callback, timer.refcon, NULL);
		else
			nodeTimerFire(host, timer.refcon);
	}
	host->firing = false;
	if (host->virtualClock && untilUs > host->nowUs && host->fatal < 0)
		host->nowUs = untilUs;
	hostTimersArm(host);
}

/* The real clock */

static void timerPoll(uv_poll_t *poll, int status, int events)
{
	Host *host = uv_handle_get_data((uv_handle_t *)poll);
	uint64_t expirations;
	Tick tick;
	if (read(host->timerFd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		return;
	if (!host->the || host->entry)
		return;
	hostRetain(host);
	hostTickBegin(host, &tick);
	hostTimersRun(host, hostNowUs(host->the));
	hostTickEnd(host, &tick);
	hostRelease(host);
}

void hostTimersArm(Host *host)
{
	struct itimerspec spec;
	uint64_t atUs;
	if (host->virtualClock || host->firing || !host->the)
		return;
	if (!host->timerPoll) {
		if (!host->timerCount)
			return;
		host->timerFd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		host->timerPoll = calloc(1, uv_handle_size(HOST_UV_POLL));
		uv_poll_init(hostLoop(host->the), host->timerPoll, host->timerFd);
		uv_handle_set_data((uv_handle_t *)host->timerPoll, host);
		uv_poll_start(host->timerPoll, HOST_UV_READABLE, timerPoll);
	}
	memset(&spec, 0, sizeof(spec));
	if (host->timerCount) {
		atUs = host->timers[0]->atUs + host->originUs;
		spec.it_value.tv_sec = (time_t)(atUs / 1000000);
		spec.it_value.tv_nsec = (long)(atUs % 1000000) * 1000;
		if (!spec.it_value.tv_sec && !spec.it_value.tv_nsec)
			spec.it_value.tv_nsec = 1;
		uv_ref((uv_handle_t *)host->timerPoll);
	}
	else
		uv_unref((uv_handle_t *)host->timerPoll);
	timerfd_settime(host->timerFd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void timerClosed(uv_handle_t *handle)
{
	napi_async_cleanup_hook_handle cleanup = uv_handle_get_data(handle);
	if (cleanup)
		napi_remove_async_cleanup_hook(cleanup);
	free(handle);
}

void hostTimersDelete(Host *host, napi_async_cleanup_hook_handle cleanup)
{
	while (host->timerCount) {
		HostTimer *timer = host->timers[--host->timerCount];
		if (!timer->callback)
			nodeTimerDone(timer->refcon);
		free(timer);
	}
	free(host->timers);
	host->timers = NULL;
	host->timerCapacity = 0;
	if (host->timerPoll) {
		uv_poll_stop(host->timerPoll);
		uv_handle_set_data((uv_handle_t *)host->timerPoll, cleanup);
		uv_close((uv_handle_t *)host->timerPoll, timerClosed);
		host->timerPoll = NULL;
		close(host->timerFd);
		host->timerFd = -1;
	}
	else if (cleanup)
		napi_remove_async_cleanup_hook(cleanup);
}
