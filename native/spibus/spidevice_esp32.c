/*
 * One chip on a shared SPI bus, for JavaScript: hosts/esp32s3/spi.js. The SDK's own class opens a bus once for one chip and
 * keeps the chip selected between transfers, so that it cannot share a bus with the network chip's task.
 */
#include "spibus.h"
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "driver/gpio.h"
#include <stdlib.h>

/* The driver copies what lies in PSRAM; more than this is sent in parts. */
#define kLongestTransfer 4092

typedef struct {
	spi_device_handle_t device;
	int host;
} SpiDevice;

void xs_spidevice_destructor(void *data) {
	SpiDevice *spi = data;
	if (!spi) return;
	spi_bus_remove_device(spi->device);
	spiBusRelease(spi->host);
	free(spi);
}

static const xsHostHooks kHooks = { xs_spidevice_destructor, NULL, "SPIDevice" };

/* A whole number among the options; `otherwise` when it is absent, unless that is less than min: then it is needed. */
static int option(xsMachine *the, xsIdentifier id, const char *name, int otherwise, int min, int max) {
	xsmcGet(xsVar(0), xsArg(0), id);
	if (xsmcTypeOf(xsVar(0)) == xsUndefinedType && otherwise >= min) return otherwise;
	int value = xsmcTypeOf(xsVar(0)) == xsUndefinedType ? min - 1 : xsmcToInteger(xsVar(0));
	if (value < min || value > max) xsRangeError("%s must be a number from %d to %d", name, min, max);
	return value;
}

void xs_spidevice(xsMachine *the) {
	xsmcVars(1);
	SpiBusPins pins = { 0 };
	pins.host = option(the, xsID_port, "port", 0, SPI2_HOST, SPI3_HOST);
	pins.clock = option(the, xsID_clock, "clock", -1, 0, 48);
	pins.out = option(the, xsID_out, "out", -1, -1, 48);
	pins.in = option(the, xsID_in, "in", -1, -1, 48);
	spi_device_interface_config_t config = {
		.mode = (uint8_t)option(the, xsID_mode, "mode", 0, 0, 3),
		.clock_speed_hz = option(the, xsID_hz, "hz", 0, 10000, 40000000),
		.spics_io_num = option(the, xsID_select, "select", -1, -1, 48),
		.queue_size = 1,
	};
	SpiDevice *spi = calloc(1, sizeof(SpiDevice));
	if (!spi) xsUnknownError("no memory");
	spi->host = pins.host;
	esp_err_t err = spiBusTake(&pins);
	if (err == ESP_OK) {
		err = spi_bus_add_device(pins.host, &config, &spi->device);
		if (err != ESP_OK) spiBusRelease(pins.host);
	}
	if (err != ESP_OK) {
		free(spi);
		if (err == ESP_ERR_INVALID_STATE) xsUnknownError("SPI bus %d is open with other pins", pins.host);
		xsUnknownError("SPI bus %d cannot be opened: error %d", pins.host, (int)err);
	}
	xsmcSetHostData(xsThis, spi);
	xsSetHostHooks(xsThis, &kHooks);
}

static SpiDevice *record(xsMachine *the) {
	SpiDevice *spi = xsmcGetHostDataValidate(xsThis, (void *)&kHooks);
	if (!spi) xsUnknownError("closed");
	return spi;
}

static void exchange(xsMachine *the, SpiDevice *spi, uint8_t *bytes, xsUnsignedValue count, bool receive) {
	while (count > 0) {
		xsUnsignedValue part = count < kLongestTransfer ? count : kLongestTransfer;
		spi_transaction_t transfer = {
			.length = part * 8,
			.rxlength = receive ? part * 8 : 0,
			.tx_buffer = bytes,
			.rx_buffer = receive ? bytes : NULL,
		};
		esp_err_t err = spi_device_transmit(spi->device, &transfer);
		if (err != ESP_OK) xsUnknownError("SPI transfer failed: error %d", (int)err);
		bytes += part;
		count -= part;
	}
}

/* Sends a buffer. */
void xs_spidevice_write(xsMachine *the) {
	void *bytes;
	xsUnsignedValue count;
	SpiDevice *spi = record(the);
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	exchange(the, spi, bytes, count, false);
}

/* Sends a buffer, and puts what comes back in its place. */
void xs_spidevice_transfer(xsMachine *the) {
	void *bytes;
	xsUnsignedValue count;
	SpiDevice *spi = record(the);
	xsmcGetBufferWritable(xsArg(0), &bytes, &count);
	exchange(the, spi, bytes, count, true);
}

void xs_spidevice_close(xsMachine *the) {
	SpiDevice *spi = xsmcGetHostDataValidate(xsThis, (void *)&kHooks);
	if (!spi) return;
	xsmcSetHostData(xsThis, NULL);
	xs_spidevice_destructor(spi);
}

/* Level of a pin's pad, also of an output. */
void xs_spidevice_padLevel(xsMachine *the) {
	int pin = xsmcToInteger(xsArg(0));
	if (gpio_input_enable(pin) != ESP_OK) xsRangeError("GPIO%d cannot be read", pin);
	xsmcSetInteger(xsResult, gpio_get_level(pin));
}

/* Makes a pin an output that is high: a chip select, before anybody speaks on its bus. */
void xs_spidevice_holdHigh(xsMachine *the) {
	int pin = xsmcToInteger(xsArg(0));
	if (gpio_set_level(pin, 1) != ESP_OK || gpio_set_direction(pin, GPIO_MODE_OUTPUT) != ESP_OK)
		xsRangeError("GPIO%d cannot be an output", pin);
	gpio_set_level(pin, 1);
}
