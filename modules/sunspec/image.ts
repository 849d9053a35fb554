/**
 * The register image of one device: what its SunSpec unit answers, byte for byte, and beside the bytes the exact values
 * with their time and quality. A device's decoder writes it through small integer handles; the Modbus server, the
 * publishers and the rules read it. State exists only for points somebody asked a handle for; all others are bytes.
 */

import { configError } from "../base/errors";
import { frozen } from "../base/frozen";
import type { Quality } from "../base/quality";
import { decode, encodeBig, encodeNumber, highestFloat32, scaled, unscaled, writeNotImplemented } from "./codec";
import { fillModel } from "./fill";
import { modelText } from "./generated/catalogue";
import { findPoint, type GroupLayout, layout, type PointLine, type Repeats } from "./model";
import { eachPoint, findGroup, locate, type ModelPlace, type PointInfo, pointAt, scaleOf } from "./place";
import { encodeText } from "./text";
import { isNumeric, PointType } from "./types";

export interface ModelSpec {
	/** A model of the catalogue, or any id with a `text` of its own (see `defineModel`). */
	readonly id: number;
	readonly repeats?: Repeats;
	readonly text?: string;
}

const qualities = frozen<readonly (Quality | undefined)[]>([undefined, "good", "suspect", "comms_lost"]);
const lostCode = 3;
const float32 = PointType.float32;

// #meta holds four words a handle: register index; type | flags; scale; quality | size in registers << 8.
const constantFlag = 0x100;
// Scale: 0 none; 16 + n a fixed factor; 32 + handle a scale factor point.
const fixedScale = 16;
const pointScale = 32;

/**
 * A DER's image has some twenty models, so their places are small: each shares the spec it is made of, and has its
 * numbers in one.
 */
class Place implements ModelPlace {
	/** Its id alone where a spec has no more. */
	private readonly spec: ModelSpec | number;
	/** Address, then from bit 16 on the length, from bit 32 on the occurrence. */
	private readonly where: number;

	constructor(spec: ModelSpec, occurrence: number, address: number, length: number) {
		this.spec = spec.repeats === undefined && spec.text === undefined ? spec.id : spec;
		this.where = address + 0x10000 * length + 0x100000000 * occurrence;
	}

	get id(): number {
		return typeof this.spec === "number" ? this.spec : this.spec.id;
	}

	get occurrence(): number {
		return Math.floor(this.where / 0x100000000);
	}

	get address(): number {
		return this.where & 0xffff;
	}

	get length(): number {
		return (this.where / 0x10000) & 0xffff;
	}

	get repeats(): Repeats {
		return typeof this.spec === "number" ? 0 : (this.spec.repeats ?? 0);
	}

	get text(): string {
		return (typeof this.spec === "number" ? undefined : this.spec.text) ?? modelText(this.id)!;
	}
}

export class Image {
	/** The whole map: "SunS" at the first byte, then the models, then the end model. Not to be written from outside. */
	readonly registers: DataView;
	/** Modbus address of "SunS". */
	readonly base: number;
	/** In registers. */
	readonly length: number;
	readonly models: readonly ModelPlace[];
	/** Counts `commit()`. */
	version = 0;
	/** Monotonic time of the last `lose()`; NaN: never. */
	lostMs = Number.NaN;
	/** Its device does not answer, and what points it has is not known meanwhile: a write finds nobody, not nothing. */
	away = false;
	/** Called by `commit()`, after `version` has risen. */
	onCommit: ((image: Image) => void) | undefined;
	#handles = 0;
	#meta: Uint16Array;
	/** Two a handle: the exact value (NaN: none, or text), and its time. */
	#values: Float64Array;

	/** Keeps the specs. Throws `bad-config` for an unknown model, a repetition that is no count, or a map beyond address 65535. */
	constructor(models: readonly ModelSpec[], options: { readonly base?: number } = {}) {
		this.base = options.base ?? 40000;
		const room = new ArrayBuffer(24 * 8);
		this.#values = new Float64Array(room, 0, 2 * 8);
		this.#meta = new Uint16Array(room, 16 * 8);
		const places: ModelPlace[] = [];
		const roots: GroupLayout[] = [];
		let index = 2;
		for (const spec of models) {
			const text = spec.text ?? modelText(spec.id);
			if (text === undefined) throw configError("models", spec.id, "it must be a SunSpec model of the catalogue");
			checkRepeats(spec.repeats ?? 0);
			const root = layout(text, spec.repeats);
			let occurrence = 1;
			for (const place of places) if (place.id === spec.id) occurrence++;
			places.push(new Place(spec, occurrence, this.base + index, root.length - 2));
			roots.push(root);
			index += root.length;
		}
		this.length = index + 2;
		if (this.base + this.length > 0x10000) {
			throw configError("models", `${this.length} registers`, `from ${this.base} on they must end at or below 65535`);
		}
		this.models = places;
		this.registers = new DataView(new ArrayBuffer(2 * this.length));
		this.registers.setUint32(0, 0x53756e53);
		this.registers.setUint32(2 * index, 0xffff0000);
		for (let i = 0; i < places.length; i++)
			fillModel(this.registers, 2 * (places[i]!.address - this.base), places[i]!, roots[i]!);
	}

	/**
	 * The handle of a point, always the same for the same point; -1 when the image has no such point. Look it up once
	 * and keep it. `group` is "Crv", "Crv[2].Pt" or, as a number, an instance of the model's first group; `instance`
	 * (from 1) is that of the last group in the path; `occurrence` tells equal models of one image apart, from 1.
	 */
	handle(modelId: number, point: string, group: string | number = "", instance?: number, occurrence = 1): number {
		for (const place of this.models) {
			if (place.id !== modelId || place.occurrence !== occurrence) continue;
			const { text } = place;
			const root = layout(text, place.repeats);
			let path = typeof group === "number" ? `${root.groups[0]?.name ?? "?"}[${group}]` : group;
			if (instance !== undefined) path += `[${instance}]`;
			const found = findGroup(root, path);
			const line = found && findPoint(text, found.group, point);
			return line ? this.handleOf(place, root, found.group, found.start, line) : -1;
		}
		return -1;
	}

	/** How many points have handles. */
	get handleCount(): number {
		return this.#handles;
	}

	/** The handle that somebody has asked for before for the point at this address; -1 for none. */
	knownHandle(address: number): number {
		for (let i = 0; i < this.#handles; i++) if (this.#meta[4 * i] === address - this.base) return i;
		return -1;
	}

	/** The handle of the point an address belongs to, or -1. */
	handleAt(address: number): number {
		const known = this.knownHandle(address);
		if (known >= 0) return known;
		const found = locate(this.models, address);
		return found ? this.handleOf(found.model, found.root, found.group, found.start, found.line) : -1;
	}

	private handleOf(place: ModelPlace, root: GroupLayout, group: GroupLayout, start: number, line: PointLine): number {
		const index = place.address - this.base + start + line.offset;
		for (let i = 0; i < this.#handles; i++) if (this.#meta[4 * i] === index) return i;
		let scale = 0;
		if (typeof line.scale === "number") scale = fixedScale + line.scale;
		else if (line.scale !== undefined) {
			const near = findPoint(place.text, group, line.scale);
			const factor = near ?? findPoint(place.text, root, line.scale);
			if (factor) scale = pointScale + this.handleOf(place, root, group, near ? start : 0, factor);
		}
		const handle = this.#handles++;
		if (4 * handle >= this.#meta.length) this.grow();
		const constant = line.constant || place.id === 1 || line.type === PointType.sunssf || line.type === PointType.count;
		this.#meta[4 * handle] = index;
		this.#meta[4 * handle + 1] = line.type + (constant ? constantFlag : 0);
		this.#meta[4 * handle + 2] = scale;
		this.#meta[4 * handle + 3] = line.size << 8;
		const raw = this.raw(handle);
		this.#values[2 * handle] = typeof raw === "number" ? scaled(raw, this.#scale(scale)) : Number.NaN;
		this.#values[2 * handle + 1] = Number.NaN;
		return handle;
	}

	/** Makes room for eight handles more: they are asked for at the start, and memory is scarcer than time then. */
	private grow(): void {
		const handles = this.#meta.length / 4 + 8;
		// one buffer for both: a buffer of its own costs 64 bytes on XS
		const room = new ArrayBuffer(24 * handles);
		const values = new Float64Array(room, 0, 2 * handles);
		const meta = new Uint16Array(room, 16 * handles);
		meta.set(this.#meta);
		values.set(this.#values);
		this.#meta = meta;
		this.#values = values;
	}

	/** The power of ten that a scale word of #meta stands for. A scale factor point nobody has set yet counts as 0. */
	#scale(word: number): number {
		if (word < pointScale) return word === 0 ? 0 : word - fixedScale;
		return this.#values[2 * (word - pointScale)]! || 0;
	}

	/**
	 * Stores a value in the point's unit (the scale factor is applied here): a number, text for strings and addresses,
	 * undefined or NaN for "no value". `timeMs` is the monotonic time at which it was true. False when the point cannot
	 * hold it: then its bytes say "not implemented", it has no value and is suspect; a string that is too long is cut.
	 * A value set as `comms_lost` is a last value: the bytes say "not implemented".
	 * Setting a scale factor encodes the values under it anew.
	 */
	set(handle: number, value: number | bigint | string | undefined, timeMs: number, quality: Quality): boolean {
		if (handle < 0) return false;
		const meta = this.#meta;
		const at = 4 * handle;
		// What a meter's reads bring goes the short way: a good number that is not scaled.
		if (meta[at + 1] === float32 && typeof value === "number" && quality === "good" && meta[at + 2] === 0) {
			if (value >= -highestFloat32 && value <= highestFloat32) {
				this.registers.setFloat32(2 * meta[at]!, value);
				meta[at + 3] = (meta[at + 3]! & 0xff00) + 1;
				const values = this.#values;
				values[2 * handle] = value;
				values[2 * handle + 1] = timeMs;
				return true;
			}
		}
		return this.#setAny(handle, value, timeMs, quality === "good" ? 1 : quality === "suspect" ? 2 : lostCode);
	}

	#setAny(handle: number, value: number | bigint | string | undefined, timeMs: number, code: number): boolean {
		if (handle >= this.#handles) return false;
		const meta = this.#meta;
		const at = 4 * handle;
		const type = meta[at + 1]! & 0xff;
		const byte = 2 * meta[at]!;
		const size = meta[at + 3]! >> 8;
		let exact = Number.NaN;
		let fits = false;
		if (typeof value === "string") fits = encodeText(this.registers, byte, type, size, value);
		else if (value !== undefined && type <= PointType.float64) {
			const scale = this.#scale(meta[at + 2]!);
			if (typeof value === "bigint" && scale === 0) fits = encodeBig(this.registers, byte, type, value);
			else fits = encodeNumber(this.registers, byte, type, rawOf(type, Number(value), scale));
			if (fits) exact = Number(value);
		}
		if (fits ? code === lostCode : type !== PointType.string || typeof value !== "string") {
			writeNotImplemented(this.registers, byte, type, size);
		}
		if (!fits) {
			fits = value === undefined || Number.isNaN(value);
			if (!fits) code = 2;
		}
		meta[at + 3] = (size << 8) + code;
		this.#values[2 * handle] = exact;
		this.#values[2 * handle + 1] = timeMs;
		if (type === PointType.sunssf) this.rescale(pointScale + handle);
		return fits;
	}

	private rescale(word: number): void {
		for (let i = 0; i < this.#handles; i++) {
			if (this.#meta[4 * i + 2] !== word) continue;
			const exact = this.#values[2 * i]!;
			const quality = this.quality(i);
			if (quality && quality !== "comms_lost" && !Number.isNaN(exact)) this.set(i, exact, this.timeMs(i), quality);
		}
	}

	/** The value last set, exact; text for strings and addresses; undefined when there is none. */
	value(handle: number): number | string | undefined {
		if (handle < 0) return undefined;
		if (!isNumeric(this.#meta[4 * handle + 1]! & 0xff)) return this.raw(handle) as string | undefined;
		return (this.#meta[4 * handle + 3]! & 0xff) === lostCode ? undefined : this.lastValue(handle);
	}

	/** As `value`, but for a lost number the last one there was, at `timeMs`: for records, not for a display of now. */
	lastValue(handle: number): number | undefined {
		const exact = handle < 0 ? Number.NaN : this.#values[2 * handle]!;
		return Number.isNaN(exact) ? undefined : exact;
	}

	/** What the registers say, scale factor not applied; a BigInt for 64-bit numbers beyond 2^53. */
	raw(handle: number): number | bigint | string | undefined {
		if (handle < 0) return undefined;
		const at = 4 * handle;
		const type = this.#meta[at + 1]! & 0xff;
		return decode(this.registers, 2 * this.#meta[at]!, type, this.#meta[at + 3]! >> 8);
	}

	/** Monotonic time of the value; after `lose`, of the last one there was. NaN: never set. */
	timeMs(handle: number): number {
		return handle < 0 ? Number.NaN : this.#values[2 * handle + 1]!;
	}

	/** Undefined: never set. */
	quality(handle: number): Quality | undefined {
		return handle < 0 ? undefined : qualities[this.#meta[4 * handle + 3]! & 0xff];
	}

	/** The power of ten between the registers and the value: value = raw * 10^scale. */
	scale(handle: number): number {
		return this.#scale(this.#meta[4 * handle + 2]!);
	}

	/** As `raw`, for any point of the models, without a handle. */
	rawOf(point: PointInfo): number | bigint | string | undefined {
		return decode(this.registers, 2 * (point.address - this.base), PointType[point.type], point.size);
	}

	/** What these register bytes mean for the point: as `value`; undefined for "not implemented". */
	interpret(point: PointInfo, view: DataView, offset: number): number | bigint | string | undefined {
		const raw = decode(view, offset, PointType[point.type], point.size);
		return typeof raw === "number" ? scaled(raw, scaleOf(this.registers, this.base, point)) : raw;
	}

	/** The value of any point of the models from its registers, scale factor applied, without a handle. */
	valueOf(point: PointInfo): number | bigint | string | undefined {
		return this.interpret(point, this.registers, 2 * (point.address - this.base));
	}

	/**
	 * Takes over registers as they stand in `view` from byte `offset` on: bytes of another SunSpec device or of a client.
	 * The values of the points that have handles follow. Whole points only. Does not commit.
	 */
	load(address: number, view: DataView, offset: number, count: number, timeMs: number, quality: Quality): void {
		const index = address - this.base;
		const from = new Uint8Array(view.buffer, view.byteOffset + offset, 2 * count);
		new Uint8Array(this.registers.buffer, 2 * index, 2 * count).set(from);
		const code = quality === "good" ? 1 : quality === "suspect" ? 2 : lostCode;
		const meta = this.#meta;
		for (let i = 0; i < this.#handles; i++) {
			const at = meta[4 * i]!;
			if (at < index || at >= index + count) continue;
			meta[4 * i + 3] = (meta[4 * i + 3]! & 0xff00) + code;
			this.#values[2 * i + 1] = timeMs;
			const raw = this.raw(i);
			this.#values[2 * i] = typeof raw === "number" ? raw : Number.NaN;
		}
		// scale factors stand behind what they scale, so this comes after all of them are in
		for (let i = 0; i < this.#handles; i++) {
			const word = meta[4 * i + 2]!;
			const scale = word < pointScale ? i : word - pointScale;
			const at = meta[4 * i]!;
			const own = at >= index && at < index + count;
			if (!own && !(word >= pointScale && meta[4 * scale]! >= index && meta[4 * scale]! < index + count)) continue;
			const raw = this.raw(i);
			if (typeof raw === "number") this.#values[2 * i] = scaled(raw, this.#scale(word));
			else if (typeof raw === "bigint") this.#values[2 * i] = Number(raw);
		}
	}

	/** What the model table says about a point; read from the table each time. */
	point(handle: number): PointInfo | undefined {
		return handle < 0 ? undefined : pointAt(this.models, this.base + this.#meta[4 * handle]!);
	}

	/** Visits every point of every model, in the order of the registers. Gives no handles: `handleAt` does. */
	eachPoint(visit: (point: PointInfo) => void): void {
		for (const model of this.models) eachPoint(model, visit);
	}

	/**
	 * The device does not answer any more: every measured point loses its value and says "not implemented" and
	 * `comms_lost`; the time of its last value stays. Model 1, static points and scale factors keep. Points that were
	 * never set stay so. `timeMs`, when that was decided, is kept in `lostMs`. Does not commit.
	 */
	lose(timeMs = Number.NaN): void {
		this.lostMs = timeMs;
		for (let i = 0; i < this.#handles; i++) if ((this.#meta[4 * i + 1]! & constantFlag) === 0) this.losePoint(i);
	}

	/** As `lose`, for one point: the read that brings it has failed. A point that was never set stays so. */
	losePoint(handle: number): void {
		const at = 4 * handle;
		if (handle < 0 || (this.#meta[at + 3]! & 0xff) === 0) return;
		const size = this.#meta[at + 3]! >> 8;
		writeNotImplemented(this.registers, 2 * this.#meta[at]!, this.#meta[at + 1]! & 0xff, size);
		this.#meta[at + 3] = (size << 8) + lostCode;
	}

	/**
	 * As `losePoint` for every measured point between two addresses, whether it has a handle or was only loaded as bytes.
	 * Model 1, static points and scale factors keep. Reads the model tables, so once a loss and not once a poll.
	 */
	loseRange(address: number, count: number): void {
		for (const model of this.models) {
			if (model.id === 1 || model.address >= address + count || model.address + 2 + model.length <= address) continue;
			eachPoint(model, (point) => {
				if (point.constant || point.type === "sunssf" || point.type === "count") return;
				if (point.address < address || point.address + point.size > address + count) return;
				const type = PointType[point.type];
				writeNotImplemented(this.registers, 2 * (point.address - this.base), type, point.size);
			});
		}
		const index = address - this.base;
		for (let i = 0; i < this.#handles; i++) {
			const at = this.#meta[4 * i]!;
			if (at >= index && at < index + count && (this.#meta[4 * i + 1]! & constantFlag) === 0) this.losePoint(i);
		}
	}

	/** The writer is through with one decode: readers may look. */
	commit(): void {
		this.version++;
		this.onCommit?.(this);
	}
}

/** What stands in the register for a value. */
function rawOf(type: number, value: number, scale: number): number {
	return type === PointType.float32 || type === PointType.float64 ? scaled(value, -scale) : unscaled(value, scale);
}

function checkRepeats(repeats: Repeats): void {
	const counts = typeof repeats === "number" ? [repeats] : Object.values(repeats);
	for (const count of counts) {
		if (!(Number.isInteger(count) && count >= 0 && count < 0xffff)) {
			throw configError("repeats", count, "it must be a whole number from 0");
		}
	}
}
