import { beforeEach, describe, expect, it } from "vitest";
import { FakeNetwork, type FakePeer } from "../../test/fakes/tcp";
import { fromHex, toHex } from "../base/bytes";
import { ManualClock } from "../base/manual-clock";
import { ModbusClient, type ModbusClientOptions, type ModbusRequest } from "./client";

let clock: ManualClock;
let network: FakeNetwork;
let client: ModbusClient;
let seen: string[];

function open(options: Partial<ModbusClientOptions> = {}): void {
	client = new ModbusClient({ link: { io: network.tcp, address: "10.0.0.9", port: 1502 }, clock, ...options });
}

function ask(request: Partial<ModbusRequest> = {}): void {
	client.request({
		unit: 1,
		function: 3,
		address: 0,
		count: 1,
		onResult(result) {
			const data = new Uint8Array(result.data.buffer, result.data.byteOffset, result.byteLength);
			const detail = result.status === "exception" ? `${result.exception}` : toHex(data, "");
			seen.push(`${result.status} ${detail} ${result.attempts}`);
		},
		...request,
	});
}

/** Lets the connection that was opened last come up. */
function up(): FakePeer {
	clock.advance(1);
	const peer = network.last;
	peer.grant(5760);
	return peer;
}

beforeEach(() => {
	clock = new ManualClock();
	network = new FakeNetwork();
	seen = [];
});

describe("a TCP client", () => {
	it("connects with the first request and keeps the connection", () => {
		open();
		clock.advance(1000);
		expect(network.dialled).toHaveLength(0);
		ask();
		const peer = up();
		expect(peer.options).toMatchObject({ address: "10.0.0.9", port: 1502, nodelay: true });
		expect(toHex(peer.take())).toBe("00 01 00 00 00 06 01 03 00 00 00 01");
		peer.send(fromHex("00 01 00 00 00 05 01 03 02 12 34"));
		ask({ function: 4, unit: 0, count: 2 });
		expect(toHex(peer.take())).toBe("00 02 00 00 00 06 00 04 00 00 00 02");
		peer.send(fromHex("00 02 00 00 00 07 00 04 04 00 01 00 02"));
		ask();
		peer.send(fromHex("00 03 00 00 00 03 01 83 02"));
		expect(seen).toEqual(["ok 1234 1", "ok 00010002 1", "exception 2 1"]);
		expect(network.dialled).toHaveLength(1);
	});

	it("does not mind how the stream is cut", () => {
		open();
		ask();
		const peer = up();
		for (const byte of fromHex("00 01 00 00 00 05 01 03 02 12 34")) peer.send([byte]);
		ask();
		// the rest of one reply and all of another, that nobody asked for, in one piece
		peer.send(fromHex("00 02 00 00 00 05 01 03 02 00"));
		peer.send(fromHex("07 00 09 00 00 00 05 01 03 02 00 08"));
		expect(seen).toEqual(["ok 1234 1", "ok 0007 1"]);
		expect(client.counters.unsolicited).toBe(1);
	});

	it("knows a late reply by its transaction id", () => {
		open({ timeoutMs: 100, retries: 0 });
		ask();
		const peer = up();
		clock.advance(100);
		ask();
		peer.send(fromHex("00 01 00 00 00 05 01 03 02 11 11"));
		expect(seen).toEqual(["timeout  1"]);
		peer.send(fromHex("00 02 00 00 00 05 01 03 02 22 22"));
		expect(seen).toEqual(["timeout  1", "ok 2222 1"]);
	});

	it("does not take the reply of another unit, function or length", () => {
		open({ timeoutMs: 100, retries: 0 });
		ask();
		const peer = up();
		peer.send(fromHex("00 01 00 00 00 05 02 03 02 11 11"));
		peer.send(fromHex("00 01 00 00 00 05 01 04 02 11 11"));
		peer.send(fromHex("00 01 00 00 00 07 01 03 04 11 11 11 11"));
		expect(seen).toEqual([]);
		clock.advance(100);
		expect(seen).toEqual(["foreign  1"]);
	});

	it("takes a reply of the right length whose byte count is wrong, but not as the answer to a longer read", () => {
		open({ timeoutMs: 100, retries: 0 });
		ask({ count: 2 });
		const peer = up();
		peer.send(fromHex("00 01 00 00 00 07 01 03 0e 11 11 22 22"));
		ask({ count: 2 });
		peer.send(fromHex("00 02 00 00 00 05 01 03 04 11 11"));
		clock.advance(100);
		expect(seen).toEqual(["ok 11112222 1", "foreign  1"]);
	});

	it.each([
		["another protocol id", "00 01 00 01 00 05 01 03 02 11 11"],
		["another protocol id, in the first three bytes", "00 01 01"],
		["length 0", "00 01 00 00 00 00"],
		["length 1", "00 01 00 00 00 01 01"],
		["length 255", "00 01 00 00 00 ff 01 03"],
		["length 65535", "00 01 00 00 ff ff 01 03"],
	])("closes and tries again on %s", (_name, hex) => {
		open();
		ask();
		const peer = up();
		peer.send(fromHex(hex));
		expect(peer.closed).toBe(true);
		const second = up();
		expect(second).not.toBe(peer);
		expect(toHex(second.take())).toBe("00 02 00 00 00 06 01 03 00 00 00 01");
		second.send(fromHex("00 02 00 00 00 05 01 03 02 00 01"));
		expect(seen).toEqual(["ok 0001 2"]);
	});

	it("wraps its transaction id", () => {
		open();
		ask();
		const peer = up();
		for (let i = 1; i <= 65_537; i++) {
			const id = i & 0xffff;
			peer.send([id >> 8, id & 255, 0, 0, 0, 5, 1, 3, 2, 0, 1]);
			peer.credit = 5760;
			ask();
		}
		expect(seen).toHaveLength(65_537);
		expect(new Set(seen)).toEqual(new Set(["ok 0001 1"]));
	});
});

describe("a connection that breaks", () => {
	it("is opened again at once, and the request is repeated", () => {
		open();
		ask();
		const peer = up();
		peer.end();
		const second = up();
		second.send(fromHex("00 02 00 00 00 05 01 03 02 00 05"));
		expect(seen).toEqual(["ok 0005 2"]);
	});

	it("ends a request that has no retry left", () => {
		open({ retries: 0 });
		ask();
		up().end();
		expect(seen).toEqual(["closed  1"]);
	});

	it("while nothing is asked is no loss", () => {
		open();
		ask();
		const peer = up();
		peer.send(fromHex("00 01 00 00 00 05 01 03 02 00 05"));
		peer.end();
		clock.advance(60_000);
		expect(network.dialled).toHaveLength(1);
		ask();
		up().send(fromHex("00 02 00 00 00 05 01 03 02 00 06"));
		expect(seen).toEqual(["ok 0005 1", "ok 0006 1"]);
	});

	it("and a server that is away: fails each request in time, tries ever more seldom, and comes back", () => {
		open({ timeoutMs: 500 });
		network.onDial = (peer) => clock.setTimer(() => peer.end(), 5);
		const answered: number[] = [];
		const again = (): void =>
			ask({
				onResult(result) {
					answered.push(Math.round(clock.now()));
					seen.push(`${result.status} ${result.attempts}`);
					again();
				},
			});
		again();
		clock.advance(120_000);
		expect(new Set(seen)).toEqual(new Set(["closed 0"]));
		// no request waits longer than the connect time, and none is refused in a loop without time passing
		for (let i = 1; i < answered.length; i++) {
			expect(answered[i]! - answered[i - 1]!).toBeLessThanOrEqual(1000);
			expect(answered[i]! - answered[i - 1]!).toBeGreaterThanOrEqual(5);
		}
		// 0, 1, 2, 4, 8, 16, 30, 30 s
		expect(network.dialled.length).toBeGreaterThanOrEqual(7);
		expect(network.dialled.length).toBeLessThanOrEqual(11);
		network.onDial = (peer) => clock.setTimer(() => peer.grant(5760), 5);
		clock.advance(31_000);
		const peer = network.last;
		const sent = peer.take();
		expect(sent.length).toBeGreaterThan(0);
		peer.send([sent.at(-12)!, sent.at(-11)!, 0, 0, 0, 5, 1, 3, 2, 0, 1]);
		expect(seen.at(-1)).toMatch(/^ok/);
		client.close();
	});

	it("without a word: after three time-outs a new one is made", () => {
		open({ timeoutMs: 100, retries: 0 });
		for (let i = 0; i < 3; i++) ask();
		const peer = up();
		clock.advance(1000);
		expect(seen).toEqual(["timeout  1", "timeout  1", "timeout  1"]);
		expect(peer.closed).toBe(true);
		ask();
		const second = up();
		expect(second).not.toBe(peer);
		expect(toHex(second.take())).toBe("00 04 00 00 00 06 01 03 00 00 00 01");
	});

	it("waits for credit", () => {
		open();
		ask();
		clock.advance(1);
		const peer = network.dialled[0]!;
		peer.grant(11);
		expect(peer.take()).toHaveLength(0);
		peer.grant(12);
		expect(peer.take()).toHaveLength(12);
		ask();
		peer.send(fromHex("00 01 00 00 00 05 01 03 02 00 05"));
		expect(peer.take()).toHaveLength(0);
		peer.grant(100);
		expect(peer.take()).toHaveLength(12);
	});

	it("may be closed in onResult", () => {
		open();
		ask({
			onResult(result) {
				seen.push(result.status);
				client.close();
			},
		});
		const peer = up();
		peer.send(fromHex("00 01 00 00 00 05 01 03 02 00 05 00 02 00 00 00 05 01 03 02 00 05"));
		expect(seen).toEqual(["ok"]);
		expect(peer.closed).toBe(true);
		expect(clock.pending).toBe(0);
	});
});
