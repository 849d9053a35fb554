/*
 * What is at the other end of the stand-in's CAN controllers and of its converter, for tests: the chip's own controller
 * (chip_twai.c), one MCP2515 on SPI with its INT line (chip_spi.c), the voltage of an analog pin (chip_adc.c).
 */
#ifndef GRIDPOST_STANDIN_CHIP_CAN_H
#define GRIDPOST_STANDIN_CHIP_CAN_H

#include "../can/can_core.h"
#include "mcp2515_chip.h"

/* The bus of a controller: frames that came out are kept here. */
enum { STANDIN_HEARD = 64 };
typedef struct {
	CanFrame heard[STANDIN_HEARD];
	unsigned count;
	bool silent; /* nobody acknowledges */
} StandinWire;

extern StandinWire standinTwaiWire, standinMcpWire;
extern Mcp2515Chip standinMcp;

/* A frame of another station. False: the controller did not take it. */
bool standinTwaiReceive(const CanFrame *frame);
/* Error counters; tec 256 is bus-off. The controller tells what the real one tells. */
void standinTwaiErrors(unsigned tec, unsigned rec);
/* One bus error, without the counters. */
void standinTwaiError(bool arbitration);
/* Times that the controller was asked to come back. */
unsigned standinTwaiRecoveries(void);

bool standinMcpReceive(const CanFrame *frame);
/* After anything was done to standinMcp: INT, and frames that go out. */
void standinMcpChanged(void);

void standinAdc(int mv, bool calibrated);

#endif
