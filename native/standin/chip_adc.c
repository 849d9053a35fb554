/*
 * The converter: 0 to 3100 mV become 0 to 4095, above that it stays at the end, as the ESP32-S3's at 12 dB. It reads 40 mV
 * too much; the calibration, where the chip has one, knows that.
 */
#include "chip_can.h"
#include "standin.h"
#include "esp_adc/adc_cali_scheme.h"
#include "esp_adc/adc_oneshot.h"

#include <stdlib.h>

enum { SCALE_MV = 3100, OFFSET_MV = 40 };

struct StandinAdc {
	adc_unit_t unit;
	int channel;
};
static struct StandinAdc *units[2];
struct StandinCalibration {
	char nothing;
};
static int voltage;
static bool calibrated;

void standinAdc(int mv, bool known) {
	voltage = mv;
	calibrated = known;
}

esp_err_t adc_oneshot_io_to_channel(int pin, adc_unit_t *unit, adc_channel_t *channel) {
	if (pin < 1 || pin > 20) return ESP_ERR_NOT_FOUND;
	*unit = pin > 10 ? ADC_UNIT_2 : ADC_UNIT_1;
	*channel = (pin - 1) % 10;
	return ESP_OK;
}

esp_err_t adc_oneshot_new_unit(const adc_oneshot_unit_init_cfg_t *config, adc_oneshot_unit_handle_t *handle) {
	if (units[config->unit_id] || standinFails("adc_oneshot_new_unit")) return ESP_ERR_NOT_FOUND;
	struct StandinAdc *unit = calloc(1, sizeof *unit);
	*unit = (struct StandinAdc){config->unit_id, -1};
	units[config->unit_id] = unit;
	standinCount("adc", 1);
	*handle = unit;
	return ESP_OK;
}

esp_err_t adc_oneshot_config_channel(adc_oneshot_unit_handle_t unit, adc_channel_t channel, const adc_oneshot_chan_cfg_t *config) {
	if (standinFails("adc_oneshot_config_channel") || config->atten != ADC_ATTEN_DB_12) return ESP_ERR_INVALID_ARG;
	unit->channel = channel;
	return ESP_OK;
}

esp_err_t adc_oneshot_read(adc_oneshot_unit_handle_t unit, adc_channel_t channel, int *raw) {
	if (standinInInterrupt()) standinWrong("adc_oneshot_read in an interrupt");
	if (unit != units[unit->unit] || channel != unit->channel) return ESP_ERR_INVALID_ARG;
	if (standinFails("adc_oneshot_read")) return ESP_ERR_TIMEOUT;
	int mv = voltage + OFFSET_MV;
	*raw = mv >= SCALE_MV ? 4095 : mv * 4095 / SCALE_MV;
	return ESP_OK;
}

esp_err_t adc_oneshot_del_unit(adc_oneshot_unit_handle_t unit) {
	units[unit->unit] = NULL;
	free(unit);
	standinCount("adc", -1);
	return ESP_OK;
}

esp_err_t adc_cali_create_scheme_curve_fitting(const adc_cali_curve_fitting_config_t *config, adc_cali_handle_t *handle) {
	if (!calibrated || config->atten != ADC_ATTEN_DB_12) return ESP_ERR_NOT_SUPPORTED;
	*handle = calloc(1, sizeof **handle);
	standinCount("adc", 1);
	return ESP_OK;
}

esp_err_t adc_cali_delete_scheme_curve_fitting(adc_cali_handle_t handle) {
	free(handle);
	standinCount("adc", -1);
	return ESP_OK;
}

esp_err_t adc_cali_raw_to_voltage(adc_cali_handle_t handle, int raw, int *mv) {
	if (!handle) return ESP_ERR_INVALID_ARG;
	*mv = raw * SCALE_MV / 4095 - OFFSET_MV;
	return ESP_OK;
}

static void reset(void) {
	for (unsigned i = 0; i < 2; i++) {
		free(units[i]);
		units[i] = NULL;
	}
	standinAdc(3300, true);
}

__attribute__((constructor)) static void begin(void) {
	standinOnReset(reset);
}
