import { frozen } from "../base/frozen";

/** What an alarm is about; alarm-watch.ts says when each is raised and cleared. */
export type AlarmKind =
	| "silent"
	| "bus"
	| "broker"
	| "clock"
	| "suspect"
	| "voltage"
	| "fault"
	| "control"
	| "plugin"
	| "leakage";

/** What needs somebody at the pole, and what only needs to be known. */
export type AlarmSeverity = "alarm" | "warning";

export interface AlarmSource {
	readonly type: "device" | "bus" | "hub" | "plugin";
	/** Id in the site file; of the hub its gateway id; of a plug-in its name. */
	readonly id: string;
}

export interface AlarmEntry {
	/** Counts from 1 after each start, in the order in which alarms were raised. */
	readonly id: number;
	readonly kind: AlarmKind;
	readonly severity: AlarmSeverity;
	readonly source: AlarmSource;
	/** A value or reason, short and without line breaks. */
	readonly detail: string;
	/** Monotonic time at which it was raised. */
	readonly sinceMs: number;
	/** What it is about lasts. */
	readonly active: boolean;
	/** A person has seen it. */
	readonly acknowledged: boolean;
	/** Monotonic time at which it was over; NaN while active. */
	readonly clearedMs: number;
}

/** Alarms kept. More of them at a time than devices of a pole would mean that nobody looks. */
export const alarmsKept = 32;
/** What comes back within this time is the same trouble still: the same alarm, acknowledged if it was. */
const kSameTroubleMs = 600_000;

const kSeverities = frozen<Readonly<Record<AlarmKind, AlarmSeverity>>>({
	silent: "alarm",
	bus: "alarm",
	voltage: "alarm",
	broker: "warning",
	clock: "warning",
	suspect: "warning",
	fault: "alarm",
	control: "alarm",
	plugin: "alarm",
	leakage: "alarm",
});

type Entry = { -readonly [K in keyof AlarmEntry]: AlarmEntry[K] };

/** The alarms of the hub, the last 32 of them, cleared ones included. Those that are over make room first. */
export class Alarms {
	#entries: Entry[] = [];
	#nextId = 1;
	/** Something about the list has changed. */
	onChange: (() => void) | undefined;

	/** In the order in which they were raised. Not to be kept: the entries change. */
	list(): readonly AlarmEntry[] {
		return this.#entries;
	}

	/** How many are active. */
	get standing(): number {
		let count = 0;
		for (const entry of this.#entries) if (entry.active) count++;
		return count;
	}

	/** How many are active and nobody has acknowledged. */
	get unacknowledged(): number {
		let count = 0;
		for (const entry of this.#entries) if (entry.active && !entry.acknowledged) count++;
		return count;
	}

	/** What it is about has begun, or has come back. Does nothing but renew the detail while it is active. */
	raise(kind: AlarmKind, source: AlarmSource, detail: string, nowMs: number): void {
		const known = this.#find(kind, source);
		if (known?.active) {
			if (known.detail === detail) return;
			known.detail = detail;
		} else if (known && nowMs - known.clearedMs < kSameTroubleMs) {
			known.detail = detail;
			known.active = true;
			known.clearedMs = Number.NaN;
		} else {
			if (this.#entries.length >= alarmsKept) this.#makeRoom();
			const id = this.#nextId++;
			const fresh = { active: true, acknowledged: false, clearedMs: Number.NaN };
			this.#entries.push({ id, kind, severity: kSeverities[kind], source, detail, sinceMs: nowMs, ...fresh });
		}
		this.onChange?.();
	}

	/** What it was about is over. */
	clear(kind: AlarmKind, source: AlarmSource, nowMs: number): void {
		const known = this.#find(kind, source);
		if (!known?.active) return;
		known.active = false;
		known.clearedMs = nowMs;
		this.onChange?.();
	}

	/** One by its id, or all. False when there is none with that id; acknowledging twice does no harm. */
	acknowledge(id?: number): boolean {
		let found = id === undefined;
		let changed = false;
		for (const entry of this.#entries) {
			if (id !== undefined && entry.id !== id) continue;
			found = true;
			if (entry.acknowledged) continue;
			entry.acknowledged = true;
			changed = true;
		}
		if (changed) this.onChange?.();
		return found;
	}

	/** The last one of that kind and source. */
	#find(kind: AlarmKind, source: AlarmSource): Entry | undefined {
		for (let i = this.#entries.length - 1; i >= 0; i--) {
			const entry = this.#entries[i]!;
			if (entry.kind === kind && entry.source.id === source.id && entry.source.type === source.type) return entry;
		}
		return undefined;
	}

	/** The oldest that is over goes, else the oldest acknowledged, else the oldest. */
	#makeRoom(): void {
		const entries = this.#entries;
		let at = entries.findIndex((entry) => !entry.active);
		if (at < 0) at = entries.findIndex((entry) => entry.acknowledged);
		entries.splice(Math.max(0, at), 1);
	}
}
