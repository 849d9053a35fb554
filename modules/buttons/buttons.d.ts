/**
 * Push buttons on one analog pin (a resistor ladder): debounce, press, long press, repeat, stuck. C (native/buttons)
 * samples and keeps the times; JavaScript gets events only.
 */
export interface ButtonsOptions {
	/**
	 * The analog input: `io` is constructed with these settings; read() gives the raw value. On the device `pin` alone does
	 * (GPIO 1 to 10; 11 to 20 are of the converter that Wi-Fi disturbs): the port reads the chip's converter itself,
	 * beside the engine, and has that converter alone. For pins of a converter that another class has open, give its `io`.
	 * Raw values are 12-bit, 0 to 4095 for 0 to 3.3 V: where the chip has calibration data they come from the voltage, so
	 * that boards agree; at the end of the converter's scale (about 3.1 V) they are 4095.
	 */
	analog: { io: new (settings: never) => ButtonsAnalog; [setting: string]: unknown } | { pin: number };
	/** 1 to 8 windows of raw values, which may not overlap. */
	thresholds: readonly ButtonThreshold[];
	/** From this raw value up nothing is pressed. */
	idleMin: number;
	/** Time between samples. Default 20. */
	scanMs?: number;
	/** A value counts once it has stayed this long. Default 40. */
	debounceMs?: number;
	/** Default 1000; 0: no long press. */
	longMs?: number;
	/** Between repeats, after a long press. Default 250; 0: none. */
	repeatMs?: number;
	/** A button held this long is stuck. Default 60000; 0: never. */
	stuckMs?: number;
	onEvent?(this: Buttons, event: ButtonEvent): void;
}

export interface ButtonsAnalog {
	read(): number;
	close?(): void;
}

export interface ButtonThreshold {
	/** Up to 23 characters. */
	name: string;
	/** Raw values, both included. */
	min: number;
	max: number;
	/** A contact (a door) and no button: press and release only. */
	plain?: boolean;
}

export interface ButtonEvent {
	/**
	 * - `press`, `release`; `long` after longMs; `repeat` each repeatMs after that, with `count`
	 * - `unknown` a value in no window, or a change from one button to another: several are pressed. What was held is
	 *   cancelled (it gets no release), and nothing counts until all are released
	 * - `stuck` held for stuckMs: nothing more until it is released
	 * - `clear` released after `unknown` or `stuck`
	 */
	type: "press" | "release" | "long" | "repeat" | "stuck" | "unknown" | "clear";
	/** Name of the threshold; absent when unknown. */
	button?: string;
	heldMs: number;
	count: number;
}

export default class Buttons {
	/** Throws TypeError or RangeError naming the option, and what the analog input throws. */
	constructor(options: ButtonsOptions);
	/** Name of what is pressed now, "unknown" for several, undefined for none. */
	get pressed(): string | undefined;
	/** The last raw value: for setting up a board. */
	get raw(): number;
	/** May be called twice, and in a callback. Closes the analog input. */
	close(): void;
}
