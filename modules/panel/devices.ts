import type { ButtonEvent } from "../buttons/buttons";

/** What a board gives to look at and to press. Each may be missing. */
export interface PanelDevices {
	/** A picture of one bit a dot: rows of width / 8 bytes from the top, the leftmost dot in the highest bit, 1 is lit. */
	screen?: { readonly width: number; readonly height: number; draw(dots: Uint8Array): void };
	/** Red, green, blue, 0 to 255. */
	lamp?: { color(red: number, green: number, blue: number): void };
	/** Closed (1) while an alarm stands that nobody has acknowledged: a beacon or a horn. */
	alarmRelay?: { write(value: 0 | 1): void };
	/** Begins to report presses. The names are those of the board's ladder. */
	buttons?: (onEvent: (event: ButtonEvent) => void) => { close(): void };
	/** What each button does, by its name. */
	actions?: Readonly<Record<string, ButtonActions>>;
}

export type PanelAction = "next" | "previous" | "details" | "acknowledge";

export interface ButtonActions {
	press?: PanelAction;
	long?: PanelAction;
}
