/*
 * The TWAI node of ESP-IDF 6.0 and its controller: a queue of frame pointers, one frame in the controller, callbacks from the
 * interrupt, the states as the driver tells them.
 */
#include "chip_can.h"
#include "standin.h"
#include "esp_memory_utils.h"
#include "esp_twai_onchip.h"

#include <stdlib.h>
#include <string.h>

enum { QUEUE_MAX = 32 };

struct StandinTwai {
	twai_onchip_node_config_t config;
	twai_event_callbacks_t calls;
	void *refcon;
	twai_mask_filter_config_t filter;
	bool filtered;
	_Bool enabled, busy, receiving;
	twai_error_state_t state;
	const twai_frame_t *queue[QUEUE_MAX];
	unsigned waiting;
	const twai_frame_t *current;
	CanFrame received;
	StandinEvent sent, back;
	unsigned tec, rec;
};
static struct StandinTwai *node;
StandinWire standinTwaiWire;
static unsigned recoveries;

unsigned standinTwaiRecoveries(void) {
	return recoveries;
}

static CanFrame plain(const twai_frame_t *frame) {
	CanFrame out = {.id = frame->header.id, .length = (uint8_t)frame->header.dlc};
	out.flags = (frame->header.ide ? CAN_EXTENDED : 0) | (frame->header.rtr ? CAN_REMOTE : 0);
	if (!frame->header.rtr) memcpy(out.data, frame->buffer, out.length);
	return out;
}

static void start(struct StandinTwai *twai) {
	CanFrame frame = plain(twai->current);
	standinAt(&twai->sent, standinNowNs() + (uint64_t)canFrameBits(&frame) * 1000000000u / twai->config.bit_timing.bitrate);
}

static bool passes(const struct StandinTwai *twai, const CanFrame *frame) {
	if (!twai->filtered || (twai->filter.mask == 0 && twai->filter.id == 0)) return true;
	bool extended = frame->flags & CAN_EXTENDED;
	if (twai->filter.is_ext != extended) return false;
	uint32_t id = twai->filter.id, mask = twai->filter.mask;
	if (!twai->filter.dual_filter) return ((frame->id ^ id) & mask) == 0;
	for (unsigned half = 0; half < 32; half += 16) {
		uint32_t seen = extended ? frame->id >> 13 : frame->id << 5;
		if (((seen ^ id >> half) & (mask >> half) & 0xFFFF) == 0) return true;
	}
	return false;
}

static void deliver(const CanFrame *frame) {
	if (!passes(node, frame)) return;
	node->received = *frame;
	node->receiving = true;
	if (node->calls.on_rx_done) (void)node->calls.on_rx_done(node, &(twai_rx_done_event_data_t){0}, node->refcon);
	node->receiving = false;
}

static void onSent(void *refcon) {
	struct StandinTwai *twai = refcon;
	if (twai->state == TWAI_ERROR_BUS_OFF || !twai->current) return;
	if (standinTwaiWire.silent && !twai->config.flags.enable_self_test) {
		/* As a station that nobody acknowledges: errors up to 128, and again. */
		standinTwaiErrors(twai->tec < 128 ? twai->tec + 8 : twai->tec, twai->rec);
		if (!twai->sent.armed && twai->state != TWAI_ERROR_BUS_OFF) start(twai);
		return;
	}
	CanFrame frame = plain(twai->current);
	if (standinTwaiWire.count < STANDIN_HEARD) standinTwaiWire.heard[standinTwaiWire.count++] = frame;
	standinEnterInterrupt();
	if (twai->config.flags.enable_loopback) deliver(&frame);
	twai_tx_done_event_data_t event = {.is_tx_success = true, .done_tx_frame = twai->current};
	if (twai->calls.on_tx_done) (void)twai->calls.on_tx_done(twai, &event, twai->refcon);
	twai->busy = twai->waiting > 0;
	twai->current = NULL;
	if (twai->waiting > 0) {
		twai->current = twai->queue[0];
		memmove(twai->queue, twai->queue + 1, --twai->waiting * sizeof *twai->queue);
		start(twai);
	}
	standinLeaveInterrupt();
}

static void change(struct StandinTwai *twai, twai_error_state_t to) {
	twai_state_change_event_data_t event = {twai->state, to};
	twai->state = to;
	if (twai->calls.on_state_change) (void)twai->calls.on_state_change(twai, &event, twai->refcon);
}

static void onBack(void *refcon) {
	struct StandinTwai *twai = refcon;
	standinEnterInterrupt();
	twai->tec = twai->rec = 0;
	change(twai, TWAI_ERROR_ACTIVE);
	/* What its queue holds is sent now, whatever has happened in between. */
	twai->busy = twai->waiting > 0;
	if (twai->waiting > 0) {
		twai->current = twai->queue[0];
		memmove(twai->queue, twai->queue + 1, --twai->waiting * sizeof *twai->queue);
		start(twai);
	}
	standinLeaveInterrupt();
}

void standinTwaiError(bool arbitration) {
	twai_error_event_data_t event = {{.val = 0}};
	if (!node || !node->enabled) return;
	if (arbitration) event.err_flags.val = 0;
	else event.err_flags.bit_err = 1;
	standinEnterInterrupt();
	if (node->calls.on_error) (void)node->calls.on_error(node, &event, node->refcon);
	standinLeaveInterrupt();
}

void standinTwaiErrors(unsigned tec, unsigned rec) {
	if (!node || !node->enabled || node->state == TWAI_ERROR_BUS_OFF) return;
	unsigned before = node->tec > node->rec ? node->tec : node->rec, now = tec > rec ? tec : rec;
	node->tec = tec;
	node->rec = rec;
	if (now > before) standinTwaiError(false);
	standinEnterInterrupt();
	if (tec >= 256) {
		standinCancel(&node->sent);
		node->current = NULL;
		change(node, TWAI_ERROR_BUS_OFF);
	} else if (before < 128 && now >= 128) change(node, TWAI_ERROR_PASSIVE);
	else if (before >= 128 && now < 128) change(node, TWAI_ERROR_ACTIVE); /* be it 96 to 127 */
	else if (before < 96 && now >= 96) change(node, TWAI_ERROR_WARNING);
	/* Falling below 96 is told to nobody. */
	standinLeaveInterrupt();
}

bool standinTwaiReceive(const CanFrame *frame) {
	if (!node || !node->enabled || node->state == TWAI_ERROR_BUS_OFF) return false;
	standinEnterInterrupt();
	deliver(frame);
	standinLeaveInterrupt();
	return true;
}

esp_err_t twai_new_node_onchip(const twai_onchip_node_config_t *config, twai_node_handle_t *handle) {
	if (standinFails("twai_new_node_onchip")) return ESP_ERR_INVALID_ARG;
	if (node) return ESP_ERR_NOT_FOUND;
	if (config->tx_queue_depth > QUEUE_MAX || (config->tx_queue_depth == 0 && !config->flags.enable_listen_only)) return ESP_ERR_INVALID_ARG;
	if (config->io_cfg.rx < 0 || (config->io_cfg.tx < 0 && !config->flags.enable_listen_only)) return ESP_ERR_INVALID_ARG;
	if (config->bit_timing.bitrate < 25000 || config->bit_timing.bitrate > 1000000) return ESP_ERR_INVALID_ARG;
	node = calloc(1, sizeof *node);
	*node = (struct StandinTwai){.config = *config, .state = TWAI_ERROR_BUS_OFF};
	node->sent = (StandinEvent){.run = onSent, .refcon = node};
	node->back = (StandinEvent){.run = onBack, .refcon = node};
	standinCount("twai", 1);
	*handle = node;
	return ESP_OK;
}

esp_err_t twai_node_register_event_callbacks(twai_node_handle_t twai, const twai_event_callbacks_t *calls, void *refcon) {
	if (standinFails("twai_node_register_event_callbacks")) return ESP_ERR_INVALID_ARG;
	if (twai->enabled) return ESP_ERR_INVALID_STATE;
	if (!esp_ptr_internal(refcon)) standinWrong("the record of an interrupt is not in internal memory");
	twai->calls = *calls;
	twai->refcon = refcon;
	return ESP_OK;
}

esp_err_t twai_node_config_mask_filter(twai_node_handle_t twai, uint8_t index, const twai_mask_filter_config_t *filter) {
	if (index != 0) return ESP_ERR_INVALID_ARG;
	if (!filter->dual_filter && !filter->is_ext && ((filter->id | filter->mask) & ~0x7FFu)) return ESP_ERR_INVALID_ARG;
	if (twai->enabled) return ESP_ERR_INVALID_STATE;
	twai->filter = *filter;
	twai->filtered = true;
	return ESP_OK;
}

esp_err_t twai_node_enable(twai_node_handle_t twai) {
	if (standinFails("twai_node_enable")) return ESP_FAIL;
	if (twai->enabled) return ESP_ERR_INVALID_STATE;
	twai->enabled = true;
	/* One that only listens is held at 128 receive errors. */
	twai->rec = twai->config.flags.enable_listen_only ? 128 : 0;
	twai->state = TWAI_ERROR_ACTIVE;
	if (twai->rec) {
		standinEnterInterrupt();
		change(twai, TWAI_ERROR_PASSIVE);
		standinLeaveInterrupt();
	}
	return ESP_OK;
}

esp_err_t twai_node_disable(twai_node_handle_t twai) {
	if (twai->state == TWAI_ERROR_BUS_OFF) return ESP_ERR_INVALID_STATE;
	standinCancel(&twai->sent);
	twai->state = TWAI_ERROR_BUS_OFF;
	twai->enabled = false;
	return ESP_OK;
}

esp_err_t twai_node_delete(twai_node_handle_t twai) {
	if (standinInInterrupt()) standinWrong("twai_node_delete in an interrupt");
	if (twai->state != TWAI_ERROR_BUS_OFF) return ESP_ERR_INVALID_STATE;
	standinCancel(&twai->sent);
	standinCancel(&twai->back);
	free(twai);
	node = NULL;
	standinCount("twai", -1);
	return ESP_OK;
}

esp_err_t twai_node_recover(twai_node_handle_t twai) {
	if (standinInInterrupt()) standinWrong("twai_node_recover in an interrupt");
	if (twai->state != TWAI_ERROR_BUS_OFF) return ESP_ERR_INVALID_STATE;
	recoveries++;
	if (!standinTwaiWire.silent) standinAt(&twai->back, standinNowNs() + 129 * 11 * 1000000000ull / twai->config.bit_timing.bitrate);
	return ESP_OK;
}

esp_err_t twai_node_get_info(twai_node_handle_t twai, twai_node_status_t *status, twai_node_record_t *record) {
	if (standinInInterrupt()) standinWrong("twai_node_get_info in an interrupt");
	if (status) *status = (twai_node_status_t){.state = twai->state, .tx_error_count = (uint16_t)twai->tec, .rx_error_count = (uint16_t)twai->rec};
	if (record) record->bus_err_num = 0;
	return ESP_OK;
}

esp_err_t twai_node_transmit(twai_node_handle_t twai, const twai_frame_t *frame, int timeoutMs) {
	if (timeoutMs != 0) standinWrong("twai_node_transmit waits");
	/* It calls xEventGroupClearBits, which is in flash. */
	if (standinFlashBusy()) standinWrong("twai_node_transmit while flash is written");
	if (twai->config.flags.enable_listen_only) return ESP_ERR_NOT_SUPPORTED;
	if (twai->state == TWAI_ERROR_BUS_OFF) return ESP_ERR_INVALID_STATE;
	if (frame->header.dlc && frame->buffer_len && frame->header.dlc != frame->buffer_len) return ESP_ERR_INVALID_ARG;
	if (frame->buffer_len > 8 || frame->header.dlc > 8) return ESP_ERR_INVALID_ARG;
	if (!twai->busy) {
		twai->busy = true;
		twai->current = frame;
		start(twai);
	} else {
		if (twai->waiting >= twai->config.tx_queue_depth) return ESP_ERR_TIMEOUT;
		twai->queue[twai->waiting++] = frame;
	}
	return ESP_OK;
}

esp_err_t twai_node_receive_from_isr(twai_node_handle_t twai, twai_frame_t *frame) {
	if (!twai->receiving) return ESP_ERR_INVALID_STATE;
	frame->header = (twai_frame_header_t){.id = twai->received.id, .dlc = twai->received.length};
	frame->header.ide = (twai->received.flags & CAN_EXTENDED) != 0;
	frame->header.rtr = (twai->received.flags & CAN_REMOTE) != 0;
	if (!frame->header.rtr)
		memcpy(frame->buffer, twai->received.data, twai->received.length < frame->buffer_len ? twai->received.length : frame->buffer_len);
	return ESP_OK;
}

static void reset(void) {
	if (node) {
		standinCancel(&node->sent);
		standinCancel(&node->back);
	}
	free(node);
	node = NULL;
	recoveries = 0;
	memset(&standinTwaiWire, 0, sizeof standinTwaiWire);
}

__attribute__((constructor)) static void begin(void) {
	standinOnReset(reset);
}
