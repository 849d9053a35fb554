import { Dice } from "./dice";
import { babble, type Fault, type FaultSchedule, type SimReply, spoil } from "./faults";
import { isIntact, seal } from "./rtu-frame";

/** A device on a simulated line: it hears every frame, and may answer. */
export interface SimDevice {
	/** Address on the bus. */
	readonly unit: number;
	/** How it misbehaves; undefined for well. May be changed at any time. */
	fault: Fault | undefined;
	/** Faults that come and go, when `fault` is not set. */
	faults: FaultSchedule | undefined;
	/** Requests to this unit that were intact. */
	readonly requests: number;
	/** What it sends after a frame on its line; undefined when it stays silent. */
	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined;
	/** Of one that talks unasked: how often, and what it says. */
	readonly talkEveryMs?: number;
	talk?(nowMs: number): Uint8Array | undefined;
}

/** What all of them have in common: whom they listen to, how long they take, and how they fail. */
export abstract class RtuDevice implements SimDevice {
	readonly unit: number;
	fault: Fault | undefined;
	faults: FaultSchedule | undefined;
	requests = 0;
	readonly #dice: Dice;
	readonly #replyMs: number;

	/** Address in its replies, where that is another. */
	readonly #replyUnit: number;

	/** `replyMs`: how long it takes to answer, give or take a fifth. */
	constructor(unit: number, replyMs: number, seed: number, replyUnit: number = unit) {
		this.unit = unit;
		this.#replyUnit = replyUnit;
		this.#replyMs = replyMs;
		this.#dice = new Dice(seed);
	}

	/** The PDU that answers the frame of a request to this unit, or one to all (then nobody sees it). */
	protected abstract execute(frame: Uint8Array, nowMs: number): Uint8Array;

	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined {
		const fault = this.fault ?? this.faults?.at(nowMs);
		if (!isIntact(frame) || frame[0] !== this.unit) {
			if (isIntact(frame) && frame[0] === 0) this.execute(frame, nowMs);
			if (fault?.kind !== "babbling" || this.#dice.next() >= (fault.others ?? fault.share ?? 1)) return undefined;
			return { bytes: babble(this.#dice, 4 + this.#dice.below(30)), delayMs: this.#delayMs() };
		}
		this.requests++;
		const reply = { bytes: seal(this.#replyUnit, this.execute(frame, nowMs)), delayMs: this.#delayMs() };
		return fault === undefined ? reply : spoil(fault, reply, this.#dice);
	}

	#delayMs(): number {
		return this.#replyMs * (0.8 + 0.4 * this.#dice.next());
	}
}
