/** The whole hub on XS with sites/protection.json: sensor, relay bank, metering board, a person who resets. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { LeakageSource } from "../sim/leakage";
import type { SimSlave } from "../sim/slave";
import { visit } from "./adapters/visitor";
import { root } from "./peers";
import { VirtualHub } from "./virtual-hub";

let hub: VirtualHub;
afterEach(() => hub.close());

interface Site {
	alarms: { kind: string; active: boolean; detail: string; source: { id: string } }[];
	devices: { id: string; online: boolean }[];
}

async function ask(line: string): Promise<{ status: number; body: string }> {
	const request = `${line} HTTP/1.0\r\nHost: x\r\nX-Gridpost: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
	const { answer } = await visit(hub, 80, [Buffer.from(request)], 200);
	const text = answer.toString();
	return { status: Number(text.split(" ")[1]), body: text.slice(text.indexOf("\r\n\r\n") + 4) };
}

const site = async (): Promise<Site> => JSON.parse((await ask("GET /api/site")).body) as Site;

it("opens the contactor, says so, keeps it open and lets a person reset it", async () => {
	hub = new VirtualHub({ siteText: readFileSync(join(root, "sites/protection.json"), "utf8") });
	await hub.advance(8000);
	expect((await site()).devices.map(({ id, online }) => `${id} ${online}`)).toEqual([
		"rcm true",
		"contactors true",
		"feeder true",
		"circuits true",
	]);
	expect((await site()).alarms.filter(({ kind }) => kind === "leakage")).toEqual([]);
	const source = (hub.hub.pole!.slave("rcm") as SimSlave).source as LeakageSource;
	source.fault({ ac: 0.045, dc: 0 }, hub.hub.machine.now());
	await hub.advance(100);
	const [alarm] = (await site()).alarms.filter(({ kind }) => kind === "leakage");
	expect(alarm).toMatchObject({ active: true, source: { id: "rcm" } });
	expect(alarm!.detail).toMatch(/^AC 4[78](\.\d)? mA.*; grid (import|export) \d+ W.*; contactors is open$/);
	expect((await ask("POST /api/protection/rcm/reset")).status).toBe(409);
	expect((await ask("POST /api/protection/feeder/reset")).status).toBe(404);
	source.fault({ ac: 0, dc: 0 }, hub.hub.machine.now());
	source.reset();
	await hub.advance(5000);
	expect((await site()).alarms.find(({ kind }) => kind === "leakage")!.active).toBe(true);
	const done = await ask("POST /api/protection/rcm/reset");
	expect([done.status, JSON.parse(done.body)]).toEqual([200, { sensor: "rcm", latch: "clear" }]);
	expect((await site()).alarms.find(({ kind }) => kind === "leakage")!.active).toBe(false);
	expect(hub.errors).toEqual([]);
});
