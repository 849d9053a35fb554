import type { Clock } from "../modules/base/clock";
import { FRAME_BYTES, ModbusException, PDU_AT, UNIT_AT } from "../modules/modbus/pdu";
import { type RegisterSpace, respond } from "../modules/modbus/respond";
import { SunSpecSpace, type SunSpecSpaceOptions } from "../modules/sunspec/server";
import type { SimDer } from "./der-base";
import { RtuDevice } from "./device";

export interface SunSpecSlaveOptions {
	/** Address on the bus. */
	unit: number;
	der: SimDer;
	/** How long it takes to answer. Default 30. */
	replyMs?: number;
	seed?: number;
	/** It refuses reads that go from one model into the next or beyond the last, and has no end model, as SMA's do. */
	wholeModels?: boolean;
}

/** A DER that speaks SunSpec, as bytes: on a simulated line with `onFrame`, or behind a Modbus server with `space`. */
export class SunSpecSlave extends RtuDevice {
	readonly der: SimDer;
	readonly #space: SunSpecSpace;
	readonly #exchange = buffers();
	readonly #wholeModels: boolean;
	#nowMs = 0;

	constructor(options: SunSpecSlaveOptions) {
		super(options.unit, options.replyMs ?? 30, options.seed ?? options.unit);
		const der = options.der;
		this.der = der;
		this.#wholeModels = options.wholeModels ?? false;
		// Of a clock the space asks only the time.
		const clock = { now: () => this.#nowMs } as Clock;
		// a method of its own: on XS nobody sets that of a class that lies in flash
		this.#space = new WholeSpace((address, count) => this.#holds(address, count), {
			clock,
			onWrite: (_unit, _image, point, value) => der.onWrite(point, value),
			onWritten: (_unit, _image, points) => {
				der.written(points, this.#nowMs);
				der.advance(this.#nowMs);
			},
		});
		this.#space.add(this.unit, der.image);
	}

	#holds(address: number, count: number): boolean {
		if (!this.#wholeModels) return true;
		const { base, models } = this.der.image;
		if (address === base && count <= 2) return true;
		const end = address + count;
		return models.some((model) => address >= model.address && end <= model.address + 2 + model.length);
	}

	/** What a Modbus server serves as this device; `now` in ms, on the time line of `onFrame`. */
	space(now: () => number): RegisterSpace {
		const space = this.#space;
		return {
			inputRegisters: false,
			hasUnit: (unit) => space.hasUnit(unit),
			readRegisters: (unit, input, address, count, out, offset) => {
				this.#moveOn(now());
				return space.readRegisters(unit, input, address, count, out, offset);
			},
			writeRegisters: (unit, address, count, data, offset) => {
				this.#moveOn(now());
				return space.writeRegisters(unit, address, count, data, offset);
			},
			identification: (unit, objectId) => space.identification(unit, objectId),
		};
	}

	#moveOn(nowMs: number): void {
		this.#nowMs = Math.max(this.#nowMs, nowMs);
		this.der.advance(this.#nowMs);
	}

	protected execute(frame: Uint8Array, nowMs: number): Uint8Array {
		this.#moveOn(nowMs);
		const exchange = this.#exchange;
		const length = Math.min(frame.length - 3, FRAME_BYTES - PDU_AT);
		exchange.request.set(frame.subarray(0, 1 + length), UNIT_AT);
		const replied = respond(this.#space, this.unit, exchange, length);
		return exchange.reply.slice(PDU_AT, PDU_AT + replied);
	}
}

function buffers() {
	const request = new Uint8Array(FRAME_BYTES);
	const reply = new Uint8Array(FRAME_BYTES);
	const view = (bytes: Uint8Array) => new DataView(bytes.buffer);
	return { request, requestView: view(request), reply, replyView: view(reply) };
}

/** Answers only what `holds` says. */
class WholeSpace extends SunSpecSpace {
	readonly #holds: (address: number, count: number) => boolean;

	constructor(holds: (address: number, count: number) => boolean, options: SunSpecSpaceOptions) {
		super(options);
		this.#holds = holds;
	}

	override readRegisters(...asked: Parameters<SunSpecSpace["readRegisters"]>): number {
		if (!this.#holds(asked[2], asked[3])) return ModbusException.illegalDataAddress;
		return super.readRegisters(...asked);
	}
}
