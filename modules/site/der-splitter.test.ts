import { describe, expect, it } from "vitest";
import type { DerAbility, DerActuator, DerCommand } from "../sunspec/der/types";
import { Image } from "../sunspec/image";
import { DerSplitter, share } from "./der-splitter";
import { kFree, SharedActuator } from "./shared-actuator";

const all: readonly DerAbility[] = ["energize", "limitW", "setW", "chargeLimitW", "dischargeLimitW", "pf", "setVar"];

class FakeActuator implements DerActuator {
	readonly abilities: readonly DerAbility[];
	readonly continuous: boolean;
	online = true;
	refuse: string | undefined;
	told: Readonly<DerCommand>[] = [];

	constructor(abilities: readonly DerAbility[] = all, continuous = true) {
		this.abilities = abilities;
		this.continuous = continuous;
	}

	get last(): Readonly<DerCommand> {
		return this.told[this.told.length - 1] ?? kFree;
	}

	refuses(): string | undefined {
		return this.refuse;
	}

	apply(command: Readonly<DerCommand>): void {
		this.told.push(command);
	}
}

function member(ratings: Record<string, number>, actuator: FakeActuator | undefined, w = 0) {
	const image = new Image([{ id: 1 }, { id: 701 }, { id: 702 }]);
	for (const factor of ["W_SF", "VA_SF", "Var_SF"]) image.set(image.handle(702, factor), 0, 0, "good");
	image.set(image.handle(701, "W_SF"), 0, 0, "good");
	image.set(image.handle(701, "W"), w, 0, "good");
	for (const [name, value] of Object.entries(ratings)) image.set(image.handle(702, name), value, 0, "good");
	return { image, actuator };
}

const solar = { WMaxRtg: 6000, VarMaxInjRtg: 2000, VarMaxAbsRtg: 2000 };
const battery = { WMaxRtg: 3000, WChaRteMaxRtg: 3000, WDisChaRteMaxRtg: 3000, VarMaxInjRtg: 1000, VarMaxAbsRtg: 500 };

describe("a command to several DERs", () => {
	it.each([
		[900, [600, 300]],
		[9000, [6000, 3000]],
		[20_000, [6000, 3000]],
		[0, [0, 0]],
		[Number.POSITIVE_INFINITY, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]],
	])("%d W over 6 and 3 kW", (total, parts) => {
		expect([...share(total, Float64Array.of(6000, 3000))]).toEqual(parts);
	});

	it("splits a limit by rating; one that does not answer keeps its part, as it may go on producing", () => {
		const actuators = [new FakeActuator(), new FakeActuator(), new FakeActuator()];
		const ratings = [solar, battery, { ...solar, WMaxRtg: 1000 }];
		const splitter = new DerSplitter(actuators.map((actuator, i) => member(ratings[i]!, actuator)));
		splitter.apply({ ...kFree, limitW: 5000 });
		expect(actuators.map(({ last }) => last.limitW)).toEqual([3000, 1500, 500]);
		actuators[0]!.online = false;
		splitter.update();
		expect(actuators.map(({ last }) => last.limitW)).toEqual([3000, 1500, 500]);
		expect(actuators[0]!.told).toHaveLength(1);
		actuators[0]!.online = true;
		splitter.update();
		expect(actuators.map(({ last }) => last.limitW)).toEqual([3000, 1500, 500]);
		const counts = actuators.map(({ told }) => told.length);
		splitter.update();
		expect(actuators.map(({ told }) => told.length)).toEqual(counts);
	});

	it("what nobody can command counts towards the limit, anew when it changes noticeably", () => {
		const commanded = new FakeActuator();
		const other = member(solar, undefined, 2000);
		const splitter = new DerSplitter([member(solar, commanded), other]);
		splitter.apply({ ...kFree, limitW: 5000 });
		expect(commanded.last.limitW).toBe(3000);
		const w = other.image.handle(701, "W");
		other.image.set(w, 2050, 1, "good");
		splitter.update();
		expect(commanded.told).toHaveLength(1);
		other.image.set(w, 4500, 2, "good");
		splitter.update();
		expect(commanded.last.limitW).toBe(500);
		other.image.set(w, 5500, 3, "good");
		splitter.update();
		expect(commanded.last.limitW).toBe(0);
		// nobody knows: what it had last
		other.image.set(w, undefined, 4, "comms_lost");
		splitter.update();
		expect(commanded.last.limitW).toBe(0);
	});

	it("made anew, it ends what the one before it has told, when its command asks for nothing", () => {
		const device = new FakeActuator();
		const { site } = new SharedActuator(device);
		const made = () => new DerSplitter([{ ...member(solar, undefined), actuator: site, told: site.command }]);
		made().apply({ ...kFree, limitW: 1000 });
		expect(device.last.limitW).toBe(1000);
		made().begin({ ...kFree });
		expect(device.last.limitW).toBe(Number.POSITIVE_INFINITY);
		const told = device.told.length;
		made().begin({ ...kFree });
		expect(device.told).toHaveLength(told);
	});

	it("only a storage absorbs; what can only be limited is held at its part", () => {
		const inverter = new FakeActuator(["limitW"]);
		const storage = new FakeActuator();
		const splitter = new DerSplitter([member(solar, inverter), member(battery, storage)]);
		splitter.apply({ ...kFree, setW: 4500 });
		expect([inverter.last.limitW, storage.last.setW]).toEqual([3000, 1500]);
		expect(inverter.last.setW).toBeNaN();
		splitter.apply({ ...kFree, setW: -2000 });
		expect([inverter.last.limitW, storage.last.setW]).toEqual([0, -2000]);
		splitter.apply({ ...kFree, setW: -9000 });
		expect(storage.last.setW).toBe(-3000);
		splitter.apply(kFree);
		expect(inverter.last.limitW).toBe(Number.POSITIVE_INFINITY);
		expect(storage.last.setW).toBeNaN();
	});

	it("splits reactive power and the storage's limits, and gives all the same power factor", () => {
		const one = new FakeActuator();
		const two = new FakeActuator();
		const splitter = new DerSplitter([member(battery, one), member({ ...battery, WChaRteMaxRtg: 1000 }, two)]);
		splitter.apply({ ...kFree, reactive: "var", setVar: -600, chargeLimitW: 2000, dischargeLimitW: 1000 });
		expect([one.last.setVar, two.last.setVar]).toEqual([-300, -300]);
		expect([one.last.chargeLimitW, two.last.chargeLimitW]).toEqual([1500, 500]);
		expect([one.last.dischargeLimitW, two.last.dischargeLimitW]).toEqual([500, 500]);
		splitter.apply({ ...kFree, reactive: "pf", pf: -0.95, energize: false });
		for (const { last } of [one, two]) expect([last.reactive, last.pf, last.energize]).toEqual(["pf", -0.95, false]);
	});

	it("can what one of them can, refuses what one of them refuses, answers while one does", () => {
		const one = new FakeActuator(["limitW"]);
		const two = new FakeActuator(["setVar"], false);
		const splitter = new DerSplitter([member(solar, one), member(solar, two)]);
		expect(splitter.abilities).toEqual(["limitW", "setVar"]);
		expect(splitter.continuous).toBe(false);
		one.refuse = "below 10 %";
		expect(splitter.refuses("limitW", 100)).toBe("below 10 %");
		expect(splitter.refuses("setVar", 100)).toBeUndefined();
		one.online = false;
		expect(splitter.refuses("limitW", 100)).toBeUndefined();
		expect(splitter.online).toBe(true);
		two.online = false;
		expect(splitter.online).toBe(false);
	});
});

describe("a device commanded by its unit and by the site", () => {
	it("holds the set-point of one side within the limits of the other", () => {
		const device = new FakeActuator();
		const { own, site } = new SharedActuator(device);
		own.apply({ ...kFree, limitW: 3000, dischargeLimitW: 1000, chargeLimitW: 500 });
		site.apply({ ...kFree, setW: 2500 });
		expect(device.last.setW).toBe(1000);
		site.apply({ ...kFree, setW: -2500 });
		expect(device.last.setW).toBe(-500);
		own.apply({ ...kFree, setW: 4000 });
		site.apply({ ...kFree, limitW: 2000 });
		expect([device.last.limitW, device.last.setW]).toEqual([2000, 2000]);
	});

	it("keeps to the tighter limit and to the site's set-point", () => {
		const device = new FakeActuator();
		const { own, site } = new SharedActuator(device);
		own.apply({ ...kFree, limitW: 3000, setW: 500, reactive: "pf", pf: 0.9 });
		expect(device.last.limitW).toBe(3000);
		site.apply({ ...kFree, limitW: 4000, setW: -200, chargeLimitW: 1000 });
		expect(device.last).toEqual({
			...kFree,
			limitW: 3000,
			setW: -200,
			chargeLimitW: 1000,
			reactive: "pf",
			pf: 0.9,
		});
		site.apply({ ...kFree, reactive: "var", setVar: 100, energize: false });
		expect(device.last).toEqual({
			...kFree,
			limitW: 3000,
			setW: 500,
			reactive: "var",
			setVar: 100,
			energize: false,
		});
		device.online = false;
		device.refuse = "no";
		expect([own.online, site.online, own.refuses?.("limitW", 1)]).toEqual([false, false, "no"]);
	});
});
