/* For core_test.c files: each is a program that prints what fails and ends with 1 then. */
#ifndef GRIDPOST_NATIVE_TEST_H
#define GRIDPOST_NATIVE_TEST_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int testChecks, testFailures;

#define CHECK(_CONDITION, ...) \
	do { \
		testChecks++; \
		if (!(_CONDITION)) { \
			testFailures++; \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #_CONDITION); \
			fprintf(stderr, __VA_ARGS__); \
			fputc('\n', stderr); \
			if (testFailures > 20) exit(1); \
		} \
	} while (0)

#define EQUAL(_ACTUAL, _EXPECTED) \
	CHECK((int64_t)(_ACTUAL) == (int64_t)(_EXPECTED), "%s is %" PRId64 ", not %" PRId64, #_ACTUAL, (int64_t)(_ACTUAL), \
		(int64_t)(_EXPECTED))

/* xorshift64*: the same sequence on every machine. */
static uint64_t testSeed = 0x9E3779B97F4A7C15u;
static inline uint32_t testRandom(uint32_t below) {
	testSeed ^= testSeed >> 12;
	testSeed ^= testSeed << 25;
	testSeed ^= testSeed >> 27;
	return (uint32_t)((testSeed * 0x2545F4914F6CDD1Du) >> 32) % below;
}

static inline int testEnd(void) {
	printf("%d checks, %d failures\n", testChecks, testFailures);
	return testFailures == 0 ? 0 : 1;
}

#endif
