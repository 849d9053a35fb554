import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { Image } from "../sunspec/image";
import { TableActuator } from "./actuator";
import { Device, type ReadResult } from "./engine";
import { KeepAliveWriter } from "./keep-alive";
import { RowWriter } from "./row-writer";
import { type DeviceTable, findRow, tableModels } from "./table";
import { base } from "./testing/hybrid";
import type { WriteOutcome, WriteRequest } from "./write";

const write = { fc: 16, min: 0, max: 100 } as const;
const table: DeviceTable = {
	...base,
	rows: [
		{ name: "limit", address: 10, type: "u16", unit: "%", access: "rw", write, point: "713.SoC", poll: "slow" },
		{ name: "left", address: 11, type: "u16", unit: "%", access: "rw", write, point: "713.SoH", poll: "slow" },
		{ name: "other", address: 12, type: "u16", unit: "%", access: "rw", write },
	],
	keepAlive: [
		{ row: "limit", everyS: 25, safe: 6, holdS: 300 },
		{ row: "left", everyS: 10 },
	],
	fixed: {},
};

/** A device that answers at once as long as it is not `mute`; what was written, with the second. */
function setUp(own: Partial<DeviceTable> = {}) {
	const clock = new ManualClock();
	const used = { ...table, ...own };
	const device = new Device({ table: used, image: new Image(tableModels(used)), unit: 1 });
	const registers = new Map<number, number>();
	const state = { mute: false, refuses: false };
	const written: string[] = [];
	const outcomes: WriteOutcome[] = [];
	const reply = (address: number, count: number, status = "ok"): ReadResult => {
		const data = new DataView(new ArrayBuffer(2 * count));
		for (let i = 0; i < count; i++) data.setUint16(2 * i, registers.get(address + i) ?? 0);
		return { status, exception: status === "exception" ? 3 : 0, data, startMs: clock.now(), endMs: clock.now() };
	};
	const client = {
		request(request: WriteRequest): void {
			if (request.function === 16) {
				written.push(`${clock.now() / 1000} ${request.address}=${request.values[0]}`);
				if (!state.mute && !state.refuses) registers.set(request.address, request.values[0]!);
			}
			const status = state.mute ? "timeout" : state.refuses && request.function === 16 ? "exception" : "ok";
			const { address, count } = request;
			clock.setTimer(() => request.onResult(reply(address, count, status)), 1);
		},
	};
	const options = { device, client, clock, onOutcome: (outcome: WriteOutcome) => void outcomes.push(outcome) };
	const keepAlive = new KeepAliveWriter(options);
	const writer = new RowWriter({ ...options, keepAlive });
	const poll = (status = "ok"): void => {
		for (let one = device.nextRead(clock.now()); one; one = device.nextRead(clock.now()))
			device.onResult(reply(one.address, one.count, status));
	};
	poll();
	const command = (row: string, value: number): void => writer.write(findRow(used, row)!, value);
	return { clock, device, state, registers, written, outcomes, keepAlive, writer, command, poll, client };
}

describe("a row that is to be kept alive", () => {
	it("is written again each period as long as the command holds", () => {
		const { clock, command, written, outcomes } = setUp();
		clock.advance(1000);
		command("limit", 40);
		clock.advance(80_000);
		expect(written).toEqual(["1 10=40", "26.002 10=40", "51.004 10=40", "76.006 10=40"]);
		expect(outcomes.map(({ result }) => result)).toEqual(["accepted"]);
	});

	it("is not written before anybody commands, nor after a start of the hub, nor when it is not in the list", () => {
		const { clock, written, command, keepAlive } = setUp();
		clock.advance(600_000);
		expect(written).toEqual([]);
		expect(keepAlive.value("limit")).toBeNaN();
		command("other", 7);
		clock.advance(600_000);
		expect(written).toEqual(["600 12=7"]);
	});

	it("falls to its safe value when the command is not given again in time", () => {
		const { clock, command, written, registers, outcomes, keepAlive } = setUp();
		command("limit", 40);
		clock.advance(299_000);
		expect(registers.get(10)).toBe(40);
		clock.advance(2000);
		expect(registers.get(10)).toBe(6);
		expect(outcomes.map(({ result, value }) => `${result} ${value}`)).toEqual(["accepted 40", "accepted 6"]);
		expect(keepAlive.value("limit")).toBeNaN();
		const before = written.length;
		clock.advance(600_000);
		expect(written).toHaveLength(before);
	});

	it("holds on when the command is given again", () => {
		const { clock, command, registers } = setUp();
		for (let i = 0; i < 6; i++) {
			command("limit", 40);
			clock.advance(200_000);
		}
		expect(registers.get(10)).toBe(40);
	});

	it("gets its safe value when the command is withdrawn; one without a safe value is left to the device", () => {
		const { clock, command, keepAlive, registers, written } = setUp();
		command("limit", 40);
		command("left", 30);
		clock.advance(1000);
		keepAlive.withdraw("limit");
		keepAlive.withdraw("left");
		clock.advance(100_000);
		expect([registers.get(10), registers.get(11)]).toEqual([6, 30]);
		expect(written).toEqual(["0 10=40", "0 11=30", "1 10=6"]);
	});

	it("of which the device does not take the safe value is tried until it does", () => {
		const { clock, command, keepAlive, registers, state, outcomes } = setUp();
		command("limit", 40);
		clock.advance(1000);
		state.mute = true;
		keepAlive.withdraw("limit");
		clock.advance(60_000);
		expect(registers.get(10)).toBe(40);
		state.mute = false;
		clock.advance(6000);
		expect(registers.get(10)).toBe(6);
		expect(outcomes.map(({ result }) => result)).toEqual(["accepted", "timeout", "accepted"]);
	});

	it("that is not answered is told once, and once that it is well again", () => {
		const { clock, command, state, outcomes } = setUp();
		command("limit", 40);
		clock.advance(1000);
		outcomes.length = 0;
		state.mute = true;
		clock.advance(100_000);
		const reason = "keep-alive: the device did not answer the read-back";
		expect(outcomes).toEqual([{ result: "timeout", reason, row: "limit", value: 40 }]);
		state.mute = false;
		clock.advance(30_000);
		expect(outcomes).toHaveLength(2);
		expect(outcomes[1]).toMatchObject({ result: "accepted", value: 40 });
	});

	it("waits for a device that does not answer at all, and is written as soon as it is back", () => {
		const { clock, command, device, written, keepAlive, poll } = setUp();
		command("limit", 40);
		clock.advance(1000);
		device.lineDown(clock.now());
		clock.advance(100_000);
		expect(written).toHaveLength(1);
		poll();
		keepAlive.resume();
		clock.advance(1);
		expect(written).toEqual(["0 10=40", "101 10=40"]);
	});

	it("stays at what it was when another value is refused", () => {
		const { clock, command, state, registers, written, outcomes } = setUp();
		command("limit", 40);
		clock.advance(1000);
		state.refuses = true;
		command("limit", 90);
		clock.advance(1000);
		state.refuses = false;
		clock.advance(30_000);
		expect(outcomes.map(({ result, value }) => `${result} ${value}`)).toEqual(["accepted 40", "rejected 90"]);
		expect(registers.get(10)).toBe(40);
		expect(written.at(-1)).toBe("25.002 10=40");
	});

	it("a write under way when another value comes is no failure", () => {
		const { clock, command, outcomes, registers } = setUp();
		command("limit", 40);
		// in the middle of the second write, before its read-back
		clock.advance(25_003);
		command("limit", 50);
		clock.advance(1000);
		expect(outcomes.map(({ result, value }) => `${result} ${value}`)).toEqual(["accepted 40", "accepted 50"]);
		expect(registers.get(10)).toBe(50);
	});

	it("is left alone once it is closed", () => {
		const { clock, command, keepAlive, written } = setUp();
		command("limit", 40);
		clock.advance(1000);
		keepAlive.close();
		clock.advance(600_000);
		expect(written).toHaveLength(1);
	});
});

it("a control of a DER is kept alive as long as its command asks for it, and then gets the safe value", () => {
	const own: Partial<DeviceTable> = { controls: [{ ability: "limitW", row: "limit", k: 0.01 }] };
	const { clock, device, client, keepAlive, written, registers, outcomes } = setUp(own);
	registers.set(10, 100);
	const onOutcome = (outcome: WriteOutcome): void => void outcomes.push(outcome);
	const actuator = new TableActuator({ device, client, clock, keepAlive, onOutcome });
	const free = {
		...{ energize: true, limitW: Infinity, setW: Number.NaN, chargeLimitW: Infinity, dischargeLimitW: Infinity },
		...{ reactive: "none" as const, pf: 1, setVar: 0 },
	};
	actuator.apply({ ...free, limitW: 5000 });
	clock.advance(1_000_000);
	expect(registers.get(10)).toBe(50);
	expect(written.length).toBe(Math.floor(1_000_000 / 25_002) + 1);
	actuator.apply(free);
	clock.advance(1000);
	expect(registers.get(10)).toBe(6);
	const before = written.length;
	clock.advance(100_000);
	expect(written).toHaveLength(before);
	actuator.close();
});

describe("a row that wears the device's flash", () => {
	const worn: Partial<DeviceTable> = {
		keepAlive: [{ row: "limit", everyS: 25 }],
		rows: table.rows.map((row) => (row.name === "other" ? { ...row, write: { ...write, persistent: true } } : row)),
	};

	it("is not written with what it holds", () => {
		const { clock, command, written, registers, outcomes } = setUp(worn);
		registers.set(12, 7);
		command("other", 7);
		clock.advance(10);
		expect([written, outcomes.map(({ result }) => result)]).toEqual([[], ["accepted"]]);
	});

	it("is written at most once in ten seconds, with the last of the values that came meanwhile", () => {
		const { clock, command, written, outcomes } = setUp(worn);
		command("other", 7);
		clock.advance(1000);
		command("other", 8);
		clock.advance(1000);
		command("other", 9);
		clock.advance(7000);
		expect(written).toEqual(["0.001 12=7"]);
		expect(outcomes[1]).toEqual({ result: "rejected", reason: "9 came before it was written", row: "other", value: 8 });
		clock.advance(2000);
		expect(written).toEqual(["0.001 12=7", "10.001 12=9"]);
		expect(outcomes.map(({ result, value }) => `${result} ${value}`)).toEqual([
			"accepted 7",
			"rejected 8",
			"accepted 9",
		]);
	});

	it("is not written after the end", () => {
		const { clock, command, written, writer } = setUp(worn);
		command("other", 7);
		command("other", 8);
		writer.close();
		clock.advance(20_000);
		expect(written).toHaveLength(1);
	});

	it("makes its device one that is not to be set continuously", () => {
		const controls = [{ ability: "limitW", row: "other" }] as const;
		const { device, client, clock } = setUp({ ...worn, controls });
		expect(new TableActuator({ device, client, clock }).continuous).toBe(false);
		const steady = setUp({ controls });
		expect(new TableActuator({ device: steady.device, client, clock }).continuous).toBe(true);
	});
});
