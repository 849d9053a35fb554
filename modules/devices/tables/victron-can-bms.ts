import { bmsCan } from "../models/bms-can";
import type { DeviceTable, Row } from "../table";
import {
	aliveRow,
	batteryFixed,
	bits,
	canBus,
	canHead,
	capacityRow,
	commonDerived,
	commonRecords,
	commonSources,
	evt,
	frame,
	le,
	limitRows,
	measuredRows,
	nameRow,
} from "./can-battery";

/** The pairs of 0x35A in their order, and the bits of 802.Evt1 that they are as alarm and as warning. */
const pairs: readonly (readonly [name: string, alarm: number, warning: number])[] = [
	["general", evt.otherAlarm, evt.otherWarning],
	["high_voltage", evt.overVoltage, evt.voltageHigh],
	["low_voltage", evt.underVoltage, evt.voltageLow],
	["high_temperature", evt.overTemperature, evt.warm],
	["low_temperature", evt.underTemperature, evt.cold],
	["high_temperature_charge", evt.overTemperature, evt.warm],
	["low_temperature_charge", evt.underTemperature, evt.cold],
	["high_discharge_current", evt.dischargeCurrent, evt.dischargeCurrentHigh],
	["high_charge_current", evt.chargeCurrent, evt.chargeCurrentHigh],
	["contactor", evt.contactor, evt.contactor],
	["short_circuit", evt.otherAlarm, evt.otherWarning],
	["bms_internal", evt.communication, evt.otherWarning],
	["cell_imbalance", evt.imbalance, evt.imbalance],
];

/** 01 is active, 10 explicitly not: the lower bit of each pair counts. */
const activeBits = (which: 1 | 2): readonly (readonly [number, number])[] =>
	pairs.map((pair, i) => [2 * i, pair[which]] as const);

const pairRows = (kind: "alarm" | "warning", address: number): Row[] =>
	pairs.map(([name], i) => bits("0x35a", `${kind}_${name}`, address + (i >> 2), 2 * (i & 3), 2, `${kind}s`));

const cell = (record: string, name: string): Row => le(record, name, 0, "string", "text", { bytes: 8 });

/** Batteries as a GX device takes them: Pylontech's frames but for 0x359 and 0x35C, and more of Victron's own. */
export const victronCanBms: DeviceTable = {
	...canHead,
	protocol: "can",
	id: "victron-can-bms",
	maker: "Victron",
	model: "CAN-bus BMS",
	sunspec: [1, 802, 713, { id: 714, repeats: { NPrt: 1 } }, bmsCan],
	fixed: { ...batteryFixed, SoC_SF: -2, "713.Pct_SF": -2 },
	derived: [
		{ point: ["SoC", "713.SoC"], by: "first", of: ["@soc_hires", "@soc"] },
		...commonDerived,
		{ point: "Evt1", by: "or", of: ["@alarms", "@warnings"] },
	],
	bus: canBus,
	records: [
		...commonRecords,
		frame(0x35a, 8, 8),
		frame(0x35f, 8, 6, 5000),
		frame(0x360, 8, 1),
		...[0x370, 0x371].map((key) => frame(key, 8, 1, 5000)),
		frame(0x372, 8, 8, 5000),
		frame(0x373, 8, 8),
		...[0x374, 0x375, 0x376, 0x377, 0x382].map((key) => frame(key, 8, 1, 5000)),
	],
	rows: [
		...limitRows,
		le("0x355", "soc", 0, "u16", "%", { poll: "fast", range: [0, 100] }),
		le("0x355", "soh", 2, "u16", "%", { point: ["SoH", "713.SoH"], poll: "slow", range: [0, 100] }),
		le("0x355", "soc_hires", 4, "u16", "%", { k: 0.01, poll: "fast", range: [0, 100] }),
		...measuredRows,
		le("0x35a", "alarms", 0, "u32", "code", { bitMap: activeBits(1), poll: "fast" }),
		...pairRows("alarm", 0),
		le("0x35a", "warnings", 4, "u32", "code", { bitMap: activeBits(2), poll: "fast" }),
		...pairRows("warning", 4),
		nameRow("manufacturer"),
		le("0x35f", "product_id", 0, "u16", "code"),
		le("0x35f", "firmware_version", 2, "u16", "code", { note: "a byte each, major and minor" }),
		le("0x35f", "available_capacity", 4, "u16", "Ah", { point: "64932.AhAvail", poll: "slow" }),
		le("0x35f", "hardware_version", 6, "u16", "code"),
		le("0x360", "force_charge", 0, "u8", "code", {
			...{ map: { 0: 0, 255: 2 }, point: "64932.ReqCha", poll: "fast" },
			note: "0xff: charge at once",
		}),
		cell("0x370", "name_part1"),
		cell("0x371", "name_part2"),
		le("0x372", "modules_online", 0, "u16", "1", { point: "64932.NMod", poll: "slow" }),
		le("0x372", "modules_blocking_charge", 2, "u16", "1", { point: "64932.NModCha", poll: "slow" }),
		le("0x372", "modules_blocking_discharge", 4, "u16", "1", { point: "64932.NModDis", poll: "slow" }),
		le("0x372", "modules_offline", 6, "u16", "1", { point: "64932.NModOff", poll: "slow" }),
		le("0x373", "min_cell_voltage", 0, "u16", "V", { k: 0.001, point: "CellVMin", poll: "normal", range: [0, 5] }),
		le("0x373", "max_cell_voltage", 2, "u16", "V", { k: 0.001, point: "CellVMax", poll: "normal", range: [0, 5] }),
		le("0x373", "min_cell_temperature", 4, "u16", "C", {
			...{ b: -273, point: "64932.TmpMin", poll: "normal", range: [-40, 120] },
			note: "Kelvin",
		}),
		le("0x373", "max_cell_temperature", 6, "u16", "C", {
			...{ b: -273, point: "64932.TmpMax", poll: "normal", range: [-40, 120] },
			note: "Kelvin",
		}),
		cell("0x374", "min_voltage_cell_id"),
		cell("0x375", "max_voltage_cell_id"),
		cell("0x376", "min_temp_cell_id"),
		cell("0x377", "max_temp_cell_id"),
		capacityRow,
		cell("0x382", "product_name"),
		aliveRow("keepalive"),
	],
	quirks: [
		"0x35A has two bits an alarm: 01 active, 10 explicitly not, 00 not supported",
		"temperatures of cells are in Kelvin, without a half degree",
		"texts fill 8 bytes and need not end",
		"0x370 and 0x371 of Seplos are voltages of cells, not a name: they are not read",
		"without 0x379 the rated energy has no value",
	],
	sources: [...commonSources, "Sleeper85/esphome-yambms:documents (mapping of SMA)"],
	confidence: "two",
};
