#ifndef STANDIN_ESP_ERR_H
#define STANDIN_ESP_ERR_H

#include "sdkconfig.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int esp_err_t;
enum {
	ESP_FAIL = -1,
	ESP_OK = 0,
	ESP_ERR_NO_MEM = 0x101,
	ESP_ERR_INVALID_ARG = 0x102,
	ESP_ERR_INVALID_STATE = 0x103,
	ESP_ERR_INVALID_SIZE = 0x104,
	ESP_ERR_NOT_FOUND = 0x105,
	ESP_ERR_NOT_SUPPORTED = 0x106,
	ESP_ERR_TIMEOUT = 0x107
};

#endif
