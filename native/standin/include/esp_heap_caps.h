#ifndef STANDIN_ESP_HEAP_CAPS_H
#define STANDIN_ESP_HEAP_CAPS_H

#include "esp_err.h"

#define MALLOC_CAP_8BIT (1 << 2)
#define MALLOC_CAP_SPIRAM (1 << 10)
#define MALLOC_CAP_INTERNAL (1 << 11)

void *heap_caps_malloc(size_t size, uint32_t caps);
void *heap_caps_calloc(size_t count, size_t size, uint32_t caps);
void heap_caps_free(void *block);

#endif
