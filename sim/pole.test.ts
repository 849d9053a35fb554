import { describe, expect, it } from "vitest";
import { fromHex } from "../modules/base/bytes";
import { AcDer } from "./der-ac";
import type { SimDer } from "./der-base";
import { Grid } from "./grid";
import { Pole, type PoleDevice } from "./pole";
import { AirProfile, HomeProfile } from "./profile";
import { isIntact, seal } from "./rtu-frame";

const hourMs = 3_600_000;

/** A pole whose devices are there for certain. */
function site(devices: PoleDevice[], startHour: number) {
	const pole = new Pole({ devices, startHour });
	return { grid: pole.grid, device: (id: string) => pole.device(id)!, der: (id: string) => pole.der(id)! };
}

/** Wh that it has injected, less what it has drawn. */
function netOf(der: SimDer): number {
	if (der instanceof AcDer) return der.injectedWh - der.absorbedWh;
	return der.get("701.TotWhInj") - der.get("701.TotWhAbs");
}

function homes(solarW: readonly number[]) {
	return solarW.map((peak, i) => ({
		profile: new HomeProfile({ seed: 11 + i, solarW: peak }),
		phase: (i % 3) + 1,
		importWh: 1000 * i,
		exportWh: 0,
	}));
}

describe("a home", () => {
	it("is the same for the same seed, and another for another", () => {
		const at = (seed: number) => Array.from({ length: 100 }, (_, i) => new HomeProfile({ seed }).at(600 * i).loadW);
		expect(at(5)).toEqual(at(5));
		expect(at(5)).not.toEqual(at(6));
	});

	it("uses some kilowatt-hours a day, most of it in the evening", () => {
		for (let seed = 1; seed <= 20; seed++) {
			const home = new HomeProfile({ seed });
			let dayWh = 0;
			let eveningWh = 0;
			for (let s = 0; s < 86_400; s += 60) {
				const { loadW } = home.at(s);
				expect(loadW).toBeGreaterThan(15);
				dayWh += loadW / 60;
				if (s >= 17 * 3600 && s < 23 * 3600) eveningWh += loadW / 60;
			}
			expect(dayWh, `seed ${seed}`).toBeGreaterThan(1500);
			expect(dayWh, `seed ${seed}`).toBeLessThan(9000);
			expect(eveningWh / dayWh, `seed ${seed}`).toBeGreaterThan(0.3);
		}
	});

	it("has sun by day only, up to the peak of its roof", () => {
		const home = new HomeProfile({ seed: 3, solarW: 1500 });
		expect(home.at(3 * 3600).solarW).toBe(0);
		expect(home.at(22 * 3600).solarW).toBe(0);
		expect(home.at(12 * 3600).solarW).toBeGreaterThan(700);
		expect(home.at(12 * 3600).solarW).toBeLessThanOrEqual(1500);
	});
});

describe("the grid of a pole", () => {
	it("loses what the feeder measures more than the homes, in every phase and moment", () => {
		const grid = new Grid(homes([0, 1500, 0, 0, 1500, 0]), 4, 11);
		for (let nowMs = 0; nowMs < 12 * hourMs; nowMs += 61_000) {
			let sumW = 0;
			for (let i = 0; i < 6; i++) sumW += grid.home(i).value("W", nowMs)!;
			const lossW = grid.feeder.value("W", nowMs)! - sumW;
			expect(lossW).toBeCloseTo(grid.lossW(nowMs), 6);
			expect(lossW).toBeGreaterThan(0);
			const phases = ["A", "B", "C"].map((phase) => grid.feeder.value(`Wph${phase}`, nowMs)!);
			expect(phases[0]! + phases[1]! + phases[2]!).toBeCloseTo(grid.feeder.value("W", nowMs)!, 6);
		}
	});

	it("loses by the square of the current, in the homes' own wires and in the line", () => {
		const grid = new Grid(homes([0]), 4, 20);
		const currentA = grid.home(0).value("A", 0)!;
		const lossW = grid.lossW(0);
		// 0.06 ohm to the home and 0.09 ohm to the pole carry the same current, but for the sag between them.
		expect(lossW / currentA ** 2).toBeGreaterThan(0.14);
		expect(lossW / currentA ** 2).toBeLessThan(0.16);
	});

	it("obeys power = voltage x current x power factor at every meter", () => {
		const grid = new Grid(homes([0, 1500, 0]), 4, 12);
		for (let nowMs = 0; nowMs < 2 * hourMs; nowMs += 7000) {
			for (let i = 0; i < 3; i++) {
				const of = (point: string): number => grid.home(i).value(point, nowMs)!;
				expect(of("PhV") * of("A")).toBeCloseTo(of("VA"), 6);
				expect(of("VA") * of("PF")).toBeCloseTo(Math.abs(of("W")), 6);
				expect(Math.hypot(of("W"), of("VAR"))).toBeCloseTo(of("VA"), 6);
				expect([of("PhVphA"), of("AphA")]).toEqual([of("PhV"), of("A")]);
			}
			expect(grid.feeder.value("Hz", nowMs)).toBeCloseTo(50, 0);
			expect(grid.feeder.value("PPVphAB", nowMs)! / Math.sqrt(3)).toBeCloseTo(230, -1);
		}
	});

	it("sags at the homes while the feeder is loaded, and rises where a roof feeds in", () => {
		const heavy = [{ ...homes([0])[0]!, profile: new HomeProfile({ seed: 2, scale: 40 }) }];
		const light = [{ ...homes([0])[0]!, profile: new HomeProfile({ seed: 2, scale: 0.1 }) }];
		const sunny = [{ ...homes([0])[0]!, profile: new HomeProfile({ seed: 2, scale: 0.1, solarW: 5000 }) }];
		const volts = [heavy, light, sunny].map((one) => new Grid(one, 9, 12).home(0).value("PhV", 1000)!);
		expect(volts[0]!).toBeLessThan(volts[1]! - 2);
		expect(volts[2]!).toBeGreaterThan(volts[1]! + 1);
	});

	it("sums power to energy that never falls, import and export apart", () => {
		const grid = new Grid(homes([3000]), 4, 6);
		let importWh = 0;
		let exportWh = 0;
		let last = [grid.home(0).value("TotWhImp", 0)!, grid.home(0).value("TotWhExp", 0)!];
		const first = last;
		for (let nowMs = 0; nowMs < 12 * hourMs; nowMs += 5000) {
			const powerW = grid.home(0).value("W", nowMs)!;
			if (powerW >= 0) importWh += powerW * (5 / 3600);
			else exportWh -= powerW * (5 / 3600);
			const now = [grid.home(0).value("TotWhImp", nowMs + 4999)!, grid.home(0).value("TotWhExp", nowMs + 4999)!];
			expect(now[0]!).toBeGreaterThanOrEqual(last[0]!);
			expect(now[1]!).toBeGreaterThanOrEqual(last[1]!);
			last = now;
		}
		expect(last[0]! - first[0]!).toBeCloseTo(importWh, 0);
		expect(last[1]! - first[1]!).toBeCloseTo(exportWh, 0);
		expect(exportWh).toBeGreaterThan(5000);
		expect(importWh).toBeGreaterThan(50);
	});

	it("gives the same whether it is asked often or seldom", () => {
		const often = new Grid(homes([0, 900]), 4, 9);
		for (let nowMs = 0; nowMs < hourMs; nowMs += 777) often.home(0).value("W", nowMs);
		const seldom = new Grid(homes([0, 900]), 4, 9);
		for (const point of ["W", "TotWhImp", "PhV"]) {
			expect(often.home(1).value(point, hourMs)).toBeCloseTo(seldom.home(1).value(point, hourMs)!, 6);
		}
		expect(often.home(0).value("TotWhImp", hourMs)).toBeCloseTo(seldom.home(0).value("TotWhImp", hourMs)!, 6);
		expect(often.home(1).value("TotWhExp", hourMs)).toBeCloseTo(seldom.home(1).value("TotWhExp", hourMs)!, 6);
		expect(often.feeder.value("TotWhImp", hourMs)).toBeCloseTo(seldom.feeder.value("TotWhImp", hourMs)!, 6);
	});

	it("does not know what it does not measure", () => {
		const grid = new Grid(homes([0]), 1);
		expect(grid.home(0).value("TmpAmb", 0)).toBeUndefined();
		expect(grid.feeder.value("PPVphAD", 0)).toBeUndefined();
	});
});

it("air is warmest in the afternoon, dampest before dawn", () => {
	const air = new AirProfile(1);
	expect(air.value("TmpAmb", 15 * hourMs)!).toBeGreaterThan(air.value("TmpAmb", 4 * hourMs)! + 8);
	expect(air.value("RH", 15 * hourMs)!).toBeLessThan(air.value("RH", 4 * hourMs)! - 20);
	expect(air.value("W", 0)).toBeUndefined();
});

describe("a pole", () => {
	const devices: PoleDevice[] = [
		{ id: "feeder", device: "chint-dtsu666", bus: "a", address: 1, role: "feeder" },
		{ id: "home-1", device: "hiking-dds238-2-zn-s", bus: "a", address: 11, role: "home", phase: 1 },
		{ id: "home-2", device: "chint-ddsu666", bus: "a", address: 12, role: "home", phase: 2 },
		{ id: "home-3", device: "eastron-sdm120", bus: "b", address: 11, role: "home", phase: 3, serial: "1234" },
		{ id: "air", device: "sht20-xy-md02", bus: "b", address: 40, role: "sensor" },
	];
	const ask = (pole: Pole, bus: string, unit: number, pdu: string) =>
		pole.line(bus).onFrame(seal(unit, fromHex(pdu)), 0);

	it("puts each device on its line, under its address", () => {
		const pole = new Pole({ devices });
		expect(pole.line("a").slaves.map((slave) => slave.unit)).toEqual([1, 11, 12]);
		expect(ask(pole, "a", 11, "03 000c 0001")!.bytes[1]).toBe(3);
		expect(ask(pole, "b", 11, "04 0000 0002")!.bytes[1]).toBe(4);
		expect(ask(pole, "b", 40, "04 0001 0002")!.bytes.length).toBe(9);
		expect(ask(pole, "a", 40, "04 0001 0002")).toBeUndefined();
		expect(ask(pole, "c", 1, "03 0000 0001")).toBeUndefined();
		expect(pole.slave("home-3")!.table.id).toBe("eastron-sdm120");
		expect(pole.slave("home-9")).toBeUndefined();
	});

	it("refuses a device no table is known for", () => {
		expect(() => new Pole({ devices: [{ ...devices[1]!, device: "acme" }] })).toThrow(/home-1: no table acme/);
	});

	it("is the same for the same seed", () => {
		const frames = [1, 2].map(() => ask(new Pole({ devices, seed: 9 }), "a", 1, "03 2000 0046")!.bytes);
		expect(frames[0]).toEqual(frames[1]);
		expect(ask(new Pole({ devices, seed: 10 }), "a", 1, "03 2000 0046")!.bytes).not.toEqual(frames[0]);
	});

	it("lets a babbling slave spoil its neighbours' answers", () => {
		const pole = new Pole({ devices });
		pole.slave("home-1")!.fault = { kind: "babbling" };
		let spoilt = 0;
		for (let i = 0; i < 20; i++) if (!isIntact(ask(pole, "a", 12, "03 2000 0012")!.bytes)) spoilt++;
		expect(spoilt).toBe(20);
		expect(isIntact(ask(pole, "b", 11, "04 0000 0020")!.bytes)).toBe(true);
	});

	it("crackles as much as it is told to", () => {
		const pole = new Pole({ devices });
		pole.line("a").noise = 0.5;
		let intact = 0;
		for (let i = 0; i < 200; i++) if (isIntact(ask(pole, "a", 12, "03 2000 0012")!.bytes)) intact++;
		expect(intact).toBeGreaterThan(60);
		expect(intact).toBeLessThan(140);
	});

	describe("with DERs", () => {
		const ders: PoleDevice[] = [
			...devices.slice(0, 3),
			{ id: "pv", device: "sunspec", sim: "inverter", bus: "b", address: 1, role: "other" },
			{ id: "store", device: "sunspec", sim: "battery", bus: "b", address: 2, role: "other", phase: 2 },
			{ id: "hybrid", device: "sunspec", sim: "native", bus: "b", address: 3, role: "other", phase: 3 },
			{ id: "charger", device: "sunspec", sim: "solar", bus: "b", address: 4, role: "other" },
		];
		const onGrid = ["pv", "store", "hybrid"];

		it("feeds the homes and the feeder with them, watt for watt", () => {
			const { grid, ...pole } = site(ders, 10);
			for (let nowMs = 0; nowMs <= 10 * hourMs; nowMs += 600_000) {
				let drawnW = grid.lossW(nowMs);
				for (let i = 0; i < 2; i++) drawnW += grid.home(i).value("W", nowMs)!;
				for (const id of onGrid) drawnW -= pole.der(id).powerW;
				expect(grid.feeder.value("W", nowMs)).toBeCloseTo(drawnW, 6);
			}
		});

		it("counts the same energy in its feeder as in its DERs", () => {
			const { grid, ...pole } = site(ders, 6);
			const lone = site(devices.slice(0, 3), 6).grid;
			const netWh = (one: Grid): number =>
				one.feeder.value("TotWhImp", 12 * hourMs)! - one.feeder.value("TotWhExp", 12 * hourMs)!;
			let lossWh = 0;
			for (let nowMs = 0; nowMs < 12 * hourMs; nowMs += 60_000) lossWh += (grid.lossW(nowMs) - lone.lossW(nowMs)) / 60;
			let injectedWh = 0;
			for (const id of onGrid) {
				pole.device(id).onFrame(seal(ders.find((one) => one.id === id)!.address, fromHex("03 9c40 0002")), 12 * hourMs);
				injectedWh += netOf(pole.der(id));
			}
			expect(injectedWh).toBeGreaterThan(30_000);
			expect((netWh(lone) - netWh(grid) + lossWh) / injectedWh).toBeCloseTo(1, 2);
		});

		it("lifts the voltage where they inject, and lets them see it", () => {
			const { grid, ...pole } = site(ders, 12);
			const lone = site(devices.slice(0, 3), 12).grid;
			expect(grid.home(0).value("PhV", 1000)!).toBeGreaterThan(lone.home(0).value("PhV", 1000)! + 0.5);
			pole.der("pv").advance(1000);
			expect(pole.der("pv").get("103.PhVphA")).toBeGreaterThan(225);
			grid.setHz = 52;
			expect(grid.feeder.value("Hz", 5000)).toBe(52);
			expect(pole.der("pv").powerW).toBe(0);
			grid.setHz = undefined;
			grid.addedV = 60;
			pole.der("pv").advance(60_000);
			expect(pole.der("pv").get("103.Evt1") & (1 << 10)).toBe(1 << 10);
		});

		it("gives them the roof that the site says", () => {
			const roof = { ...ders[3]!, solarW: 2500 };
			const { der } = site([roof], 12);
			der("pv").advance(1000);
			expect(der("pv").powerW).toBeLessThan(2500);
			expect(der("pv").powerW).toBeGreaterThan(1000);
		});

		it("knows its devices by their ids", () => {
			const pole = new Pole({ devices: ders });
			expect(pole.slave("pv")).toBeUndefined();
			expect(pole.slave("feeder")).toBe(pole.device("feeder"));
			expect(pole.der("feeder")).toBeUndefined();
			expect(pole.der("charger")!.image.models.map((model) => model.id)).toEqual([1, 64111, 64112]);
		});
	});

	it("gives every slave faults that come and go", () => {
		const pole = new Pole({ devices, faults: { share: 1, kinds: ["silent"] } });
		for (const { bus, address } of devices) expect(ask(pole, bus, address, "03 0000 0001")).toBeUndefined();
	});
});
