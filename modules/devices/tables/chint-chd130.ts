import type { DeviceTable } from "../table";

/** UNVERIFIED: nobody has published a map of this meter or been seen reading one. The registers are those of one program that marks them as guesses and knows no scale, so there is none here: a value outside its range says that one is missing. */
export const chintChd130: DeviceTable = {
	id: "chint-chd130",
	maker: "Chint",
	model: "CHD130",
	kind: "meter",
	sunspec: [1, 211],
	fixed: { Evt: 0 },
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 300, replyMs: 30 },
	functions: [3],
	fc: 3,
	maxRead: 10,
	positive: "import",
	rows: [
		{ name: "voltage", address: 0, type: "u16", unit: "V", point: ["PhV", "PhVphA"], poll: "fast", range: [50, 300] },
		{ name: "current", address: 1, type: "u16", unit: "A", point: ["A", "AphA"], poll: "fast", range: [0, 100] },
		{ name: "active_power", address: 2, type: "u16", unit: "W", point: "W", poll: "fast", range: [0, 25000] },
		{ name: "apparent_power", address: 3, type: "u16", unit: "VA" },
		{ name: "reactive_power", address: 4, type: "u16", unit: "var", point: "VAR", poll: "fast", range: [0, 25000] },
		{ name: "power_factor", address: 5, type: "u16", unit: "1", point: "PF", poll: "fast", range: [0, 1] },
		{ name: "frequency", address: 6, type: "u16", unit: "Hz", point: "Hz", poll: "fast", range: [40, 70] },
		{ name: "total_energy", address: 256, type: "u32", k: 1000, unit: "Wh" },
		{ name: "import_energy", address: 258, type: "u32", k: 1000, unit: "Wh", point: "TotWhImp", poll: "normal" },
		{ name: "export_energy", address: 260, type: "u32", k: 1000, unit: "Wh", point: "TotWhExp", poll: "normal" },
		{ name: "metadata", address: 512, type: "u16", unit: "code" },
	],
	quirks: [
		"registers, types, scales and signs are guesses: compare every value with the meter's display before anything is billed",
		"energies are taken as whole kWh, everything else as whole units",
	],
	sources: ["energy-iot/meshems-openami-metering:include/metering/modbus_chd130.h (scales to be defined)"],
	confidence: "unverified",
};
