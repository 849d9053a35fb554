import type { RecordSpec } from "../../base/record";
import { bmsModel } from "../models/bms";
import type { DeviceTable, Row } from "../table";
import { cellRows } from "./bms-rows";
import { canBus, canHead, le } from "./can-battery";

/** Frames of BMS address 0 (0x...F4); the address counts up the last digit. */
function jkFrame(key: number, bytes: number): RecordSpec {
	const extended = key > 0x7ff ? { extended: true } : {};
	return { name: `0x${key.toString(16)}`, key, bytes, ...extended, everyMs: 1000, perUnit: 1 };
}

/** Alarms of two bits each, in their order from bit 0 of 0x7F4 on. */
const alarms = [
	...["cell_ov", "cell_uv", "pack_ov", "pack_uv", "cell_difference", "discharge_oc", "charge_oc"],
	...["over_temperature", "under_temperature", "temperature_difference", "soc_low", "insulation"],
	...["hv_interlock", "external_comm", "internal_comm"],
] as const;

/** What the level means for 713.Sta: severe is an error, medium and minor a warning. */
const level = { 0: 0, 1: 2, 2: 1, 3: 1 };

const alarmRows: readonly Row[] = alarms.map((name, i) =>
	le("0x7f4", `alarm_${name}`, i >> 2, "bits", "code", {
		...{ bits: [2 * (i & 3), 2], map: level, again: "alarms", poll: "fast" },
	}),
);

const celsius = { b: -50, range: [-50, 150], poll: "normal" } as const;

function temperature(name: string, address: number, point: string): Row {
	return le("0x18f228f4", name, address, "u8", "C", { ...celsius, point, notAvailable: [0] });
}

const cellFrames = [0x18e028f4, 0x18e128f4, 0x18e228f4, 0x18e328f4, 0x18e428f4, 0x18e528f4] as const;

/** Four cells a frame. */
const cells: readonly Row[] = cellFrames.flatMap((key, i) =>
	cellRows(`0x${key.toString(16)}`, 0, 4).map((row, n): Row => {
		const number = 4 * i + n + 1;
		return { ...row, name: `cell_${number}_voltage`, point: `64931.CellV${number}`, byteOrder: "little" };
	}),
);

/** JK BMS in its own frames on CAN (it can speak as a Pylontech too: pylontech-can-lv). */
export const jkBmsCan: DeviceTable = {
	...canHead,
	protocol: "can",
	id: "jk-bms-can",
	maker: "Jikong",
	model: "JK BMS (CAN)",
	sunspec: [1, 713, { id: 714, repeats: { NPrt: 1 } }, bmsModel(24)],
	fixed: {
		...{ WH_SF: 1, Pct_SF: -1, "714.DCV_SF": -1, "714.DCA_SF": -1, "714.DCW_SF": 1, "714.DCWH_SF": 0 },
		...{ "714.Tmp_SF": 0, "714.Prt[1].PrtTyp": 1 },
	},
	derived: [
		{ point: ["714.DCW", "714.Prt[1].DCW"], by: "product", of: ["714.Prt[1].DCV", "714.Prt[1].DCA"] },
		{ point: "WHRtg", by: "product", of: ["64931.AhFull", "714.Prt[1].DCV"] },
		{ point: "WHAvail", by: "product", of: ["64931.AhRem", "714.Prt[1].DCV"] },
		{ point: "64931.CellVDif", by: "difference", of: ["@max_cell_voltage", "@min_cell_voltage"] },
		{ point: "Sta", by: "max", of: alarms.map((name) => `@alarm_${name}`) },
	],
	bus: { ...canBus, baud: 250_000 },
	positive: "discharge",
	records: [
		...[0x2f4, 0x4f4, 0x5f4].map((key) => ({ ...jkFrame(key, 8), least: key === 0x2f4 ? 6 : 5 })),
		{ ...jkFrame(0x7f4, 8), least: 4 },
		...[0x18f128f4, 0x18f228f4, 0x18f328f4, 0x18f428f4].map((key) => ({ ...jkFrame(key, 8), least: 1 })),
		{ ...jkFrame(0x18f528f4, 8), least: 1 },
		...cellFrames.map((key) => ({ ...jkFrame(key, 8), least: 2 })),
		jkFrame(0x1806e5f4, 8),
	],
	rows: [
		le("0x2f4", "pack_voltage", 0, "u16", "V", { k: 0.1, point: "714.Prt[1].DCV", poll: "fast", range: [5, 600] }),
		le("0x2f4", "pack_current", 2, "u16", "A", {
			...{ k: 0.1, b: -400, positive: "discharge", poll: "fast", range: [-400, 6000] },
			point: ["714.DCA", "714.Prt[1].DCA"],
		}),
		le("0x2f4", "soc", 4, "u8", "%", { point: "SoC", poll: "fast", range: [0, 100] }),
		le("0x2f4", "discharge_time", 6, "u16", "s", { k: 3600, note: "hours that are left" }),
		le("0x4f4", "max_cell_voltage", 0, "u16", "V", { k: 0.001, poll: "normal", range: [0, 5] }),
		le("0x4f4", "max_cell_number", 2, "u8", "code"),
		le("0x4f4", "min_cell_voltage", 3, "u16", "V", { k: 0.001, poll: "normal", range: [0, 5] }),
		le("0x4f4", "min_cell_number", 5, "u8", "code"),
		le("0x5f4", "max_cell_temperature", 0, "u8", "C", celsius),
		le("0x5f4", "max_temperature_sensor", 1, "u8", "code"),
		le("0x5f4", "min_cell_temperature", 2, "u8", "C", celsius),
		le("0x5f4", "min_temperature_sensor", 3, "u8", "code"),
		le("0x5f4", "average_temperature", 4, "u8", "C", { ...celsius, point: "714.Prt[1].Tmp" }),
		le("0x7f4", "alarms", 0, "u32", "code", { point: "64931.Alm", poll: "fast" }),
		...alarmRows,
		le("0x18f128f4", "remaining_capacity", 0, "u16", "Ah", { k: 0.1, point: "64931.AhRem", poll: "normal" }),
		le("0x18f128f4", "full_capacity", 2, "u16", "Ah", { k: 0.1, point: "64931.AhFull", poll: "slow" }),
		le("0x18f128f4", "cycled_capacity", 4, "u16", "Ah", { k: 0.1, point: "64931.AhTot", poll: "slow" }),
		le("0x18f128f4", "cycle_count", 6, "u16", "1"),
		le("0x18f228f4", "sensor_mask", 0, "u8", "code"),
		temperature("temperature_1", 1, "64931.Tmp1"),
		temperature("temperature_2", 2, "64931.Tmp2"),
		temperature("mos_temperature", 3, "64931.TmpMos"),
		temperature("temperature_4", 4, "64931.Tmp4"),
		temperature("temperature_5", 5, "64931.Tmp5"),
		le("0x18f328f4", "error_bits", 0, "u64", "code"),
		le("0x18f428f4", "bms_info", 0, "u64", "code", { note: "run time, heating current, health: layout not known" }),
		le("0x18f528f4", "charge_mos", 0, "bits", "code", { bits: [0, 1], point: "64931.ChaOn", poll: "normal" }),
		le("0x18f528f4", "discharge_mos", 0, "bits", "code", { bits: [1, 1], point: "64931.DisOn", poll: "normal" }),
		le("0x18f528f4", "balancing", 0, "bits", "code", { bits: [2, 1] }),
		...cells,
		{
			name: "charge_request",
			record: "0x1806e5f4",
			address: 0,
			type: "u64",
			unit: "code",
			note: "for a charger, high byte first",
		},
	],
	quirks: [
		"the sign of the current is told both ways: here, as the maker's document says, positive raw counts discharging; a driver in the field has it the other way round: jk-bms-can-charge",
		"address 0 is unit 1 of the hub: the last digit of the identifiers counts the address up",
		"basic firmware sends only the 11-bit frames: without the others capacities, cells and switches have no value",
		"the lowest cell voltage begins at byte 3; the document's list of start bits has it elsewhere",
		"levels of alarms: 1 severe, 2 medium, 3 minor",
	],
	sources: [
		"syssi/esphome-jk-bms:docs/BMS-CAN Communication protocol.pdf",
		"mr-manuel/venus-os_dbus-serialbattery:dbus-serialbattery/bms/jkbms_can.py",
	],
	confidence: "two",
};
