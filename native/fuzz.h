/* For fuzz.c files (libFuzzer, see tools/fuzz.mjs): input as a stream of small numbers, and checks that stop the run. */
#ifndef GRIDPOST_NATIVE_FUZZ_H
#define GRIDPOST_NATIVE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	const uint8_t *at, *end;
} Input;

static inline uint8_t inputByte(Input *input) {
	return input->at < input->end ? *input->at++ : 0;
}

static inline uint32_t inputWord(Input *input) {
	uint32_t value = 0;
	for (int i = 0; i < 4; i++) value = value << 8 | inputByte(input);
	return value;
}

#define MUST(_CONDITION) \
	do { \
		if (!(_CONDITION)) { \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #_CONDITION); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
