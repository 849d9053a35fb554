/**
 * A drive under command. What it rests on:
 * - A motor starts by one frame, the run word, which is sent once for one fresh command and never again: not when it is
 *   not answered, not after a restart, a fault reset, a loss of communication.
 * - Before that frame the drive's own time-out was found to be on, its reference was written and read back, it was seen
 *   ready a moment ago, and every other frame that could move it is dead: none is under way longer than `lifeMs`.
 * - A motor that is stopped has the reference 0, and its run word taken away; both are read back. So a run word that comes
 *   late, twice or out of order finds nothing to run to; where there is a park word it is not even heard.
 * - While the run word may still come twice the reference is not touched: the two are never under way together.
 * - A stop goes ahead of everything and is repeated until the drive is seen not to run. What runs and holds no command is
 *   stopped.
 */
import type { Clock } from "../base/clock";
import type { PointInfo } from "../sunspec/place";
import type { WrittenValue } from "../sunspec/server";
import { DriveBook, type DriveOrder, type DriveWhat, patienceMs } from "./drive-book";
import { DriveLine } from "./drive-line";
import { DrivePhases } from "./drive-phases";
import type { DriveRules } from "./drive-rules";
import { DriveStart, reasonOf } from "./drive-start";
import type { Device } from "./engine";
import { CmdReason, DriveCmd, DriveState } from "./models/drive";
import { findRow } from "./table";
import type { WriteClient, WriteOutcome } from "./write";

/** How often it is looked at while it runs, and while it stops. */
const watchMs = 1000;
const peekMs = 250;
/** A stop that was not confirmed is sent again after this; to a drive that has gone, after the other. */
const stopAgainMs = 250;
const goneMs = 5000;
const resetMs = 5000;
const mostTries = 3;

export interface DriveControlOptions {
	device: Device;
	client: WriteClient;
	clock: Clock;
	/** How long a frame may be under way to the drive, at most, in ms. */
	lifeMs: number;
	/** Where CmdId begins: of chance, so that a command from before a restart is not the next one. */
	firstId: number;
	/** How each command ended. */
	onOutcome(outcome: WriteOutcome): void;
}

export class DriveControl {
	readonly #options: DriveControlOptions;
	readonly #rules: DriveRules;
	readonly #book: DriveBook;
	readonly #phases: DrivePhases;
	readonly #start: DriveStart;
	/** It was seen to be off, with nothing left in it that could make it run. */
	#parked = false;
	/** Runs, by a command. */
	#holds = false;
	/** The command that has no result yet; one that waits until the drive is off; another speed. */
	#order: DriveOrder | undefined;
	#next: DriveOrder | undefined;
	#speed: DriveOrder | undefined;
	#stopWord: number;
	#refreshMs = 0;
	#holdUntilMs = Number.POSITIVE_INFINITY;

	constructor(options: DriveControlOptions) {
		const { device, clock, firstId, onOutcome, lifeMs } = options;
		this.#options = options;
		const rules = device.table.drive!;
		this.#rules = rules;
		this.#stopWord = rules.words.stop;
		const { unit, write } = findRow(device.table, rules.reference)!;
		const mostHz = unit === "Hz" ? write!.max : Number.NaN;
		const book = new DriveBook({ image: device.image, clock, firstId, mostHz, onOutcome });
		this.#book = book;
		const phases = new DrivePhases(new DriveLine(options), clock, () => this.go());
		this.#phases = phases;
		this.#start = new DriveStart({
			...{ phases, rules, book, lifeMs },
			onRunning: () => this.runs(),
			onEnd: (result, reason) => this.giveUp(result, reason),
		});
	}

	/** Whether a motor runs by a command. */
	get holds(): boolean {
		return this.#holds;
	}

	/** Nothing is under way, and nothing waits. */
	get idle(): boolean {
		return this.#phases.phase === "idle" && this.#order === undefined && this.#next === undefined;
	}

	owns(point: PointInfo): boolean {
		return this.#book.owns(point);
	}

	/** See `SunSpecSpaceOptions.onWrite`. */
	onWrite(point: PointInfo, value: WrittenValue): number {
		return this.#book.refuses(point, value);
	}

	/** See `SunSpecSpaceOptions.onWritten`: the values are in the image. */
	onWritten(points: readonly PointInfo[]): void {
		const book = this.#book;
		const names = points.map(({ name }) => name);
		const fresh = book.take(points);
		const cmd = book.value("Cmd");
		const hz = book.value("SetHz");
		const stops = cmd === DriveCmd.stop || cmd === DriveCmd.quickStop;
		if (names.includes("HldTms")) this.renew();
		if (stops && (fresh || names.includes("Cmd"))) this.stop(cmd === DriveCmd.quickStop ? "quick stop" : "stop");
		else if (fresh) this.start(cmd === DriveCmd.reverse ? "start reverse" : "start forward", hz);
		else if (names.includes("SetHz") && this.#holds) this.changeSpeed(book.make("speed", hz));
		if (!names.includes("FltRst")) return;
		const wanted = book.value("FltRst") === 1;
		book.show("FltRst", 0);
		if (wanted) this.reset();
	}

	/** After a commit of the image: the hub's own points are not lost, and what runs without a command is stopped. */
	update(): void {
		this.#book.keep();
		if (this.idle && this.#book.point("St") === DriveState.running) this.goOff();
	}

	/** The device answers, for the first time or again: nothing is known of what it does. */
	resume(): void {
		this.#parked = false;
		this.#holds = false;
		this.drop("timeout", CmdReason.silent);
		this.#phases.line.abort(this.#rules.words.stop);
		this.#phases.enter("meeting");
	}

	close(): void {
		this.#phases.close();
	}

	private start(what: DriveWhat, hz: number): void {
		const order = this.#book.make(what, hz);
		const underWay = this.#order !== undefined || this.#next !== undefined;
		this.drop("rejected", CmdReason.superseded);
		const refusal = !this.#book.inLimits(hz) ? CmdReason.limits : this.#options.device.online ? 0 : CmdReason.silent;
		if (refusal !== 0) {
			this.#book.finish(order, "rejected", refusal);
			// what was to start is not wanted any more
			if (underWay) this.goOff();
		} else if (this.#holds && (what === "start reverse") === this.#start.reverse) this.changeSpeed(order);
		else this.after(order);
	}

	/** Once the motor stands, and nothing is left in the drive. */
	private after(order: DriveOrder): void {
		this.#book.begin();
		this.#next = order;
		const { phase } = this.#phases;
		if (phase === "idle") this.#phases.go();
		else if (phase !== "stopping" && phase !== "standing" && phase !== "parking") this.goOff();
	}

	private stop(what: DriveWhat): void {
		const { stop, quickStop = stop } = this.#rules.words;
		this.drop("rejected", CmdReason.stopped);
		this.#book.begin();
		this.#order = this.#book.make(what, 0);
		this.goOff(what === "quick stop" ? quickStop : stop);
	}

	private reset(): void {
		const order = this.#book.make("fault reset", 1);
		const refuse = (reason: number): void => this.#book.finish(order, "rejected", reason);
		if (this.#rules.reset === undefined) refuse(CmdReason.unsupported);
		else if (!this.#options.device.online) refuse(CmdReason.silent);
		else if (this.#order !== undefined || this.#next !== undefined) refuse(CmdReason.superseded);
		else if (this.#book.point("St") !== DriveState.fault) refuse(CmdReason.noFault);
		else {
			// the command is taken away before, whatever it is now
			this.#parked = false;
			this.after(order);
		}
	}

	private changeSpeed(order: DriveOrder): void {
		if (this.#speed) this.#book.finish(this.#speed, "rejected", CmdReason.superseded);
		this.#speed = undefined;
		if (!this.#book.inLimits(order.hz)) {
			this.#book.finish(order, "rejected", CmdReason.limits);
			return;
		}
		this.#book.begin();
		this.#speed = order;
		this.#phases.go();
	}

	/** A run holds from now on for HldTms. */
	private renew(): void {
		const holdS = this.#book.value("HldTms");
		this.#holdUntilMs = holdS > 0 ? this.#options.clock.now() + 1000 * holdS : Number.POSITIVE_INFINITY;
	}

	/** Stops it, and takes everything out of it that could make it run. */
	private goOff(word = this.#rules.words.stop): void {
		this.#holds = false;
		this.#parked = false;
		this.#stopWord = word;
		this.#phases.line.abort(word);
		this.#phases.enter("stopping");
	}

	private go(): void {
		this.expire();
		if (this.#phases.line.busy) return;
		switch (this.#phases.phase) {
			case "idle":
				this.rest();
				break;
			case "meeting":
				this.meet();
				break;
			case "stopping":
				this.sendStop();
				break;
			case "standing":
				this.stand();
				break;
			case "parking":
				this.park();
				break;
			case "running":
				this.watch();
				break;
			case "resetting":
				this.clearFault();
				break;
			default:
				this.#start.go();
		}
	}

	/** Commands that have waited too long. */
	private expire(): void {
		const nowMs = this.#options.clock.now();
		const reason = this.#options.device.online ? CmdReason.noEffect : CmdReason.silent;
		const order = this.#order;
		if (order !== undefined && nowMs - order.sinceMs > patienceMs(order)) {
			if (order.what === "stop" || order.what === "quick stop") {
				this.#order = undefined;
				this.#book.finish(order, "timeout", reason);
			} else this.giveUp("timeout", reason);
		}
		const next = this.#next;
		if (next !== undefined && nowMs - next.sinceMs > patienceMs(next)) {
			this.#next = undefined;
			this.#book.finish(next, "timeout", reason);
		}
	}

	private rest(): void {
		const next = this.#next;
		if (next === undefined) return;
		if (!this.#parked) {
			this.goOff();
			return;
		}
		this.#next = undefined;
		this.#order = next;
		if (next.what === "fault reset") this.#phases.enter("resetting");
		else this.#start.begin(next);
	}

	/** A drive at its own panel is left alone; another is stopped, as nobody has commanded it. */
	private meet(): void {
		const { line } = this.#phases;
		this.#phases.ask(
			(done) => line.look(done),
			(answer) => {
				if (answer === "silent" && ++this.#phases.tries < mostTries) this.#phases.go();
				else if (answer === "ok" && line.state === DriveState.local) this.#phases.enter("idle");
				else this.goOff();
			},
		);
	}

	/** Until the drive has confirmed it, and is seen not to run: a look alone may be before a run word that is late. */
	private sendStop(): void {
		const { line } = this.#phases;
		this.#phases.ask(
			(done) => line.stop(this.#stopWord, done),
			(heard) => {
				if (heard === "silent") this.again(stopAgainMs);
				else
					this.#phases.ask(
						(done) => line.look(done),
						(answer) => {
							if (answer !== "ok" || line.state === DriveState.running) this.again(stopAgainMs);
							else this.stopped();
						},
					);
			},
		);
	}

	private stopped(): void {
		const order = this.#order;
		this.#order = undefined;
		this.#phases.enter("standing");
		if (order) this.#book.finish(order, "accepted", CmdReason.none);
	}

	/**
	 * After a pause, which is longer for a drive that has gone: it takes the time of all others on its line. The time of a
	 * command may be over before.
	 */
	private again(delayMs: number): void {
		const phases = this.#phases;
		const waiting = this.#order ?? this.#next;
		const pauseMs = this.#options.device.online || ++phases.tries < mostTries ? delayMs : goneMs;
		const leftMs = waiting ? waiting.sinceMs + patienceMs(waiting) + 1 - this.#options.clock.now() : pauseMs;
		phases.wake(Math.max(delayMs, Math.min(pauseMs, leftMs)));
	}

	/** Waits until the motor stands. */
	private stand(): void {
		const { line } = this.#phases;
		this.#phases.ask(
			(done) => line.look(done),
			(answer) => {
				if (answer === "ok" && line.state === DriveState.running) this.#phases.enter("stopping");
				else if (answer !== "ok" || line.state === DriveState.stopping) this.again(peekMs);
				else this.#phases.enter("parking");
			},
		);
	}

	private park(): void {
		const { park } = this.#rules.words;
		const phases = this.#phases;
		if (park === undefined) this.prove();
		else
			phases.ask(
				(done) => phases.line.say(park, done),
				() => this.prove(),
			);
	}

	/** That neither a run word nor a reference stands in it. */
	private prove(): void {
		const phases = this.#phases;
		phases.ask(
			(done) => phases.line.isOff(done),
			(answer) => {
				if (answer === "ok") {
					this.#parked = true;
					phases.enter("idle");
				} else if (++phases.tries < mostTries) phases.wake(peekMs);
				else {
					if (this.#next) this.#book.finish(this.#next, "rejected", CmdReason.refused);
					this.#next = undefined;
					this.goOff();
				}
			},
		);
	}

	private runs(): void {
		const order = this.#order!;
		this.#order = undefined;
		this.#holds = true;
		this.renew();
		this.#refreshMs = this.#start.ranMs;
		this.#phases.enter("running");
		this.#book.finish(order, "accepted", CmdReason.none);
	}

	/** While it runs it is looked at, and told its speed. */
	private watch(): void {
		const nowMs = this.#options.clock.now();
		const { line } = this.#phases;
		const { refreshS } = this.#rules;
		const settled = nowMs >= this.#start.ranMs + this.#options.lifeMs;
		if (nowMs >= this.#holdUntilMs) this.letGo(CmdReason.expired);
		else if (settled && this.#speed !== undefined) this.tellSpeed(this.#speed);
		else if (settled && refreshS !== undefined && nowMs >= this.#refreshMs + 1000 * refreshS) {
			this.#refreshMs = nowMs;
			this.#phases.ask(
				(done) => line.refer(this.#start.reference, this.#book.maxHz, done),
				() => this.#phases.go(),
			);
		} else if (nowMs - line.lookedMs < watchMs) this.#phases.wake(this.watchInMs(nowMs));
		else {
			this.#phases.ask(
				(done) => line.look(done),
				(answer) => {
					if (answer === "ok" && line.state !== DriveState.running) this.letGo(reasonOf(line.state));
					else if (answer !== "ok" && this.#options.clock.now() - line.lookedMs > this.#start.lossMs)
						this.letGo(CmdReason.silent);
					else this.#phases.wake(answer === "ok" ? this.watchInMs(this.#options.clock.now()) : peekMs);
				},
			);
		}
	}

	private watchInMs(nowMs: number): number {
		const { refreshS } = this.#rules;
		let wakeMs = Math.min(this.#phases.line.lookedMs + watchMs, this.#holdUntilMs);
		if (refreshS !== undefined) wakeMs = Math.min(wakeMs, this.#refreshMs + 1000 * refreshS);
		if (this.#speed !== undefined) wakeMs = Math.min(wakeMs, this.#start.ranMs + this.#options.lifeMs);
		return Math.max(10, wakeMs - nowMs);
	}

	private tellSpeed(speed: DriveOrder): void {
		const phases = this.#phases;
		const start = this.#start;
		start.hz = speed.hz;
		phases.ask(
			(done) => phases.line.refer(start.reference, this.#book.maxHz, done),
			() =>
				phases.ask(
					(done) => phases.line.holds(start.reference, this.#book.maxHz, done),
					(answer) => {
						if (this.#speed === speed) {
							this.#speed = undefined;
							if (answer === "ok") this.#book.finish(speed, "accepted", CmdReason.none);
							else if (answer === "refused") this.#book.finish(speed, "rejected", CmdReason.refused);
							else this.#book.finish(speed, "timeout", CmdReason.silent);
						}
						phases.go();
					},
				),
		);
	}

	/** It has stopped by itself, or is not to run any more: that needs a fresh command. */
	private letGo(reason: number): void {
		if (this.#speed) this.#book.finish(this.#speed, "rejected", reason);
		this.#speed = undefined;
		this.#book.tell("run ended", this.#start.hz, reason);
		this.goOff();
	}

	/** Off and parked: the fault is cleared, and what clears it is taken away again. */
	private clearFault(): void {
		const { row, on, off } = this.#rules.reset!;
		const phases = this.#phases;
		const { line } = phases;
		if (phases.tries > 0) {
			phases.ask(
				(done) => line.look(done),
				(answer) => {
					if (answer === "ok" && line.state !== DriveState.fault) this.giveUp("accepted", CmdReason.none);
					else if (phases.ageMs > resetMs) this.giveUp("rejected", CmdReason.noEffect);
					else phases.wake(peekMs);
				},
			);
			return;
		}
		phases.ask(
			(done) => line.look(done),
			(answer) => {
				if (answer !== "ok") this.giveUp("timeout", CmdReason.silent);
				else if (line.state !== DriveState.fault) this.giveUp("rejected", CmdReason.noFault);
				else {
					phases.tries = 1;
					phases.ask(
						(done) => line.set(row, on, done),
						() =>
							phases.ask(
								(done) => line.set(row, off, done),
								() => phases.go(),
							),
					);
				}
			},
		);
	}

	/** The end of a command; the drive is made sure of. */
	private giveUp(result: WriteOutcome["result"], reason: number): void {
		const order = this.#order;
		this.#order = undefined;
		this.goOff();
		if (order) this.#book.finish(order, result, reason);
	}

	/** Ends what has no result yet. */
	private drop(result: WriteOutcome["result"], reason: number): void {
		const orders = [this.#order, this.#next, this.#speed];
		this.#order = undefined;
		this.#next = undefined;
		this.#speed = undefined;
		for (const order of orders) if (order) this.#book.finish(order, result, reason);
	}
}
