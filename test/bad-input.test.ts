/**
 * The whole hub on XS under bad input from every side: HTTP, Modbus TCP, the RS-485 line, the broker, the site file.
 * Each has its outcome; after each kind the hub is as alive as before, and in the end no byte larger.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concatBytes, fromHex, toHex } from "../modules/base/bytes";
import { connack } from "./adapters/mqtt-fixture";
import { noise } from "./adapters/noise";
import { StrangeBroker, Visitor, visit } from "./adapters/visitor";
import { httpRequests } from "./fixtures/http-requests";
import { badReplies, badRequests, mutate, notModbus, withCrc } from "./fixtures/modbus-frames";
import { afterConnack, beforeConnack } from "./fixtures/mqtt-packets";
import { freePort, root, start, temporaryFolder } from "./peers";
import { demoSite, VirtualHub } from "./virtual-hub";

const kModbus = 502;
const kHttp = 80;
const kPeriodMs = 60_000;
const readSunS = fromHex("00 09 00 00 00 06 0b 03 9c 40 00 02");
const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const statusOf = (answer: Buffer): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer.toString("latin1"))?.[1] ?? 0);
const getSite = latin1("GET /api/site HTTP/1.1\r\nHost: hub\r\n\r\n");

let world: VirtualHub;
let heapBefore: { slots: number; chunkBytes: number };
let brokerUp = false;

function heap(): { slots: number; chunkBytes: number } {
	world.hub.machine.collect();
	const { slots, chunkBytes } = world.hub.machine.counters();
	return { slots, chunkBytes };
}

/** The chunks of a JSON body (which has no line breaks) put together. */
function unchunked(body: string): string {
	return `\r\n${body}\r\n`.replace(/\r\n[0-9a-f]+\r\n/g, "");
}

/** Polls, SunSpec, HTTP and telemetry go on, nobody threw, and the heap has not grown. */
async function expectAlive(): Promise<void> {
	const { hub } = world;
	const before = world.snapshot().devices.map(({ id }) => hub.pole!.slave(id)!.requests);
	const told = world.received.length;
	await world.advance(kPeriodMs + 5000);
	const { devices } = world.snapshot();
	devices.forEach(({ id, role, online, points }, i) => {
		expect(online, id).toBe(true);
		expect(hub.pole!.slave(id)!.requests - before[i]!, `polls of ${id}`).toBeGreaterThanOrEqual(
			role === "sensor" ? 3 : 12,
		);
		// Evt is not read: this meter has none
		const stale = points.filter(({ point, quality, ageS }) => quality !== "good" || (point !== "Evt" && ageS! > 25));
		expect(stale, id).toEqual([]);
	});
	if (brokerUp) expect(world.received.length - told).toBeGreaterThanOrEqual(7);

	const sunspec = await visit(world, kModbus, [readSunS]);
	expect(toHex(sunspec.answer)).toBe("00 09 00 00 00 07 0b 03 04 53 75 6e 53");
	const { answer } = await visit(world, kHttp, [getSite], 40);
	expect(statusOf(answer)).toBe(200);
	const site = JSON.parse(unchunked(answer.toString().split("\r\n\r\n")[1]!)) as { devices: { online: boolean }[] };
	expect(site.devices.map(({ online }) => online)).toEqual(Array(8).fill(true));

	expect(world.errors).toEqual([]);
	expect(world.logged.filter((line) => line.startsWith("error"))).toEqual([]);
	const now = heap();
	expect(now.slots / heapBefore.slots, `slots ${heapBefore.slots}, now ${now.slots}`).toBeLessThan(1.02);
	const chunks = `chunk bytes ${heapBefore.chunkBytes}, now ${now.chunkBytes}`;
	expect(now.chunkBytes / heapBefore.chunkBytes, chunks).toBeLessThan(1.02);
}

beforeAll(async () => {
	const siteText = demoSite((site) => {
		for (const device of site.devices) device.poll = { fastS: 5, normalS: 20 };
		site.services["openami"] = { periodS: kPeriodMs / 1000 };
	});
	world = new VirtualHub({ siteText });
	await world.startBroker();
	brokerUp = true;
	await world.advance(60_000);
	// what is made at the first use of each door is there before the heap is looked at
	for (let i = 0; i < 3; i++) {
		await visit(world, kHttp, [getSite], 40);
		await visit(world, kModbus, [readSunS]);
		world.killBroker();
		// the last one long enough for the alarm of a broker that is away
		await world.advance(i < 2 ? 70_000 : 200_000);
		await world.startBroker();
		await world.advance(70_000);
	}
	heapBefore = heap();
	await expectAlive();
});

afterAll(() => world.close());

/** The requests of the module's test that are wrong, on the hub's own routes. It takes no POST. */
const requests = httpRequests
	.filter(([name, , status]) => (status === 0 || status >= 400) && !/^(GET where POST is|handler throws)$/.test(name))
	.map(([name, text, status]): [string, string, number] => [
		name,
		text.replaceAll("/hello", "/api/site").replaceAll("/echo", "/api/site").replaceAll("/app.js", "/api/site"),
		status,
	]);

describe("HTTP", () => {
	it.each(requests)("%s", async (_name, text, status) => {
		const visitor = new Visitor(world, kHttp);
		const answer = await visitor.say([latin1(text)]);
		expect(statusOf(answer)).toBe(status);
		if (status !== 0) {
			// in words, too
			expect(answer.toString("latin1").split("\r\n\r\n")[1]!.trim().length).toBeGreaterThan(2);
			await visitor.leave();
			return;
		}
		// half a request is waited for, not for ever
		expect(visitor.closed).toBe(false);
		await world.advance(11_000);
		expect(statusOf(visitor.answer)).toBe(408);
		await world.advance(2000);
		expect(visitor.closed).toBe(true);
	});

	it("leaves the hub as it was", expectAlive);
});

/** The hub has holding registers, nothing else: functions 1, 2, 4, 5 and 15 it does not know at all. */
const pdus = badRequests.map(([name, pdu, reply]): [string, string, string] => [
	name,
	pdu,
	/^8[1245f] 0[23]$/.test(reply) ? `${reply.slice(0, 2)} 01` : reply,
]);

describe("Modbus TCP", () => {
	it.each(pdus)("%s", async (_name, pdu, reply) => {
		const visitor = new Visitor(world, kModbus);
		const bytes = fromHex(pdu);
		await visitor.say([Uint8Array.of(0xab, 0xcd, 0, 0, 0, bytes.length + 1, 11), bytes]);
		expect(toHex(visitor.answer)).toBe(`ab cd 00 00 00 03 0b ${reply}`);
		// the connection is good for the next request
		expect(visitor.closed).toBe(false);
		expect(toHex((await visitor.say([readSunS])).subarray(9))).toBe("00 09 00 00 00 07 0b 03 04 53 75 6e 53");
		await visitor.leave();
	});

	it.each(notModbus)("%s", async (_name, hex) => {
		// such clients are told of once a minute
		await world.advance(60_000);
		const told = world.logged.length;
		const { answer, closed } = await visit(world, kModbus, [concatBytes([readSunS, fromHex(hex)])]);
		expect(toHex(answer)).toBe("00 09 00 00 00 07 0b 03 04 53 75 6e 53");
		expect(closed).toBe(true);
		expect(world.logged.slice(told)).toEqual(["warn modbus: a TCP client was cut off: what it sends is not Modbus"]);
	});

	it("leaves the hub as it was", expectAlive);
});

describe("replies on the line", () => {
	/** Made for unit 17: here they come from home-3. */
	const renamed = (hex: string, unit: number): Uint8Array => {
		const bytes = fromHex(hex);
		if (bytes[0] === 0x11) bytes[0] = unit;
		return bytes;
	};

	it.each(badReplies)("%s", async (_name, hex, outcome, raw) => {
		const slave = world.hub.pole!.slave("home-3")!;
		const sound = slave.onFrame.bind(slave);
		const bytes = raw ? renamed(hex, slave.unit) : withCrc(renamed(hex, slave.unit));
		const count = () => {
			const { timeouts, exceptions, garbled } = world.device("home-3");
			return { timeouts, exceptions, garbled };
		};
		const before = count();
		let spoilt = "";
		// one read and its second try; what is asked next gets a sound answer
		slave.onFrame = (frame, nowMs) => {
			const reply = sound(frame, nowMs);
			if (reply === undefined) return undefined;
			spoilt ||= toHex(frame);
			if (toHex(frame) !== spoilt) return reply;
			return bytes.length === 0 ? undefined : { bytes, delayMs: reply.delayMs };
		};
		for (let turn = 0; spoilt === "" && turn < 60; turn++) await world.advance(100);
		await world.advance(1300);
		slave.onFrame = sound;
		const kind = outcome === "timeout" ? "timeouts" : outcome === "exception 99" ? "exceptions" : "garbled";
		expect(count()).toEqual({ ...before, [kind]: before[kind] + 1 });
		const lost = world.device("home-3").points.filter((point) => point.quality === "comms_lost");
		expect(lost.length).toBeGreaterThan(0);
		expect(lost.filter((point) => point.value !== null)).toEqual([]);
		// its neighbours did not notice, and with the next read it is back
		for (const { id, points } of world.snapshot().devices)
			if (id !== "home-3") expect(points.filter((point) => point.quality !== "good")).toEqual([]);
		await world.advance(22_000);
		expect(world.device("home-3").points.filter((point) => point.quality !== "good")).toEqual([]);
	});

	it("leave the hub as it was", expectAlive);
});

describe("the broker", () => {
	let broker: StrangeBroker;
	beforeAll(() => {
		world.killBroker();
		brokerUp = false;
		broker = new StrangeBroker(world);
	});

	async function check(bytes: Uint8Array, outcome: string): Promise<void> {
		const told = world.logged.length;
		const state = await broker.receive(bytes);
		const said = world.logged.slice(told).filter((line) => /^(warn|debug) mqtt: /.test(line));
		if (outcome === "taken" || outcome === "waits") expect(state).toBe("open");
		else {
			expect(state).toBe("ended");
			expect(said.join("\n")).toMatch(/ mqtt: .{10,}/);
		}
	}

	it.each(beforeConnack)("first %s", (_name, bytes, outcome) => check(bytes, outcome));
	it.each(afterConnack)("%s", (_name, bytes, outcome) => check(concatBytes([connack(), bytes]), outcome));

	it("leaves the hub as it was, and gets what was held back once it behaves", async () => {
		broker.close();
		await world.startBroker();
		await world.advance(31_000);
		brokerUp = true;
		await expectAlive();
		expect(world.snapshot().mqtt).toMatchObject({ connected: true, dropped: 0 });
		const messages = world.received.filter((one) => !one.topic.endsWith("/status"));
		const numbers = messages.map((one) => one.body.seq);
		expect(numbers.filter((seq, i) => i > 0 && seq <= numbers[i - 1]!)).toEqual([]);
		// a broker that acknowledges what it throws away has it on its own conscience
		const acknowledged = [...beforeConnack, ...afterConnack].filter(([name]) => name.startsWith("PUBACK")).length;
		expect(numbers.at(-1)! + 1 - numbers.length).toBeLessThanOrEqual(acknowledged);
	});
});

describe("5,000 inputs of chance, in random pieces, over HTTP and Modbus TCP", () => {
	const random = noise(20261124);
	const below = (limit: number): number => Math.floor(random() * limit);
	const statuses = [0, 200, 204, 400, 404, 405, 408, 411, 413, 414, 417, 431, 501, 503, 505];

	function cut(bytes: Uint8Array): Uint8Array[] {
		const pieces: Uint8Array[] = [];
		for (let at = 0; at < bytes.length; ) {
			const next = Math.min(bytes.length, at + 1 + below(random() < 0.3 ? 8 : 200));
			pieces.push(bytes.slice(at, next));
			at = next;
		}
		return pieces;
	}

	function modbusRequest(): Uint8Array {
		const unit = [0, 1, 11, 21, 31, 99, 255][below(7)]!;
		const sound = fromHex(badRequests[below(badRequests.length)]![1]);
		const address = 40_000 + below(300);
		const read = Uint8Array.of(3, address >> 8, address, 0, 1 + below(125));
		const pdu = random() < 0.5 ? read : mutate(random() < 0.5 ? read : sound, random).slice(0, 250);
		const frame = concatBytes([Uint8Array.of(below(256), below(256), 0, 0, 0, pdu.length + 1, unit), pdu]);
		return random() < 0.6 ? frame : mutate(frame, random);
	}

	/** Whole frames of Modbus TCP, each an answer. */
	function expectFrames(answer: Buffer): number {
		let frames = 0;
		for (let at = 0; at < answer.length; frames++) {
			expect(answer.readUInt16BE(at + 2)).toBe(0);
			const length = answer.readUInt16BE(at + 4);
			expect(length).toBeGreaterThanOrEqual(3);
			expect(length).toBeLessThanOrEqual(254);
			at += 6 + length;
			expect(at).toBeLessThanOrEqual(answer.length);
		}
		return frames;
	}

	it("each gets a status, an answer, silence or the door", async () => {
		let refused = 0;
		let answered = 0;
		let shut = 0;
		// a few who never finish what they began take up places all the while
		const hanging = [kHttp, kHttp, kModbus, kModbus].map((port) => new Visitor(world, port));
		for (const one of hanging) await one.say([latin1("GE")]);
		for (let i = 0; i < 5000; i++) {
			if (random() < 0.5) {
				const text = requests[below(requests.length)]![1].slice(0, 600);
				const { answer } = await visit(world, kHttp, cut(mutate(latin1(text), random)), 6);
				expect(statuses).toContain(statusOf(answer));
				if (statusOf(answer) >= 400) refused++;
			} else {
				const frames = Array.from({ length: 1 + below(3) }, modbusRequest);
				const { answer, closed } = await visit(world, kModbus, cut(concatBytes(frames)), 6);
				answered += expectFrames(answer);
				if (closed) shut++;
			}
			if (i % 1000 === 999) expect(world.errors).toEqual([]);
		}
		expect(refused).toBeGreaterThan(1000);
		expect(answered).toBeGreaterThan(1000);
		expect(shut).toBeGreaterThan(200);
		for (const one of hanging) await one.leave();
	}, 120_000);

	it("leave the hub as it was", expectAlive);
});

/** A few through the command line; modules/site/site-file.test.ts has the rest. */
const demo = demoSite();
const siteFiles: [string, string | Uint8Array, RegExp][] = [
	["empty", "", /line 1, column 1: .*end of the text/],
	["cut off", demo.slice(0, demo.length / 2), /line 1, column \d+: /],
	["not text", Uint8Array.from({ length: 500 }, (_, i) => (i * 151) & 255), /line 1, column 1: /],
	["a list", "[]", /it must be an object/],
	["nested without end", "[".repeat(20_000), /64 levels/],
	["a device nobody knows", demo.replace("chint-ddsu666", "chint-ddsu667"), /devices\[\d\]\.device: "chint-ddsu667"/],
	[
		"two devices of one unit",
		demo.replace('"unit":12', '"unit":11'),
		/devices\[1\]\.unit: 11 is taken by devices\[0\]/,
	],
	["too long", demo + " ".repeat(200_000), /are allowed/],
];

describe("site files", () => {
	it.each(siteFiles)("%s", async (_name, text, says) => {
		const folder = temporaryFolder();
		const path = join(folder.path, "site.json");
		writeFileSync(path, text);
		const ports = [await freePort(), await freePort(), await freePort()];
		const options = ["--headless", "--http", `${ports[0]}`, "--modbus", `${ports[1]}`, "--mqtt", `${ports[2]}`];
		const hub = start(process.execPath, [join(root, "tools/start.mjs"), "--site", path, ...options]);
		const code = await hub.ended;
		folder.remove();
		expect(code).toBe(1);
		expect(hub.output()).toMatch(/gridpost: the site file /);
		expect(hub.output()).toMatch(says);
		// nothing has started, and nobody sees a stack
		expect(hub.output()).not.toMatch(/SunSpec|\n\s+at /);
	});
});

it("are two hundred and more, apart from those of chance", () => {
	const replies = pdus.length + notModbus.length + badReplies.length;
	const packets = beforeConnack.length + afterConnack.length;
	expect(requests.length + replies + packets + siteFiles.length).toBeGreaterThanOrEqual(300);
});
