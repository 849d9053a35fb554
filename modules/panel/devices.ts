import type { Clock } from "../base/clock";
import type { ButtonEvent } from "../buttons/buttons";

/** What a board gives to look at and to press. Each may be missing. */
export interface PanelDevices {
	/** A picture of one bit a dot: rows of width / 8 bytes from the top, the leftmost dot in the highest bit, 1 is lit. */
	screen?: PanelScreen;
	/** Red, green, blue, 0 to 255. */
	lamp?: { color(red: number, green: number, blue: number): void };
	/** Closed (1) while an alarm stands that nobody has acknowledged: a beacon or a horn. */
	alarmRelay?: { write(value: 0 | 1): void };
	/** Begins to report presses. The names are those of the board's ladder. Long presses and repeats are needed. */
	buttons?: (onEvent: (event: ButtonEvent) => void) => { close(): void };
	/** What each button does, by its name: see actions.ts. What has no entry is no button (a door contact). */
	actions?: Readonly<Record<string, ButtonActions>>;
	/** Time of the person before the panel, where the application's runs faster. */
	clock?: Clock;
}

export interface PanelScreen {
	readonly width: number;
	readonly height: number;
	draw(dots: Uint8Array): void;
	/** 0 off, 1 dim, 2 full. Left out: instead of off, a dark picture is drawn. */
	brightness?(level: 0 | 1 | 2): void;
}

export type PanelAction = "next" | "previous" | "details" | "acknowledge";

export interface ButtonActions {
	/** Done at once, or where there is a `long` one, on release before that. */
	press?: PanelAction;
	long?: PanelAction;
}
