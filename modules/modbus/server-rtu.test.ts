import { beforeEach, describe, expect, it } from "vitest";
import { PlainSpace } from "../../test/fakes/registers";
import { FakeLine } from "../../test/fakes/rs485";
import { withCrc } from "../../test/fixtures/modbus-frames";
import { concatBytes, fromHex, toHex } from "../base/bytes";
import { crc16Modbus } from "../base/crc";
import { ManualClock } from "../base/manual-clock";
import { RtuServer } from "./server-rtu";

let clock: ManualClock;
let line: FakeLine;
let space: PlainSpace;

const frame = (hex: string): Uint8Array => withCrc(fromHex(hex));

/** What the line carried in answer, without the CRC, which is checked. */
function answers(): string[] {
	clock.advance(1000);
	return line.sent.splice(0).map((bytes) => {
		expect(crc16Modbus(bytes)).toBe(0);
		return toHex(bytes.subarray(0, -2));
	});
}

beforeEach(() => {
	clock = new ManualClock();
	line = new FakeLine(clock);
	space = new PlainSpace([1, 5]);
	space.holding.set([0x1234, 0x5678]);
});

const serve = (units?: number[]): RtuServer =>
	new RtuServer({ link: { io: line.io, port: "sim:b", baud: 19200 }, space, ...(units && { units }) });

describe("an RTU server", () => {
	it("answers with the frame of the serial line guide", () => {
		// MSL appendix B: a frame of unit 2, function 7 has the CRC 41 12
		expect(toHex(frame("02 07"))).toBe("02 07 41 12");
		serve();
		line.feed(frame("01 03 00 00 00 02"));
		expect(answers()).toEqual(["01 03 04 12 34 56 78"]);
	});

	it("is silent to other units, and answers as each of its own", () => {
		const server = serve();
		line.feed(frame("02 03 00 00 00 01"));
		line.feed(frame("05 03 00 00 00 01"));
		expect(answers()).toEqual(["05 03 02 12 34"]);
		expect(server.requests).toBe(1);
		line.feed(frame("01 03 00 00 00 01"));
		expect(answers()).toEqual(["01 03 02 12 34"]);
	});

	it("is given its units", () => {
		serve([9]);
		line.feed(frame("01 03 00 00 00 01"));
		expect(answers()).toEqual([]);
		line.feed(frame("09 03 00 00 00 01"));
		expect(answers()).toEqual(["09 03 02 12 34"]);
	});

	it("carries out a broadcast for each unit and says nothing", () => {
		serve([1, 5]);
		line.feed(frame("00 06 00 07 00 09"));
		line.feed(frame("00 10 00 08 00 01 02 00 0a"));
		line.feed(frame("00 0f 00 01 00 02 01 03"));
		line.feed(frame("00 05 00 03 ff 00"));
		expect(answers()).toEqual([]);
		expect([...space.holding.subarray(7, 9)]).toEqual([9, 10]);
		expect([...space.coils.subarray(0, 4)]).toEqual([0, 1, 1, 1]);
		expect(space.writes.map((write) => write.unit)).toEqual([1, 5, 1, 5, 1, 5, 1, 5]);
	});

	it("hands a broadcast to the space once where units are not listed", () => {
		serve();
		line.feed(frame("00 06 00 07 00 09"));
		expect(answers()).toEqual([]);
		expect(space.writes).toEqual([{ unit: 0, address: 7, count: 1 }]);
	});

	it("does not take a broadcast that is not a write", () => {
		serve([1]);
		line.feed(frame("00 03 00 00 00 01"));
		line.feed(frame("00 17 00 00 00 01 00 07 00 01 02 00 09"));
		expect(answers()).toEqual([]);
		expect(space.writes).toEqual([]);
	});

	it("answers the next request after a partial one (RTU-3)", () => {
		serve();
		for (let cut = 1; cut < 8; cut++) {
			line.feed(frame("01 03 00 00 00 01").subarray(0, cut));
			expect(answers()).toEqual([]);
			line.feed(frame("01 03 00 01 00 01"));
			expect(answers()).toEqual(["01 03 02 56 78"]);
		}
	});

	it("takes a request that a slow adapter handed up in two pieces", () => {
		serve();
		for (let cut = 1; cut < 8; cut++) {
			line.feed(frame("01 03 00 00 00 01").subarray(0, cut));
			line.feed(frame("01 03 00 00 00 01").subarray(cut));
			expect(answers()).toEqual(["01 03 02 12 34"]);
		}
	});

	it("finds its request behind the talk of others", () => {
		serve();
		line.feed(concatBytes([frame("07 03 00 00 00 01"), frame("07 03 02 00 05"), frame("01 03 00 00 00 01")]));
		expect(answers()).toEqual(["01 03 02 12 34"]);
	});

	it("takes no part of another's reply for a request", () => {
		serve();
		// a reply of unit 7 whose data is, byte for byte, a write to unit 1
		const inner = frame("01 06 00 00 00 00");
		line.feed(frame(`07 03 08 ${toHex(inner)}`));
		expect(answers()).toEqual([]);
		expect(space.writes).toEqual([]);
	});

	it.each(["parity", "framing", "overrun", "break"] as const)("joins nothing over a %s error", (cause) => {
		const server = serve();
		const whole = frame("01 03 00 00 00 01");
		line.feed(whole.subarray(0, 4), cause);
		line.feed(whole.subarray(4, 5), cause);
		line.feed(whole.subarray(5));
		expect(answers()).toEqual([]);
		expect(server.garbled).toBeGreaterThan(0);
		line.feed(whole.subarray(0, 4), cause);
		line.feed(whole.subarray(4));
		expect(answers()).toEqual([]);
		// a bad character behind a whole frame is a driver that lets go of the line
		line.feed(whole, cause);
		line.feed(Uint8Array.of(0), cause);
		expect(answers()).toEqual(["01 03 02 12 34"]);
	});

	it("answers the last of several requests, after having done all", () => {
		serve();
		line.feed(concatBytes([frame("01 06 00 02 00 07"), frame("01 03 00 02 00 01")]));
		expect(answers()).toEqual(["01 03 02 00 07"]);
	});

	it("does not answer while it is answering", () => {
		const server = serve();
		line.feed(frame("01 03 00 00 00 01"));
		line.feed(frame("01 03 00 01 00 01"));
		expect(answers()).toEqual(["01 03 02 12 34"]);
		expect(server.collisions).toBe(1);
		line.feed(frame("01 03 00 01 00 01"));
		expect(answers()).toEqual(["01 03 02 56 78"]);
	});

	it("tells when its line fails, once, and closes", () => {
		let told = "";
		new RtuServer({
			link: { io: line.io, port: "sim:b" },
			space,
			onError(message) {
				told += message;
			},
		});
		line.fail("gone");
		expect(told).toBe("gone");
		expect(line.isOpen).toBe(false);
	});

	it("closes twice, and then says nothing", () => {
		const server = serve();
		server.close();
		server.close();
		line.feed(frame("01 03 00 00 00 01"));
		expect(answers()).toEqual([]);
	});
});
