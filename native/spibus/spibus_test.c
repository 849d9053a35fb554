/* The shared SPI bus against a model of the driver that counts who opened what. */
#include "spibus.h"
#include "../test.h"

static unsigned opened[SPI_HOST_MAX], freed[SPI_HOST_MAX];
static spi_bus_config_t last;
static esp_err_t answer;

esp_err_t spi_bus_initialize(spi_host_device_t host, const spi_bus_config_t *config, int dma) {
	EQUAL(dma, SPI_DMA_CH_AUTO);
	if (answer != ESP_OK) return answer;
	EQUAL(opened[host], freed[host]);
	opened[host]++;
	last = *config;
	return ESP_OK;
}

esp_err_t spi_bus_free(spi_host_device_t host) {
	freed[host]++;
	return ESP_OK;
}

int main(void) {
	const SpiBusPins shared = { SPI2_HOST, 12, 11, 13 };
	const SpiBusPins withoutIn = { SPI2_HOST, 12, 11, -1 };
	const SpiBusPins other = { SPI3_HOST, 8, 41, 42 };

	/* the first opens it with all pins, the others share it */
	EQUAL(spiBusTake(&shared), ESP_OK);
	EQUAL(last.sclk_io_num, 12);
	EQUAL(last.mosi_io_num, 11);
	EQUAL(last.miso_io_num, 13);
	EQUAL(last.quadwp_io_num, -1);
	EQUAL(last.quadhd_io_num, -1);
	EQUAL(spiBusTake(&shared), ESP_OK);
	EQUAL(opened[SPI2_HOST], 1);
	/* who names other pins gets nothing, and must not let go of anything */
	EQUAL(spiBusTake(&withoutIn), ESP_ERR_INVALID_STATE);
	/* the other controller knows nothing of it */
	EQUAL(spiBusTake(&other), ESP_OK);
	EQUAL(opened[SPI3_HOST], 1);
	/* the last one closes it */
	spiBusRelease(SPI2_HOST);
	EQUAL(freed[SPI2_HOST], 0);
	spiBusRelease(SPI2_HOST);
	EQUAL(freed[SPI2_HOST], 1);
	EQUAL(freed[SPI3_HOST], 0);
	spiBusRelease(SPI2_HOST);
	EQUAL(freed[SPI2_HOST], 1);
	/* then other pins are as good */
	EQUAL(spiBusTake(&withoutIn), ESP_OK);
	EQUAL(last.miso_io_num, -1);
	spiBusRelease(SPI2_HOST);

	/* what fails leaves nothing behind */
	answer = ESP_ERR_INVALID_STATE;
	EQUAL(spiBusTake(&shared), ESP_ERR_INVALID_STATE);
	answer = ESP_OK;
	EQUAL(spiBusTake(&shared), ESP_OK);
	EQUAL(opened[SPI2_HOST], 3);

	/* the flash is on SPI1 */
	const SpiBusPins flash = { SPI1_HOST, 12, 11, 13 }, none = { SPI_HOST_MAX, 12, 11, 13 }, wrong = { -1, 12, 11, 13 };
	EQUAL(spiBusTake(&flash), ESP_ERR_INVALID_ARG);
	EQUAL(spiBusTake(&none), ESP_ERR_INVALID_ARG);
	EQUAL(spiBusTake(&wrong), ESP_ERR_INVALID_ARG);

	return testEnd();
}
