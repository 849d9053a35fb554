import { leakageModel } from "../models/leakage";
import type { DeviceTable, Row } from "../table";

function status(name: string, address: number): Row {
	return { name, address, fc: 2, type: "bit", unit: "code", poll: "normal" };
}

export const circutorRgu100: DeviceTable = {
	id: "circutor-rgu100",
	maker: "Circutor",
	model: "RGU-100A",
	kind: "leakage",
	sunspec: [1, leakageModel],
	derived: [
		// bits of Alrm: pre-alarm 0, tripped 6, by leakage 3, transformer 7, device's test 8, input 11, command 10
		{
			point: "Alrm",
			by: "sum",
			of: ["@prealarm", "@tripped", "@tripped_by_leakage", "@tripped_by_transformer_fault", "@tripped_by_input"].concat(
				"@tripped_by_communication",
			),
			factors: [1, 64, 8, 128, 2048, 1024],
		},
		{ point: "StAC", by: "max", of: ["@prealarm", "@tripped_by_leakage"], factors: [1, 3] },
	],
	bus: { baud: 115200, parity: "none", stop: 1, unit: 1, timeoutMs: 200, replyMs: 5 },
	functions: [2, 4, 16],
	fc: 4,
	maxRead: 26,
	blocks: [
		[1, 7, 2],
		[5000, 5003, 4],
	],
	rows: [
		{
			name: "leakage_current",
			address: 4000,
			type: "u16",
			k: 0.001,
			unit: "A",
			point: "AAC",
			poll: "fast",
			range: [0, 40],
		},
		{ name: "trip_current", address: 4040, type: "u16", k: 0.001, unit: "A", point: "Trp", poll: "normal" },
		{ name: "equipment_type", address: 5000, type: "string", words: 2, unit: "text", note: '"MRCD"' },
		{ name: "measurement_type", address: 5002, type: "string", words: 1, unit: "text" },
		{ name: "channel_count", address: 5003, type: "u16", unit: "1" },
		{ name: "device_id", address: 13850, type: "u32", unit: "code" },
		{ name: "serial_number", address: 13900, type: "string", words: 7, unit: "text", point: "1.SN", poll: "once" },
		status("prealarm", 1),
		status("tripped", 2),
		status("tripped_by_leakage", 3),
		status("tripped_by_transformer_fault", 4),
		status("tripped_by_test", 5),
		status("tripped_by_input", 6),
		status("tripped_by_communication", 7),
		{
			name: "remote_trip_enable",
			address: 14206,
			type: "u16",
			unit: "code",
			access: "w",
			write: { fc: 16, min: 0, max: 1 },
		},
		{
			name: "trip_limit_range",
			address: 14205,
			type: "u16",
			unit: "code",
			access: "w",
			write: { fc: 16, min: 0, max: 1 },
			note: "0 up to 30 A, 1 up to 3 A",
		},
		{
			name: "relay_polarity",
			address: 14300,
			type: "u16",
			unit: "code",
			access: "w",
			write: { fc: 16, min: 0, max: 1 },
			note: "0 standard, 1 positive",
		},
	],
	quirks: [
		"it measures alternating residual currents only (type A): alone it does not see the 6 mA direct current of a charging point",
		"function 3 is not served: values are input registers, states are discrete inputs, settings are written with function 16 and cannot be read",
		"RGU-10C and RGU-10 MT have another map, with reading and writing at the same addresses 0 to 22",
		"address, baud and data format (14000 to 14003) are not here: they would cut the line to the hub",
	],
	sources: [
		"Circutor RGU-100A manual, pages 37, 39",
		"Circutor RGU-10C manual, page 27",
		"Circutor RGU-10 MT manual, page 33",
	],
	confidence: "one",
};
