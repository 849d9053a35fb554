import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** What a hybrid inverter measures and no SunSpec model has a place for. */
export const kHybridMeasured = 64910;
/** What its owner may set: charge limits, reserves, time windows, selling. */
export const kHybridSettings = 64911;

function power(names: readonly string[]): PointTable[] {
	return names.map((name) => ({ name, type: "int32", units: "W" }));
}

function voltage(names: readonly string[]): PointTable[] {
	return names.map((name) => ({ name, type: "uint16", sf: -1, units: "V" }));
}

function current(names: readonly string[]): PointTable[] {
	return names.map((name) => ({ name, type: "int16", sf: -2, units: "A" }));
}

/**
 * Signs: InvW is positive out of the inverter to loads and grid; CtW, at the external current transformers, positive into
 * the grid; GenW positive out of the generator port to a load, negative when a source feeds it.
 * BatDir: -1 charging, 0 idle, 1 discharging. Flt1 and Flt2 are faults F01 to F32 and F33 to F64, Wrn warnings, lowest bit
 * first; whole numbers, because a bit field of SunSpec has no bit 31.
 */
export const hybridMeasured = frozen<ModelSpec>({
	id: kHybridMeasured,
	text: defineModel(kHybridMeasured, {
		name: "hybrid_measured",
		points: [
			...power(["InvW", "InvWL1", "InvWL2", "InvWL3"]),
			...voltage(["InvVL1L2", "InvVL1", "InvVL2", "InvVL3"]),
			...current(["InvAL1", "InvAL2", "InvAL3"]),
			{ name: "InvHz", type: "uint16", sf: -2, units: "Hz" },
			...power(["CtW", "CtWL1", "CtWL2", "CtWL3"]),
			...current(["CtAL1", "CtAL2", "CtAL3"]),
			...power(["GenW"]),
			...voltage(["GenV"]),
			{ name: "GenHz", type: "uint16", sf: -2, units: "Hz" },
			{ name: "GenRly", type: "bitfield16" },
			...power(["UpsW"]),
			{ name: "VA", type: "uint32", units: "VA" },
			...voltage(["RlyV"]),
			{
				name: "BatDir",
				type: "int16",
			},
			{ name: "BatAh", type: "uint16", units: "Ah" },
			{ name: "BmsSoC", type: "uint16", units: "Pct" },
			{ name: "BmsV", type: "uint16", sf: -2, units: "V" },
			{ name: "BmsA", type: "int16", units: "A" },
			{ name: "BmsTmp", type: "int16", sf: -1, units: "C" },
			{ name: "BmsACha", type: "uint16", units: "A" },
			{ name: "BmsADis", type: "uint16", units: "A" },
			{ name: "WhPv", type: "uint64", units: "Wh" },
			{
				name: "BtnOn",
				type: "enum16",
				symbols: [
					{ name: "OFF", value: 0 },
					{ name: "ON", value: 1 },
				],
			},
			{ name: "StRaw", type: "uint16" },
			{ name: "RlyRaw", type: "uint16" },
			{ name: "WRatio", type: "uint16", static: "S" },
			{ name: "Proto", type: "uint16", static: "S" },
			{ name: "NMppt", type: "uint16", static: "S" },
			{ name: "NPh", type: "uint16", static: "S" },
			{ name: "Wrn", type: "uint32" },
			{ name: "Flt1", type: "uint32" },
			{ name: "Flt2", type: "uint32" },
		],
	}),
});

function choice(name: string, ...symbols: string[]): PointTable {
	return { name, type: "enum16", access: "RW", symbols: symbols.map((symbol, value) => ({ name: symbol, value })) };
}

function amps(name: string): PointTable {
	return { name, type: "uint16", units: "A", access: "RW" };
}

function watts(name: string): PointTable {
	return { name, type: "uint32", units: "W", access: "RW" };
}

function percent(name: string): PointTable {
	return { name, type: "uint16", units: "Pct", access: "RW" };
}

function volts(name: string, access: "R" | "RW" = "RW"): PointTable {
	return { name, type: "uint16", sf: -2, units: "V", access };
}

/**
 * The inverter's ranges stand in its table, the rules between them in docs/sol-ark.md.
 * Win is one of six time windows: Tm as decimal hours and minutes (1630), W what the battery may give, V or SoC down to
 * which it may be emptied (or up to which it is charged), Mod bits: 0 charge from the grid; the others differ by maker.
 * Tou: bit 0 on, bits 1 to 7 Monday to Sunday.
 */
export const hybridSettings = frozen<ModelSpec>({
	id: kHybridSettings,
	text: defineModel(kHybridSettings, {
		name: "hybrid_settings",
		points: [
			amps("ACha"),
			amps("ADisCha"),
			choice("GridCha", "OFF", "ON"),
			amps("GridChaA"),
			percent("GridChaSoC"),
			volts("GridChaV"),
			choice("GenCha", "OFF", "ON"),
			amps("GenChaA"),
			percent("GenChaSoC"),
			volts("GenChaV"),
			percent("SoCOff"),
			percent("SoCRst"),
			percent("SoCLow"),
			volts("VOff"),
			volts("VRst"),
			volts("VLow"),
			choice("Pri", "BATTERY_FIRST", "LOAD_FIRST"),
			choice("ExpLim", "SELL", "LOAD", "HOME"),
			choice("Sell", "OFF", "ON"),
			watts("SellW"),
			watts("ZeroExpW"),
			watts("PvMaxW"),
			watts("PkShvW"),
			watts("GenPkShvW"),
			watts("LoadMaxW"),
			{ name: "Tou", type: "bitfield16", access: "RW" },
			choice("GenUse", "OFF_OR_GENERATOR", "SMART_LOAD", "AC_COUPLED"),
			{ name: "WReg", type: "uint16", sf: -1, units: "Pct", access: "RW" },
			{ name: "VarReg", type: "uint16", sf: -1, units: "Pct", access: "RW" },
			{ name: "VAReg", type: "uint16", sf: -1, units: "Pct", access: "RW" },
			choiceRead("BatTyp", "LEAD_ACID", "LITHIUM"),
			choiceRead("BatMod", "VOLTAGE", "SOC", "NO_BATTERY"),
			volts("VEq", "R"),
			volts("VAbs", "R"),
			volts("VFlt", "R"),
			{ name: "GridStd", type: "uint16" },
			{ name: "HzNom", type: "uint16", units: "Hz" },
			...voltage(["VGridHi", "VGridLo"]),
			{ name: "HzGridHi", type: "uint16", sf: -2, units: "Hz" },
			{ name: "HzGridLo", type: "uint16", sf: -2, units: "Hz" },
			{ name: "RcnTms", type: "uint16", units: "Secs" },
		],
		groups: [
			{
				name: "Win",
				count: 6,
				points: [
					{ name: "Tm", type: "uint16", access: "RW" },
					{ name: "W", type: "uint32", units: "W", access: "RW" },
					{ name: "V", type: "uint16", sf: -2, units: "V", access: "RW" },
					{ name: "SoC", type: "uint16", units: "Pct", access: "RW" },
					{ name: "Mod", type: "bitfield16", access: "RW" },
				],
			},
		],
	}),
});

function choiceRead(name: string, ...symbols: string[]): PointTable {
	return { ...choice(name, ...symbols), access: "R" };
}
