/** DERs in the whole hub, on XS, in virtual time: found, commanded, split, over a restart, with a device that is gone. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DerBench, pct, derSite as site } from "./der-bench";

const bench = new DerBench();
const start = bench.start.bind(bench);

describe("a PV inverter of the older kind", () => {
	it("is found, bears the models of both kinds, and does what is written to either", async () => {
		const { hub, client } = await start({ siteText: site(["pv"]) });
		expect([...(await client.models(10)).keys()]).toEqual([
			...[1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 714, 715],
			...[103, 113, 120, 121, 122, 123, 160],
		]);
		expect(hub.device("pv")).toMatchObject({ kind: "inverter", maker: "Fronius", online: true });
		const freeW = await client.raw(10, 701, "W");
		expect(freeW).toBeGreaterThan(8000);
		// 704: enabled, 30 %, back to 60 % and enabled, after 20 s
		expect(await client.put(10, 704, "WMaxLimPctEna", 1, pct(30), pct(60), 1, 0, 20)).toBe(0);
		await hub.advance(5000);
		expect(await client.raw(10, 701, "W")).toBe(3000);
		expect(await client.raw(10, 123, "WMaxLimPct")).toBe(30_00);
		expect(hub.device("pv").der).toMatchObject({ limitW: 3000, setW: null, energize: true });
		await hub.advance(20_000);
		expect([await client.raw(10, 701, "W"), await client.raw(10, 704, "WMaxLimPct")]).toEqual([6000, pct(60)]);
		// 123: off
		expect(await client.put(10, 123, "WMaxLim_Ena", 0)).toBe(0);
		await hub.advance(5000);
		expect(await client.raw(10, 701, "W")).toBeGreaterThan(8000);
		expect(await client.raw(10, 704, "WMaxLimPctEna")).toBe(0);
		expect(hub.errors).toEqual([]);
	});

	it("is refused what it cannot do, and the hub's own unit says no more than its DERs can", async () => {
		const { client } = await start({ siteText: site(["pv"]) });
		expect(await client.put(10, 704, "WMaxLimPct", pct(101))).toBe(3);
		expect(await client.put(10, 704, "WSetEna", 1)).toBe(2);
		expect(await client.put(10, 701, "W", 5)).toBe(2);
		expect(await client.put(1, 704, "WMaxLimPct", pct(150))).toBe(3);
		expect(await client.put(1, 213, "W", 0, 0)).toBe(2);
		expect(await client.put(1, 704, "WMaxLimPct", pct(50))).toBe(0);
	});

	it("cannot be written where the site file says so, for one device or for all", async () => {
		const forAll = await start({
			siteText: site(["pv"], (draft) => (draft.services = { sunspec: { control: false } })),
		});
		expect((await forAll.client.models(10)).has(704)).toBe(false);
		expect(await forAll.client.put(10, 123, "WMaxLimPct", 30_00)).toBe(2);
		const forOne = await start({ siteText: site(["pv"], (draft) => (draft.devices[0]!.control = false)) });
		expect(await forOne.client.put(10, 123, "WMaxLimPct", 30_00)).toBe(2);
		expect(forOne.hub.device("pv").der).toBeNull();
	});

	it("is remembered: after a restart its unit has its models before it has answered", async () => {
		const dataFolder = join(bench.folder, "remembered");
		const first = await start({ siteText: site(["pv"]), dataFolder });
		const before = [...(await first.client.models(10)).keys()];
		bench.close();
		const { hub, client } = await start({ siteText: site(["pv"]), dataFolder, silent: ["pv"] }, 100);
		expect([...(await client.models(10)).keys()]).toEqual(before);
		await hub.advance(8000);
		expect(await client.put(10, 704, "WMaxLimPct", pct(50))).toBeGreaterThan(0);
		expect(hub.device("pv")).toMatchObject({ kind: "inverter", online: false });
	});

	it.each([
		["the clock is set: what passed counts", Date.UTC(2026, 0, 1, 1), 30_000, 40, 12_000],
		["the clock is set, and the time was over meanwhile", Date.UTC(2026, 0, 1, 1), 300_000, 40, 100],
	])("falls back at its time over a restart: %s", async (_name, epochMs, offMs, seconds, remainingMs) => {
		const dataFolder = join(bench.folder, `revert-${offMs}`);
		const first = await start({ siteText: site(["pv"]), dataFolder, epochMs });
		expect(await first.client.put(10, 704, "WMaxLimPctEna", 1, pct(30), pct(100), 0, 0, seconds)).toBe(0);
		await first.hub.advance(3000);
		expect(await first.client.raw(10, 701, "W")).toBe(3000);
		const nowMs = first.hub.hub.machine.now();
		bench.close();
		const { hub, client } = await start(
			{ siteText: site(["pv"]), dataFolder, epochMs: epochMs + nowMs + offMs },
			offMs > 100_000 ? 5000 : 2500,
		);
		const isOver = remainingMs < 1000;
		expect(await client.raw(10, 704, "WMaxLimPctEna")).toBe(isOver ? 0 : 1);
		await hub.advance(remainingMs);
		expect(await client.raw(10, 704, "WMaxLimPctEna")).toBe(0);
		expect(await client.raw(10, 704, "WMaxLimPct")).toBe(pct(100));
	});
});

describe("a battery", () => {
	it("keeps its state of charge out of sight while it does not answer, and never jumps", async () => {
		const { hub, client } = await start({ siteText: site(["battery"]) });
		const soc = await client.raw(20, 713, "SoC");
		expect(soc).toBeGreaterThan(100);
		const slave = hub.hub.pole!.device("battery")!;
		slave.fault = { kind: "silent" };
		for (let i = 0; i < 10; i++) {
			await hub.advance(1000);
			const now = await client.raw(20, 713, "SoC");
			expect([-1, soc, soc + 1]).toContain(now);
			const older = await client.raw(20, 802, "SoC");
			expect([-1, soc, soc + 1]).toContain(older);
		}
		expect(await client.raw(20, 713, "SoC")).toBe(-1);
		slave.fault = undefined;
		for (let i = 0; i < 3; i++) {
			await hub.advance(30_000);
			await client.raw(20, 713, "SoC");
		}
		expect(Math.abs((await client.raw(20, 713, "SoC")) - soc)).toBeLessThan(30);
	});

	it("charges and discharges as it is set through 704 and limited through 124", async () => {
		const { hub, client } = await start({ siteText: site(["battery"]) });
		expect(await client.put(20, 704, "WSetEna", 1, 1, 0, 2000)).toBe(0);
		await hub.advance(6000);
		expect(await client.raw(20, 701, "W")).toBe(2000);
		expect(await client.put(20, 704, "WSet", 0xffff, -1500 & 0xffff)).toBe(0);
		await hub.advance(6000);
		expect(await client.raw(20, 701, "W")).toBe(-1500);
		// 124: charge with 10 % of WChaMax at most
		expect(await client.put(20, 124, "InWRte", 10_00)).toBe(0);
		expect(await client.put(20, 124, "StorCtl_Mod", 1)).toBe(0);
		await hub.advance(6000);
		const chargingW = await client.raw(20, 701, "W");
		expect(chargingW).toBeLessThan(0);
		expect(chargingW).toBeGreaterThanOrEqual(-560);
	});
});

describe("several DERs", () => {
	it("are one on unit 1, and share a limit by their ratings", async () => {
		const { hub, client } = await start({ siteText: site(["pv", "battery", "sol-ark"]) }, 30_000);
		const rated = (await client.raw(1, 702, "WMaxRtg")) * 10 ** (await client.raw(1, 702, "W_SF"));
		expect(rated).toBe(10_000 + 5000 + 9000);
		const scale = 10 ** (await client.raw(1, 701, "W_SF"));
		const sum = (await client.raw(10, 701, "W")) + (await client.raw(20, 701, "W")) + (await client.raw(42, 701, "W"));
		expect(Math.abs((await client.raw(1, 701, "W")) * scale - sum)).toBeLessThan(200);
		expect(await client.put(1, 704, "WMaxLimPctEna", 1, 20 * 10 ** -(await client.raw(1, 704, "WMaxLimPct_SF")))).toBe(
			0,
		);
		await hub.advance(20_000);
		expect(await client.raw(10, 701, "W")).toBe(2000);
		expect(hub.device("pv").der).toMatchObject({ limitW: null });
		expect(hub.logged.filter((line) => line.includes("sol-ark: max_sell_power 1800"))).toHaveLength(1);
		expect(await client.put(1, 704, "WMaxLimPctEna", 0)).toBe(0);
		await hub.advance(20_000);
		expect(await client.raw(10, 701, "W")).toBeGreaterThan(8000);
		expect(hub.errors).toEqual([]);
	});
});
