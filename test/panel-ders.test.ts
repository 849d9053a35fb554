/** DERs on the panel: a page for each, their sum on the site's page, alarms of theirs. In virtual time. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SunSpecSlave } from "../sim/sunspec-slave";
import { bench } from "./panel-bench";
import { root } from "./peers";
import { screenText } from "./screen-text";
import { expectScreen } from "./screens";
import { demoSite } from "./virtual-hub";

interface Draft {
	buses: { id: string }[];
	devices: { id: string; name: string; bus: string; role?: string }[];
}

const derText = readFileSync(join(root, "sites/der.json"), "utf8");

/** Devices of sites/der.json, and the buses that they need. */
function ders(ids: readonly string[]): Draft {
	const draft = JSON.parse(derText) as Draft;
	const devices = ids.map((id) => draft.devices.find((device) => device.id === id)!);
	return { ...draft, devices, buses: draft.buses.filter((bus) => devices.some((device) => device.bus === bus.id)) };
}

/** The demo pole with DERs beside its homes. */
function poleWith(ids: readonly string[]): string {
	const added = ders(ids);
	return demoSite((site) => {
		(site as unknown as Draft).buses.push(...added.buses);
		(site as unknown as Draft).devices.push(...added.devices);
	});
}

type Bench = ReturnType<typeof bench>;

/** Writes points one after the other, as a SunSpec client does. */
function write({ hub }: Bench, unit: number, model: number, values: Record<string, number>): void {
	const image = hub.devices.find(({ site }) => site.unit === unit)!.image;
	for (const [name, value] of Object.entries(values)) {
		const handle = image.handle(model, name);
		const { address, size } = image.point(handle)!;
		const raw = Math.round(value / 10 ** image.scale(handle));
		const data = new DataView(new ArrayBuffer(4));
		if (size === 1) data.setUint16(0, raw & 0xffff);
		else data.setInt32(0, raw);
		expect(hub.space.writeRegisters(unit, address, size, data, 0), name).toBe(0);
	}
}

/** Runs for a while, then turns so many pages. */
function turn({ clock, click }: Bench, pages: number, ms = 0): void {
	clock.advance(ms);
	for (let i = 0; i < pages; i++) click("button2");
	clock.advance(2000);
}

const all = ["pv", "battery", "charger", "deye", "sol-ark", "sol-ark-hv", "hybrid"];

describe("pages of DERs", () => {
	it("one for each, with what it gives or takes and what it holds; without homes the first page is of all", () => {
		const one = bench({ siteText: JSON.stringify(ders(all)), startHour: 11 });
		const { seen, click } = one;
		const read = (): string[] => screenText(seen.dots);
		turn(one, 0, 30_000);
		expect(read()).toEqual([
			"DER bench 7/7 DERs",
			"29.4 kW",
			"charge [######....] 60 %",
			"today 299 Wh",
			"✓ no alarms",
		]);
		expectScreen("der-site", seen.dots);
		const pages: string[][] = [];
		for (const id of all) {
			turn(one, 1);
			pages.push(read());
			expectScreen(`der-${id}`, seen.dots);
		}
		expect(pages).toEqual([
			["Roof inverter 1/7", "9.16 kW feeding in", "today 84 Wh", "✓ running"],
			["Battery 2/7", "-2.58 kW charging", "charge [######....] 55 %", "✓ running"],
			["Solar charge cont… 3/7", "2.58 kW generated", "today 0 Wh", "✓ running"],
			["Hybrid, single pha… 4/7", "330 W feeding in", "charge [######....] 62 %", "today 0 Wh", "✓ running"],
			["Sol-Ark 12K, split… 5/7", "2.14 kW feeding in", "charge [######....] 62 %", "today 0 Wh", "✓ running"],
			["Sol-Ark, three ph… 6/7", "17.9 kW feeding in", "charge [######....] 63 %", "today 200 Wh", "✓ running"],
			["Hybrid with contro… 7/7", "2.42 kW discharging", "charge [#####.....] 50 %", "today 31 Wh", "✓ running"],
		]);
		const details: string[][] = [];
		for (let i = 0; i < 3; i++) click("button1");
		for (let i = 0; i < 3; i++) {
			click("button1");
			click("button3");
			one.clock.advance(1000);
			details.push(read());
		}
		expect(details).toEqual([
			["Solar charge cont… 3/7", "current 23.00 A", "voltage 112.0 V", "battery 53.6 V", "generated 1200 kWh", "✓ ok"],
			["Battery 2/7", "current 11.21 A", "voltage 229.7 V", "frequency 50.02 Hz", "fed in –", "✓ ok"],
			["Roof inverter 1/7", "current 39.89 A", "voltage 229.7 V", "frequency 50.02 Hz", "fed in 144 Wh", "✓ ok"],
		]);
		expectScreen("der-details", seen.dots);
	});

	it("says what it is asked to do, the first of it where that is much, and goes without what holds no more", () => {
		const one = bench({ siteText: JSON.stringify(ders(["pv", "battery"])), startHour: 11 });
		const { seen, clock } = one;
		const orders = (): string => screenText(seen.dots)[3]!;
		turn(one, 1, 20_000);
		expect(orders()).toBe("✓ running");
		write(one, 10, 704, { WMaxLimPct: 30, WMaxLimPctEna: 1 });
		clock.advance(3000);
		expect(screenText(seen.dots)).toEqual([
			"Roof inverter 1/2",
			"3.00 kW feeding in",
			"today 58 Wh",
			"limit 3000 W",
			"✓ throttled",
		]);
		expectScreen("der-limit", seen.dots);
		write(one, 10, 704, { VarSetMod: 1, VarSetPct: 20, VarSetEna: 1 });
		clock.advance(3000);
		expect(orders()).toBe("limit 3000 W +1");
		write(one, 10, 703, { ES: 0 });
		clock.advance(3000);
		expect(screenText(seen.dots)).toEqual(["Roof inverter 1/2", "0 W", "today 61 Wh", "switched off +2", "✓ off"]);
		turn(one, 1);
		write(one, 20, 704, { WSetMod: 1, WSet: -1500, WSetEna: 1 });
		clock.advance(3000);
		expect(screenText(seen.dots)).toEqual([
			"Battery 2/2",
			"-1.50 kW charging",
			"charge [######....] 55 %",
			"set -1500 W",
			"✓ running",
		]);
		expectScreen("der-set", seen.dots);
		write(one, 20, 704, { WSet: 1200 });
		clock.advance(3000);
		expect(screenText(seen.dots)).toEqual([
			"Battery 2/2",
			"1.20 kW discharging",
			"charge [######....] 55 %",
			"set 1200 W",
			"✓ running",
		]);
		write(one, 20, 704, { WSetEna: 0 });
		clock.advance(3000);
		expect(orders()).toBe("today 0 Wh");
	});

	it("a limit whose time is over goes from the screen though the device is gone", () => {
		const one = bench({ siteText: JSON.stringify(ders(["pv"])), startHour: 11 });
		const { pole, seen, clock } = one;
		turn(one, 1, 20_000);
		write(one, 10, 704, { WMaxLimPct: 30, WMaxLimPctRvrtTms: 25, WMaxLimPctEna: 1 });
		clock.advance(3000);
		expect(screenText(seen.dots)[3]).toBe("limit 3000 W");
		pole.device("pv")!.fault = { kind: "silent" };
		clock.advance(12_000);
		expect(screenText(seen.dots)).toEqual([
			"Roof inverter 1/1",
			"–",
			"today 59 Wh",
			"limit 3000 W",
			"✗ no answer 11 s",
		]);
		clock.advance(12_000);
		expect(screenText(seen.dots)).toEqual(["Roof inverter 1/1", "–", "today 59 Wh", "✗ no answer 23 s ♪1"]);
	});

	it("one that is gone has dashes and no zero; one that never was there, too", () => {
		const one = bench({ siteText: JSON.stringify(ders(["pv", "deye"])), startHour: 11 });
		one.pole.device("deye")!.fault = { kind: "silent" };
		turn(one, 1, 20_000);
		one.pole.device("pv")!.fault = { kind: "silent" };
		one.clock.advance(50_000);
		expect(screenText(one.seen.dots)).toEqual(["Roof inverter 1/2", "–", "today 56 Wh", "✗ no answer 49 s ♪2"]);
		expectScreen("der-gone", one.seen.dots);
		turn(one, 1);
		expect(screenText(one.seen.dots)).toEqual(["Hybrid, single pha… 2/2", "–", "charge –", "✗ no answer yet ♪2"]);
		expectScreen("der-never", one.seen.dots);
		turn(one, 3);
		expect(screenText(one.seen.dots)).toEqual(["DER bench 0/2 DERs", "–", "charge –", "today –"]);
	});

	it("doubt is shown as with homes", () => {
		const one = bench({ siteText: JSON.stringify(ders(["pv"])), startHour: 11 });
		turn(one, 0, 20_500);
		const { image } = one.hub.devices[0]!;
		image.set(image.handle(103, "W"), 5000, one.clock.now(), "suspect");
		image.commit();
		one.send("press", "button2");
		expect(screenText(one.seen.dots)).toEqual(["Roof inverter 1/1", "5.00 kW feeding in", "today 56 Wh", "? suspect"]);
	});
});

describe("a device that is found out later", () => {
	it("gets its page then; the page that is shown stays that of its device, with the new handles", () => {
		const one = bench({ siteText: poleWith(["pv", "battery"]), startHour: 11 });
		const { pole, seen, clock } = one;
		pole.device("pv")!.fault = { kind: "silent" };
		// seven turns: six homes, the battery
		turn(one, 7, 20_000);
		expect(screenText(seen.dots).slice(0, 2)).toEqual(["Battery 1/1", "-2.57 kW charging"]);
		pole.device("pv")!.fault = undefined;
		// a press now and then, or the first page would be back
		for (let i = 0; i < 6; i++) {
			one.send("press", "button4");
			clock.advance(20_000);
		}
		expect(one.hub.devices.map(({ kind }) => kind)).not.toContain("unknown");
		expect(screenText(seen.dots)).toEqual([
			"Battery 2/2",
			"-2.58 kW charging",
			"charge [######....] 56 %",
			"✓ running",
		]);
	});

	it("without any DER before, the page of the network stays", () => {
		const one = bench({ siteText: JSON.stringify(ders(["pv"])), startHour: 11 });
		const { pole, seen, clock } = one;
		pole.device("pv")!.fault = { kind: "silent" };
		turn(one, 0, 12_000);
		expect(screenText(seen.dots)).toEqual(["DER bench 0/1 devices", "–", "losses –", "today –", "✓ no alarms"]);
		turn(one, 1);
		expect(screenText(seen.dots)[0]).toBe("Network");
		pole.device("pv")!.fault = undefined;
		for (let i = 0; i < 3; i++) {
			clock.advance(30_000);
			one.send("press", "button4");
		}
		expect(one.hub.devices[0]!.kind).toBe("inverter");
		expect(screenText(seen.dots)[0]).toBe("Network");
		one.click("button1");
		clock.advance(1000);
		expect(screenText(seen.dots)[0]).toBe("Roof inverter 1/1");
	});
});

describe("a pole with DERs", () => {
	it("has their sum beside its own power, and what its homes take", () => {
		const one = bench({ siteText: poleWith(["pv", "battery"]), startHour: 11 });
		turn(one, 0, 30_000);
		expect(screenText(one.seen.dots)).toEqual([
			"Demo pole 6/6 homes",
			"-8.77 kW DER 6.58 kW",
			"homes -2.25 kW",
			"today 0 Wh",
			"✓ no alarms",
		]);
		expectScreen("der-pole", one.seen.dots);
		for (const id of ["pv", "battery"]) one.pole.device(id)!.fault = { kind: "silent" };
		one.clock.advance(20_000);
		expect(screenText(one.seen.dots)).toEqual([
			"Demo pole 6/6 homes",
			"-8.78 kW DER –",
			"homes -2.25 kW",
			"today 0 Wh",
			"✓ no alarms",
		]);
	});
});

describe("alarms of DERs", () => {
	it("a fault with its name, a command that failed with its reason; on the device's page and in the list", () => {
		const one = bench({ siteText: JSON.stringify(ders(["pv", "battery"])), startHour: 11 });
		const { pole, seen, clock } = one;
		turn(one, 1, 20_000);
		(pole.device("pv") as SunSpecSlave).der.alarms = 1 << 7;
		clock.advance(30_000);
		expect(one.alarms.list()).toMatchObject([{ kind: "fault", source: { id: "pv" }, detail: "OVER_TEMP" }]);
		expect(screenText(seen.dots)).toEqual(["Roof inverter 1/2", "0 W", "today 56 Wh", "✗ fault: OVER_TEMP ♪1"]);
		expectScreen("der-fault", seen.dots);
		turn(one, 1);
		one.alarms.raise("control", { type: "device", id: "battery" }, "WMaxLimPct 30: exception 3", clock.now());
		clock.advance(1000);
		expect(screenText(seen.dots)).toEqual([
			"Battery 2/2",
			"-2.58 kW charging",
			"charge [######....] 55 %",
			"✗ control: WMaxLimPc… ♪2",
		]);
		expectScreen("der-control", seen.dots);
		turn(one, 2);
		expect(screenText(seen.dots)).toEqual([
			"Alarms 2",
			"■ control Battery 4 s",
			"■ fault Roof inverter 29 s",
			"2 not seen yet",
		]);
		expectScreen("der-alarms", seen.dots);
	});
});
