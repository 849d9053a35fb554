/** Chargers of vehicles in the whole hub, on XS: tables on demand, commands of a SunSpec client, fall-back and restart. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EvseState, evse, kEvse } from "../modules/devices/models/evse";
import { Image } from "../modules/sunspec/image";
import type { VirtualClient } from "./adapters/virtual-sunspec";
import { DerBench } from "./der-bench";
import type { VirtualHub } from "./virtual-hub";

const bench = new DerBench();

function site(devices: readonly string[]): string {
	return JSON.stringify({
		...{ name: "Car park", feederId: "feeder-1", gatewayId: "park-1" },
		buses: [{ id: "park", port: "sim", baud: 115200, timeoutMs: 500 }],
		devices: devices.map((device, i) => ({
			...{ id: device, device, bus: "park", address: i + 1, unit: 30 + i, serial: `S-${30 + i}` },
		})),
	});
}

const layout = new Image([{ id: 1 }, evse]);

/** Offset of a point from the model's ID register. */
function offset(point: string): number {
	const { address, model } = layout.point(layout.handle(kEvse, point))!;
	return address - model.address;
}

/** Commands a charger as any SunSpec client does; 0 or the exception. */
async function put(client: VirtualClient, unit: number, point: string, raw: number, words = 2): Promise<number> {
	const address = (await client.models(unit)).get(kEvse)! + offset(point);
	return client.write(unit, address, words === 1 ? [raw & 0xffff] : [(raw >>> 16) & 0xffff, raw & 0xffff]);
}

async function get(client: VirtualClient, unit: number, point: string, words: number): Promise<number> {
	const address = (await client.models(unit)).get(kEvse)! + offset(point);
	const bytes = (await client.read(unit, address, words)) as Buffer;
	return words === 1 ? bytes.readUInt16BE(0) : bytes.readInt32BE(0);
}

/** What the hub's own web page asks for. */
async function siteStatus(hub: VirtualHub): Promise<string> {
	const stream = hub.hub.network!.connect(80);
	let text = "";
	stream.on("data", (chunk: Uint8Array) => {
		text += Buffer.from(chunk).toString();
	});
	stream.write("GET /api/site HTTP/1.1\r\nHost: park\r\nConnection: close\r\n\r\n");
	await hub.advance(300);
	stream.destroy();
	// in pieces as they come
	return text.replace(/\r\n[0-9a-f]+\r\n/g, "");
}

const products = [
	"etek-ekepc2",
	"abb-terra-ac",
	"alfen-ng9xx",
	"phoenix-ev-cc-ac1-m",
	"phoenix-ev-eth",
	"phoenix-charx-2",
	"bender-cc612",
	"alpitronic-hypercharger",
	"sigenergy-evac",
	"sigenergy-evdc",
];

describe("on demand", () => {
	it("each answers as a charger, one beside the other on one bus", async () => {
		const { hub, client } = await bench.start({ siteText: site(products) }, 40_000);
		for (const [i, device] of products.entries()) {
			expect(hub.device(device)).toMatchObject({ kind: "evse", online: true, exceptions: 0, garbled: 0 });
			expect([device, (await client.models(30 + i)).has(kEvse)]).toEqual([device, true]);
			expect([device, await get(client, 30 + i, "St", 1)]).toEqual([device, EvseState.available]);
		}
		expect(hub.errors).toEqual([]);
		expect(hub.logged.filter((line) => line.startsWith("error"))).toEqual([]);
	});
});

describe("commands of a SunSpec client", () => {
	const start = async (device: string, dataFolder?: string) => {
		const started = await bench.start({ siteText: site([device]), ...(dataFolder ? { dataFolder } : {}) });
		const charger = started.hub.hub.pole!.charger(device)!;
		charger.arrive({ wantsWh: 50_000, mostW: 100_000 });
		await started.hub.advance(5000);
		return { ...started, charger };
	};

	it("limit, pause and charge reach the charger", async () => {
		const { hub, client, charger } = await start("phoenix-ev-eth");
		expect(charger.powerW).toBe(3 * 230 * 32);
		expect(await put(client, 30, "LimA", 16_000)).toBe(0);
		await hub.advance(2000);
		expect(charger.powerW).toBe(3 * 230 * 16);
		expect(await get(client, 30, "LimA", 2)).toBe(16_000);
		expect(await get(client, 30, "W", 2)).toBe(3 * 230 * 16);
		expect(await put(client, 30, "Chg", 0, 1)).toBe(0);
		await hub.advance(2000);
		expect(charger.powerW).toBe(0);
		expect(await put(client, 30, "Chg", 1, 1)).toBe(0);
		await hub.advance(2000);
		expect(charger.powerW).toBe(3 * 230 * 16);
		expect(charger.written).toEqual(["max_current 16", "enable_charging 0", "enable_charging 1"]);
		expect(hub.logged.filter((line) => line.includes("LimA") || line.includes("Chg"))).toHaveLength(3);
	});

	it("what it cannot do, or must not, is refused, and what is shown stays", async () => {
		const { hub, client, charger } = await start("phoenix-ev-eth");
		expect(await put(client, 30, "LimA", 90_000)).toBe(3);
		expect(await put(client, 30, "Chg", 7, 1)).toBe(3);
		expect(await put(client, 30, "LimW", 5000)).toBe(2);
		expect(await put(client, 30, "W", 5000)).toBe(2);
		await hub.advance(2000);
		expect(charger.written).toEqual([]);
		expect(await get(client, 30, "LimA", 2)).toBe(32_000);
		hub.hub.pole!.device("phoenix-ev-eth")!.fault = { kind: "silent" };
		await hub.advance(20_000);
		// no device behind it
		expect(await put(bench.client(hub), 30, "LimA", 10_000)).toBe(11);
	});

	it("a limit that is not given again falls back, over a restart of the hub too", async () => {
		const dataFolder = join(bench.folder, "park");
		const first = await start("phoenix-ev-eth", dataFolder);
		expect(await put(first.client, 30, "LimTms", 60)).toBe(0);
		expect(await put(first.client, 30, "SafeA", 7000)).toBe(0);
		expect(await put(first.client, 30, "LimA", 20_000)).toBe(0);
		await first.hub.advance(30_000);
		expect(first.charger.limit).toBe(20);
		await first.hub.advance(35_000);
		expect(first.charger.limit).toBe(7);
		expect(first.hub.logged.join("\n")).toContain("LimA was not given again for 60 s: 7 A");
		expect(await put(bench.client(first.hub), 30, "LimA", 20_000)).toBe(0);
		await first.hub.advance(10_000);
		bench.close();
		const second = await start("phoenix-ev-eth", dataFolder);
		expect(second.charger.written).toEqual([]);
		expect(await get(second.client, 30, "LimTms", 2)).toBe(60);
		await second.hub.advance(60_000);
		expect(second.charger.written).toEqual(["max_current 7"]);
	});

	it("a limit of a charger that forgets is kept alive", async () => {
		const { hub, client, charger } = await start("alfen-ng9xx");
		expect(await put(client, 30, "LimA", 11_000)).toBe(0);
		await hub.advance(120_000);
		const writes = charger.written.filter((one) => one === "set_max_current 11");
		expect(writes.length).toBeGreaterThanOrEqual(4);
		expect(writes.length).toBeLessThanOrEqual(6);
	});

	it("an unanswered keep-alive is an alarm, until it is answered", async () => {
		const { hub, client, charger } = await start("bender-cc612");
		expect(await put(client, 30, "LimA", 11_000)).toBe(0);
		await hub.advance(5000);
		const own = charger.slave.onFrame.bind(charger.slave);
		// it reads well and takes no write
		charger.slave.onFrame = (frame, nowMs) => (frame[1] === 16 ? undefined : own(frame, nowMs));
		charger.slave.set("hems_current_limit", 32);
		await hub.advance(30_000);
		expect(hub.logged.join("\n")).toMatch(/hems_current_limit 11: keep-alive: the device holds another value/);
		charger.slave.onFrame = own;
		await hub.advance(30_000);
		expect(charger.limit).toBe(11);
	});

	it("a fault of the charger is an alarm, and gone when it is", async () => {
		const { hub, charger } = await start("abb-terra-ac");
		charger.fault = true;
		await hub.advance(30_000);
		const pattern =
			/"kind":"fault","severity":"\w+","source":\{"type":"device","id":"abb-terra-ac"[^}]*\},"detail":"code 1"/;
		expect(await siteStatus(hub)).toMatch(pattern);
		expect(await siteStatus(hub)).toMatch(/"St","value":"FAULT"/);
		charger.fault = false;
		await hub.advance(60_000);
		expect(await siteStatus(hub)).toMatch(/"kind":"fault".*"active":false/);
	});

	it("a person is shown what is measured and what is commanded", async () => {
		const { hub, client } = await start("abb-terra-ac");
		expect(await put(client, 30, "LimA", 10_000)).toBe(0);
		await hub.advance(25_000);
		const shown = Object.fromEntries(hub.device("abb-terra-ac").points.map(({ point, value }) => [point, value]));
		expect(shown).toMatchObject({
			St: "CHARGING",
			Cp: "C",
			Plug: "CAR_LOCKED",
			Chg: "CHARGE",
			LimA: 10,
			LimTms: 300,
			SafeA: 6,
		});
		expect(shown["W"]).toBe(3 * 230 * 10);
	});

	it("a bidirectional one gives back what it is told", async () => {
		const { hub, client, charger } = await start("sigenergy-evdc");
		expect(await put(client, 30, "SetW", -6000)).toBe(0);
		await hub.advance(10_000);
		charger.givesBack = true;
		await hub.advance(20_000);
		expect(await get(client, 30, "W", 2)).toBe(-6000);
		expect(await get(client, 30, "St", 1)).toBe(EvseState.discharging);
	});
});
