import type { DeviceTable } from "../table";
import { energyRows, factorRows, powerRows } from "./carlo-gavazzi-rows";

/** EM330, EM340, ET330 and ET340. Integers of two registers, low word first. */
export const carloGavazziEm340: DeviceTable = {
	id: "carlo-gavazzi-em340",
	maker: "Carlo Gavazzi",
	model: "EM340",
	kind: "meter",
	sunspec: [1, 213],
	fixed: { Evt: 0 },
	derived: [
		{ point: "A", by: "sum", of: ["AphA", "AphB", "AphC"] },
		{ point: "PhV", by: "mean", of: ["PhVphA", "PhVphB", "PhVphC"] },
		{ point: "PPV", by: "mean", of: ["PPVphAB", "PPVphBC", "PPVphCA"] },
	],
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 500, replyMs: 40 },
	functions: [3, 4, 6],
	fc: 4,
	wordOrder: "lo-hi",
	maxRead: 50,
	// its register is one of voltage_l3_l1 unless it is asked for by itself
	records: [{ name: "identity", key: 11, bytes: 2 }],
	positive: "import",
	rows: [
		...powerRows,
		{ name: "model_id", record: "identity", address: 0, type: "u16", unit: "code" },
		...factorRows,
		...energyRows,
		{
			name: "measurement_mode",
			address: 4355,
			fc: 3,
			type: "u16",
			unit: "code",
			note: "A easy connection, B bidirectional; the coding is unverified, so it is only read",
		},
	],
	quirks: [
		"the low word of two comes first",
		"as it leaves the factory (easy connection, mode A) export counts as import: it needs mode B at 0x1103",
		"energies have a resolution of 0.1 kWh",
	],
	sources: [
		"volkszaehler/mbmd:meters/rs485/carlogavazzi-ex3x0.go",
		"OpenEMS/openems:io.openems.edge.meter.carlo.gavazzi (EM300)",
	],
	confidence: "two",
};
