#include "bus.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>

/* A passive station that gets no acknowledgement may try for ever: here not more often than this. */
enum { RETRY_US = 100000, ERROR_FRAME_BITS = 17, ATTEMPTS = 100 };

typedef struct Waiting Waiting;
struct Waiting {
	Waiting *next; /* by time, then by order of sending */
	BusStation *from;
	uint64_t atUs;
	unsigned attempts;
	CanFrame frame;
};

typedef struct Bus Bus;
struct Bus {
	Bus *next;
	struct sxMachine *the;
	HostTimer *timer;
	BusStation *stations;
	Waiting *waiting;
	/* on the wire */
	BusStation *sender; /* NULL: the bus is idle */
	Waiting *sent; /* of a device */
	CanFrame frame;
	uint64_t endUs;
	uint32_t disturb;
	char name[];
};

typedef struct {
	Bus *buses;
} Buses;

static void act(BusStation *port, uint32_t actions, uint64_t nowUs) {
	if ((actions & CAN_DO_FLUSH) && port->bus->sender == port) port->bus->sender = NULL;
	if (actions & CAN_DO_RECOVER) actions |= canCoreErrors(port->core, 0, 0, false, nowUs);
	actions &= CAN_DO_READABLE | CAN_DO_WRITABLE | CAN_DO_STATE | CAN_DO_OVERFLOW;
	if (actions) port->notify(port, actions);
}

static const BusStation *firstPort(const Bus *bus) {
	const BusStation *port = bus->stations;
	while (port && !port->core) port = port->next;
	return port;
}

static uint32_t bitrateOf(const BusStation *station) {
	const BusStation *port = station->core ? station : firstPort(station->bus);
	return port ? port->core->config.bitrate : 500000;
}

typedef enum { GOOD, UNACKNOWLEDGED, DESTROYED } Outcome;

static Outcome outcomeOf(Bus *bus) {
	Outcome outcome = UNACKNOWLEDGED;
	if (bus->sender->core && bus->sender->core->config.mode == CAN_MODE_SELFTEST) outcome = GOOD;
	for (const BusStation *other = bus->stations; other; other = other->next) {
		if (other == bus->sender || (other->core && other->core->config.mode == CAN_MODE_LISTEN)) continue;
		if (other->core && canCoreState(other->core) == CAN_BUS_OFF) continue;
		if (bitrateOf(other) != bitrateOf(bus->sender)) return DESTROYED;
		if (outcome == UNACKNOWLEDGED) outcome = GOOD;
	}
	if (bus->disturb == 0) return outcome;
	bus->disturb--;
	return DESTROYED;
}

static void removeWaiting(Bus *bus, Waiting *waiting) {
	for (Waiting **link = &bus->waiting; *link; link = &(*link)->next)
		if (*link == waiting) {
			*link = waiting->next;
			free(waiting);
			return;
		}
}

static void deliver(Bus *bus, BusStation *station, uint64_t nowUs) {
	if (station->frame) station->frame(station, &bus->frame);
	if (station->core && canCoreState(station->core) != CAN_BUS_OFF &&
		bitrateOf(station) == bitrateOf(bus->sender))
		act(station, canCoreRx(station->core, &bus->frame, nowUs), nowUs);
}

/* The frame on the wire has ended. */
static void finish(Bus *bus, uint64_t nowUs) {
	BusStation *sender = bus->sender;
	Outcome outcome = outcomeOf(bus);
	bus->frame.timeUs = bus->endUs;
	if (outcome == GOOD) {
		for (BusStation *other = bus->stations; other; other = other->next)
			if (other != sender) deliver(bus, other, nowUs);
		if (sender->core && sender->core->config.mode == CAN_MODE_SELFTEST) deliver(bus, sender, nowUs);
		bus->sender = NULL;
		if (sender->core) act(sender, canCoreTxDone(sender->core, nowUs), nowUs);
		else removeWaiting(bus, bus->sent);
		return;
	}
	if (outcome == DESTROYED)
		for (BusStation *other = bus->stations; other; other = other->next)
			if (other != sender && other->core) act(other, canCoreBusError(other->core, false, nowUs), nowUs);
	bus->sender = NULL;
	if (!sender->core) {
		/* A device tries again after a disturbance, and gives up when nobody is there or it does not help. */
		if (outcome == UNACKNOWLEDGED || ++bus->sent->attempts >= ATTEMPTS) removeWaiting(bus, bus->sent);
		return;
	}
	/* ISO 11898-1, 8.3.1: a passive station does not count a missing acknowledgement, so it never goes off by it. */
	if (outcome == UNACKNOWLEDGED && canCoreState(sender->core) == CAN_PASSIVE) {
		canCoreCountError(sender->core);
		sender->retryAtUs = nowUs + RETRY_US;
	} else act(sender, canCoreBusError(sender->core, true, nowUs), nowUs);
}

static const CanFrame *offer(const BusStation *station, uint64_t nowUs) {
	if (!station->core || station->retryAtUs > nowUs) return NULL;
	return canCoreTxNext(station->core);
}

/* The bus is idle: of all who want to send, the lowest identifier wins. */
static void arbitrate(Bus *bus, uint64_t nowUs) {
	uint64_t best = UINT64_MAX; /* the rank of the last of all frames is UINT32_MAX */
	for (BusStation *station = bus->stations; station; station = station->next) {
		const CanFrame *frame = offer(station, nowUs);
		if (!frame || canFrameRank(frame) >= best) continue;
		best = canFrameRank(frame);
		bus->sender = station;
		bus->frame = *frame;
	}
	for (Waiting *waiting = bus->waiting; waiting && waiting->atUs <= nowUs; waiting = waiting->next) {
		if (canFrameRank(&waiting->frame) >= best) continue;
		best = canFrameRank(&waiting->frame);
		bus->sender = waiting->from;
		bus->sent = waiting;
		bus->frame = waiting->frame;
	}
	if (!bus->sender) return;
	uint64_t bits = canFrameBits(&bus->frame);
	if (bus->disturb > 0) bits += ERROR_FRAME_BITS;
	uint32_t bitrate = bitrateOf(bus->sender);
	bus->endUs = nowUs + (bits * 1000000 + bitrate - 1) / bitrate;
}

static void run(struct sxMachine *the, void *refcon);

static void step(Bus *bus, uint64_t nowUs) {
	if (bus->sender && bus->endUs <= nowUs) finish(bus, nowUs);
	for (BusStation *port = bus->stations; port; port = port->next)
		if (port->core) act(port, canCoreTick(port->core, nowUs), nowUs);
	if (!bus->sender) arbitrate(bus, nowUs);

	uint64_t atUs = bus->sender ? bus->endUs : CAN_NEVER;
	for (const BusStation *port = bus->stations; port; port = port->next) {
		if (!port->core) continue;
		if (canCoreDeadline(port->core) < atUs) atUs = canCoreDeadline(port->core);
		if (!bus->sender && canCoreTxNext(port->core) && port->retryAtUs < atUs) atUs = port->retryAtUs;
	}
	if (!bus->sender && bus->waiting && bus->waiting->atUs < atUs) atUs = bus->waiting->atUs;
	hostTimerClear(bus->the, bus->timer);
	bus->timer = atUs == CAN_NEVER ? NULL : hostTimerSet(bus->the, atUs > nowUs ? atUs : nowUs, run, bus);
}

static void run(struct sxMachine *the, void *refcon) {
	Bus *bus = refcon;
	bus->timer = NULL;
	step(bus, hostNowUs(the));
}

static void freeBus(Bus *bus) {
	while (bus->waiting) removeWaiting(bus, bus->waiting);
	free(bus);
}

static void destroyBuses(struct sxMachine *the, void *state) {
	(void)the;
	Buses *buses = state;
	for (Bus *bus = buses->buses, *next; bus; bus = next) {
		next = bus->next;
		for (BusStation *station = bus->stations, *after; station; station = after) {
			after = station->next;
			station->bus = NULL;
			if (station->gone) station->gone(station);
		}
		freeBus(bus);
	}
	buses->buses = NULL;
}

static Buses *busesOf(struct sxMachine *the) {
	return hostModuleState(the, "can.buses", sizeof(Buses), destroyBuses);
}

bool busJoin(struct sxMachine *the, const char *name, BusStation *station) {
	Buses *buses = busesOf(the);
	Bus *bus = buses->buses;
	while (bus && strcmp(bus->name, name) != 0) bus = bus->next;
	if (!bus) {
		bus = calloc(1, sizeof(Bus) + strlen(name) + 1);
		if (!bus) return false;
		bus->the = the;
		strcpy(bus->name, name);
		bus->next = buses->buses;
		buses->buses = bus;
	}
	station->bus = bus;
	station->next = NULL;
	BusStation **link = &bus->stations;
	while (*link) link = &(*link)->next;
	*link = station;
	/* Somebody is there to acknowledge. */
	for (BusStation *other = bus->stations; other; other = other->next) other->retryAtUs = 0;
	step(bus, hostNowUs(the));
	return true;
}

void busLeave(BusStation *station) {
	Bus *bus = station->bus;
	if (!bus) return;
	station->bus = NULL;
	for (BusStation **link = &bus->stations; *link; link = &(*link)->next)
		if (*link == station) {
			*link = station->next;
			break;
		}
	for (Waiting *waiting = bus->waiting, *next; waiting; waiting = next) {
		next = waiting->next;
		if (waiting->from == station) removeWaiting(bus, waiting);
	}
	if (bus->sender == station) bus->sender = NULL;
	if (bus->stations) {
		step(bus, hostNowUs(bus->the));
		return;
	}
	hostTimerClear(bus->the, bus->timer);
	Buses *buses = busesOf(bus->the);
	for (Bus **link = &buses->buses; *link; link = &(*link)->next)
		if (*link == bus) {
			*link = bus->next;
			break;
		}
	freeBus(bus);
}

void busKick(BusStation *station) {
	if (station->bus) step(station->bus, hostNowUs(station->bus->the));
}

bool busSend(BusStation *station, const CanFrame *frame, uint64_t delayUs) {
	Bus *bus = station->bus;
	if (!bus) return false;
	Waiting *waiting = calloc(1, sizeof *waiting);
	if (!waiting) return false;
	waiting->from = station;
	waiting->frame = *frame;
	waiting->atUs = hostNowUs(bus->the) + delayUs;
	Waiting **link = &bus->waiting;
	while (*link && (*link)->atUs <= waiting->atUs) link = &(*link)->next;
	waiting->next = *link;
	*link = waiting;
	step(bus, hostNowUs(bus->the));
	return true;
}

void busDisturb(BusStation *station, uint32_t frames) {
	if (station->bus) station->bus->disturb = frames;
}
