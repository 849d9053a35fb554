/* SPI with one MCP2515 at each select, which is the same one, and the pins' interrupts, of which its INT is one. */
#include "chip_can.h"
#include "standin.h"
#include "driver/gpio.h"
#include "driver/spi_master.h"

#include <stdlib.h>
#include <string.h>

/* How the device's drivers share a bus is the same here. */
#include "../spibus/spibus_esp32.c"

struct StandinSpi {
	spi_host_device_t host;
	int hz;
};
static unsigned opened[SPI_HOST_MAX], devices[SPI_HOST_MAX];
StandinWire standinMcpWire;
Mcp2515Chip standinMcp;
static struct {
	gpio_isr_t handler;
	void *arg;
	bool level, enabled;
} pin;
static bool service;
static int pinNumber = -1;
static StandinEvent interrupt, sent;

static void onInterrupt(void *refcon) {
	(void)refcon;
	if (!pin.handler || !pin.level || !pin.enabled || !mcp2515ChipInterrupt(&standinMcp)) return;
	standinEnterInterrupt();
	pin.handler(pin.arg);
	standinLeaveInterrupt();
	/* It is a level: as long as it stands, it comes again. */
	if (pin.enabled && mcp2515ChipInterrupt(&standinMcp)) standinAt(&interrupt, standinNowNs() + 1000);
}

static void onSent(void *refcon) {
	CanFrame frame;
	(void)refcon;
	if (!mcp2515ChipSending(&standinMcp, &frame)) return;
	if (!standinMcpWire.silent && standinMcpWire.count < STANDIN_HEARD) standinMcpWire.heard[standinMcpWire.count++] = frame;
	mcp2515ChipSent(&standinMcp, !standinMcpWire.silent);
	if (standinMcpWire.silent && standinMcp.registers[0x1C] < 128) mcp2515ChipErrors(&standinMcp, standinMcp.registers[0x1C] + 8u, 0);
	standinMcpChanged();
}

void standinMcpChanged(void) {
	CanFrame frame;
	if (mcp2515ChipInterrupt(&standinMcp) && pin.enabled && !interrupt.armed) standinAt(&interrupt, standinNowNs());
	if (mcp2515ChipSending(&standinMcp, &frame) && !sent.armed) standinAt(&sent, standinNowNs() + canFrameBits(&frame) * 2000u);
}

bool standinMcpReceive(const CanFrame *frame) {
	bool received = mcp2515ChipReceive(&standinMcp, frame);
	standinMcpChanged();
	return received;
}

esp_err_t spi_bus_initialize(spi_host_device_t host, const spi_bus_config_t *config, int dma) {
	if (standinFails("spi_bus_initialize")) return ESP_ERR_NOT_FOUND;
	if (opened[host] || dma != SPI_DMA_CH_AUTO || config->sclk_io_num < 0) return ESP_ERR_INVALID_STATE;
	opened[host] = 1;
	standinCount("spi", 1);
	return ESP_OK;
}

esp_err_t spi_bus_free(spi_host_device_t host) {
	if (devices[host] > 0) standinWrong("an SPI bus is freed while it has devices");
	opened[host] = 0;
	standinCount("spi", -1);
	return ESP_OK;
}

esp_err_t spi_bus_add_device(spi_host_device_t host, const spi_device_interface_config_t *config, spi_device_handle_t *device) {
	if (standinFails("spi_bus_add_device") || !opened[host]) return ESP_ERR_NOT_FOUND;
	if (config->mode != 0 || config->clock_speed_hz > 10000000) standinWrong("an MCP2515 speaks mode 0, up to 10 MHz");
	*device = calloc(1, sizeof **device);
	**device = (struct StandinSpi){host, config->clock_speed_hz};
	devices[host]++;
	standinCount("spi", 1);
	return ESP_OK;
}

esp_err_t spi_bus_remove_device(spi_device_handle_t device) {
	devices[device->host]--;
	free(device);
	standinCount("spi", -1);
	return ESP_OK;
}

esp_err_t spi_device_polling_transmit(spi_device_handle_t device, spi_transaction_t *transaction) {
	(void)device;
	if (standinInInterrupt()) standinWrong("SPI in an interrupt");
	if (standinFails("spi_device_polling_transmit")) return ESP_FAIL;
	if (((uintptr_t)transaction->tx_buffer | (uintptr_t)transaction->rx_buffer) & 3) standinWrong("a buffer that DMA cannot use");
	mcp2515ChipTransfer(&standinMcp, transaction->tx_buffer, transaction->rx_buffer, transaction->length / 8);
	standinMcpChanged();
	return ESP_OK;
}

esp_err_t gpio_config(const gpio_config_t *config) {
	if (standinFails("gpio_config")) return ESP_ERR_INVALID_ARG;
	pinNumber = __builtin_ctzll(config->pin_bit_mask);
	pin.level = config->intr_type == GPIO_INTR_LOW_LEVEL;
	return gpio_intr_enable(pinNumber);
}

esp_err_t gpio_install_isr_service(int flags) {
	(void)flags;
	if (service) return ESP_ERR_INVALID_STATE;
	service = true;
	return ESP_OK;
}

esp_err_t gpio_isr_handler_add(gpio_num_t number, gpio_isr_t handler, void *arg) {
	if (standinFails("gpio_isr_handler_add") || !service || number != pinNumber) return ESP_ERR_INVALID_STATE;
	pin.handler = handler;
	pin.arg = arg;
	standinCount("pin-handler", 1);
	return gpio_intr_enable(number);
}

esp_err_t gpio_isr_handler_remove(gpio_num_t number) {
	if (number != pinNumber || !pin.handler) return ESP_ERR_INVALID_STATE;
	pin.handler = NULL;
	standinCount("pin-handler", -1);
	return gpio_intr_disable(number);
}

esp_err_t gpio_intr_enable(gpio_num_t number) {
	if (number != pinNumber) return ESP_ERR_INVALID_ARG;
	pin.enabled = true;
	standinMcpChanged();
	return ESP_OK;
}

esp_err_t gpio_intr_disable(gpio_num_t number) {
	if (number != pinNumber) return ESP_ERR_INVALID_ARG;
	pin.enabled = false;
	return ESP_OK;
}

static void reset(void) {
	memset(&pin, 0, sizeof pin);
	memset(gBuses, 0, sizeof gBuses);
	memset(opened, 0, sizeof opened);
	memset(devices, 0, sizeof devices);
	memset(&standinMcpWire, 0, sizeof standinMcpWire);
	memset(&standinMcp, 0, sizeof standinMcp);
	standinCancel(&interrupt);
	standinCancel(&sent);
	interrupt = (StandinEvent){.run = onInterrupt};
	sent = (StandinEvent){.run = onSent};
	mcp2515ChipReset(&standinMcp);
	service = false;
	pinNumber = -1;
}

__attribute__((constructor)) static void begin(void) {
	standinOnReset(reset);
}
