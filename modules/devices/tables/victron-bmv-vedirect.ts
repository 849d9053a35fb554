import { bmsModel } from "../models/bms";
import { type PathRow, pathRows } from "../path-rows";
import type { DeviceTable } from "../table";
import type { Unit } from "../units";

/** A number of the text by its label. */
function field(name: string, path: string, unit: Unit, more: Partial<PathRow> = {}): PathRow {
	return { name, record: "text", path, type: "number", unit, ...more };
}

const rows = pathRows([
	field("battery_voltage", "V", "V", { k: 0.001, point: "714.Prt[1].DCV", poll: "fast", range: [5, 400] }),
	field("battery_current", "I", "A", {
		k: 0.001,
		positive: "charge",
		point: ["714.DCA", "714.Prt[1].DCA"],
		poll: "fast",
		range: [-10_000, 10_000],
	}),
	field("instant_power", "P", "W", {
		positive: "charge",
		point: ["714.DCW", "714.Prt[1].DCW"],
		poll: "fast",
		range: [-500_000, 500_000],
	}),
	field("battery_temperature", "T", "C", { point: "714.Prt[1].Tmp", poll: "fast", range: [-60, 120] }),
	field("soc", "SOC", "%", { k: 0.1, point: "SoC", poll: "fast", range: [0, 100] }),
	field("alarm_reason", "AR", "code", {
		point: "64931.Alm",
		poll: "fast",
		note: "bit 0 low voltage, 1 high, 2 low charge",
	}),
	field("discharged_energy", "H17", "Wh", { k: 10, point: "714.Prt[1].DCWhInj", poll: "fast" }),
	field("charged_energy", "H18", "Wh", { k: 10, point: "714.Prt[1].DCWhAbs", poll: "fast" }),
	field("aux_voltage", "VS", "V", { k: 0.001 }),
	field("mid_voltage", "VM", "V", { k: 0.001 }),
	field("mid_deviation", "DM", "%", { k: 0.1 }),
	field("consumed_charge", "CE", "Ah", { k: 0.001, note: "negative" }),
	field("time_to_go", "TTG", "s", { k: 60, note: "-60 is without end" }),
	field("alarm", "Alarm", "code"),
	field("relay", "Relay", "code"),
	field("charge_cycles", "H4", "1"),
	field("min_voltage", "H7", "V", { k: 0.001 }),
	field("max_voltage", "H8", "V", { k: 0.001 }),
	field("seconds_since_full", "H9", "s"),
	field("product_id", "PID", "code"),
]);

/** Victron BMV-700 and SmartShunt on their VE.Direct port. */
export const victronBmvVedirect: DeviceTable = {
	id: "victron-bmv-vedirect",
	maker: "Victron Energy",
	model: "BMV-700/SmartShunt",
	kind: "battery",
	protocol: "vedirect",
	sunspec: [1, 713, { id: 714, repeats: { NPrt: 1 } }, bmsModel(0)],
	fixed: {
		"713.WH_SF": 1,
		"713.Pct_SF": -1,
		"714.DCV_SF": -2,
		"714.DCA_SF": -1,
		"714.DCW_SF": 1,
		"714.DCWH_SF": 1,
		"714.Tmp_SF": 0,
		"714.Prt[1].PrtTyp": 1,
	},
	bus: { baud: 19200, parity: "none", stop: 1, unit: 1 },
	functions: [],
	fc: 3,
	maxRead: 125,
	positive: "charge",
	records: [{ name: "text", key: "text", bytes: 160, everyMs: 1000 }],
	rows,
	quirks: [
		"it talks unasked, each second, and alone: one device on a line, no address",
		"the text comes in two blocks, each with a checksum of its own",
		"older types leave out power and temperature",
		"as a DC energy meter it says MON and counts a source negative: it is no battery then",
	],
	sources: [
		"KinDR007/VictronMPPT-ESPHOME:components/victron",
		"mano8/vedirect_m8:vedirect_m8/sim_data/bmv702.dump (a recorded BMV-702)",
	],
	confidence: "two",
};
