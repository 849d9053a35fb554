/*
 * The chip's own CAN controller, through the TWAI driver of ESP-IDF 6.0. Its interrupt puts frames into the core and sends
 * the next one; one frame at a time is the driver's, so that what bus-off drops is really dropped. The engine's task
 * looks at the error counters while something is wrong and brings the controller back from bus-off.
 *
 * Of the driver (6.0) one has to know: after bus-off it would send what its queue still holds; "active" is told below 128
 * although 96 to 127 is a warning, and falling below 96 is not told at all; a lost arbitration is told as an error, with the
 * kind of the error before it; a controller that only listens is held at 128 receive errors.
 */
#include "can_esp32.h"
#include "esp_twai.h"
#include "esp_twai_onchip.h"
#include "freertos/FreeRTOS.h"

enum { POLL_US = 100000 };

typedef struct {
	CanPort port; /* first */
	twai_node_handle_t node;
	esp_timer_handle_t timer;
	portMUX_TYPE lock; /* around the core's bus side: interrupt and engine may be on two processors */
	atomic_bool sending; /* `frame` is the driver's; who sets it, sends */
	twai_frame_t frame;
	uint8_t data[8];
	bool enabled;
} Twai;

/* The next frame of the queue to the driver, unless one is on its way. From the interrupt and from the engine's task. */
static IRAM_ATTR void sendNext(Twai *twai) {
	const CanCore *core = &twai->port.core;
	bool more = true;
	/* The driver sends with a function of FreeRTOS that is in flash. */
	if (!spi_flash_cache_enabled()) {
		(void)glueTell(&twai->port.base, CAN_TELL_POLL);
		return;
	}
	while (more && !atomic_exchange(&twai->sending, true)) {
		portENTER_CRITICAL_SAFE(&twai->lock);
		const CanFrame *next = canCoreTxNext(core);
		if (next) {
			bool remote = next->flags & CAN_REMOTE;
			twai->frame = (twai_frame_t){.header = {.id = next->id, .dlc = next->length}};
			twai->frame.header.ide = (next->flags & CAN_EXTENDED) != 0;
			twai->frame.header.rtr = remote;
			twai->frame.buffer = twai->data;
			twai->frame.buffer_len = remote ? 0 : next->length;
			for (unsigned i = 0; i < sizeof twai->data; i++) twai->data[i] = next->data[i];
		}
		portEXIT_CRITICAL_SAFE(&twai->lock);
		if (next && twai_node_transmit(twai->node, &twai->frame, 0) == ESP_OK) return;
		atomic_store(&twai->sending, false);
		/* Refused: it is going off the bus. Nothing there: perhaps just written by somebody who saw us busy. */
		portENTER_CRITICAL_SAFE(&twai->lock);
		more = !next && canCoreTxNext(core);
		portEXIT_CRITICAL_SAFE(&twai->lock);
	}
}

static IRAM_ATTR bool act(Twai *twai, uint32_t actions) {
	if (actions & CAN_DO_FLUSH) atomic_store(&twai->sending, false);
	return (actions & CAN_TOLD) && glueTell(&twai->port.base, actions & CAN_TOLD);
}

static IRAM_ATTR bool onReceived(twai_node_handle_t node, const twai_rx_done_event_data_t *event, void *refcon) {
	Twai *twai = refcon;
	CanFrame frame = {0};
	twai_frame_t in = {.buffer = frame.data, .buffer_len = sizeof frame.data};
	(void)event;
	if (twai_node_receive_from_isr(node, &in) != ESP_OK) return false;
	frame.id = in.header.id;
	frame.flags = (in.header.ide ? CAN_EXTENDED : 0) | (in.header.rtr ? CAN_REMOTE : 0);
	frame.length = in.header.dlc > 8 ? 8 : (uint8_t)in.header.dlc; /* ISO 11898-1: codes above 8 mean 8 */
	frame.timeUs = (uint64_t)esp_timer_get_time();
	portENTER_CRITICAL_ISR(&twai->lock);
	uint32_t actions = canCoreRx(&twai->port.core, &frame, frame.timeUs);
	portEXIT_CRITICAL_ISR(&twai->lock);
	return act(twai, actions);
}

static IRAM_ATTR bool onSent(twai_node_handle_t node, const twai_tx_done_event_data_t *event, void *refcon) {
	Twai *twai = refcon;
	uint32_t actions = 0;
	(void)node;
	/* The end of a frame that bus-off has taken away is nobody's. */
	if (!atomic_load(&twai->sending)) return false;
	if (event->is_tx_success) {
		portENTER_CRITICAL_ISR(&twai->lock);
		actions = canCoreTxDone(&twai->port.core, (uint64_t)esp_timer_get_time());
		portEXIT_CRITICAL_ISR(&twai->lock);
	}
	atomic_store(&twai->sending, false);
	sendNext(twai);
	return act(twai, actions);
}

static IRAM_ATTR bool onState(twai_node_handle_t node, const twai_state_change_event_data_t *event, void *refcon) {
	Twai *twai = refcon;
	(void)node;
	if (twai->port.core.config.mode == CAN_MODE_LISTEN) return false;
	unsigned level = event->new_sta == TWAI_ERROR_PASSIVE ? 128 : event->new_sta == TWAI_ERROR_WARNING ? 96 : 0;
	bool off = event->new_sta == TWAI_ERROR_BUS_OFF;
	portENTER_CRITICAL_ISR(&twai->lock);
	uint32_t actions = canCoreErrors(&twai->port.core, off ? 256 : level, 0, off, (uint64_t)esp_timer_get_time());
	portEXIT_CRITICAL_ISR(&twai->lock);
	return act(twai, actions);
}

static IRAM_ATTR bool onError(twai_node_handle_t node, const twai_error_event_data_t *event, void *refcon) {
	Twai *twai = refcon;
	(void)node;
	if (event->err_flags.val == 0) return false;
	portENTER_CRITICAL_ISR(&twai->lock);
	canCoreCountError(&twai->port.core);
	portEXIT_CRITICAL_ISR(&twai->lock);
	return false;
}

/* On the timers' own task. The timer that waits holds a use, as its record must outlive it. */
static void onTimer(void *refcon) {
	Twai *twai = refcon;
	(void)glueTell(&twai->port.base, CAN_TELL_POLL);
	glueLetGo(&twai->port.base);
}

static void arm(Twai *twai, uint64_t delayUs) {
	atomic_fetch_add(&twai->port.base.uses, 1);
	if (esp_timer_start_once(twai->timer, delayUs) != ESP_OK) atomic_fetch_sub(&twai->port.base.uses, 1);
}

static void pollTwai(CanPort *port) {
	Twai *twai = (Twai *)port;
	CanCore *core = &port->core;
	uint64_t nowUs = (uint64_t)esp_timer_get_time();
	twai_node_status_t status;
	uint32_t actions = 0;
	portENTER_CRITICAL(&twai->lock);
	bool recover = canCoreTick(core, nowUs) & CAN_DO_RECOVER;
	CanState state = canCoreState(core);
	portEXIT_CRITICAL(&twai->lock);
	if (recover) (void)twai_node_recover(twai->node);
	else if (state != CAN_BUS_OFF && twai_node_get_info(twai->node, &status, NULL) == ESP_OK) {
		portENTER_CRITICAL(&twai->lock);
		/* Going off and coming back are the interrupt's to tell. */
		if (canCoreState(core) != CAN_BUS_OFF && status.state != TWAI_ERROR_BUS_OFF)
			actions = canCoreErrors(core, status.tx_error_count, status.rx_error_count, false, nowUs);
		portEXIT_CRITICAL(&twai->lock);
		sendNext(twai); /* should the driver have refused a frame */
	}
	(void)act(twai, actions);
	portENTER_CRITICAL(&twai->lock);
	uint64_t atUs = canCoreDeadline(core);
	state = canCoreState(core);
	portEXIT_CRITICAL(&twai->lock);
	if (state == CAN_ACTIVE) return;
	uint64_t delayUs = state == CAN_BUS_OFF && atUs != CAN_NEVER ? atUs > nowUs ? atUs - nowUs : 0 : POLL_US;
	if (esp_timer_stop(twai->timer) == ESP_OK) glueLetGo(&port->base);
	arm(twai, delayUs);
}

/* One or two filters of one format the controller knows; the core goes over everything anyway. */
static esp_err_t setFilter(Twai *twai) {
	const CanConfig *config = &twai->port.core.config;
	const CanFilter *filters = config->filters;
	twai_mask_filter_config_t filter;
	if (config->filterCount == 1)
		filter = (twai_mask_filter_config_t){.id = filters[0].id, .mask = filters[0].mask, .is_ext = filters[0].extended};
	else if (config->filterCount == 2 && filters[0].extended == filters[1].extended)
		filter = twai_make_dual_filter(filters[0].id, filters[0].mask, filters[1].id, filters[1].mask, filters[0].extended);
	else return ESP_OK;
	return twai_node_config_mask_filter(twai->node, 0, &filter);
}

static const char *openTwai(CanPort *port, const CanWiring *wiring) {
	Twai *twai = (Twai *)port;
	const CanConfig *config = &port->core.config;
	portMUX_INITIALIZE(&twai->lock);
	esp_timer_create_args_t timer = {.callback = onTimer, .arg = twai, .name = "can"};
	if (esp_timer_create(&timer, &twai->timer) != ESP_OK) return "out of memory";
	twai_onchip_node_config_t node = {
		.io_cfg = {.tx = wiring->pins[0], .rx = wiring->pins[1], .quanta_clk_out = -1, .bus_off_indicator = -1},
		/* CiA 301 puts the sample point at 87.5 %, 75 % above 800 kbit/s. */
		.bit_timing = {.bitrate = config->bitrate, .sp_permill = config->bitrate > 800000 ? 750 : 875},
		.fail_retry_cnt = -1,
		.tx_queue_depth = 1,
	};
	node.flags.enable_listen_only = config->mode == CAN_MODE_LISTEN;
	node.flags.enable_self_test = node.flags.enable_loopback = config->mode == CAN_MODE_SELFTEST;
	esp_err_t error = twai_new_node_onchip(&node, &twai->node);
	if (error == ESP_ERR_NOT_FOUND) return "the controller is in use";
	if (error != ESP_OK) {
		twai->node = NULL;
		return "the controller cannot be opened";
	}
	twai_event_callbacks_t callbacks = {.on_tx_done = onSent, .on_rx_done = onReceived, .on_state_change = onState, .on_error = onError};
	if (twai_node_register_event_callbacks(twai->node, &callbacks, twai) != ESP_OK || setFilter(twai) != ESP_OK)
		return "the controller cannot be set up";
	if (twai_node_enable(twai->node) != ESP_OK) return "the controller cannot be started";
	twai->enabled = true;
	return NULL;
}

static void closeTwai(CanPort *port) {
	Twai *twai = (Twai *)port;
	if (twai->timer) {
		/* When it is just firing, its own end lets go. */
		if (esp_timer_stop(twai->timer) == ESP_OK) glueLetGo(&port->base);
		(void)esp_timer_delete(twai->timer);
	}
	if (!twai->node) return;
	/*
	 * Off the bus it is not enabled any more as the driver sees it, and says so; but it may come back just then, and is not
	 * deleted while it is enabled.
	 */
	do
		if (twai->enabled) (void)twai_node_disable(twai->node);
	while (twai_node_delete(twai->node) == ESP_ERR_INVALID_STATE);
}

static void sendTwai(CanPort *port) {
	sendNext((Twai *)port);
}

const CanDriver canTwaiDriver = {sizeof(Twai), openTwai, closeTwai, sendTwai, pollTwai};
