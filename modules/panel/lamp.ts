import { frozen } from "../base/frozen";

/** What the lamp says, the most urgent first: where several are true, the first one shows. */
export type LampStateName = "reset" | "boot" | "setup" | "alarm" | "acknowledged" | "offline" | "warning" | "ok";

export interface LampState {
	readonly name: LampStateName;
	/** For a person beside the hub. */
	readonly meaning: string;
	readonly colorName: string;
	/** Red, green, blue of 255. Low: a lamp of this kind at full power blinds at night. */
	readonly color: readonly [red: number, green: number, blue: number];
	/** Lit for `onMs` of each `periodMs`; both the same: steady. */
	readonly onMs: number;
	readonly periodMs: number;
	/** The rhythm in words: it tells the states apart for who does not see the colours. */
	readonly rhythm: string;
}

/** The one table of the lamp's states; docs/device.md shows it. */
export const kLampStates = frozen<readonly LampState[]>([
	{
		name: "reset",
		meaning: "a button has been held for 3 s: at 10 s the hub forgets its settings",
		colorName: "magenta",
		color: [40, 0, 24],
		onMs: 250,
		periodMs: 500,
		rhythm: "two flashes a second",
	},
	{
		name: "boot",
		meaning: "starting",
		colorName: "white",
		color: [6, 6, 6],
		onMs: 1000,
		periodMs: 1000,
		rhythm: "steady",
	},
	{
		name: "setup",
		meaning: "waits to be set up: it is a Wi-Fi network of its own",
		colorName: "blue",
		color: [0, 0, 20],
		onMs: 1000,
		periodMs: 2000,
		rhythm: "a second on, a second off",
	},
	{
		name: "alarm",
		meaning: "an alarm that nobody has acknowledged",
		colorName: "red",
		color: [40, 0, 0],
		onMs: 500,
		periodMs: 1000,
		rhythm: "one flash a second",
	},
	{
		name: "acknowledged",
		meaning: "an alarm stands, and somebody has acknowledged it",
		colorName: "red",
		color: [14, 0, 0],
		onMs: 1000,
		periodMs: 1000,
		rhythm: "steady",
	},
	{
		name: "offline",
		meaning: "no network",
		colorName: "blue",
		color: [0, 0, 14],
		onMs: 250,
		periodMs: 2000,
		rhythm: "a blink every 2 s",
	},
	{
		name: "warning",
		meaning: "a warning stands: a reading is suspect, the clock is not set, or the like",
		colorName: "amber",
		color: [14, 6, 0],
		onMs: 250,
		periodMs: 2000,
		rhythm: "a blink every 2 s",
	},
	{
		name: "ok",
		meaning: "all is well; a hub that hangs does not blink",
		colorName: "green",
		color: [0, 8, 0],
		onMs: 250,
		periodMs: 4000,
		rhythm: "a blink every 4 s",
	},
]);

export function lampState(name: LampStateName): LampState {
	return kLampStates.find((state) => state.name === name)!;
}

/** Whether a state that began at `sinceMs` is lit at `nowMs`. */
export function lampLit(state: LampState, sinceMs: number, nowMs: number): boolean {
	return (nowMs - sinceMs) % state.periodMs < state.onMs;
}
