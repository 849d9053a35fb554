/** A DER for tests: its image behind a SunSpec server, a clock to move by hand, a device that remembers what it was told. */
import { ManualClock } from "../../../base/manual-clock";
import { encodeNumber, unscaled } from "../../codec";
import { Image, type ModelSpec } from "../../image";
import { type PointInfo, scaleOf } from "../../place";
import { SunSpecSpace } from "../../server";
import { PointType } from "../../types";
import type { DerOptions } from "../begin";
import { Der } from "../der";
import { type DerAbility, type DerActuator, type DerCommand, type DerStore, derAbilities } from "../types";

export const allAbilities: readonly DerAbility[] = derAbilities;

export class Recorder implements DerActuator {
	abilities: readonly DerAbility[] = allAbilities;
	continuous = true;
	online = true;
	readonly told: DerCommand[] = [];
	refuses?: (ability: DerAbility, value: number) => string | undefined;

	apply(command: Readonly<DerCommand>): void {
		this.told.push({ ...command });
	}

	get last(): DerCommand {
		return this.told[this.told.length - 1]!;
	}
}

export class Memory implements DerStore {
	saves = 0;
	bytes: Uint8Array | undefined;

	load(): Uint8Array | undefined {
		return this.bytes;
	}

	save(_unit: number, state: Uint8Array): void {
		this.saves++;
		this.bytes = state;
	}
}

const models: readonly ModelSpec[] = [1, 701, 702, 703, 704, 713, 715, 121, 123, 124].map((id) => ({ id }));

export interface RigOptions extends Partial<DerOptions> {
	readonly models?: readonly ModelSpec[];
	readonly abilities?: readonly DerAbility[];
	readonly continuous?: boolean;
	/** 702, 713 and 701 stay empty. */
	readonly unknown?: boolean;
	/** Called before the controls begin. */
	readonly before?: (rig: Rig) => void;
}

/** 10 kW, 11 kVA, 5 kvar, a storage of 8 kW; 400 V three-phase, 50 Hz; feeding 4 kW, half full. */
export class Rig {
	readonly clock: ManualClock;
	readonly image: Image;
	readonly space: SunSpecSpace;
	readonly device = new Recorder();
	readonly der: Der;
	readonly changes: string[] = [];

	constructor(options: RigOptions = {}) {
		this.clock = (options.clock as ManualClock | undefined) ?? new ManualClock();
		this.image = new Image(options.models ?? models);
		if (options.abilities) this.device.abilities = options.abilities;
		if (options.continuous !== undefined) this.device.continuous = options.continuous;
		if (!options.unknown) this.#plate();
		options.before?.(this);
		this.der = new Der({
			unit: 3,
			actuator: this.device,
			clock: this.clock,
			random: () => 0.5,
			...options,
			image: this.image,
		});
		this.der.onChange = (what) => this.changes.push(what);
		this.space = new SunSpecSpace({
			clock: this.clock,
			onWrite: (_unit, _image, point, value) => this.der.onWrite(point, value),
			onCheck: (_unit, _image, points, values) => this.der.onCheck(points, values),
			onWritten: (_unit, _image, points) => this.der.onWritten(points),
		});
		this.space.add(3, this.image);
	}

	#plate(): void {
		const has = (id: number): boolean => this.image.models.some((model) => model.id === id);
		const plate = { WMaxRtg: 10_000, VAMaxRtg: 11_000, VarMaxInjRtg: 5000, VarMaxAbsRtg: 5000, WChaRteMaxRtg: 8000 };
		for (const sf of ["W_SF", "VA_SF", "Var_SF"]) this.put(702, sf, 0);
		this.put(702, "V_SF", -1);
		this.put(702, "PF_SF", -3);
		for (const [name, value] of Object.entries({ ...plate, WDisChaRteMaxRtg: 9000, VNomRtg: 400 })) {
			this.put(702, name, value);
		}
		this.put(702, "VMaxRtg", 480);
		this.put(702, "VMinRtg", 320);
		for (const name of ["WMax", "VAMax", "VarMaxInj", "VarMaxAbs", "WChaRteMax", "WDisChaRteMax", "VNom"]) {
			this.put(702, name, this.get(702, `${name}Rtg`));
		}
		this.put(702, "VMax", 480);
		this.put(702, "VMin", 320);
		if (has(713)) this.put(713, "Pct_SF", -1);
		if (has(713)) this.put(713, "SoC", 50);
		this.put(701, "ACType", 2);
		for (const [name, power] of Object.entries({ W_SF: 0, V_SF: -1, Hz_SF: -3, Var_SF: 0 })) this.put(701, name, power);
		this.grid(400, 50, 4000);
	}

	/** A measurement: line voltage, frequency, active power. */
	grid(volts: number, hz: number, watts: number): void {
		this.put(701, "LLV", volts);
		this.put(701, "Hz", hz);
		this.put(701, "W", watts);
		this.image.commit();
		(this.der as Der | undefined)?.measured();
	}

	point(model: number, name: string): PointInfo {
		const dot = name.lastIndexOf(".");
		const group = name.slice(0, Math.max(0, dot));
		const last = name.slice(dot + 1);
		let found: PointInfo | undefined;
		this.image.eachPoint((point) => {
			if (point.model.id === model && point.group === group && point.name === last && point.model.occurrence === 1) {
				found ??= point;
			}
		});
		if (!found) throw new Error(`no point ${model}.${name}`);
		return found;
	}

	/** The value as a client reads it; NaN: not implemented. */
	get(model: number, name: string): number {
		const value = this.image.valueOf(this.point(model, name));
		return value === undefined ? Number.NaN : Number(value);
	}

	/** Puts a value into the image as the device does. */
	put(model: number, name: string, value: number): void {
		const point = this.point(model, name);
		const bytes = this.#encode(point, value);
		this.image.load(point.address, bytes, 0, point.size, this.clock.now(), "good");
	}

	#encode(point: PointInfo, value: number, bytes = new DataView(new ArrayBuffer(2 * point.size)), at = 0): DataView {
		const power = scaleOf(this.image.registers, this.image.base, point);
		if (!encodeNumber(bytes, at, PointType[point.type], unscaled(value, power))) {
			throw new Error(`${point.name} cannot hold ${value}`);
		}
		return bytes;
	}

	/** One request for points that stand behind each other: 0 or the exception. */
	write(model: number, values: Readonly<Record<string, number>>): number {
		const points = Object.keys(values).map((name) => this.point(model, name));
		const start = points[0]!.address;
		let size = 0;
		for (const point of points) {
			if (point.address !== start + size) throw new Error(`${point.name} does not follow the point before it`);
			size += point.size;
		}
		const bytes = new DataView(new ArrayBuffer(2 * size));
		for (const point of points) this.#encode(point, values[pathOf(point)]!, bytes, 2 * (point.address - start));
		return this.space.writeRegisters(3, start, size, bytes, 0);
	}

	/** One request a point; all must be taken. */
	set(model: number, values: Readonly<Record<string, number>>): void {
		for (const [name, value] of Object.entries(values)) {
			const exception = this.write(model, { [name]: value });
			if (exception !== 0) throw new Error(`${model}.${name} = ${value}: exception ${exception}`);
		}
	}

	seconds(count: number): void {
		this.clock.advance(1000 * count);
	}
}

function pathOf(point: PointInfo): string {
	return point.group === "" ? point.name : `${point.group}.${point.name}`;
}
