import { leakageModel } from "../models/leakage";
import type { DeviceTable, Row } from "../table";

/** The device says itself how it orders words: its test pattern read high word first, and the other way round. */
const highFirst = { row: "test_pattern", is: [0x12345678] };
const lowFirst = { row: "test_pattern", is: [0x56781234] };

/** A residual current in both word orders. */
function current(name: string, address: number, point: string): Row[] {
	const row = { address, type: "f32", unit: "A", point, poll: "fast", range: [-20, 20] } as const;
	return [
		{ ...row, name, when: highFirst },
		{ ...row, name: `${name}_low_first`, again: name, wordOrder: "lo-hi", when: lowFirst },
	];
}

/** Alarm bits of the first relay, and of the second. */
function alarm(bit: number, to: number): (readonly [number, number])[] {
	return [
		[bit, to],
		[bit + 16, to],
	];
}

export const benderRcmb300: DeviceTable = {
	id: "bender-rcmb300",
	maker: "Bender",
	model: "RCMB300 series",
	kind: "leakage",
	sunspec: [1, leakageModel],
	bus: { baud: 19200, parity: "even", stop: 1, unit: 100, timeoutMs: 200, replyMs: 10 },
	functions: [3, 16],
	fc: 3,
	maxRead: 16,
	blocks: [
		[1000, 1266],
		[8000, 8015],
	],
	never: [[8016, 8031]],
	rows: [
		{ name: "test_pattern", address: 1000, type: "u32", unit: "code", poll: "once", note: "0x12345678" },
		...current("residual_current_ac", 8000, "AAC"),
		...current("residual_current_dc", 8002, "ADC"),
		...current("residual_current_rms", 8004, "APls"),
		{
			name: "device_error_code",
			address: 8006,
			type: "f32",
			unit: "code",
			point: "Flt",
			poll: "fast",
			when: highFirst,
			note: "0 none; a float",
		},
		{
			name: "alarms",
			address: 8008,
			type: "u32",
			unit: "code",
			note: "115 device error, 155 DC, 156 AC, 420 RMS fault current, 1021 inactive, 1022 none, 1023 invalid",
		},
		{ name: "residual_current_ac_unfiltered", address: 8010, type: "f32", unit: "A" },
		{ name: "residual_current_rms_unfiltered", address: 8012, type: "f32", unit: "A" },
		{
			name: "relay_alarm_bits",
			address: 8014,
			type: "u32",
			bitMap: [...alarm(1, 9), ...alarm(3, 3), ...alarm(4, 4), ...alarm(5, 5)],
			unit: "code",
			point: "Alrm",
			poll: "fast",
			when: highFirst,
			note: "0 start alarm, 1 device error, 2 self-test, 3 AC, 4 DC, 5 RMS of relay 1; 16 to 21 the same of relay 2",
		},
		{ name: "application_d_number", address: 1194, type: "u16", unit: "code", note: "579 MRCDB3xx, 610 RCMB3xx" },
		{ name: "application_version", address: 1195, type: "u16", k: 0.01, unit: "1" },
		{ name: "application_build", address: 1196, type: "u16", unit: "code" },
		{ name: "offset_measurement_count", address: 1200, type: "u32", unit: "1" },
	],
	quirks: [
		"registers 8016 to 8031 hold maxima and are reset by being read: the hub leaves them to whoever sets the device up, as a read that is repeated would lose them",
		"register 1000 reads 0x12345678: it says in which order the words of 32 bits come, and nothing is taken before it was read",
		"line settings and address are printed on the device, or derived from its serial number: those here are the maker's usual ones",
		"texts have one character a register, in its low byte: they are not read",
		"residual currents, error and alarm bits are one read of 16 registers: 40 ms at 19200 baud, 22 ms at 57600",
		"RCMS41x has another layout (values from 0, harmonics from 3000, parameters from 32000)",
	],
	sources: ["Bender RCMB300 manual D00372, pages 31, 33, 34, 36, 48", "Bender RCMB330 manual"],
	confidence: "one",
};
