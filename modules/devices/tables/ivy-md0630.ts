import { leakageModel } from "../models/leakage";
import type { DeviceTable } from "../table";

/**
 * UNVERIFIED: read by one program on one bench, and never written. Which of the first two registers is which was inferred
 * from the order of the thresholds, whose factory values (6 mA and 30 mA) differ.
 */
export const ivyMd0630: DeviceTable = {
	id: "ivy-md0630",
	maker: "IVY Metering",
	model: "MD0630T41A-1",
	kind: "leakage",
	sunspec: [1, leakageModel],
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 100, replyMs: 10 },
	functions: [3, 4, 6],
	fc: 3,
	maxRead: 6,
	blocks: [[0, 5]],
	rows: [
		{
			name: "dc_leakage",
			address: 0,
			type: "u16",
			k: 0.0001,
			unit: "A",
			point: "ADC",
			poll: "fast",
			range: [0, 0.1],
			note: "which of 0 and 1 is DC is inferred, not proven",
		},
		{
			name: "ac_leakage",
			address: 1,
			type: "u16",
			k: 0.0001,
			unit: "A",
			point: "AAC",
			poll: "fast",
			range: [0, 0.3],
		},
		{
			name: "dc_threshold",
			address: 2,
			type: "u16",
			k: 0.0001,
			unit: "A",
			point: "ThDC",
			poll: "slow",
			access: "rw",
			write: { fc: 6, min: 0.002, max: 0.015 },
			note: "factory 6 mA; writing was never tried, and may want an unlocking that nobody knows",
		},
		{
			name: "ac_threshold",
			address: 3,
			type: "u16",
			k: 0.0001,
			unit: "A",
			point: "ThAC",
			poll: "slow",
			access: "rw",
			write: { fc: 6, min: 0.003, max: 0.1 },
			note: "factory 30 mA",
		},
		{ name: "internal_1", address: 4, type: "u16", unit: "code", note: "301 was seen" },
		{ name: "internal_2", address: 5, type: "u16", unit: "code" },
		{ name: "version", address: 0x100, type: "u16", unit: "code", note: "1 was seen" },
		{ name: "version_major", address: 0x110, type: "u16", unit: "code", note: "0 was seen" },
		{ name: "version_minor", address: 0x111, type: "u16", unit: "code", note: "5 was seen" },
	],
	quirks: [
		"no RS-485: 5 V logic with an open-drain output, 12 V supply; three of them share a line under addresses 100 to 102",
		"a read of more than six registers gives exception 2; a broadcast is answered with address 0",
		"values are magnitudes: no direction and no phase angle; range 2 to 15 mA DC and 3 to 100 mA AC, within 0.4 mA",
		"it has outputs of its own for AC, DC and both, which act within 300 ms without any register",
	],
	sources: ["glennalgie/meshems-openami-metering@modbus-testing:docs/leakage_MD0630TA1A"],
	confidence: "unverified",
};
