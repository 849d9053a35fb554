import { describe, expect, it } from "vitest";
import { PlainSpace } from "../../test/fakes/registers";
import { fromHex, toHex } from "../base/bytes";
import { GridpostError } from "../base/errors";
import {
	encodeRequest,
	expectedReply,
	FRAME_BYTES,
	Match,
	type ModbusRequest,
	matchReply,
	PDU_AT,
	parseIdentification,
} from "./pdu";
import { replyLength, requestLength } from "./pdu-length";
import { respond } from "./respond";

interface Vector {
	clause: string;
	request: ModbusRequest;
	bytes: string;
	reply: string;
	/** Puts the state of the example into a server. */
	state(space: PlainSpace): void;
}

function bits(target: Uint8Array, from: number, packed: string, count: number): void {
	const bytes = fromHex(packed);
	for (let i = 0; i < count; i++) target[from + i] = (bytes[i >> 3]! >> (i & 7)) & 1;
}

/** The examples of the Modbus Application Protocol Specification V1.1b3. */
const vectors: Vector[] = [
	{
		clause: "6.1 read coils",
		request: { unit: 1, function: 1, address: 0x13, count: 0x13 },
		bytes: "01 00 13 00 13",
		reply: "01 03 CD 6B 05",
		state: (space) => bits(space.coils, 0x13, "CD 6B 05", 19),
	},
	{
		clause: "6.2 read discrete inputs",
		request: { unit: 1, function: 2, address: 0xc4, count: 0x16 },
		bytes: "02 00 C4 00 16",
		reply: "02 03 AC DB 35",
		state: (space) => bits(space.discrete, 0xc4, "AC DB 35", 22),
	},
	{
		clause: "6.3 read holding registers",
		request: { unit: 1, function: 3, address: 0x6b, count: 3 },
		bytes: "03 00 6B 00 03",
		reply: "03 06 02 2B 00 00 00 64",
		state: (space) => space.holding.set([0x022b, 0, 0x64], 0x6b),
	},
	{
		clause: "6.4 read input registers",
		request: { unit: 1, function: 4, address: 8, count: 1 },
		bytes: "04 00 08 00 01",
		reply: "04 02 00 0A",
		state: (space) => space.input.set([10], 8),
	},
	{
		clause: "6.5 write single coil",
		request: { unit: 1, function: 5, address: 0xac, values: [1] },
		bytes: "05 00 AC FF 00",
		reply: "05 00 AC FF 00",
		state: () => {},
	},
	{
		clause: "6.6 write single register",
		request: { unit: 1, function: 6, address: 1, values: [3] },
		bytes: "06 00 01 00 03",
		reply: "06 00 01 00 03",
		state: () => {},
	},
	{
		clause: "6.11 write multiple coils",
		request: { unit: 1, function: 15, address: 0x13, values: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0] },
		bytes: "0F 00 13 00 0A 02 CD 01",
		reply: "0F 00 13 00 0A",
		state: () => {},
	},
	{
		clause: "6.12 write multiple registers",
		request: { unit: 1, function: 16, address: 1, values: [0x000a, 0x0102] },
		bytes: "10 00 01 00 02 04 00 0A 01 02",
		reply: "10 00 01 00 02",
		state: () => {},
	},
	{
		clause: "6.16 mask write register",
		request: { unit: 1, function: 22, address: 4, andMask: 0xf2, orMask: 0x25 },
		bytes: "16 00 04 00 F2 00 25",
		reply: "16 00 04 00 F2 00 25",
		state: (space) => space.holding.set([0x12], 4),
	},
	{
		clause: "6.17 read/write multiple registers",
		request: { unit: 1, function: 23, address: 3, count: 6, writeAddress: 14, values: [255, 255, 255] },
		bytes: "17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF",
		reply: "17 0C 00 FE 0A CD 00 01 00 03 00 0D 00 FF",
		state: (space) => space.holding.set([0xfe, 0x0acd, 1, 3, 13, 255], 3),
	},
	{
		clause: "6.21 read device identification, basic",
		request: { unit: 1, function: 43, address: 0, count: 1 },
		bytes: "2B 0E 01 00",
		// the length of object 1 is printed as 0x0D there, yet its text has 15 characters; the conformity level as 01
		reply:
			"2B 0E 01 81 00 00 03 00 16 43 6F 6D 70 61 6E 79 20 69 64 65 6E 74 69 66 69 63 61 74 69 6F 6E " +
			"01 0F 50 72 6F 64 75 63 74 20 63 6F 64 65 20 58 58 02 05 56 32 2E 31 31",
		state: () => {},
	},
];

const clean = (hex: string): string => toHex(fromHex(hex));

function exchange(pdu: Uint8Array): {
	request: Uint8Array;
	requestView: DataView;
	reply: Uint8Array;
	replyView: DataView;
} {
	const request = new Uint8Array(FRAME_BYTES + 250);
	const reply = new Uint8Array(FRAME_BYTES);
	request.set(pdu, PDU_AT);
	return { request, requestView: new DataView(request.buffer), reply, replyView: new DataView(reply.buffer) };
}

/** The reply PDU of a server with `space` to a request PDU, as hex. */
function served(space: PlainSpace, pdu: Uint8Array): string {
	const parts = exchange(pdu);
	const length = respond(space, 1, parts, pdu.length);
	return toHex(parts.reply.subarray(PDU_AT, PDU_AT + length));
}

describe.each(vectors)("MAP $clause", ({ request, bytes, reply, state }) => {
	it("is encoded as printed", () => {
		const frame = new Uint8Array(FRAME_BYTES);
		const length = encodeRequest(request, frame);
		expect(toHex(frame.subarray(PDU_AT, PDU_AT + length))).toBe(clean(bytes));
		expect(requestLength(frame, PDU_AT, length)).toBe(length);
	});

	it("is answered as printed", () => {
		const space = new PlainSpace();
		state(space);
		expect(served(space, fromHex(bytes))).toBe(clean(reply));
	});

	it("knows the printed reply for its own", () => {
		const frame = new Uint8Array(FRAME_BYTES);
		encodeRequest(request, frame);
		const answer = exchange(fromHex(reply)).request;
		const length = fromHex(reply).length;
		const expected = expectedReply(frame);
		if (request.function !== 43) expect(expected).toBe(length);
		expect(replyLength(answer, PDU_AT, length)).toBe(length);
		expect(matchReply(frame, answer, length, expected)).toBe(Match.reply);
		// and no other: one byte short, another function, and (but for data) another byte anywhere
		expect(matchReply(frame, answer, length - 1, expected)).toBe(Match.no);
		for (const other of vectors) {
			if (other.request.function === request.function) continue;
			const foreign = exchange(fromHex(other.reply)).request;
			expect(matchReply(frame, foreign, fromHex(other.reply).length, expected)).toBe(Match.no);
		}
	});

	it("takes an exception for one", () => {
		const frame = new Uint8Array(FRAME_BYTES);
		encodeRequest(request, frame);
		const answer = exchange(Uint8Array.of(request.function | 0x80, 2)).request;
		expect(matchReply(frame, answer, 2, expectedReply(frame))).toBe(Match.exception);
		expect(matchReply(frame, answer, 3, expectedReply(frame))).toBe(Match.no);
	});
});

describe("effects of the printed writes", () => {
	it("mask write: 0x12 becomes 0x17", () => {
		const space = new PlainSpace();
		space.holding[4] = 0x12;
		served(space, fromHex("16 00 04 00 F2 00 25"));
		expect(space.holding[4]).toBe(0x17);
	});

	it("coils 20 to 29", () => {
		const space = new PlainSpace();
		served(space, fromHex("0F 00 13 00 0A 02 CD 01"));
		expect([...space.coils.subarray(0x13, 0x1e)]).toEqual([1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0]);
		served(space, fromHex("05 00 14 FF 00"));
		served(space, fromHex("05 00 13 00 00"));
		expect([...space.coils.subarray(0x13, 0x16)]).toEqual([0, 1, 1]);
	});

	it("23 writes before it reads, and nothing when the read range is refused", () => {
		const space = new PlainSpace();
		expect(served(space, fromHex("17 00 0E 00 01 00 0E 00 01 02 12 34"))).toBe("17 02 12 34");
		space.readRegisters = (_unit, _input, address) => (address === 100 ? 2 : 0);
		expect(served(space, fromHex("17 00 64 00 01 00 0E 00 01 02 56 78"))).toBe("97 02");
		expect(space.holding[14]).toBe(0x1234);
	});
});

describe("limits of a request", () => {
	const bad: [string, Partial<ModbusRequest>][] = [
		["no registers", { count: 0 }],
		["126 registers", { count: 126 }],
		["2001 coils", { function: 1, count: 2001 }],
		["2001 inputs", { function: 2, count: 2001 }],
		["half a register", { count: 1.5 }],
		["an address over 65535", { address: 65536 }],
		["a negative address", { address: -1 }],
		["a range over the end", { address: 65535, count: 2 }],
		["unit 256", { unit: 256 }],
		["unit -1", { unit: -1 }],
		["unit 1.5", { unit: 1.5 }],
		["no function", { function: 0 }],
		["function 7", { function: 7 }],
		["function 128 + 3", { function: 131 }],
		["write without values", { function: 6 }],
		["write of no values", { function: 16, values: [] }],
		["124 values", { function: 16, values: new Uint16Array(124) }],
		["1969 coils", { function: 15, values: new Uint8Array(1969) }],
		["a value over 65535", { function: 6, values: [65536] }],
		["a value under -32768", { function: 6, values: [-32769] }],
		["a value that is no number", { function: 6, values: [Number.NaN] }],
		["a fraction as value", { function: 16, values: [1, 2.5] }],
		["mask without masks", { function: 22 }],
		["23 with 122 to write", { function: 23, count: 1, values: new Uint16Array(122) }],
		["23 with 126 to read", { function: 23, count: 126, values: [1] }],
		["identification code 5", { function: 43, count: 5 }],
		["identification code 0", { function: 43, count: 0 }],
		["object 256", { function: 43, address: 256 }],
	];
	it.each(bad)("refuses %s", (_name, change) => {
		const request = { unit: 1, function: 3, address: 0, ...change };
		let error: unknown;
		try {
			encodeRequest(request, new Uint8Array(FRAME_BYTES));
		} catch (caught) {
			error = caught;
		}
		expect(error).toBeInstanceOf(GridpostError);
		expect(error).toMatchObject({ code: "bad-request", origin: "local", retry: "never" });
	});

	const most: [string, ModbusRequest, number, number][] = [
		["125 registers", { unit: 1, function: 3, address: 0, count: 125 }, 5, 252],
		["2000 coils", { unit: 1, function: 1, address: 0, count: 2000 }, 5, 252],
		["123 values", { unit: 1, function: 16, address: 0, values: new Uint16Array(123) }, 252, 5],
		["1968 coils written", { unit: 1, function: 15, address: 0, values: new Uint8Array(1968) }, 252, 5],
		["125 and 121", { unit: 1, function: 23, address: 0, count: 125, values: new Uint16Array(121) }, 252, 252],
		["the last register", { unit: 1, function: 3, address: 65535, count: 1 }, 5, 4],
		["unit 255", { unit: 255, function: 3, address: 0, count: 1 }, 5, 4],
	];
	it.each(most)("allows %s", (_name, request, length, reply) => {
		const frame = new Uint8Array(FRAME_BYTES);
		expect(encodeRequest(request, frame)).toBe(length);
		expect(expectedReply(frame)).toBe(reply);
		const space = new PlainSpace();
		expect(served(space, frame.slice(PDU_AT, PDU_AT + length)).split(" ")).toHaveLength(reply);
	});
});

describe("device identification", () => {
	const long = "x".repeat(200);
	function read(space: PlainSpace, code: number, object: number): ReturnType<typeof parseIdentification> {
		const parts = exchange(Uint8Array.of(43, 14, code, object));
		const length = respond(space, 1, parts, 4);
		expect(parts.reply[PDU_AT]).toBe(43);
		expect(length).toBeLessThanOrEqual(253);
		return parseIdentification(new DataView(parts.reply.buffer, PDU_AT + 2));
	}

	it("goes on in a second reply when one is too short", () => {
		const space = new PlainSpace();
		space.identity = { 0: long, 1: "b", 2: long, 5: "model" };
		expect(read(space, 2, 0)).toEqual({
			conformity: 0x82,
			next: 2,
			objects: [
				{ id: 0, text: long },
				{ id: 1, text: "b" },
			],
		});
		expect(read(space, 2, 2)).toEqual({
			conformity: 0x82,
			next: undefined,
			objects: [
				{ id: 2, text: long },
				{ id: 5, text: "model" },
			],
		});
	});

	it("keeps to the category, and knows the conformity level", () => {
		const space = new PlainSpace();
		space.identity = { 0: "a", 1: "b", 2: "c", 3: "url", 128: "own" };
		expect(read(space, 1, 0).objects.map((one) => one.id)).toEqual([0, 1, 2]);
		expect(read(space, 2, 0).objects.map((one) => one.id)).toEqual([0, 1, 2, 3]);
		expect(read(space, 3, 0).objects.map((one) => one.id)).toEqual([0, 1, 2, 3, 0x80]);
		expect(read(space, 3, 0).conformity).toBe(0x83);
		// an object outside of the category, or not there: from the beginning (MAP 6.21)
		expect(read(space, 1, 3).objects.map((one) => one.id)).toEqual([0, 1, 2]);
		expect(read(space, 2, 9).objects.map((one) => one.id)).toEqual([0, 1, 2, 3]);
		expect(read(space, 4, 3)).toEqual({ conformity: 0x83, next: undefined, objects: [{ id: 3, text: "url" }] });
	});

	it("cuts a text that no reply could carry", () => {
		const space = new PlainSpace();
		space.identity = { 0: "y".repeat(300) };
		expect(read(space, 1, 0).objects).toEqual([{ id: 0, text: "y".repeat(244) }]);
	});
});
