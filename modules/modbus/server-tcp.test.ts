import { beforeEach, describe, expect, it } from "vitest";
import { PlainSpace } from "../../test/fakes/registers";
import { FakeNetwork, type FakePeer } from "../../test/fakes/tcp";
import { notModbus } from "../../test/fixtures/modbus-frames";
import { concatBytes, fromHex, toHex } from "../base/bytes";
import { ManualClock } from "../base/manual-clock";
import { TcpServer, type TcpServerOptions } from "./server-tcp";

let clock: ManualClock;
let network: FakeNetwork;
let space: PlainSpace;
let server: TcpServer;

function serve(options: Partial<TcpServerOptions> = {}): void {
	server = new TcpServer({
		listener: { io: network.listener, port: 1502 },
		tcp: network.tcp,
		clock,
		space,
		...options,
	});
}

/** A request for `count` registers from `address`. */
const read = (id: number, address = 0, count = 1, unit = 1): Uint8Array =>
	Uint8Array.of(id >> 8, id, 0, 0, 0, 6, unit, 3, address >> 8, address, count >> 8, count);

const taken = (peer: FakePeer): string => toHex(peer.take());

beforeEach(() => {
	clock = new ManualClock();
	network = new FakeNetwork();
	space = new PlainSpace([1, 5]);
	space.holding.set([0x1234, 0x5678]);
});

describe("a TCP server", () => {
	it("answers with transaction and unit of the request", () => {
		serve();
		const peer = network.connect();
		peer.send(fromHex("15 01 00 00 00 06 05 03 00 00 00 02"));
		expect(taken(peer)).toBe("15 01 00 00 00 07 05 03 04 12 34 56 78");
	});

	it("is itself under units 0 and 255, and has no unit that is not there", () => {
		serve({ ownUnit: 5 });
		const units: number[] = [];
		const plain = space.readRegisters.bind(space);
		space.readRegisters = (unit, ...rest) => {
			units.push(unit);
			return plain(unit, ...rest);
		};
		const peer = network.connect();
		peer.send(read(1, 0, 1, 0), read(2, 0, 1, 255), read(3, 0, 1, 1));
		expect(taken(peer)).toBe(
			"00 01 00 00 00 05 00 03 02 12 34 00 02 00 00 00 05 ff 03 02 12 34 00 03 00 00 00 05 01 03 02 12 34",
		);
		expect(units).toEqual([5, 5, 1]);
		peer.send(read(4, 0, 1, 9));
		expect(taken(peer)).toBe("00 04 00 00 00 03 09 83 0b");
	});

	it("takes a request byte by byte, and several in one piece (TCP-2, TCP-3)", () => {
		serve();
		const peer = network.connect();
		for (const byte of read(1)) {
			expect(peer.written).toEqual([]);
			peer.send([byte]);
		}
		expect(taken(peer)).toBe("00 01 00 00 00 05 01 03 02 12 34");
		peer.send(read(2), read(3, 1), read(4).subarray(0, 5));
		expect(taken(peer)).toBe("00 02 00 00 00 05 01 03 02 12 34 00 03 00 00 00 05 01 03 02 56 78");
		peer.send(read(4).subarray(5));
		expect(taken(peer)).toBe("00 04 00 00 00 05 01 03 02 12 34");
	});

	it("answers the next request after a partial one whose client gave up", () => {
		serve();
		for (let cut = 1; cut < 12; cut++) {
			const peer = network.connect();
			peer.send(read(1).subarray(0, cut));
			clock.advance(1000);
			peer.send(read(2, 1));
			expect(taken(peer)).toBe("00 02 00 00 00 05 01 03 02 56 78");
			peer.end();
		}
	});

	it("waits for the rest of a slow request", () => {
		serve();
		for (let cut = 1; cut < 12; cut++) {
			const peer = network.connect();
			peer.send(read(1).subarray(0, cut));
			clock.advance(3000);
			peer.send(read(1).subarray(cut));
			expect(taken(peer)).toBe("00 01 00 00 00 05 01 03 02 12 34");
			peer.end();
		}
	});

	it("serves eight, and turns the ninth away at once", () => {
		serve();
		const peers = Array.from({ length: 8 }, () => network.connect());
		const ninth = network.connect();
		expect(ninth.closed).toBe(true);
		expect(ninth.written).toEqual([]);
		for (const peer of peers) {
			peer.send(read(7));
			expect(taken(peer)).toBe("00 07 00 00 00 05 01 03 02 12 34");
		}
		peers[3]!.end();
		expect(server.clients).toBe(7);
		const next = network.connect();
		next.send(read(8));
		expect(taken(next)).toBe("00 08 00 00 00 05 01 03 02 12 34");
		expect(server.counters).toMatchObject({ accepted: 9, refused: 1, requests: 9 });
	});

	it("closes who is silent for a minute, and nobody else", () => {
		serve();
		const quiet = network.connect();
		const busy = network.connect();
		const half = network.connect();
		half.send(read(1).subarray(0, 6));
		for (let second = 0; second < 59; second++) {
			clock.advance(1000);
			busy.send(read(second));
			// bytes that never become a request do not count
			half.send([]);
		}
		expect(quiet.closed).toBe(false);
		clock.advance(2000);
		expect([quiet.closed, busy.closed, half.closed]).toEqual([true, false, true]);
		expect(server.clients).toBe(1);
		clock.advance(120_000);
		expect(busy.closed).toBe(true);
		expect(server.counters.idle).toBe(3);
		expect(clock.pending).toBe(0);
	});

	it("closes who asks and never reads", () => {
		serve();
		const peer = network.connect(600);
		for (let second = 0; second < 70; second++) {
			peer.send(read(second, 0, 125));
			clock.advance(1000);
		}
		expect(peer.closed).toBe(true);
		expect(server.counters).toMatchObject({ requests: 2, idle: 1 });
	});

	it("never closes for silence when told so", () => {
		serve({ idleTimeoutMs: 0 });
		const peer = network.connect();
		clock.advance(10_000_000);
		expect(peer.closed).toBe(false);
		expect(clock.pending).toBe(0);
	});

	it("leaves unread what a slow reader asks for, and others go on", () => {
		serve();
		const slow = network.connect(600);
		const quick = network.connect();
		// 30 requests for 125 registers: 259 bytes each in reply
		slow.send(...Array.from({ length: 30 }, (_, id) => read(id, 0, 125)));
		expect(slow.written).toHaveLength(2 * 259);
		expect(slow.unread).toBeGreaterThan(0);
		quick.send(read(1));
		expect(taken(quick)).toBe("00 01 00 00 00 05 01 03 02 12 34");
		for (let i = 0; i < 40; i++) slow.grant(300);
		expect(slow.written).toHaveLength(30 * 259);
		expect(slow.unread).toBe(0);
	});

	it.each(notModbus)("closes on %s, after having answered what came before", (_name, hex) => {
		serve();
		const peer = network.connect();
		peer.send(concatBytes([read(9), fromHex(hex)]));
		expect(taken(peer)).toBe("00 09 00 00 00 05 01 03 02 12 34");
		expect(peer.closed).toBe(true);
		expect(server.clients).toBe(0);
		expect(server.counters.violations).toBe(1);
		const next = network.connect();
		next.send(read(1));
		expect(next.written).toHaveLength(11);
	});

	it("tells of clients that speak no Modbus once a minute, and how many there were", () => {
		const lines: string[] = [];
		serve({ log: (level, area, text) => lines.push(`${level} ${area} ${text}`) });
		const scan = (): void => network.connect().send(fromHex(notModbus[0]![1]));
		for (let i = 0; i < 100; i++) {
			scan();
			clock.advance(500);
		}
		const said = "warn modbus a TCP client was cut off: what it sends is not Modbus";
		expect(lines).toEqual([said]);
		clock.advance(10_000);
		scan();
		expect(lines).toEqual([said, `${said} (as were 99 since this was last said)`]);
		clock.advance(60_000);
		scan();
		expect(lines.slice(2)).toEqual([said]);
		expect(server.counters.violations).toBe(102);
	});

	it("goes on when the application breaks: 04", () => {
		serve();
		space.broken = true;
		const peer = network.connect();
		peer.send(read(1));
		expect(taken(peer)).toBe("00 01 00 00 00 03 01 83 04");
	});

	it.each([1, 2, 3, 4, 6, 10, 11])("passes on exception %i of the space", (code) => {
		serve();
		space.exception = code;
		const peer = network.connect();
		peer.send(read(1));
		expect([...peer.take().subarray(7)]).toEqual([0x83, code]);
		peer.send(fromHex("00 02 00 00 00 06 01 06 00 00 00 01"));
		expect([...peer.take().subarray(7)]).toEqual([0x86, code]);
		expect(space.writes).toEqual([]);
	});

	it("closes all, twice", () => {
		serve();
		const peers = [network.connect(), network.connect()];
		server.close();
		server.close();
		expect(peers.every((peer) => peer.closed)).toBe(true);
		expect(network.listening).toBe(false);
		expect(clock.pending).toBe(0);
		expect(server.clients).toBe(0);
	});
});
