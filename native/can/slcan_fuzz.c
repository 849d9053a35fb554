/* Any bytes from a serial adapter. A frame that is understood is a good one, and written as a line it is understood again. */
#include "slcan.h"
#include "../fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	Slcan slcan = {0};
	for (size_t i = 0; i < size; i++) {
		SlcanEvent event = slcanFeed(&slcan, data[i]);
		if (event == SLCAN_COMMAND) MUST(slcanAnswer(&slcan) && strlen(slcanAnswer(&slcan)) > 0);
		if (event != SLCAN_FRAME) continue;
		MUST(canFrameCheck(&slcan.frame) == NULL);
		char line[SLCAN_FRAME_MAX];
		uint32_t length = slcanEncode(&slcan.frame, line);
		MUST(length >= 6 && length <= SLCAN_FRAME_MAX);
		Slcan again = {0};
		for (uint32_t j = 0; j + 1 < length; j++) MUST(slcanFeed(&again, (uint8_t)line[j]) == SLCAN_NOTHING);
		MUST(slcanFeed(&again, (uint8_t)line[length - 1]) == SLCAN_FRAME);
		MUST(memcmp(&again.frame, &slcan.frame, sizeof(CanFrame)) == 0);
	}
	return 0;
}
