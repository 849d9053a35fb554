import type { Clock, TimerId } from "../../../modules/base/clock";

/** What it needs of a machine on a virtual clock: `Machine` of ../machine. */
export interface TimedMachine {
	/** Milliseconds of its own clock. */
	now(): number;
	/** Milliseconds until its next timer, undefined when none waits. */
	untilTimer(): number | undefined;
	advance(ms: number): void;
	/** What killed it: from then on it is passed over. */
	readonly dead?: Error | undefined;
}

/** Node's code that has to finish before time goes on: `VirtualNetwork`. */
export interface Settling {
	readonly activity: number;
	settle(): Promise<void>;
}

interface Timer {
	readonly atUs: number;
	readonly order: number;
	readonly callback: () => void;
	cleared: boolean;
}

/** Turns after which `run` lets Node's loop turn, whatever happens. */
const TURNS = 20_000;

/**
 * One time for several machines and for code in Node: steps from each due timer to the next, whoever set it. Machines
 * that were added are advanced by this alone. At the same moment machines come first, in the order of their adding,
 * then the timers of Node, in the order of their setting.
 */
export class VirtualTime implements Clock {
	readonly #epochMs: number | undefined;
	#nowUs = 0;
	#order = 0;
	#timers: Timer[] = [];
	/** Each with the time at which its clock was 0. */
	#machines = new Map<TimedMachine, number>();

	/** `epochMs` is UTC at `now()` 0, for code in Node; machines have their own. */
	constructor(epochMs?: number) {
		this.#epochMs = epochMs;
	}

	now(): number {
		return this.#nowUs / 1000;
	}

	epochMs(): number | undefined {
		return this.#epochMs === undefined ? undefined : this.#epochMs + this.now();
	}

	setTimer(callback: () => void, delayMs: number): TimerId {
		const atUs = this.#nowUs + Math.max(0, Math.round(delayMs * 1000));
		const timer: Timer = { atUs, order: this.#order++, callback, cleared: false };
		let at = this.#timers.push(timer) - 1;
		for (; at > 0 && later(this.#timers[(at - 1) >> 1]!, timer); at = (at - 1) >> 1)
			this.#timers[at] = this.#timers[(at - 1) >> 1]!;
		this.#timers[at] = timer;
		return timer;
	}

	clearTimer(id: TimerId | undefined): void {
		// it leaves the heap when it is due
		if (id !== undefined) (id as Timer).cleared = true;
	}

	add(machine: TimedMachine): void {
		this.#machines.set(machine, this.#nowUs - usOf(machine));
	}

	/** Before the machine is deleted. */
	remove(machine: TimedMachine): void {
		this.#machines.delete(machine);
	}

	/** Moves on by `ms`. Node's streams do not follow: `run` is for tests that have any. */
	advance(ms: number): void {
		const endUs = this.#nowUs + Math.round(ms * 1000);
		while (this.#step(endUs));
	}

	/** The same, giving code in Node behind `settling` its turn after each step that touched it. */
	async run(ms: number, settling?: Settling): Promise<void> {
		const endUs = this.#nowUs + Math.round(ms * 1000);
		let seen = -1;
		for (let turn = 1; ; turn++) {
			if (settling && settling.activity !== seen) {
				await settling.settle();
				seen = settling.activity;
			} else if (turn % TURNS === 0) await new Promise((resolve) => setImmediate(resolve));
			if (!this.#step(endUs)) return;
		}
	}

	/** To the next due timer and through it; false when there is none until then, and it is then. */
	#step(endUs: number): boolean {
		let nextUs = endUs + 1;
		while (this.#timers[0]?.cleared) this.#pop();
		if (this.#timers[0]) nextUs = Math.min(nextUs, this.#timers[0].atUs);
		for (const [machine, originUs] of this.#machines) {
			if (machine.dead) continue;
			const untilMs = machine.untilTimer();
			if (untilMs !== undefined) nextUs = Math.min(nextUs, originUs + usOf(machine) + Math.round(untilMs * 1000));
		}
		this.#nowUs = Math.max(this.#nowUs, Math.min(nextUs, endUs));
		for (const [machine, originUs] of this.#machines) {
			if (machine.dead) continue;
			const behindUs = this.#nowUs - originUs - usOf(machine);
			if (behindUs > 0 || machine.untilTimer() === 0) machine.advance(Math.max(0, behindUs) / 1000);
		}
		const first = this.#timers[0];
		if (first && !first.cleared && first.atUs <= this.#nowUs) {
			this.#pop();
			first.callback();
		}
		return nextUs <= endUs;
	}

	#pop(): void {
		const heap = this.#timers;
		const last = heap.pop()!;
		if (heap.length === 0) return;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && later(heap[child]!, heap[child + 1]!)) child++;
			if (!later(last, heap[child]!)) break;
			heap[at] = heap[child]!;
			at = child;
		}
		heap[at] = last;
	}
}

function later(a: Timer, b: Timer): boolean {
	return a.atUs > b.atUs || (a.atUs === b.atUs && a.order > b.order);
}

function usOf(machine: TimedMachine): number {
	return Math.round(machine.now() * 1000);
}
