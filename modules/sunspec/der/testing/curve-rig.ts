/** The curve models of a DER for tests, behind a SunSpec server, on a clock to move by hand. */
import { ManualClock } from "../../../base/manual-clock";
import { encodeNumber, unscaled } from "../../codec";
import { Image, type ModelSpec } from "../../image";
import { type PointInfo, scaleOf } from "../../place";
import { SunSpecSpace } from "../../server";
import { PointType } from "../../types";
import { curveModels } from "../curve-forms";
import type { Curves } from "../curves";
import { Functions, type FunctionsOptions } from "../functions";

/** 10 kW, 10 kVA, 4.4 kvar: 1 % is a round number. */
export const ratings = { wMax: 10_000, vaMax: 10_000, varInj: 4400, varAbs: 4400, varAval: 6000 };

const specs: readonly ModelSpec[] = [
	{ id: 705, repeats: { NCrv: 3, NPt: 4 } },
	{ id: 706, repeats: { NCrv: 3, NPt: 2 } },
	{ id: 707, repeats: { NCrvSet: 3, NPt: 5 } },
	{ id: 708, repeats: { NCrvSet: 3, NPt: 5 } },
	{ id: 709, repeats: { NCrvSet: 3, NPt: 5 } },
	{ id: 710, repeats: { NCrvSet: 3, NPt: 5 } },
	{ id: 711, repeats: { NCtl: 3 } },
	{ id: 712, repeats: { NCrv: 3, NPt: 6 } },
];

export class CurveRig {
	readonly clock = new ManualClock();
	readonly image: Image;
	readonly space: SunSpecSpace;
	readonly functions: Functions;
	/** What `onWritten` said last. */
	changed = false;
	readonly #points = new Map<string, PointInfo>();

	constructor(options: Partial<FunctionsOptions> & { readonly models?: readonly ModelSpec[] } = {}) {
		const { clock } = this;
		this.image = new Image([{ id: 1 }, ...(options.models ?? specs)]);
		this.functions = new Functions({ image: this.image, clock, ratings, storage: false, nominalHz: 50, ...options });
		this.image.eachPoint((point) => {
			this.#points.set(`${point.model.id}.${point.group}${point.group && "."}${point.name}`, point);
		});
		this.space = new SunSpecSpace({
			clock,
			onWrite: (_unit, _image, point, value) => this.functions.onWrite(point, value),
			onWritten: (_unit, _image, points) => {
				this.changed = this.functions.onWritten(points, clock.now());
			},
		});
		this.space.add(1, this.image);
	}

	model(id: number): Curves {
		return this.functions.model(id)!;
	}

	point(path: string): PointInfo {
		const point = this.#points.get(path);
		if (!point) throw new Error(`no point ${path}`);
		return point;
	}

	/** As a client reads it, "705.Crv[2].Pt[1].V"; NaN: not implemented. */
	get(path: string): number {
		return Number(this.image.valueOf(this.point(path)) ?? Number.NaN);
	}

	/** A client writes one point: 0 or the exception. */
	write(path: string, value: number): number {
		const point = this.point(path);
		const bytes = new DataView(new ArrayBuffer(2 * point.size));
		const power = scaleOf(this.image.registers, this.image.base, point);
		if (!encodeNumber(bytes, 0, PointType[point.type], unscaled(value, power))) {
			throw new Error(`${path} cannot hold ${value}`);
		}
		return this.space.writeRegisters(1, point.address, point.size, bytes, 0);
	}

	/** Writes registers as they stand. */
	writeRaw(path: string, ...words: readonly number[]): number {
		const bytes = new DataView(new ArrayBuffer(2 * words.length));
		words.forEach((word, i) => {
			bytes.setUint16(2 * i, word);
		});
		return this.space.writeRegisters(1, this.point(path).address, words.length, bytes, 0);
	}

	/** Writes points one by one; all must be taken. */
	set(model: number, values: Readonly<Record<string, number>>): void {
		for (const [name, value] of Object.entries(values)) {
			const exception = this.write(`${model}.${name}`, value);
			if (exception !== 0) throw new Error(`${model}.${name} = ${value}: exception ${exception}`);
		}
	}

	/** Points of an independent and a dependent value into a curve of 705, 706 or 712. */
	line(model: number, curve: number, points: readonly (readonly [number, number])[]): void {
		const [x, y] = model === 705 ? ["V", "Var"] : model === 706 ? ["V", "W"] : ["W", "Var"];
		points.forEach(([a, b], i) => {
			const at = `Crv[${curve}].Pt[${i + 1}]`;
			this.set(model, { [`${at}.${x}`]: a, [`${at}.${y}`]: b });
		});
		this.set(model, { [`Crv[${curve}].ActPt`]: points.length });
	}

	/** Points of a value and a time into one of the three curves of a trip model. */
	steps(model: number, part: string, curve: number, points: readonly (readonly [number, number])[]): void {
		const x = model >= 709 ? "Hz" : "V";
		points.forEach(([a, b], i) => {
			const at = `Crv[${curve}].${part}.Pt[${i + 1}]`;
			this.set(model, { [`${at}.${x}`]: a, [`${at}.Tms`]: b });
		});
		this.set(model, { [`Crv[${curve}].${part}.ActPt`]: points.length });
	}

	/** Writes the number of the curve to adopt and says what came of it. */
	adopt(model: number, curve: number): string {
		const [req, rslt] = model === 711 ? ["AdptCtlReq", "AdptCtlRslt"] : ["AdptCrvReq", "AdptCrvRslt"];
		const exception = this.write(`${model}.${req}`, curve);
		if (exception !== 0) return `exception ${exception}`;
		return ["IN_PROGRESS", "COMPLETED", "FAILED"][this.get(`${model}.${rslt}`)]!;
	}

	/** The registers of a curve, as bytes. */
	bytes(model: number, curve: number): string {
		const { byte } = this.model(model);
		const at = (n: number): number => byte + 2 * this.model(model).curveAt(n);
		return new Uint8Array(this.image.registers.buffer, at(curve), at(curve + 1) - at(curve)).join(" ");
	}

	/** Moves the clock on, calling `tick` when a reversion time wants it to. */
	seconds(count: number): void {
		const { clock, functions } = this;
		const end = clock.now() + 1000 * count;
		for (;;) {
			let next = Number.POSITIVE_INFINITY;
			for (const id of curveModels) next = Math.min(next, functions.model(id)?.nextMs(clock.now()) ?? next);
			if (next > end) break;
			clock.advance(next - clock.now());
			while (functions.tick(clock.now()) > 0);
		}
		clock.advance(end - clock.now());
	}
}

/** The same numbers at every run: mulberry32. */
export function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
	};
}
