import { frozen } from "../base/frozen";
import type { PowerFlow } from "./power-flow";

/** Why a relay was opened, in the order of the values of `EvtSrc` (model 64922). */
export const kTripSources = frozen(["none", "ac", "dc", "pulsed", "device", "lost"] as const);
export type TripSource = (typeof kTripSources)[number];

/** What a protection did last. */
export interface LeakageEvent extends PowerFlow {
	source: TripSource;
	/** Residual currents in A; NaN: not measured. */
	acA: number;
	dcA: number;
	pulsedA: number;
	/** Monotonic time; NaN for one from before a restart. */
	atMs: number;
	/** Undefined: nobody had set the clock. */
	epochMs: number | undefined;
}

/** Bytes of one in flash, with the latch and the count before it. */
export const kEventBytes = 36;
const kVersion = 1;

/** One protection as it is kept over a restart. */
export interface KeptLatch {
	/** The relay stays open until a person resets it. */
	latched: boolean;
	count: number;
	event: LeakageEvent | undefined;
}

export function packLatch({ latched, count, event }: KeptLatch, out: DataView, at: number): void {
	out.setUint8(at, kVersion);
	out.setUint8(at + 1, latched ? 1 : 0);
	out.setUint16(at + 2, count);
	out.setUint32(at + 4, event ? kTripSources.indexOf(event.source) : 0);
	out.setFloat64(at + 8, event?.epochMs ?? Number.NaN);
	const numbers = event ? [event.acA, event.dcA, event.pulsedA, event.acW, event.dcW] : [];
	for (let i = 0; i < numbers.length; i++) out.setFloat32(at + 16 + 4 * i, numbers[i]!);
}

/** Undefined: nothing that this version has kept. */
export function unpackLatch(data: DataView, at: number): KeptLatch | undefined {
	if (data.byteLength < at + kEventBytes || data.getUint8(at) !== kVersion) return undefined;
	const source = kTripSources[data.getUint32(at + 4)];
	const latched = data.getUint8(at + 1) === 1;
	const count = data.getUint16(at + 2);
	if (source === undefined || source === "none") return { latched, count, event: undefined };
	const epochMs = data.getFloat64(at + 8);
	const number = (i: number): number => data.getFloat32(at + 16 + 4 * i);
	const event: LeakageEvent = {
		source,
		acA: number(0),
		dcA: number(1),
		pulsedA: number(2),
		acW: number(3),
		dcW: number(4),
		atMs: Number.NaN,
		epochMs: Number.isNaN(epochMs) ? undefined : epochMs,
	};
	return { latched, count, event };
}

/** In words for an alarm: "DC 7.2 mA, AC 1 mA; grid import 1200 W, storage charge 300 W". */
export function eventText({ source, acA, dcA, pulsedA, acW, dcW }: LeakageEvent): string {
	const currents = [currentText("AC", acA), currentText("DC", dcA), currentText("pulsed", pulsedA)];
	const why = source === "device" ? "tripped by the device" : source === "lost" ? "the sensor is silent" : "";
	const flow = [flowText("grid", acW, "import", "export"), flowText("storage", dcW, "discharge", "charge")];
	const known = [why, ...currents].filter((text) => text !== "").join(", ");
	const where = flow.filter((text) => text !== "").join(", ");
	return where === "" ? known : `${known}; ${where}`;
}

function currentText(what: string, ampere: number): string {
	return Number.isNaN(ampere) ? "" : `${what} ${Math.round(ampere * 1e4) / 10} mA`;
}

function flowText(what: string, watts: number, positive: string, negative: string): string {
	return Number.isNaN(watts) ? "" : `${what} ${watts < 0 ? negative : positive} ${Math.round(Math.abs(watts))} W`;
}
