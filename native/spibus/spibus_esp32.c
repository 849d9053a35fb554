#include "spibus.h"

#include <string.h>

typedef struct {
	SpiBusPins pins;
	unsigned users;
} Bus;

/* Touched by the engine's task only. */
static Bus gBuses[SPI_HOST_MAX];

esp_err_t spiBusTake(const SpiBusPins *pins) {
	if (pins->host <= SPI1_HOST || pins->host >= SPI_HOST_MAX) return ESP_ERR_INVALID_ARG;
	Bus *bus = &gBuses[pins->host];
	if (bus->users > 0) {
		if (memcmp(&bus->pins, pins, sizeof(*pins)) != 0) return ESP_ERR_INVALID_STATE;
		bus->users++;
		return ESP_OK;
	}
	spi_bus_config_t config = {
		.mosi_io_num = pins->out,
		.miso_io_num = pins->in,
		.sclk_io_num = pins->clock,
		.quadwp_io_num = -1,
		.quadhd_io_num = -1,
		.max_transfer_sz = 4092,
	};
	esp_err_t err = spi_bus_initialize(pins->host, &config, SPI_DMA_CH_AUTO);
	if (err != ESP_OK) return err;
	bus->pins = *pins;
	bus->users = 1;
	return ESP_OK;
}

void spiBusRelease(int host) {
	Bus *bus = &gBuses[host];
	if (bus->users == 0 || --bus->users > 0) return;
	spi_bus_free(host);
}
