import type { RegisterSpace } from "../../modules/modbus/respond";

/** 65536 of each kind, behind one or more units: a register space for tests. */
export class PlainSpace implements RegisterSpace {
	readonly holding = new Uint16Array(65536);
	readonly input = new Uint16Array(65536);
	readonly coils = new Uint8Array(65536);
	readonly discrete = new Uint8Array(65536);
	readonly units: readonly number[];
	/** Answered to everything while not 0. */
	exception = 0;
	/** Makes every method throw: a bug of the application. */
	broken = false;
	identity: Record<number, string> = { 0: "Company identification", 1: "Product code XX", 2: "V2.11" };
	writes: { unit: number; address: number; count: number }[] = [];

	constructor(units: readonly number[] = [1]) {
		this.units = units;
	}

	hasUnit(unit: number): boolean {
		return this.units.includes(unit);
	}

	#state(): number {
		if (this.broken) throw new Error("bug");
		return this.exception;
	}

	readRegisters(_unit: number, input: boolean, address: number, count: number, out: DataView, offset: number): number {
		const state = this.#state();
		const from = input ? this.input : this.holding;
		if (state === 0) for (let i = 0; i < count; i++) out.setUint16(offset + 2 * i, from[address + i]!);
		return state;
	}

	writeRegisters(unit: number, address: number, count: number, data: DataView, offset: number): number {
		const state = this.#state();
		if (state !== 0) return state;
		this.writes.push({ unit, address, count });
		for (let i = 0; i < count; i++) this.holding[address + i] = data.getUint16(offset + 2 * i);
		return 0;
	}

	readBits(_unit: number, discrete: boolean, address: number, count: number, out: Uint8Array, offset: number): number {
		const state = this.#state();
		const from = discrete ? this.discrete : this.coils;
		if (state === 0) for (let i = 0; i < count; i++) if (from[address + i]) out[offset + (i >> 3)]! |= 1 << (i & 7);
		return state;
	}

	writeBits(unit: number, address: number, count: number, data: Uint8Array, offset: number): number {
		const state = this.#state();
		if (state !== 0) return state;
		this.writes.push({ unit, address, count });
		for (let i = 0; i < count; i++) this.coils[address + i] = (data[offset + (i >> 3)]! >> (i & 7)) & 1;
		return 0;
	}

	identification(_unit: number, objectId: number): string | undefined {
		return this.#state() === 0 ? this.identity[objectId] : undefined;
	}
}
