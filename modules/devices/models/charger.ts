import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** What a charge controller says beside its ports, which are 714's. The registry's 64111 demands points that few have. */
export const kCharger = 64925;
/** What drives it when that is the wind. */
export const kWind = 64926;

function numbers(
	type: "uint16" | "int16" | "uint32" | "int32",
	units: string,
	sf: number,
	names: readonly string[],
): PointTable[] {
	return names.map((name) => ({ name, type, units, ...(sf === 0 ? {} : { sf }) }));
}

/** The first five states are those of 64111. */
const states = frozen([
	"OFF",
	"FLOAT",
	"BULK",
	"ABSORB",
	"EQ",
	"FAULT",
	"STORAGE",
	"EXTERNAL",
	"SLAVE",
	"NIGHT",
	"CHARGING",
]);

/**
 * Out: what goes to battery and load, as the controller counts it. Tgt: what it regulates to. VMin, VMax: of the battery
 * today; SrcV: the highest of the source today, SrcVoc without load. Wh, Ah: today, and AhTot ever. Flt and Wrn are the
 * maker's bits, StRaw its own state.
 */
export const chargerModel = frozen<ModelSpec>({
	id: kCharger,
	text: defineModel(kCharger, {
		name: "charge_controller",
		points: [
			{ name: "ChaSt", type: "enum16", symbols: states.map((name, value) => ({ name, value })) },
			{ name: "StRaw", type: "uint16" },
			{ name: "Flt", type: "uint32" },
			{ name: "Wrn", type: "uint32" },
			...numbers("int32", "W", 0, ["OutW", "MaxW"]),
			...numbers("uint16", "A", -2, ["OutA"]),
			...numbers("uint16", "V", -2, ["TgtV", "VMin", "VMax", "SrcVMax", "SrcVoc"]),
			...numbers("uint32", "Wh", 0, ["WhDay"]),
			...numbers("uint32", "Ah", -1, ["AhDay", "AhTot"]),
			...numbers("int16", "C", -1, ["Tmp", "TmpSnk"]),
		],
	}),
});

/**
 * Wnd: wind speed, now, and as the controller concludes it from the turbine. Rtr: speed of the rotor, and its highest.
 * Brk: what the dump load takes, power as a mean of a minute. Avl: power that the wind would give. Flags: 1 is yes.
 */
export const windModel = frozen<ModelSpec>({
	id: kWind,
	text: defineModel(kWind, {
		name: "wind_turbine",
		points: [
			...numbers("uint16", "m/s", -2, ["WndSpd", "WndSpdEst", "WndSpdMin", "WndSpdHr"]),
			...numbers("uint16", "rpm", 0, ["RtrSpd", "RtrSpdMax"]),
			...numbers("uint32", "W", 0, ["AvlW", "BrkW", "AvgW", "AvgWHr"]),
			...numbers("uint16", "A", -2, ["BrkA"]),
			...numbers("uint16", "Pct", 0, ["Dty"]),
			{ name: "OvrSpd", type: "uint16" },
			{ name: "HiWnd", type: "uint16" },
			{ name: "HiV", type: "uint16" },
			{ name: "Stop", type: "uint16" },
			{ name: "EmStop", type: "uint16" },
		],
	}),
});

/** What its owner may set. */
export const kChargerSettings = 64927;

/**
 * Voltages of the battery, in falling order: above VHi it is disconnected, VLim is the most it is charged to, VEq, VBst and
 * VFlt are the stages; below VBstRcn boost begins anew; the load comes back at VLoRcn and goes at VLo; VDisLim is the
 * least ever. VHiRcn: back after VHi; VWrn and VWrnRec: the warning before VLo. On, Lod: the charger, the load output.
 */
export const chargerSettings = frozen<ModelSpec>({
	id: kChargerSettings,
	text: defineModel(kChargerSettings, {
		name: "charge_controller_settings",
		points: [
			...["VHi", "VHiRcn", "VLim", "VEq", "VBst", "VFlt", "VBstRcn", "VLoRcn", "VWrnRec", "VWrn", "VLo", "VDisLim"].map(
				(name): PointTable => ({ name, type: "uint16", sf: -2, units: "V", access: "RW" }),
			),
			{ name: "Ah", type: "uint16", units: "Ah", access: "RW" },
			{ name: "BatTyp", type: "uint16" },
			onOff("On"),
			onOff("Lod"),
		],
	}),
});

function onOff(name: string): PointTable {
	const symbols = [
		{ name: "OFF", value: 0 },
		{ name: "ON", value: 1 },
	];
	return { name, type: "enum16", access: "RW", symbols };
}
