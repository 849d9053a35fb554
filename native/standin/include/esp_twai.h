#ifndef STANDIN_ESP_TWAI_H
#define STANDIN_ESP_TWAI_H

#include "esp_err.h"

typedef struct StandinTwai *twai_node_handle_t;
typedef enum { TWAI_ERROR_ACTIVE, TWAI_ERROR_WARNING, TWAI_ERROR_PASSIVE, TWAI_ERROR_BUS_OFF } twai_error_state_t;
typedef struct {
	uint32_t id;
	uint16_t dlc;
	struct {
		uint32_t ide : 1, rtr : 1, fdf : 1, brs : 1, esi : 1;
	};
	uint64_t timestamp;
} twai_frame_header_t;
typedef struct {
	twai_frame_header_t header;
	uint8_t *buffer;
	size_t buffer_len;
} twai_frame_t;
typedef union {
	struct {
		uint32_t arb_lost : 1, bit_err : 1, form_err : 1, stuff_err : 1, ack_err : 1;
	};
	uint32_t val;
} twai_error_flags_t;
typedef struct {
	twai_error_state_t state;
	uint16_t tx_error_count, rx_error_count;
	uint32_t tx_queue_remaining;
} twai_node_status_t;
typedef struct {
	uint32_t bus_err_num;
} twai_node_record_t;
typedef struct {
	bool is_tx_success;
	const twai_frame_t *done_tx_frame;
} twai_tx_done_event_data_t;
typedef struct {
	char nothing;
} twai_rx_done_event_data_t;
typedef struct {
	twai_error_state_t old_sta, new_sta;
} twai_state_change_event_data_t;
typedef struct {
	twai_error_flags_t err_flags;
} twai_error_event_data_t;
typedef struct {
	bool (*on_tx_done)(twai_node_handle_t node, const twai_tx_done_event_data_t *event, void *refcon);
	bool (*on_rx_done)(twai_node_handle_t node, const twai_rx_done_event_data_t *event, void *refcon);
	bool (*on_state_change)(twai_node_handle_t node, const twai_state_change_event_data_t *event, void *refcon);
	bool (*on_error)(twai_node_handle_t node, const twai_error_event_data_t *event, void *refcon);
} twai_event_callbacks_t;
typedef struct {
	uint32_t id, mask;
	struct {
		uint32_t is_ext : 1, no_classic : 1, no_fd : 1, dual_filter : 1;
	};
} twai_mask_filter_config_t;

esp_err_t twai_node_register_event_callbacks(twai_node_handle_t node, const twai_event_callbacks_t *callbacks, void *refcon);
esp_err_t twai_node_config_mask_filter(twai_node_handle_t node, uint8_t index, const twai_mask_filter_config_t *filter);
esp_err_t twai_node_enable(twai_node_handle_t node);
esp_err_t twai_node_disable(twai_node_handle_t node);
esp_err_t twai_node_delete(twai_node_handle_t node);
esp_err_t twai_node_recover(twai_node_handle_t node);
esp_err_t twai_node_get_info(twai_node_handle_t node, twai_node_status_t *status, twai_node_record_t *record);
esp_err_t twai_node_transmit(twai_node_handle_t node, const twai_frame_t *frame, int timeoutMs);
esp_err_t twai_node_receive_from_isr(twai_node_handle_t node, twai_frame_t *frame);

#endif
