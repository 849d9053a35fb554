/*
 * Placement. On the device a function that an interrupt may reach stays in RAM, because flash cannot be read while it is
 * written; elsewhere this is nothing. Cores mark with it what may be called on their line side.
 */
#ifndef GRIDPOST_ISR_H
#define GRIDPOST_ISR_H

#if defined(ESP_PLATFORM) || defined(GRIDPOST_STANDIN)
#include "esp_attr.h"
#define ISR_CODE IRAM_ATTR
#else
#define ISR_CODE
#endif

#endif
