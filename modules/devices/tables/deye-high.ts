import { frozen } from "../../base/frozen";
import { shared } from "../share";
import type { Derived, DeviceTable, Row } from "../table";
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
import { highVoltageAlarms, highVoltageFaults, lowVoltageAlarms, lowVoltageFaults } from "./deye-faults";
import { again, bothSides, measured, read } from "./deye-row";
import { bmsRows, settingRows } from "./deye-settings";

/** The register map of the family's three-phase inverters (measurements at 500 to 712). */
export type HighProduct = Omit<Product, "shift" | "modes">;

/** Bits 0 and 1 charge from grid and generator, 2 to 4 are the mode. */
const modes = frozen<readonly number[]>([...Array(32).keys()]);

/** `like`: tables of the family that are there already. */
export function highMap(product: HighProduct, like: readonly DeviceTable[]): DeviceTable {
	const map: Product = { ...product, shift: -102, modes };
	const { highVoltage } = map;
	const table: DeviceTable = {
		...head(map),
		fixed: fixedPoints(map, { tens: highVoltage, var: 1, dcA: -2, ctrlModes: 1 }),
		derived: derivedPoints(map),
		controls: commonControls,
		// 125 by the maker's specification; readers in the field take up to 100 and find 0 in the gaps.
		maxRead: highVoltage ? 125 : 100,
		blocks: [
			[2, 36],
			[80, 191],
			[209, 241],
			[500, 558],
			[586, 712],
		],
		rows: [
			...identity(),
			...stateRows(
				{ status: 500, warnings: 553, faults: 555, transformer: 540, heatSink: 541 },
				highVoltage ? highVoltageAlarms : lowVoltageAlarms,
				highVoltage ? highVoltageFaults : lowVoltageFaults,
			),
			...relays(),
			...energyRows(map, { charge: 516, discharge: 518, buy: 522, sell: 524, load: 527, pv: 534 }),
			...grid(map),
			...load(map),
			...inverter(map),
			...dc(map),
			...bmsRows(map),
			...health(map),
			...settingRows(map),
		],
	};
	return shared(table, like);
}

function identity(): Row[] {
	return [
		read("once", "protocol_version", 2, "u16", "code", { point: measured("Proto") }),
		read("once", "serial_number", 3, "string", "text", { words: 5, point: "1.SN" }),
		read("once", "rated_power", 20, "u32", "W", { k: 0.1, notAvailable: [0], point: "702.WMaxRtg" }),
		read("once", "mppt_count", 22, "bits", "code", { bits: [8, 4], point: measured("NMppt") }),
		read("once", "phase_count", 22, "bits", "code", { bits: [0, 4], point: measured("NPh") }),
		// another order than register 286 of the low map
		read("slow", "grid_type", 184, "u16", "code", { map: { 0: 2, 1: 0, 2: 1 }, point: bothSides("ACType") }),
	];
}

function relays(): Row[] {
	const relays = read("fast", "relays", 552, "u16", "code", { point: measured("RlyRaw") });
	const gridBit = { type: "bits", bits: [2, 1] } as const;
	return [
		read("normal", "switched_on", 551, "u16", "code", { map: { 0: 0 }, otherwise: 1, point: measured("BtnOn") }),
		relays,
		again(relays, "grid_relay", "code", { ...gridBit, point: bothSides("ConnSt") }),
		again(relays, "grid_relay_mode", "code", { ...gridBit, map: { 0: 2, 1: 1 }, point: bothSides("DERMode") }),
		again(relays, "gen_relay", "code", { type: "bits", bits: [3, 1], point: measured("GenRly") }),
	];
}

/**
 * Power: the low word, and far behind it the high one. Firmware of low-voltage models leaves the high word at 0 also for
 * negative values, and their power fits 16 bits; so there the low word is all that counts.
 */
function watts(map: Product, name: string, address: number, high: number, more: Partial<Row>): Row {
	const words = map.highVoltage ? ({ type: "s32", high } as const) : ({ type: "s16" } as const);
	return read("fast", name, address, words.type, "W", { ...words, ...more });
}

function volts(name: string, address: number, point: string): Row {
	return read("fast", name, address, "u16", "V", { k: 0.1, point });
}

function hertz(name: string, address: number, point: string): Row {
	return read("fast", name, address, "u16", "Hz", { k: 0.01, point });
}

/** A current that counts as the power beside it does, positive when taken from the grid. */
function gridAmps(name: string, address: number, point: string): Row {
	return read("fast", name, address, "s16", "A", { k: 0.01, positive: "import", point });
}

function grid(map: Product): Row[] {
	const rows = [
		hertz("grid_frequency", 609, "Hz"),
		watts(map, "grid_power", 625, 690, { point: "W" }),
		watts(map, "ct_power", 619, 708, { point: measured("CtW") }),
		read("fast", "grid_power_factor", 621, "s16", "1", { k: 0.001, notAvailable: [0] }),
		watts(map, "grid_apparent_power", 608, 704, { unit: "VA", point: "VA" }),
	];
	for (let n = 1; n <= 3; n++) {
		rows.push(
			volts(`grid_l${n}_voltage`, 597 + n, `VL${n}`),
			gridAmps(`grid_l${n}_current`, 609 + n, `AL${n}`),
			gridAmps(`ct_l${n}_current`, 612 + n, measured(`CtAL${n}`)),
			watts(map, `ct_l${n}_power`, 615 + n, 704 + n, { point: measured(`CtWL${n}`) }),
			watts(map, `grid_l${n}_power`, 621 + n, 686 + n, { point: `WL${n}` }),
		);
		if (map.brand === "sol-ark") {
			rows.push(read("fast", `grid_l${n}_reactive_power`, 709 + n, "s16", "var", { k: 10, point: `VarL${n}` }));
		}
	}
	return rows;
}

function load(map: Product): Row[] {
	const at = (name: string): string => `701#2.${name}`;
	const rows = [watts(map, "load_power", 653, 659, { point: at("W") }), hertz("load_frequency", 655, at("Hz"))];
	for (let n = 1; n <= 3; n++) {
		rows.push(
			volts(`load_l${n}_voltage`, 643 + n, at(`VL${n}`)),
			watts(map, `load_l${n}_power`, 649 + n, 655 + n, { point: at(`WL${n}`) }),
		);
		if (map.brand === "sol-ark") rows.push(gridAmps(`load_l${n}_current`, 646 + n, at(`AL${n}`)));
	}
	return rows;
}

function inverter(map: Product): Row[] {
	const out = (name: string, address: number, high: number, point: string): Row =>
		watts(map, name, address, high, { positive: "export", point: measured(point) });
	const rows = [
		hertz("inverter_frequency", 638, measured("InvHz")),
		out("inverter_power", 636, 694, "InvW"),
		out("ups_power", 643, 699, "UpsW"),
		out("aux_gen_power", 667, 671, "GenW"),
		volts("gen_l1_voltage", 661, measured("GenV")),
	];
	for (let n = 1; n <= 3; n++) {
		rows.push(
			volts(`inverter_l${n}_voltage`, 626 + n, measured(`InvVL${n}`)),
			read("fast", `inverter_l${n}_current`, 629 + n, "s16", "A", { k: 0.01, point: measured(`InvAL${n}`) }),
			out(`inverter_l${n}_power`, 632 + n, 690 + n, `InvWL${n}`),
		);
	}
	return rows;
}

function dc(map: Product): Row[] {
	const battery = batteryPort(map);
	const k = map.highVoltage ? 10 : 1;
	const rows: Row[] = [];
	for (let n = 1; n <= map.mppts; n++) {
		const port = `714.Prt[${n}]`;
		rows.push(
			read("fast", `pv${n}_power`, 671 + n, "u16", "W", { k, point: `${port}.DCW` }),
			volts(`pv${n}_voltage`, 674 + 2 * n, `${port}.DCV`),
			read("fast", `pv${n}_current`, 675 + 2 * n, "u16", "A", { k: 0.1, point: `${port}.DCA` }),
		);
	}
	const flow = { positive: "discharge" } as const;
	rows.push(
		read("fast", "battery_temperature", 586, "u16", "C", { k: 0.1, b: -100, point: `${battery}.Tmp` }),
		read("fast", "battery_voltage", 587, "u16", "V", {
			k: map.highVoltage ? 0.1 : 0.01,
			point: [`${battery}.DCV`, "802.V"],
		}),
		read("fast", "battery_soc", 588, "u16", "%", { range: [0, 100] }),
		read("fast", "battery_power", 590, "s16", "W", { ...flow, k, point: [`${battery}.DCW`, "802.W"] }),
		read("fast", "battery_current", 591, "s16", "A", { ...flow, k: 0.01, point: [`${battery}.DCA`, "802.A"] }),
		read("fast", "battery_capacity_corrected", 592, "u16", "Ah", { point: measured("BatAh") }),
	);
	return rows;
}

/** Where the management of a high-voltage battery tells it. */
function health(map: Product): Row[] {
	if (!map.highVoltage) return [];
	const address = map.brand === "sol-ark" ? 10_006 : 224;
	return [read("slow", "bms_soh", address, "u16", "%", { notAvailable: [0], point: ["713.SoH", "802.SoH"] })];
}

function derivedPoints(map: Product): Derived[] {
	const phases = (at: string, name: string): string[] => [1, 2, 3].map((n) => `${at}${name}L${n}`);
	const derived: Derived[] = [
		{ point: "A", by: "sum", of: phases("", "A") },
		{ point: "PF", by: "sign", of: ["@grid_power_factor", "W"] },
	];
	for (const at of ["", "701#2."]) {
		derived.push({ point: `${at}LNV`, by: "mean", of: phases(at, "V") });
		// No register holds them: of three equal phases.
		derived.push({ point: `${at}LLV`, by: "mean", of: phases(at, "V"), k: Math.sqrt(3) });
	}
	if (map.brand === "sol-ark") {
		derived.push({ point: "701#2.A", by: "sum", of: phases("701#2.", "A") });
		derived.push({ point: "Var", by: "sum", of: phases("", "Var") });
	}
	return [...derived, ...commonPoints(map)];
}
