#ifndef STANDIN_TASK_H
#define STANDIN_TASK_H

#include "freertos/FreeRTOS.h"

#define pdPASS 1
#ifndef portMAX_DELAY
#define portMAX_DELAY UINT32_MAX
#endif
#define configTICK_RATE_HZ 1000

typedef struct StandinTask *TaskHandle_t;
BaseType_t xTaskCreate(void (*code)(void *), const char *name, uint32_t stack, void *arg, UBaseType_t priority, TaskHandle_t *task);
void vTaskDelete(TaskHandle_t task); /* NULL only: the task that runs */
void vTaskDelay(TickType_t ticks);
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken);
void xTaskNotifyGive(TaskHandle_t task);

#endif
