import type { RecordSpec } from "../../base/record";
import type { DeviceTable, Row } from "../table";

/** The two chips of the board, the three phases of each: channel = 3 * chip + phase + 1. */
const chips = [0, 1];
const phases = [0, 1, 2];
/** Energy of a hundredth of a pulse (CF), of which there are 3200 a kWh: what the client gives, whatever a count is worth. */
const countWh = 0.01 * (1000 / 3200);
/** Power of the last bit of its two registers. */
const bitW = 0.00032;

/** Registers of each record in the order in which they are read (modules/atm90e32/registers.ts has their names). */
const registers = {
	rms: "d9 da db dd de df f8 fc",
	power: "b1 c1 b2 c2 b3 c3 b5 c5 b6 c6 b7 c7",
	apparent: "b9 c9 ba ca bb cb bd be bf",
	energy: "81 82 83 85 86 87",
};

function recordsOf(chip: number): RecordSpec[] {
	return Object.entries(registers).map(([name, list]) => ({
		name: `${name}_${chip + 1}`,
		key: `${chip}:${list}`,
		bytes: 2 * list.split(" ").length,
	}));
}

/** Rows of a channel: one single-phase meter. */
function channelRows(chip: number, phase: number): Row[] {
	const channel = 3 * chip + phase + 1;
	const point = (name: string): string => (channel === 1 ? name : `211#${channel}.${name}`);
	const row = (
		name: string,
		record: keyof typeof registers,
		address: number,
		rest: Omit<Row, "name" | "address">,
	): Row => ({
		...{ name: `${name}_${channel}`, record: `${record}_${chip + 1}`, address, poll: "fast" },
		...rest,
	});
	const energy = (name: string, address: number): Omit<Row, "name" | "address"> & { address: number } => ({
		...{ address, type: "u16", k: countWh, unit: "Wh", accumulates: true, point: point(name), poll: "normal" },
	});
	const imported = energy("TotWhImp", 2 * phase);
	const exported = energy("TotWhExp", 6 + 2 * phase);
	return [
		row("voltage", "rms", 2 * phase, {
			...{ type: "u16", k: 0.01, unit: "V", point: [point("PhV"), point("PhVphA")], range: [0, 500] },
		}),
		row("current", "rms", 6 + 2 * phase, {
			...{ type: "u16", k: 0.001, unit: "A", point: [point("A"), point("AphA")] },
		}),
		row("power", "power", 4 * phase, { type: "s32", k: bitW, unit: "W", point: point("W") }),
		row("reactive_power", "power", 12 + 4 * phase, { type: "s32", k: bitW, unit: "var", point: point("VAR") }),
		row("apparent_power", "apparent", 4 * phase, { type: "u32", k: bitW, unit: "VA", point: point("VA") }),
		row("power_factor", "apparent", 12 + 2 * phase, {
			type: "s16",
			k: 0.001,
			unit: "1",
			point: point("PF"),
			range: [-1, 1],
		}),
		row("import_energy", "energy", imported.address, imported),
		row("export_energy", "energy", exported.address, exported),
	];
}

/** What a chip measures once for its three channels. */
function chipRows(chip: number): Row[] {
	const hz = phases.map((phase) => (chip === 0 && phase === 0 ? "Hz" : `211#${3 * chip + phase + 1}.Hz`));
	const place = { record: `rms_${chip + 1}`, poll: "fast" } as const;
	return [
		{
			...{ name: `frequency_${chip + 1}`, ...place, address: 12, type: "u16", k: 0.01, unit: "Hz" },
			...{ point: hz, range: [40, 70] },
		},
		{ name: `temperature_${chip + 1}`, record: place.record, address: 14, type: "s16", unit: "C" },
	];
}

export const atm90e326ch: DeviceTable = {
	id: "atm90e32-6ch",
	maker: "CircuitSetup",
	model: "6-channel meter, 2 x ATM90E32",
	kind: "meter",
	sunspec: [1, 211, 211, 211, 211, 211, 211],
	fixed: { Evt: 0, "211#2.Evt": 0, "211#3.Evt": 0, "211#4.Evt": 0, "211#5.Evt": 0, "211#6.Evt": 0 },
	protocol: "atm90e32",
	bus: { baud: 0, parity: "none", stop: 1, unit: 1, timeoutMs: 100 },
	functions: [],
	fc: 3,
	maxRead: 1,
	records: chips.flatMap(recordsOf),
	positive: "import",
	rows: chips.flatMap((chip) => [...phases.flatMap((phase) => channelRows(chip, phase)), ...chipRows(chip)]),
	quirks: [
		"six single-phase meters (211): nothing says which channels belong to one feeder, and voltages between phases are not measured",
		"the energy registers are cleared by being read: the hub adds them up and keeps the sums over a restart; a chip without supply counts nothing",
		"a count of energy is 0.1 CF with bit 001LSB of MMode0 clear, as the data sheet has it; published programs leave the bit clear and take 0.01 CF, ten times less: compare a day with another meter, and say countCf 0.01 in the site file if they are right",
		"power is positive when the transformer is clamped on with its arrow from the grid to the load",
		"a chip whose supply dips starts anew without its calibration: the hub sets it up again",
		"which transformers are connected, and 50 or 60 Hz, is said in the site file (board)",
	],
	sources: [
		"esphome/esphome:esphome/components/atm90e32/atm90e32.cpp",
		"CircuitSetup/Split-Single-Phase-Energy-Meter:Software/libraries/ATM90E32/ATM90E32.cpp",
		"energy-iot/meshems-openami-metering:src/metering (six-channel meter)",
		"Microchip Atmel-46003 M90E32AS data sheet (names of registers and modes)",
	],
	confidence: "two",
};
