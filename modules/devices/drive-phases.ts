import type { Clock, TimerId } from "../base/clock";
import type { Done, DriveLine } from "./drive-line";

export type DrivePhase =
	/** Nothing to do. */
	| "idle"
	/** It answers: what does it do? */
	| "meeting"
	/** A stop is sent until it is seen not to run; then it is waited until it stands, and all is taken out of it. */
	| "stopping"
	| "standing"
	| "parking"
	/** The way to a start. */
	| "watchdog"
	| "reference"
	| "step"
	| "run"
	| "starting"
	| "running"
	| "resetting";

/** Where the work on a drive has come to: one frame at a time, one phase after the other, and nothing of the one before. */
export class DrivePhases {
	phase: DrivePhase = "idle";
	/** Times that something was tried in this phase, and when it began. */
	tries = 0;
	sinceMs = 0;
	readonly line: DriveLine;
	readonly clock: Clock;
	/** Does what the phase does next. */
	readonly #go: () => void;
	/** Changes with the phase: what is under way for another does not go on. */
	#turn = 0;
	#timer: TimerId | undefined;
	#closed = false;

	constructor(line: DriveLine, clock: Clock, go: () => void) {
		this.line = line;
		this.clock = clock;
		this.#go = go;
	}

	get ageMs(): number {
		return this.clock.now() - this.sinceMs;
	}

	enter(phase: DrivePhase): void {
		this.#turn++;
		this.phase = phase;
		this.tries = 0;
		this.sinceMs = this.clock.now();
		this.go();
	}

	/** Unless a frame is under way: its end comes here. */
	go(): void {
		if (this.#closed || this.line.busy) return;
		this.clock.clearTimer(this.#timer);
		this.#go();
	}

	/** One frame, or one look; `then` only while the phase is still the same. */
	ask(op: (done: Done) => void, then: Done): void {
		const turn = this.#turn;
		op((answer) => {
			if (this.#closed) return;
			if (turn === this.#turn) then(answer);
			else this.go();
		});
	}

	wake(delayMs: number): void {
		this.clock.clearTimer(this.#timer);
		if (!this.#closed) this.#timer = this.clock.setTimer(() => this.go(), delayMs);
	}

	close(): void {
		this.#closed = true;
		this.clock.clearTimer(this.#timer);
	}
}
