/*
 * The platform that XS is compiled for: a Node addon on 64-bit Linux (or 32-bit, for exact heap figures).
 * Included by every engine file and by every native through xsPlatform.h.
 */
#ifndef GRIDPOST_PLATFORM_H
#define GRIDPOST_PLATFORM_H

#undef mxLinux
#define mxLinux 1
#undef mxLittleEndian
#define mxLittleEndian 1
#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1

#if INTPTR_MAX == INT64_MAX
#define mx32bitID 1
#endif
#define mxCESU8 1
#define mxUseDefaultSharedChunks 1

/* Members of the machine that belong to the platform. `host` is our record (engine.h); the waiter is for Atomics.wait. */
#define mxMachinePlatform \
	void* host; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

/* What the engine asks of the world comes from the machine of the current thread: its clock, its dice, its trace. */
typedef struct timeval c_timeval;
#define c_timezone timezone
#define c_gettimeofday(_TV, _ZONE) hostTimeOfDay(_TV)
#define C_RAND_MAX 0x7FFFFFFF
#define c_rand() hostRandom()
#define c_printf hostPrint
#define c_vprintf hostPrintV

extern int hostTimeOfDay(struct timeval *tv);
extern int hostRandom(void);
extern int hostPrint(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern int hostPrintV(const char *format, va_list arguments);

#endif
