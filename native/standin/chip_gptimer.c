#include "standin.h"
#include "driver/gptimer.h"
#include "esp_memory_utils.h"

#include <stdlib.h>

enum { TIMERS = 4 };

struct gptimer_t {
	StandinEvent alarm, interrupt;
	struct gptimer_t *next;
	gptimer_event_callbacks_t callbacks;
	void *data;
	uint64_t originNs, alarmCount;
	uint32_t stepNs;
	bool enabled, running, armed;
};
static struct gptimer_t *all;
static int made;

static uint64_t countOf(gptimer_handle_t timer) {
	return timer->running ? (standinNowNs() - timer->originNs) / timer->stepNs : 0;
}

/* The alarm switches itself off; what is pending then stays so, whatever is set meanwhile. */
static void ring(void *refcon) {
	gptimer_handle_t timer = refcon;
	timer->armed = false;
	if (!timer->interrupt.armed) standinAt(&timer->interrupt, standinNowNs() + standinLatency());
}

static void serve(void *refcon) {
	gptimer_handle_t timer = refcon;
	if (standinHeld()) {
		standinAt(&timer->interrupt, standinNowNs() + 1000);
		return;
	}
	standinEnterInterrupt();
	gptimer_alarm_event_data_t event = {countOf(timer), timer->alarmCount};
	if (timer->callbacks.on_alarm) timer->callbacks.on_alarm(timer, &event, timer->data);
	standinLeaveInterrupt();
}

esp_err_t gptimer_new_timer(const gptimer_config_t *config, gptimer_handle_t *handle) {
	if (standinFails("gptimer_new_timer") || made == TIMERS) return ESP_ERR_NOT_FOUND;
	if (config->direction != GPTIMER_COUNT_UP || config->resolution_hz == 0) return ESP_ERR_INVALID_ARG;
	gptimer_handle_t timer = calloc(1, sizeof *timer);
	*timer = (struct gptimer_t){.alarm = {.run = ring, .refcon = timer}, .interrupt = {.run = serve, .refcon = timer},
		.next = all, .stepNs = 1000000000u / config->resolution_hz};
	all = timer;
	made++;
	standinCount("gptimer", 1);
	*handle = timer;
	return ESP_OK;
}

esp_err_t gptimer_del_timer(gptimer_handle_t timer) {
	if (timer->enabled) return ESP_ERR_INVALID_STATE;
	for (struct gptimer_t **at = &all; *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			standinCancel(&timer->alarm);
			standinCancel(&timer->interrupt);
			free(timer);
			made--;
			standinCount("gptimer", -1);
			return ESP_OK;
		}
	return ESP_ERR_INVALID_ARG;
}

esp_err_t gptimer_get_raw_count(gptimer_handle_t timer, uint64_t *value) {
	*value = countOf(timer);
	return ESP_OK;
}

esp_err_t gptimer_register_event_callbacks(gptimer_handle_t timer, const gptimer_event_callbacks_t *callbacks, void *data) {
	if (standinFails("gptimer_register_event_callbacks")) return ESP_FAIL;
	if (timer->enabled) return ESP_ERR_INVALID_STATE;
	if (!esp_ptr_internal(data)) return ESP_ERR_INVALID_ARG;
	timer->callbacks = *callbacks;
	timer->data = data;
	return ESP_OK;
}

static void schedule(gptimer_handle_t timer) {
	if (timer->armed && timer->running) standinAt(&timer->alarm, timer->originNs + timer->alarmCount * timer->stepNs);
	else standinCancel(&timer->alarm);
}

/* One that has passed already rings at once. */
esp_err_t gptimer_set_alarm_action(gptimer_handle_t timer, const gptimer_alarm_config_t *config) {
	timer->armed = config != NULL;
	if (config) timer->alarmCount = config->alarm_count;
	schedule(timer);
	return ESP_OK;
}

esp_err_t gptimer_enable(gptimer_handle_t timer) {
	if (standinFails("gptimer_enable")) return ESP_FAIL;
	if (timer->enabled) return ESP_ERR_INVALID_STATE;
	timer->enabled = true;
	return ESP_OK;
}

esp_err_t gptimer_disable(gptimer_handle_t timer) {
	if (!timer->enabled || timer->running) return ESP_ERR_INVALID_STATE;
	timer->enabled = false;
	standinCancel(&timer->interrupt);
	return ESP_OK;
}

esp_err_t gptimer_start(gptimer_handle_t timer) {
	if (standinFails("gptimer_start")) return ESP_FAIL;
	if (!timer->enabled || timer->running) return ESP_ERR_INVALID_STATE;
	timer->running = true;
	timer->originNs = standinNowNs();
	schedule(timer);
	return ESP_OK;
}

esp_err_t gptimer_stop(gptimer_handle_t timer) {
	if (!timer->running) return ESP_ERR_INVALID_STATE;
	timer->running = false;
	schedule(timer);
	return ESP_OK;
}

static void reset(void) {
	while (all) {
		all->running = all->enabled = false;
		gptimer_del_timer(all);
	}
}

__attribute__((constructor)) static void announce(void) {
	standinOnReset(reset);
}
