/** What is wrong on the wire, one by one, each with what has to come of it; and a flood of chance. */
import { describe, expect, it } from "vitest";
import { noise } from "../../test/adapters/noise";
import { PlainSpace } from "../../test/fakes/registers";
import { FakeLine } from "../../test/fakes/rs485";
import { FakeNetwork } from "../../test/fakes/tcp";
import { badReplies, badRequests, mutate, withCrc } from "../../test/fixtures/modbus-frames";
import { concatBytes, fromHex, toHex } from "../base/bytes";
import { crc16Modbus } from "../base/crc";
import { ManualClock } from "../base/manual-clock";
import { ModbusClient, type ModbusRequest } from "./client";
import { RtuResponder, RtuServer } from "./server-rtu";
import { TcpServer } from "./server-tcp";

function untouched(space: PlainSpace): void {
	expect(space.writes).toEqual([]);
	expect(space.holding.every((value) => value === 0)).toBe(true);
}

describe.each(badRequests)("request: %s", (_name, request, reply) => {
	it("RTU", () => {
		const space = new PlainSpace([17]);
		const responder = new RtuResponder(space);
		const frame = withCrc(concatBytes([Uint8Array.of(17), fromHex(request)]));
		responder.room().set(frame);
		const answer = responder.receive(frame.length);
		expect(answer && toHex(answer)).toBe(toHex(withCrc(concatBytes([Uint8Array.of(17), fromHex(reply)]))));
		untouched(space);
	});

	it("TCP", () => {
		const space = new PlainSpace([17]);
		const network = new FakeNetwork();
		const clock = new ManualClock();
		new TcpServer({ listener: { io: network.listener }, tcp: network.tcp, clock, space });
		const peer = network.connect();
		const pdu = fromHex(request);
		peer.send([0xab, 0xcd, 0, 0, 0, pdu.length + 1, 17], pdu);
		expect(toHex(peer.take())).toBe(`ab cd 00 00 00 03 11 ${reply}`);
		expect(peer.closed).toBe(false);
		untouched(space);
	});
});

describe("frames that get no answer on RTU", () => {
	const whole = withCrc(fromHex("11 06 00 00 00 07"));
	const changed = (at: number, bits: number): Uint8Array => {
		const copy = whole.slice();
		copy[at]! ^= bits;
		return copy;
	};
	const silent: [string, Uint8Array][] = [
		["nothing", new Uint8Array(0)],
		["one byte", Uint8Array.of(17)],
		["unit and function", Uint8Array.of(17, 6)],
		["three bytes", Uint8Array.of(17, 6, 0)],
		["CRC missing", whole.subarray(0, 6)],
		["half a CRC", whole.subarray(0, 7)],
		["CRC turned round", concatBytes([whole.subarray(0, 6), Uint8Array.of(whole[7]!, whole[6]!)])],
		["CRC zero", concatBytes([whole.subarray(0, 6), Uint8Array.of(0, 0)])],
		["a bit of the unit", changed(0, 1)],
		["a bit of the function", changed(1, 4)],
		["a bit of the address", changed(3, 0x80)],
		["a bit of the value", changed(5, 2)],
		["a bit of the CRC", changed(7, 1)],
		["all bits", whole.map((byte) => byte ^ 0xff)],
		["first byte lost", whole.subarray(1)],
		["a byte lost", concatBytes([whole.subarray(0, 3), whole.subarray(4)])],
		["a byte doubled", concatBytes([whole.subarray(0, 3), whole.subarray(2)])],
		["a stray byte in front", concatBytes([Uint8Array.of(0), whole])],
		[
			"a stray byte behind, and nothing after it",
			concatBytes([whole.subarray(0, 6), Uint8Array.of(0), whole.subarray(6)]),
		],
		["ASCII mode", new TextEncoder().encode(":110600000007E2\r\n")],
		["zeros", new Uint8Array(256)],
		["ones", new Uint8Array(256).fill(0xff)],
		["longer than a frame may be", withCrc(new Uint8Array(300).fill(17))],
		["a full ring", new Uint8Array(512).fill(17)],
		["a write whose byte count promises more than there is", withCrc(fromHex("12 10 00 00 00 02 ff 00 01"))],
	];
	it.each(silent)("%s; and the next request is answered", (_name, bytes) => {
		const clock = new ManualClock();
		const line = new FakeLine(clock);
		const space = new PlainSpace([17]);
		new RtuServer({ link: { io: line.io, port: "sim:x" }, space });
		line.feed(bytes);
		clock.advance(1000);
		expect(line.sent).toEqual([]);
		untouched(space);
		line.feed(withCrc(fromHex("11 03 00 00 00 01")));
		clock.advance(1000);
		expect(line.sent.map((frame) => toHex(frame.subarray(0, -2)))).toEqual(["11 03 02 00 00"]);
	});
});

describe.each(badReplies)("reply: %s", (_name, reply, outcome, raw) => {
	const request = { unit: 17, function: 3, address: 0, count: 2 };
	const bytes = raw ? fromHex(reply) : withCrc(fromHex(reply));

	it("RTU", () => {
		const clock = new ManualClock();
		const line = new FakeLine(clock);
		const client = new ModbusClient({ link: { io: line.io, port: "sim:x" }, clock, retries: 0, timeoutMs: 200 });
		const seen: string[] = [];
		const ask = (): void =>
			client.request({
				...request,
				onResult: (result) =>
					void seen.push(result.status === "exception" ? `exception ${result.exception}` : result.status),
			});
		line.onSent = () => line.feed(bytes);
		ask();
		clock.advance(400);
		expect(seen).toEqual([outcome]);
		// and the next one is not harmed
		line.onSent = () => line.feed(withCrc(fromHex("11 03 04 00 01 00 02")));
		clock.advance(400);
		ask();
		clock.advance(400);
		expect(seen).toEqual([outcome, "ok"]);
	});
});

describe("replies over TCP", () => {
	it.each(badReplies.filter(([, , , raw]) => raw === undefined))("%s", (name, reply, outcome) => {
		const clock = new ManualClock();
		const network = new FakeNetwork();
		const client = new ModbusClient({ link: { io: network.tcp, address: "::1" }, clock, retries: 0, timeoutMs: 200 });
		const seen: string[] = [];
		const ask: ModbusRequest & { onResult(): void } & object = {} as never;
		Object.assign(
			ask,
			{ unit: 17, function: 3, address: 0, count: 2 },
			{
				onResult: (result: { status: string; exception: number }) =>
					void seen.push(result.status === "exception" ? `exception ${result.exception}` : result.status),
			},
		);
		client.request(ask);
		clock.advance(1);
		const peer = network.dialled[0]!;
		peer.grant(1000);
		const pdu = fromHex(reply);
		peer.send([0, 1, 0, 0, 0, pdu.length], pdu);
		clock.advance(300);
		// a length field makes every reply whole: what is no reply is foreign, and a byte count tells nothing more
		const counted = /^byte count .* than the data$/.test(name);
		expect(seen).toEqual([counted ? "ok" : outcome === "garbled" ? "foreign" : outcome]);
		client.request(ask);
		peer.send(fromHex("00 02 00 00 00 07 11 03 04 00 01 00 02"));
		expect(seen[1]).toBe("ok");
	});
});

const goodRequests = [
	"11 03 00 00 00 02",
	"11 04 00 00 00 7d",
	"11 01 00 00 07 d0",
	"11 05 00 00 ff 00",
	"11 06 00 00 00 07",
	"11 0f 00 00 00 0a 02 cd 01",
	"11 10 00 00 00 02 04 00 0a 01 02",
	"11 16 00 04 00 f2 00 25",
	"11 17 00 03 00 06 00 0e 00 03 06 00 ff 00 ff 00 ff",
	"11 2b 0e 01 00",
	"00 06 00 00 00 07",
	"12 03 00 00 00 02",
].map((hex) => fromHex(hex));

describe("20,000 inputs of chance", () => {
	it("RTU server: each answer is a whole frame of our unit, and it never stops", () => {
		const random = noise(485);
		const space = new PlainSpace([17]);
		const responder = new RtuResponder(space);
		let answered = 0;
		for (let i = 0; i < 8000; i++) {
			const good = goodRequests[Math.floor(random() * goodRequests.length)]!;
			// half of them with a CRC that is right, so that the inside is reached
			const bytes = random() < 0.5 ? withCrc(mutate(good, random)) : mutate(withCrc(good), random);
			const room = responder.room();
			const count = Math.min(room.length, bytes.length);
			room.set(bytes.subarray(0, count));
			const answer = responder.receive(count);
			if (random() < 0.05) responder.breakOff();
			if (answer === undefined) continue;
			answered++;
			expect(answer.length).toBeGreaterThanOrEqual(5);
			expect(answer.length).toBeLessThanOrEqual(256);
			expect(answer[0]).toBe(17);
			expect(crc16Modbus(answer)).toBe(0);
		}
		expect(answered).toBeGreaterThan(500);
		responder.receive(0);
		const last = withCrc(goodRequests[0]!);
		responder.room().set(last);
		expect(responder.receive(last.length)?.length).toBe(9);
	});

	it("TCP server: as many answers as requests, or closed", () => {
		const random = noise(502);
		const space = new PlainSpace([17]);
		const network = new FakeNetwork();
		const clock = new ManualClock();
		const server = new TcpServer({ listener: { io: network.listener }, tcp: network.tcp, clock, space });
		let peer = network.connect();
		for (let i = 0; i < 6000; i++) {
			if (peer.closed) peer = network.connect();
			const pdu = goodRequests[Math.floor(random() * goodRequests.length)]!;
			const inside = mutate(pdu, random).slice(0, 255);
			const head = [i >> 8, i, 0, 0, 0, inside.length];
			peer.credit = 5760;
			if (random() < 0.7) peer.send(head, inside);
			else peer.send(mutate(concatBytes([Uint8Array.from(head), pdu]), random));
			clock.advance(1);
			const answer = peer.take();
			for (let at = 0; at < answer.length; ) {
				expect([answer[at + 2], answer[at + 3]]).toEqual([0, 0]);
				const length = (answer[at + 4]! << 8) | answer[at + 5]!;
				expect(length).toBeGreaterThanOrEqual(3);
				expect(length).toBeLessThanOrEqual(254);
				at += 6 + length;
				expect(at).toBeLessThanOrEqual(answer.length);
			}
		}
		expect(server.counters.requests).toBeGreaterThan(2000);
		expect(server.counters.violations).toBeGreaterThan(500);
		expect(server.clients).toBeLessThanOrEqual(8);
	});

	it("RTU client: every request has one result, and only true replies are ok", () => {
		const random = noise(247);
		const clock = new ManualClock();
		const line = new FakeLine(clock);
		const client = new ModbusClient({
			link: { io: line.io, port: "sim:x" },
			clock,
			retries: 0,
			timeoutMs: 50,
			lateMs: 1,
		});
		const truth = withCrc(fromHex("11 03 04 12 34 56 78"));
		let results = 0;
		let ok = 0;
		line.onSent = () => {
			const pieces = 1 + Math.floor(random() * 3);
			for (let i = 0; i < pieces; i++) line.feed(random() < 0.1 ? truth : mutate(truth, random));
		};
		for (let i = 0; i < 3000; i++) {
			client.request({
				unit: 17,
				function: 3,
				address: 0,
				count: 2,
				onResult(result) {
					results++;
					if (result.status !== "ok") return;
					ok++;
					expect(result.data.getUint32(0)).toBe(0x12345678);
				},
			});
			clock.advance(300);
			expect(results).toBe(i + 1);
		}
		expect(ok).toBeGreaterThan(200);
		expect(client.busy).toBe(false);
	});

	it("TCP client: likewise, over connections that come and go", () => {
		const random = noise(255);
		const clock = new ManualClock();
		const network = new FakeNetwork();
		const client = new ModbusClient({ link: { io: network.tcp, address: "::1" }, clock, retries: 1, timeoutMs: 50 });
		network.onDial = (peer) => clock.setTimer(() => (random() < 0.1 ? peer.end() : peer.grant(5760)), 1);
		const harmed = new Set<unknown>();
		let results = 0;
		let ok = 0;
		for (let i = 0; i < 3000; i++) {
			client.request({
				unit: 17,
				function: 3,
				address: 0,
				count: 2,
				onResult(result) {
					results++;
					if (result.status !== "ok") return;
					ok++;
					if (!harmed.has(network.dialled.at(-1))) expect(result.data.getUint32(0)).toBe(0x12345678);
				},
			});
			for (let step = 0; step < 100 && results <= i; step++) {
				clock.advance(20);
				const peer = network.dialled.at(-1);
				const sent = peer?.take() ?? [];
				if (!peer || peer.closed || sent.length < 12) continue;
				const reply = concatBytes([Uint8Array.of(sent[0]!, sent[1]!, 0, 0, 0, 7), fromHex("11 03 04 12 34 56 78")]);
				peer.credit = 5760;
				if (random() < 0.3) peer.send(reply);
				else if (random() < 0.1) peer.end();
				else {
					// TCP does not lose bytes: from here on the stream of this connection means nothing
					harmed.add(peer);
					peer.send(mutate(reply, random));
				}
			}
			expect(results).toBe(i + 1);
		}
		expect(ok).toBeGreaterThan(200);
	});
});
