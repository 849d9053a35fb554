/** The ways of `compose-rules.ts`, as numbers, and what each makes of the values it is given. NaN: no value. */
import { frozen } from "../../base/frozen";

/** Names by number. */
export const kOps = frozen<readonly string[]>([
	".",
	"n",
	"m",
	"s",
	"f",
	"x",
	"h",
	"o",
	"O",
	"N",
	"r",
	"rx",
	"fx",
	"w",
	"wk",
	"pf",
	"pfEei",
	"state701",
	"on701",
	"conn701",
	"alarm701",
	"state10x",
	"event10x",
	"zero",
	"one",
	"three",
	"sources",
	"active",
	"part",
	"rest",
	"health",
	"charge",
	"bank",
	"bankEvent",
	"bankOn",
	"trackerOn",
	"trackerState",
	"chargerOn",
	"chargerState",
	"connected",
	"or",
]);

/** Those that `Composer` has to know by number. */
export const kCopy = 0;
export const kSum = 3;
export const kFirst = 4;
export const kOnce = 7;
export const kOnceNegated = 9;
export const kHighest = 10;
export const kHighestProduct = 11;
export const kEnergy = 13;
export const kEnergyK = 14;

/** 122.StActCtl by source in the order of the rule: FixedW (limit, set-point), FixedVAR, FixedPF, Volt-VAr and so on. */
const kActiveBits = frozen([0, 0, 1, 2, 3, 4, 7, 8, 10, 13, 14]);

/** Bits of 802.Evt1 that are warnings; the others are alarms. */
const kBatteryWarnings = 0x250b5554;
const kOtherAlarm = 1 << 25;
const kOtherWarning = 1 << 26;

/** Less power than this, in W, is none: what a storage in standby leaks, and what its meter's noise is. */
const kIdleW = 5;

/** The value that `n` sources make together; `phases` of the DER are 1 to 3. */
export function combine(op: number, v: Float64Array, n: number, phases: number): number {
	const a = v[0]!;
	switch (kOps[op]) {
		case "n":
			return 0 - first(v, n);
		case "m":
			return sum(v, n) / count(v, n);
		case "s":
			return sum(v, n);
		case "f":
		case "o":
		case "r":
			return first(v, n);
		case "O":
			return Math.abs(first(v, n));
		case "N":
			return -Math.abs(first(v, n));
		case "x":
		case "rx":
			return a * v[1]!;
		case "h":
			return Number.isNaN(a) ? v[1]! / phases : a;
		case "fx":
			return Number.isNaN(a) ? v[1]! * v[2]! : a;
		case "wk":
			return a * 1000;
		case "part":
			return (a * v[1]!) / 100;
		case "rest":
			return 100 - first(v, n);
		case "zero":
			return known(v, n, 0);
		case "one":
			return known(v, n, 1);
		case "three":
			return known(v, n, 3);
		case "active":
			return activeControls(v, n);
		case "or":
			return allBits(v, n);
		case "connected":
			return a === 0 ? 0 : known(v, n, 1);
		default:
			return combineState(op, v, n);
	}
}

function combineState(op: number, v: Float64Array, n: number): number {
	const a = v[0]!;
	const b = v[1]!;
	switch (kOps[op]) {
		case "pf":
			// 701: a number up to 1 with the sign of the active power; 101 to 113: per cent
			return (b < 0 ? -1 : 1) * Math.abs(a / 100);
		case "pfEei":
			// IEEE (EEI): negative while active and reactive power have the same sign
			return (b * v[2]! > 0 ? -100 : 100) * Math.abs(a);
		case "state701":
			return a >= 1 && a <= 8 ? a - 1 : Number.NaN;
		case "on701":
			return a >= 1 && a <= 8 ? (a <= 2 || a === 7 ? 0 : 1) : Number.NaN;
		case "conn701":
			return connection(a, b, v[2]!);
		case "alarm701":
			return alarms(v, n);
		case "state10x":
			return a >= 0 && a <= 7 ? a + 1 : runningState(b, v[2]!);
		case "event10x":
			return Number.isNaN(a) ? b * 0 : a & 0xffff;
		case "sources":
			return sources(a, b, v[2]!);
		case "health":
			return health(v);
		case "charge":
			return Number.isNaN(a) ? chargeState(Number.isNaN(b) ? v[2]! : b, v[3]!) : a;
		case "bank":
			return bankState(a, b, v[2]!);
		case "bankEvent":
			return a === 2 ? kOtherAlarm : a === 1 ? kOtherWarning : known(v, 2, 0);
		case "bankOn":
			return Number.isNaN(a) ? a : a === 99 ? 3 : a === 1 || a === 2 ? 0 : 1;
		case "trackerOn":
			return Number.isNaN(a) ? a : a === 7 ? 3 : a <= 2 ? 0 : 1;
		case "trackerState":
			return a === 0 ? 1 : a === 3 ? 7 : a === 1 || a === 2 ? (b < kIdleW ? 8 : 4) : a;
		case "chargerOn":
			return Number.isNaN(a) ? a : a === 0 ? 0 : 1;
		case "chargerState":
			// bulk takes what there is, the stages after it hold a voltage
			return Number.isNaN(a) ? a : a === 0 ? 1 : a === 2 ? 4 : 5;
		default:
			return a;
	}
}

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

/** A constant that is there while one of its sources is. */
function known(v: Float64Array, n: number, value: number): number {
	return Number.isNaN(first(v, n)) ? Number.NaN : value;
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
