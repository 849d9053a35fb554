/** One model of an image, point by point, straight on its bytes: a DER's controls need no handles. */
import type { Clock } from "../../base/clock";
import { scaled, unscaled } from "../codec";
import type { Image } from "../image";

/**
 * Reads and writes the registers of one model. `at` is the register's place in the model, ID and L included, as in the
 * model texts. Numbers are raw unless a scale factor's place is given; NaN stands for "not implemented", also when the
 * image has no such model.
 *
 * A DER has many of these: no private fields and methods, as each instance pays for them on XS, 16 bytes each.
 */
export class ModelBytes {
	/** Of the first byte of the ID register in the image; -1: the image has no such model. */
	readonly byte: number;
	readonly id: number;
	protected readonly image: Image;
	protected readonly clock: Clock;

	constructor(image: Image, id: number, clock: Clock, occurrence = 1) {
		this.image = image;
		this.clock = clock;
		this.id = id;
		let byte = -1;
		for (const place of image.models) {
			if (place.id === id && place.occurrence === occurrence) byte = 2 * (place.address - image.base);
		}
		this.byte = byte;
	}

	get present(): boolean {
		return this.byte >= 0;
	}

	/** An unsigned or enumerated point of one register. */
	u16(at: number): number {
		if (this.byte < 0) return Number.NaN;
		const raw = this.image.registers.getUint16(this.byte + 2 * at);
		return raw === 0xffff ? Number.NaN : raw;
	}

	i16(at: number): number {
		if (this.byte < 0) return Number.NaN;
		const raw = this.image.registers.getInt16(this.byte + 2 * at);
		return raw === -0x8000 ? Number.NaN : raw;
	}

	u32(at: number): number {
		if (this.byte < 0) return Number.NaN;
		const raw = this.image.registers.getUint32(this.byte + 2 * at);
		return raw === 0xffffffff ? Number.NaN : raw;
	}

	i32(at: number): number {
		if (this.byte < 0) return Number.NaN;
		const raw = this.image.registers.getInt32(this.byte + 2 * at);
		return raw === -0x80000000 ? Number.NaN : raw;
	}

	/** Two registers as they stand; 0 when there is no such model. */
	raw32(at: number): number {
		return this.byte < 0 ? 0 : this.image.registers.getInt32(this.byte + 2 * at);
	}

	/** The power of ten in a scale factor's register; 0 while it is not set. */
	scale(at: number): number {
		const power = this.i16(at);
		return power >= -10 && power <= 10 ? power : 0;
	}

	scaledU16(at: number, scaleAt: number): number {
		return scaled(this.u16(at), this.scale(scaleAt));
	}

	scaledI16(at: number, scaleAt: number): number {
		return scaled(this.i16(at), this.scale(scaleAt));
	}

	scaledU32(at: number, scaleAt: number): number {
		return scaled(this.u32(at), this.scale(scaleAt));
	}

	scaledI32(at: number, scaleAt: number): number {
		return scaled(this.i32(at), this.scale(scaleAt));
	}

	/** Writes one register as it stands, NaN as 0xFFFF. True when that changes it. */
	put16(at: number, raw: number): boolean {
		if (this.byte < 0) return false;
		const word = Number.isNaN(raw) ? 0xffff : raw & 0xffff;
		const { registers } = this.image;
		if (registers.getUint16(this.byte + 2 * at) === word) return false;
		registers.setUint16(this.byte + 2 * at, word);
		this.refresh(at, 1);
		return true;
	}

	put32(at: number, raw: number): boolean {
		if (this.byte < 0) return false;
		const { registers } = this.image;
		const words = Number.isNaN(raw) ? 0xffffffff : raw >>> 0;
		if (registers.getUint32(this.byte + 2 * at) === words) return false;
		registers.setUint32(this.byte + 2 * at, words);
		this.refresh(at, 2);
		return true;
	}

	/** Writes a value into an unsigned register under a scale factor, kept within what the register can hold. */
	putScaledU16(at: number, scaleAt: number, value: number): boolean {
		if (Number.isNaN(value)) return false;
		return this.put16(at, Math.min(0xfffe, Math.max(0, unscaled(value, this.scale(scaleAt)))));
	}

	putScaledI16(at: number, scaleAt: number, value: number): boolean {
		if (Number.isNaN(value)) return false;
		return this.put16(at, Math.min(0x7fff, Math.max(-0x7fff, unscaled(value, this.scale(scaleAt)))));
	}

	/** Copies registers within the model unless the first of them is not implemented (0xFFFF, or 0x8000 if signed). */
	copy(from: number, to: number, count: number, signed: boolean): void {
		const { registers } = this.image;
		if (registers.getUint16(this.byte + 2 * from) === (signed ? 0x8000 : 0xffff)) return;
		for (let i = 0; i < count; i++) this.put16(to + i, registers.getUint16(this.byte + 2 * (from + i)));
	}

	/** Writes a register that nobody has set yet. */
	initial16(at: number, raw: number, notImplemented = 0xffff): void {
		if (this.byte >= 0 && this.image.registers.getUint16(this.byte + 2 * at) === notImplemented) this.put16(at, raw);
	}

	initial32(at: number, raw: number, notImplemented = 0xffffffff): void {
		if (this.byte >= 0 && this.image.registers.getUint32(this.byte + 2 * at) === notImplemented) this.put32(at, raw);
	}

	/** If somebody has asked for a handle of the point, its value follows the bytes. */
	protected refresh(at: number, count: number): void {
		const { image, byte } = this;
		const address = image.base + byte / 2 + at;
		if (image.knownHandle(address) < 0) return;
		image.load(address, image.registers, byte + 2 * at, count, this.clock.now(), "good");
	}
}
