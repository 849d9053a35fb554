/*
 * An MCP2515 behind SPI: its bus, its INT line, and the task that serves it. The chip holds two frames, at 500 kbit/s half
 * a millisecond, so it cannot wait for the engine.
 *
 * INT is a level, and so is the interrupt: it is switched off when it comes and on again when the chip has been served, so
 * that none is missed. The task is the core's bus side and the only one that speaks to the chip, until `close`
 * has the lock.
 */
#include "can_esp32.h"
#include "mcp2515.h"
#include "../spibus/spibus.h"
#include "driver/gpio.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

enum { SPI_HZ = 8000000, TASK_STACK = 3072, TASK_PRIORITY = 12, TRANSFER_MAX = 16 };

typedef struct {
	CanPort port; /* first */
	Mcp2515 chip;
	spi_device_handle_t device;
	TaskHandle_t task;
	StaticSemaphore_t lockMemory;
	SemaphoreHandle_t lock; /* around one service; whoever has it may speak to the chip */
	bool bus, interrupt, stop;
	/* In internal RAM and on whole words, as DMA wants them. */
	uint32_t out[TRANSFER_MAX / 4], in[TRANSFER_MAX / 4];
} Mcp;

static bool transfer(void *refcon, const uint8_t *out, uint8_t *in, size_t count) {
	Mcp *mcp = refcon;
	memcpy(mcp->out, out, count);
	spi_transaction_t transaction = {.length = count * 8, .tx_buffer = mcp->out, .rx_buffer = in ? mcp->in : NULL};
	if (spi_device_polling_transmit(mcp->device, &transaction) != ESP_OK) return false;
	if (in) memcpy(in, mcp->in, count);
	return true;
}

static IRAM_ATTR void onInterrupt(void *refcon) {
	Mcp *mcp = refcon;
	BaseType_t woken = pdFALSE;
	(void)gpio_intr_disable(mcp->port.wiring.pins[1]);
	vTaskNotifyGiveFromISR(mcp->task, &woken);
	if (woken) portYIELD_FROM_ISR();
}

/* Whole ticks, at least one, until the chip wants to be looked at again. */
static TickType_t ticksUntil(uint64_t atUs) {
	uint64_t nowUs = (uint64_t)esp_timer_get_time();
	if (atUs == CAN_NEVER) return portMAX_DELAY;
	return atUs <= nowUs ? 1 : (TickType_t)((atUs - nowUs) * configTICK_RATE_HZ / 1000000 + 1);
}

static void serve(void *refcon) {
	Mcp *mcp = refcon;
	for (;;) {
		(void)xSemaphoreTake(mcp->lock, portMAX_DELAY);
		if (mcp->stop) break;
		uint32_t actions = mcp2515Service(&mcp->chip, &mcp->port.core, (uint64_t)esp_timer_get_time());
		TickType_t wait = ticksUntil(mcp2515Deadline(&mcp->chip, &mcp->port.core));
		bool gone = mcp->chip.gone;
		(void)xSemaphoreGive(mcp->lock);
		unsigned bits = actions & CAN_TOLD;
		if (actions & MCP2515_LOST) bits |= CAN_TELL_LOST;
		if (actions & MCP2515_GONE) bits |= CAN_TELL_GONE;
		if (bits) (void)glueTell(&mcp->port.base, bits);
		/* A line that stays low must not take the processor from all others. */
		if (actions & MCP2515_BUSY) vTaskDelay(1);
		if (!gone) (void)gpio_intr_enable(mcp->port.wiring.pins[1]);
		if (!(actions & MCP2515_BUSY)) (void)ulTaskNotifyTake(pdTRUE, wait);
	}
	(void)xSemaphoreGive(mcp->lock);
	glueLetGo(&mcp->port.base);
	vTaskDelete(NULL);
}

static const char *openInterrupt(Mcp *mcp) {
	gpio_num_t pin = mcp->port.wiring.pins[1];
	gpio_config_t config = {
		.pin_bit_mask = 1ull << pin,
		.mode = GPIO_MODE_INPUT,
		.pull_up_en = GPIO_PULLUP_ENABLE,
		.intr_type = GPIO_INTR_LOW_LEVEL,
	};
	/* Others may have installed it before. */
	esp_err_t error = gpio_install_isr_service(0);
	if (error != ESP_OK && error != ESP_ERR_INVALID_STATE) return "no interrupt";
	/* gpio_config switches the interrupt on: there must be no handler yet, and it is off until the task runs. */
	if (gpio_config(&config) != ESP_OK || gpio_intr_disable(pin) != ESP_OK) return "the interrupt pin cannot be used";
	if (gpio_isr_handler_add(pin, onInterrupt, mcp) != ESP_OK) return "no interrupt";
	mcp->interrupt = true;
	return gpio_intr_disable(pin) == ESP_OK ? NULL : "the interrupt pin cannot be used";
}

static const char *openMcp(CanPort *port, const CanWiring *wiring) {
	Mcp *mcp = (Mcp *)port;
	mcp->lock = xSemaphoreCreateMutexStatic(&mcp->lockMemory);
	mcp->chip = (Mcp2515){.transfer = transfer, .refcon = mcp, .crystalHz = wiring->crystalHz};
	uint8_t timing[3];
	const char *wrong = mcp2515Timing(wiring->crystalHz, port->core.config.bitrate, timing);
	if (wrong) return wrong;
	SpiBusPins pins = {.host = wiring->spi, .clock = wiring->pins[2], .out = wiring->pins[3], .in = wiring->pins[4]};
	esp_err_t error = spiBusTake(&pins);
	if (error == ESP_ERR_INVALID_STATE) return "the SPI bus is open with other pins";
	if (error != ESP_OK) return "the SPI bus cannot be opened";
	mcp->bus = true;
	spi_device_interface_config_t device = {
		.mode = 0,
		.clock_speed_hz = SPI_HZ,
		.spics_io_num = wiring->pins[0],
		.queue_size = 1,
	};
	if (spi_bus_add_device(wiring->spi, &device, &mcp->device) != ESP_OK) {
		mcp->device = NULL;
		return "the SPI bus takes no more chips";
	}
	wrong = mcp2515Start(&mcp->chip, &port->core.config, (uint64_t)esp_timer_get_time());
	if (!wrong) wrong = openInterrupt(mcp);
	if (wrong) return wrong;
	atomic_fetch_add(&port->base.uses, 1);
	if (xTaskCreate(serve, "can", TASK_STACK, mcp, TASK_PRIORITY, &mcp->task) == pdPASS) return NULL;
	mcp->task = NULL;
	atomic_fetch_sub(&port->base.uses, 1);
	return "out of memory";
}

static void closeMcp(CanPort *port) {
	Mcp *mcp = (Mcp *)port;
	/* At most as long as one service takes. */
	if (mcp->lock) (void)xSemaphoreTake(mcp->lock, portMAX_DELAY);
	if (mcp->interrupt) {
		(void)gpio_isr_handler_remove(port->wiring.pins[1]);
		(void)gpio_intr_disable(port->wiring.pins[1]);
	}
	if (mcp->device) {
		mcp2515Stop(&mcp->chip);
		(void)spi_bus_remove_device(mcp->device);
	}
	if (mcp->bus) spiBusRelease(port->wiring.spi);
	mcp->stop = true;
	/* It cannot end before it has had the lock, so it is still there. */
	if (mcp->task) xTaskNotifyGive(mcp->task);
	if (mcp->lock) (void)xSemaphoreGive(mcp->lock);
}

static void sendMcp(CanPort *port) {
	xTaskNotifyGive(((Mcp *)port)->task);
}

const CanDriver canMcp2515Driver = {sizeof(Mcp), openMcp, closeMcp, sendMcp, NULL};
