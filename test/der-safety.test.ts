/** What a control comes to when devices go, are exchanged, or are found while it holds: on XS, in virtual time. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DerBench, pct, derSite as site } from "./der-bench";
import type { VirtualHub } from "./virtual-hub";

const bench = new DerBench();
const start = bench.start.bind(bench);
const again = bench.client.bind(bench);
const closeAll = bench.close.bind(bench);

const slave = (hub: VirtualHub, id: string) =>
	hub.hub.pole!.device(id)! as never as {
		setting(name: string): number;
		set(name: string, value: number): void;
		fault: unknown;
	};

describe("a limit", () => {
	it("is told again to a device that lost it while it was gone", async () => {
		const { hub, client } = await start({ siteText: site(["sol-ark"]) }, 70_000);
		const before = slave(hub, "sol-ark").setting("max_sell_power");
		expect(await client.put(42, 704, "WMaxLimPctEna", 1, pct(20))).toBe(0);
		await hub.advance(30_000);
		const limited = slave(hub, "sol-ark").setting("max_sell_power");
		slave(hub, "sol-ark").fault = { kind: "silent" };
		await hub.advance(30_000);
		slave(hub, "sol-ark").set("max_sell_power", before);
		slave(hub, "sol-ark").fault = undefined;
		await hub.advance(90_000);
		expect(slave(hub, "sol-ark").setting("max_sell_power")).toBe(limited);
	});

	it("of unit 1 holds over a restart of the hub without a gap", async () => {
		const siteText = site(["sol-ark", "pv"]);
		const dataFolder = join(bench.folder, "gap");
		const first = await start({ siteText, dataFolder }, 70_000);
		// the unit itself has had a control once
		expect(await first.client.put(42, 704, "WMaxLimPctEna", 1, pct(90))).toBe(0);
		await first.hub.advance(15_000);
		expect(await first.client.put(42, 704, "WMaxLimPctEna", 0)).toBe(0);
		await first.hub.advance(15_000);
		expect(await again(first.hub).put(1, 704, "WMaxLimPctEna", 1, pct(20))).toBe(0);
		await first.hub.advance(30_000);
		const limited = slave(first.hub, "sol-ark").setting("max_sell_power");
		closeAll();
		const { hub } = await start({ siteText, dataFolder, silent: ["pv"] }, 0);
		slave(hub, "sol-ark").set("max_sell_power", limited);
		const seen: number[] = [];
		for (let i = 0; i < 120; i++) {
			await hub.advance(1000);
			seen.push(slave(hub, "sol-ark").setting("max_sell_power"));
		}
		expect(new Set(seen)).toEqual(new Set([limited]));
	});

	it.each([true, false])("of unit 1 goes on, or ends, when another DER is found: kept %s", async (keep) => {
		const dataFolder = keep ? join(bench.folder, "found") : undefined;
		const started = await start(
			{ siteText: site(["sol-ark-hv", "pv"]), silent: ["pv"], ...(dataFolder ? { dataFolder } : {}) },
			80_000,
		);
		const { hub } = started;
		let { client } = started;
		const name = "max_sell_power";
		const before = slave(hub, "sol-ark-hv").setting(name);
		const factor = await client.raw(1, 702, "W_SF");
		expect(await client.put(1, 704, "WMaxLimPctEna", 1, pct(20))).toBe(0);
		await hub.advance(30_000);
		slave(hub, "pv").fault = undefined;
		await hub.advance(120_000);
		client = again(hub);
		// more than 65 kW in all: another scale factor than before
		expect(await client.raw(1, 702, "W_SF")).toBe(factor + 1);
		const ena = await client.raw(1, 704, "WMaxLimPctEna");
		expect(ena).toBe(1);
		expect(await client.put(1, 704, "WMaxLimPctEna", 0)).toBe(0);
		await hub.advance(30_000);
		expect(slave(hub, "sol-ark-hv").setting(name)).toBe(before);
	});

	it("of a unit with controls of its own is not loosened by unit 1, and its power counts there", async () => {
		const { hub, client } = await start({ siteText: site(["hybrid", "pv"]) }, 60_000);
		const sf = 10 ** -(await client.raw(50, 704, "WMaxLimPct_SF"));
		expect(await client.put(50, 704, "WMaxLimPctEna", 1, 10 * sf)).toBe(0);
		await hub.advance(10_000);
		const limited = await client.raw(50, 701, "W");
		expect(limited).toBe(500);
		expect(await client.put(1, 704, "WMaxLimPctEna", 1, pct(40))).toBe(0);
		await hub.advance(30_000);
		expect(await client.raw(50, 701, "W")).toBe(limited);
		// 40 % of 15 kW
		expect(await client.raw(10, 701, "W")).toBe(6000 - limited);
		expect(await client.put(1, 704, "WMaxLimPctEna", 0)).toBe(0);
		await hub.advance(30_000);
		expect(await client.raw(50, 701, "W")).toBe(limited);
	});
});

describe("DERs that are gone", () => {
	it("keep their part of unit 1's limit, as they may go on producing; its state of charge is gone with the last", async () => {
		const { hub, client } = await start({ siteText: site(["pv", "battery", "deye"]) }, 60_000);
		expect(await client.put(1, 704, "WMaxLimPctEna", 1, pct(40))).toBe(0);
		await hub.advance(30_000);
		const deye = slave(hub, "deye");
		expect(deye.setting("max_sell_power")).toBe(3200);
		for (const id of ["pv", "battery"]) {
			slave(hub, id).fault = { kind: "silent" };
			await hub.advance(20_000);
			expect(await client.raw(1, 713, "SoC")).toBeGreaterThan(500);
		}
		expect(deye.setting("max_sell_power")).toBe(3200);
		deye.fault = { kind: "silent" };
		await hub.advance(20_000);
		for (const point of ["SoC", "WHAvail"]) expect(await client.raw(1, 713, point)).toBe(-1);
		expect(hub.errors).toEqual([]);
	});
});
