#ifndef STANDIN_CACHE_UTILS_H
#define STANDIN_CACHE_UTILS_H

#include "esp_err.h"

bool spi_flash_cache_enabled(void);

#endif
