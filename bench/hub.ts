/**
 * The whole hub on XS in virtual time: what a message, a read from outside and ten quiet minutes cost. Virtual time
 * makes byte codes and heap the same in every run.
 */
import { Machine } from "../hosts/desktop/machine";
import { applicationModules } from "../hosts/desktop/preloads";
import { kOutboxBytes } from "../modules/openami/telemetry";
import { heapBytes, type Report, type Say, sayer, slotBytes } from "./figure";
import { heapByPart, hostHeap } from "./heap-machine";
import { BenchHub, demoSite, metersOnly, withDers } from "./hub-machine";

const heapBudgetBytes = 256 * 1024;
const minuteMs = 60_000;

/** Read of 125 registers from 40000 of unit 21, the feeder meter; MBAP header, function, address, count. */
const sunspecRead = Uint8Array.of(0, 1, 0, 0, 0, 6, 21, 3, 0x9c, 0x40, 0, 125);
const sunspecAnswerBytes = 9 + 2 * 125;

export interface HubCosts {
	/** Byte codes of a telemetry message: snapshot, outbox, envelope, MQTT, TCP, acknowledgement. */
	publish: number;
	/** Byte codes of a read on the bus: timer, request, reply, decoding, image, totals. */
	poll: number;
	/** Byte codes of a SunSpec read of 125 registers, TCP to TCP. */
	read: number;
	/** The same, and the virtual network with Node's side of it, in microseconds here. */
	readHereUs: number;
	/** Byte codes of GET /api/site. */
	http: number;
}

/** Byte codes and messages of some virtual minutes with telemetry each so many seconds. */
async function quietMinutes(
	periodS: number,
	minutes: number,
): Promise<{ byteCodes: number; sent: number; reads: number }> {
	const bench = new BenchHub(
		demoSite((site) => {
			site.services["openami"] = { periodS };
		}),
	);
	await bench.startBroker();
	const { machine } = bench.hub;
	const reads = (): number => bench.hub.snapshot().buses[0]!.reads;
	await bench.hub.run(minuteMs);
	const readsBefore = reads();
	const before = { byteCodes: machine.counters().byteCodes, sent: bench.published };
	await bench.hub.run(minutes * minuteMs);
	const { byteCodes } = machine.counters();
	const result = { byteCodes: byteCodes - before.byteCodes, sent: bench.published - before.sent, reads: 0 };
	result.reads = reads() - readsBefore;
	bench.close();
	return result;
}

/** Costs of one thing each, by difference. `rounds` of the reads from outside. */
export async function hubCosts(rounds: number, minutes: number): Promise<HubCosts> {
	const often = await quietMinutes(5, minutes);
	const rare = await quietMinutes(3600, minutes);
	const bench = new BenchHub(
		demoSite((site) => {
			site.services["openami"] = { periodS: 3600 };
		}),
	);
	const { machine } = bench.hub;
	await bench.hub.run(minuteMs);
	const codesPerMs = rare.byteCodes / (minutes * minuteMs);
	const costs = async (action: () => Promise<void>): Promise<[byteCodes: number, us: number]> => {
		await action();
		let codes = 0;
		let bestUs = Number.POSITIVE_INFINITY;
		for (let i = 0; i < rounds; i++) {
			const from = { codes: machine.counters().byteCodes, ms: machine.now(), ns: process.hrtime.bigint() };
			await action();
			bestUs = Math.min(bestUs, Number(process.hrtime.bigint() - from.ns) / 1000);
			codes += machine.counters().byteCodes - from.codes - codesPerMs * (machine.now() - from.ms);
		}
		return [codes / rounds, bestUs];
	};
	const modbus = bench.connect(502);
	const [read, readHereUs] = await costs(() => bench.ask(modbus, sunspecRead, sunspecAnswerBytes));
	const web = bench.connect(80);
	const get = new TextEncoder().encode("GET /api/site HTTP/1.1\r\nHost: pole\r\n\r\n");
	const [http] = await costs(() => bench.ask(web, get, 5000));
	bench.close();
	return {
		publish: (often.byteCodes - rare.byteCodes) / (often.sent - rare.sent),
		poll: rare.byteCodes / rare.reads,
		read,
		readHereUs,
		http,
	};
}

/** Ten quiet minutes with telemetry each 10 s: the heap after them, and what ten minutes more add. */
export async function steadyHeap(
	siteText: string,
): Promise<{ slots: number; chunkBytes: number; growth: number; boot: number }> {
	const bench = new BenchHub(siteText);
	const { machine } = bench.hub;
	const boot = machine.counters().byteCodes;
	await bench.startBroker();
	await bench.hub.run(10 * minuteMs);
	const after = heapBytes(machine);
	const { slots, chunkBytes } = machine.counters();
	await bench.hub.run(10 * minuteMs);
	const growth = heapBytes(machine) - after;
	bench.close();
	return { slots, chunkBytes, growth, boot };
}

/** A machine with nothing but the engine's own objects. */
function emptyHeap(): number {
	const machine = new Machine({ clock: "virtual", preload: applicationModules() });
	const bytes = heapBytes(machine);
	machine.delete();
	return bytes;
}

async function sayHeap(say: Say, what: string, siteText: string): Promise<void> {
	const { slots, chunkBytes, growth, boot } = await steadyHeap(siteText);
	const total = slots * slotBytes + chunkBytes;
	say(`heap, ${what}, after 10 minutes`, total / 1024, "KB", {
		budget: heapBudgetBytes / 1024,
		note: `${slots} slots of 16 bytes and ${chunkBytes} bytes of chunks; no rules yet`,
	});
	say(`heap, ${what}, 10 minutes later`, growth, "bytes more", { budget: Math.round(0.02 * total) });
	say(`boot, ${what}`, boot, "byte codes", { note: "site file, images, servers; modules are preloaded" });
	let rest = total;
	const part = (name: string, bytes: number, note?: string): void => {
		rest -= bytes;
		say(`  of that: ${name}`, bytes / 1024, "KB", note === undefined ? {} : { note });
	};
	part("the engine's own, nothing loaded", emptyHeap());
	for (const [name, bytes] of heapByPart(siteText, kOutboxBytes)) part(name, bytes);
	part('the module "host"', hostHeap());
	part("main, connection to the broker, what has come up since the start", rest, "the remainder");
}

export async function run(report: Report): Promise<void> {
	const say = sayer("hub", report);
	const costs = await hubCosts(20, 3);
	say("a poll on the bus, timer to image and totals", costs.poll, "byte codes");
	say("a telemetry message, image to acknowledged", costs.publish, "byte codes");
	say("a SunSpec read of 125 registers, TCP to TCP", costs.read, "byte codes");
	say("a SunSpec read of 125 registers, TCP to TCP, here", costs.readHereUs / 1000, "ms", {
		budget: 5,
		note: "with the virtual network around it; on the device still to be measured (no board here)",
	});
	say("GET /api/site", costs.http, "byte codes");
	await sayHeap(say, "demo pole (7 meters, 1 sensor)", demoSite());
	await sayHeap(say, "10 single-phase meters", metersOnly(10));
	await sayHeap(say, "10 meters, an inverter, a battery", withDers(metersOnly(10)));
	say("C static and buffers", undefined, "KB", { budget: 48, note: "see npm run bench -- memory" });
	say("leakage event to relay command on the bus", undefined, "ms", { budget: 50, note: "there are no rules yet" });
	say("firmware image", undefined, "MB", { budget: 3.5, note: "see npm run bench -- flash" });
}
