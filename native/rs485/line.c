#include "line.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>

typedef struct Burst Burst;
struct Burst {
	Burst *next; /* by begin on the wire */
	LineStation *from;
	uint64_t startUs;
	uint64_t frameAtUs; /* of a port: when devices get it */
	uint32_t length, fed;
	uint32_t charNs;
	uint8_t parity, stopBits;
	unsigned flags;
	bool damaged;
	uint8_t bytes[];
};

typedef struct Line Line;
struct Line {
	Line *next;
	struct sxMachine *the;
	HostTimer *timer;
	LineStation *stations;
	Burst *bursts;
	char name[];
};

typedef struct {
	Line *lines;
} Lines;

static uint64_t byteBegin(const Burst *burst, uint32_t index) {
	return burst->startUs + (uint64_t)index * burst->charNs / 1000;
}

static uint64_t byteEnd(const Burst *burst, uint32_t index) {
	return burst->startUs + ((uint64_t)(index + 1) * burst->charNs + 999) / 1000;
}

static uint64_t burstEnd(const Burst *burst) {
	return byteEnd(burst, burst->length - 1);
}

static bool isNoise(const Burst *burst) {
	return (burst->flags & LINE_NOISE) != 0;
}

/* Does any other transmission that counts overlap [beginUs, endUs)? */
static bool overlapped(const Line *line, const Burst *burst, uint64_t beginUs, uint64_t endUs) {
	for (const Burst *other = line->bursts; other && other->startUs < endUs; other = other->next)
		if (other != burst && !isNoise(other) && burstEnd(other) > beginUs) return true;
	return false;
}

static bool inFlight(const Burst *burst, uint64_t nowUs) {
	return burst->fed < burst->length && byteBegin(burst, burst->fed) < nowUs;
}

static void act(LineStation *port, uint32_t actions, uint64_t nowUs);

static void feedByte(Line *line, Burst *burst, uint64_t nowUs) {
	uint32_t index = burst->fed++;
	uint64_t endUs = byteEnd(burst, index);
	bool clash = overlapped(line, burst, byteBegin(burst, index), endUs);
	if (clash) burst->damaged = true;
	if (clash && isNoise(burst)) return;
	unsigned flags = burst->flags & ~(unsigned)LINE_NOISE;
	for (LineStation *port = line->stations; port; port = port->next) {
		Rs485Core *core = port->core;
		if (!core || port == burst->from) continue;
		bool foreign = core->charNs != burst->charNs || core->config.parity != burst->parity ||
			core->config.stopBits != burst->stopBits;
		unsigned seen = clash || foreign ? RS485_RX_FRAMING : flags;
		act(port, rs485CoreRx(core, burst->bytes[index], seen, endUs), nowUs);
	}
}

static bool addBurst(Line *line, LineStation *from, const Rs485Core *format, const uint8_t *bytes, uint32_t length,
	uint64_t startUs, unsigned flags) {
	Burst *burst = calloc(1, sizeof(Burst) + length);
	if (!burst) return false;
	burst->from = from;
	burst->startUs = startUs;
	burst->frameAtUs = RS485_NEVER;
	burst->length = length;
	burst->charNs = format->charNs;
	burst->parity = format->config.parity;
	burst->stopBits = format->config.stopBits;
	burst->flags = flags;
	memcpy(burst->bytes, bytes, length);
	if (from->core) burst->frameAtUs = burstEnd(burst) + format->silenceUs;
	Burst **link = &line->bursts;
	while (*link && (*link)->startUs <= startUs) link = &(*link)->next;
	burst->next = *link;
	*link = burst;
	return true;
}

/* The line is the port's UART: it sends at once, and only what concerns the reader goes on. */
static void act(LineStation *port, uint32_t actions, uint64_t nowUs) {
	if (actions & RS485_DO_SEND) {
		Rs485Core *core = port->core;
		port->sendEndUs = nowUs + rs485CoreWireUs(core, core->txLength);
		/* Out of memory: the frame is lost, as on a bad wire. */
		(void)addBurst(port->line, port, core, core->tx, core->txLength, nowUs, 0);
	}
	actions &= RS485_DO_WRITABLE | RS485_DO_READABLE;
	if (actions) port->notify(port, actions);
}

static void feed(Line *line, uint64_t nowUs) {
	/* In the order of time: what ends first is told first, a port's own sending included. */
	for (;;) {
		uint64_t atUs = RS485_NEVER;
		Burst *burst = NULL;
		LineStation *sender = NULL;
		for (LineStation *port = line->stations; port; port = port->next) {
			if (!port->core || port->sendEndUs >= atUs) continue;
			atUs = port->sendEndUs;
			sender = port;
		}
		for (Burst *other = line->bursts; other; other = other->next) {
			if (other->fed == other->length) continue;
			uint64_t endUs = byteEnd(other, other->fed);
			if (endUs >= atUs) continue;
			atUs = endUs;
			burst = other;
		}
		if (atUs > nowUs) return;
		if (burst) feedByte(line, burst, nowUs);
		else {
			sender->sendEndUs = RS485_NEVER;
			act(sender, rs485CoreTxDone(sender->core, atUs), nowUs);
		}
	}
}

static void tick(Line *line, uint64_t nowUs) {
	for (const Burst *burst = line->bursts; burst; burst = burst->next) {
		if (!inFlight(burst, nowUs)) continue;
		for (LineStation *port = line->stations; port; port = port->next)
			if (port->core && port != burst->from)
				act(port, rs485CoreRxStart(port->core, byteBegin(burst, burst->fed)), nowUs);
	}
	for (LineStation *port = line->stations; port; port = port->next)
		if (port->core) act(port, rs485CoreTick(port->core, nowUs), nowUs);
}

/* Frames that devices must get now, and removal of what is over. */
static void deliver(Line *line, uint64_t nowUs) {
	for (Burst **link = &line->bursts; *link;) {
		Burst *burst = *link;
		bool due = burst->frameAtUs <= nowUs;
		/* What is over stays while something that began before its end still has to be fed: they may overlap. */
		bool needed = burst->fed < burst->length || (burst->frameAtUs != RS485_NEVER && !due);
		for (const Burst *other = line->bursts; other && !needed; other = other->next)
			needed = other != burst && other->fed < other->length && byteBegin(other, other->fed) < burstEnd(burst);
		if (due) burst->frameAtUs = RS485_NEVER;
		if (!needed) *link = burst->next;
		else link = &burst->next;
		if (due && !burst->damaged)
			for (LineStation *station = line->stations, *next; station; station = next) {
				next = station->next;
				if (station->frame) station->frame(station, burst->bytes, burst->length, burstEnd(burst));
			}
		if (!needed) free(burst);
	}
}

static void arm(Line *line, uint64_t nowUs);

static void run(struct sxMachine *the, void *refcon) {
	Line *line = refcon;
	uint64_t nowUs = hostNowUs(the);
	line->timer = NULL;
	feed(line, nowUs);
	tick(line, nowUs);
	deliver(line, nowUs);
	arm(line, nowUs);
}

/* The next moment at which something is decided. */
static void arm(Line *line, uint64_t nowUs) {
	uint64_t atUs = RS485_NEVER;
	bool flying = false;
	for (const Burst *burst = line->bursts; burst; burst = burst->next) {
		flying = flying || inFlight(burst, nowUs);
		if (burst->frameAtUs < atUs) atUs = burst->frameAtUs;
		uint32_t left = burst->length - burst->fed;
		if (left == 0) continue;
		if (burst->flags & ~(unsigned)LINE_NOISE) left = 1;
		for (const LineStation *port = line->stations; port; port = port->next)
			if (port->core && port != burst->from && rs485CoreRoom(port->core) < left) left = rs485CoreRoom(port->core);
		uint64_t endUs = byteEnd(burst, burst->fed + left - 1);
		if (endUs < atUs) atUs = endUs;
	}
	for (const LineStation *port = line->stations; port; port = port->next) {
		if (!port->core) continue;
		if (port->sendEndUs < atUs) atUs = port->sendEndUs;
		/* A character on its way is watched here, not by the core's rule for false start bits. */
		if (flying && port->core->inCharacter) continue;
		uint64_t deadlineUs = rs485CoreDeadline(port->core);
		if (deadlineUs < atUs) atUs = deadlineUs;
	}
	hostTimerClear(line->the, line->timer);
	line->timer = atUs == RS485_NEVER ? NULL : hostTimerSet(line->the, atUs > nowUs ? atUs : nowUs, run, line);
}

static void freeLine(Line *line) {
	for (Burst *burst = line->bursts, *next; burst; burst = next) {
		next = burst->next;
		free(burst);
	}
	free(line);
}

static void destroyLines(struct sxMachine *the, void *state) {
	(void)the;
	Lines *lines = state;
	for (Line *line = lines->lines, *next; line; line = next) {
		next = line->next;
		for (LineStation *station = line->stations, *after; station; station = after) {
			after = station->next;
			station->line = NULL;
			if (station->gone) station->gone(station);
		}
		freeLine(line);
	}
	lines->lines = NULL;
}

static Lines *linesOf(struct sxMachine *the) {
	return hostModuleState(the, "rs485.lines", sizeof(Lines), destroyLines);
}

bool lineJoin(struct sxMachine *the, const char *name, LineStation *station) {
	Lines *lines = linesOf(the);
	if (!lines) return false;
	Line *line = lines->lines;
	while (line && strcmp(line->name, name) != 0) line = line->next;
	if (!line) {
		line = calloc(1, sizeof(Line) + strlen(name) + 1);
		if (!line) return false;
		line->the = the;
		strcpy(line->name, name);
		line->next = lines->lines;
		lines->lines = line;
	}
	station->line = line;
	station->sendEndUs = RS485_NEVER;
	LineStation **link = &line->stations;
	while (*link) link = &(*link)->next;
	station->next = NULL;
	*link = station;
	for (LineStation *other = line->stations; other; other = other->next) {
		if (other->format && station->core) other->format(other, &station->core->config);
		else if (other->core && station->format) station->format(station, &other->core->config);
	}
	return true;
}

void lineLeave(LineStation *station) {
	Line *line = station->line;
	if (!line) return;
	station->line = NULL;
	for (LineStation **link = &line->stations; *link; link = &(*link)->next)
		if (*link == station) {
			*link = station->next;
			break;
		}
	/* A sender that goes away cuts off what it was sending. */
	uint64_t nowUs = hostNowUs(line->the);
	for (Burst **link = &line->bursts; *link;) {
		Burst *burst = *link;
		if (burst->from == station && (burst->fed < burst->length || burst->frameAtUs != RS485_NEVER)) {
			*link = burst->next;
			free(burst);
		} else link = &burst->next;
	}
	if (line->stations) {
		arm(line, nowUs);
		return;
	}
	hostTimerClear(line->the, line->timer);
	Lines *lines = linesOf(line->the);
	for (Line **link = &lines->lines; *link; link = &(*link)->next)
		if (*link == line) {
			*link = line->next;
			break;
		}
	freeLine(line);
}

void lineKick(LineStation *station) {
	Line *line = station->line;
	if (!line) return;
	uint64_t nowUs = hostNowUs(line->the);
	feed(line, nowUs);
	tick(line, nowUs);
	arm(line, nowUs);
}

bool lineSend(LineStation *station, const uint8_t *bytes, uint32_t length, uint64_t delayUs, unsigned flags) {
	Line *line = station->line;
	if (!line || length > LINE_SEND_MAX) return false;
	const LineStation *port = line->stations;
	while (port && !port->core) port = port->next;
	if (!port || length == 0) return true;
	uint64_t nowUs = hostNowUs(line->the);
	if (!addBurst(line, station, port->core, bytes, length, nowUs + delayUs, flags)) return false;
	arm(line, nowUs);
	return true;
}
