import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** A residual current monitor, and what became of its last event. */
export const kLeakageModel = 64922;

/** Bits of `Alrm`. */
export const LeakageAlarm = frozen({
	preAc: 0,
	preDc: 1,
	preRms: 2,
	ac: 3,
	dc: 4,
	rms: 5,
	tripped: 6,
	transformer: 7,
	selfTest: 8,
	device: 9,
	remote: 10,
	input: 11,
});

function ampere(name: string, access?: "RW"): PointTable {
	// tenths of a milliampere, up to 214 kA
	return { name, type: "int32", sf: -4, units: "A", ...(access ? { access } : {}) };
}

function state(name: string): PointTable {
	return choice(name, ["NORMAL", "PREALARM", "ALARM", "TRIPPED"]);
}

function choice(name: string, symbols: readonly string[], access?: "RW"): PointTable {
	const named = symbols.map((symbol, value) => ({ name: symbol, value }));
	return { name, type: "enum16", symbols: named, ...(access ? { access } : {}) };
}

const kAlarms = frozen([
	"PREALARM_AC",
	"PREALARM_DC",
	"PREALARM_RMS",
	"ALARM_AC",
	"ALARM_DC",
	"ALARM_RMS",
	"TRIPPED",
	"TRANSFORMER_FAULT",
	"SELF_TEST_FAILED",
	"DEVICE_FAULT",
	"TRIPPED_BY_COMMAND",
	"TRIPPED_BY_INPUT",
]);

/**
 * Residual currents are magnitudes: AAC of the alternating part, ADC of the smooth direct part, APls of the pulsed or the
 * whole (r.m.s.) one, as the device measures it. ThAC (30 mA for persons) and ThDC (6 mA, IEC 62955) are the device's own
 * thresholds. Trp is the value at which it tripped last. Tst is its self-test, which RUNNING starts.
 *
 * The points from EvtCnt on are the hub's (modules/site/leakage-guard.ts): the last event, with the residual currents and
 * the flow of power at that moment. EvtWAC is positive from the grid to the customer, EvtWDC out of the battery or
 * panel; EvtDirAC and EvtDirDC are their signs, UNKNOWN where nothing measures them. EvtTms counts seconds since 1970, and
 * is absent where nobody had set the clock. Latch: the relay was opened and stays open until a person resets it.
 */
export const leakageModel = frozen<ModelSpec>({
	id: kLeakageModel,
	text: defineModel(kLeakageModel, {
		name: "residual_current",
		points: [
			ampere("AAC"),
			ampere("ADC"),
			ampere("APls"),
			ampere("ThAC", "RW"),
			ampere("ThDC", "RW"),
			ampere("ThPls", "RW"),
			ampere("Trp"),
			state("StAC"),
			state("StDC"),
			state("StPls"),
			{
				name: "Alrm",
				type: "bitfield32",
				symbols: kAlarms.map((name, value) => ({ name, value })),
			},
			choice("Tst", ["NONE", "RUNNING", "PASSED", "FAILED"], "RW"),
			choice("Rst", ["NONE", "RESET"], "RW"),
			{ name: "Flt", type: "uint32" },
			{ name: "EvtCnt", type: "uint16" },
			choice("EvtSrc", ["NONE", "AC", "DC", "PULSED", "DEVICE", "LOST"]),
			choice("EvtDirAC", ["UNKNOWN", "IMPORT", "EXPORT"]),
			choice("EvtDirDC", ["UNKNOWN", "DISCHARGE", "CHARGE"]),
			ampere("EvtAAC"),
			ampere("EvtADC"),
			ampere("EvtAPls"),
			{ name: "EvtWAC", type: "int32", units: "W" },
			{ name: "EvtWDC", type: "int32", units: "W" },
			{ name: "EvtTms", type: "uint32", units: "Secs" },
			choice("Latch", ["CLEAR", "OPENING", "OPEN"]),
		],
	}),
});
