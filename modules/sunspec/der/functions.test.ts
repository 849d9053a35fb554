import { describe, expect, test } from "vitest";
import type { GridSample } from "./functions";
import { Alarm } from "./report";
import { CurveRig } from "./testing/curve-rig";

const nominal: GridSample = { w: 4000, vPct: 100, lowPct: 100, highPct: 100, hz: 50 };

/** A rig that takes a sample each second. */
class Follower extends CurveRig {
	sample: GridSample = nominal;

	/** The values of `part` hold from now on. */
	grid(part: Partial<GridSample>): this {
		const v = part.vPct;
		this.sample = { ...this.sample, ...(v === undefined ? {} : { lowPct: v, highPct: v }), ...part };
		this.functions.update(this.sample, this.clock.now());
		return this;
	}

	pass(seconds: number): this {
		for (let i = 0; i < seconds; i++) {
			this.seconds(1);
			this.functions.update(this.sample, this.clock.now());
		}
		return this;
	}
}

function enabled(model: number, settings: Readonly<Record<string, number>> = {}): Follower {
	const rig = new Follower();
	const group = model === 711 ? "Ctl" : "Crv";
	for (const [name, value] of Object.entries(settings)) rig.set(model, { [`${group}[2].${name}`]: value });
	expect(rig.adopt(model, 2)).toBe("COMPLETED");
	rig.set(model, { Ena: 1 });
	return rig.grid({});
}

test("nothing is asked for while no function is enabled", () => {
	const rig = new Follower();
	rig.grid({ vPct: 107, hz: 50.9, w: 9000 }).pass(100);
	for (const value of Object.values(rig.functions.following)) expect(value).toBeNaN();
	expect(rig.functions.settling).toBe(false);
	expect(rig.functions.modes).toBe(0b11_0111_1011_0000);
});

describe("volt-var", () => {
	test("goes 90 % of the way within RspTms, and arrives", () => {
		const rig = enabled(705);
		const { following } = rig.functions;
		expect(following.voltVar).toBe(0);
		rig.grid({ vPct: 105 });
		expect(following.voltVar).toBe(0);
		expect(rig.functions.settling).toBe(true);
		rig.pass(5);
		expect(following.voltVar).toBeCloseTo(-0.9 * 2200, 6);
		rig.pass(20);
		expect(following.voltVar).toBe(-2200);
		expect(rig.functions.settling).toBe(false);
		rig.grid({ vPct: 100 }).pass(5);
		expect(following.voltVar).toBeCloseTo(-220, 6);
	});

	test("how often it is asked makes no difference", () => {
		const [often, seldom] = [enabled(705), enabled(705)];
		often.grid({ vPct: 107 });
		seldom.grid({ vPct: 107 });
		for (let i = 0; i < 30; i++) {
			often.clock.advance(100);
			often.grid({});
		}
		seldom.pass(3);
		expect(often.functions.following.voltVar).toBeCloseTo(seldom.functions.following.voltVar, 6);
	});

	test("until a new sample comes, it goes where the last one sent it", () => {
		const rig = enabled(705).grid({ vPct: 105 });
		rig.clock.advance(5000);
		rig.grid({ vPct: 100 });
		expect(rig.functions.following.voltVar).toBeCloseTo(-0.9 * 2200, 6);
	});

	test("without a voltage, or disabled, it asks for nothing", () => {
		const rig = enabled(705).grid({ vPct: 107 }).pass(30);
		rig.grid({ vPct: Number.NaN });
		expect(rig.functions.following.voltVar).toBeNaN();
		rig.grid({ vPct: 107 }).pass(30);
		expect(rig.functions.following.voltVar).toBeLessThan(-3000);
		rig.set(705, { Ena: 0 });
		expect(rig.changed).toBe(true);
		rig.grid({});
		expect(rig.functions.following.voltVar).toBeNaN();
	});

	test("an adopted curve is followed from where the output is", () => {
		const rig = enabled(705, { RspTms: 10 }).grid({ vPct: 108 }).pass(60);
		expect(rig.functions.following.voltVar).toBe(-4400);
		rig.line(705, 3, [
			[90, 20],
			[110, -20],
		]);
		rig.set(705, { "Crv[3].RspTms": 10 });
		expect(rig.adopt(705, 3)).toBe("COMPLETED");
		rig.grid({});
		expect(rig.functions.following.voltVar).toBe(-4400);
		rig.pass(10);
		expect(rig.functions.following.voltVar).toBeCloseTo(-1600 - 280, 3);
	});

	test("VRef moves it, by itself too, and VRefAuto tells where it is", () => {
		const rig = enabled(705, { VRef: 102, RspTms: 0 }).grid({ vPct: 107 });
		expect(rig.functions.following.voltVar).toBeCloseTo(-2200, 6);
		expect(rig.get("705.Crv[1].VRefAuto")).toBe(102);

		const auto = enabled(705, { VRefAutoEna: 1, VRefAutoTms: 300, RspTms: 0 }).grid({ vPct: 104 });
		expect(auto.functions.following.voltVar).toBeCloseTo(-4400 / 3, 6);
		expect(auto.functions.settling).toBe(true);
		auto.pass(300);
		expect(auto.get("705.Crv[1].VRefAuto")).toBe(102.5);
		expect(auto.functions.following.voltVar).toBeCloseTo(0, 6);
		auto.pass(1500);
		expect(auto.get("705.Crv[1].VRefAuto")).toBe(104);
		expect(auto.functions.settling).toBe(false);
		auto.grid({ vPct: 109 }).pass(3000);
		expect(auto.get("705.Crv[1].VRefAuto")).toBe(105);
		expect(auto.functions.settling).toBe(false);
	});

	test("Pri is told, that of 712 while only 712 is enabled", () => {
		expect(enabled(705).functions.reactiveFirst).toBe(true);
		expect(enabled(705, { Pri: 0 }).functions.reactiveFirst).toBe(false);
		expect(enabled(712, { Pri: 0 }).functions.reactiveFirst).toBe(false);
	});
});

test("volt-watt comes down from what is possible and is no limit any more once the voltage is back", () => {
	const rig = enabled(706);
	const { following } = rig.functions;
	expect(following.voltWattW).toBeNaN();
	rig.grid({ vPct: 109 });
	expect(following.voltWattW).toBeNaN();
	rig.pass(10);
	expect(following.voltWattW).toBeCloseTo(4000 + 600, 6);
	rig.pass(60);
	expect(following.voltWattW).toBeCloseTo(4000, 6);
	rig.grid({ vPct: 100 }).pass(10);
	expect(following.voltWattW).toBeCloseTo(10_000 - 600, 6);
	rig.pass(60);
	expect(following.voltWattW).toBeNaN();
	expect(rig.functions.settling).toBe(false);
});

test("watt-var follows the power at once", () => {
	const rig = enabled(712).grid({ w: 9000 });
	expect(rig.functions.following.wattVar).toBeCloseTo(-3520, 6);
	rig.grid({ w: -7000 });
	expect(rig.functions.following.wattVar).toBeCloseTo(1760, 6);
	rig.grid({ w: Number.NaN });
	expect(rig.functions.following.wattVar).toBeNaN();
});

describe("frequency droop", () => {
	test("a high frequency limits what there was when it left the band, until it is back and the limit has risen", () => {
		const rig = enabled(711).grid({ w: 8000 }).pass(5);
		const { following } = rig.functions;
		rig.grid({ hz: 50.03 });
		expect(following.droopHighW).toBeNaN();
		rig.grid({ hz: 50.536 });
		expect(following.droopHighW).toBe(8000);
		// the power falls with the limit: that must not lower the limit further
		for (let i = 0; i < 60; i++) rig.grid({ w: following.droopHighW }).pass(1);
		expect(following.droopHighW).toBeCloseTo(6000, 6);
		expect(following.droopLowW).toBeNaN();
		rig.grid({ hz: 51.036 }).pass(60);
		expect(following.droopHighW).toBeCloseTo(4000, 6);
		rig.grid({ hz: 50 }).pass(5);
		expect(following.droopHighW).toBeCloseTo(4000 + 0.9 * 6000, 6);
		rig.pass(60);
		expect(following.droopHighW).toBeNaN();
		expect(rig.functions.settling).toBe(false);
	});

	test("a low frequency demands more than there was", () => {
		const rig = enabled(711).grid({ w: 2000 }).grid({ hz: 49.464 }).pass(60);
		const { following } = rig.functions;
		expect(following.droopLowW).toBeCloseTo(4000, 6);
		expect(following.droopHighW).toBeNaN();
		rig.grid({ hz: 50 }).pass(5);
		expect(following.droopLowW).toBeCloseTo(2200, 6);
		rig.pass(60);
		expect(following.droopLowW).toBeNaN();
	});

	test("a power that nobody measures counts as all there can be, or as none", () => {
		const rig = enabled(711).grid({ w: Number.NaN, hz: 50.536 }).pass(60);
		expect(rig.functions.following.droopHighW).toBeCloseTo(8000, 6);
		rig.grid({ hz: 49.464 }).pass(60);
		expect(rig.functions.following.droopLowW).toBeCloseTo(2000, 6);
	});

	test("from one side to the other it begins anew; without a frequency it ends", () => {
		const rig = enabled(711).grid({ hz: 50.536 }).pass(60);
		const { following } = rig.functions;
		rig.grid({ w: 2000, hz: 49.464 });
		expect(following.droopHighW).toBeNaN();
		expect(following.droopLowW).toBe(2000);
		rig.grid({ hz: Number.NaN });
		expect(following.droopLowW).toBeNaN();
	});
});

describe("trip", () => {
	test.each<[number, Partial<GridSample>, number, number]>([
		[707, { vPct: 80 }, 21, Alarm.acUnderVolt],
		[708, { vPct: 112 }, 13, Alarm.acOverVolt],
		[709, { hz: 48 }, 300, Alarm.underFrequency],
		[710, { hz: 51.5 }, 300, Alarm.overFrequency],
	])("%i says why after its time, and no more when the grid is back", (_model, sample, seconds, alarm) => {
		const rig = new Follower();
		rig.grid(nominal).grid(sample);
		expect(rig.functions.nextMs(0)).toBe(1000 * seconds);
		rig.pass(seconds - 1);
		expect(rig.functions.mustTrip).toBe(0);
		rig.pass(1);
		expect(rig.functions.mustTrip).toBe(alarm);
		rig.grid(nominal);
		expect(rig.functions.mustTrip).toBe(0);
	});

	test("the lowest and the highest phase count, each for its side", () => {
		const rig = new Follower();
		rig.grid({ lowPct: 45, highPct: 101 });
		expect(rig.functions.ceases).toBe(Alarm.acUnderVolt);
		rig.grid({ lowPct: 99, highPct: 112 });
		expect(rig.functions.ceases).toBe(Alarm.acOverVolt);
		rig.grid(nominal);
		expect(rig.functions.ceases).toBe(0);
	});

	test("an update says when a region has been entered or left", () => {
		const rig = new Follower();
		const at = (vPct: number, ms: number): boolean =>
			rig.functions.update({ ...nominal, lowPct: vPct, highPct: vPct }, ms);
		expect([at(100, 0), at(45, 100), at(45, 200), at(45, 2100), at(45, 2200), at(100, 2300), at(100, 2400)]).toEqual([
			false,
			true,
			false,
			true,
			false,
			true,
			false,
		]);
	});
});

test("a reversion is told by the id of its model, and what it asks for changes", () => {
	const rig = enabled(705, { RspTms: 0 });
	rig.line(705, 3, [
		[90, 0],
		[110, 0],
	]);
	rig.set(705, { RvrtTms: 10, RvrtCrv: 3 });
	rig.grid({ vPct: 108 });
	expect(rig.functions.following.voltVar).toBe(-4400);
	rig.clock.advance(9999);
	expect(rig.functions.tick(rig.clock.now())).toBe(0);
	rig.clock.advance(1);
	expect(rig.functions.tick(rig.clock.now())).toBe(705);
	expect(rig.functions.tick(rig.clock.now())).toBe(0);
	rig.set(705, { "Crv[3].RspTms": 0 });
	rig.grid({}).pass(60);
	expect(rig.functions.following.voltVar).toBe(0);
});

test("a rating that nobody knows makes no demand and keeps nobody busy", () => {
	const unknown = { wMax: Number.NaN, vaMax: Number.NaN, varInj: Number.NaN, varAbs: Number.NaN, varAval: Number.NaN };
	const rig = new CurveRig({ ratings: unknown });
	for (const model of [705, 706, 711, 712]) rig.set(model, { Ena: 1 });
	for (let i = 0; i < 5; i++) {
		rig.clock.advance(1000);
		rig.functions.update({ ...nominal, vPct: 108, hz: 51 }, rig.clock.now());
	}
	for (const value of Object.values(rig.functions.following)) expect(value).toBeNaN();
	expect(rig.functions.settling).toBe(false);
});
