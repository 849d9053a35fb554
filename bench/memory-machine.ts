import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findRoot } from "../hosts/desktop/loader";
import { Machine } from "../hosts/desktop/machine";
import { applicationModules } from "../hosts/desktop/preloads";
import { pressButton } from "./board";
import { heapBytes, slotBytes } from "./figure";
import { heapByPart, hostHeap } from "./heap-machine";
import { BenchHub, demoSite, metersOnly, withDers } from "./hub-machine";

const minuteMs = 60_000;

interface Creation {
	chunk: { initial: number };
	heap: { initial: number };
	stack: number;
}

/**
 * The heap that the hub is given here, all of it: what manifest.json's `creation` has at the start, without the growth
 * that it allows. One byte more than there is ends the machine. Ten meters with an inverter and a battery needed more than 8,192 slots:
 * beside what is live there must be room for the garbage of one answer.
 */
export function deviceHeap(): { slots: number; chunkBytes: number; stackSlots: number; keys: number } {
	const manifest = JSON.parse(readFileSync(join(findRoot(), "manifest.json"), "utf8")) as { creation: Creation };
	const { chunk, heap, stack } = manifest.creation;
	return { slots: heap.initial, chunkBytes: chunk.initial, stackSlots: stack, keys: 64 };
}

/** What one site takes, in bytes of this engine: 32-bit or 64-bit. */
export interface SiteMemory {
	site: string;
	/** Live after a collection: slots, then bytes of chunks. */
	slots: number;
	chunkBytes: number;
	/** Live after each hour. */
	hourly: number[];
	/** How much more after the hours than after the first ten minutes. */
	growthBytes: number;
	/** The same with the broker away until the outbox was full. */
	outageBytes: number;
	/** Garbage and all between two collections: the most that was ever in use. */
	slotsPeak: number;
	chunkBytesPeak: number;
	stackPeak: number;
	keys: number;
	collections: number;
	hours: number;
}

/**
 * A pole in virtual time on the board's platform, set up, with its panel, in a heap that cannot grow, with its broker, a
 * SunSpec client each minute, a dashboard that is loaded, asks for the site and listens to its events, somebody who presses
 * a button, and at the end so long without the broker that the outbox is full.
 */
export async function siteMemory(name: string, siteText: string, hours: number): Promise<SiteMemory> {
	const heap = deviceHeap();
	// the same chunks are larger on 64 bit
	if (process.arch !== "arm") heap.chunkBytes *= 1.25;
	const bench = new BenchHub(siteText, heap, "panel");
	const { machine } = bench.hub;
	await bench.startBroker();
	await bench.hub.run(10 * minuteMs);
	const early = heapBytes(machine);
	const events = bench.connect(80);
	events.stream.write(text("GET /api/events HTTP/1.1\r\nHost: pole\r\n\r\n"));
	const hourly: number[] = [];
	for (let minute = 1; minute <= hours * 60; minute++) {
		await once(bench, 502, Uint8Array.of(0, 1, 0, 0, 0, 6, 1, 3, 0x9c, 0x40, 0, 60), 9 + 120);
		if (minute % 10 === 0) {
			const file = "GET /app.js HTTP/1.1\r\nHost: pole\r\nAccept-Encoding: gzip\r\n\r\n";
			await once(bench, 80, text(file), 20_000);
			await once(bench, 80, text("GET /api/site HTTP/1.1\r\nHost: pole\r\n\r\n"), 2000);
			await pressButton(bench.hub);
		}
		await bench.hub.run(minuteMs);
		if (minute % 60 === 0) hourly.push(heapBytes(machine));
	}
	if (bench.displayed < 1024) throw new Error(`the display got ${bench.displayed} bytes`);
	if (bench.published < hours * 360) throw new Error(`the broker got ${bench.published} messages`);
	if (events.received < hours * 3600) throw new Error(`the dashboard heard ${events.received} bytes of events`);
	events.stream.destroy();
	await bench.hub.run(2 * minuteMs);
	const late = heapBytes(machine);
	const { slots, chunkBytes } = machine.counters();
	bench.stopBroker();
	await bench.hub.run(20 * minuteMs);
	const outage = heapBytes(machine);
	const counters = machine.counters();
	bench.close();
	return {
		site: name,
		slots,
		chunkBytes,
		hourly,
		growthBytes: late - early,
		outageBytes: outage,
		slotsPeak: counters.slotsPeak,
		chunkBytesPeak: counters.chunkBytesPeak,
		stackPeak: counters.stackPeak,
		keys: counters.keys,
		collections: counters.collections,
		hours,
	};
}

/** One request on a connection of its own. */
async function once(bench: BenchHub, port: number, request: Uint8Array, answerBytes: number): Promise<void> {
	const client = bench.connect(port);
	await bench.ask(client, request, answerBytes);
	client.stream.destroy();
}

function text(value: string): Uint8Array {
	return new TextEncoder().encode(value);
}

export interface Memory {
	/** Bytes of a pointer of this process. */
	wordBytes: number;
	sites: SiteMemory[];
	/** By owner, of the demo pole. */
	parts: [part: string, bytes: number][];
}

export async function measureMemory(hours: number, outboxBytes: number): Promise<Memory> {
	const empty = new Machine({ clock: "virtual", preload: applicationModules() });
	const own = heapBytes(empty);
	empty.delete();
	const site = demoSite();
	const sites = [
		await siteMemory("demo pole (7 meters, 1 sensor)", site, hours),
		await siteMemory("10 single-phase meters", metersOnly(10), hours),
		await siteMemory("10 meters, an inverter, a battery", withDers(metersOnly(10)), hours),
	];
	const parts: Memory["parts"] = [
		["the engine's own, nothing loaded", own],
		...heapByPart(site, outboxBytes),
		['the module "host"', hostHeap()],
	];
	const { slots, chunkBytes } = sites[0]!;
	const desktop = await earlyHeap(site);
	const bare = await earlyHeap(site, "no panel");
	parts.push(["the board's platform with set-up, network, time and console, more than the desktop's", bare - desktop]);
	parts.push(["panel with display, lamp, relay and buttons", (await earlyHeap(site, "panel")) - bare]);
	const rest = parts.reduce((left, [, bytes]) => left - bytes, slots * slotBytes + chunkBytes);
	parts.push(["main, connection to the broker, clients, what has come up since the start", rest]);
	return { wordBytes: process.arch === "arm" ? 4 : 8, sites, parts };
}

/** After ten minutes with the broker and no other client, in a heap that grows. */
async function earlyHeap(siteText: string, board?: "panel" | "no panel"): Promise<number> {
	const bench = new BenchHub(siteText, undefined, board);
	await bench.startBroker();
	await bench.hub.run(10 * minuteMs);
	const bytes = heapBytes(bench.hub.machine);
	bench.close();
	return bytes;
}
