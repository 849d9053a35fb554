/*
 * The class Buttons (modules/buttons/buttons.js) on the device: a timer's task reads the chip's own converter and runs the
 * core; events wait in a ring for the engine. With `analog.io` the engine's task reads that class instead, for pins of a
 * converter that somebody else has open (a converter has one owner).
 *
 * While the ring is full no sample is taken, so none of the events that the core gave is lost, and each press still gets its
 * end.
 */
#include "../espglue.h"
#include "builtinCommon.h"
#include "buttons_class.h"
#include "esp_adc/adc_cali.h"
#include "esp_adc/adc_cali_scheme.h"
#include "esp_adc/adc_oneshot.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "mc.xs.h"

enum { EVENTS = 32, FULL_RAW = 4095, FULL_MV = 3300, TELL_EVENTS = 1, TELL_SAMPLE = 2 };

typedef struct {
	GluePort base; /* first */
	xsSlot *onEvent, *analog; /* analog: NULL for the chip's own converter */
	ButtonsCore core; /* the timer's task; the engine's with `analog` */
	ButtonsNames names;
	esp_timer_handle_t timer;
	uint64_t sampleUs; /* when the last sample was due */
	uint32_t scanUs;
	adc_oneshot_unit_handle_t unit;
	adc_cali_handle_t calibration; /* NULL: this chip has none */
	adc_channel_t channel;
	int8_t pin; /* -1: none taken */
	bool failed; /* `analog` threw: it is not asked again */
	StaticSemaphore_t lockMemory;
	SemaphoreHandle_t lock; /* around one sample, so that close has the converter to itself */
	atomic_uint raw;
	atomic_int state;
	/* One writer (who runs the core), one reader (the engine). */
	atomic_uint head, tail;
	ButtonsEvent events[EVENTS];
} Port;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot) {
	Port *port = data;
	if (!port) return;
	if (port->onEvent) markRoot(the, port->onEvent);
	if (port->analog) markRoot(the, port->analog);
}

static void closeConverter(Port *port) {
	if (port->calibration) (void)adc_cali_delete_scheme_curve_fitting(port->calibration);
	if (port->unit) (void)adc_oneshot_del_unit(port->unit);
	if (port->pin >= 0) builtinFreePin(port->pin);
	port->calibration = NULL;
	port->unit = NULL;
	port->pin = -1;
}

static void shut(GluePort *base) {
	Port *port = (Port *)base;
	if (port->lock) (void)xSemaphoreTake(port->lock, portMAX_DELAY);
	if (port->timer) {
		/* When it is just firing, it waits for the lock, finds the port closed and lets go itself. */
		if (esp_timer_stop(port->timer) == ESP_OK) glueLetGo(base);
		(void)esp_timer_delete(port->timer);
	}
	closeConverter(port);
	if (port->lock) (void)xSemaphoreGive(port->lock);
}

void xs_buttons_destructor(void *data) {
	glueDestroy(data);
}

static const xsHostHooks hooks = {xs_buttons_destructor, mark, NULL};

/* A sample in the units of the thresholds goes to the core, what comes of it into the ring. */
static void feed(Port *port, uint16_t raw) {
	ButtonsEvent events[BUTTONS_EVENTS];
	unsigned head = atomic_load(&port->head);
	atomic_store(&port->raw, raw);
	if (EVENTS - (head - atomic_load(&port->tail)) < BUTTONS_EVENTS) return;
	unsigned count = buttonsCoreSample(&port->core, raw, (uint64_t)esp_timer_get_time() / 1000, events);
	atomic_store(&port->state, port->core.state);
	for (unsigned i = 0; i < count; i++) port->events[head++ % EVENTS] = events[i];
	atomic_store(&port->head, head);
	if (count > 0) (void)glueTell(&port->base, TELL_EVENTS);
}

/* The voltage, where the chip knows its converter, so that boards agree. A reading at the end of the scale may be any higher. */
static uint16_t scaled(const Port *port, int reading) {
	int mv;
	if (reading >= FULL_RAW) return FULL_RAW;
	if (!port->calibration || adc_cali_raw_to_voltage(port->calibration, reading, &mv) != ESP_OK) return (uint16_t)reading;
	int raw = (mv * FULL_RAW + FULL_MV / 2) / FULL_MV;
	return (uint16_t)(raw < 0 ? 0 : raw > FULL_RAW ? FULL_RAW : raw);
}

static void arm(Port *port) {
	uint64_t nowUs = (uint64_t)esp_timer_get_time();
	port->sampleUs += port->scanUs;
	/* After a pause the rhythm starts anew, without catching up. */
	if (port->sampleUs <= nowUs) port->sampleUs = nowUs + port->scanUs;
	(void)esp_timer_start_once(port->timer, port->sampleUs - nowUs);
}

/* On the timers' own task. Waiting or firing, the timer has a use of the record. */
static void onTimer(void *refcon) {
	Port *port = refcon;
	int reading;
	(void)xSemaphoreTake(port->lock, portMAX_DELAY);
	bool closed = atomic_load(&port->base.closed);
	if (!closed) {
		/* A converter that Wi-Fi has for the moment gives nothing: then the next time. */
		if (port->analog) (void)glueTell(&port->base, TELL_SAMPLE);
		else if (adc_oneshot_read(port->unit, port->channel, &reading) == ESP_OK) feed(port, scaled(port, reading));
		arm(port);
	}
	(void)xSemaphoreGive(port->lock);
	if (closed) glueLetGo(&port->base);
}

static void tell(xsMachine *the, GluePort *base) {
	Port *port = (Port *)base;
	xsmcVars(2);
	if (glueDue(base, TELL_SAMPLE) && !port->failed) {
		port->failed = true;
		xsVar(0) = xsReference(port->analog);
		xsmcCall(xsVar(1), xsVar(0), xsID_read, NULL);
		double raw = xsmcToNumber(xsVar(1));
		port->failed = false;
		if (!atomic_load(&base->closed)) feed(port, (uint16_t)(raw >= 65535 ? 65535 : raw > 0 ? raw : 0));
	}
	(void)glueDue(base, TELL_EVENTS);
	for (;;) {
		unsigned tail = atomic_load(&port->tail);
		if (atomic_load(&base->closed) || tail == atomic_load(&port->head)) break;
		ButtonsEvent event = port->events[tail % EVENTS];
		atomic_store(&port->tail, tail + 1);
		if (!port->onEvent) continue;
		/* Should the callback throw, the others come in a turn of their own. */
		if (tail + 1 != atomic_load(&port->head)) atomic_fetch_or(&base->pending, TELL_EVENTS);
		buttonsClassEvent(the, port->names, &event);
		xsCallFunction1(xsReference(port->onEvent), base->object, xsVar(1));
	}
}

static const char *openConverter(Port *port, uint32_t pin) {
	adc_oneshot_unit_init_cfg_t unit = {.ulp_mode = ADC_ULP_MODE_DISABLE};
	adc_oneshot_chan_cfg_t channel = {.atten = ADC_ATTEN_DB_12, .bitwidth = ADC_BITWIDTH_12};
	if (adc_oneshot_io_to_channel((int)pin, &unit.unit_id, &port->channel) != ESP_OK) return "the pin of analog is no analog input";
	if (!builtinIsPinFree(pin)) return "the pin of analog is in use";
	builtinUsePin(pin);
	port->pin = (int8_t)pin;
	if (adc_oneshot_new_unit(&unit, &port->unit) != ESP_OK) {
		port->unit = NULL;
		return "the converter is in use: give analog.io the class that has it";
	}
	if (adc_oneshot_config_channel(port->unit, port->channel, &channel) != ESP_OK) return "the converter cannot be set up";
	adc_cali_curve_fitting_config_t curve = {
		.unit_id = unit.unit_id,
		.chan = port->channel,
		.atten = channel.atten,
		.bitwidth = channel.bitwidth,
	};
	/* A chip without calibration data is read as it is. */
	if (adc_cali_create_scheme_curve_fitting(&curve, &port->calibration) != ESP_OK) port->calibration = NULL;
	return NULL;
}

static const char *startTimer(Port *port) {
	esp_timer_create_args_t timer = {.callback = onTimer, .arg = port, .name = "buttons"};
	if (esp_timer_create(&timer, &port->timer) != ESP_OK) {
		port->timer = NULL;
		return "out of memory";
	}
	port->sampleUs = (uint64_t)esp_timer_get_time();
	atomic_fetch_add(&port->base.uses, 1);
	arm(port);
	return NULL;
}

void xs_buttons(xsMachine *the) {
	ButtonsConfig config = {0};
	ButtonsCore core;
	ButtonsNames names;
	uint32_t scanMs, pin = 0;
	xsmcVars(4);
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("Buttons needs options");
	buttonsClassOptions(the, &config, names, &scanMs);
	const char *wrong = buttonsCoreInit(&core, &config);
	if (wrong) xsRangeError("%s", wrong);
	xsSlot *onEvent = glueCallback(the, xsID_onEvent, "onEvent");
	xsmcGet(xsVar(2), xsArg(0), xsID_analog);
	if (xsmcTypeOf(xsVar(2)) != xsReferenceType) xsTypeError("analog must be an object with io or pin");
	xsmcGet(xsVar(3), xsVar(2), xsID_io);
	bool own = xsmcTypeOf(xsVar(3)) == xsUndefinedType;
	xsSlot *analog = NULL;
	if (own) {
		pin = glueNumber(the, &xsVar(2), xsID_pin, "pin of analog", UINT32_MAX, 0, 48);
		if (pin == UINT32_MAX) xsRangeError("analog needs io or the number of a pin");
	} else {
		if (!xsmcIsCallable(xsVar(3))) xsTypeError("analog.io must be a class");
		xsmcNew(xsVar(3), xsVar(2), xsID_io, &xsVar(2), NULL);
		analog = fxToReference(the, &xsVar(3));
		if (!analog) xsTypeError("analog.io gave no object");
	}
	/* Nothing below throws before the port is either whole or gone. */
	Port *port = glueNew(the, sizeof(Port), shut, tell);
	if (port) {
		port->onEvent = onEvent;
		port->analog = analog;
		port->core = core;
		port->scanUs = scanMs * 1000;
		port->pin = -1;
		memcpy(port->names, names, sizeof names);
		atomic_store(&port->raw, config.idleMin);
		atomic_store(&port->state, BUTTONS_IDLE);
		port->lock = xSemaphoreCreateMutexStatic(&port->lockMemory);
		wrong = own ? openConverter(port, pin) : NULL;
		if (!wrong) wrong = startTimer(port);
		if (!wrong) {
			glueAdopt(the, &port->base, &hooks);
			return;
		}
		glueShut(&port->base);
		glueLetGo(&port->base);
	}
	if (analog && xsmcHas(xsVar(3), xsID_close)) xsmcCall_noResult(xsVar(3), xsID_close, NULL);
	xsUnknownError("%s", port ? wrong : "out of memory");
}

void xs_buttons_close(xsMachine *the) {
	Port *port = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	if (!port) return;
	xsmcVars(1);
	bool has = port->analog;
	if (has) xsVar(0) = xsReference(port->analog);
	glueClose(the, &hooks);
	if (has && xsmcHas(xsVar(0), xsID_close)) xsmcCall_noResult(xsVar(0), xsID_close, NULL);
}

static Port *portOf(xsMachine *the) {
	return glueRecord(the, &hooks);
}

void xs_buttons_get_pressed(xsMachine *the) {
	Port *port = portOf(the);
	buttonsClassPressed(the, port->names, atomic_load(&port->state));
}

void xs_buttons_get_raw(xsMachine *the) {
	xsmcSetInteger(xsResult, (int)atomic_load(&portOf(the)->raw));
}
