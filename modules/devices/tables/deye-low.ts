import { frozen } from "../../base/frozen";
import { shared } from "../share";
import type { Control, Derived, DeviceTable, Range, Row } from "../table";
import {
	batteryPort,
	commonControls,
	commonPoints,
	energyRows,
	fixedPoints,
	head,
	type Product,
	stateRows,
} from "./deye-common";
import { lowVoltageAlarms, lowVoltageFaults } from "./deye-faults";
import { again, bothSides, measured, read } from "./deye-row";
import { bmsRows, settingRows } from "./deye-settings";

/** The register map of the family's single-phase and split-phase inverters with a battery of 48 V (measurements at 59 to 196). */
export interface LowProduct extends Omit<Product, "shift" | "highVoltage" | "nominalV" | "maxPeakW" | "modes"> {
	readonly mppts: 2 | 3;
	/** Phases of the inverter itself: 1, or 2 for 120/240 V and for two legs of 120/208 V. */
	readonly phases: 1 | 2;
	/** Registers in one read. */
	readonly maxRead: number;
	readonly blocks: readonly Range[];
	/** Power of the grid in steps of 10 W: with register 54 at 10 it may be more than 32767 W. */
	readonly tens: boolean;
}

type Map = LowProduct & Product;

/** Bit 0 charges from the grid, 1 sells, 5 shaves peaks. */
const solArkModes = frozen<readonly number[]>([0, 1, 2, 3, 32, 33, 34, 35]);
/** Bits 0 and 1 charge from grid and generator, 2 to 4 are the mode, 6 sells. */
const deyeModes = frozen<readonly number[]>([...Array(64).keys()].map((i) => (i < 32 ? i : i + 32)));

/** `like`: tables of the family that are there already. */
export function lowMap(product: LowProduct, like: readonly DeviceTable[]): DeviceTable {
	const solArk = product.brand === "sol-ark";
	const modes = solArk ? solArkModes : deyeModes;
	// 16 LFP cells
	const map: Map = { ...product, shift: 0, highVoltage: false, nominalV: 51.2, maxPeakW: 16_000, modes };
	// limits; on a Sol-Ark a fixed reactive power and power factor too (702: MAX_W, FIXED_VAR, FIXED_PF)
	const ctrlModes = solArk ? 0b1101 : 0b1;
	const transformer = map.mppts === 3 ? undefined : 90;
	const table: DeviceTable = {
		...head(map),
		fixed: fixedPoints(map, { tens: map.tens, var: 2, dcA: map.tens ? -1 : -2, ctrlModes }),
		derived: derivedPoints(map),
		controls: solArk ? [...commonControls, ...solArkControls] : commonControls,
		maxRead: map.maxRead,
		blocks: map.blocks,
		// Calibration of the arc detector (high word first, alone in the family).
		never: [[297, 310]],
		rows: [
			...identity(map),
			...stateRows(
				{ status: 59, warnings: 101, faults: 103, transformer, heatSink: 91 },
				lowVoltageAlarms,
				lowVoltageFaults,
			),
			...relays(solArk),
			...energyRows(map, { charge: 72, discharge: 74, buy: 78, buyHigh: 80, sell: 81, load: 85, pv: 96 }),
			...grid(map),
			...load(map),
			...inverter(map),
			...dc(map),
			...bmsRows(map),
			...settingRows(map),
		],
	};
	return shared(table, like);
}

const solArkControls = frozen<readonly Control[]>([
	{ ability: "pf", row: "output_power_factor", free: 1 },
	{ ability: "setVar", row: "fixed_reactive_power", percentOf: "702.WMaxRtg", free: 0 },
]);

function identity(map: Map): Row[] {
	return [
		read("once", "protocol_version", 2, "u16", "code", { point: measured("Proto") }),
		read("once", "serial_number", 3, "string", "text", { words: 5, point: "1.SN" }),
		// Up to 36 kW: 40000 and below can only be W, what is above only 0.1 W of 4 kW and more.
		map.brand === "sol-ark"
			? read("once", "rated_power", 50, "u32", "W", {
					point: "702.WMaxRtg",
					above: { raw: 40_000, k: 0.1, b: 0 },
					notAvailable: [0],
					note: "unit not stated in the map: W or 0.1 W, told apart by size",
				})
			: read("once", "rated_power", 16, "u32", "W", { point: "702.WMaxRtg", k: 0.1, notAvailable: [0] }),
		read("once", "mppt_count", 18, "bits", "code", { bits: [8, 8], point: measured("NMppt") }),
		read("once", "phase_count", 18, "bits", "code", { bits: [0, 8], point: measured("NPh") }),
		read("once", "power_ratio", 54, "u16", "1", {
			map: { 10: 10 },
			otherwise: 1,
			point: measured("WRatio"),
			note: "10: what it multiplies counts 10 W (Sol-Ark 15K from SW 7226/1446 on)",
		}),
		read("slow", "grid_type", 286, "u16", "code", { map: { 0: 0, 1: 1, 2: 2 }, point: bothSides("ACType") }),
	];
}

function relays(solArk: boolean): Row[] {
	const relay = read("fast", "grid_relay", 194, "u16", "code", {
		...(solArk ? { map: { 0: 0, 1: 0, 2: 1 } } : { map: { 0: 0 }, otherwise: 1 }),
		point: bothSides("ConnSt"),
		note: solArk ? "1 open, 2 closed" : "anything but 0 is connected",
	});
	return [
		relay,
		again(relay, "grid_relay_mode", "code", {
			// closed: follows the grid (bit 0); open: makes its own (bit 1)
			...(solArk ? { map: { 0: 2, 1: 2, 2: 1 } } : { map: { 0: 2 }, otherwise: 1 }),
			point: bothSides("DERMode"),
		}),
		again(relay, "grid_relay_raw", "code", { point: measured("RlyRaw") }),
		{
			...read("normal", "switched_on", 106, "bits", "code", { bits: [12, 1], map: { 0: 1, 1: 0 } }),
			again: "fault_bits",
			point: measured("BtnOn"),
			note: "fault bit 60: switched off by its button",
		},
		read("fast", "gen_relay", 195, "u16", "code", { point: measured("GenRly") }),
	];
}

/** A power that register 54 multiplies. */
function scaledWatts(name: string, address: number, point: string): Row {
	return read("fast", name, address, "s16", "W", { times: ["power_ratio"], point });
}

/** A current that counts as the power beside it does, positive when taken from the grid. */
function gridAmps(name: string, address: number, point: string | readonly string[]): Row {
	return read("fast", name, address, "s16", "A", { k: 0.01, positive: "import", point });
}

function volts(name: string, address: number, point: string | readonly string[]): Row {
	return read("fast", name, address, "u16", "V", { k: 0.1, point });
}

function hertz(name: string, address: number, point: string): Row {
	return read(address === 79 ? "normal" : "fast", name, address, "u16", "Hz", { k: 0.01, point });
}

function grid(map: Map): Row[] {
	const two = map.phases === 2;
	const rows = [
		hertz("grid_frequency", 79, "Hz"),
		volts("grid_l1_voltage", 150, two ? "VL1" : ["VL1", "LNV"]),
		gridAmps("grid_l1_current", 160, two ? "AL1" : ["AL1", "A"]),
		gridAmps("ct_l1_current", 162, measured("CtAL1")),
		scaledWatts("grid_l1_power", 167, "WL1"),
		scaledWatts("grid_power", 169, "W"),
		scaledWatts("ct_l1_power", 170, measured("CtWL1")),
		scaledWatts("ct_power", 172, measured("CtW")),
	];
	if (two) {
		rows.push(
			volts("grid_l2_voltage", 151, "VL2"),
			volts("grid_l1_l2_voltage", 152, ["LLV", "VL1L2"]),
			volts("relay_voltage", 153, measured("RlyV")),
			gridAmps("grid_l2_current", 161, "AL2"),
			gridAmps("ct_l2_current", 163, measured("CtAL2")),
			scaledWatts("grid_l2_power", 168, "WL2"),
			scaledWatts("ct_l2_power", 171, measured("CtWL2")),
		);
	}
	return map.brand === "sol-ark" ? [...rows, ...gridQuality()] : rows;
}

/** Only in Sol-Ark's map. */
function gridQuality(): Row[] {
	return [
		read("normal", "apparent_power", 38, "u16", "VA", { point: measured("VA"), note: "side not stated" }),
		read("normal", "grid_reactive_power", 88, "u16", "var", {
			k: 100,
			point: "Var",
			range: [0, 50_000],
			note: "without sign",
		}),
		read("normal", "grid_power_factor", 89, "s16", "1", {
			k: 0.001,
			above: { raw: 1000, k: -0.001, b: 2 },
			notAvailable: [0],
			note: "1000 is 1, 1200 is 0.8 in the other quadrant",
		}),
	];
}

function load(map: Map): Row[] {
	const two = map.phases === 2;
	const at = (name: string): string => `701#2.${name}`;
	const rows = [
		volts("load_l1_voltage", 157, two ? at("VL1") : [at("VL1"), at("LNV")]),
		scaledWatts("load_l1_power", 176, at("WL1")),
		scaledWatts("load_power", 178, at("W")),
		gridAmps("load_l1_current", 179, two ? at("AL1") : [at("AL1"), at("A")]),
		hertz("load_frequency", 192, at("Hz")),
	];
	if (two) {
		rows.push(
			volts("load_l2_voltage", 158, at("VL2")),
			scaledWatts("load_l2_power", 177, at("WL2")),
			gridAmps("load_l2_current", 180, at("AL2")),
		);
	}
	return rows;
}

/** 173 to 175 and 185 are not in the list of register 54, and the relatives with 10 W steps count them in 1 W. */
function inverter(map: Map): Row[] {
	const amps = (name: string, address: number, point: string): Row =>
		read("fast", name, address, "s16", "A", { k: 0.01, point: measured(point) });
	const watts = (name: string, address: number, point: string): Row =>
		read("fast", name, address, "s16", "W", { positive: "export", point: measured(point) });
	const rows = [
		volts("inverter_l1_voltage", 154, measured("InvVL1")),
		amps("inverter_l1_current", 164, "InvAL1"),
		watts("aux_gen_power", 166, "GenW"),
		watts("inverter_l1_power", 173, "InvWL1"),
		watts("inverter_power", 175, "InvW"),
		volts("gen_voltage", 181, measured("GenV")),
		watts("ups_power", 185, "UpsW"),
		hertz("inverter_frequency", 193, measured("InvHz")),
		hertz("gen_frequency", 196, measured("GenHz")),
	];
	if (map.phases === 2) {
		rows.push(
			volts("inverter_l2_voltage", 155, measured("InvVL2")),
			volts("inverter_l1_l2_voltage", 156, measured("InvVL1L2")),
			amps("inverter_l2_current", 165, "InvAL2"),
			watts("inverter_l2_power", 174, "InvWL2"),
		);
	}
	return rows;
}

function dc(map: Map): Row[] {
	const battery = batteryPort(map);
	const rows: Row[] = [];
	for (let n = 1; n <= map.mppts; n++) {
		const port = `714.Prt[${n}]`;
		rows.push(
			read("normal", `pv${n}_voltage`, 107 + 2 * n, "u16", "V", { k: 0.1, point: `${port}.DCV` }),
			read("normal", `pv${n}_current`, 108 + 2 * n, "u16", "A", { k: 0.1, point: `${port}.DCA` }),
			read("fast", `pv${n}_power`, 185 + n, "u16", "W", { point: `${port}.DCW` }),
		);
	}
	rows.push(
		read("normal", "battery_capacity_corrected", 107, "u16", "Ah", { point: measured("BatAh") }),
		read("fast", "battery_temperature", 182, "u16", "C", { k: 0.1, b: -100, point: `${battery}.Tmp` }),
		read("fast", "battery_voltage", 183, "u16", "V", { k: 0.01, point: [`${battery}.DCV`, "802.V"] }),
		read("fast", "battery_soc", 184, "u16", "%", { range: [0, 100] }),
		read("fast", "battery_power", 190, "s16", "W", {
			positive: "discharge",
			...(map.brand === "sol-ark" ? { times: ["power_ratio"] } : {}),
			point: [`${battery}.DCW`, "802.W"],
		}),
		read("fast", "battery_current", 191, "s16", "A", {
			k: 0.01,
			positive: "discharge",
			point: [`${battery}.DCA`, "802.A"],
		}),
	);
	return rows;
}

function derivedPoints(map: Map): Derived[] {
	const derived: Derived[] = [];
	if (map.phases === 2) {
		derived.push(
			{ point: "LNV", by: "mean", of: ["VL1", "VL2"] },
			{ point: "A", by: "sum", of: ["AL1", "AL2"] },
			{ point: "701#2.LNV", by: "mean", of: ["701#2.VL1", "701#2.VL2"] },
			{ point: "701#2.A", by: "sum", of: ["701#2.AL1", "701#2.AL2"] },
			// 120/240 V: the legs are opposite; 120/208 V: they are 120 degrees apart.
			loadLines(1, [0, 1]),
			loadLines(Math.sqrt(3) / 2, [2]),
		);
	}
	if (map.brand === "sol-ark") {
		derived.push(
			{ point: "VA", by: "hypot", of: ["W", "Var"] },
			{ point: "PF", by: "sign", of: ["@grid_power_factor", "W"] },
		);
	}
	return [...derived, ...commonPoints(map)];
}

/** Voltage between the load's legs, by the kind of grid. */
function loadLines(k: number, types: readonly number[]): Derived {
	const of = ["701#2.VL1", "701#2.VL2"];
	return { point: ["701#2.LLV", "701#2.VL1L2"], by: "sum", of, k, when: { row: "grid_type", is: types } };
}
