export default class Time {
	private constructor();
	/** Sets the machine's wall clock (Date): seconds since 1970. The computer's clock stays. */
	static set(seconds: number): void;
	/** Seconds east of UTC. Kept for the application; Date here follows the process's zone. */
	static timezone: number;
	/** Seconds of daylight saving time. */
	static dst: number;
	/** Milliseconds, monotonic, whole; from the start of the machine. */
	static readonly ticks: number;
	/** As ticks, in microseconds. */
	static readonly microseconds: number;
	/** Milliseconds from one value of ticks to another, or to now. */
	static delta(start: number, end?: number): number;
}
