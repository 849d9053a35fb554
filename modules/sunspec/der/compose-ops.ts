/** The ways of `compose-rules.ts`: what each makes of the values it is given. NaN: no value. */
import { frozen } from "../../base/frozen";

/** The value that `n` sources make together; `phases` of the DER are 1 to 3. */
export type Way = (v: Float64Array, n: number, phases: number) => number;

/** 122.StActCtl by source in the order of the rule: FixedW (limit, set-point), FixedVAR, FixedPF, Volt-VAr and so on. */
const kActiveBits = frozen([0, 0, 1, 2, 3, 4, 7, 8, 10, 13, 14]);

/** Bits of 802.Evt1 that are warnings; the others are alarms. */
const kBatteryWarnings = 0x250b5554;
const kOtherAlarm = 1 << 25;
const kOtherWarning = 1 << 26;

/** Less power than this, in W, is none: what a storage in standby leaks, and what its meter's noise is. */
const kIdleW = 5;

/**
 * Ranks of 701.InvSt as digits, that of state 0 last: the site runs while one DER does; it has a fault, or is off, only
 * while none does anything else.
 */
const kBusiness = 41_689_720;

const negative: Way = (v, n) => 0 - first(v, n);
const magnitude: Way = (v, n) => Math.abs(first(v, n));
const product: Way = (v) => v[0]! * v[1]!;

/** By number: the word of the rules, and what it does. Those with a memory are told apart by the constants below. */
export const kWays = frozen<readonly (readonly [string, Way])[]>([
	[".", (v) => v[0]!],
	["f", first],
	["o", first],
	["O", magnitude],
	["N", (v, n) => 0 - magnitude(v, n, 0)],
	["k", first],
	["K", magnitude],
	["M", (v, n) => 0 - magnitude(v, n, 0)],
	["rated", (v) => (Number.isNaN(first(v, 3)) ? v[3]! * v[4]! : first(v, 3))],
	["w", (v) => v[0]!],
	["wk", (v) => 1000 * v[0]!],
	["s", sum],
	// of several DERs: of those that answer; of all or none; of the first or second of each pair; with the last values of
	// those that do not answer. Means are of pairs of weight and value.
	["total", sum],
	["whole", (v, n) => (count(v, n) === n ? sum(v, n) : Number.NaN)],
	["either", eitherSum],
	["kept", sum],
	["mean", weightedMean],
	["keptMean", weightedMean],
	// a setting that nobody has changed is what its rating is
	["follow", first],
	["apparent", (v) => Math.sqrt(v[0]! ** 2 + v[1]! ** 2)],
	["powerFactor", (v) => (v[1]! > 0 ? Math.max(-1, Math.min(1, v[0]! / v[1]!)) : Number.NaN)],
	["most", (v, n) => most(v, n, 0)],
	["busiest", (v, n) => most(v, n, kBusiness)],
	["n", negative],
	["m", (v, n) => sum(v, n) / count(v, n)],
	["less", (v, n) => (count(v, n) === 0 ? Number.NaN : (v[0]! || 0) - (v[1]! || 0))],
	["x", product],
	["h", (v, _n, phases) => Math.abs(Number.isNaN(v[0]!) ? v[1]! / phases : v[0]!)],
	["abs", magnitude],
	["positive", (v) => Math.max(0, v[0]!)],
	["fx", (v) => (Number.isNaN(v[0]!) ? v[1]! * v[2]! : v[0]!)],
	// so many per cent of a whole, and what is left of a hundred
	["part", (v) => (v[0]! * v[1]!) / 100],
	["rest", (v, n) => 100 - first(v, n)],
	["or", allBits],
	// constants that are there while a source is
	["zero", (v, n) => known(v, n, 0)],
	["one", (v, n) => known(v, n, 1)],
	["three", (v, n) => known(v, n, 3)],
	// 122.StActCtl, 803.NStrCon
	["active", activeControls],
	["connected", (v, n) => known(v, n, v[0] === 0 ? 0 : 1)],
	// 701: a number up to 1 with the sign of the active power; 101 to 113: per cent
	["pf", (v) => (v[1]! < 0 ? -1 : 1) * Math.abs(v[0]! / 100)],
	// IEEE (EEI): negative while active and reactive power have the same sign
	["pfEei", (v) => (v[1]! * v[2]! > 0 ? -100 : 100) * Math.abs(v[0]!)],
	// states, connections and alarms of 701, 101 to 113 and 122
	["state701", (v) => (v[0]! >= 1 && v[0]! <= 8 ? v[0]! - 1 : Number.NaN)],
	["on701", (v) => (v[0]! >= 1 && v[0]! <= 8 ? (v[0]! <= 2 || v[0] === 7 ? 0 : 1) : Number.NaN)],
	["conn701", (v) => connection(v[0]!, v[1]!, v[2]!)],
	["ecp122", (v) => ecp(v[0]!, v[1]!, v[2]!)],
	["alarm701", alarms],
	["state10x", (v) => (v[0]! >= 0 && v[0]! <= 7 ? v[0]! + 1 : runningState(v[1]!, v[2]!))],
	["event10x", (v) => (Number.isNaN(v[0]!) ? v[1]! * 0 : v[0]! & 0xffff)],
	["sources", (v) => sources(v[0]!, v[1]!, v[2]!)],
	// 713.Sta, ChaSt of 124 and 802, State and Evt1 of 802, DCSta of the storage's port
	["health", health],
	["charge", (v) => (Number.isNaN(v[0]!) ? chargeState(Number.isNaN(v[1]!) ? v[2]! : v[1]!, v[3]!) : v[0]!)],
	["bank", (v) => bankState(v[0]!, v[1]!, v[2]!)],
	["bankEvent", (v, n) => (v[0] === 2 ? kOtherAlarm : v[0] === 1 ? kOtherWarning : known(v, n, 0))],
	["string803", (v, n) => known(v, n, v[0] === 0 ? 1 : 3)],
	["bankOn", (v) => (v[0] === 99 ? 3 : v[0]! <= 2 ? 0 : v[0]! > 2 ? 1 : Number.NaN)],
	// DCSta of a solar port, DCSt of its module in 160
	["trackerOn", (v) => (v[0] === 7 ? 3 : v[0]! <= 2 ? 0 : v[0]! > 2 ? 1 : Number.NaN)],
	["trackerState", (v) => trackerState(v[0]!, v[1]!)],
	["chargerOn", (v) => (Number.isNaN(v[0]!) ? Number.NaN : v[0] === 0 ? 0 : 1)],
	// bulk takes what there is, the stages after it hold a voltage
	["chargerState", (v) => (Number.isNaN(v[0]!) ? Number.NaN : v[0] === 0 ? 1 : v[0] === 2 ? 4 : 5)],
]);

/** The number of a word. */
export function wayOf(word: string): number {
	return kWays.findIndex(([name]) => name === word);
}

export const kFirst = wayOf("f");
/** Of the three that are done once, the first and the last. */
export const kOnce = wayOf("o");
export const kOnceNegated = wayOf("N");
/** The last of what is looked at now and then only: name plates. Those from `kKeep` on stay while their source has no value. */
export const kKeep = wayOf("k");
export const kRated = wayOf("rated");
export const kEnergy = wayOf("w");
export const kEnergyK = wayOf("wk");
export const kSum = wayOf("s");
export const kKept = wayOf("kept");
export const kKeptMean = wayOf("keptMean");
export const kFollow = wayOf("follow");

function first(v: Float64Array, n: number): number {
	for (let i = 0; i < n; i++) if (!Number.isNaN(v[i]!)) return v[i]!;
	return Number.NaN;
}

function count(v: Float64Array, n: number): number {
	let there = 0;
	for (let i = 0; i < n; i++) if (!Number.isNaN(v[i]!)) there++;
	return there;
}

function sum(v: Float64Array, n: number): number {
	let total = 0;
	let there = 0;
	for (let i = 0; i < n; i++) {
		if (Number.isNaN(v[i]!)) continue;
		total += v[i]!;
		there++;
	}
	return there === 0 ? Number.NaN : total;
}

/** The highest value, or the one whose decimal digit in `ranks` is the highest. */
function most(v: Float64Array, n: number, ranks: number): number {
	let found = Number.NaN;
	let best = -1;
	for (let i = 0; i < n; i++) {
		const rank = ranks === 0 ? v[i]! : Math.floor(ranks / 10 ** v[i]!) % 10;
		if (!(rank > best)) continue;
		best = rank;
		found = v[i]!;
	}
	return found;
}

/** Of pairs, weight and value; all weigh the same where none has a weight. */
function weightedMean(v: Float64Array, n: number): number {
	let weights = 0;
	let weighted = 0;
	let total = 0;
	let there = 0;
	for (let i = 0; i < n; i += 2) {
		const value = v[i + 1]!;
		if (Number.isNaN(value)) continue;
		const weight = v[i]! || 0;
		weights += weight;
		weighted += weight * value;
		total += value;
		there++;
	}
	return weights > 0 ? weighted / weights : there > 0 ? total / there : Number.NaN;
}

/** A constant that is there while one of its sources is. */
function known(v: Float64Array, n: number, value: number): number {
	return Number.isNaN(first(v, n)) ? Number.NaN : value;
}

/** Of pairs the first, else the second. */
function eitherSum(v: Float64Array, n: number): number {
	let total = Number.NaN;
	for (let i = 0; i < n; i += 2) {
		const value = Number.isNaN(v[i]!) ? v[i + 1]! : v[i]!;
		if (!Number.isNaN(value)) total = (total || 0) + value;
	}
	return total;
}

function allBits(v: Float64Array, n: number): number {
	let bits = known(v, n, 0);
	for (let i = 0; i < n; i++) if (!Number.isNaN(v[i]!)) bits |= v[i]!;
	return bits;
}

function activeControls(v: Float64Array, n: number): number {
	let bits = 0;
	for (let i = 0; i < n; i++) if (v[i] === 1) bits |= 1 << kActiveBits[i]!;
	return bits;
}

/** 701.ConnSt: what 122.ECPConn says; else of events and state. In standby it may be either. */
function connection(state: number, events: number, ecp: number): number {
	if (!Number.isNaN(ecp)) return ecp === 0 ? 0 : 1;
	if ((events & 0x14) !== 0) return 0;
	if (state >= 4 && state <= 6) return 1;
	return state >= 1 && state <= 7 ? 0 : Number.NaN;
}

/** 122.ECPConn: 701.ConnSt; where it has none, connected while it runs. */
function ecp(connected: number, state: number, on: number): number {
	if (!Number.isNaN(connected)) return connected;
	return Number.isNaN(state) ? on : state >= 3 && state <= 5 ? 1 : 0;
}

/** 701.Alrm: bits 0 to 15 are those of Evt1; any event of the maker's own is MANUFACTURER_ALRM. */
function alarms(v: Float64Array, n: number): number {
	let bits = 0;
	let there = !Number.isNaN(v[0]!);
	if (there) bits = v[0]! & 0xffff;
	for (let i = 1; i < n; i++) {
		if (Number.isNaN(v[i]!)) continue;
		there = true;
		if (v[i] !== 0) bits |= 0x10000;
	}
	return there ? bits : Number.NaN;
}

/** 101.St where 701 has no InvSt: by 701.St, else by the power. */
function runningState(on: number, w: number): number {
	if (on === 0) return 1;
	if (Number.isNaN(on) && Number.isNaN(w)) return Number.NaN;
	return Math.abs(w) > 0 ? 4 : 8;
}

/** 122.PVConn and StorConn: connected, available, operating. */
function sources(state: number, connected: number, on: number): number {
	if (Number.isNaN(state) && Number.isNaN(connected) && Number.isNaN(on)) return Number.NaN;
	const available = Number.isNaN(state) ? on === 1 : state !== 0 && state !== 6;
	const operating = Number.isNaN(state) ? on === 1 && connected === 1 : state === 3 || state === 4;
	return (connected === 1 ? 1 : 0) | (available ? 2 : 0) | (operating ? 4 : 0);
}

/** 713.Sta: 802's events and state; OK when the storage tells its charge and nothing else. */
function health(v: Float64Array): number {
	const events = v[0]!;
	const state = v[1]!;
	if (state === 99 || (events & ~kBatteryWarnings) !== 0) return 2;
	if ((events & kBatteryWarnings) !== 0) return 1;
	return Number.isNaN(events) && Number.isNaN(state) && Number.isNaN(v[2]!) && Number.isNaN(v[3]!) ? Number.NaN : 0;
}

/** 802.ChaSt: by the power, positive when discharging, and by the state of charge while there is none. */
function chargeState(w: number, soc: number): number {
	if (w >= kIdleW) return 3;
	if (w <= -kIdleW) return 4;
	if (soc >= 99.5) return 5;
	if (soc <= 0.5) return 2;
	return Number.isNaN(w) ? Number.NaN : 6;
}

/** 802.State: 713.Sta and 714's DCSta. */
function bankState(health: number, port: number, soc: number): number {
	if (health === 2 || port === 3) return 99;
	if (port === 0) return 1;
	return Number.isNaN(health) && Number.isNaN(port) && Number.isNaN(soc) ? Number.NaN : 3;
}

/** 160.DCSt of 714.DCSta. */
function trackerState(state: number, w: number): number {
	if (state === 0) return 1;
	if (state === 3) return 7;
	return state > 0 ? (w < kIdleW ? 8 : 4) : Number.NaN;
}
