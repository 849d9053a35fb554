import { beforeEach, describe, expect, it } from "vitest";
import { Dice } from "../../sim/dice";
import { FakeLine } from "../../test/fakes/rs485";
import { ManualClock } from "../base/manual-clock";
import { asciiBytes, VeDirectParser, veNumber } from "./vedirect";
import { type LabelledField, VeDirectListener } from "./vedirect-listener";

/**
 * The first blocks of a BMV-702 and a BlueSolar as recorded in mano8/vedirect_m8:vedirect_m8/sim_data (bmv702.dump,
 * bluesolar_1.23.dump), where line ends are those of a text file; the checksum is the recorded one where it is ASCII.
 */
const bmv = [
	...["PID\t0x203", "V\t12065", "I\t-7625", "P\t-92", "CE\t-65473", "SOC\t839", "TTG\t942", "Alarm\tOFF", "Relay\tOFF"],
	...["AR\t0", "BMV\t700", "FW\t0308"],
];
const recorded = text(bmv, "q".charCodeAt(0));
const solar = ["PID\t0xA042", "FW\t123", "SER#\tHQ1411MYIKN", "V\t12530", "I\t620", "VPV\t33580", "PPV\t8", "LOAD\tON"];

/** A block of lines, with the checksum that makes its sum 0 unless another is given. */
function text(lines: readonly string[], checksum?: number): Uint8Array {
	const head = asciiBytes(`${lines.map((line) => `\r\n${line}`).join("")}\r\nChecksum\t`);
	return Uint8Array.of(...head, checksum ?? -head.reduce((sum, byte) => sum + byte, 0) & 255);
}

/** Label and value of each field of each good block. */
function parse(bytes: Uint8Array, parser = new VeDirectParser()): string[][] {
	const blocks: string[][] = [];
	const part = (at: number, end: number) => String.fromCharCode(...parser.block.subarray(at, end));
	for (const byte of bytes) {
		if (!parser.push(byte)) continue;
		const fields: string[] = [];
		for (let i = 0; i < parser.fields; i++) {
			const { ends } = parser;
			fields.push(`${part(parser.labelAt(i), ends[2 * i]!)}\t${part(ends[2 * i]!, ends[2 * i + 1]!)}`);
		}
		blocks.push(fields);
	}
	return blocks;
}

describe("blocks", () => {
	it("of a real battery monitor are read with the checksum it sent", () => {
		expect(parse(recorded)).toEqual([bmv]);
	});

	it("follow each other, with HEX messages before, between and inside lines", () => {
		const one = text(solar);
		const hex = asciiBytes(":7F0ED0071\n");
		const at = 20;
		const mixed = Uint8Array.of(...hex, ...one.subarray(0, at), ...hex, ...one.subarray(at), ...hex, ...recorded);
		expect(parse(mixed)).toEqual([solar, bmv]);
	});

	it("may end with a colon or any other byte as the checksum", () => {
		for (let n = 0; n < 300; n++) expect(parse(text([`V\t${n}`, "I\t-5"]))).toEqual([[`V\t${n}`, "I\t-5"]]);
	});

	it("that begin in the middle are left out and not counted; broken ones are counted", () => {
		const parser = new VeDirectParser();
		expect(parse(Uint8Array.of(...recorded.subarray(30), ...text(solar)), parser)).toEqual([solar]);
		expect(parser.broken).toBe(0);
		const wrong = text(solar);
		wrong[12]! ^= 1;
		expect(parse(wrong, parser)).toEqual([]);
		expect(parser.broken).toBe(1);
		expect(parse(text(solar), parser)).toEqual([solar]);
	});

	it("with too many fields or too long lines are none, and harm nothing", () => {
		const many = Array.from({ length: 40 }, (_, i) => `L${i}\t${i}`);
		const parser = new VeDirectParser();
		expect(parse(text(many), parser)).toEqual([]);
		expect(parse(text(solar), parser)).toEqual([solar]);
		expect(parse(text([`FW\t${"x".repeat(1000)}`, "V\t1"]), parser)).toEqual([]);
		expect(parse(text(solar), parser)).toEqual([solar]);
		// frames that lost their ends, one after the other
		for (let n = 0; n < 9; n++) expect(parse(text(many).subarray(0, 90), parser)).toEqual([]);
		parse(text(solar), parser);
		expect(parse(text(solar), parser)).toEqual([solar]);
	});

	it("never come out of chance, and always come again after it", () => {
		const dice = new Dice(11);
		const parser = new VeDirectParser();
		let wrong = 0;
		for (let round = 0; round < 400; round++) {
			const bytes = [...text(solar)];
			for (let flips = 1 + dice.below(3); flips > 0; flips--) bytes[dice.below(bytes.length)] = dice.below(256);
			if (dice.below(3) === 0) bytes.splice(dice.below(bytes.length), 1 + dice.below(9));
			for (const fields of parse(Uint8Array.from(bytes), parser)) if (fields.join() !== solar.join()) wrong++;
			parse(text(solar), parser);
			expect(parse(text(solar), parser)).toEqual([solar]);
		}
		// a sum of 8 bits lets one of 256 through
		expect(wrong).toBeLessThan(8);
	});
});

it.each([
	["12530", 12530],
	["-7625", -7625],
	["0", 0],
	["0x203", 0x203],
	["0xA042", 0xa042],
	["---", Number.NaN],
	["ON", 1],
	["OFF", 0],
	["", Number.POSITIVE_INFINITY],
	["12.5", Number.POSITIVE_INFINITY],
	["abc", Number.POSITIVE_INFINITY],
	["ONE", Number.POSITIVE_INFINITY],
	["0x", Number.POSITIVE_INFINITY],
])("the value %s is %s", (value, wanted) => {
	expect(veNumber(asciiBytes(value), 0, value.length)).toBe(wanted);
});

describe("the listener", () => {
	let clock: ManualClock;
	let line: FakeLine;
	let told: string[];
	let listener: VeDirectListener;
	const fields: LabelledField[] = [
		{ path: "V", at: 0, bytes: 8, text: false },
		{ path: "H1", at: 8, bytes: 8, text: false },
		{ path: "FW", at: 16, bytes: 4, text: true },
	];

	beforeEach(() => {
		clock = new ManualClock();
		line = new FakeLine(clock);
		told = [];
		listener = new VeDirectListener({
			link: { io: line.io, port: "sim:a", baud: 19200 },
			clock,
			sources: [
				{
					records: [{ name: "text", key: "text", bytes: 20, everyMs: 1000 }],
					fields: () => fields,
					onRecord(index, { status, data, endMs }) {
						const letters = [0, 1, 2, 3].map((i) => data.getUint8(16 + i)).filter((code) => code !== 0);
						const values = `${data.getFloat64(0)} ${data.getFloat64(8)} ${String.fromCharCode(...letters)}`;
						told.push(`${index} ${status} ${status === "ok" ? values : ""} at ${endMs}`);
					},
				},
			],
		});
	});

	it("hands on each block, and keeps what stood in the block before it", () => {
		line.feed(recorded);
		line.feed(text(["H1\t-149322", "H2\t5"]));
		clock.advance(1000);
		line.feed(recorded);
		expect(told).toEqual([
			"0 ok 12065 NaN 0308 at 0",
			"0 ok 12065 -149322 0308 at 0",
			"0 ok 12065 -149322 0308 at 1000",
		]);
		// a block with none of our labels says nothing
		line.feed(text(["H2\t5"]));
		expect(told).toHaveLength(3);
	});

	it("forgets a label that does not come any more", () => {
		line.feed(text(["V\t1", "H1\t2"]));
		for (let n = 0; n < 3; n++) line.feed(text(["V\t1"]));
		expect(told.map((one) => one.split(" ")[3])).toEqual(["2", "2", "2", "NaN"]);
	});

	it("tells silence once, after three periods, and again after it has heard something", () => {
		clock.advance(2900);
		expect(told).toEqual([]);
		clock.advance(5000);
		expect(told).toEqual(["0 timeout  at 3000"]);
		line.feed(recorded);
		clock.advance(10_000);
		expect(told.slice(1)).toEqual(["0 ok 12065 NaN 0308 at 7900", "0 timeout  at 10900"]);
	});

	it("does not put together what a bad character has parted", () => {
		line.feed(recorded.subarray(0, 20), "framing");
		line.feed(recorded.subarray(20));
		expect(told).toEqual([]);
		line.feed(recorded);
		expect(told).toHaveLength(1);
	});

	it("tells a line that has gone, and goes on when it is back", () => {
		line.feed(recorded);
		line.fail();
		expect(told.at(-1)).toBe("0 closed  at 0");
		expect(listener.fault).toBe("the line is gone");
		clock.advance(5000);
		line.feed(recorded);
		expect(told.at(-1)).toMatch(/ok 12065/);
		expect(listener.line).toMatchObject({ crc: 0 });
	});

	it("refuses requests, and tells nothing after it was closed", () => {
		let status = "";
		listener.request({ onResult: (result) => (status = `${result.status} ${result.exception}`) });
		expect(status).toBe("");
		clock.advance(1);
		expect(status).toBe("exception 1");
		listener.close();
		listener.close();
		clock.advance(60_000);
		expect(told).toEqual([]);
		expect(line.isOpen).toBe(false);
	});
});
