/*
 * The class RS485 (modules/rs485/rs485.js) on the ESP32-S3: options port (UART 1 or 2), transmit, receive and enable (pins).
 */
#include "../espglue.h"
#include "../isr.h"
#include "mc.xs.h"
#include "builtinCommon.h"
#include "rs485_class.h"
#include "rs485_esp32_uart.h"

enum { PIN_MAX = 48, NO_PIN = RS485_UART_NO_PIN, PINS = 3 };

typedef struct {
	GluePort base; /* first */
	xsSlot *onReadable, *onWritable;
	Rs485Uart uart;
	int pins[PINS]; /* taken */
	uint8_t cause; /* of the last read */
} Port;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot) {
	Port *port = data;
	if (!port) return;
	if (port->onReadable) markRoot(the, port->onReadable);
	if (port->onWritable) markRoot(the, port->onWritable);
}

static void shut(GluePort *base) {
	Port *port = (Port *)base;
	rs485UartClose(&port->uart);
	for (int i = 0; i < PINS; i++)
		if (port->pins[i] != NO_PIN) builtinFreePin((uint32_t)port->pins[i]);
}

void xs_rs485_destructor(void *data) {
	glueDestroy(data);
}

static const xsHostHooks hooks = {xs_rs485_destructor, mark, NULL};

static void tell(xsMachine *the, GluePort *base) {
	Port *port = (Port *)base;
	if (glueDue(base, RS485_DO_WRITABLE)) glueCall(the, base, port->onWritable, NULL);
	if (glueDue(base, RS485_DO_READABLE)) glueCall(the, base, port->onReadable, NULL);
}

static ISR_CODE bool told(void *refcon, uint32_t actions) {
	return glueTell(refcon, actions);
}

/* Each pin has one owner, also among the classes of the SDK. The name of the one that has another; NULL when all are ours. */
static const char *takePins(Port *port, const int *pins) {
	static const char *const names[PINS] = {"the transmit pin is in use", "the receive pin is in use", "the enable pin is in use"};
	for (int i = 0; i < PINS; i++) {
		if (pins[i] == NO_PIN) continue;
		if (!builtinUsePin((uint32_t)pins[i])) return names[i];
		port->pins[i] = pins[i];
	}
	return NULL;
}

void xs_rs485(xsMachine *the) {
	Rs485UartConfig config = {0};
	xsmcVars(1);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("RS485 needs options");
	xsSlot *options = &xsArg(0);
	config.port = (int)glueNumber(the, options, xsID_port, "port", 0, 1, 2);
	config.transmit = (int)glueNumber(the, options, xsID_transmit, "transmit", PIN_MAX + 1, 0, PIN_MAX);
	config.receive = (int)glueNumber(the, options, xsID_receive, "receive", PIN_MAX + 1, 0, PIN_MAX);
	uint32_t enable = glueNumber(the, options, xsID_enable, "enable", PIN_MAX + 1, 0, PIN_MAX);
	config.enable = enable > PIN_MAX ? NO_PIN : (int)enable;
	if (config.port == 0) xsRangeError("port must be a whole number from 1 to 2");
	if (config.transmit > PIN_MAX) xsRangeError("transmit must be a pin");
	if (config.receive > PIN_MAX) xsRangeError("receive must be a pin");
	rs485ClassConfigure(the, &config.line);
	xsSlot *onReadable = glueCallback(the, xsID_onReadable, "onReadable");
	xsSlot *onWritable = glueCallback(the, xsID_onWritable, "onWritable");
	/* A UART of the chip never goes away. */
	(void)glueCallback(the, xsID_onError, "onError");

	/* Nothing below throws before the port is either whole or gone. */
	Port *port = glueNew(the, sizeof *port, shut, tell);
	if (!port) xsUnknownError("out of memory");
	port->onReadable = onReadable;
	port->onWritable = onWritable;
	for (int i = 0; i < PINS; i++) port->pins[i] = NO_PIN;
	const char *wrong = takePins(port, (const int[PINS]){config.transmit, config.receive, config.enable});
	if (!wrong) wrong = rs485UartOpen(&port->uart, &config, told, port);
	if (wrong) {
		glueDestroy(port);
		xsUnknownError("%s", wrong);
	}
	glueAdopt(the, &port->base, &hooks);
}

void xs_rs485_close(xsMachine *the) {
	glueClose(the, &hooks);
}

static Port *portOf(xsMachine *the) {
	return glueRecord(the, &hooks);
}

void xs_rs485_read(xsMachine *the) {
	Port *port = portOf(the);
	rs485ClassRead(the, &port->uart.core, &port->cause);
}

void xs_rs485_write(xsMachine *the) {
	Port *port = portOf(the);
	rs485ClassWrite(the, &port->uart.core, rs485UartNowUs(&port->uart));
	rs485UartKick(&port->uart);
}

void xs_rs485_get_cause(xsMachine *the) {
	xsmcSetString(xsResult, (char *)rs485CauseName(portOf(the)->cause));
}

void xs_rs485_get_silenceUs(xsMachine *the) {
	xsmcSetInteger(xsResult, (xsIntegerValue)portOf(the)->uart.core.silenceUs);
}

void xs_rs485_get_counters(xsMachine *the) {
	rs485ClassCounters(the, &portOf(the)->uart.core);
}
