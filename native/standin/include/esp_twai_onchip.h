#ifndef STANDIN_ESP_TWAI_ONCHIP_H
#define STANDIN_ESP_TWAI_ONCHIP_H

#include "esp_twai.h"

typedef struct {
	uint32_t bitrate;
	uint16_t sp_permill, ssp_permill;
} twai_timing_basic_config_t;
typedef struct {
	struct {
		int tx, rx, quanta_clk_out, bus_off_indicator;
	} io_cfg;
	twai_timing_basic_config_t bit_timing, data_timing;
	int8_t fail_retry_cnt;
	uint32_t tx_queue_depth;
	int intr_priority;
	struct {
		uint32_t enable_self_test : 1, enable_loopback : 1, enable_listen_only : 1, no_receive_rtr : 1;
	} flags;
} twai_onchip_node_config_t;

esp_err_t twai_new_node_onchip(const twai_onchip_node_config_t *config, twai_node_handle_t *node);

/* The controller's register for two filters: 16 bits each, of a standard identifier all 11, of an extended one the upper 16. */
static inline twai_mask_filter_config_t twai_make_dual_filter(uint32_t id1, uint32_t mask1, uint32_t id2, uint32_t mask2,
	bool extended) {
	twai_mask_filter_config_t filter = {.is_ext = extended, .dual_filter = true};
	filter.id = extended ? id1 >> 13 << 16 | id2 >> 13 : id1 << 21 | id2 << 5;
	filter.mask = extended ? mask1 >> 13 << 16 | mask2 >> 13 : mask1 << 21 | mask2 << 5;
	return filter;
}

#endif
