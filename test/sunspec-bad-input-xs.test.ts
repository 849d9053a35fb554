/**
 * The whole hub on XS, with its inverters, battery and charge controller behind it, under a thousand SunSpec requests of
 * chance: it answers each, drives its devices on, and is no byte larger in the end.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fromHex } from "../modules/base/bytes";
import { fitLength } from "../modules/sunspec/client/found";
import { modelText } from "../modules/sunspec/generated/catalogue";
import { Image, type ModelSpec } from "../modules/sunspec/image";
import { SunSpecFuzz } from "./adapters/sunspec-fuzz";
import { hexOf, mbap } from "./adapters/sunspec-session";
import { Visitor } from "./adapters/visitor";
import { root } from "./peers";
import { VirtualHub } from "./virtual-hub";

const port = 502;
const base = 40_000;
const units = [10, 20, 30, 42, 50];

let world: VirtualHub;
let client: Visitor;
let answered = 0;

/** The PDU that answers a PDU. Everything that the hub has sent on this connection is an answer, in order. */
async function ask(unit: number, pdu: Uint8Array): Promise<Uint8Array> {
	let answer = await client.say([mbap(unit, pdu, 7)], 1);
	for (let i = 0; i < 20 && answer.length === answered; i++) answer = await client.say([], 1);
	const reply = new Uint8Array(answer.subarray(answered));
	answered = answer.length;
	expect(reply.length, hexOf(pdu)).toBeGreaterThan(8);
	expect([...reply.slice(0, 7)]).toEqual([0, 7, 0, 0, (reply.length - 6) >> 8, (reply.length - 6) & 255, unit]);
	return reply.slice(7);
}

async function readWords(unit: number, address: number, count: number): Promise<number[]> {
	const reply = await ask(unit, Uint8Array.of(3, address >> 8, address & 255, 0, count));
	const { buffer } = reply;
	return Array.from({ length: count }, (_, i) => new DataView(buffer).getUint16(2 + 2 * i));
}

/** The models of a unit as they stand there, for the fuzzer to know where their borders are. */
async function mapOf(unit: number): Promise<Image> {
	const specs: ModelSpec[] = [];
	let at = base + 2;
	for (;;) {
		const [id, length] = (await readWords(unit, at, 2)) as [number, number];
		if (id === 0xffff) break;
		const words: number[] = [];
		for (let from = at; from < at + 2 + length; from += 125) {
			words.push(...(await readWords(unit, from, Math.min(125, at + 2 + length - from))));
		}
		const text = modelText(id);
		// what only this hub knows is one string of registers to the fuzzer
		if (text === undefined) specs.push({ id, text: `${id}|vendor|${length + 2}\nID|0|u16|||MS\nL|1|u16|||MS` });
		else specs.push({ id, repeats: fitLength(text, length, (offset) => words[offset] ?? Number.NaN).repeats });
		at += 2 + length;
	}
	return new Image(specs, { base });
}

function heap(): { slots: number; chunkBytes: number } {
	world.hub.machine.collect();
	const { slots, chunkBytes } = world.hub.machine.counters();
	return { slots, chunkBytes };
}

beforeAll(async () => {
	world = new VirtualHub({
		siteText: readFileSync(`${root}sites/der.json`, "utf8"),
		options: { modbusPort: port },
		sim: { startHour: 12 },
	});
	await world.advance(30_000);
	client = new Visitor(world, port);
});

afterAll(() => world.close());

it("answers each of a thousand requests, and goes on as before", async () => {
	const images = new Map<number, Image>();
	for (const unit of units) images.set(unit, await mapOf(unit));
	const requests = new SunSpecFuzz(99, images);
	const outcomes = new Map<number, number>();
	const round = async (count: number): Promise<void> => {
		for (let i = 0; i < count; i++) {
			const { unit, pdu } = requests.next();
			const reply = await ask(unit, pdu);
			expect(reply[0]! & 0x7f, hexOf(pdu)).toBe(pdu[0]! & 0x7f);
			const exception = reply.length === 2 ? reply[1]! : 0;
			if (exception !== 0) expect([1, 2, 3, 11], hexOf(pdu)).toContain(exception);
			outcomes.set(exception, (outcomes.get(exception) ?? 0) + 1);
		}
		// what was commanded has its time to be done and to fall back
		await world.advance(20_000);
	};
	// what a DER is commanded with is made by its first command
	for (const [unit, image] of images) {
		const at = image.models.find(({ id }) => id === 704)?.address;
		if (at !== undefined) await ask(unit, fromHex(`06 ${(at + 14).toString(16)} 0001`));
	}
	await round(400);
	const before = heap();
	await round(600);
	const after = heap();
	for (const exception of [0, 1, 2, 3, 11]) expect(outcomes.get(exception)).toBeGreaterThan(20);
	expect(after.slots / before.slots, `slots ${before.slots}, now ${after.slots}`).toBeLessThan(1.01);
	const chunks = `chunk bytes ${before.chunkBytes}, now ${after.chunkBytes}`;
	expect(after.chunkBytes / before.chunkBytes, chunks).toBeLessThan(1.01);
	for (const { id, online } of world.snapshot().devices) expect(online, id).toBe(true);
	expect(world.errors).toEqual([]);
	expect(world.logged.filter((line) => line.startsWith("error"))).toEqual([]);
	const marker = await ask(10, fromHex("03 9c40 0002"));
	expect(hexOf(marker)).toBe("030453756e53");
}, 120_000);
