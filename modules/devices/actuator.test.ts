import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { unlimited } from "../sunspec/der/command";
import type { DerCommand } from "../sunspec/der/types";
import { Image } from "../sunspec/image";
import { TableActuator } from "./actuator";
import { Device, type ReadResult } from "./engine";
import { type DeviceTable, tableModels } from "./table";
import { tablePoints } from "./table-points";
import { validateTable } from "./validate";
import type { WriteOutcome, WriteRequest } from "./write";

const write = { fc: 16, min: 0, max: 120 } as const;
const inverter: DeviceTable = {
	id: "acme-inverter",
	maker: "Acme",
	model: "Inverter",
	kind: "inverter",
	sunspec: [1, 701, 702],
	eeprom: true,
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1 },
	functions: [3, 16],
	fc: 3,
	maxRead: 20,
	positive: "export",
	controls: [
		{ ability: "limitW", row: "limit", percentOf: "702.WMaxRtg" },
		{ ability: "limitW", row: "limit_on", active: 1, free: 0 },
		{ ability: "chargeLimitW", row: "charge", dividedBy: "@battery_voltage" },
		{ ability: "energize", row: "stop", k: -1, b: 1, free: 0 },
		{ ability: "pf", row: "mode", active: 1, free: 0 },
		{ ability: "setVar", row: "mode", active: 2, free: 0 },
		{ ability: "setW", row: "set" },
		{ ability: "pf", row: "pf" },
	],
	rows: [
		{ name: "rated", address: 0, type: "u16", unit: "W", point: "702.WMaxRtg", poll: "once", notAvailable: [0] },
		{ name: "battery_voltage", address: 1, type: "u16", k: 0.1, unit: "V", poll: "once", notAvailable: [0] },
		{ name: "power", address: 2, type: "s16", unit: "W", point: "W", poll: "fast" },
		{ name: "limit", address: 10, type: "u16", k: 0.1, unit: "%", access: "rw", write },
		{ name: "limit_on", address: 11, type: "u16", unit: "code", access: "rw", write: { fc: 16, min: 0, max: 1 } },
		{ name: "charge", address: 12, type: "u16", unit: "A", access: "rw", write: { fc: 16, min: 5, max: 185 } },
		{ name: "stop", address: 13, type: "u16", unit: "code", access: "rw", write: { fc: 16, min: 0, max: 1 } },
		{ name: "mode", address: 14, type: "u16", unit: "code", access: "rw", write: { fc: 16, min: 0, max: 2 } },
		{ name: "set", address: 15, type: "s16", unit: "W", access: "rw", write: { fc: 16, min: -5000, max: 5000 } },
		{ name: "pf", address: 16, type: "s16", k: 0.001, unit: "1", access: "rw", write: { fc: 16, min: -1, max: 1 } },
	],
	quirks: [],
	sources: ["none"],
	confidence: "unverified",
};

const none: DerCommand = unlimited();

const factory = { 0: 8000, 1: 500, 10: 1000, 12: 100, 16: 1000 };

/** An inverter of 8 kW with a battery of 50 V; its registers may be looked at and changed. */
function setUp(more: { table?: Partial<DeviceTable>; held?: Uint8Array; registers?: Map<number, number> } = {}) {
	const table = { ...inverter, ...more.table };
	expect(validateTable(table, tablePoints)).toEqual([]);
	const clock = new ManualClock();
	const registers = more.registers ?? new Map(Object.entries(factory).map(([at, word]) => [Number(at), word]));
	const device = new Device({ table, image: new Image(tableModels(table)), unit: 1 });
	const behaviour: { answers: boolean; exception: number } = { answers: true, exception: 0 };
	const log: string[] = [];
	const outcomes: WriteOutcome[] = [];
	let held: Uint8Array | undefined;
	const answer = (request: { function: number; address: number; count: number; values?: number[] }): ReadResult => {
		const data = new DataView(new ArrayBuffer(2 * request.count));
		const result = { status: "ok", exception: 0, data, startMs: clock.now(), endMs: clock.now() };
		if (!behaviour.answers) return { ...result, status: "timeout" };
		if (request.function === 16) {
			log.push(`${clock.now()} ${request.address}=${request.values![0]}`);
			if (behaviour.exception > 0) return { ...result, status: "exception", exception: behaviour.exception };
			registers.set(request.address, request.values![0]!);
		}
		for (let i = 0; i < request.count; i++) data.setUint16(2 * i, registers.get(request.address + i) ?? 0);
		return result;
	};
	const poll = (): void => {
		for (let request = device.nextRead(clock.now()); request; request = device.nextRead(clock.now())) {
			device.onResult(answer(request));
		}
	};
	const actuator = new TableActuator({
		device,
		clock,
		client: {
			request(request: WriteRequest) {
				clock.setTimer(() => request.onResult(answer(request)), 20);
			},
		},
		...(more.held ? { held: more.held } : {}),
		onHeld: (bytes) => {
			held = bytes;
		},
		onOutcome: (outcome) => outcomes.push(outcome),
	});
	poll();
	const apply = (command: Partial<DerCommand>): void => actuator.apply({ ...none, ...command });
	return { table, clock, registers, device, behaviour, log, outcomes, actuator, apply, poll, held: () => held };
}

describe("a table's controls", () => {
	it("are its abilities, each once; with EEPROM it does not follow the grid", () => {
		const { actuator } = setUp();
		expect(actuator.abilities).toEqual(["limitW", "chargeLimitW", "energize", "pf", "setVar", "setW"]);
		expect(actuator.continuous).toBe(false);
		expect(setUp({ table: { eeprom: false } }).actuator.continuous).toBe(true);
	});

	it("leave alone what no command asks for", () => {
		const { apply, clock, log } = setUp();
		apply({});
		clock.advance(60_000);
		expect(log).toEqual([]);
	});

	it("write a limit as percent of the rating, with its switch", () => {
		const { apply, clock, registers, outcomes } = setUp();
		apply({ limitW: 2000 });
		clock.advance(1000);
		expect([registers.get(10), registers.get(11)]).toEqual([250, 1]);
		expect(outcomes.map((one) => [one.row, one.result, one.value])).toEqual([
			["limit", "accepted", 25],
			["limit_on", "accepted", 1],
		]);
	});

	it("round a limit down, and hold it within the device's range", () => {
		const { apply, clock, registers } = setUp({ table: { eeprom: false } });
		apply({ limitW: 2007.9, chargeLimitW: 3999 });
		clock.advance(1000);
		expect([registers.get(10), registers.get(12)]).toEqual([250, 79]);
		apply({ limitW: 100_000, chargeLimitW: 0 });
		clock.advance(1000);
		expect([registers.get(10), registers.get(12)]).toEqual([1200, 5]);
	});

	it("make amperes of watts by the battery's voltage", () => {
		const { apply, clock, registers } = setUp();
		apply({ chargeLimitW: 2000 });
		clock.advance(1000);
		expect(registers.get(12)).toBe(40);
	});

	it("turn off and on again", () => {
		const { apply, clock, registers } = setUp();
		apply({ energize: false });
		clock.advance(1000);
		expect(registers.get(13)).toBe(1);
		apply({});
		clock.advance(20_000);
		expect(registers.get(13)).toBe(0);
	});

	it("share a mode register: power factor, reactive power, neither", () => {
		const { apply, clock, registers } = setUp();
		apply({ reactive: "pf", pf: -0.95 });
		clock.advance(1000);
		expect([registers.get(14), registers.get(16)]).toEqual([1, 0x10000 - 950]);
		apply({ reactive: "var", setVar: 500 });
		clock.advance(20_000);
		expect([registers.get(14), registers.get(16)]).toEqual([2, 1000]);
		apply({});
		clock.advance(20_000);
		expect(registers.get(14)).toBe(0);
	});

	it("send a set-point in both directions", () => {
		const { apply, clock, registers } = setUp({ table: { eeprom: false } });
		apply({ setW: -1234.4 });
		clock.advance(100);
		expect(registers.get(15)).toBe(0x10000 - 1234);
	});
});

describe("what the device held before", () => {
	it("comes back when the command asks for nothing any more", () => {
		const { apply, clock, registers } = setUp();
		apply({ limitW: 2000, chargeLimitW: 500 });
		clock.advance(1000);
		expect([registers.get(10), registers.get(12)]).toEqual([250, 10]);
		apply({});
		clock.advance(30_000);
		expect([registers.get(10), registers.get(11), registers.get(12)]).toEqual([1000, 0, 100]);
	});

	it("is not overwritten by what it holds already", () => {
		const { apply, clock, log, outcomes } = setUp();
		apply({ limitW: 8000 });
		clock.advance(60_000);
		expect(log).toEqual([expect.stringContaining(" 11=1")]);
		expect(outcomes).toHaveLength(1);
	});

	it("is known over a restart: a limit that went on is not written again, and released it is given back", () => {
		const first = setUp();
		first.apply({ limitW: 2000 });
		first.clock.advance(1000);
		const held = first.held()!;
		first.actuator.close();
		const second = setUp({ held, registers: first.registers });
		second.apply({ limitW: 2000 });
		second.clock.advance(60_000);
		expect(second.log).toEqual([]);
		second.apply({});
		second.clock.advance(60_000);
		expect([second.registers.get(10), second.registers.get(11)]).toEqual([1000, 0]);
	});

	it("comes back after a restart without any command", () => {
		const first = setUp();
		first.apply({ limitW: 2000 });
		first.clock.advance(1000);
		const second = setUp({ held: first.held()!, registers: first.registers });
		// the command of the site may come late
		second.clock.advance(100_000);
		expect(second.log).toEqual([]);
		second.clock.advance(60_000);
		expect([second.registers.get(10), second.registers.get(11)]).toEqual([1000, 0]);
		expect([...second.held()!]).toEqual([...setUp().actuator.held]);
	});

	it("is not given back to a device that comes back later than the hub, before it can be commanded again", () => {
		const first = setUp();
		first.apply({ limitW: 2000 });
		first.clock.advance(1000);
		const second = setUp({ held: first.held()!, registers: first.registers });
		second.device.lineDown(second.clock.now());
		second.clock.advance(600_000);
		second.poll();
		second.actuator.resume();
		second.clock.advance(60_000);
		expect(second.log).toEqual([]);
		second.apply({ limitW: 2000 });
		second.clock.advance(600_000);
		expect([second.registers.get(10), second.registers.get(11)]).toEqual([250, 1]);
	});

	it("is the highest limit where the device had none, in a code that is not written", () => {
		const { apply, clock, registers } = setUp();
		registers.set(12, 255);
		apply({ chargeLimitW: 500 });
		clock.advance(1000);
		expect(registers.get(12)).toBe(10);
		apply({});
		clock.advance(20_000);
		expect(registers.get(12)).toBe(185);
	});

	it("kept of another table is not used", () => {
		const { clock, log, actuator } = setUp({ held: new Uint8Array(8) });
		clock.advance(60_000);
		expect(log).toEqual([]);
		expect(actuator.held).toHaveLength(7 * 8);
	});
});

describe("EEPROM", () => {
	it("is written at most once in 10 s a row, and the last value wins", () => {
		const { apply, clock, registers, log } = setUp();
		for (let i = 0; i < 300; i++) {
			apply({ limitW: 2000 + 80 * (i % 50) });
			clock.advance(100);
		}
		clock.advance(60_000);
		const limits = log.filter((one) => one.includes(" 10="));
		expect(limits.length).toBeLessThanOrEqual(5);
		const times = limits.map((one) => Number(one.split(" ")[0]));
		for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(10_000);
		expect(registers.get(10)).toBe(250 + 10 * 49);
		expect(log.filter((one) => one.includes(" 11="))).toEqual([expect.stringContaining("11=1")]);
	});

	it("is left alone when the value is back before its turn", () => {
		const { apply, clock, log } = setUp();
		apply({ limitW: 2000 });
		clock.advance(1000);
		apply({ limitW: 3000 });
		apply({ limitW: 2000 });
		clock.advance(60_000);
		expect(log).toHaveLength(2);
	});

	it("that is none: every change goes out", () => {
		const { apply, clock, log } = setUp({ table: { eeprom: false } });
		for (let i = 0; i < 10; i++) {
			apply({ limitW: 2000 + 80 * i });
			clock.advance(100);
		}
		expect(log.filter((one) => one.includes(" 10="))).toHaveLength(10);
	});
});

describe("a device that does not do it", () => {
	it("is asked before: refuses() names row and range", () => {
		const { actuator, device } = setUp();
		expect(actuator.refuses("limitW", 2000)).toBeUndefined();
		// more than it can is no limit to refuse
		expect(actuator.refuses("limitW", 50_000)).toBeUndefined();
		expect(actuator.refuses("limitW", Number.POSITIVE_INFINITY)).toBeUndefined();
		expect(actuator.refuses("limitW", -100)).toMatch(/limit: -1.* 0 to 120/);
		expect(actuator.refuses("chargeLimitW", 100)).toMatch(/charge: 2 is not allowed; 5 to 185/);
		expect(actuator.refuses("setW", 5001)).toMatch(/set: 5001/);
		expect(actuator.refuses("energize", 0)).toBeUndefined();
		expect(actuator.refuses("setVar", 1)).toBeUndefined();
		expect(device.online).toBe(true);
	});

	it("refuses while its rating is not known, and is told once it is", () => {
		const registers = new Map<number, number>();
		const { actuator, apply, clock, registers: held, poll, device } = setUp({ registers });
		expect(actuator.refuses("limitW", 2000)).toBe("702.WMaxRtg of the device is not known");
		expect(actuator.refuses("chargeLimitW", 2000)).toBe("@battery_voltage of the device is not known");
		apply({ limitW: 2000, chargeLimitW: 1000 });
		clock.advance(5000);
		expect(held.get(10)).toBeUndefined();
		held.set(0, 8000).set(1, 500);
		device.lineDown(clock.now());
		poll();
		clock.advance(2000);
		expect([held.get(10), held.get(12)]).toEqual([250, 20]);
	});

	it("rejects with its reason, three times, and then no more until something else is wanted", () => {
		const { apply, clock, behaviour, outcomes, log, registers } = setUp();
		behaviour.exception = 3;
		apply({ chargeLimitW: 2000 });
		clock.advance(120_000);
		expect(outcomes).toHaveLength(3);
		expect(outcomes[0]).toEqual({
			result: "rejected",
			reason: "the device does not allow the value",
			row: "charge",
			value: 40,
		});
		expect(log).toHaveLength(3);
		behaviour.exception = 0;
		apply({ chargeLimitW: 2500 });
		clock.advance(20_000);
		expect(registers.get(12)).toBe(50);
	});

	it("that is gone is told when it is back, and read before", () => {
		const { apply, clock, behaviour, outcomes, registers, device, actuator, poll } = setUp();
		behaviour.answers = false;
		apply({ chargeLimitW: 2000 });
		clock.advance(1000);
		expect(outcomes.at(-1)).toMatchObject({ result: "timeout", row: "charge" });
		device.lineDown(clock.now());
		expect(actuator.online).toBe(false);
		const before = outcomes.length;
		clock.advance(600_000);
		expect(outcomes).toHaveLength(before);
		behaviour.answers = true;
		poll();
		actuator.resume();
		clock.advance(1000);
		expect(registers.get(12)).toBe(40);
		// the owner's value was read before it was overwritten
		apply({});
		clock.advance(20_000);
		expect(registers.get(12)).toBe(100);
	});

	it("that lost its settings while it was gone gets them again", () => {
		const { apply, clock, registers, actuator, log } = setUp();
		apply({ chargeLimitW: 2000 });
		clock.advance(20_000);
		actuator.resume();
		clock.advance(20_000);
		expect(log).toHaveLength(1);
		registers.set(12, 185);
		actuator.resume();
		clock.advance(20_000);
		expect(registers.get(12)).toBe(40);
	});

	it("that holds another value than was written is told again, and reported", () => {
		const { apply, clock, outcomes, registers } = setUp();
		const set = registers.set.bind(registers);
		registers.set = (at, value) => set(at, at === 12 ? 30 : value);
		apply({ chargeLimitW: 2000 });
		clock.advance(120_000);
		expect(outcomes.map((one) => one.reason)).toEqual(new Array(3).fill("the device holds another value"));
	});
});

it("does nothing after close()", () => {
	const { apply, clock, log, actuator } = setUp();
	actuator.close();
	actuator.close();
	apply({ limitW: 2000 });
	clock.advance(60_000);
	expect(log).toEqual([]);
});
