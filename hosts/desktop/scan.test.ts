import { describe, expect, it } from "vitest";
import { ManualClock } from "../../modules/base/manual-clock";
import { allTables, findTable } from "../../modules/devices/generated/tables";
import type { ModbusClientOptions } from "../../modules/modbus/client";
import { seal } from "../../sim/rtu-frame";
import { SimSlave } from "../../sim/slave";
import { TypicalSource } from "../../sim/typical";
import { type LineAnswerer, simulatedRS485 } from "../mcsim/sim-rs485";
import { formatName, type LineFormat, LineProbe, listen } from "./line-probe";
import { kFormats, type SearchOptions, searchLine, usualUnits } from "./scan-line";
import { rankTables, sunspecIdentity } from "./table-fit";

/** Lets promises go on between steps of the virtual clock. */
async function until<T>(clock: ManualClock, result: Promise<T>): Promise<T> {
	let value: { is: T } | undefined;
	let failed: { error: unknown } | undefined;
	result.then(
		(is) => (value = { is }),
		(error: unknown) => (failed = { error }),
	);
	for (let i = 0; value === undefined; i++) {
		await Promise.resolve();
		if (i % 8 === 7) clock.advance(5);
		if (failed) throw failed.error;
		if (i > 4_000_000) throw new Error("it does not end");
	}
	return value.is;
}

const silent: LineAnswerer = { onFrame: () => undefined };

function slave(id: string, unit: number): SimSlave {
	const table = findTable(id)!;
	return new SimSlave({ table, unit, source: new TypicalSource(table), serial: "17042391" });
}

/** A line whose devices understand one format. */
function search(devices: readonly SimSlave[], format: string, more: Partial<SearchOptions> = {}) {
	const clock = new ManualClock();
	const line: LineAnswerer = {
		onFrame: (frame, nowMs) => devices.map((one) => one.onFrame(frame, nowMs)).find((reply) => reply !== undefined),
	};
	const link = (one: LineFormat): ModbusClientOptions["link"] => ({
		io: simulatedRS485(() => (formatName(one) === format ? line : silent), clock),
		port: "sim:x",
		...one,
	});
	const options = { link, clock, formats: kFormats, units: usualUnits(), timeoutMs: 150, mostMs: 240_000, ...more };
	return { clock, link, result: until(clock, searchLine(options)) };
}

describe("a search", () => {
	it("finds devices by format and address, all on the line once one is found", async () => {
		const { clock, result } = search([slave("eastron-sdm120", 1), slave("hiking-dds238-2-zn-s", 77)], "2400 8N1");
		const { found, done, broken } = await result;
		expect(found.map(({ format, unit }) => [formatName(format), unit])).toEqual([
			["2400 8N1", 1],
			["2400 8N1", 77],
		]);
		expect(done).toBe(1);
		expect(broken.size).toBe(0);
		expect(clock.now()).toBeLessThan(200_000);
	});

	it("knows parity, and ends at its time", async () => {
		const { found } = await search([slave("schneider-iem3155", 1)], "19200 8E1").result;
		expect(found.map(({ format, unit }) => [formatName(format), unit])).toEqual([["19200 8E1", 1]]);
		const { clock, result } = search([], "none", { mostMs: 20_000 });
		const nobody = await result;
		expect(nobody.found).toEqual([]);
		expect(nobody.done).toBeGreaterThan(0);
		expect(nobody.done).toBeLessThan(0.2);
		expect(clock.now()).toBeLessThan(21_000);
	});

	it("asks only what it is told to, shows how far it is, and stops when it is told", async () => {
		const seen: number[] = [];
		let asked = 0;
		const { found } = await search([slave("eastron-sdm120", 9)], "9600 8N1", {
			units: [8, 9, 10],
			formats: kFormats.slice(0, 2),
			onProgress: (_format, _unit, done) => seen.push(done),
			onFound: () => asked++,
			stopped: () => asked > 0,
		}).result;
		expect(found.map(({ unit }) => unit)).toEqual([9]);
		expect(seen).toEqual([0, 1 / 6]);
	});

	it("counts answers that cannot be read", async () => {
		const one = slave("eastron-sdm120", 1);
		one.fault = { kind: "wrong-crc" };
		const { found, broken } = await search([one], "9600 8N1", { units: [1], formats: kFormats.slice(0, 1) }).result;
		expect(found).toEqual([]);
		expect(broken.get(kFormats[0]!)).toBeGreaterThan(0);
	});

	it("says why a line cannot be used", async () => {
		const clock = new ManualClock();
		const link = (): never => {
			throw new Error("no such port");
		};
		const options = { link, clock, formats: kFormats, units: [1], timeoutMs: 150, mostMs: 1000 };
		expect((await until(clock, searchLine(options))).fault).toBe("no such port");
	});
});

it("hears another master", async () => {
	const clock = new ManualClock();
	let speak: ((bytes: Uint8Array) => void) | undefined;
	class Line {
		cause = "silence";
		#ready: Uint8Array[] = [];
		constructor(options: { onReadable?: () => void }) {
			speak = (bytes) => {
				this.#ready.push(bytes);
				options.onReadable?.();
			};
		}
		read(buffer: Uint8Array): number | undefined {
			const bytes = this.#ready.shift();
			if (bytes) buffer.set(bytes);
			return bytes?.length;
		}
		write(): void {
			throw new Error("it only listens");
		}
		close(): void {
			speak = undefined;
		}
	}
	const heard = listen(Line as never, "/dev/x", kFormats[0]!, 1000, clock);
	speak!(seal(5, Uint8Array.of(3, 0, 0, 0, 2)));
	speak!(Uint8Array.of(1, 2, 3, 4, 5));
	speak!(seal(5, Uint8Array.of(3, 0, 0, 0, 2)));
	const { bytes, frames } = await until(clock, heard);
	expect(bytes).toBe(21);
	expect([...frames]).toEqual([["unit 5 function 3", 2]]);
	expect(speak).toBeUndefined();
});

/** What a search would say of a device. */
async function rank(id: string) {
	const clock = new ManualClock();
	const one = slave(id, 3);
	const { bus } = one.table;
	const probe = new LineProbe({ io: simulatedRS485(() => one, clock), port: "sim:x", ...bus }, clock);
	const known = new Map<string, Promise<never>>();
	const read = (code: number, address: number, count: number) => {
		const key = `${code} ${address} ${count}`;
		if (!known.has(key)) known.set(key, probe.read(3, code, address, count, 1500) as Promise<never>);
		return known.get(key)!;
	};
	const format = { baud: bus.baud, parity: bus.parity, stop: bus.stop };
	return until(clock, rankTables(allTables, read, { format, unit: 3 }));
}

const meters = allTables.filter(
	(table) => (table.protocol ?? "modbus") === "modbus" && table.kind === "meter" && table.bus.baud > 0,
);

describe("the table that fits best is the device's own, or one that reads the same registers", () => {
	it.each(meters.map(({ id }) => id))("%s", async (id) => {
		const fits = await rank(id);
		const own = fits.findIndex(({ table }) => table.id === id);
		expect(
			own,
			fits
				.slice(0, 3)
				.map(({ table, percent }) => `${table.id} ${percent}`)
				.join(", "),
		).toBeGreaterThanOrEqual(0);
		expect(fits[own]!.percent).toBeGreaterThan(60);
		expect(fits[0]!.percent - fits[own]!.percent).toBeLessThanOrEqual(12);
		expect(fits[own]!.reasons.join("\n")).toMatch(/reads [\d.]+ (V|Hz)/);
	});

	it("with reasons against the others", async () => {
		const fits = await rank("eastron-sdm120");
		const other = fits.find(({ table }) => table.id === "hiking-dds238-2-zn-s");
		const reasons = other?.reasons.join("\n") ?? "refused";
		expect(reasons).toMatch(/refused|cannot be|does not know/);
	});
});

it("sees SunSpec by its mark, and reads who it is", async () => {
	const words = new Map<number, number>();
	const put = (at: number, text: string): void => {
		for (let i = 0; i < text.length; i += 2) {
			words.set(at + i / 2, (text.charCodeAt(i) << 8) | (text.charCodeAt(i + 1) || 0));
		}
	};
	put(40_000, "SunS");
	words.set(40_002, 1).set(40_003, 66);
	put(40_004, "Fronius");
	put(40_020, "Primo 5.0");
	const read = async (_code: number, address: number, count: number) => {
		const ok = address >= 40_000;
		const data = new DataView(new ArrayBuffer(ok ? 2 * count : 0));
		for (let i = 0; ok && i < count; i++) data.setUint16(2 * i, words.get(address + i) ?? 0);
		return { status: ok ? "ok" : "exception", exception: 2, data, tookMs: 1 } as const;
	};
	expect(await sunspecIdentity(read)).toEqual({ base: 40_000, maker: "Fronius", model: "Primo 5.0" });
	expect(
		await sunspecIdentity(async () => ({
			status: "timeout",
			exception: 0,
			data: new DataView(new ArrayBuffer(0)),
			tookMs: 1,
		})),
	).toBeUndefined();
});
