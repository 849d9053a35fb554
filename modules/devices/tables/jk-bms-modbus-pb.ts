import { bmsModel } from "../models/bms";
import type { DeviceTable, Row, RowType } from "../table";
import type { Unit } from "../units";
import { bms802, cellRows } from "./bms-rows";

/** Where the records begin. */
const kSettings = 0x1000;
const kCells = 0x1200;
const kStatus = 0x128a;
const kMore = 0x12e4;
const kTemperatures = 0x12f8;
const kAbout = 0x1400;

/** A value of a record by the device's own address, of which a register takes two. */
function value(name: string, record: string, address: number, type: RowType, unit: Unit, more: Partial<Row> = {}): Row {
	const first = { settings: kSettings, cells: kCells, status: kStatus, more: kMore, temperatures: kTemperatures };
	const at = record === "about" ? kAbout : first[record as keyof typeof first];
	return { name, record, address: address - at, type, unit, ...more };
}

function setting(name: string, address: number, unit: Unit, more: Partial<Row> = {}): Row {
	return value(name, "settings", address, "u32", unit, more);
}

function limit(name: string, address: number): Row {
	return value(name, "settings", address, "s32", "C", { k: 0.1 });
}

/** A switch in a record of its own: a write names its own address. */
function onOff(name: string, point: string): Row {
	return {
		name,
		record: name,
		address: 0,
		type: "u32",
		unit: "code",
		access: "rw",
		point,
		poll: "slow",
		range: [0, 1],
		write: { fc: 16, min: 0, max: 1, allowed: [0, 1] },
	};
}

/** JK inverter BMS, PB series, on its RS-485 jacks with the protocol 001. */
export const jkBmsModbusPb: DeviceTable = {
	id: "jk-bms-modbus-pb",
	maker: "Jikong",
	model: "JK BMS PB1A16S/PB2A16S",
	kind: "battery",
	sunspec: [1, 802, bmsModel(16)],
	fixed: { ...bms802 },
	derived: [
		{ point: "W", by: "sign", of: ["@pack_power", "A"] },
		{ point: "WHRtg", by: "product", of: ["AHRtg", "@cell_count"], k: 3.2 },
		{ point: "WChaRteMax", by: "product", of: ["AChaMax", "V"] },
		{ point: "WDisChaRteMax", by: "product", of: ["ADisChaMax", "V"] },
		{ point: "State", by: "max", of: ["@charging", "@discharging"], k: 2, b: 1 },
	],
	bus: { baud: 115200, parity: "none", stop: 1, unit: 1, timeoutMs: 500, pauseMs: 120, replyMs: 30 },
	functions: [3, 16],
	fc: 3,
	maxRead: 100,
	positive: "charge",
	records: [
		{ name: "settings", key: kSettings, bytes: 136 },
		// each of another length: a late reply to one is then none to another
		{ name: "charge_enable", key: 0x1070, bytes: 4 },
		{ name: "discharge_enable", key: 0x1074, bytes: 8 },
		{ name: "balance_enable", key: 0x1078, bytes: 12 },
		{ name: "cells", key: kCells, bytes: 74 },
		{ name: "status", key: kStatus, bytes: 56 },
		{ name: "more", key: kMore, bytes: 4 },
		{ name: "temperatures", key: kTemperatures, bytes: 6 },
		{ name: "about", key: kAbout, bytes: 40 },
	],
	rows: [
		setting("smart_sleep_voltage", 0x1000, "V", { k: 0.001 }),
		setting("cell_uvp", 0x1004, "V", { k: 0.001 }),
		setting("cell_uvp_release", 0x1008, "V", { k: 0.001 }),
		setting("cell_ovp", 0x100c, "V", { k: 0.001 }),
		setting("cell_ovp_release", 0x1010, "V", { k: 0.001 }),
		setting("balance_trigger_voltage", 0x1014, "V", { k: 0.001 }),
		setting("soc_100_voltage", 0x1018, "V", { k: 0.001 }),
		setting("soc_0_voltage", 0x101c, "V", { k: 0.001 }),
		setting("requested_charge_cell_voltage", 0x1020, "V", { k: 0.001 }),
		setting("requested_float_cell_voltage", 0x1024, "V", { k: 0.001 }),
		setting("power_off_voltage", 0x1028, "V", { k: 0.001 }),
		setting("max_charge_current", 0x102c, "A", { k: 0.001, point: "AChaMax", poll: "slow", range: [0, 500] }),
		setting("charge_ocp_delay", 0x1030, "s"),
		setting("charge_ocp_release", 0x1034, "s"),
		setting("max_discharge_current", 0x1038, "A", { k: 0.001, point: "ADisChaMax", poll: "slow", range: [0, 500] }),
		setting("discharge_ocp_delay", 0x103c, "s"),
		setting("discharge_ocp_release", 0x1040, "s"),
		setting("scp_release", 0x1044, "s"),
		setting("max_balance_current", 0x1048, "A", { k: 0.001 }),
		limit("charge_otp", 0x104c),
		limit("charge_otp_release", 0x1050),
		limit("discharge_otp", 0x1054),
		limit("discharge_otp_release", 0x1058),
		limit("charge_utp", 0x105c),
		limit("charge_utp_release", 0x1060),
		limit("mos_otp", 0x1064),
		limit("mos_otp_release", 0x1068),
		setting("cell_count", 0x106c, "1", { point: "64931.NCell", poll: "slow", range: [1, 16] }),
		onOff("charge_enable", "64931.ChaSw"),
		onOff("discharge_enable", "64931.DisSw"),
		onOff("balance_enable", "64931.BalSw"),
		setting("battery_capacity", 0x107c, "Ah", { k: 0.001, point: "AHRtg", poll: "slow", range: [1, 4000] }),
		setting("scp_delay", 0x1080, "s", { k: 0.000001 }),
		setting("balance_start_voltage", 0x1084, "V", { k: 0.001 }),
		...cellRows("cells", 0, 16).map((row) => ({ ...row, poll: "fast" as const })),
		value("cell_presence_mask", "cells", 0x1240, "u32", "code"),
		value("average_cell_voltage", "cells", 0x1244, "u16", "V", {
			k: 0.001,
			point: "CellVAvg",
			poll: "fast",
			range: [1, 5],
		}),
		value("delta_cell_voltage", "cells", 0x1246, "u16", "V", { k: 0.001, point: "64931.CellVDif", poll: "fast" }),
		value("max_cell_number", "cells", 0x1248, "u8", "code"),
		value("min_cell_number", "cells", 0x1249, "u8", "code"),
		value("mos_temperature", "status", 0x128a, "s16", "C", {
			k: 0.1,
			point: "64931.TmpMos",
			poll: "fast",
			range: [-60, 150],
		}),
		value("pack_voltage", "status", 0x1290, "u32", "V", { k: 0.001, point: "V", poll: "fast", range: [5, 150] }),
		value("pack_power", "status", 0x1294, "u32", "W", { k: 0.001, poll: "fast", note: "without a sign" }),
		value("pack_current", "status", 0x1298, "s32", "A", {
			k: 0.001,
			positive: "charge",
			point: "A",
			poll: "fast",
			range: [-500, 500],
		}),
		value("temperature_1", "status", 0x129c, "s16", "C", {
			k: 0.1,
			point: "64931.Tmp1",
			poll: "fast",
			range: [-60, 120],
		}),
		value("temperature_2", "status", 0x129e, "s16", "C", {
			k: 0.1,
			point: "64931.Tmp2",
			poll: "fast",
			range: [-60, 120],
		}),
		value("alarms", "status", 0x12a0, "u32", "code", { point: "64931.Alm", poll: "fast" }),
		value("alarms_sunspec", "status", 0x12a0, "u32", "code", {
			again: "alarms",
			point: "Evt1",
			poll: "fast",
			bitMap: [
				[0, 26],
				[1, 1],
				[2, 28],
				[3, 25],
				[4, 9],
				[5, 9],
				[6, 5],
				[7, 5],
				[8, 1],
				[9, 3],
				[10, 0],
				[11, 11],
				[12, 11],
				[13, 7],
				[14, 7],
				[15, 1],
				[16, 20],
				[17, 20],
				[18, 26],
				[19, 26],
				[20, 20],
				[21, 1],
			],
		}),
		value("balance_current", "status", 0x12a4, "s16", "A", { k: 0.001, point: "64931.BalA", poll: "fast" }),
		value("balance_state", "status", 0x12a6, "u8", "code", { note: "0 off, 1 charge, 2 discharge" }),
		value("soc", "status", 0x12a7, "u8", "%", { point: "SoC", poll: "fast", range: [0, 100] }),
		value("remaining_capacity", "status", 0x12a8, "u32", "Ah", { k: 0.001, point: "64931.AhRem", poll: "fast" }),
		value("full_capacity", "status", 0x12ac, "u32", "Ah", { k: 0.001, point: "64931.AhFull", poll: "fast" }),
		value("cycle_count", "status", 0x12b0, "u32", "1", { point: "NCyc", poll: "fast" }),
		value("cycle_capacity", "status", 0x12b4, "u32", "Ah", { k: 0.001, point: "64931.AhTot", poll: "fast" }),
		value("soh", "status", 0x12b8, "u8", "%", { point: "SoH", poll: "fast", range: [0, 100] }),
		value("precharge_state", "status", 0x12b9, "u8", "code"),
		value("user_alarm", "status", 0x12ba, "u16", "code"),
		value("runtime", "status", 0x12bc, "u32", "s"),
		value("charging", "status", 0x12c0, "u8", "code", { point: "64931.ChaOn", poll: "fast", range: [0, 1] }),
		value("discharging", "status", 0x12c1, "u8", "code", { point: "64931.DisOn", poll: "fast", range: [0, 1] }),
		value("pack_voltage_10mv", "more", 0x12e4, "u16", "V", { k: 0.01 }),
		value("heating_current", "more", 0x12e6, "s16", "A", { k: 0.001 }),
		value("temperature_3", "temperatures", 0x12f8, "s16", "C", {
			k: 0.1,
			point: "64931.Tmp3",
			poll: "normal",
			range: [-60, 120],
		}),
		value("temperature_4", "temperatures", 0x12fa, "s16", "C", {
			k: 0.1,
			point: "64931.Tmp4",
			poll: "normal",
			range: [-60, 120],
		}),
		value("temperature_5", "temperatures", 0x12fc, "s16", "C", {
			k: 0.1,
			point: "64931.Tmp5",
			poll: "normal",
			range: [-60, 120],
		}),
		value("model", "about", 0x1400, "string", "text", { bytes: 16 }),
		value("hw_version", "about", 0x1410, "string", "text", { bytes: 8 }),
		value("sw_version", "about", 0x1418, "string", "text", { bytes: 8 }),
		value("total_run_time", "about", 0x1420, "u32", "s"),
		value("power_on_count", "about", 0x1424, "u32", "1"),
	],
	quirks: [
		"addresses count bytes: a register takes two, and N registers from A end before A + 2 N; each record is one read from its own address",
		"DIP switches at 0 make the BMS the master of the bus: it polls the others, and no hub may be there",
		"at least 120 ms between two commands",
		"some firmware reports 0 % charge for a moment (syssi/esphome-jk-bms#763)",
		"firmware 15.36 and later may leave out the answer that describes the device",
		"the RS-485-2 jack is CAN or RS-485 by bit 3 of the control bits and the protocol number chosen in the app",
		"the rated energy is that of LFP cells of 3.2 V",
	],
	sources: [
		"syssi/esphome-jk-bms:docs/pb2a16s20p (vendor documents 1.0 and 1.1), esp32-jk-pb-modbus-example.yaml",
		"mr-manuel/venus-os_dbus-serialbattery:dbus-serialbattery/bms/jkbms_pb.py",
	],
	confidence: "two",
};
