/*
 * SPI buses that several chips share. Each bus is opened once, with all its pins; who comes later must name the same ones.
 * The chip selects are driven by the SPI hardware, inside a transfer only: the network chip's task and the display then
 * cannot speak into each other's transfers.
 */
#ifndef GRIDPOST_SPIBUS_H
#define GRIDPOST_SPIBUS_H

#include "driver/spi_master.h"
#include "esp_err.h"

typedef struct {
	int host; /* SPI2_HOST, SPI3_HOST */
	int clock;
	int out; /* -1: not wired */
	int in; /* -1: not wired */
} SpiBusPins;

/* ESP_ERR_INVALID_STATE: open with other pins. Every success needs one spiBusRelease. */
esp_err_t spiBusTake(const SpiBusPins *pins);
void spiBusRelease(int host);

#endif
