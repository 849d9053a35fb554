#include "standin.h"
#include "builtinCommon.h"
#include "esp_heap_caps.h"
#include "esp_intr_alloc.h"
#include "esp_memory_utils.h"
#include "esp_private/cache_utils.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void (*standinChanged)(void);
uint64_t (*standinLatencyNs)(void);

void standinWrong(const char *format, ...) {
	va_list list;
	va_start(list, format);
	fputs("stand-in: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	abort();
}

/* Clock and events */

static uint64_t clockNs;
static StandinEvent *events;
static unsigned running, interruptDepth, criticalDepth;
uint64_t (*standinHostNs)(void);

uint64_t standinNowNs(void) {
	/* Code of ours runs at a later time of the host's clock: what is due by then has happened. */
	if (standinHostNs && !running && !criticalDepth) {
		uint64_t hostNs = standinHostNs();
		if (hostNs > clockNs) standinRun(hostNs);
	}
	return clockNs;
}

uint64_t standinNextNs(void) {
	return events ? events->atNs : STANDIN_NEVER;
}

static void unlink(StandinEvent *event) {
	for (StandinEvent **at = &events; *at; at = &(*at)->next)
		if (*at == event) {
			*at = event->next;
			break;
		}
	event->armed = false;
}

void standinAt(StandinEvent *event, uint64_t atNs) {
	uint64_t nowNs = standinNowNs();
	if (event->armed) unlink(event);
	event->atNs = atNs < nowNs ? nowNs : atNs;
	StandinEvent **at = &events;
	while (*at && (*at)->atNs <= event->atNs) at = &(*at)->next;
	event->next = *at;
	*at = event;
	event->armed = true;
	if (events == event && standinChanged) standinChanged();
}

void standinCancel(StandinEvent *event) {
	if (event->armed) unlink(event);
}

void standinRun(uint64_t untilNs) {
	running++;
	while (events && events->atNs <= untilNs) {
		StandinEvent *event = events;
		events = event->next;
		event->armed = false;
		if (event->atNs > clockNs) clockNs = event->atNs;
		event->run(event->refcon);
	}
	if (untilNs > clockNs) clockNs = untilNs;
	running--;
}

/* Hooks of the devices */

enum { HOOKS = 8 };
static void (*resets[HOOKS])(void), (*settles[HOOKS])(void);

static void hook(void (**list)(void), void (*function)(void)) {
	unsigned i = 0;
	while (i < HOOKS && list[i]) i++;
	if (i == HOOKS) standinWrong("too many devices");
	list[i] = function;
}

void standinOnReset(void (*reset)(void)) {
	hook(resets, reset);
}

void standinOnSettle(void (*settle)(void)) {
	hook(settles, settle);
}

void standinSettle(void) {
	for (unsigned i = 0; i < HOOKS && settles[i]; i++) settles[i]();
}

/* Failures and counts, by name */

enum { NAMES = 32 };
static struct {
	char name[40];
	int value;
} failures[NAMES], counts[NAMES];

static int *named(void *table, const char *name) {
	struct {
		char name[40];
		int value;
	} *rows = table;
	for (unsigned i = 0; i < NAMES; i++) {
		if (!rows[i].name[0]) snprintf(rows[i].name, sizeof rows[i].name, "%s", name);
		if (strcmp(rows[i].name, name) == 0) return &rows[i].value;
	}
	standinWrong("no room for the name %s", name);
}

void standinFail(const char *function, unsigned nth) {
	*named(failures, function) = (int)nth;
}

bool standinFails(const char *function) {
	int *left = named(failures, function);
	return *left > 0 && --*left == 0;
}

int standinOpen(const char *kind) {
	return *named(counts, kind);
}

void standinCount(const char *kind, int by) {
	*named(counts, kind) += by;
}

/* Memory: blocks in a list, so that what is internal is known and what is left is freed */

typedef struct Block Block;
struct Block {
	Block *next, **link;
	size_t size;
	uint32_t caps;
};
static Block *blocks;

void *heap_caps_malloc(size_t size, uint32_t caps) {
	if (standinFails("heap_caps_malloc")) return NULL;
	Block *block = malloc(sizeof(Block) + size);
	if (!block) return NULL;
	block->size = size;
	block->caps = caps;
	block->next = blocks;
	block->link = &blocks;
	if (blocks) blocks->link = &block->next;
	blocks = block;
	standinCount("memory", 1);
	memset(block + 1, 0xA5, size);
	return block + 1;
}

void *heap_caps_calloc(size_t count, size_t size, uint32_t caps) {
	void *data = heap_caps_malloc(count * size, caps);
	if (data) memset(data, 0, count * size);
	return data;
}

void heap_caps_free(void *data) {
	if (!data) return;
	if (standinInInterrupt()) standinWrong("memory is freed in an interrupt");
	Block *block = (Block *)data - 1;
	*block->link = block->next;
	if (block->next) block->next->link = block->link;
	standinCount("memory", -1);
	free(block);
}

bool esp_ptr_internal(const void *pointer) {
	for (Block *block = blocks; block; block = block->next) {
		const char *data = (const char *)(block + 1);
		if ((const char *)pointer >= data && (const char *)pointer < data + block->size)
			return block->caps & MALLOC_CAP_INTERNAL;
	}
	return false;
}

/* Flash and critical sections */

static bool flashBusy, held;

void standinFlash(bool busy) {
	flashBusy = busy;
}

void standinHold(bool hold) {
	held = hold;
}

bool standinHeld(void) {
	return held;
}

bool standinFlashBusy(void) {
	return flashBusy;
}

bool spi_flash_cache_enabled(void) {
	return !flashBusy;
}

bool standinInInterrupt(void) {
	return interruptDepth > 0;
}

void standinEnterInterrupt(void) {
	if (criticalDepth) standinWrong("an interrupt inside a critical section");
	interruptDepth++;
	standinSettle();
}

void standinLeaveInterrupt(void) {
	if (criticalDepth) standinWrong("an interrupt leaves a critical section open");
	interruptDepth--;
}

void standinTake(portMUX_TYPE *mux, bool fromInterrupt, bool anywhere) {
	if (!anywhere && fromInterrupt != standinInInterrupt())
		standinWrong(fromInterrupt ? "_ISR outside an interrupt" : "portENTER_CRITICAL in an interrupt");
	if (criticalDepth == 0) standinNowNs();
	mux->taken++;
	if (criticalDepth++ == 0) standinSettle();
}

void standinGive(portMUX_TYPE *mux) {
	if (!mux->taken || !criticalDepth) standinWrong("a lock is given that was not taken");
	mux->taken--;
	criticalDepth--;
}

void standinYield(void) {
	if (!standinInInterrupt()) standinWrong("portYIELD_FROM_ISR outside an interrupt");
	if (criticalDepth) standinWrong("portYIELD_FROM_ISR inside a critical section");
}

/* Interrupts */

struct intr_handle_data_t {
	StandinEvent event;
	struct intr_handle_data_t *next;
	intr_handler_t handler;
	void *arg;
	int source, flags;
	unsigned storm;
	uint64_t stormNs;
	bool high, enabled;
};
static struct intr_handle_data_t *interrupts;

uint64_t standinLatency(void) {
	return standinLatencyNs ? standinLatencyNs() : 0;
}

static void raise(struct intr_handle_data_t *interrupt) {
	if (interrupt->high && interrupt->enabled && !interrupt->event.armed)
		standinAt(&interrupt->event, standinNowNs() + standinLatency());
}

static void serve(void *refcon) {
	struct intr_handle_data_t *interrupt = refcon;
	if (!interrupt->high || !interrupt->enabled) return;
	if (held) {
		standinAt(&interrupt->event, clockNs + 1000);
		return;
	}
	if (flashBusy && !(interrupt->flags & ESP_INTR_FLAG_IRAM)) {
		standinAt(&interrupt->event, clockNs + 100000);
		return;
	}
	if (interrupt->stormNs != clockNs) interrupt->storm = 0;
	interrupt->stormNs = clockNs;
	if (interrupt->storm++ > 100) standinWrong("source %d is never served", interrupt->source);
	standinEnterInterrupt();
	interrupt->handler(interrupt->arg);
	standinLeaveInterrupt();
	raise(interrupt);
}

void standinLevel(int source, bool high) {
	for (struct intr_handle_data_t *interrupt = interrupts; interrupt; interrupt = interrupt->next)
		if (interrupt->source == source) {
			interrupt->high = high;
			raise(interrupt);
		}
}

esp_err_t esp_intr_alloc(int source, int flags, intr_handler_t handler, void *arg, intr_handle_t *handle) {
	if (standinFails("esp_intr_alloc")) return ESP_ERR_NOT_FOUND;
	if ((flags & ESP_INTR_FLAG_IRAM) && !esp_ptr_internal(arg))
		standinWrong("the record of an interrupt in IRAM is not in internal memory");
	struct intr_handle_data_t *interrupt = calloc(1, sizeof *interrupt);
	*interrupt = (struct intr_handle_data_t){.event = {.run = serve, .refcon = interrupt}, .next = interrupts,
		.handler = handler, .arg = arg, .source = source, .flags = flags,
		.enabled = !(flags & ESP_INTR_FLAG_INTRDISABLED)};
	interrupts = interrupt;
	standinCount("interrupt", 1);
	*handle = interrupt;
	return ESP_OK;
}

esp_err_t esp_intr_enable(intr_handle_t handle) {
	handle->enabled = true;
	raise(handle);
	return ESP_OK;
}

esp_err_t esp_intr_disable(intr_handle_t handle) {
	handle->enabled = false;
	return ESP_OK;
}

esp_err_t esp_intr_free(intr_handle_t handle) {
	if (standinInInterrupt()) standinWrong("esp_intr_free in an interrupt");
	for (struct intr_handle_data_t **at = &interrupts; *at; at = &(*at)->next)
		if (*at == handle) {
			*at = handle->next;
			standinCancel(&handle->event);
			free(handle);
			standinCount("interrupt", -1);
			return ESP_OK;
		}
	return ESP_ERR_INVALID_ARG;
}

/* Timers of a task: not while flash is written */

struct esp_timer {
	StandinEvent event;
	struct esp_timer *next;
	esp_timer_cb_t callback;
	void *arg;
	uint64_t periodUs;
};
static struct esp_timer *timers;

static void fire(void *refcon) {
	struct esp_timer *timer = refcon;
	if (flashBusy) {
		standinAt(&timer->event, clockNs + 100000);
		return;
	}
	if (timer->periodUs) standinAt(&timer->event, clockNs + timer->periodUs * 1000);
	timer->callback(timer->arg);
}

esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *handle) {
	if (standinFails("esp_timer_create")) return ESP_ERR_NO_MEM;
	if (!args->callback) return ESP_ERR_INVALID_ARG;
	struct esp_timer *timer = calloc(1, sizeof *timer);
	*timer = (struct esp_timer){.event = {.run = fire, .refcon = timer}, .next = timers, .callback = args->callback,
		.arg = args->arg};
	timers = timer;
	standinCount("timer", 1);
	*handle = timer;
	return ESP_OK;
}

static esp_err_t start(esp_timer_handle_t timer, uint64_t us, uint64_t periodUs) {
	if (timer->event.armed) return ESP_ERR_INVALID_STATE;
	timer->periodUs = periodUs;
	standinAt(&timer->event, standinNowNs() + us * 1000);
	return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeoutUs) {
	return start(timer, timeoutUs, 0);
}

esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t periodUs) {
	return start(timer, periodUs, periodUs);
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer) {
	if (!timer->event.armed) return ESP_ERR_INVALID_STATE;
	standinCancel(&timer->event);
	return ESP_OK;
}

bool esp_timer_is_active(esp_timer_handle_t timer) {
	return timer->event.armed;
}

esp_err_t esp_timer_delete(esp_timer_handle_t timer) {
	if (timer->event.armed) return ESP_ERR_INVALID_STATE;
	for (struct esp_timer **at = &timers; *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			free(timer);
			standinCount("timer", -1);
			return ESP_OK;
		}
	return ESP_ERR_INVALID_ARG;
}

int64_t esp_timer_get_time(void) {
	return (int64_t)(standinNowNs() / 1000);
}

/* Pins */

static uint32_t pinsInUse[2];

uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) {
	return bank < 2 && !(pinsInUse[bank] & pins);
}

uint8_t builtinUsePins(uint32_t bank, uint32_t pins) {
	if (!builtinArePinsFree(bank, pins)) return 0;
	pinsInUse[bank] |= pins;
	standinCount("pin", __builtin_popcount(pins));
	return 1;
}

void builtinFreePins(uint32_t bank, uint32_t pins) {
	if ((pinsInUse[bank] & pins) != pins) standinWrong("a pin is freed that was not in use");
	pinsInUse[bank] &= ~pins;
	standinCount("pin", -__builtin_popcount(pins));
}

void standinReset(uint64_t nowNs) {
	for (unsigned i = 0; i < HOOKS && resets[i]; i++) resets[i]();
	while (interrupts) esp_intr_free(interrupts);
	while (timers) {
		standinCancel(&timers->event);
		esp_timer_delete(timers);
	}
	while (blocks) heap_caps_free(blocks + 1);
	while (events) standinCancel(events);
	memset(failures, 0, sizeof failures);
	memset(counts, 0, sizeof counts);
	memset(pinsInUse, 0, sizeof pinsInUse);
	flashBusy = held = false;
	standinLatencyNs = NULL;
	standinHostNs = NULL;
	running = 0;
	clockNs = nowNs;
}
