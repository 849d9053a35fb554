/*
 * Push buttons on one analog pin (a resistor ladder): samples with their times go in, events come out.
 *
 * Pure C11: no allocation, no OS call, no engine. One caller (a timer's interrupt, or a thread) does everything.
 *
 * Each button has a window of converter values; above idleMin nothing is pressed. A value in no window means two
 * buttons at once or a bad contact: unknown. So does a change from one button to another without idle between: a finger
 * is not that quick, but a second button pressed with the first still down moves the voltage so (and on a ladder of two,
 * into the window of the other one). What was held is cancelled then, and nothing counts until all are released.
 */
#ifndef GRIDPOST_BUTTONS_CORE_H
#define GRIDPOST_BUTTONS_CORE_H

#include <stdbool.h>
#include <stdint.h>

#define BUTTONS_MAX 8u
#define BUTTONS_EVENTS 2u /* most that one sample can cause */
#define BUTTONS_IDLE (-1)
#define BUTTONS_UNKNOWN (-2)

typedef struct {
	uint16_t min, max; /* both included */
	bool plain; /* a contact (a door), not a finger: press and release only */
} ButtonsWindow;

typedef struct {
	ButtonsWindow windows[BUTTONS_MAX];
	uint8_t count;
	uint16_t idleMin; /* nothing is pressed from here up */
	uint32_t debounceMs; /* a value counts once it has stayed this long */
	uint32_t longMs; /* 0: no long press */
	uint32_t repeatMs; /* after a long press, each; 0: no repeat */
	uint32_t stuckMs; /* 0: never stuck */
} ButtonsConfig;

typedef enum {
	BUTTONS_PRESS,
	BUTTONS_RELEASE,
	BUTTONS_LONG,
	BUTTONS_REPEAT,
	BUTTONS_STUCK, /* held (or unknown) for stuckMs: nothing more until released */
	BUTTONS_UNKNOWN_PRESS, /* several at once; what was held is cancelled */
	BUTTONS_CLEAR, /* all released, after stuck or unknown */
	BUTTONS_EVENT_TYPES
} ButtonsEventType;

typedef struct {
	uint8_t type;
	int8_t button; /* index of the window; BUTTONS_UNKNOWN */
	uint32_t heldMs;
	uint32_t count; /* of repeats */
} ButtonsEvent;

typedef struct {
	ButtonsConfig config;
	uint64_t candidateMs; /* since when the candidate is read */
	uint64_t sinceMs; /* since when the state is what it is */
	uint64_t nextMs; /* of the next long press or repeat */
	uint32_t repeats;
	int8_t candidate, state; /* index, BUTTONS_IDLE or BUTTONS_UNKNOWN */
	bool started, longTold, stuckTold;
} ButtonsCore;

/* NULL, or what is wrong with the configuration. */
const char *buttonsCoreInit(ButtonsCore *core, const ButtonsConfig *config);
/* What a value stands for: index of a window, BUTTONS_IDLE or BUTTONS_UNKNOWN. */
int buttonsDecode(const ButtonsConfig *config, uint16_t raw);
/* One sample; times never go back. Returns the number of events, up to BUTTONS_EVENTS. */
unsigned buttonsCoreSample(ButtonsCore *core, uint16_t raw, uint64_t nowMs, ButtonsEvent *events);
const char *buttonsEventName(unsigned type);

#endif
