import type { RecordSpec } from "../../base/record";
import type { Derived, DeviceTable, Row } from "../table";

/**
 * What batteries have in common that speak the frames of SMA, Pylontech and Victron on CAN (0x351, 0x355, 0x356, 0x35E,
 * 0x379): data little-endian, current positive when charging.
 */

/** Numbers of the bits of 802.Evt1. */
export const evt = {
	communication: 0,
	overTemperature: 1,
	warm: 2,
	underTemperature: 3,
	cold: 4,
	chargeCurrent: 5,
	chargeCurrentHigh: 6,
	dischargeCurrent: 7,
	dischargeCurrentHigh: 8,
	overVoltage: 9,
	voltageHigh: 10,
	underVoltage: 11,
	voltageLow: 12,
	emptyWarning: 14,
	imbalance: 17,
	temperatureDifference: 19,
	contactor: 20,
	ground: 22,
	otherAlarm: 25,
	otherWarning: 26,
} as const;

export const canHead = {
	kind: "battery",
	functions: [],
	fc: 3,
	maxRead: 125,
	positive: "charge",
} as const satisfies Partial<DeviceTable>;

export const canBus = { baud: 500_000, parity: "none", stop: 1, unit: 1 } as const;

/** Scale factors, and what a battery on CAN does not say, of 802, 713 and 714 with one port. */
export const batteryFixed = {
	...{ AHRtg_SF: 0, WHRtg_SF: 1, WChaDisChaMax_SF: 1, SoC_SF: -1, SoH_SF: 0, V_SF: -2, CellV_SF: -3, A_SF: -1 },
	...{ AMax_SF: -1, W_SF: 1, LocRemCtl: 0, AlmRst: 0, Typ: 4, State: 3, Evt2: 0, EvtVnd1: 0, EvtVnd2: 0 },
	...{ SetOp: 1, SetInvState: 3, "713.WH_SF": 1, "713.Pct_SF": -1, "714.DCV_SF": -2, "714.DCA_SF": -1 },
	...{ "714.DCW_SF": 1, "714.DCWH_SF": 0, "714.Tmp_SF": -1, "714.Prt[1].PrtTyp": 1 },
};

/** A value of a frame, lowest byte first. */
export function le(
	record: string,
	name: string,
	address: number,
	type: Row["type"],
	unit: Row["unit"],
	more: Partial<Row> = {},
): Row {
	const order = type === "u8" || type === "s8" || type === "string" ? {} : ({ byteOrder: "little" } as const);
	return { name, record, address, type, unit, ...order, ...more };
}

/** A field of bits, counted from the lowest of byte `address` upwards; it says something by itself, and is not read. */
export function bits(record: string, name: string, address: number, first: number, count: number, again: string): Row {
	return le(record, name, address, "bits", "code", { bits: [first, count], again });
}

/** A frame that comes each second, or seldom and not from every battery. */
export function frame(key: number, bytes: number, least: number, everyMs = 1000): RecordSpec {
	return { name: `0x${key.toString(16)}`, key, bytes, least, everyMs };
}

export const commonRecords: readonly RecordSpec[] = [
	frame(0x351, 8, 6),
	frame(0x355, 8, 4),
	frame(0x356, 8, 6),
	frame(0x35e, 8, 1, 5000),
	frame(0x379, 2, 2, 5000),
	// whoever is there says so, or the battery falls silent
	{ name: "0x305", key: 0x305, bytes: 8, write: true, everyMs: 1000 },
];

const positive = "charge";

export const limitRows: readonly Row[] = [
	le("0x351", "charge_voltage_limit", 0, "u16", "V", { k: 0.1, point: "VMax", poll: "fast", range: [0, 600] }),
	le("0x351", "charge_current_limit", 2, "s16", "A", { k: 0.1, point: "AChaMax", poll: "fast", range: [0, 3000] }),
	le("0x351", "discharge_current_limit", 4, "s16", "A", {
		k: 0.1,
		point: "ADisChaMax",
		poll: "fast",
		range: [0, 3000],
	}),
	le("0x351", "discharge_voltage_limit", 6, "u16", "V", { k: 0.1, point: "VMin", poll: "fast", range: [0, 600] }),
];

export const measuredRows: readonly Row[] = [
	le("0x356", "pack_voltage", 0, "s16", "V", {
		...{ k: 0.01, poll: "fast", range: [0, 327] },
		point: ["V", "714.Prt[1].DCV"],
	}),
	le("0x356", "pack_current", 2, "s16", "A", {
		...{ k: 0.1, positive, poll: "fast" },
		point: ["A", "714.DCA", "714.Prt[1].DCA"],
	}),
	le("0x356", "pack_temperature", 4, "s16", "C", {
		...{ k: 0.1, poll: "fast", range: [-40, 120] },
		point: "714.Prt[1].Tmp",
	}),
];

/** Of 0x35E and 0x379. */
export const nameRow = (name: string): Row =>
	le("0x35e", name, 0, "string", "text", { bytes: 8, point: "1.Opt", poll: "once" });
export const capacityRow: Row = le("0x379", "installed_capacity", 0, "u16", "Ah", { point: "AHRtg", poll: "slow" });

/** 0x305: eight zero bytes. */
export const aliveRow = (name: string): Row =>
	le("0x305", name, 0, "u64", "code", {
		access: "w",
		write: { fc: 16, record: "0x305", min: 0, max: 1, allowed: [0] },
		note: "sent by the hub each second, all bytes 0",
	});

/** What follows from voltage, current, limits and capacity. */
export const commonDerived: readonly Derived[] = [
	{ point: ["W", "714.DCW", "714.Prt[1].DCW"], by: "product", of: ["V", "A"] },
	{ point: ["WHRtg", "713.WHRtg"], by: "product", of: ["AHRtg", "V"] },
	{ point: "713.WHAvail", by: "product", of: ["713.WHRtg", "SoC"], k: 0.01 },
	{ point: "WChaRteMax", by: "product", of: ["AChaMax", "V"] },
	{ point: "WDisChaRteMax", by: "product", of: ["ADisChaMax", "V"] },
];

export const commonSources = [
	"Sleeper85/esphome-yambms:packages/yambms/yambms_canbus.yaml",
	"dalathegreat/Battery-Emulator:Software/src/inverter",
] as const;
