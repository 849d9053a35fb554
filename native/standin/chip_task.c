/*
 * Tasks of FreeRTOS: each is a thread that runs only while it has been given the turn, at times of the stand-in's clock, and
 * gives it back when it waits. So everything happens in one order, the same each time.
 */
#include "standin.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct StandinTask {
	StandinEvent event;
	struct StandinTask *next;
	pthread_t thread;
	sem_t go, back;
	void (*code)(void *);
	void *arg;
	uint32_t notified;
	bool waiting, ended, cancelled;
};
static struct StandinTask *tasks, *running;

static void leave(struct StandinTask *task) {
	task->ended = true;
	sem_post(&task->back);
	pthread_exit(NULL);
}

static void *body(void *refcon) {
	struct StandinTask *task = refcon;
	sem_wait(&task->go);
	if (task->cancelled) leave(task);
	task->code(task->arg);
	standinWrong("a task returned");
}

static void finish(struct StandinTask *task) {
	pthread_join(task->thread, NULL);
	for (struct StandinTask **at = &tasks; *at; at = &(*at)->next)
		if (*at == task) {
			*at = task->next;
			break;
		}
	standinCancel(&task->event);
	sem_destroy(&task->go);
	sem_destroy(&task->back);
	free(task);
	standinCount("task", -1);
}

static void give(struct StandinTask *task) {
	struct StandinTask *before = running;
	running = task;
	task->waiting = false;
	sem_post(&task->go);
	sem_wait(&task->back);
	running = before;
	if (task->ended) finish(task);
}

static void turn(void *refcon) {
	struct StandinTask *task = refcon;
	if (standinFlashBusy()) standinAt(&task->event, standinNowNs() + 100000);
	else give(task);
}

BaseType_t xTaskCreate(void (*code)(void *), const char *name, uint32_t stack, void *arg, UBaseType_t priority, TaskHandle_t *handle) {
	(void)name, (void)stack, (void)priority;
	if (standinFails("xTaskCreate")) return pdFALSE;
	struct StandinTask *task = calloc(1, sizeof *task);
	task->event = (StandinEvent){.run = turn, .refcon = task};
	task->code = code;
	task->arg = arg;
	task->waiting = true;
	sem_init(&task->go, 0, 0);
	sem_init(&task->back, 0, 0);
	if (pthread_create(&task->thread, NULL, body, task) != 0) standinWrong("no thread");
	task->next = tasks;
	tasks = task;
	standinCount("task", 1);
	*handle = task;
	standinAt(&task->event, standinNowNs());
	return pdPASS;
}

void vTaskDelete(TaskHandle_t task) {
	if (task || !running) standinWrong("vTaskDelete of another task");
	leave(running);
}

/* Gives the turn back until the event of the task comes. */
static void wait(struct StandinTask *task, TickType_t ticks) {
	if (ticks != portMAX_DELAY) standinAt(&task->event, standinNowNs() + (uint64_t)ticks * 1000000);
	sem_post(&task->back);
	sem_wait(&task->go);
	if (task->cancelled) leave(task);
}

void vTaskDelay(TickType_t ticks) {
	if (!running) standinWrong("vTaskDelay outside a task");
	wait(running, ticks);
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks) {
	struct StandinTask *task = running;
	if (!task) standinWrong("ulTaskNotifyTake outside a task");
	if (task->notified == 0) {
		task->waiting = true;
		wait(task, ticks);
	}
	uint32_t count = task->notified;
	task->notified = clear || count == 0 ? 0 : count - 1;
	return count;
}

static void notify(struct StandinTask *task) {
	for (struct StandinTask *each = tasks;; each = each->next) {
		if (!each) standinWrong("a task that has ended is notified");
		if (each == task) break;
	}
	task->notified++;
	if (task->waiting) standinAt(&task->event, standinNowNs());
}

void xTaskNotifyGive(TaskHandle_t task) {
	if (standinInInterrupt()) standinWrong("xTaskNotifyGive in an interrupt");
	notify(task);
}

void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken) {
	if (!standinInInterrupt()) standinWrong("vTaskNotifyGiveFromISR outside an interrupt");
	notify(task);
	*woken = pdTRUE;
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory) {
	memory->taken = false;
	return memory;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks) {
	(void)ticks;
	if (standinInInterrupt()) standinWrong("a mutex in an interrupt");
	if (semaphore->taken) standinWrong("a mutex is taken by who has it, or is kept while its task waits");
	semaphore->taken = true;
	return pdTRUE;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore) {
	if (!semaphore->taken) standinWrong("a mutex is given that was not taken");
	semaphore->taken = false;
	return pdTRUE;
}

static void reset(void) {
	while (tasks) {
		tasks->cancelled = true;
		tasks->ended = true;
		sem_post(&tasks->go);
		sem_wait(&tasks->back);
		finish(tasks);
	}
}

__attribute__((constructor)) static void begin(void) {
	standinOnReset(reset);
}
