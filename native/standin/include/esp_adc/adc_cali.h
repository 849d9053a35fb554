#ifndef STANDIN_ADC_CALI_H
#define STANDIN_ADC_CALI_H

#include "esp_err.h"

typedef struct StandinCalibration *adc_cali_handle_t;
esp_err_t adc_cali_raw_to_voltage(adc_cali_handle_t handle, int raw, int *mv);

#endif
