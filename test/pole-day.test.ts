/** A day of ten homes and a feeder in virtual time: the hub's own history against what the simulated pole did. */
import { expect, it } from "vitest";
import type { Pole } from "../sim/pole";
import { type PoleDevice, Pole as Truth } from "../sim/pole";
import { demoSite, VirtualHub } from "./virtual-hub";

const slotMs = 300_000;
const dayMs = 288 * slotMs;
/** Ten homes and the feeder, polled and published so seldom that a day takes seconds here. */
function tenHomes(): { text: string; devices: PoleDevice[] } {
	const text = demoSite((site) => {
		const draft = site as unknown as {
			devices: Record<string, unknown>[];
			buses: { poll: object }[];
			topology?: unknown;
			utcOffsetMinutes: number;
		};
		const feeder = draft.devices.find((one) => one["role"] === "feeder")!;
		const homes = draft.devices.filter((one) => one["role"] === "home");
		const ten = Array.from({ length: 10 }, (_, i) => ({
			...homes[i % homes.length],
			...{ id: `home-${i + 1}`, serial: `S-${i + 1}`, address: 11 + i, unit: 11 + i, phase: (i % 3) + 1 },
		}));
		draft.devices = [...ten, { ...feeder, address: 40, unit: 40 }];
		draft.buses[0]!.poll = { fastS: 12, normalS: 60, slowS: 600 };
		site.services["openami"] = { periodS: 900 };
		draft.utcOffsetMinutes = 180;
		delete draft.topology;
	});
	return { text, devices: (JSON.parse(text) as { devices: PoleDevice[] }).devices };
}

async function get(hub: VirtualHub, path: string): Promise<Buffer> {
	const stream = hub.hub.network!.connect(80);
	const chunks: Buffer[] = [];
	stream.on("data", (chunk: Uint8Array) => chunks.push(Buffer.from(chunk)));
	stream.write(`GET ${path} HTTP/1.0\r\n\r\n`);
	await hub.advance(200);
	const all = Buffer.concat(chunks);
	return all.subarray(all.indexOf("\r\n\r\n") + 4);
}

function heap(hub: VirtualHub): number {
	const { machine } = hub.hub;
	machine.collect();
	const { slots, chunkBytes } = machine.counters();
	return slots * 16 + chunkBytes;
}

it("history and energy of a day are the simulator's own, and the heap stays flat", { timeout: 120_000 }, async () => {
	const { text, devices } = tenHomes();
	const hub = new VirtualHub({ siteText: text, epochMs: Date.UTC(2026, 0, 1, 12) });
	await hub.startBroker();
	await hub.advance(2 * 3_600_000);
	await get(hub, "/api/site");
	for (const { id } of devices) await get(hub, `/api/history/${id}`);
	await get(hub, "/api/frames.pcapng");
	const early = heap(hub);
	await hub.advance(dayMs);
	const site = JSON.parse((await get(hub, "/api/site")).toString());
	const days = new Map<string, Buffer>();
	for (const { id } of devices) days.set(id, await get(hub, `/api/history/${id}`));
	const late = heap(hub);
	expect(late - early).toBeLessThan(0.01 * early);

	// the same pole again: what it does is a function of time alone
	const truth: Pole = new Truth({ devices });
	const first = days.get("home-1")!;
	const count = first.readUInt32LE(8);
	expect(count).toBe(288);
	const endMs = first.readDoubleLE(16) - Date.UTC(2026, 0, 1, 12);
	const startMs = endMs - dayMs;
	const midnightMs = 9 * 3_600_000;
	const stepMs = 5000;
	const sums = new Map(devices.map(({ id }) => [id, new Float64Array(count)]));
	const volts = new Map(devices.map(({ id }) => [id, new Float64Array(count)]));
	const midnightWh = new Map<string, number>();
	for (let t = stepMs / 2; t < endMs; t += stepMs) {
		for (const { id } of devices) {
			const { source } = truth.slave(id)!;
			if (t >= midnightMs && !midnightWh.has(id)) midnightWh.set(id, source.value("TotWhImp", midnightMs)!);
			const slot = Math.floor((t - startMs) / slotMs);
			if (slot < 0 || slot >= count) continue;
			sums.get(id)![slot]! += (source.value("W", t)! * stepMs) / slotMs;
			volts.get(id)![slot]! += ((source.value("PhVphA", t) ?? source.value("PhV", t))! * stepMs) / slotMs;
		}
	}
	let worstW = 0;
	for (const { id, role } of devices) {
		const day = days.get(id)!;
		let error = 0;
		let energy = 0;
		let turnover = 0;
		for (let i = 0; i < count; i++) {
			const at = 32 + 8 * i;
			expect(day.readUInt16LE(at + 6), id).toBe(300);
			const powerW = day.readFloatLE(at);
			const trueW = sums.get(id)![i]!;
			error += Math.abs(powerW - trueW) / count;
			energy += powerW - trueW;
			turnover += Math.abs(trueW);
			if (role === "home") {
				worstW = Math.max(worstW, Math.abs(powerW - trueW));
				expect(Math.abs(day.readUInt16LE(at + 4) / 10 - volts.get(id)![i]!), id).toBeLessThan(1.5);
			}
		}
		// a reading each ten seconds of what may change each five
		expect(error, `${id}, W`).toBeLessThan(role === "home" ? 6 : 40);
		// a home with a roof gives back about what it takes, so the error is held against both
		expect(Math.abs(energy) / turnover, id).toBeLessThan(0.01);
		const status = site.devices.find((one: { id: string }) => one.id === id);
		const trueWh = truth.slave(id)!.source.value("TotWhImp", endMs)! - midnightWh.get(id)!;
		expect(status.todaySince).toMatch(/^2026-01-01T21:00:00|^2026-01-02T/);
		// registers count in steps of 10 Wh and more
		expect(Math.abs(status.todayWh - trueWh), `${id}, Wh`).toBeLessThan(25 + 0.01 * trueWh);
	}
	expect(worstW).toBeLessThan(80);
	expect(hub.errors).toEqual([]);
	hub.close();
});
