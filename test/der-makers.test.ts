/** SMA and Fronius as they are on a bus: the hub on XS finds them, reads them and limits them. */
import { describe, expect, it } from "vitest";
import type { Gen24Hybrid } from "../sim/der-gen24";
import type { PvInverter } from "../sim/der-inverter";
import type { SmaInverter } from "../sim/der-sma";
import { DerBench, pct } from "./der-bench";
import type { VirtualHub } from "./virtual-hub";

const bench = new DerBench();

/** A hub with this device alone, at unit 10. */
function start(sim: "sma" | "gen24" | "inverter", address: number, startHour = 11) {
	const siteText = JSON.stringify({
		...{ name: "Roof", feederId: "feeder-1", gatewayId: "roof-1" },
		buses: [{ id: "roof", port: "sim", baud: 115200, timeoutMs: 500 }],
		devices: [{ id: "pv", device: "sunspec", sim, bus: "roof", address, unit: 10, serial: "PV-7" }],
	});
	return bench.start({ siteText, sim: { startHour } });
}

function der<D>(hub: VirtualHub): D {
	return hub.hub.pole!.der("pv") as D;
}

describe("SMA", () => {
	it("is found at unit 126, read model by model, and limited once the grid guard is open", async () => {
		const { hub, client } = await start("sma", 126);
		expect(hub.device("pv")).toMatchObject({ kind: "inverter", maker: "SMA", online: true });
		const models = [...(await client.models(10)).keys()];
		expect(models).toEqual(expect.arrayContaining([1, 11, 12, 103, 120, 121, 122, 123, 160, 701, 704, 714]));
		const sma = der<SmaInverter>(hub);
		expect(await client.raw(10, 701, "W")).toBeCloseTo(sma.powerW, -2);
		// what the installer has not opened the device refuses, and a person is told
		sma.unlocked = false;
		expect(await client.put(10, 704, "WMaxLimPctEna", 1, pct(40), pct(100), 0, 0, 0)).toBe(0);
		await hub.advance(3000);
		expect(sma.get("123.WMaxLim_Ena")).toBe(0);
		expect(hub.logged.join("\n")).toMatch(/pv.*123\.WMaxLimPct/);
		sma.unlocked = true;
		await hub.advance(12_000);
		expect(sma.get("123.WMaxLim_Ena")).toBe(1);
		expect(sma.powerW).toBeCloseTo(0.4 * sma.ratedW, 0);
		// it is told again before its own time of 60 s is over
		await hub.advance(180_000);
		expect(sma.powerW).toBeLessThanOrEqual(0.4 * sma.ratedW);
		expect(await bench.client(hub).put(10, 704, "WMaxLimPctEna", 0)).toBe(0);
		await hub.advance(3000);
		expect(sma.get("123.WMaxLim_Ena")).toBe(0);
	});

	it("has no values by night, and is no fault then", async () => {
		const { hub, client } = await start("sma", 126, 1);
		expect([await client.raw(10, 103, "W"), await client.raw(10, 701, "W")]).toEqual([-0x8000, -0x8000]);
		expect(hub.device("pv")).toMatchObject({ online: true });
		expect(hub.errors).toEqual([]);
	});
});

describe("a Fronius GEN24 with battery", () => {
	it("has its battery in modules 3 and 4 of 160: those are no sun", async () => {
		const { hub, client } = await start("gen24", 1);
		expect(hub.device("pv")).toMatchObject({ kind: "inverter", maker: "Fronius", online: true });
		const gen24 = der<Gen24Hybrid>(hub);
		const base = (await client.models(10)).get(714)!;
		const scale = 10 ** (await client.raw(10, 714, "DCW_SF"));
		const read = async (prt: number, point: "PrtTyp" | "DCW"): Promise<number> => {
			const at = base + 20 + 25 * (prt - 1);
			if (point === "PrtTyp") return ((await client.read(10, at, 1)) as Buffer).readUInt16BE(0);
			return scale * ((await client.read(10, at + 12, 1)) as Buffer).readInt16BE(0);
		};
		expect(await client.raw(10, 714, "NPrt")).toBe(3);
		expect([await read(1, "PrtTyp"), await read(2, "PrtTyp"), await read(3, "PrtTyp")]).toEqual([0, 0, 1]);
		expect(gen24.batteryW).toBeLessThan(-500);
		const sunW = (await read(1, "DCW")) + (await read(2, "DCW"));
		expect(sunW).toBeCloseTo(gen24.pvW, -2);
		expect(await read(3, "DCW")).toBeCloseTo(gen24.batteryW, -2);
		gen24.loadW = 30_000;
		await hub.advance(5000);
		expect(gen24.batteryW).toBeGreaterThan(500);
		expect(await read(3, "DCW")).toBeCloseTo(gen24.batteryW, -2);
		expect((await client.raw(10, 713, "SoC")) / 10).toBeCloseTo(gen24.socPct, 0);
	});

	it("is limited, charged and discharged as it is told, and free again without the hub", async () => {
		const { hub, client } = await start("gen24", 1);
		const gen24 = der<Gen24Hybrid>(hub);
		expect(await client.put(10, 704, "WMaxLimPctEna", 1, pct(20), pct(100), 0, 0, 0)).toBe(0);
		await hub.advance(3000);
		expect(gen24.powerW).toBeLessThanOrEqual(0.2 * gen24.ratedW + 1);
		expect(gen24.get("123.WMaxLimPct_RvrtTms")).toBe(60);
		// rates below 0 force the other direction
		expect(await client.put(10, 704, "WSetEna", 1, 1, 0xffff, -2000 & 0xffff)).toBe(0);
		await hub.advance(5000);
		expect(gen24.get("124.StorCtl_Mod")).toBe(3);
		expect(gen24.batteryW).toBeCloseTo(-2000, -2);
		gen24.advance(gen24.nowMs + 90_000);
		expect(gen24.get("124.StorCtl_Mod")).toBe(0);
		expect(gen24.get("123.WMaxLim_Ena")).toBe(0);
	});
});

describe("a Fronius SnapINverter", () => {
	it("is limited under 123", async () => {
		const { hub, client } = await start("inverter", 1);
		expect((await client.models(10)).has(113)).toBe(true);
		expect(hub.device("pv")).toMatchObject({ maker: "Fronius", kind: "inverter" });
		expect(await client.put(10, 704, "WMaxLimPctEna", 1, pct(30), pct(100), 0, 0, 0)).toBe(0);
		await hub.advance(3000);
		expect(der<PvInverter>(hub).powerW).toBeCloseTo(3000, 0);
	});
});
