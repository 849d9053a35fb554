import { beforeEach, describe, expect, it } from "vitest";
import { fuzzReply } from "../../test/fakes/framer-fuzz";
import { ask, clock, encoded, fresh, judged, line, open, record, seen } from "../../test/fakes/serial-client";
import { concatBytes, fromHex, toHex } from "../base/bytes";
import { DalyFramer } from "./daly";

/** Closes a frame of board 1 with its sum. */
function frame(command: number, data: string, from = 1): Uint8Array {
	const bytes = new Uint8Array(13);
	bytes.set([0xa5, from, command, 8]);
	bytes.set(fromHex(data), 4);
	bytes[12] = bytes.reduce((sum, one) => sum + one, 0);
	return bytes;
}

const cells = [
	frame(0x95, "01 0c f1 0c f2 0c f3 00"),
	frame(0x95, "02 0c f4 0c f5 0c f6 00"),
	frame(0x95, "03 0c f7 0c f8 00 00 00"),
];
const eightCells = frame(0x94, "08 02 00 01 00 00 7b 00");

beforeEach(fresh);

describe("frames", () => {
	it("of a request are as the dalybms package has them for its address 8: a58095080000000000000000c2", () => {
		// dreadnought/python-daly-bms: dalybms/daly_bms.py, _format_message
		const hex = toHex(encoded(new DalyFramer(), record(0x95, 32)), "");
		expect(hex).toBe(`a54095080000000000000000${(0xc2 - 0x40).toString(16)}`);
		expect(toHex(encoded(new DalyFramer(), record(0xd9, 1), [1]), "")).toBe("a540d9080100000000000000c7");
	});

	it("of a real board are read, and none of another board, command or sum", () => {
		const framer = new DalyFramer();
		encoded(framer, record(0x90, 8));
		// logged in the head of an Arduino driver, batDaly.h: 52.7 V, 0.8 A, 65.9 %
		const reply = fromHex("a5 01 90 08 02 0f 00 00 75 38 02 93 91");
		expect(judged(framer, reply)).toBe("reply 020f000075380293");
		encoded(framer, record(0x90, 8));
		expect(judged(framer, frame(0x91, "00"))).toBe("foreign");
		expect(judged(framer, frame(0x90, "00", 2))).toBe("foreign");
		expect(judged(framer, encoded(framer, record(0x90, 8)))).toBe("foreign");
		reply[12]! ^= 1;
		expect(judged(framer, reply)).toBe("garbled");
		expect(judged(framer, fromHex("01 02 03 04 05"))).toBe("noise");
		expect(judged(framer, Uint8Array.of(7, 7, ...frame(0x90, "05")))).toBe("reply 0500000000000000");
	});
});

describe("replies of several frames", () => {
	it("are whole when the cells that 0x94 counted are there", () => {
		const framer = new DalyFramer();
		encoded(framer, record(0x94, 8));
		expect(judged(framer, eightCells)).toBe("reply 0802000100007b00");
		encoded(framer, record(0x95, 32));
		expect(framer.expected).toBe(39);
		expect(judged(framer, cells[0]!)).toBe("part");
		expect(judged(framer, cells[1]!)).toBe("part");
		expect(judged(framer, cells[2]!)).toBe("reply 0cf10cf20cf30cf40cf50cf60cf70cf80000");
	});

	it("are broken when one is lost", () => {
		const framer = new DalyFramer();
		encoded(framer, record(0x95, 32));
		expect(judged(framer, concatBytes([cells[0]!, cells[2]!]))).toBe("garbled");
	});

	it("end with silence where nobody has counted, or are garbled when the count says that more must follow", () => {
		open(new DalyFramer(), { retries: 0, timeoutMs: 300 });
		line.onSent = () => cells.forEach((one, i) => void clock.setTimer(() => line.feed(one), 15 * (i + 1)));
		ask(record(0x95, 32));
		clock.advance(200);
		expect(seen).toMatchObject([{ status: "ok", data: "0cf10cf20cf30cf40cf50cf60cf70cf80000" }]);
		line.onSent = () => line.feed(eightCells);
		ask(record(0x94, 8));
		clock.advance(100);
		line.onSent = () => line.feed(concatBytes(cells.slice(0, 2)));
		ask(record(0x95, 32));
		clock.advance(1000);
		expect(seen.map((one) => one.status)).toEqual(["ok", "ok", "garbled"]);
	});

	it("of temperatures hold seven each, of the serial number seven letters", () => {
		const framer = new DalyFramer();
		encoded(framer, record(0x94, 8));
		judged(framer, eightCells);
		encoded(framer, record(0x96, 7));
		expect(judged(framer, frame(0x96, "01 40 41 00 00 00 00 00"))).toBe("reply 40410000000000");
		encoded(framer, record(0x57, 14));
		expect(judged(framer, frame(0x57, "01 41 42 43 44 45 46 47"))).toBe("part");
		expect(framer.settle()).toBe(true);
	});
});

it("a board asleep is silence, and the request that woke it is answered the next time", () => {
	open(new DalyFramer(), { retries: 1, timeoutMs: 200 });
	let asleep = true;
	line.onSent = () => {
		if (!asleep) line.feed(frame(0x90, "02 0f"));
		asleep = false;
	};
	ask(record(0x90, 8));
	clock.advance(1000);
	expect(seen).toMatchObject([{ status: "ok", attempts: 2 }]);
});

it("nothing spoilt is taken for a reply", () => {
	const framer = new DalyFramer();
	fuzzReply(framer, { unit: 1, record: record(0x90, 8) }, frame(0x90, "02 0f 00 00 75 38 02 93"), 1, 2000, 8);
	framer.begin({ unit: 1, record: record(0x94, 8) });
	framer.take(eightCells, 13);
	fuzzReply(framer, { unit: 1, record: record(0x95, 32) }, concatBytes(cells), 2, 2000, 8);
});
