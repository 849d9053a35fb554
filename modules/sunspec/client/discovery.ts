/**
 * Finds the models of a SunSpec device: "SunS" at one of the base addresses, then the chain of ID and length up to the
 * end model (SunSpec Device Information Model Specification 1.1, 6). Sans-IO: `address` and `count` are the read it
 * wants next (function 3), `take` its result; over when `state` is not "looking".
 */
import { frozen } from "../../base/frozen";
import { modelText } from "../generated/catalogue";
import { counterOffsets, type FoundModel, fitLength, headerLikeness, lengthOf, type Quirk } from "./found";

/**
 * 40000, 0 and 50000 are those of the specification. At the others stand devices and gateways that count registers
 * from 1.
 */
export const baseAddresses = frozen<readonly number[]>([40000, 0, 50000, 40001, 1, 50001]);

export type DiscoveryState =
	| "looking"
	/** `models` are complete. */
	| "found"
	/** It answers, and has no "SunS". */
	| "absent"
	/** It does not answer, or no more. */
	| "silent";

/** What a read came to. `data` is read during the call only. */
export interface DiscoveryResult {
	/** "ok", "exception", or another word for no answer. */
	readonly status: string;
	readonly exception: number;
	readonly data: DataView;
}

export interface DiscoveryOptions {
	/** Base addresses in the order they are tried. Default: `baseAddresses`. */
	readonly bases?: readonly number[] | undefined;
	/** Most registers of a read, 2 to 125. */
	readonly most?: number | undefined;
}

/** Reads of one address that fail, or find the device busy, before that counts. */
const tries = 3;
/** A device that is starting answers like this for some time (acknowledge, busy, failure, gateway). */
const busyTries = 5;
const busyWaitMs = 1000;
/** So many registers from where L says the next model is looked for. */
const astray = 6;
/** A chain is no longer than this, or it is none. */
const mostModels = 100;

const MARKER = 0;
const CHAIN = 1;
/** The length of the model before is in doubt: the registers around where it should end are looked at. */
const RESYNC = 2;
/** Silence where a model should be: is the device still there? */
const PROOF = 3;

export class Discovery {
	state: DiscoveryState = "looking";
	models: FoundModel[] = [];
	/** What was wrong beyond single models. */
	readonly quirks: Quirk[] = [];
	/** The next read. */
	address = 0;
	count = 2;
	/** To wait before it. */
	waitMs = 0;
	/** Address of "SunS". */
	base = 0;
	#bases: readonly number[];
	/** Bases where nothing was heard; they get a second try when the device answers elsewhere. */
	#unheard: number[] = [];
	#isLast = false;
	#most: number;
	#phase = MARKER;
	#tried = 0;
	#failed = 0;
	#busy = 0;
	#answered = false;
	/** Reads of as much as goes, until one is refused. */
	#wide = true;
	/** Where the next model is expected. */
	#at = 0;
	/** ID and L there, while its counting points are asked for. */
	#id = 0;
	#length = 0;
	/** Registers read last. */
	#window = new DataView(new ArrayBuffer(250));
	#windowAt = 0;
	#windowCount = 0;
	/** End of the long read that failed; 0 for none. */
	#refusedTo = 0;
	/** Counting points of the model here could not be read. */
	#blindAt = -1;
	/** Those that the model here has, as far as they are known. */
	#counts: [offset: number, count: number][] | undefined;
	/** Where the end of the model before was looked for already. */
	#settledAt = -1;
	/** Which place is looked at for that. */
	#step = 0;

	constructor(options: DiscoveryOptions = {}) {
		this.#bases = options.bases ?? baseAddresses;
		this.#most = options.most ?? 125;
		this.address = this.#bases[0]!;
	}

	/** What came of the read. */
	take(result: DiscoveryResult): void {
		if (this.state !== "looking") return;
		this.waitMs = 0;
		if (result.status === "ok") this.#took(result.data);
		else if (result.status !== "exception") this.#unanswered();
		else if (result.exception > 3 && ++this.#busy < busyTries) this.waitMs = busyWaitMs;
		else {
			this.#answered = true;
			this.#refused(result.exception > 3);
		}
	}

	#took(data: DataView): void {
		if (this.#busy > 0) this.#note("late");
		this.#answered = true;
		this.#failed = 0;
		this.#busy = 0;
		const { buffer, byteOffset } = data;
		new Uint8Array(this.#window.buffer).set(new Uint8Array(buffer, byteOffset, 2 * this.count));
		this.#windowAt = this.address;
		this.#windowCount = this.count;
		if (this.#phase === MARKER) this.#marker();
		else if (this.#phase === PROOF) this.#end();
		else this.#walk();
	}

	#marker(): void {
		if (this.#window.getUint32(0) !== 0x53756e53) {
			this.#nextBase();
			return;
		}
		this.base = this.address;
		this.#at = this.base + 2;
		this.#phase = CHAIN;
		this.#walk();
	}

	#nextBase(): void {
		this.#failed = 0;
		this.#busy = 0;
		this.#tried++;
		if (this.#tried >= this.#bases.length && this.#answered && this.#unheard.length > 0) {
			// It answers after all: where it said nothing a reply may have been lost, or it was not up yet.
			this.#bases = this.#unheard;
			this.#unheard = [];
			this.#tried = 0;
			this.#isLast = true;
		}
		if (this.#tried >= this.#bases.length) this.state = this.#answered ? "absent" : "silent";
		else this.#read(this.#bases[this.#tried]!, 2);
	}

	#refused(busy: boolean): void {
		this.#busy = 0;
		if (this.#phase === MARKER) this.#nextBase();
		else if (this.#narrow()) return;
		else if (this.#phase === RESYNC) {
			this.#step++;
			this.#walk();
		} else if (this.#counts !== undefined) {
			this.#blindAt = this.#at;
			this.#walk();
		} else if (this.#phase === PROOF || (busy && this.models.length === 0)) this.state = "silent";
		else this.#end();
	}

	#unanswered(): void {
		if (this.#phase === MARKER) {
			// One that is not there costs a time-out each, so it gets one try at each base.
			if (!this.#isLast) this.#unheard.push(this.address);
			this.#nextBase();
			return;
		}
		if (++this.#failed < tries || this.#narrow()) return;
		if (this.#phase === RESYNC) this.#refused(false);
		else if (this.#phase === PROOF || this.models.length === 0) this.state = "silent";
		else {
			this.#phase = PROOF;
			this.#failed = 0;
			this.#read(this.base, 2);
		}
	}

	/** Gives up long reads; true when the open one was long. */
	#narrow(): boolean {
		if (!this.#wide || this.#phase !== CHAIN) return false;
		this.#wide = false;
		this.#failed = 0;
		if (this.count === 2) return false;
		this.#refusedTo = this.address + this.count;
		this.#walk();
		return true;
	}

	#read(address: number, count: number): void {
		this.address = address;
		this.count = count;
	}

	/** Asks for `count` registers from `address`, or as many as go. */
	#want(address: number, count: number): void {
		this.#read(address, this.#wide ? Math.min(this.#most, 0x10000 - address) : count);
	}

	/** A register of the window; NaN when it is not there. */
	#register(address: number): number {
		const index = address - this.#windowAt;
		return index >= 0 && index < this.#windowCount ? this.#window.getUint16(2 * index) : Number.NaN;
	}

	/** Goes along the chain as far as the window reaches. */
	#walk(): void {
		if (this.#phase === RESYNC) this.#resync();
		while (this.state === "looking" && this.#phase === CHAIN) {
			const at = this.#at;
			if (at > 0xfffe || this.models.length >= mostModels) {
				this.#end();
				return;
			}
			const id = this.#counts === undefined ? this.#register(at) : this.#id;
			const length = this.#counts === undefined ? this.#register(at + 1) : this.#length;
			if (Number.isNaN(id + length)) {
				this.#want(at, 2);
				return;
			}
			this.#id = id;
			this.#length = length;
			const likeness = headerLikeness(id, length);
			if (likeness < 2 && this.models.length > 0 && this.#settledAt !== at) {
				this.#phase = RESYNC;
				this.#step = 0;
				this.#resync();
				continue;
			}
			if (id === 0xffff) {
				this.#over(at + 1);
				return;
			}
			if (likeness === 0) this.#end();
			else if (!this.#add(id, length)) return;
		}
	}

	/** Takes the model at hand, or asks for its counting points first (false). Ends the chain at what is none. */
	#add(id: number, stated: number): boolean {
		const address = this.#at;
		const text = modelText(id);
		if (text === undefined) return this.#push({ id, address, length: stated, known: false, repeats: {} });
		if (this.#counts === undefined) this.#counts = counterOffsets(text).map((offset) => [offset, Number.NaN]);
		if (this.#blindAt !== address && !this.#counted(address, this.#counts)) return false;
		const counts = this.#counts;
		const register = (offset: number) => counts.find(([one]) => one === offset)?.[1] ?? Number.NaN;
		if (stated === 0 && lengthOf(text, {}) > 0) {
			// Only what the counting points say is left.
			const { repeats } = fitLength(text, Number.NaN, register);
			return this.#push({ id, address, length: lengthOf(text, repeats), known: true, repeats, quirk: "length-zero" });
		}
		const { repeats, quirk } = fitLength(text, stated, register);
		const legacy = id === 1 && stated === 65;
		const found = { id, address, length: stated, known: true, repeats };
		return this.#push(quirk === "" || legacy ? found : { ...found, quirk });
	}

	/** Takes the counting points out of the window; false, and asked for, when some are not in it. */
	#counted(address: number, counts: [offset: number, count: number][]): boolean {
		let first = -1;
		let last = -1;
		for (const one of counts) {
			if (Number.isNaN(one[1])) one[1] = this.#register(address + one[0]);
			if (!Number.isNaN(one[1])) continue;
			if (first < 0) first = one[0];
			if (one[0] - first < this.#most) last = one[0];
		}
		if (first < 0 || address + last > 0xffff) return true;
		this.#want(address + first, last - first + 1);
		return false;
	}

	#push(model: FoundModel): boolean {
		this.#counts = undefined;
		if (model.address + 2 + model.length > 0xffff) {
			this.#end();
			return false;
		}
		this.models.push(model);
		this.#at = model.address + 2 + model.length;
		return true;
	}

	/**
	 * What stands here does not look like a model. When one does begin near by, or where the table says that the model
	 * before ends, then the length of that one was wrong.
	 */
	#resync(): void {
		const at = this.#at;
		const before = this.models[this.models.length - 1]!;
		if (this.#step === 0) {
			const from = Math.max(before.address + 2, at - astray);
			const count = Math.min(at + astray + 2, 0x10000) - from;
			if (Number.isNaN(this.#register(from) + this.#register(from + count - 1))) {
				this.#read(from, count);
				return;
			}
			for (let away = 1; away <= astray && this.#at === at; away++) {
				if (at - away >= from) this.#goesOn(before, at - away);
				// a model where this one would end: then it is one that only is not known
				if (this.#at === at && away !== 2 + this.#length) this.#goesOn(before, at + away);
			}
			this.#step = this.#at === at ? 3 : 4;
		}
		const text = before.known ? modelText(before.id) : undefined;
		const tabled = before.address + 2 + (text === undefined ? before.length : lengthOf(text, before.repeats));
		for (; this.#step < 4 && this.#at === at; this.#step++) {
			const place = this.#step === 1 ? at - 1 : this.#step === 2 ? at + 1 : tabled;
			if (place > 0xfffd || (this.#step === 3 && Math.abs(tabled - at) <= 1)) continue;
			if (Number.isNaN(this.#register(place) + this.#register(place + 1))) {
				this.#read(place, 2);
				return;
			}
			this.#goesOn(before, place);
		}
		this.#settledAt = this.#at;
		this.#phase = CHAIN;
	}

	/** Goes on at `place` when a model stands there without doubt. */
	#goesOn(before: FoundModel, place: number): void {
		if (headerLikeness(this.#register(place), this.#register(place + 1)) < 3) return;
		this.models[this.models.length - 1] = { ...before, length: place - before.address - 2, quirk: "length" };
		this.#at = place;
	}

	#end(): void {
		this.#note("no-end");
		this.#over(this.#at);
	}

	/** `end`: where the map of the device ends, as far as is known. */
	#over(end: number): void {
		if (this.#refusedTo > 0 && this.#refusedTo <= end) this.#note("short-reads");
		this.state = this.models.length > 0 ? "found" : "absent";
	}

	#note(quirk: Quirk): void {
		if (!this.quirks.includes(quirk)) this.quirks.push(quirk);
	}
}
