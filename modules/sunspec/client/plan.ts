/**
 * Which reads bring the models of a found device, and where their registers go in its image. Worked out once when the
 * image is there; small numbers in typed arrays, as ten devices of fifteen models have to fit in a board's memory.
 */
import { frozen } from "../../base/frozen";
import { type GroupLayout, layout, linesOf, sizeOf, typeOf } from "../model";
import type { ModelPlace } from "../place";
import { PointType } from "../types";
import { countingNames, type FoundModel } from "./found";

/** How often a part is read. */
export const Pace = frozen({ once: 0, fast: 1, normal: 2, slow: 3 });

/** Models by pace: what they hold changes with the sun, with a person's hand, or never. All others are measurements. */
const onceModels = frozen<readonly number[]>([1, 2, 120]);
const slowRanges = frozen<readonly (readonly [number, number])[]>([
	[3, 19],
	[121, 121],
	[123, 123],
	[125, 145],
	[702, 712],
	[715, 715],
	[63001, 63002],
]);
const normalRanges = frozen<readonly (readonly [number, number])[]>([
	[122, 122],
	[124, 124],
	[220, 308],
	[601, 601],
	[803, 809],
]);

export function paceOf(id: number): number {
	if (onceModels.includes(id)) return Pace.once;
	for (const [from, to] of slowRanges) if (id >= from && id <= to) return Pace.slow;
	for (const [from, to] of normalRanges) if (id >= from && id <= to) return Pace.normal;
	return Pace.fast;
}

/** Registers between two parts that are read along rather than ask twice. */
const mostGap = 8;
/** A tail of points that never change is read on its own, slowly, from this length on. */
const leastTail = 8;

// A part: device address, image address, registers, pace | first part of a model.
const partSize = 4;
const headFlag = 0x100;

/** What stands in the image and is not simply taken over. */
export const Special = frozen({ scaleFactor: 0, count: 1 });

export interface PlanOptions {
	/** Most registers of a read. Default 125. */
	readonly most?: number;
	/** False: no read goes from one model into another. */
	readonly join?: boolean;
}

export class ClientPlan {
	readonly reads: number;
	/** Whether the models that a read begins with are still those that were found. */
	sameHeads(read: number, data: DataView, found: readonly FoundModel[]): boolean {
		for (let part = this.firstPart(read); part < this.firstPart(read + 1); part++) {
			if (!this.partHasHead(part)) continue;
			const address = this.partAddress(part);
			const at = 2 * (address - this.address(read));
			const model = found.find((one) => one.address === address);
			if (model === undefined || data.getUint16(at) !== model.id) return false;
			if (data.getUint16(at + 2) !== model.length && model.quirk === undefined) return false;
		}
		return true;
	}

	/** Scale factors and counts of the image: their number. */
	readonly specials: number;
	/**
	 * In one array, as each costs 100 bytes on XS: the parts; from `#firsts` on the first part of each read, and one more;
	 * from `#specials` on image address and kind of scale factors and counts, in the order of the addresses.
	 */
	#words: Uint16Array;
	#firsts: number;
	#specials: number;

	/** `places`: models of the image; of each id the first goes with the first that was found, and so on. */
	constructor(found: readonly FoundModel[], places: readonly ModelPlace[], options: PlanOptions = {}) {
		const most = options.most ?? 125;
		const parts: number[][] = [];
		const specials: number[] = [];
		const seen: number[] = [];
		for (const model of found) {
			seen.push(model.id);
			let occurrence = 0;
			for (const id of seen) if (id === model.id) occurrence++;
			const place = places.find((one) => one.id === model.id && one.occurrence === occurrence);
			if (place !== undefined && model.known) addModel(parts, specials, model, place, most);
		}
		parts.sort((a, b) => (a[3]! & 0xff) - (b[3]! & 0xff) || a[0]! - b[0]!);
		const firsts: number[] = [];
		let start = 0;
		for (let i = 0; i < parts.length; i++) {
			const [address, , count, pace] = parts[i]! as [number, number, number, number];
			const before = parts[i - 1];
			const joins =
				before !== undefined &&
				(options.join ?? true) &&
				((before[3]! ^ pace) & 0xff) === 0 &&
				address - before[0]! - before[2]! <= mostGap &&
				address + count - start <= most;
			if (joins) continue;
			firsts.push(i);
			start = address;
		}
		this.reads = firsts.length;
		firsts.push(parts.length);
		this.specials = specials.length / 2;
		this.#firsts = partSize * parts.length;
		this.#specials = this.#firsts + firsts.length;
		this.#words = new Uint16Array(this.#specials + specials.length);
		parts.forEach((part, i) => {
			this.#words.set(part, partSize * i);
		});
		this.#words.set(firsts, this.#firsts);
		this.#words.set(sortedPairs(specials), this.#specials);
	}

	/** Parts of a read: from `firstPart(read)` up to that of the next. */
	firstPart(read: number): number {
		return this.#words[this.#firsts + read]!;
	}

	address(read: number): number {
		return this.#words[partSize * this.firstPart(read)]!;
	}

	count(read: number): number {
		const last = partSize * (this.firstPart(read + 1) - 1);
		return this.#words[last]! + this.#words[last + 2]! - this.address(read);
	}

	pace(read: number): number {
		return this.#words[partSize * this.firstPart(read) + 3]! & 0xff;
	}

	partAddress(part: number): number {
		return this.#words[partSize * part]!;
	}

	partImage(part: number): number {
		return this.#words[partSize * part + 1]!;
	}

	partCount(part: number): number {
		return this.#words[partSize * part + 2]!;
	}

	/** Whether the part begins with ID and L of its model. */
	partHasHead(part: number): boolean {
		return this.#words[partSize * part + 3]! >= headFlag;
	}

	/** Address in the image of a scale factor or count. */
	specialAddress(index: number): number {
		return this.#words[this.#specials + 2 * index]!;
	}

	/** The first of them from this address on. */
	firstSpecial(address: number): number {
		let low = 0;
		let high = this.specials;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.specialAddress(middle) < address) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	specialKind(index: number): number {
		return this.#words[this.#specials + 2 * index + 1]!;
	}

	/** The read that brings a register of the image; -1 for none. */
	readOf(imageAddress: number): number {
		for (let read = 0; read < this.reads; read++) {
			for (let part = this.firstPart(read); part < this.firstPart(read + 1); part++) {
				const from = this.partImage(part);
				if (imageAddress >= from && imageAddress < from + this.partCount(part)) return read;
			}
		}
		return -1;
	}

	/** Where a register of the image stands on the device; -1 when the device does not give it. */
	deviceAddress(imageAddress: number): number {
		const read = this.readOf(imageAddress);
		if (read < 0) return -1;
		let part = this.firstPart(read);
		while (imageAddress < this.partImage(part) || imageAddress >= this.partImage(part) + this.partCount(part)) part++;
		return this.partAddress(part) + imageAddress - this.partImage(part);
	}
}

/** Pairs in the order of their first numbers. */
function sortedPairs(pairs: readonly number[]): Uint16Array {
	const order = [];
	for (let i = 0; i < pairs.length; i += 2) order.push(i);
	order.sort((a, b) => pairs[a]! - pairs[b]!);
	const sorted = new Uint16Array(pairs.length);
	order.forEach((from, i) => {
		sorted[2 * i] = pairs[from]!;
		sorted[2 * i + 1] = pairs[from + 1]!;
	});
	return sorted;
}

/** Points of a group as they matter here: offset, size and kind of each, one after the other. */
type Shape = readonly number[];

const plain = 0;
const steady = 1;
const factor = 2;
const counting = 3;
/** A scale factor that may change: it is read with what it scales, as some inverters change theirs with the power. */
const moving = 4;

/** Where the registers of a model may be cut, and what they are. */
class Cutter {
	/** Ends of points, as addresses in the image; up to where anything changes. */
	readonly ends: number[] = [];
	readonly specials: number[] = [];
	changing = 0;
	#text: string;
	#counters: readonly string[];
	#shapes = new Map<GroupLayout, Shape>();
	#end: number;
	#most: number;

	constructor(text: string, end: number, most: number) {
		this.#text = text;
		this.#counters = countingNames(text);
		this.#end = end;
		this.#most = most;
	}

	/** An instance of a group from this address on, and all in it. */
	walk(group: GroupLayout, start: number): void {
		const shape = this.#shape(group);
		for (let i = 0; i < shape.length; i += 3) this.#point(start + shape[i]!, shape[i + 1]!, shape[i + 2]!);
		let at = start + group.ownLength;
		for (const child of group.groups) {
			for (let n = 0; n < child.count && at < this.#end; n++) {
				this.walk(child, at);
				at += child.length;
			}
		}
	}

	#point(address: number, size: number, kind: number): void {
		const after = address + size;
		if (after > this.#end) return;
		// a text may be longer than a read
		for (let at = address + this.#most; at < after; at += this.#most) this.ends.push(at);
		this.ends.push(after);
		if (kind === factor || kind === moving) this.specials.push(address, Special.scaleFactor);
		else if (kind === counting) this.specials.push(address, Special.count);
		if (kind === plain || kind === moving) this.changing = after;
	}

	/** Read from the table once a group, however often it is there. */
	#shape(group: GroupLayout): Shape {
		const known = this.#shapes.get(group);
		if (known !== undefined) return known;
		const shape: number[] = [];
		for (const line of linesOf(this.#text, group)) {
			const fields = line.split("|");
			const type = typeOf(fields[2]!);
			const isStatic = fields[5]?.includes("S");
			let kind = plain;
			if (type === PointType.sunssf) kind = isStatic ? factor : moving;
			else if (type === PointType.count || (group.path === "" && this.#counters.includes(fields[0]!))) kind = counting;
			else if (isStatic || type === PointType.string || type === PointType.pad) kind = steady;
			shape.push(Number(fields[1]), sizeOf(fields[2]!, type), kind);
		}
		this.#shapes.set(group, shape);
		return shape;
	}
}

function addModel(parts: number[][], specials: number[], model: FoundModel, place: ModelPlace, most: number): void {
	const pace = paceOf(model.id);
	let end = place.address + 2 + Math.min(place.length, model.length);
	// DA and the pad behind it: in the first common model stands the hub's own unit number.
	if (model.id === 1 && place.occurrence === 1) end = Math.min(end, place.address + 66);
	const shift = model.address - place.address;
	const cutter = new Cutter(place.text, end, most);
	cutter.walk(layout(place.text, place.repeats), place.address);
	const { ends, changing } = cutter;
	for (const one of cutter.specials) specials.push(one);
	const last = ends[ends.length - 1];
	if (last === undefined) return;
	const tail = pace === Pace.fast && last - changing >= leastTail ? changing : last;
	let from = place.address;
	let upTo = from;
	for (const at of ends) {
		if (at - from > most || upTo === tail) {
			if (upTo > from) parts.push(part(from, upTo, shift, upTo > tail ? Pace.slow : pace, from === place.address));
			from = upTo;
		}
		upTo = at;
	}
	parts.push(part(from, upTo, shift, from >= tail ? Pace.slow : pace, from === place.address));
}

function part(from: number, to: number, shift: number, pace: number, head: boolean): number[] {
	return [from + shift, from, to - from, pace | (head ? headFlag : 0)];
}
