import type { Clock } from "../../modules/base/clock";
import type { ModbusClientOptions } from "../../modules/modbus/client";
import { type LineFormat, LineProbe } from "./line-probe";

/** A device that answered. */
export interface FoundUnit {
	readonly format: LineFormat;
	readonly unit: number;
	/** Of its first answer. */
	readonly tookMs: number;
}

export interface SearchOptions {
	/** Opens the line in a format. */
	link(format: LineFormat): ModbusClientOptions["link"];
	clock: Clock;
	formats: readonly LineFormat[];
	/** In the order in which they are tried. */
	units: readonly number[];
	/** How long an answer may take to begin. */
	timeoutMs: number;
	/** The search ends then, whatever is left. */
	mostMs: number;
	/** Also formats other than that of the first device found: a line has one. */
	allFormats?: boolean;
	/** Told before each unit that is asked: what, and how much is done, 0 to 1. */
	onProgress?(format: LineFormat, unit: number, done: number): void;
	onFound?(found: FoundUnit): void;
	/** True: the search ends now, with what was found. */
	stopped?(): boolean;
}

export interface SearchResult {
	found: FoundUnit[];
	/** How much of what was to be asked has been asked, 0 to 1. */
	done: number;
	/** Answers that could not be read, by format: somebody is there who speaks otherwise. */
	broken: Map<LineFormat, number>;
	/** Why the line could not be used in a format; "" when it could. */
	fault: string;
}

/** Formats as devices leave the factory, the most usual first. */
export const kFormats: readonly LineFormat[] = [
	...[9600, 19200, 115200, 2400, 4800, 38400, 57600].map((baud): LineFormat => ({ baud, parity: "none", stop: 1 })),
	...[19200, 9600].map((baud): LineFormat => ({ baud, parity: "even", stop: 1 })),
	...[2400, 4800, 38400, 115200, 57600].map((baud): LineFormat => ({ baud, parity: "even", stop: 1 })),
	{ baud: 9600, parity: "none", stop: 2 },
	{ baud: 19200, parity: "none", stop: 2 },
	{ baud: 1200, parity: "none", stop: 1 },
	...[9600, 19200].map((baud): LineFormat => ({ baud, parity: "odd", stop: 1 })),
];

/** Addresses devices leave the factory with, then the others. */
export function usualUnits(most = 247): number[] {
	const usual = [1, 2, 3, 4, 5, 10, 11, 31, 100, 126, 247];
	const all = usual.filter((unit) => unit <= most);
	for (let unit = 1; unit <= most; unit++) if (!all.includes(unit)) all.push(unit);
	return all;
}

/** How many units are asked in every format before all are: the usual ones. */
const kFirstUnits = 11;

/**
 * Asks for registers until somebody answers, if only to refuse: the usual addresses in one format after the other, then
 * all addresses in the format in which somebody was found, or in all of them when nobody was.
 */
export async function searchLine(options: SearchOptions): Promise<SearchResult> {
	const { formats, units, clock, timeoutMs } = options;
	const endMs = clock.now() + options.mostMs;
	const result: SearchResult = { found: [], done: 0, broken: new Map(), fault: "" };
	const total = formats.length * units.length;
	let asked = 0;
	const over = (): boolean => clock.now() >= endMs || options.stopped?.() === true;
	const settled = (): boolean => options.allFormats !== true && result.found.length > 0;
	const known = (format: LineFormat, unit: number): boolean =>
		result.found.some((one) => one.format === format && one.unit === unit);

	const ask = async (format: LineFormat, some: readonly number[]): Promise<void> => {
		if (some.length === 0 || over()) return;
		let probe: LineProbe;
		try {
			probe = new LineProbe(options.link(format), clock);
		} catch (error) {
			result.fault = error instanceof Error ? error.message : String(error);
			asked += some.length;
			return;
		}
		try {
			for (const unit of some) {
				if (over()) return;
				options.onProgress?.(format, unit, asked / total);
				asked++;
				if (known(format, unit)) continue;
				const tookMs = await answerMs(probe, unit, timeoutMs, (broken) => {
					if (broken) result.broken.set(format, (result.broken.get(format) ?? 0) + 1);
				});
				if (probe.fault !== "") result.fault = probe.fault;
				if (tookMs === undefined) continue;
				const found = { format, unit, tookMs };
				result.found.push(found);
				options.onFound?.(found);
			}
		} finally {
			probe.close();
		}
	};
	for (const format of formats) {
		await ask(format, units.slice(0, kFirstUnits));
		if (settled()) break;
	}
	const busy = (format: LineFormat): boolean => result.found.some((one) => one.format === format);
	const inOrder = settled() ? formats.filter(busy) : [...formats].sort((a, b) => Number(busy(b)) - Number(busy(a)));
	for (const format of inOrder) {
		await ask(format, units.slice(kFirstUnits));
		if (settled()) break;
	}
	result.done = over() ? asked / total : 1;
	return result;
}

/**
 * Holding registers, then input registers: some devices say nothing to a function they have not. A line that has just
 * been opened may lose the first answer, so a broken one is asked for again.
 */
async function answerMs(
	probe: LineProbe,
	unit: number,
	timeoutMs: number,
	tell: (broken: boolean) => void,
): Promise<number | undefined> {
	for (const [code, count] of [
		[3, 1],
		[4, 2],
	] as const) {
		for (let tries = 0; tries < 2; tries++) {
			const { status, exception, tookMs } = await probe.read(unit, code, 0, count, timeoutMs);
			// a gateway that says so for a device that is not there
			if (status === "exception" && (exception === 10 || exception === 11)) return undefined;
			if (status === "ok" || status === "exception") return tookMs;
			tell(status === "garbled");
			if (status !== "garbled") break;
		}
	}
	return undefined;
}
