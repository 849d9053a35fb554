import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { Image } from "../sunspec/image";
import type { PointInfo } from "../sunspec/place";
import { SunSpecSpace } from "../sunspec/server";
import { SunSpecDevice } from "./sunspec-device";
import type { WriteClient, WriteOutcome, WriteRequest } from "./write";

/** The bus: requests wait until `next` lets one through to the device. */
class Line implements WriteClient {
	readonly image: Image;
	waiting: WriteRequest[] = [];
	sent: string[] = [];
	/** Functions the device has. */
	functions = [3, 6, 16];
	/** Exception for writes; 0 for none. */
	refuse = 0;
	/** Statuses of the next answers, instead of what would come. */
	faults: string[] = [];
	/** What the device makes of a word. */
	bend = (word: number): number => word;

	constructor(image: Image) {
		this.image = image;
	}

	request(request: WriteRequest): void {
		this.waiting.push(request);
	}

	/** Answers the request at the head of the queue. */
	next(): void {
		const request = this.waiting.shift()!;
		const { function: code, address, count, values } = request;
		this.sent.push(`${code}:${address}:${code === 3 ? count : values.join(",")}`);
		const data = new DataView(new ArrayBuffer(2 * count));
		const at = 2 * (address - this.image.base);
		let exception = this.functions.includes(code) ? 0 : 1;
		if (at < 0 || at + 2 * count > this.image.registers.byteLength) exception = 2;
		if (code !== 3 && this.refuse > 0 && exception === 0) exception = this.refuse;
		const status = this.faults.shift() ?? (exception === 0 ? "ok" : "exception");
		if (exception === 0 && code !== 3) {
			values.forEach((word, i) => {
				this.image.registers.setUint16(at + 2 * i, this.bend(word));
			});
		}
		if (status === "ok" && code === 3) {
			for (let i = 0; i < count; i++) data.setUint16(2 * i, this.image.registers.getUint16(at + 2 * i));
		}
		request.onResult({ status, exception, data, startMs: 5, endMs: 5 });
	}

	all(): void {
		for (let i = 0; i < 50 && this.waiting.length > 0; i++) this.next();
	}
}

function setup() {
	const remote = new Image([{ id: 1 }, { id: 103 }, { id: 123 }], { base: 0 });
	const set = (point: string, value: number) => remote.set(remote.handle(123, point), value, 0, "good");
	for (const factor of ["WMaxLimPct_SF", "OutPFSet_SF"]) set(factor, -2);
	set("WMaxLimPct", 100);
	set("WMaxLimPct_RvrtTms", 0);
	set("WMaxLim_Ena", 0);
	set("Conn", 1);
	const line = new Line(remote);
	const device = new SunSpecDevice({
		unit: 4,
		onFound: (models, self) => self.attach(new Image(models)),
	});
	let nowMs = 5;
	const poll = () => {
		for (let i = 0; i < 50 && device.nextDueMs <= nowMs; i++) {
			device.nextRead(nowMs);
			line.waiting.push({ ...request(device), onResult: (result) => device.onResult(result) });
			line.next();
		}
		nowMs += 1000;
	};
	poll();
	line.sent = [];
	const image = device.image!;
	const info = (point: string): PointInfo => image.point(image.handle(123, point))!;
	/** As the SunSpec server does it: into the image, then `write`. */
	const write = (values: Record<string, number>) => {
		for (const [point, value] of Object.entries(values)) image.set(image.handle(123, point), value, 1, "good");
		const outcomes: WriteOutcome[] = [];
		const points = Object.keys(values).map(info);
		device.write(points, line, (outcome) => outcomes.push(outcome));
		return outcomes;
	};
	const value = (point: string) => image.value(image.handle(123, point));
	const held = (point: string) => remote.valueOf(remote.point(remote.handle(123, point))!);
	return { remote, line, device, image, info, write, value, held, poll };
}

function request(device: SunSpecDevice): WriteRequest {
	const { unit, address, count, timeoutMs, retries } = device;
	return { unit, function: 3, address, count, values: [], timeoutMs, retries, onResult: () => {} };
}

describe("a write to a device that speaks SunSpec", () => {
	it("that was written again meanwhile is not read back over the later value", () => {
		const { line, write, value, held } = setup();
		write({ WMaxLimPct: 50 });
		line.next();
		write({ WMaxLimPct: 75 });
		line.next();
		expect(held("WMaxLimPct")).toBe(50);
		expect(value("WMaxLimPct")).toBe(75);
		line.all();
		expect([value("WMaxLimPct"), held("WMaxLimPct")]).toEqual([75, 75]);
	});

	it("goes to its registers, neighbours in one request, and is read back", () => {
		const { line, write, held, remote } = setup();
		const outcomes = write({ WMaxLimPct: 62.5, WMaxLim_Ena: 1, OutPFSet: 0.9 });
		line.all();
		const at = remote.models[2]!.address;
		expect(line.sent).toEqual([`16:${at + 5}:6250`, `3:${at + 5}:1`, `16:${at + 9}:1,90`, `3:${at + 9}:2`]);
		expect([held("WMaxLimPct"), held("WMaxLim_Ena"), held("OutPFSet")]).toEqual([62.5, 1, 0.9]);
		expect(outcomes).toEqual([
			{ result: "accepted", reason: "", row: "123.WMaxLimPct", value: 62.5 },
			{ result: "accepted", reason: "", row: "123.WMaxLim_Ena", value: 1 },
			{ result: "accepted", reason: "", row: "123.OutPFSet", value: 0.9 },
		]);
	});

	it("uses function 6 for a device without 16, and remembers", () => {
		const { line, write, held, remote } = setup();
		line.functions = [3, 6];
		write({ WMaxLim_Ena: 1, OutPFSet: 0.5 });
		line.all();
		write({ WMaxLimPct: 10 });
		line.all();
		const at = remote.models[2]!.address;
		expect(line.sent).toEqual([
			`16:${at + 9}:1,50`,
			`6:${at + 9}:1`,
			`6:${at + 10}:50`,
			`3:${at + 9}:2`,
			`6:${at + 5}:1000`,
			`3:${at + 5}:1`,
		]);
		expect([held("WMaxLim_Ena"), held("OutPFSet"), held("WMaxLimPct")]).toEqual([1, 0.5, 10]);
	});

	it("gives the image the device's value when that refuses, or takes another", () => {
		const { line, write, value } = setup();
		line.refuse = 3;
		const refused = write({ WMaxLimPct: 40 });
		expect(value("WMaxLimPct")).toBe(40);
		line.all();
		expect(refused).toMatchObject([{ result: "rejected", reason: "the device does not allow the value" }]);
		expect(value("WMaxLimPct")).toBe(100);
		line.refuse = 0;
		line.bend = (word) => word - (word % 1000);
		const bent = write({ WMaxLimPct: 47 });
		line.all();
		expect(bent).toMatchObject([{ result: "rejected", reason: "the device holds another value" }]);
		expect(value("WMaxLimPct")).toBe(40);
	});

	it("knows by reading back whether an unanswered write took effect", () => {
		const { line, write } = setup();
		line.faults = ["timeout"];
		const taken = write({ WMaxLimPct: 40 });
		line.all();
		expect(taken).toMatchObject([{ result: "accepted" }]);
		line.faults = ["timeout", "timeout"];
		const unknown = write({ WMaxLimPct: 45 });
		line.all();
		expect(unknown).toMatchObject([{ result: "timeout" }]);
	});

	it("sends one request at a time, and of those that wait the last of the same points", () => {
		const { line, write, held } = setup();
		const first = write({ WMaxLimPct: 50 });
		const second = write({ WMaxLimPct: 51 });
		const third = write({ WMaxLimPct: 52 });
		expect(line.waiting).toHaveLength(1);
		line.all();
		expect([first, second, third].map(([one]) => one?.result)).toEqual(["accepted", "rejected", "accepted"]);
		expect(second[0]?.reason).toBe("a later write took its place");
		expect(held("WMaxLimPct")).toBe(52);
	});

	it("does not show the old value in between when a poll comes first", () => {
		const { line, write, value, device } = setup();
		write({ WMaxLimPct: 33 });
		// a read of the model goes out before the write does
		device.refresh(device.image!.models[2]!.address + 5);
		device.nextRead(1000);
		line.waiting.unshift({ ...request(device), onResult: (result) => device.onResult(result) });
		line.next();
		expect(value("WMaxLimPct")).toBe(33);
		line.all();
		expect(value("WMaxLimPct")).toBe(33);
	});

	it("is refused while the device is away, and for what it does not have", () => {
		const { device, info } = setup();
		expect(device.writable(info("WMaxLimPct"), 5)).toBe(0);
		expect(device.writable(info("WMaxLimPct_SF"), 5)).toBe(2);
		expect(device.writable(info("VArWMaxPct"), 5)).toBe(2);
		device.lineDown(2000);
		expect(device.writable(info("WMaxLimPct"), 5)).toBe(0x0b);
	});

	it("is answered by the server with 0x0B while the device is away, with handles or without", () => {
		const { device, image, info } = setup();
		const clock = new ManualClock();
		const space = new SunSpecSpace({ clock, onWrite: (_unit, _image, point, value) => device.writable(point, value) });
		space.add(1, image);
		const data = new DataView(new ArrayBuffer(2));
		const write = (address: number) => space.writeRegisters(1, address, 1, data, 0);
		const { address } = image.models[2]!;
		expect(image.knownHandle(address + 7)).toBe(-1);
		expect([write(address + 7), write(address + 15)]).toEqual([0, 2]);
		device.lineDown(2000);
		expect([write(address + 7), write(info("Conn").address)]).toEqual([0x0b, 0x0b]);
	});

	it("says what the device can be told", () => {
		const { device } = setup();
		expect(device.models.find((model) => model.id === 123)?.abilities).toEqual(["limitW", "energize"]);
	});
});
