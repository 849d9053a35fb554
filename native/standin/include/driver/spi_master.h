#ifndef STANDIN_SPI_MASTER_H
#define STANDIN_SPI_MASTER_H

#include "esp_err.h"

typedef enum { SPI1_HOST, SPI2_HOST, SPI3_HOST, SPI_HOST_MAX } spi_host_device_t;
enum { SPI_DMA_CH_AUTO = 3 };
typedef struct StandinSpi *spi_device_handle_t;
typedef struct {
	int mosi_io_num, miso_io_num, sclk_io_num, quadwp_io_num, quadhd_io_num, max_transfer_sz;
} spi_bus_config_t;
typedef struct {
	uint8_t mode;
	int clock_speed_hz, spics_io_num, queue_size;
} spi_device_interface_config_t;
typedef struct {
	size_t length, rxlength;
	const void *tx_buffer;
	void *rx_buffer;
} spi_transaction_t;

esp_err_t spi_bus_initialize(spi_host_device_t host, const spi_bus_config_t *config, int dma);
esp_err_t spi_bus_free(spi_host_device_t host);
esp_err_t spi_bus_add_device(spi_host_device_t host, const spi_device_interface_config_t *config, spi_device_handle_t *device);
esp_err_t spi_bus_remove_device(spi_device_handle_t device);
esp_err_t spi_device_polling_transmit(spi_device_handle_t device, spi_transaction_t *transaction);

#endif
