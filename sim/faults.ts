import { frozen } from "../modules/base/frozen";
import { Dice } from "./dice";
import { seal } from "./rtu-frame";

/** What a slave sends, and how long after the request was complete. */
export interface SimReply {
	bytes: Uint8Array;
	delayMs: number;
}

/** Ways in which a real device misbehaves. `share` (0..1, default 1) is the part of its replies that is spoilt. */
export type Fault =
	| { readonly kind: "silent"; readonly share?: number }
	/** A right answer, `delayMs` too late: into the next transaction. */
	| { readonly kind: "late"; readonly delayMs: number; readonly share?: number }
	/** Breaks off in the middle. */
	| { readonly kind: "short"; readonly share?: number }
	| { readonly kind: "wrong-crc"; readonly share?: number }
	/** Answers under another address. */
	| { readonly kind: "wrong-unit"; readonly share?: number }
	| { readonly kind: "exception"; readonly code: number; readonly share?: number }
	/** Goes on talking after its answer, and talks into a part `others` (default: `share`) of the answers of others. */
	| { readonly kind: "babbling"; readonly share?: number; readonly others?: number }
	/** Bytes of chance around the answer. */
	| { readonly kind: "noise"; readonly share?: number };

export type FaultKind = Fault["kind"];

export const faultKinds = frozen<readonly FaultKind[]>([
	"silent",
	"late",
	"short",
	"wrong-crc",
	"wrong-unit",
	"exception",
	"babbling",
	"noise",
]);

/** The reply as the fault leaves it; undefined when nothing is sent. */
export function spoil(fault: Fault, reply: SimReply, dice: Dice): SimReply | undefined {
	if (dice.next() >= (fault.share ?? 1)) return reply;
	const { bytes, delayMs } = reply;
	switch (fault.kind) {
		case "silent":
			return undefined;
		case "late":
			return { bytes, delayMs: delayMs + fault.delayMs };
		case "short":
			return { bytes: bytes.slice(0, Math.max(1, bytes.length >> 1)), delayMs };
		case "wrong-crc": {
			const spoilt = bytes.slice();
			spoilt[spoilt.length - 1] = spoilt[spoilt.length - 1]! ^ 0x55;
			return { bytes: spoilt, delayMs };
		}
		case "wrong-unit":
			return { bytes: seal((bytes[0]! % 247) + 1, bytes.slice(1, -2)), delayMs };
		case "exception":
			return { bytes: seal(bytes[0]!, Uint8Array.of((bytes[1]! & 0x7f) | 0x80, fault.code)), delayMs };
		case "babbling":
			return { bytes: joined(bytes, babble(dice, 40 + dice.below(200))), delayMs };
		default:
			return { bytes: joined(babble(dice, 1 + dice.below(6)), bytes), delayMs };
	}
}

/** Bytes of chance. */
export function babble(dice: Dice, count: number): Uint8Array {
	const bytes = new Uint8Array(count);
	for (let i = 0; i < count; i++) bytes[i] = dice.below(256);
	return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
	const all = new Uint8Array(a.length + b.length);
	all.set(a, 0);
	all.set(b, a.length);
	return all;
}

export interface FaultScheduleOptions {
	seed: number;
	/** Length of a slot; each is a fault or none. */
	slotMs?: number;
	/** Part of the slots with a fault, 0..1. */
	share?: number;
	/** Which faults; default all of them. */
	kinds?: readonly FaultKind[];
}

/** Faults that come and go: the fault of a moment follows from the seed alone, in whatever order it is asked. */
export class FaultSchedule {
	#seed: number;
	#slotMs: number;
	#share: number;
	#kinds: readonly FaultKind[];

	constructor(options: FaultScheduleOptions) {
		this.#seed = options.seed;
		this.#slotMs = options.slotMs ?? 60_000;
		this.#share = options.share ?? 0.2;
		this.#kinds = options.kinds ?? faultKinds;
	}

	at(nowMs: number): Fault | undefined {
		const dice = new Dice(this.#seed, Math.floor(nowMs / this.#slotMs));
		if (dice.next() >= this.#share) return undefined;
		const kind = this.#kinds[dice.below(this.#kinds.length)]!;
		if (kind === "late") return { kind, delayMs: 400 + dice.below(1200) };
		if (kind === "exception") return { kind, code: 1 + dice.below(6) };
		return { kind };
	}
}
