#ifndef STANDIN_ESP_ATTR_H
#define STANDIN_ESP_ATTR_H

/* Sections of their own, so that a test can look at what is reached from them. */
#define IRAM_ATTR __attribute__((section(".iram1")))
#define DRAM_ATTR __attribute__((section(".dram1")))

#endif
