/*
 * libmodbus in the bench: PATH or TCP port, TIMES; reads 18 registers and makes 9 numbers of them. Prints JSON. The
 * library is looked up at run time, so that its headers are not needed.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

typedef struct modbus modbus_t;

static void *library;

static void *named(const char *name) {
	void *found = dlsym(library, name);
	if (!found) exit(3);
	return found;
}

static double seconds(struct timeval time) {
	return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

static double cpu(void) {
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static double elapsed(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
	if (argc < 3 || !(library = dlopen("libmodbus.so.5", RTLD_NOW))) return 3;
	modbus_t *(*newRtu)(const char *, int, char, int, int) = named("modbus_new_rtu");
	modbus_t *(*newTcp)(const char *, int) = named("modbus_new_tcp");
	int (*setSlave)(modbus_t *, int) = named("modbus_set_slave");
	int (*connect)(modbus_t *) = named("modbus_connect");
	int (*readRegisters)(modbus_t *, int, int, uint16_t *) = named("modbus_read_registers");
	int port = argv[1][0] == '/' ? 0 : atoi(argv[1]), times = atoi(argv[2]);
	modbus_t *client = port ? newTcp("127.0.0.1", port) : newRtu(argv[1], 115200, 'N', 8, 1);
	if (!client || setSlave(client, 1) < 0 || connect(client) < 0) return 4;
	uint16_t words[18];
	double sum = 0, begun = 0, used = 0;
	for (int n = -50; n < times; n++) {
		if (n == 0) begun = elapsed(), used = cpu();
		if (readRegisters(client, 0, 18, words) != 18) return 5;
		for (int i = 0; i < 18; i += 2) sum += ((uint32_t)words[i] << 16 | words[i + 1]) * 0.01;
	}
	if (!(sum > 0)) return 6;
	printf("{\"cpuUs\": %f, \"elapsedMs\": %f}\n", (cpu() - used) * 1e6 / times, (elapsed() - begun) * 1e3);
	return 0;
}
