/** A timer of the machine: opaque. */
export type TimerObject = { readonly brand: unique symbol };
export type TimerCallback = (timer: TimerObject) => void;

/** Times are whole milliseconds. Timers due at the same time fire in the order of their setting. */
export default class Timer {
	private constructor();
	/** Calls once after `delay`, and every `repeat` after that when given. */
	static set(callback: TimerCallback, delay?: number, repeat?: number): TimerObject;
	static repeat(callback: TimerCallback, delay: number): TimerObject;
	/** Sets other times; with the timer alone it is suspended. Throws when it has been cleared or has fired. */
	static schedule(timer: TimerObject, delay?: number, repeat?: number): void;
	/** Ignores timers that have fired or were cleared, and nothing. */
	static clear(timer?: TimerObject | null): void;
	/** Blocks the machine. */
	static delay(ms: number): void;
}
