import { chargerModel } from "../models/charger";
import { type PathRow, pathRows } from "../path-rows";
import type { DeviceTable } from "../table";
import type { Unit } from "../units";

/** A number of the text by its label. */
function field(name: string, path: string, unit: Unit, more: Partial<PathRow> = {}): PathRow {
	return { name, record: "text", path, type: "number", unit, ...more };
}

function text(name: string, path: string, bytes: number, more: Partial<PathRow> = {}): PathRow {
	return { name, record: "text", path, type: "string", bytes, unit: "text", ...more };
}

const rows = pathRows([
	field("battery_voltage", "V", "V", { k: 0.001, point: "Prt[2].DCV", poll: "fast", range: [5, 100] }),
	field("battery_current", "I", "A", {
		k: 0.001,
		positive: "charge",
		point: "Prt[2].DCA",
		poll: "fast",
		range: [-200, 200],
	}),
	field("pv_voltage", "VPV", "V", { k: 0.001, point: "Prt[1].DCV", poll: "fast", range: [0, 260] }),
	field("pv_power", "PPV", "W", { point: ["DCW", "Prt[1].DCW"], poll: "fast", range: [0, 15000] }),
	field("load_current", "IL", "A", { k: 0.001, poll: "fast", range: [0, 100] }),
	field("load_state", "LOAD", "code", { poll: "fast", range: [0, 1], note: "ON is 1, OFF 0" }),
	field("charge_state", "CS", "code", {
		map: { 0: 0, 1: 0, 2: 5, 3: 2, 4: 3, 5: 1, 6: 6, 7: 4, 245: 10, 246: 3, 247: 4, 248: 6, 252: 7 },
		point: "64925.ChaSt",
		poll: "fast",
	}),
	field("mppt_state", "MPPT", "code", { point: "64925.StRaw", poll: "fast", note: "0 off, 1 limited, 2 active" }),
	field("error", "ERR", "code", { point: "64925.Flt", poll: "fast" }),
	field("off_reason", "OR", "code", {
		point: "64925.Wrn",
		poll: "fast",
		note: "bit 0 no sun, 1 switched off, 3 remote input, 6 BMS",
	}),
	field("yield_total", "H19", "Wh", { k: 10, point: "Prt[1].DCWhInj", poll: "fast", note: "its owner can reset it" }),
	field("yield_today", "H20", "Wh", { k: 10, restarts: true, point: "64925.WhDay", poll: "fast" }),
	field("max_power_today", "H21", "W", { point: "64925.MaxW", poll: "fast" }),
	field("yield_yesterday", "H22", "Wh", { k: 10, restarts: true }),
	field("max_power_yesterday", "H23", "W"),
	field("day_sequence", "HSDS", "code", { note: "0 to 364" }),
	field("product_id", "PID", "code"),
	text("firmware", "FW", 8),
	text("serial_number", "SER#", 16, { point: "1.SN", poll: "fast" }),
	field("battery2_voltage", "V2", "V", { k: 0.001 }),
	field("battery3_voltage", "V3", "V", { k: 0.001 }),
	field("relay", "Relay", "code"),
]);

/** Victron BlueSolar and SmartSolar chargers on their VE.Direct port. */
export const victronMpptVedirect: DeviceTable = {
	id: "victron-mppt-vedirect",
	maker: "Victron Energy",
	model: "BlueSolar/SmartSolar MPPT",
	kind: "solar",
	protocol: "vedirect",
	sunspec: [1, { id: 714, repeats: { NPrt: 3 } }, chargerModel],
	fixed: {
		DCV_SF: -2,
		DCA_SF: -2,
		DCW_SF: 0,
		DCWH_SF: 0,
		Tmp_SF: 0,
		"Prt[1].PrtTyp": 0,
		"Prt[2].PrtTyp": 1,
		"Prt[3].PrtTyp": 4,
	},
	derived: [
		{ point: "Prt[2].DCW", by: "product", of: ["Prt[2].DCV", "Prt[2].DCA"] },
		{ point: "Prt[1].DCA", by: "ratio", of: ["Prt[1].DCW", "Prt[1].DCV"] },
		{ point: "Prt[3].DCA", by: "sum", of: ["@load_current"], factors: [-1] },
		{ point: "Prt[3].DCV", by: "sum", of: ["Prt[2].DCV"] },
		{ point: "Prt[3].DCW", by: "product", of: ["Prt[3].DCV", "Prt[3].DCA"] },
	],
	bus: { baud: 19200, parity: "none", stop: 1, unit: 1 },
	functions: [],
	fc: 3,
	maxRead: 125,
	records: [{ name: "text", key: "text", bytes: 184, everyMs: 1000 }],
	rows,
	quirks: [
		"the charger talks unasked, each second, and alone: one device on a line, no address",
		"after a message of its HEX protocol the text pauses for some seconds",
		"with more than 18 fields the text comes in two blocks, each with a checksum of its own",
		"the level of the charger's RX pin can be its remote switch: it must idle high",
		"the port's ground is the battery's minus: isolate it",
		"load current and state only of types with a load output",
	],
	sources: [
		"KinDR007/VictronMPPT-ESPHOME:components/victron",
		"mano8/vedirect_m8:vedirect_m8/sim_data (recorded texts of a BlueSolar 1.23 and a SmartSolar 1.39)",
	],
	confidence: "two",
};
