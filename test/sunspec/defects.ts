/**
 * Defects that are put between a server and a DER that has none, one to a unit. Each is something that was seen in the
 * field, or that somebody could build by mistake; the conformance test must find each, by the procedure for it.
 */
import type { RegisterSpace } from "../../modules/modbus/respond";
import { modelText } from "../../modules/sunspec/generated/catalogue";
import type { Image, ModelSpec } from "../../modules/sunspec/image";
import { eachPoint, type PointInfo } from "../../modules/sunspec/place";
import { type Dut, inverterModels } from "./dut";

/** A read or a write of one unit as it came; `next` lets it through. */
export interface Defect {
	readonly title: string;
	/** Ids that must fail; all others must pass. */
	readonly caught: readonly string[];
	/** Other models than those of the DER without defects. */
	readonly models?: readonly ModelSpec[];
	read?(unit: FaultyUnit, address: number, count: number, out: DataView, offset: number, next: () => number): number;
	write?(unit: FaultyUnit, address: number, values: readonly number[], next: () => number): number;
}

/** What a defect knows and keeps of its unit. */
export class FaultyUnit {
	readonly image: Image;
	/** Of the defect's own. */
	count = 0;
	readonly #dut: Dut;
	readonly #unit: number;

	constructor(dut: Dut, unit: number) {
		this.#dut = dut;
		this.#unit = unit;
		this.image = dut.units.get(unit)!.image;
	}

	/** A point, by model and path. */
	point(modelId: number, path: string): PointInfo {
		const model = this.image.models.find(({ id }) => id === modelId)!;
		let found: PointInfo | undefined;
		eachPoint(model, (point) => {
			if ((point.group === "" ? point.name : `${point.group}.${point.name}`) === path) found = point;
		});
		if (!found) throw new Error(`no ${modelId}.${path}`);
		return found;
	}

	get(address: number): number {
		return this.image.registers.getUint16(2 * (address - this.image.base));
	}

	/** Registers as if they had never been written by rule. */
	put(address: number, ...values: number[]): void {
		values.forEach((value, i) => {
			this.image.registers.setUint16(2 * (address + i - this.image.base), value);
		});
	}

	/** Registers of a group of points, such as "Crv[1]": first address and how many. */
	span(modelId: number, group: string): [number, number] {
		const model = this.image.models.find(({ id }) => id === modelId)!;
		let first = 0;
		let end = 0;
		eachPoint(model, (point) => {
			if (point.group !== group && !point.group.startsWith(`${group}.`)) return;
			first ||= point.address;
			end = point.address + point.size;
		});
		return [first, end - first];
	}

	write(address: number, values: readonly number[]): number {
		const view = new DataView(new ArrayBuffer(2 * values.length));
		values.forEach((value, i) => {
			view.setUint16(2 * i, value);
		});
		return this.#dut.space.writeRegisters(this.#unit, address, values.length, view, 0);
	}
}

/** Model 715 with a register too many. */
const longer715: ModelSpec = { id: 715, text: modelText(715)!.replace(/^(715\|\w+\|)9/, "$110") };

export const defects: readonly Defect[] = [
	{
		title: "L of a model does not fit its points",
		caught: ["MOD-1"],
		models: inverterModels.map((model) => (model.id === 715 ? longer715 : model)),
	},
	{
		title: "a mandatory point is missing",
		caught: ["MOD-1"],
		read(unit, address, count, out, offset, next) {
			const result = next();
			const at = unit.point(120, "VARtg").address - address;
			if (at >= 0 && at < count) out.setUint16(offset + 2 * at, 0xffff);
			return result;
		},
	},
	{
		title: "a rating can be written",
		caught: ["MOD-3"],
		write(unit, address, values, next) {
			if (address !== unit.point(702, "VNomRtg").address || values.length !== 1) return next();
			unit.put(address, ...values);
			return 0;
		},
	},
	{
		title: "what was written reads back a second late",
		caught: ["MOD-3"],
		write(unit, address, values, next) {
			if (address !== unit.point(703, "ESRndTms").address || values.length !== 2) return next();
			setTimeout(() => unit.write(address, values), 1000).unref();
			return 0;
		},
	},
	{
		title: "a write to a read-only point is answered and ignored",
		caught: ["EXC-2", "MOD-3"],
		write(unit, address, _values, next) {
			const at = unit.point(701, "A_SF").address;
			return address === at ? 0 : next();
		},
	},
	{
		title: "a value beyond its range is taken",
		caught: ["MOD-3"],
		write(unit, address, values, next) {
			const result = next();
			if (result === 0 || address !== unit.point(704, "WMaxLimPct").address || values.length !== 1) return result;
			if (values[0]! > 20_000) return result;
			unit.put(address, ...values);
			return 0;
		},
	},
	{
		title: "of several registers with a bad one the good ones are written",
		caught: ["MOD-3"],
		write(unit, address, values, next) {
			const result = next();
			if (result !== 0 && values.length > 2 && address === unit.point(715, "ControllerHb").address) {
				unit.put(address, values[0]!, values[1]!);
			}
			return result;
		},
	},
	{
		title: "a scale factor changes",
		caught: ["SF"],
		read(unit, address, count, out, offset, next) {
			const result = next();
			const at = unit.point(701, "PF_SF").address - address;
			if (unit.count > 0 && at >= 0 && at < count) out.setInt16(offset + 2 * at, -3);
			return result;
		},
		write(unit, _address, _values, next) {
			unit.count++;
			return next();
		},
	},
	{
		title: "reads over the border of two models are refused",
		caught: ["MOD-2"],
		read(unit, address, count, _out, _offset, next) {
			const crosses = unit.image.models.some((model) => address < model.address && address + count > model.address);
			return crosses && address > unit.image.base + 2 ? 2 : next();
		},
	},
	{
		title: "a curve is adopted in part",
		caught: ["CRV-2"],
		write(unit, address, values, next) {
			if (address !== unit.point(707, "AdptCrvReq").address) return next();
			const [first, count] = unit.span(707, "Crv[1]");
			const half = Math.floor(count / 2);
			const before = Array.from({ length: half }, (_, i) => unit.get(first + half + i));
			const result = next();
			if (values[0] === 2) unit.put(first + half, ...before);
			return result;
		},
	},
	{
		title: "a point of curve 1 can be written",
		caught: ["CRV-1", "MOD-3"],
		write(unit, address, values, next) {
			if (address !== unit.point(708, "Crv[1].MustTrip.Pt[5].Tms").address || values.length !== 2) return next();
			unit.put(address, ...values);
			return 0;
		},
	},
	{
		title: "a curve that is out of order is adopted",
		caught: ["CRV-3"],
		write(unit, address, values, next) {
			if (address !== unit.point(709, "AdptCrvReq").address || values[0] !== 2) return next();
			const result = next();
			const [from, count] = unit.span(709, "Crv[2]");
			const [to] = unit.span(709, "Crv[1]");
			const readOnly = unit.point(709, "Crv[1].ReadOnly").address;
			for (let i = 0; i < count; i++) if (to + i !== readOnly) unit.put(to + i, unit.get(from + i));
			unit.put(unit.point(709, "AdptCrvRslt").address, 1);
			return result;
		},
	},
	{
		title: "a reversion time that is over has no effect",
		caught: ["REV-1"],
		write(unit, address, values, next) {
			// the DER is told a longer time, and the client the one it wrote
			const { address: tms } = unit.point(704, "WSetRvrtTms");
			if (address !== tms || values.length !== 2 || values[0] !== 0 || values[1] === 0 || values[1]! > 60)
				return next();
			const result = unit.write(address, [values[0]!, values[1]! + 30]);
			unit.put(address, ...values);
			unit.count = performance.now() + 1000 * (values[0]! * 65536 + values[1]!);
			return result;
		},
		read(unit, address, count, out, offset, next) {
			const result = next();
			const at = unit.point(704, "WSetRvrtRem").address - address;
			const left = unit.count > 0 ? Math.max(0, Math.ceil((unit.count - performance.now()) / 1000)) : 0;
			const running = unit.get(unit.point(704, "WSetRvrtRem").address + 1) > 0;
			if (at >= 0 && at + 1 < count) out.setUint32(offset + 2 * at, running ? left : 0);
			return result;
		},
	},
	{
		title: "setting a reversion time anew does not restart it",
		caught: ["REV-2"],
		write(unit, address, values, next) {
			const { address: tms } = unit.point(704, "VarSetRvrtTms");
			const left = unit.get(unit.point(704, "VarSetRvrtRem").address + 1);
			if (address !== tms || values.length !== 2 || values[1] === 0 || left === 0) return next();
			return 0;
		},
	},
	{
		title: "a reversion cannot be cancelled",
		caught: ["REV-3"],
		write(unit, address, values, next) {
			const { address: tms } = unit.point(704, "PFWInjRvrtTms");
			if (address !== tms || values.length !== 2 || values[1] !== 0 || values[0] !== 0) return next();
			unit.put(address, 0, 0);
			return 0;
		},
	},
	{
		title: "another device says who it is",
		caught: ["DEV-2"],
		read(unit, address, count, out, offset, next) {
			const result = next();
			const at = unit.point(1, "Md").address - address;
			if (at >= 0 && at < count) out.setUint16(offset + 2 * at, 0x5858);
			return result;
		},
	},
	{
		title: "the map is found at 0 as well",
		caught: ["DEV-1", "MOD-2"],
		read(_unit, address, count, out, offset, next) {
			if (address !== 0) return next();
			for (let i = 0; i < count; i++) out.setUint16(offset + 2 * i, i === 0 ? 0x5375 : 0x6e53);
			return 0;
		},
	},
	{
		title: "a model has fewer points than IEEE 1547 asks for",
		caught: ["MOD-4"],
		read(unit, address, count, out, offset, next) {
			const result = next();
			const at = unit.point(702, "ReactSusceptRtg").address - address;
			if (at >= 0 && at < count) out.setUint16(offset + 2 * at, 0xffff);
			return result;
		},
	},
];

/** The server's space with a defect at each unit that has one. */
export class FaultySpace implements RegisterSpace {
	readonly #dut: Dut;
	readonly #faults = new Map<number, { defect: Defect; unit: FaultyUnit }>();

	constructor(dut: Dut) {
		this.#dut = dut;
	}

	plant(unit: number, defect: Defect): void {
		this.#faults.set(unit, { defect, unit: new FaultyUnit(this.#dut, unit) });
	}

	hasUnit(unit: number): boolean {
		return this.#dut.space.hasUnit(unit);
	}

	readRegisters(unit: number, input: boolean, address: number, count: number, out: DataView, offset: number): number {
		const next = () => this.#dut.space.readRegisters(unit, input, address, count, out, offset);
		const fault = this.#faults.get(unit);
		return fault?.defect.read && !input ? fault.defect.read(fault.unit, address, count, out, offset, next) : next();
	}

	writeRegisters(unit: number, address: number, count: number, data: DataView, offset: number): number {
		const next = () => this.#dut.space.writeRegisters(unit, address, count, data, offset);
		const fault = this.#faults.get(unit);
		if (!fault?.defect.write) return next();
		const values = Array.from({ length: count }, (_, i) => data.getUint16(offset + 2 * i));
		return fault.defect.write(fault.unit, address, values, next);
	}
}
