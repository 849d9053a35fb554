import { evse } from "../models/evse";
import type { DeviceTable } from "../table";

/** The station around an Alfen's sockets, under unit 200: what it may draw and how warm it is. It takes no commands. */
export const alfenNg9xxStation: DeviceTable = {
	id: "alfen-ng9xx-station",
	maker: "Alfen",
	model: "Eve NG9xx station",
	kind: "evse",
	sunspec: [1, evse],
	positive: "charge",
	bus: { baud: 0, parity: "none", stop: 1, unit: 200, timeoutMs: 1000, replyMs: 15 },
	functions: [3, 16],
	fc: 3,
	maxRead: 125,
	blocks: [
		[100, 177],
		[1100, 1105],
		[1400, 1405],
	],
	rows: [
		{ name: "station_name", address: 100, type: "string", words: 17, unit: "text" },
		{ name: "station_manufacturer", address: 117, type: "string", words: 5, unit: "text" },
		{ name: "modbus_table_version", address: 122, type: "u16", unit: "code" },
		{ name: "station_firmware", address: 123, type: "string", words: 17, unit: "text", point: "1.Vr", poll: "once" },
		{ name: "station_platform", address: 140, type: "string", words: 17, unit: "text" },
		{ name: "station_serial", address: 157, type: "string", words: 11, unit: "text", point: "1.SN", poll: "once" },
		{ name: "station_uptime", address: 174, type: "u64", unit: "ms" },
		{ name: "station_max_current", address: 1100, type: "f32", unit: "A", point: "MaxA", poll: "normal" },
		{ name: "station_temperature", address: 1102, type: "f32", unit: "C", point: "Tmp", poll: "normal" },
		{ name: "backoffice_connected", address: 1104, type: "u16", unit: "code" },
		{ name: "number_of_sockets", address: 1105, type: "u16", unit: "1" },
		{ name: "scn_name", address: 1400, type: "string", words: 4, unit: "text" },
		{ name: "scn_sockets", address: 1404, type: "u16", unit: "1" },
	],
	quirks: ["station_clock (168) is six numbers, no value of its own: left out"],
	sources: ["evcc-io/evcc:charger/alfen.go", "ThaStealth/alfen_modbus:custom_components/alfen_modbus/__init__.py"],
	confidence: "two",
};
