/** May a client write this value to a DER's settings and controls? Ranges point by point, and of points together. */
import { frozen } from "../../base/frozen";
import { ModbusException } from "../../modbus/pdu";
import type { Image } from "../image";
import { findPoint, layout, symbolName } from "../model";
import { type ModelPlace, type PointInfo, pointAt } from "../place";
import type { WrittenValue } from "../server";
import { VarMode } from "./controls-704";
import { At702, type Settings } from "./settings";
import type { DerAbility, DerActuator } from "./types";

const refused = ModbusException.illegalDataValue;

/** A day: longer delays of entering service are a mistake. */
const longestS = 86400;

/** Lowest and highest value by point; a point that is not named may have any its type can hold. */
const ranges = frozen<Readonly<Record<string, readonly [number, number]>>>({
	// 703; IEEE 1547-2018, table 4 has narrower ones for North America
	ESVHi: [100, 150],
	ESVLo: [0, 100],
	ESHzHi: [45, 70],
	ESHzLo: [40, 65],
	ESDlyTms: [0, longestS],
	ESRndTms: [0, longestS],
	ESRmpTms: [0, longestS],
	// 704
	WMaxLimPct: [0, 100],
	WMaxLimPctRvrt: [0, 100],
	WSetPct: [-100, 100],
	WSetPctRvrt: [-100, 100],
	VarSetPct: [-100, 100],
	VarSetPctRvrt: [-100, 100],
	PF: [0, 1],
	// a ramp of 0 % a second never arrives
	WRmp: [1, 100],
	VarRmp: [1, 100],
	VarSetPri: [0, 1],
	// 715
	AlarmReset: [0, 1],
	// 121
	WGra: [1, 100],
	ECPNomHz: [45, 65],
	// 123
	OutPFSet: [-1, 1],
	VArWMaxPct: [-100, 100],
	VArMaxPct: [-100, 100],
	VArAvalPct: [-100, 100],
	// NONE could not read back: 704, where the control lives, has no such mode
	VArPct_Mod: [1, 3],
	// 124
	StorCtl_Mod: [0, 3],
	MinRsvPct: [0, 100],
	OutWRte: [-100, 100],
	InWRte: [-100, 100],
	WChaGra: [1, 100],
	WDisChaGra: [1, 100],
});

/** Points of which one must stay below the other, by model. */
const pairs = frozen([
	[703, "ESVLo", "ESVHi"],
	[703, "ESHzLo", "ESHzHi"],
	[702, "VMin", "VMax"],
	[121, "VMin", "VMax"],
] as const);

/** 0, or the Modbus exception for one point, whatever else is written with it. */
export function checkValue(point: PointInfo, value: number, settings: Settings, actuator: DerActuator): number {
	if (!Number.isFinite(value)) return refused;
	if (point.type === "enum16" && symbolName(point.symbols, value) === undefined) return refused;
	const range = ranges[point.name];
	if (range && !(value >= range[0] && value <= range[1])) return refused;
	// a part of what the active power of the moment leaves room for is another value each second
	if (!actuator.continuous && followsPower(point.name, value)) return refused;
	const { id } = point.model;
	const at = point.address - point.model.address;
	if (id === 702) return settings.allows(at, value) ? 0 : refused;
	if (id === 121) return check121(at, value, settings);
	if (id === 124 && point.name === "WChaMax") return settings.allows(At702.wChaRteMax, value) ? 0 : refused;
	const told = inSi(point.name, value, settings);
	return told && !canDo(told[0], told[1], settings, actuator) ? refused : 0;
}

function followsPower(name: string, value: number): boolean {
	return (
		(name === "VarSetMod" && value === VarMode.varAval) || (name === "VArPct_Mod" && value === VarMode.varAval + 1)
	);
}

function check121(at: number, value: number, settings: Settings): number {
	const setting = settings.of121(at);
	if (setting < 0) return 0;
	// absorbed reactive power is negative here and positive in 702
	return settings.allows(setting, setting === At702.varMaxAbs ? -value : value) ? 0 : refused;
}

/** What a written value would tell the device, in SI units; undefined for points that tell it nothing. */
function inSi(name: string, value: number, settings: Settings): readonly [DerAbility, number] | undefined {
	switch (name) {
		case "WMaxLimPct":
		case "WMaxLimPctRvrt":
			return ["limitW", (value * settings.wMax) / 100];
		case "WSet":
		case "WSetRvrt":
			return ["setW", value];
		case "WSetPct":
		case "WSetPctRvrt":
			return ["setW", (value * settings.wMax) / 100];
		case "VarSet":
		case "VarSetRvrt":
			return ["setVar", value];
		case "InWRte":
			return value < 0 ? ["setW", (-value * settings.charge) / 100] : ["chargeLimitW", (value * settings.charge) / 100];
		case "OutWRte": {
			const most = (value * settings.mostDischarge) / 100;
			return value < 0 ? ["setW", most] : ["dischargeLimitW", most];
		}
		case "OutPFSet":
		case "PF":
			return ["pf", value];
		default:
			return undefined;
	}
}

function canDo(ability: DerAbility, value: number, settings: Settings, actuator: DerActuator): boolean {
	// As long as nobody knows the rating, nothing can be said against the value.
	if (Number.isNaN(value)) return true;
	if (ability === "setW") {
		if (value > settings.wMax) return false;
		// only what has a storage, or is a load, can absorb
		if (value < 0 && !(value >= -settings.charge)) return false;
	}
	if (ability === "setVar" && (value > settings.varInj || value < -settings.varAbs)) return false;
	return actuator.refuses?.(ability, value) === undefined;
}

/** 0, or the Modbus exception for points that do not go together: judged on what the image would hold afterwards. */
export function checkTogether(image: Image, points: readonly PointInfo[], values: readonly WrittenValue[]): number {
	for (const [id, low, high] of pairs) {
		const [below, above] = final(image, points, values, id, low, high);
		if (below! >= above!) return refused;
	}
	// 124: charging at least at one rate and at most at another that is lower. Negative rates are least ones.
	const [out, into] = final(image, points, values, 124, "OutWRte", "InWRte");
	return out! < 0 && into! < 0 ? refused : 0;
}

/** The values two points would have; nothing when neither of them is written. */
function final(
	image: Image,
	points: readonly PointInfo[],
	values: readonly WrittenValue[],
	id: number,
	first: string,
	second: string,
): readonly number[] {
	const at = points.findIndex((point) => point.model.id === id && (point.name === first || point.name === second));
	if (at < 0) return [];
	return [first, second].map((name) => {
		const { model } = points[at]!;
		const written = points.findIndex((point) => point.model === model && point.name === name);
		return written < 0 ? pointValue(image, model, name) : Number(values[written]);
	});
}

function pointValue(image: Image, model: ModelPlace, name: string): number {
	const line = findPoint(model.text, layout(model.text, model.repeats), name);
	const point = line && pointAt(image.models, model.address + line.offset);
	return point ? Number(image.valueOf(point)) : Number.NaN;
}
