#ifndef STANDIN_ESP_MEMORY_UTILS_H
#define STANDIN_ESP_MEMORY_UTILS_H

#include "esp_err.h"

/* In a block of heap_caps_malloc with MALLOC_CAP_INTERNAL. */
bool esp_ptr_internal(const void *pointer);

#endif
