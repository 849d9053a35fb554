#ifndef STANDIN_FREERTOS_H
#define STANDIN_FREERTOS_H

#include "esp_err.h"

typedef int BaseType_t;
typedef unsigned UBaseType_t;
typedef uint32_t TickType_t;
#define pdTRUE 1
#define pdFALSE 0

/* A spinlock: may be taken again by who has it. */
typedef struct {
	unsigned taken;
} portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED {0}
#define portMUX_INITIALIZE(_MUX) ((_MUX)->taken = 0)

void standinTake(portMUX_TYPE *mux, bool fromInterrupt, bool anywhere);
void standinGive(portMUX_TYPE *mux);
#define portENTER_CRITICAL(_MUX) standinTake(_MUX, false, false)
#define portEXIT_CRITICAL(_MUX) standinGive(_MUX)
#define portENTER_CRITICAL_ISR(_MUX) standinTake(_MUX, true, false)
#define portEXIT_CRITICAL_ISR(_MUX) standinGive(_MUX)
#define portENTER_CRITICAL_SAFE(_MUX) standinTake(_MUX, false, true)
#define portEXIT_CRITICAL_SAFE(_MUX) standinGive(_MUX)
void standinYield(void);
#define portYIELD_FROM_ISR() standinYield()

#endif
