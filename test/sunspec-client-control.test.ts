import { describe, expect, it } from "vitest";
import { ManualClock } from "../modules/base/manual-clock";
import { SunSpecActuator } from "../modules/devices/sunspec-actuator";
import { SunSpecDevice } from "../modules/devices/sunspec-device";
import type { WriteClient, WriteOutcome, WriteRequest } from "../modules/devices/write";
import type { RegisterSpace } from "../modules/modbus/respond";
import { BusScheduler } from "../modules/site/scheduler";
import type { DerCommand } from "../modules/sunspec/der/types";
import { Image } from "../modules/sunspec/image";
import type { SimDer } from "../sim/der-base";
import { GridBattery } from "../sim/der-battery";
import { PvInverter } from "../sim/der-inverter";
import { NativeHybrid } from "../sim/der-native";
import { SunSpecSlave } from "../sim/sunspec-slave";

const free: DerCommand = {
	energize: true,
	limitW: Infinity,
	setW: Number.NaN,
	chargeLimitW: Infinity,
	dischargeLimitW: Infinity,
	reactive: "none",
	pf: 1,
	setVar: 0,
};

/** A line of 20 ms a request to one simulated DER. */
class Line implements WriteClient {
	readonly clock: ManualClock;
	readonly space: RegisterSpace;
	/** Requests that write. */
	written: string[] = [];
	down = false;
	#queue: WriteRequest[] = [];
	#busy = false;

	constructor(clock: ManualClock, slave: SunSpecSlave) {
		this.clock = clock;
		this.space = slave.space(() => clock.now());
	}

	request(request: WriteRequest): void {
		this.#queue.push(request);
		this.#next();
	}

	#next(): void {
		const request = this.#queue[0];
		if (this.#busy || request === undefined) return;
		this.#busy = true;
		const startMs = this.clock.now();
		this.clock.setTimer(() => {
			this.#busy = false;
			this.#queue.shift();
			const data = new DataView(new ArrayBuffer(250));
			const { unit, address, count, values } = request;
			let exception = 0;
			if (!this.down && request.function === 3) {
				exception = this.space.readRegisters!(unit, false, address, count, data, 0);
			} else if (!this.down) {
				this.written.push(`${address}:${values.join(",")}`);
				values.forEach((word, i) => {
					data.setUint16(2 * i, word);
				});
				exception = this.space.writeRegisters!(unit, address, values.length, data, 0);
			}
			const status = this.down ? "timeout" : exception === 0 ? "ok" : "exception";
			request.onResult({ status, exception, data, startMs, endMs: this.clock.now() });
			this.#next();
		}, 20);
	}
}

function setup<D extends SimDer>(der: D) {
	const clock = new ManualClock();
	const line = new Line(clock, new SunSpecSlave({ unit: 3, der }));
	const device = new SunSpecDevice({ unit: 3, onFound: (models, self) => self.attach(new Image(models)) });
	const polls = new BusScheduler({
		client: {
			request: (request) => line.request({ ...request, values: [], onResult: (result) => request.onResult(result) }),
		},
		devices: [device],
		clock,
	});
	polls.start();
	clock.advance(3000);
	const outcomes: WriteOutcome[] = [];
	const actuator = new SunSpecActuator({ device, client: line, clock, onOutcome: (one) => outcomes.push(one) });
	const at = (seconds: number) => {
		clock.advance(seconds * 1000);
		der.advance(clock.now());
		return der;
	};
	return { der, clock, line, device, actuator, outcomes, at, polls };
}

const bright = () => setup(new PvInverter({ ratedW: 10_000, peakW: 12_000, sun: () => 0.9, startDelayMs: 0 }));

describe("a found inverter under 123", () => {
	it("can be told what it has", () => {
		const { actuator } = bright();
		expect([...actuator.abilities].sort()).toEqual(["energize", "limitW", "pf", "setVar"]);
		expect(actuator.online).toBe(true);
	});

	it("is not touched while nothing is asked of it", () => {
		const { actuator, line, at } = bright();
		actuator.apply(free);
		at(100);
		expect(line.written).toEqual([]);
	});

	it("holds a limit for as long as the hub lives, and falls back by itself after", () => {
		const { actuator, line, outcomes, at } = bright();
		actuator.apply({ ...free, limitW: 4000 });
		expect(at(2).powerW).toBeCloseTo(4000, 0);
		expect(outcomes.map(({ row, result }) => `${row} ${result}`)).toContain("123.WMaxLimPct accepted");
		const told = outcomes.length;
		expect(at(600).powerW).toBeCloseTo(4000, 0);
		expect(line.written.length).toBeGreaterThan(25);
		expect(outcomes).toHaveLength(told);
		actuator.close();
		expect(at(35).powerW).toBeCloseTo(4000, 0);
		expect(at(30).powerW).toBeGreaterThan(9000);
		expect(at(1).get("123.WMaxLim_Ena")).toBe(0);
	});

	it("gives the limit back when nothing is asked any more, and rests", () => {
		const { actuator, line, at } = bright();
		actuator.apply({ ...free, limitW: 3000 });
		at(5);
		actuator.apply(free);
		expect(at(3).powerW).toBeGreaterThan(9000);
		line.written = [];
		at(100);
		expect(line.written).toEqual([]);
	});

	it("never lets more through than asked: a limit is rounded down", () => {
		const { actuator, at } = bright();
		actuator.apply({ ...free, limitW: 3336.7 });
		expect(at(2).powerW).toBeLessThanOrEqual(3336.7);
		expect(at(2).powerW).toBeGreaterThan(3200);
	});

	it("does not write again what the registers cannot show", () => {
		const { actuator, line, at } = bright();
		actuator.apply({ ...free, limitW: 4000.02 });
		at(2);
		const written = line.written.length;
		for (let i = 0; i < 10; i++) actuator.apply({ ...free, limitW: 4000.02 + i / 1000 });
		at(2);
		expect(line.written).toHaveLength(written);
		actuator.apply({ ...free, limitW: 4500 });
		at(2);
		expect(line.written.length).toBeGreaterThan(written);
	});

	it("takes power factor and reactive power", () => {
		const { actuator, at } = bright();
		actuator.apply({ ...free, limitW: 6000, reactive: "pf", pf: -0.9 });
		// under-excited is positive there (EEI)
		expect(at(2).get("123.OutPFSet")).toBe(0.9);
		expect(at(2).reactiveVar / at(2).apparentVA).toBeCloseTo(-Math.sqrt(1 - 0.81), 2);
		actuator.apply({ ...free, limitW: 6000, reactive: "var", setVar: 2000 });
		expect(at(3).reactiveVar).toBeCloseTo(2000, -2);
		expect(at(1).get("123.OutPFSet_Ena")).toBe(0);
		expect(actuator.refuses("setVar", 1e6)).toContain("is not allowed");
	});

	it("goes off the grid, and stays off without the hub", () => {
		const { actuator, at } = bright();
		actuator.apply({ ...free, energize: false });
		expect(at(2).powerW).toBe(0);
		actuator.close();
		expect(at(3600).powerW).toBe(0);
	});

	it("tells it again when it was away", () => {
		const { actuator, line, at, device } = bright();
		actuator.apply({ ...free, limitW: 4000 });
		at(2);
		line.down = true;
		at(200);
		expect(device.online).toBe(false);
		expect(actuator.online).toBe(false);
		line.down = false;
		at(90);
		actuator.resume();
		expect(at(2).powerW).toBeCloseTo(4000, 0);
	});

	it("switches off after a restart what it has switched on before, unless that is asked for again", () => {
		const { clock, line, device, at } = bright();
		let held: Uint8Array | undefined;
		// a device without a reversion time of its own keeps what it was told
		const options = { device, client: line, clock, revertS: 1e5, onHeld: (bytes: Uint8Array) => (held = bytes) };
		const first = new SunSpecActuator(options);
		first.apply({ ...free, limitW: 4000 });
		at(2);
		expect(held).toEqual(Uint8Array.of(2));
		first.close();
		const second = new SunSpecActuator({ ...options, held });
		expect(at(100).powerW).toBeCloseTo(4000, 0);
		second.apply({ ...free, limitW: 4000 });
		expect(at(300).powerW).toBeCloseTo(4000, 0);
		second.close();
		const third = new SunSpecActuator({ ...options, held });
		expect(at(100).powerW).toBeCloseTo(4000, 0);
		expect(at(50).powerW).toBeGreaterThan(9000);
		expect(held).toEqual(Uint8Array.of(0));
		third.close();
		new SunSpecActuator({ ...options, held: Uint8Array.of(1) }).apply(free);
		expect(at(2).powerW).toBeGreaterThan(9000);
	});

	it("is told also when it refuses reads of more than 20 registers; what cannot be read is reported", () => {
		const { clock, line, device, at } = bright();
		const read = line.space.readRegisters!.bind(line.space);
		let most = 20;
		line.space.readRegisters = (unit, input, address, count, out, offset) =>
			count > most ? 3 : read(unit, input, address, count, out, offset);
		const outcomes: WriteOutcome[] = [];
		const options = { device, client: line, clock, onOutcome: (one: WriteOutcome) => outcomes.push(one) };
		new SunSpecActuator(options).apply({ ...free, limitW: 4000 });
		expect(at(5).powerW).toBeCloseTo(4000, 0);
		expect(outcomes.filter(({ row }) => row === "model")).toEqual([]);
		outcomes.length = 0;
		most = 2;
		new SunSpecActuator(options).apply({ ...free, limitW: 3000 });
		at(5);
		expect(outcomes).toContainEqual({
			result: "rejected",
			reason: "reading it: exception 3",
			row: "model",
			value: 120,
		});
	});

	it("says when the device refuses", () => {
		const { der, actuator, outcomes, at } = bright();
		der.onWrite = () => 3;
		actuator.apply({ ...free, limitW: 4000 });
		at(2);
		expect(outcomes[0]).toMatchObject({ result: "rejected", reason: "the device does not allow the value" });
		const first = outcomes.length;
		at(15);
		expect(outcomes.length).toBeGreaterThan(first);
	});
});

describe("a found battery under 124", () => {
	const battery = () =>
		setup(new GridBattery({ ratedW: 5000, capacityWh: 10_000, socPct: 50, demandW: () => 0, startDelayMs: 0 }));

	it("can be told what it has", () => {
		const { actuator } = battery();
		expect(actuator.abilities).toEqual(expect.arrayContaining(["setW", "chargeLimitW", "dischargeLimitW"]));
	});

	it.each([-2000, 1500])("has %i W when told so, and falls back without the hub", (setW) => {
		const { actuator, at } = battery();
		actuator.apply({ ...free, setW });
		expect(at(5).powerW).toBeCloseTo(setW, -2);
		expect(at(300).powerW).toBeCloseTo(setW, -2);
		actuator.close();
		expect(Math.abs(at(90).powerW)).toBeLessThan(50);
		expect(at(1).get("124.StorCtl_Mod")).toBe(0);
	});

	it("limits charging and discharging", () => {
		const { actuator, at } = setup(
			new GridBattery({ ratedW: 5000, capacityWh: 10_000, socPct: 50, demandW: () => 4000, startDelayMs: 0 }),
		);
		const before = at(5).powerW;
		expect(before).toBeGreaterThan(3000);
		actuator.apply({ ...free, dischargeLimitW: 1000, chargeLimitW: 500 });
		expect(at(5).powerW).toBeCloseTo(1000, -2);
		expect(at(1).get("124.InWRte")).toBe(10);
		expect(at(1).get("124.StorCtl_Mod")).toBe(3);
		expect(actuator.refuses("setW", 9000)).toContain("-5000 to 5000");
	});
});

describe("a found DER with its own 704", () => {
	it("takes set-point and limit there", () => {
		const { actuator, at, der } = setup(new NativeHybrid({ startDelayMs: 0 }));
		expect(actuator.abilities).toContain("limitW");
		const most = der.get("702.WMaxRtg");
		actuator.apply({ ...free, limitW: most / 4 });
		at(3);
		expect(der.get("704.WMaxLimPctEna")).toBe(1);
		expect(der.get("704.WMaxLimPct")).toBe(25);
		expect(der.get("704.WMaxLimPctRvrtTms")).toBe(60);
		actuator.apply(free);
		at(3);
		expect(der.get("704.WMaxLimPctEna")).toBe(0);
	});
});
