/* What the SDK's header of this name (modules/io/common) declares and our ports use: each pin has one owner. */
#ifndef STANDIN_BUILTINCOMMON_H
#define STANDIN_BUILTINCOMMON_H

#include <stdint.h>

#define builtinIsPinFree(pin) builtinArePinsFree((pin) >> 5, 1u << ((pin) & 0x1F))
#define builtinUsePin(pin) builtinUsePins((pin) >> 5, 1u << ((pin) & 0x1F))
#define builtinFreePin(pin) builtinFreePins((pin) >> 5, 1u << ((pin) & 0x1F))

uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins);
uint8_t builtinUsePins(uint32_t bank, uint32_t pins);
void builtinFreePins(uint32_t bank, uint32_t pins);

#endif
