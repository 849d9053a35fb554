/** Settings and controls of the hybrids, written as SunSpec points, down to registers that act, and read back. */
import { describe, expect, it } from "vitest";
import { kUnit, solArkHub } from "./sol-ark-hub";
import { hybridModels, hybridTables } from "./sol-ark-rig";

const settings = (name: string): string => `64911.${name}`;

describe.each(hybridModels)("%s", (model) => {
	it("takes charge limits, reserve and grid charge, sends them and reads them back", () => {
		const { write, number, slave, clock, reports } = solArkHub({ model });
		const wanted = { ACha: 33, ADisCha: 44, GridCha: 1, GridChaA: 22, SoCLow: 25 };
		for (const [name, value] of Object.entries(wanted)) {
			expect(write({ [settings(name)]: value }), name).toBe(0);
			expect(number(settings(name)), name).toBe(value);
		}
		clock.advance(3000);
		const rows = ["max_charge_current", "max_discharge_current", "grid_charge_enable", "grid_charge_current"];
		expect([...rows, "battery_low_soc"].map((row) => slave.setting(row))).toEqual(Object.values(wanted));
		expect(reports.every((report) => report.result === "accepted")).toBe(true);
		expect(reports).toHaveLength(5);
		clock.advance(61_000);
		for (const [name, value] of Object.entries(wanted)) expect(number(settings(name)), name).toBe(value);
		expect(number("802.SoCRsvMin")).toBe(25);
	});

	it("refuses with exception 3, and changes nothing, what the inverter's ranges do not allow", () => {
		const { write, number, slave, clock } = solArkHub({ model });
		const before = slave.writes;
		const table = hybridTables[model];
		let tried = 0;
		for (const row of table.rows) {
			const rule = row.write;
			if (rule === undefined || row.point === undefined || rule.allowed) continue;
			const point = [row.point].flat()[0]!;
			const held = number(point);
			const k = row.k ?? 1;
			for (const value of [rule.max + k, rule.min - k]) {
				if (value < 0) continue;
				tried++;
				expect.soft(write({ [point]: value }), `${point} ${value}`).toBe(3);
				expect.soft(number(point), point).toBe(held);
			}
		}
		expect(tried).toBeGreaterThan(40);
		clock.advance(5000);
		expect(slave.writes).toBe(before);
	});

	it("refuses with exception 2 what is not written", () => {
		const { write, slave, clock } = solArkHub({ model });
		for (const point of ["701.W", "713.SoC", settings("BatTyp"), settings("VGridHi"), settings("VFlt"), "64910.BmsV"]) {
			expect(write({ [point]: 1 }), point).toBe(2);
		}
		clock.advance(3000);
		expect(slave.writes).toBe(0);
	});

	it("takes all six windows in one request, none when one of them does not fit", () => {
		const { write, number, slave, clock } = solArkHub({ model });
		const times = [100, 630, 1000, 1430, 1800, 2200];
		const window = (n: number, time: number) => ({
			[settings(`Win[${n}].Tm`)]: time,
			[settings(`Win[${n}].W`)]: 3000 + 100 * n,
			[settings(`Win[${n}].V`)]: number(settings(`Win[${n}].V`)),
			[settings(`Win[${n}].SoC`)]: 40 + n,
			[settings(`Win[${n}].Mod`)]: n % 2,
		});
		const all = (times: readonly number[]) => Object.assign({}, ...times.map((time, i) => window(i + 1, time)));
		expect(write(all([100, 630, 1000, 999, 1800, 2200]))).toBe(3);
		expect(write(all([100, 630, 1000, 1460, 1800, 2200]))).toBe(3);
		expect(number(settings("Win[1].Tm"))).toBe(0);
		clock.advance(2000);
		expect(slave.writes).toBe(0);
		expect(write(all(times))).toBe(0);
		clock.advance(20_000);
		times.forEach((time, i) => {
			const n = i + 1;
			expect(slave.setting(`tou${n}_time`)).toBe(time);
			expect(slave.setting(`tou${n}_power`)).toBe(3000 + 100 * n);
			expect(slave.setting(`tou${n}_soc`)).toBe(40 + n);
			expect(slave.setting(`tou${n}_mode`)).toBe(n % 2);
		});
		clock.advance(61_000);
		expect(number(settings("Win[4].Tm"))).toBe(1430);
		// one alone must stay between its neighbours
		expect(write({ [settings("Win[2].Tm")]: 1000 })).toBe(3);
		expect(write({ [settings("Win[2].Tm")]: 959 })).toBe(0);
	});

	it("keeps shutdown, low and restart in their order", () => {
		const { write, number } = solArkHub({ model });
		expect([number(settings("SoCOff")), number(settings("SoCLow")), number(settings("SoCRst"))]).toEqual([10, 20, 40]);
		expect(write({ [settings("SoCOff")]: 21 })).toBe(3);
		expect(write({ [settings("SoCRst")]: 19 })).toBe(3);
		expect(write({ "802.SoCRsvMin": 41 })).toBe(3);
		expect(write({ "802.SoCRsvMin": 40 })).toBe(0);
		expect(write({ [settings("SoCOff")]: 50, [settings("SoCRst")]: 70, [settings("SoCLow")]: 60 })).toBe(0);
	});

	it("limits what it sells by 704, and gives the owner's limit back", () => {
		const { write, number, slave, plant, clock } = solArkHub({ model, socPct: 100 });
		const own = slave.setting("max_sell_power");
		plant.scene.pvW = Array.from({ length: 4 }, () => 4000);
		plant.scene.loadW = [200, 200, 200];
		plant.changed();
		clock.advance(8000);
		const ratedW = number("702.WMaxRtg");
		expect(number("701.W")).toBeGreaterThan(0.3 * Math.min(ratedW, own, 8000));
		expect(write({ "704.WMaxLimPct": 10 })).toBe(0);
		expect(write({ "704.WMaxLimPctEna": 1 })).toBe(0);
		clock.advance(15_000);
		expect(slave.setting("max_sell_power")).toBe(0.1 * ratedW);
		expect(Math.abs(number("701.W") - 0.1 * ratedW)).toBeLessThan(0.01 * ratedW + 10);
		expect(write({ "704.WMaxLimPctEna": 0 })).toBe(0);
		clock.advance(30_000);
		expect(slave.setting("max_sell_power")).toBe(own);
	});

	it("limits charging and discharging by 124, as the currents that its battery's voltage makes of them", () => {
		const { write, number, slave, clock, plant } = solArkHub({ model });
		plant.scene.pvW = [0, 0, 0, 0];
		plant.scene.loadW = [100];
		plant.changed();
		clock.advance(5000);
		const own = [slave.setting("max_charge_current"), slave.setting("max_discharge_current")];
		const rates = () => ["124.WChaMax", "702.WChaRteMaxRtg", "802.WChaRteMax", "802.WDisChaRteMax"].map(number);
		const [mostW] = rates();
		const before = rates();
		expect(write({ "124.InWRte": 20 })).toBe(0);
		expect(write({ "124.OutWRte": 30 })).toBe(0);
		expect(write({ "124.StorCtl_Mod": 3 })).toBe(0);
		// long enough that all settings have been read again: what is limited must not change what it is a part of
		clock.advance(200_000);
		expect(rates()).toEqual(before);
		const volts = number("802.V");
		expect(slave.setting("max_charge_current")).toBe(Math.floor((0.2 * mostW!) / volts));
		expect(slave.setting("max_discharge_current")).toBe(Math.floor((0.3 * mostW!) / volts));
		expect(write({ "124.StorCtl_Mod": 0 })).toBe(0);
		clock.advance(30_000);
		expect([slave.setting("max_charge_current"), slave.setting("max_discharge_current")]).toEqual(own);
	});

	it("refuses every write with 0x0B while it does not answer", () => {
		const { write, slave, clock } = solArkHub({ model });
		slave.fault = { kind: "silent" };
		clock.advance(30_000);
		expect(write({ [settings("ACha")]: 50 })).toBe(0x0b);
		expect(write({ "704.WMaxLimPctEna": 1 })).toBe(0x0b);
	});
});

describe.each(["sol-ark-12k", "sol-ark-15k"] as const)("%s", (model) => {
	it("has a power factor and a reactive power by 704, each freed when it ends", () => {
		const { write, slave, clock, number } = solArkHub({ model });
		expect(write({ "704.PFWInj.PF": 0.9, "704.PFWInj.Ext": 1 })).toBe(0);
		expect(write({ "704.PFWInjEna": 1 })).toBe(0);
		clock.advance(15_000);
		expect(slave.setting("output_power_factor")).toBeCloseTo(-0.9, 9);
		expect(write({ "704.PFWInjEna": 0 })).toBe(0);
		clock.advance(25_000);
		expect(slave.setting("output_power_factor")).toBe(1);
		expect(write({ "704.VarSetMod": 4 })).toBe(0);
		expect(write({ "704.VarSet": 0.2 * number("702.WMaxRtg") })).toBe(0);
		expect(write({ "704.VarSetEna": 1 })).toBe(0);
		clock.advance(15_000);
		expect(slave.setting("fixed_reactive_power")).toBe(20);
		expect(write({ "704.VarSetEna": 0 })).toBe(0);
		clock.advance(25_000);
		expect(slave.setting("fixed_reactive_power")).toBe(0);
	});

	it("refuses a power factor that the inverter does not take", () => {
		const { write, slave, clock } = solArkHub({ model });
		const refused = write({ "704.PFWInj.PF": 0.7, "704.PFWInj.Ext": 0 }) || write({ "704.PFWInjEna": 1 });
		expect(refused).toBe(3);
		clock.advance(15_000);
		expect(slave.setting("output_power_factor")).toBe(1);
	});

	it("spares the EEPROM: ten changes in a minute are at most six writes, and no curve is offered", () => {
		const { write, slave, clock, image, number } = solArkHub({ model });
		expect(write({ "704.WMaxLimPctEna": 1 })).toBe(0);
		clock.advance(15_000);
		const before = slave.writes;
		for (let i = 1; i <= 10; i++) {
			expect(write({ "704.WMaxLimPct": 5 * i })).toBe(0);
			clock.advance(6000);
		}
		expect(slave.writes - before).toBeLessThanOrEqual(6);
		clock.advance(11_000);
		expect(slave.setting("max_sell_power")).toBe(0.5 * number("702.WMaxRtg"));
		for (const { id } of image.models) expect([705, 706, 711, 712]).not.toContain(id);
	});

	it("does not write again what the inverter holds, also when its own display has set it", () => {
		const { write, slave, clock, number } = solArkHub({ model });
		for (let i = 0; i < 5; i++) {
			expect(write({ [settings("SoCLow")]: 25 })).toBe(0);
			clock.advance(5000);
		}
		expect(slave.writes).toBe(1);
		expect(write({ [settings("SoCLow")]: 20 })).toBe(0);
		clock.advance(5000);
		expect([slave.writes, slave.setting("battery_low_soc"), number(settings("SoCLow"))]).toEqual([2, 20, 20]);
	});

	it("falls back after its reversion time", () => {
		const { write, slave, clock } = solArkHub({ model });
		const own = slave.setting("max_sell_power");
		expect(write({ "704.WMaxLimPct": 10, "704.WMaxLimPctRvrt": 100, "704.WMaxLimPctEnaRvrt": 0 })).toBe(0);
		expect(write({ "704.WMaxLimPctRvrtTms": 60 })).toBe(0);
		expect(write({ "704.WMaxLimPctEna": 1 })).toBe(0);
		clock.advance(20_000);
		expect(slave.setting("max_sell_power")).toBeLessThan(own);
		clock.advance(70_000);
		expect(slave.setting("max_sell_power")).toBe(own);
	});

	it("writes function 16 only, each value once", () => {
		const { write, slave, clock } = solArkHub({ model });
		expect(write({ [settings("ACha")]: 77 })).toBe(0);
		clock.advance(3000);
		expect([slave.writes, slave.refused]).toEqual([1, 0]);
	});

	it("is a unit of the hub's server", () => {
		const { hub } = solArkHub({ model });
		expect(hub.space.hasUnit(kUnit)).toBe(true);
	});
});
