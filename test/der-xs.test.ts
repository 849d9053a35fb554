/** What the controls of a DER cost on the engine of the device. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";

interface OnXs {
	/** Makes an image with the models of a DER, those of curves too; bytes of it. */
	image(withCurves?: boolean): number;
	/** Begins the controls of the image made last. */
	der(): void;
	close(): void;
	/** A client's request for one point: 0 or the exception. */
	write(model: number, name: string, raw: number): number;
	measure(watts: number): void;
	second(): void;
	/** Limits that the device was told. */
	told(): number[];
}

const source = `
	import { Image } from "modules/sunspec/image";
	import { SunSpecSpace } from "modules/sunspec/server";
	import { Der } from "modules/sunspec/der/der";

	let now = 0;
	let timers = [];
	const clock = {
		now: () => now,
		epochMs: () => undefined,
		setTimer(callback, delayMs) {
			const timer = { callback, dueMs: now + delayMs };
			timers.push(timer);
			return timer;
		},
		clearTimer(id) { timers = timers.filter((timer) => timer !== id); },
	};
	const limits = [];
	const actuator = {
		abilities: ["energize", "limitW", "setW", "chargeLimitW", "dischargeLimitW", "pf", "setVar"],
		continuous: true,
		online: true,
		apply(command) { limits.push(command.limitW); },
	};
	const store = { load() {}, save(unit, bytes) {} };
	let last, der, address;
	const space = new SunSpecSpace({
		clock,
		onWrite: (unit, image, point, value) => der.onWrite(point, value),
		onCheck: (unit, image, points, values) => der.onCheck(points, values),
		onWritten: (unit, image, points) => der.onWritten(points),
	});
	function put(model, name, raw) {
		for (const place of last.models) {
			if (place.id !== model) continue;
			const handle = new Image([{ id: model }]);
			handle.eachPoint((point) => {
				if (point.name === name && point.group === "") address = place.address + point.address - 40002;
			});
		}
		return address;
	}
	const curves = [
		{ id: 705, repeats: { NCrv: 3, NPt: 4 } },
		{ id: 706, repeats: { NCrv: 3, NPt: 2 } },
		{ id: 707, repeats: { NCrvSet: 2, NPt: 5 } },
		{ id: 708, repeats: { NCrvSet: 2, NPt: 5 } },
		{ id: 709, repeats: { NCrvSet: 2, NPt: 5 } },
		{ id: 710, repeats: { NCrvSet: 2, NPt: 5 } },
		{ id: 711, repeats: { NCtl: 3 } },
		{ id: 712, repeats: { NCrv: 3, NPt: 6 } },
	];
	export function image(withCurves) {
		const models = [1, 701, 702, 703, 704, 713, 715, 121, 123, 124].map((id) => ({ id }));
		last = new Image(withCurves ? [...models, ...curves] : models);
		last.registers.setInt16(2 * (put(702, "W_SF") - last.base), 0);
		last.registers.setUint16(2 * (put(702, "WMaxRtg") - last.base), 10000);
		last.registers.setInt16(2 * (put(701, "W_SF") - last.base), 0);
		space.remove(1);
		space.add(1, last);
		return last.registers.byteLength;
	}
	export function der_() { der = new Der({ image: last, unit: 1, actuator, clock, store }); }
	export { der_ as der };
	export function close() { der.close(); der = undefined; }
	export function write(model, name, raw) {
		const bytes = new DataView(new ArrayBuffer(2));
		bytes.setUint16(0, raw);
		return space.writeRegisters(1, put(model, name), 1, bytes, 0);
	}
	export function measure(watts) {
		last.registers.setInt16(2 * (last.models[1].address + 10 - last.base), watts);
		der.measured();
	}
	export function second() {
		now += 1000;
		const due = timers.filter((timer) => timer.dueMs <= now);
		timers = timers.filter((timer) => timer.dueMs > now);
		for (const timer of due) timer.callback();
	}
	export function told() { return limits.slice(); }
`;

describe("the controls of a DER on XS", () => {
	let machine: TestMachine;
	let xs: OnXs;

	beforeAll(() => {
		machine = createTestMachine({
			preload: ["modules/sunspec/der/der", "modules/sunspec/image", "modules/sunspec/server"],
			sources: { der: source },
		});
		xs = machine.importModule("der") as OnXs;
		// what the first one brings along, such as compiled regular expressions, is not counted
		xs.image();
		xs.der();
		xs.close();
	});
	afterAll(() => machine.finish());

	const held = (): number => {
		machine.collect();
		const { slots, chunkBytes } = machine.counters();
		return 16 * slots + chunkBytes;
	};
	const cost = (run: () => void): number => {
		const start = machine.counters().byteCodes;
		run();
		return machine.counters().byteCodes - start;
	};

	it.each([
		["with curves", true, 7680],
		["without curves", false, 5632],
	])("%s: is no more beside the image than", (what, withCurves, most) => {
		const image = xs.image(withCurves);
		const before = held();
		xs.der();
		const bytes = held() - before;
		console.log(`controls of one DER ${what}: ${bytes} bytes, its image ${image}`);
		expect(bytes).toBeLessThan(most);
		if (!withCurves) return;
		for (const id of [705, 706, 707, 708, 709, 710, 711, 712]) expect(xs.write(id, "Ena", 1)).toBe(0);
		for (let i = 0; i < 3; i++) xs.second();
		console.log(`a second with all functions: ${cost(() => xs.second())} byte codes`);
		xs.close();
	});

	it("limits, reverts and counts as in Node", () => {
		expect(xs.write(704, "WMaxLimPct", 10_001)).toBe(3);
		expect(xs.write(704, "WMaxLimPct", 5000)).toBe(0);
		expect(xs.write(123, "WMaxLimPct_RvrtTms", 3)).toBe(0);
		expect(xs.write(704, "WMaxLimPctEna", 1)).toBe(0);
		for (let i = 0; i < 3; i++) xs.second();
		expect(xs.told()).toEqual([5000, Number.POSITIVE_INFINITY]);
	});

	it("takes a few thousand byte codes a second", () => {
		for (let i = 0; i < 3; i++) xs.second();
		const second = cost(() => xs.second());
		xs.write(704, "WMaxLimPctEna", 1);
		const saving = cost(() => xs.second());
		const running = cost(() => xs.second());
		console.log(`saving ${saving}`);
		console.log(`measured ${cost(() => xs.measure(4000))} again ${cost(() => xs.measure(4000))}`);
		console.log(`a second: ${second} byte codes, with a reversion time ${running}`);
		expect(running).toBeLessThan(20_000);
	});
});
