import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/manual-clock";
import { Memory, Rig } from "./testing/rig";

/** Each control of 704: the points that enable it, that revert it, a value and the one after the time. */
const controls = [
	{ name: "WMaxLimPct", ena: "WMaxLimPctEna", value: 40, after: 80, from: "WMaxLimPctRvrt" },
	{ name: "WSet", ena: "WSetEna", value: 3000, after: -500, from: "WSetRvrt" },
	{ name: "WSetPct", ena: "WSetEna", value: 30, after: -5, from: "WSetPctRvrt", stem: "WSet" },
	{ name: "VarSet", ena: "VarSetEna", value: 3000, after: -500, from: "VarSetRvrt" },
	{ name: "VarSetPct", ena: "VarSetEna", value: 30, after: -5, from: "VarSetPctRvrt", stem: "VarSet" },
	{ name: "PFWInj.PF", ena: "PFWInjEna", value: 0.9, after: 0.98, from: "PFWInjRvrt.PF", stem: "PFWInj" },
	{ name: "PFWAbs.PF", ena: "PFWAbsEna", value: 0.9, after: 0.98, from: "PFWAbsRvrt.PF", stem: "PFWAbs" },
];

describe.each(controls)("reversion of 704.$name", ({ name, ena, value, after, from, stem = name }) => {
	const started = (seconds: number, rvrtEna = 1): Rig => {
		const rig = new Rig();
		rig.set(704, { [`${stem}RvrtTms`]: seconds, [`${stem}EnaRvrt`]: rvrtEna, [from]: after, [name]: value });
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(0);
		rig.set(704, { [ena]: 1 });
		return rig;
	};

	it("REV-1: after its time the reversion value and enable hold", () => {
		const rig = started(30);
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(30);
		rig.seconds(10);
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(20);
		rig.clock.advance(19_999);
		expect(rig.get(704, name)).toBe(value);
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(1);
		rig.clock.advance(1);
		expect(rig.get(704, name)).toBe(after);
		expect(rig.get(704, ena)).toBe(1);
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(0);
		expect(rig.get(704, `${stem}RvrtTms`)).toBe(30);
		expect(rig.changes).toEqual([expect.stringContaining("reversion time is over")]);
	});

	it("REV-1: disabled after its time when EnaRvrt says so", () => {
		const rig = started(5, 0);
		rig.seconds(5);
		expect(rig.get(704, ena)).toBe(0);
		expect(rig.der.command).toMatchObject({ limitW: Number.POSITIVE_INFINITY, setW: Number.NaN, reactive: "none" });
	});

	it("REV-2: a value written while it runs starts the time anew, one that holds afterwards does not", () => {
		const rig = started(30);
		rig.seconds(20);
		rig.set(704, { [name]: value / 2 });
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(30);
		rig.seconds(20);
		rig.set(704, { [from]: after });
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(10);
		rig.set(704, { [`${stem}RvrtTms`]: 50 });
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(50);
		rig.seconds(49);
		expect(rig.get(704, name)).toBe(value / 2);
		rig.seconds(1);
		expect(rig.get(704, name)).toBe(after);
	});

	it("REV-3: RvrtTms 0 cancels it", () => {
		const rig = started(30);
		rig.seconds(20);
		rig.set(704, { [`${stem}RvrtTms`]: 0 });
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(0);
		rig.seconds(100);
		expect(rig.get(704, name)).toBe(value);
		expect(rig.get(704, ena)).toBe(1);
	});

	it("REV-3: disabling the control cancels it", () => {
		const rig = started(30);
		rig.seconds(20);
		rig.set(704, { [ena]: 0 });
		expect(rig.get(704, `${stem}RvrtRem`)).toBe(0);
		rig.seconds(100);
		expect(rig.get(704, name)).toBe(value);
		expect(rig.get(704, ena)).toBe(0);
	});

	it("survives a restart: what is left without a wall clock, less the time that was off with one", () => {
		for (const epoch of [undefined, 1_800_000_000_000]) {
			const store = new Memory();
			const rig = new Rig({ store, clock: new ManualClock(epoch) });
			rig.set(704, { [`${stem}RvrtTms`]: 300, [`${stem}EnaRvrt`]: 1, [from]: after, [name]: value, [ena]: 1 });
			rig.seconds(100);
			rig.der.close();
			// written when the values changed, 1 s after; the 99 s since are in it only if there is a wall clock
			expect(store.saves).toBe(1);
			const later = new Rig({ store, clock: new ManualClock(epoch === undefined ? undefined : epoch + 150_000) });
			expect(later.get(704, name)).toBe(value);
			expect(later.get(704, ena)).toBe(1);
			// nothing absorbs here, so that power factor asks nothing of the device
			expect(later.device.told).toHaveLength(name === "PFWAbs.PF" ? 0 : 1);
			const left = epoch === undefined ? 299 : 150;
			expect(later.get(704, `${stem}RvrtRem`)).toBe(left);
			later.seconds(left - 1);
			expect(later.get(704, name)).toBe(value);
			later.seconds(1);
			expect(later.get(704, name)).toBe(after);
		}
	});

	it("is over at once when the hub was off for longer", () => {
		const store = new Memory();
		const rig = new Rig({ store, clock: new ManualClock(1e12) });
		rig.set(704, { [`${stem}RvrtTms`]: 300, [`${stem}EnaRvrt`]: 1, [from]: after, [name]: value, [ena]: 1 });
		rig.seconds(2);
		const later = new Rig({ store, clock: new ManualClock(1e12 + 301_000) });
		expect(later.get(704, name)).toBe(after);
		expect(later.get(704, `${stem}RvrtRem`)).toBe(0);
	});
});

describe("reversion", () => {
	it("does not run for a control that is off", () => {
		const rig = new Rig();
		rig.set(704, { WMaxLimPctRvrtTms: 10, WMaxLimPct: 50, WMaxLimPctRvrt: 70, WMaxLimPctEnaRvrt: 1 });
		rig.seconds(20);
		expect(rig.get(704, "WMaxLimPct")).toBe(50);
		expect(rig.get(704, "WMaxLimPctEna")).toBe(0);
	});

	it("goes on while the device is away, and the device is told when it is back", () => {
		const rig = new Rig();
		rig.set(704, { WMaxLimPct: 50, WMaxLimPctRvrtTms: 10, WMaxLimPctEna: 1 });
		rig.device.online = false;
		rig.der.measured();
		expect(rig.write(704, { WMaxLimPct: 20 })).toBe(0x0b);
		rig.seconds(20);
		expect(rig.device.told).toHaveLength(1);
		expect(rig.get(704, "WMaxLimPctEna")).toBe(0);
		expect(rig.get(701, "St")).toBeNaN();
		rig.device.online = true;
		rig.der.measured();
		expect(rig.device.last.limitW).toBe(Number.POSITIVE_INFINITY);
		expect(rig.device.told).toHaveLength(2);
	});

	it("a device that is back is told again what holds", () => {
		const rig = new Rig();
		rig.set(704, { WMaxLimPct: 50, WMaxLimPctEna: 1 });
		rig.device.online = false;
		rig.der.measured();
		rig.device.online = true;
		rig.der.measured();
		expect(rig.device.told.map((one) => one.limitW)).toEqual([5000, 5000]);
	});

	it("a limit of one controller that has gone ends, while another one keeps its own alive", () => {
		const rig = new Rig();
		rig.set(704, { WMaxLimPctRvrtTms: 60, WMaxLimPct: 10, WMaxLimPctEna: 1 });
		rig.set(704, { VarSetRvrtTms: 60, VarSet: 1000, VarSetEna: 1 });
		for (let i = 0; i < 6; i++) {
			rig.seconds(30);
			rig.set(704, { VarSet: 1000 });
		}
		expect(rig.der.command).toMatchObject({ limitW: Number.POSITIVE_INFINITY, setVar: 1000 });
	});
});
