/** The way to a motor that runs: all that must be so before the run word is sent, that word, and the look whether it runs. */
import type { DriveBook, DriveOrder } from "./drive-book";
import type { Answer } from "./drive-line";
import type { DrivePhases } from "./drive-phases";
import type { DriveRules } from "./drive-rules";
import { CmdReason, DriveState } from "./models/drive";
import type { WriteOutcome } from "./write";

/** The run word is sent this soon after the drive was seen ready, or not. */
const freshMs = 1000;
/** How often it is looked at while it starts. */
const peekMs = 250;
/** How long the drive may take to run, to take a step. */
const runMs = 5000;
const stepMs = 2000;
/** Tries of a frame that tells or asks something harmless. */
const mostTries = 3;
/** A drive that does not tell after what time it stops is held to this. */
const unknownLossMs = 3000;
const leastLossMs = 2000;

export interface DriveStartOptions {
	phases: DrivePhases;
	rules: DriveRules;
	book: DriveBook;
	/** How long a frame may be under way, at most. */
	lifeMs: number;
	/** It runs. */
	onRunning(): void;
	/** It does not, and must be made sure of. */
	onEnd(result: WriteOutcome["result"], reason: number): void;
}

export class DriveStart {
	hz = Number.NaN;
	reverse = false;
	/** When the run word was sent; it may come again until `lifeMs` after. */
	ranMs = Number.NEGATIVE_INFINITY;
	/** Without an answer for so long the drive has stopped by itself. */
	lossMs = unknownLossMs;
	readonly #options: DriveStartOptions;
	#step = 0;

	constructor(options: DriveStartOptions) {
		this.#options = options;
	}

	/** The drive is off, and nothing in it could make it run. */
	begin(order: DriveOrder): void {
		this.hz = order.hz;
		this.reverse = order.what === "start reverse";
		this.#options.phases.enter("watchdog");
	}

	go(): void {
		switch (this.#options.phases.phase) {
			case "watchdog":
				this.findWatchdog();
				break;
			case "reference":
				this.writeReference();
				break;
			case "step":
				this.takeStep();
				break;
			case "run":
				this.run();
				break;
			default:
				this.awaitRun();
		}
	}

	/** What it is told to turn at; negative for reverse of a drive whose reference has a sign. */
	get reference(): number {
		return this.#options.rules.signed === true && this.reverse ? -this.hz : this.hz;
	}

	/** Whether a frame sent then may still come, once more or at all; if so it is waited for. */
	waitsFor(sentMs: number): boolean {
		const { phases, lifeMs } = this.#options;
		const leftMs = sentMs + lifeMs - phases.clock.now();
		if (leftMs > 0) phases.wake(leftMs);
		return leftMs > 0;
	}

	/** The drive must stop by itself when the hub is gone. */
	private findWatchdog(): void {
		const { phases, rules, onEnd } = this.#options;
		const { watchdog } = rules;
		if (!("row" in watchdog)) {
			this.lossMs = "factoryS" in watchdog ? 1000 * watchdog.factoryS : unknownLossMs;
			phases.enter("reference");
			return;
		}
		const { row, mostS, action } = watchdog;
		const { line } = phases;
		phases.ask(
			(done) => line.ask(action ? [row, action.row] : [row], done),
			(answer) => {
				const seconds = line.value(row);
				if (answer !== "ok") this.fail(answer);
				else if (!(seconds > this.leastS && seconds <= mostS)) onEnd("rejected", CmdReason.watchdog);
				else if (action && !action.is.includes(line.value(action.row))) onEnd("rejected", CmdReason.watchdog);
				else {
					this.lossMs = Math.max(leastLossMs, 1000 * seconds);
					phases.enter("reference");
				}
			},
		);
	}

	/** The reference cannot be written again before the run word is dead: a drive that waits for it must have the patience. */
	private get leastS(): number {
		const { rules, lifeMs } = this.#options;
		return rules.refreshS === undefined ? 0 : (2 * lifeMs) / 1000 + 2 * rules.refreshS;
	}

	private writeReference(): void {
		const { phases, book, onEnd } = this.#options;
		const { line } = phases;
		// a run word, or another reference, of before
		if (this.waitsFor(line.wroteMs)) return;
		phases.ask(
			(done) => line.refer(this.reference, book.maxHz, done),
			(answer) => {
				if (answer === "refused") onEnd("rejected", CmdReason.refused);
				else
					phases.ask(
						(done) => line.holds(this.reference, book.maxHz, done),
						(held) => {
							if (held === "ok") this.leadUp();
							else if (held === "refused") onEnd("rejected", CmdReason.refused);
							else this.fail(held);
						},
					);
			},
		);
	}

	private leadUp(): void {
		this.#step = 0;
		this.#options.phases.enter(this.#options.rules.steps ? "step" : "run");
	}

	/** Leads the drive up to running, step by step, each seen before the next. */
	private takeStep(): void {
		const { phases, rules, onEnd } = this.#options;
		const { line } = phases;
		const step = rules.steps![this.#step]!;
		if (phases.tries === 0) {
			phases.tries = 1;
			phases.ask(
				(done) => line.say(step.word, done),
				() => phases.go(),
			);
			return;
		}
		phases.ask(
			(done) => line.look(done),
			(answer) => {
				if (answer === "ok" && line.state > DriveState.ready) onEnd("rejected", reasonOf(line.state));
				else if (answer === "ok" && step.stage.includes(line.stage)) {
					this.#step++;
					phases.enter(this.#step < rules.steps!.length ? "step" : "run");
				} else if (phases.ageMs > stepMs) onEnd("timeout", CmdReason.noEffect);
				else phases.wake(peekMs / 5);
			},
		);
	}

	/**
	 * The one frame that starts a motor: when all others are dead, the drive is seen ready, and still holds its reference.
	 */
	private run(): void {
		const { phases, rules, book, onEnd } = this.#options;
		const { line } = phases;
		if (this.waitsFor(line.wroteMs)) return;
		phases.ask(
			(done) => line.look(done),
			(looked) => {
				if (looked !== "ok") this.fail(looked);
				else if (line.state !== DriveState.ready) onEnd("rejected", reasonOf(line.state));
				else if (rules.steps?.[rules.steps.length - 1]?.stage.includes(line.stage) === false)
					onEnd("rejected", CmdReason.notReady);
				else
					phases.ask(
						(done) => line.holds(this.reference, book.maxHz, done),
						(held) => {
							if (held !== "ok") this.fail(held);
							else if (phases.clock.now() - line.lookedMs > freshMs) this.fail("silent");
							else this.sayRun();
						},
					);
			},
		);
	}

	private sayRun(): void {
		const { phases, rules, onEnd } = this.#options;
		const { line } = phases;
		const { forward, reverse } = rules.words;
		this.ranMs = phases.clock.now();
		phases.ask(
			(done) => {
				line.say(this.reverse ? reverse : forward, (answer) => {
					this.ranMs = line.wroteMs;
					done(answer);
				});
			},
			(answer) => {
				if (answer === "refused") onEnd("rejected", CmdReason.refused);
				else phases.enter("starting");
			},
		);
	}

	private awaitRun(): void {
		const { phases, onEnd } = this.#options;
		const { line } = phases;
		phases.ask(
			(done) => line.look(done),
			(answer) => {
				const { state, direction } = line;
				const right = !line.tellsDirection || direction === (this.reverse ? 1 : 0);
				if (answer === "ok" && state === DriveState.running && right) this.proveRun();
				else if (answer === "ok" && state > DriveState.running) onEnd("rejected", reasonOf(state));
				else if (phases.ageMs > runMs) onEnd("timeout", answer === "ok" ? CmdReason.noEffect : CmdReason.silent);
				else phases.wake(peekMs);
			},
		);
	}

	/** Not at a standstill: a reference that was lost at the last moment would start the motor when it is told again. */
	private proveRun(): void {
		const { phases, book, onRunning, onEnd } = this.#options;
		phases.ask(
			(done) => phases.line.holds(this.reference, book.maxHz, done),
			(held) => {
				if (held === "ok") onRunning();
				else if (held === "refused") onEnd("rejected", CmdReason.refused);
				else this.fail(held);
			},
		);
	}

	/** What came to nothing, and may be sent again. */
	private fail(answer: Answer): void {
		const { phases, onEnd } = this.#options;
		if (answer === "refused") onEnd("rejected", CmdReason.refused);
		else if (++phases.tries < mostTries) phases.wake(peekMs);
		else onEnd("timeout", CmdReason.silent);
	}
}

/** Why a drive in this state does not run. */
export function reasonOf(state: number): number {
	if (state === DriveState.fault) return CmdReason.fault;
	return state === DriveState.local ? CmdReason.local : CmdReason.notReady;
}
