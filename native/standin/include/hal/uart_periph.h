#ifndef STANDIN_UART_PERIPH_H
#define STANDIN_UART_PERIPH_H

#include "esp_err.h"

typedef struct {
	uint8_t irq;
} uart_signal_conn_t;
extern const uart_signal_conn_t uart_periph_signal[3];

#endif
