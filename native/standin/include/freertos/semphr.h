#ifndef STANDIN_SEMPHR_H
#define STANDIN_SEMPHR_H

#include "freertos/FreeRTOS.h"

#ifndef portMAX_DELAY
#define portMAX_DELAY UINT32_MAX
#endif

typedef struct {
	bool taken;
} StaticSemaphore_t;
typedef StaticSemaphore_t *SemaphoreHandle_t;
SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory);
BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks);
BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore);

#endif
