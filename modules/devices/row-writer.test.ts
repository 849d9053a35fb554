import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { Image } from "../sunspec/image";
import { Device, type ReadResult } from "./engine";
import { RowWriter } from "./row-writer";
import { type DeviceTable, findRow, tableModels } from "./table";
import { base } from "./testing/hybrid";
import type { WriteOutcome, WriteRequest } from "./write";

const write = { fc: 16, min: 0, max: 100 } as const;
const table: DeviceTable = {
	...base,
	rows: [
		{ name: "low", address: 10, type: "u16", unit: "%", access: "rw", write, point: "713.SoC", poll: "slow" },
		{ name: "high", address: 11, type: "u16", unit: "%", access: "rw", write, point: "713.SoH", poll: "slow" },
		{ name: "unread", address: 50, type: "u16", unit: "code", access: "rw", write },
	],
	derived: [{ point: "ThrotPct", by: "sum", of: ["713.SoC"] }],
	fixed: {},
};

/** A device that holds 20 and 80; `client` requests wait until they are answered one by one. */
function setUp() {
	const clock = new ManualClock();
	const image = new Image(tableModels(table));
	const device = new Device({ table, image, unit: 1 });
	const registers = new Map([
		[10, 20],
		[11, 80],
	]);
	const waiting: WriteRequest[] = [];
	const outcomes: WriteOutcome[] = [];
	const writer = new RowWriter({
		...{ device, clock, client: { request: (request: WriteRequest) => waiting.push(request) } },
		onOutcome: (outcome) => outcomes.push(outcome),
	});
	const reply = (address: number, count: number, status = "ok", exception = 0): ReadResult => {
		const data = new DataView(new ArrayBuffer(2 * count));
		for (let i = 0; i < count; i++) data.setUint16(2 * i, registers.get(address + i) ?? 0);
		return { status, exception, data, startMs: clock.now(), endMs: clock.now() };
	};
	const poll = (): boolean => {
		const request = device.nextRead(clock.now());
		if (request) device.onResult(reply(request.address, request.count));
		return request !== undefined;
	};
	/** Answers the writer's oldest request. */
	const answer = (status = "ok", exception = 0): void => {
		const request = waiting.shift()!;
		if (request.function === 16 && status === "ok") registers.set(request.address, request.values[0]!);
		request.onResult(reply(request.address, request.count, status, exception));
	};
	const soc = image.handle(713, "SoC");
	/** What the SunSpec server does with a client's write. */
	const put = (value: number): void => {
		image.set(soc, value, clock.now(), "good");
		writer.write(findRow(table, "low")!, value);
	};
	poll();
	const value = () => image.value(soc);
	return { clock, image, device, registers, outcomes, writer, poll, answer, put, value, soc, waiting };
}

describe("a point that is written", () => {
	it("shows the value at once, and after the device was asked; its row is read again then", () => {
		const { put, value, answer, outcomes, poll, clock, device } = setUp();
		put(35);
		expect(value()).toBe(35);
		clock.advance(1000);
		expect(poll()).toBe(false);
		answer();
		answer();
		expect(outcomes).toEqual([{ result: "accepted", reason: "", row: "low", value: 35 }]);
		expect(device.nextDueMs).toBe(1000);
		expect(poll()).toBe(true);
		expect(value()).toBe(35);
	});

	it("does not fall back when a reply brings the old value meanwhile, nor does what is derived from it later", () => {
		const { put, value, answer, poll, clock, image } = setUp();
		clock.advance(60_000);
		put(35);
		expect(poll()).toBe(true);
		expect(value()).toBe(35);
		expect(image.value(image.handle(713, "SoH"))).toBe(80);
		answer();
		answer();
		poll();
		expect(value()).toBe(35);
		expect(image.value(image.handle(701, "ThrotPct"))).toBe(35);
	});

	it("shows what the device has when it refuses", () => {
		const { put, value, answer, outcomes, image, soc, poll } = setUp();
		let commits = 0;
		image.onCommit = () => commits++;
		put(35);
		answer("exception", 3);
		expect(outcomes[0]).toMatchObject({ result: "rejected", reason: "the device does not allow the value" });
		expect([value(), image.quality(soc), commits]).toEqual([20, "good", 1]);
		expect(poll()).toBe(true);
		expect(value()).toBe(20);
	});

	it("shows the last of two values", () => {
		const { put, value, answer, outcomes, poll, clock } = setUp();
		put(35);
		put(40);
		clock.advance(60_000);
		poll();
		expect(value()).toBe(40);
		answer("exception", 3);
		expect(value()).toBe(40);
		answer();
		answer();
		expect(outcomes.map((one) => one.result)).toEqual(["rejected", "accepted"]);
		poll();
		expect(value()).toBe(40);
	});

	it("stays lost when the device has gone", () => {
		const { put, value, answer, device, clock, outcomes } = setUp();
		put(35);
		device.lineDown(clock.now());
		answer("timeout");
		answer("timeout");
		expect(outcomes[0]).toMatchObject({ result: "timeout" });
		expect(value()).toBeUndefined();
	});

	it("a row that is not read is written too", () => {
		const { writer, answer, outcomes, registers } = setUp();
		writer.write(findRow(table, "unread")!, 7);
		answer();
		answer();
		expect(outcomes[0]!.result).toBe("accepted");
		expect(registers.get(50)).toBe(7);
	});
});
