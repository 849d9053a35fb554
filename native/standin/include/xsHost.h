/* What the SDK's header of this name declares for ESP32 and our ports use. */
#ifndef STANDIN_XSHOST_H
#define STANDIN_XSHOST_H

typedef void (*modMessageDeliver)(void *the, void *refcon, uint8_t *message, uint16_t messageLength);
int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon);

#endif
