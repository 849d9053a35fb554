/** Runs the rules of a plan over images: what the composed points are worth, with which quality, and when it was true. */
import type { Quality } from "../../base/quality";
import { decode, encodeNumber, isImplemented, scaled, unscaled, writeNotImplemented } from "../codec";
import type { Image } from "../image";
import { PointType, registersOf } from "../types";
import {
	kEnergy,
	kEnergyK,
	kFirst,
	kFollow,
	kKeep,
	kKept,
	kKeptMean,
	kOnce,
	kOnceNegated,
	kRated,
	kSum,
	kWays,
} from "./compose-ops";
import { kFixedScale, kPointScale, kRuleWords, kSlotWords, type Rules } from "./rules";

/** One run in so many does everything; the others leave out ratings, and registers that have not changed. */
const wholeEvery = 10;

const good = 1;
const suspect = 2;

/** Reads in a row below the last one after which a counter is believed to have begun anew. */
const readsUntilReset = 3;

/** Numbers of a memory. Of an energy: what is shown, the last read, what is carried, lower reads (-1: carried over a reset). */
const memoryNumbers = 4;

export class RuleRunner {
	readonly #images: readonly Image[];
	/** The first: it has all targets. */
	readonly #image: Image;
	readonly #phases: number;
	readonly #slots: Uint16Array;
	readonly #rules: Int16Array;
	/** Values of the sources of a rule, and behind them the memories: an array of their own costs 110 bytes on XS. */
	readonly #values: Float64Array;
	readonly #memoriesAt: number;
	#runs = 0;
	#handleCount = -1;
	/** Of the sources read for a rule: the worst quality, the oldest time, whether one is lost, whether one answers. */
	#quality = 0;
	#timeMs = Number.NaN;
	#lost = false;
	#answers = false;
	/** A lost source counts with its last value. */
	#keeps = false;

	constructor(images: readonly Image[], rules: Rules, phases = 1) {
		this.#images = images;
		this.#image = images[0]!;
		this.#phases = phases;
		const words = new ArrayBuffer(2 * (rules.slots.length + rules.rules.length));
		this.#slots = new Uint16Array(words, 0, rules.slots.length);
		this.#slots.set(rules.slots);
		this.#rules = new Int16Array(words, 2 * rules.slots.length);
		this.#rules.set(rules.rules);
		this.#values = new Float64Array(rules.mostSources + rules.memories * memoryNumbers).fill(Number.NaN);
		// they are counted from 1
		this.#memoriesAt = rules.mostSources - memoryNumbers;
		this.refresh();
	}

	/** Only what is done once, a name plate. */
	runOnce(nowMs: number): void {
		const rules = this.#rules;
		for (let at = 0; at < rules.length; at += kRuleWords + rules[at + 1]!) {
			const op = rules[at]! & 0xff;
			if (op >= kOnce && op <= kRated) this.apply(at, nowMs);
		}
	}

	/** Brings the targets up to their sources. `nowMs` is the time of what nobody has asked the time of. */
	run(nowMs: number): void {
		let all = this.#runs++ % wholeEvery === 0;
		if (this.countHandles() !== this.#handleCount) {
			this.refresh();
			all = true;
		}
		const rules = this.#rules;
		const slots = this.#slots;
		const own = this.#image.registers;
		for (let at = 0; at < rules.length; ) {
			const sources = at + kRuleWords;
			const end = sources + rules[at + 1]!;
			const op = rules[at]!;
			let apply = all;
			if (op < kOnce || op > kRated) {
				// Somebody looks at the time of its point, or registers of its sources are others than last time. A word holds
				// what they were, so one change in 65536 is missed, until the next whole run.
				if (slots[rules[at + 2]! + 3] !== 0) apply = true;
				else {
					let seen = 0;
					for (let i = sources; i < end; i++)
						if (rules[i]! >= 0) seen = (31 * seen + this.hash(rules[i]!, own)) & 0xffff;
					seen = (seen << 16) >> 16;
					if (rules[at + 3] !== seen) apply = true;
					rules[at + 3] = seen;
				}
			}
			if (apply) this.apply(at, nowMs);
			at = end;
		}
	}

	/** A number that most likely changes with the registers of a slot and of its scale factor. */
	private hash(at: number, own: DataView): number {
		const slots = this.#slots;
		const word = slots[at + 1]!;
		const scale = slots[at + 2]!;
		const byte = slots[at]!;
		if (word <= PointType.pad && scale < kPointScale) return own.getUint16(byte);
		const registers = word < 0x100 ? own : this.#images[word >> 8]!.registers;
		let seen = registers.getUint16(byte);
		const type = word & 0xff;
		if (type > PointType.pad) {
			seen += 7 * registers.getUint16(byte + 2);
			if (type > PointType.float32) seen += registers.getUint16(byte + 4) + 7 * registers.getUint16(byte + 6);
		}
		if (scale >= kPointScale) seen += 1021 * registers.getUint16(scale);
		return seen & 0xffff;
	}

	private countHandles(): number {
		let count = 0;
		// an index: for-of would make an iterator at every run
		for (let i = 0; i < this.#images.length; i++) count += this.#images[i]!.handleCount;
		return count;
	}

	/**
	 * Points somebody has asked a handle for have an exact value, a quality and a time: their sources need those too, and
	 * the sources of these.
	 */
	private refresh(): void {
		const slots = this.#slots;
		const rules = this.#rules;
		do {
			this.#handleCount = this.countHandles();
			for (let at = 0; at < slots.length; at += kSlotWords) {
				const image = this.#images[slots[at + 1]! >> 8]!;
				slots[at + 3] = image.knownHandle(image.base + slots[at]! / 2) + 1;
			}
			for (let at = 0; at < rules.length; at += kRuleWords + rules[at + 1]!) {
				const op = rules[at]! & 0xff;
				const isKept = op === kKept || op === kKeptMean;
				if (slots[rules[at + 2]! + 3] === 0 && !isKept) continue;
				for (let i = 0; i < rules[at + 1]!; i++) {
					const source = rules[at + kRuleWords + i]!;
					if (source < 0 || slots[source + 3] !== 0) continue;
					const image = this.#images[slots[source + 1]! >> 8]!;
					image.handleAt(image.base + slots[source]! / 2);
				}
			}
		} while (this.countHandles() !== this.#handleCount);
	}

	private apply(at: number, nowMs: number): void {
		const rules = this.#rules;
		const op = rules[at]! & 0xff;
		const count = rules[at + 1]!;
		const target = rules[at + 2]!;
		if (op >= kOnce && op <= kOnceNegated && this.isSet(target)) return;
		const values = this.#values;
		this.#quality = good;
		this.#timeMs = nowMs;
		this.#lost = false;
		this.#answers = false;
		this.#keeps = op === kKept || op === kKeptMean;
		for (let i = 0; i < count; i++) {
			const source = rules[at + kRuleWords + i]!;
			const answers: boolean = this.#answers;
			values[i] = source < 0 ? Number.NaN : this.read(source);
			// weights are ratings, which a DER that is gone still has
			if (op === kKeptMean && i % 2 === 0) this.#answers = answers;
			if (op !== kFirst || source < 0) continue;
			// the next one is for a device without this point, not for one that does not answer
			if (this.#lost) break;
			if (!Number.isNaN(values[i]!)) {
				values[0] = values[i]!;
				break;
			}
		}
		let value = kWays[op]![1](values, count, this.#phases);
		if (this.#lost) {
			// the sum of those that are left is another thing than the sum
			if (op === kSum || op === kFirst || (this.#keeps && !this.#answers)) value = Number.NaN;
			else this.#quality = suspect;
		}
		const memory = this.#memoriesAt + (rules[at]! >> 8) * memoryNumbers;
		if (op >= kKeep && op <= kRated) {
			if (Number.isNaN(value) || (op === kRated && !(value > (this.read(target) || 0)))) return;
		} else if (op === kFollow) {
			if (!(value > 0) || !this.follows(target, memory, value)) return;
		} else if ((op === kEnergy || op === kEnergyK) && !Number.isNaN(value)) {
			value = this.count(memory, value, rules[at + kRuleWords]!);
		}
		this.write(target, value);
	}

	/** Whether a setting is still what its rating was, and the rating is another now. */
	private follows(target: number, memory: number, value: number): boolean {
		const all = this.#values;
		const before = all[memory]!;
		const setting = this.read(target);
		all[memory] = value;
		return Number.isNaN(setting) || (setting === before && value !== before);
	}

	/** An energy that never falls; see `compose-rules.ts`. */
	private count(at: number, read: number, source: number): number {
		const all = this.#values;
		const last = all[at + 1]!;
		let carried = all[at + 2]! || 0;
		if (read < last) {
			const span = this.span(source);
			// a wrap: the counter stood in its last sixteenth and is now in its first
			if (last > span - span / 16 && read < span / 16) all[at + 2] = carried += span;
		}
		const shown = all[at]!;
		if (read + carried < shown) {
			const lower = Math.max(0, all[at + 3]! || 0) + 1;
			all[at + 3] = lower;
			if (lower < readsUntilReset) {
				this.#quality = suspect;
				return shown;
			}
			carried = shown - read;
			all[at + 2] = carried;
			all[at + 3] = -1;
		} else if (all[at + 3]! > 0) all[at + 3] = 0;
		if (all[at + 3] === -1) this.#quality = suspect;
		all[at + 1] = read;
		all[at] = read + carried;
		return all[at]!;
	}

	/** After how much the counter in a slot begins at zero again; Infinity: it does not. */
	private span(source: number): number {
		const slots = this.#slots;
		if ((slots[source + 1]! & 0xff) !== PointType.acc32) return Number.POSITIVE_INFINITY;
		return scaled(0x100000000, this.scale(source));
	}

	private scale(at: number): number {
		const word = this.#slots[at + 2]!;
		if (word < kPointScale) return word === 0 ? 0 : word - kFixedScale;
		const power = this.#images[this.#slots[at + 1]! >> 8]!.registers.getInt16(word);
		return power >= -10 && power <= 10 ? power : 0;
	}

	private isSet(at: number): boolean {
		const type = this.#slots[at + 1]! & 0xff;
		return isImplemented(this.#image.registers, this.#slots[at]!, type, registersOf(type));
	}

	/** The value of a slot, NaN for none; its quality and time go into those of the rule. */
	private read(at: number): number {
		const slots = this.#slots;
		const word = slots[at + 1]!;
		const image = word < 0x100 ? this.#image : this.#images[word >> 8]!;
		const handle = slots[at + 3]! - 1;
		if (handle >= 0) {
			const quality = image.quality(handle);
			const value = image.value(handle);
			if (typeof value !== "number") {
				if (quality !== "comms_lost") return Number.NaN;
				this.#lost = true;
				return this.#keeps ? (image.lastValue(handle) ?? Number.NaN) : Number.NaN;
			}
			this.#answers = true;
			if (quality === "suspect") this.#quality = suspect;
			const timeMs = image.timeMs(handle);
			if (timeMs < this.#timeMs) this.#timeMs = timeMs;
			return value;
		}
		this.#answers = true;
		const type = word & 0xff;
		let raw: number;
		if (type === PointType.int16) {
			raw = image.registers.getInt16(slots[at]!);
			if (raw === -0x8000) return Number.NaN;
		} else if (type === PointType.uint16 || type === PointType.enum16) {
			raw = image.registers.getUint16(slots[at]!);
			if (raw === 0xffff) return Number.NaN;
		} else raw = Number(decode(image.registers, slots[at]!, type, registersOf(type)) ?? Number.NaN);
		return slots[at + 2] === 0 ? raw : scaled(raw, this.scale(at));
	}

	private write(at: number, value: number): void {
		const slots = this.#slots;
		const image = this.#image;
		const handle = slots[at + 3]! - 1;
		if (handle >= 0) {
			if (!Number.isNaN(value)) image.set(handle, value, this.#timeMs, quality(this.#quality));
			else this.withdraw(handle);
			return;
		}
		const type = slots[at + 1]! & 0xff;
		const byte = slots[at]!;
		if (!Number.isNaN(value)) {
			const raw = type === PointType.float32 ? value : unscaled(value, slots[at + 2] === 0 ? 0 : this.scale(at));
			if (encodeNumber(image.registers, byte, type, raw)) return;
		}
		writeNotImplemented(image.registers, byte, type, registersOf(type));
	}

	/** There is no value any more. A handle that is new has one from the bytes and no quality yet. */
	private withdraw(handle: number): void {
		const image = this.#image;
		const isNew = image.quality(handle) === undefined;
		const value = isNew ? image.value(handle) : undefined;
		if (isNew && value === undefined) return;
		if (!this.#lost) image.set(handle, undefined, this.#timeMs, "good");
		else if (isNew) image.set(handle, value, this.#timeMs, "comms_lost");
		else image.losePoint(handle);
	}
}

function quality(code: number): Quality {
	return code === suspect ? "suspect" : "good";
}
