import { frozen } from "../../base/frozen";
import { kHybridMeasured, kHybridSettings } from "../models/hybrid";
import type { Order, Poll, Row, RowType } from "../table";
import type { Unit } from "../units";

/** Point of the vendor model of measurements, or of that of settings. */
export const measured = (name: string): string => `${kHybridMeasured}.${name}`;
export const settings = (name: string): string => `${kHybridSettings}.${name}`;
/** The same point of the first 701, the grid side, and of the second, the load side: both are one device. */
export const bothSides = (name: string): readonly string[] => [name, `701#2.${name}`];

type More = Partial<Omit<Row, "name" | "address" | "unit" | "poll">>;

/** A row that is read. */
export function read(poll: Poll, name: string, address: number, type: RowType, unit: Unit, more: More = {}): Row {
	return { name, address, type, unit, poll, ...more };
}

/** A register that is read for something else too. */
export function again(first: Row, name: string, unit: Unit, more: Partial<Row> = {}): Row {
	return { name, address: first.address, type: first.type, unit, poll: first.poll!, again: first.name, ...more };
}

/** A setting: read each minute, written with function 16 and read back. Function 6 is ignored by the family's firmware. */
export function setting(
	name: string,
	address: number,
	unit: Unit,
	range: readonly [min: number, max: number],
	point: string | readonly string[] | undefined,
	more: More = {},
): Row {
	const write = { fc: 16 as const, min: range[0], max: range[1] };
	const points = point === undefined ? {} : { point };
	return { name, address, type: "u16", unit, poll: "slow", access: "rw", write, ...points, ...more };
}

/** A setting that is shown and left to the installer. */
export function shown(name: string, address: number, unit: Unit, point: string, more: More = {}): Row {
	return { name, address, type: "u16", unit, poll: "slow", point, ...more };
}

/** Six times, powers, voltages, percentages and mode words, one kind behind the other, from `first`. */
export interface WindowPlan {
	readonly first: number;
	readonly maxW: number;
	readonly maxV: number;
	/** W and V of one raw step. */
	readonly stepW: number;
	readonly stepV: number;
	/** Mode words that may be written: bits that nobody has explained are no part of them. */
	readonly modes: readonly number[];
}

export function windows(plan: WindowPlan): Row[] {
	const rows: Row[] = [];
	const six = (offset: number, make: (n: number, address: number) => Row): void => {
		for (let n = 1; n <= 6; n++) rows.push(make(n, plan.first + offset + n - 1));
	};
	const point = (n: number, name: string): string => settings(`Win[${n}].${name}`);
	const time = { fc: 16, min: 0, max: 2359, clock: true } as const;
	six(0, (n, at) => setting(`tou${n}_time`, at, "code", [0, 2359], point(n, "Tm"), { write: time }));
	six(6, (n, at) => setting(`tou${n}_power`, at, "W", [0, plan.maxW], point(n, "W"), { k: plan.stepW }));
	six(12, (n, at) => setting(`tou${n}_voltage`, at, "V", [0, plan.maxV], point(n, "V"), { k: plan.stepV }));
	six(18, (n, at) => setting(`tou${n}_soc`, at, "%", [0, 100], point(n, "SoC")));
	const mode = { fc: 16, min: 0, max: plan.modes[plan.modes.length - 1]!, allowed: plan.modes } as const;
	six(24, (n, at) => setting(`tou${n}_mode`, at, "code", [0, 1], point(n, "Mod"), { write: mode }));
	return rows;
}

/** The six times rise. The battery switches off at the lowest level, warns above it, and comes back at the highest. */
export const settingOrders = frozen<readonly Order[]>([
	{ rows: [1, 2, 3, 4, 5, 6].map((n) => `tou${n}_time`), rises: true },
	{ rows: ["battery_shutdown_soc", "battery_low_soc", "battery_restart_soc"] },
	{ rows: ["battery_shutdown_voltage", "battery_low_voltage", "battery_restart_voltage"] },
]);
