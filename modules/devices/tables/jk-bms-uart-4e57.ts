import { jkAt, jkBytes } from "../../serial/jk";
import { bmsModel } from "../models/bms";
import type { DeviceTable, Row, RowType } from "../table";
import type { Unit } from "../units";
import { bms802, cellRows } from "./bms-rows";

/** A value of "read all" by its id. */
function value(name: string, id: number, type: RowType, unit: Unit, more: Partial<Row> = {}): Row {
	return { name, record: "all", address: jkAt(id), type, unit, ...more };
}

/** A temperature, of which more than 100 is that much below zero. */
function temperature(name: string, id: number, point: string): Row {
	return value(name, id, "u16", "C", { above: { raw: 100, k: -1, b: 100 }, point, poll: "normal", range: [-60, 100] });
}

/** A switch, written through a record of its own. */
function onOff(name: string, id: number, point: string): Row {
	const record = `write_${id}`;
	return value(name, id, "u8", "code", {
		access: "rw",
		point,
		poll: "normal",
		range: [0, 1],
		write: { fc: 16, record, min: 0, max: 1, allowed: [0, 1] },
	});
}

/** JK BMS of the BD6A, B2A and B1A series on its "GPS" jack. */
export const jkBmsUart: DeviceTable = {
	id: "jk-bms-uart-4e57",
	maker: "Jikong",
	model: "JK BMS (UART 4E57)",
	kind: "battery",
	protocol: "jk",
	sunspec: [1, 802, bmsModel(24)],
	fixed: { ...bms802 },
	derived: [
		{ point: "W", by: "product", of: ["V", "A"] },
		{ point: "WHRtg", by: "product", of: ["AHRtg", "@cell_count"], k: 3.2 },
		{ point: "WChaRteMax", by: "product", of: ["@charge_ocp", "V"] },
		{ point: "WDisChaRteMax", by: "product", of: ["@discharge_ocp", "V"] },
	],
	bus: { baud: 115200, parity: "none", stop: 1, unit: 1, timeoutMs: 500, pauseMs: 100, replyMs: 40 },
	functions: [],
	fc: 3,
	maxRead: 125,
	positive: "discharge",
	records: [
		{ name: "all", key: 6, bytes: jkBytes() },
		{ name: "write_157", key: 157, bytes: 1, request: "0000", write: true },
		{ name: "write_171", key: 171, bytes: 1, request: "0000", write: true },
		{ name: "write_172", key: 172, bytes: 1, request: "0000", write: true },
	],
	rows: [
		...cellRows("all", 0, 24),
		temperature("mos_temperature", 128, "64931.TmpMos"),
		temperature("battery_box_temperature", 129, "64931.Tmp1"),
		temperature("battery_temperature", 130, "64931.Tmp2"),
		value("pack_voltage", 131, "u16", "V", { k: 0.01, point: "V", poll: "fast", range: [5, 150] }),
		value("pack_current", 132, "sm16", "A", {
			k: 0.01,
			when: { row: "protocol_version", is: [1] },
			positive: "discharge",
			point: "A",
			poll: "fast",
			range: [-327, 327],
			note: "bit 15 says that it charges",
		}),
		value("pack_current_offset", 132, "u16", "A", {
			again: "pack_current",
			k: -0.01,
			b: 100,
			when: { row: "protocol_version", is: [0] },
			positive: "charge",
			point: "A",
			poll: "fast",
			range: [-327, 327],
			note: "10000 - raw of older protocols",
		}),
		value("soc", 133, "u8", "%", { point: "SoC", poll: "fast", range: [0, 100] }),
		value("temperature_sensor_count", 134, "u8", "1", { point: "64931.NTmp", poll: "normal", range: [0, 4] }),
		value("cycle_count", 135, "u16", "1", { point: "NCyc", poll: "normal" }),
		value("cycle_capacity", 137, "u32", "Ah", { point: "64931.AhTot", poll: "normal" }),
		value("cell_count", 138, "u16", "1", { point: "64931.NCell", poll: "normal", range: [1, 24] }),
		value("alarms", 139, "u16", "code", { point: "64931.Alm", poll: "fast" }),
		value("alarms_sunspec", 139, "u16", "code", {
			again: "alarms",
			point: "Evt1",
			poll: "fast",
			bitMap: [
				[0, 14],
				[1, 1],
				[2, 9],
				[3, 11],
				[4, 1],
				[5, 5],
				[6, 7],
				[7, 17],
				[8, 1],
				[9, 3],
				[10, 9],
				[11, 11],
				[12, 25],
				[13, 25],
			],
		}),
		value("status", 140, "u16", "code", {
			poll: "fast",
			note: "bit 0 charging on, 1 discharging, 2 balancing, 3 battery there",
		}),
		value("status_connected", 140, "bits", "code", {
			again: "status",
			bytes: 2,
			bits: [0, 2],
			map: { 0: 1, 1: 3, 2: 3, 3: 3 },
			point: "State",
			poll: "fast",
		}),
		value("status_charging", 140, "bits", "code", {
			again: "status",
			bytes: 2,
			bits: [0, 1],
			point: "64931.ChaOn",
			poll: "fast",
		}),
		value("status_discharging", 140, "bits", "code", {
			again: "status",
			bytes: 2,
			bits: [1, 1],
			point: "64931.DisOn",
			poll: "fast",
		}),
		value("pack_ovp", 142, "u16", "V", { k: 0.01, point: "VMax", poll: "normal" }),
		value("pack_uvp", 143, "u16", "V", { k: 0.01, point: "VMin", poll: "normal" }),
		value("cell_ovp", 144, "u16", "V", { k: 0.001 }),
		value("cell_ovp_release", 145, "u16", "V", { k: 0.001 }),
		value("cell_ovp_delay", 146, "u16", "s"),
		value("cell_uvp", 147, "u16", "V", { k: 0.001 }),
		value("cell_uvp_release", 148, "u16", "V", { k: 0.001 }),
		value("cell_uvp_delay", 149, "u16", "s"),
		value("cell_difference_protection", 150, "u16", "V", { k: 0.001 }),
		value("discharge_ocp", 151, "u16", "A", { point: "ADisChaMax", poll: "normal", range: [1, 1000] }),
		value("discharge_ocp_delay", 152, "u16", "s"),
		value("charge_ocp", 153, "u16", "A", { point: "AChaMax", poll: "normal", range: [1, 1000] }),
		value("charge_ocp_delay", 154, "u16", "s"),
		value("balance_start_voltage", 155, "u16", "V", { k: 0.001 }),
		value("balance_difference", 156, "u16", "V", { k: 0.001 }),
		onOff("balance_switch", 157, "64931.BalSw"),
		value("mos_otp", 158, "u16", "C"),
		value("mos_otp_release", 159, "u16", "C"),
		value("box_otp", 160, "u16", "C"),
		value("box_otp_release", 161, "u16", "C"),
		value("temperature_difference", 162, "u16", "C"),
		value("charge_otp", 163, "u16", "C"),
		value("discharge_otp", 164, "u16", "C"),
		value("charge_utp", 165, "s16", "C"),
		value("charge_utp_release", 166, "s16", "C"),
		value("discharge_utp", 167, "s16", "C"),
		value("discharge_utp_release", 168, "s16", "C"),
		value("cell_count_set", 169, "u8", "1"),
		value("capacity_set", 170, "u32", "Ah", { point: "AHRtg", poll: "normal", range: [1, 4000] }),
		onOff("charge_mos", 171, "64931.ChaSw"),
		onOff("discharge_mos", 172, "64931.DisSw"),
		value("current_calibration", 173, "u16", "A", { k: 0.001 }),
		value("board_address", 174, "u8", "code"),
		value("battery_type", 175, "u8", "code", { note: "0 LFP, 1 NMC, 2 LTO" }),
		value("sleep_time", 176, "u16", "s"),
		value("low_soc_alarm", 177, "u8", "%"),
		value("dedicated_charger", 179, "u8", "code"),
		value("device_id", 180, "string", "text", { bytes: 8, point: "1.SN", poll: "normal" }),
		value("manufacture_date", 181, "string", "text", { bytes: 4 }),
		value("run_time", 182, "u32", "s", { k: 60 }),
		value("sw_version", 183, "string", "text", { bytes: 15 }),
		value("actual_capacity", 185, "u32", "Ah"),
		value("manufacturer_id", 186, "string", "text", { bytes: 24 }),
		value("protocol_version", 192, "u8", "code", { poll: "fast", note: "says how the current is told" }),
	],
	quirks: [
		"point to point: the protocol has no address that the board looks at",
		"the first request after a sleep may stay unanswered; it wakes the board, and the next one is answered",
		"a write comes after a password frame and 150 ms; the data of the frame are those that field-tested drivers send (00 00)",
		"behind an id that is not known nothing can be read: what a newer board adds at the end has no row",
		"the rated energy is that of LFP cells of 3.2 V",
	],
	sources: [
		"syssi/esphome-jk-bms:README.md, components/jk_modbus and components/jk_bms",
		"jblance/mpp-solar#112",
		"mr-manuel/venus-os_dbus-serialbattery:dbus-serialbattery/bms/jkbms.py",
	],
	confidence: "two",
};
