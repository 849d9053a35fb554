import { describe, expect, it } from "vitest";
import { connack, packetsOf, puback, publish, Rig } from "../../test/adapters/mqtt-fixture";
import { GridpostError } from "../base/errors";

describe("publishing", () => {
	it("QoS 0 and 1, retained and empty, as their bytes", () => {
		const rig = new Rig({ window: 5 });
		rig.accept();
		rig.client.publish("a/b", "x", { qos: 0 });
		rig.client.publish("a/b", "", { qos: 1, retain: true });
		rig.client.publish("é", new Uint8Array([1, 2]));
		expect([...rig.socket.take()]).toEqual([
			...[0x30, 6, 0, 3, 0x61, 0x2f, 0x62, 0x78],
			...[0x33, 7, 0, 3, 0x61, 0x2f, 0x62, 0, 1],
			...[0x32, 8, 0, 2, 0xc3, 0xa9, 0, 2, 1, 2],
		]);
	});

	it("keeps to its window and to the order", () => {
		const rig = new Rig();
		rig.accept();
		for (const text of ["1", "2", "3"]) rig.client.publish("t", text);
		rig.client.publish("t", "4", { qos: 0 });
		expect(rig.published()).toEqual(["1"]);
		rig.socket.send(puback(1));
		expect(rig.published()).toEqual(["2"]);
		rig.socket.send(puback(2));
		expect(rig.published()).toEqual(["3", "4"]);
		expect(rig.client.queued).toBe(1);
		rig.socket.send(puback(3));
		expect(rig.client.queued).toBe(0);
		expect(rig.client.queuedBytes).toBe(0);
	});

	it("sends what was not acknowledged first after a break, with DUP, and nothing else twice", () => {
		const rig = new Rig({ window: 2 });
		for (const text of ["1", "2", "3", "4"]) rig.client.publish("t", text);
		rig.accept();
		expect(rig.published()).toEqual(["1", "2"]);
		rig.socket.send(puback(1));
		expect(rig.published()).toEqual(["3"]);
		rig.socket.end();
		rig.accept(true, 100_000, 1000);
		const sent = rig.packets();
		expect(sent.map((packet) => [packet.payload, packet.flags & 8, packet.id])).toEqual([
			["2", 8, 2],
			["3", 8, 3],
		]);
		rig.socket.send(puback(3));
		rig.socket.send(puback(2));
		expect(rig.published()).toEqual(["4"]);
		expect(rig.client.counters).toMatchObject({ published: 4, resent: 2, acknowledged: 3, connections: 2 });
	});

	it("sends again without DUP what had not gone out whole, QoS 0 too", () => {
		for (const qos of [0, 1] as const) {
			const rig = new Rig();
			rig.accept(false, 20);
			rig.client.publish("t", "x".repeat(100), { qos });
			rig.client.publish("t", "after", { qos });
			rig.socket.end();
			rig.accept(true, 100_000, 1000);
			rig.socket.send(puback(1));
			expect(rig.published()).toEqual(["x".repeat(100), "after"]);
		}
	});

	it("a cut at any byte loses nothing, sends in order, and repeats at most the window", () => {
		const texts = Array.from({ length: 6 }, (_, i) => `message ${i} ${"x".repeat(i * 3)}`);
		for (let cut = 1; cut < 200; cut++) {
			const rig = new Rig();
			for (const text of texts) rig.client.publish("t", text);
			const got: string[] = [];
			let budget = cut;
			rig.clock.advance(0);
			rig.socket.grant(1000);
			rig.socket.take();
			rig.socket.send(connack());
			// the broker sees `budget` bytes and acknowledges whole packets among them, then the line is cut
			let seen = new Uint8Array(0);
			while (budget > 0 && !rig.socket.closed) {
				const fresh = rig.socket.take().slice(0, budget);
				if (fresh.length === 0) break;
				budget -= fresh.length;
				seen = Buffer.concat([seen, fresh]);
				if (budget === 0) break;
				for (const packet of packetsOf(seen)) {
					got.push(packet.payload);
					rig.socket.send(puback(packet.id));
				}
				seen = new Uint8Array(0);
			}
			let repeats = 0;
			try {
				// seen by the broker, but the acknowledgement is lost with the line
				for (const packet of packetsOf(seen)) got.push(packet.payload);
			} catch {
				// cut inside a packet
			}
			rig.socket.end();
			rig.accept(true, 100_000, 1000);
			for (let packets = rig.packets(); packets.length; packets = rig.packets()) {
				for (const packet of packets) {
					if (got.at(-1) === packet.payload) repeats++;
					else got.push(packet.payload);
					rig.socket.send(puback(packet.id));
				}
			}
			expect(got).toEqual(texts);
			expect(repeats).toBeLessThanOrEqual(1);
			expect(rig.client.queued).toBe(0);
			rig.client.close();
		}
	});

	it("refuses when full, in messages or bytes, and tells when there is room", () => {
		const rig = new Rig({ queueLimit: { messages: 8, bytes: 1000 } });
		for (let i = 0; i < 8; i++) expect(rig.client.publish("t", `${i}`)).toBe(true);
		expect(rig.client.publish("t", "8")).toBe(false);
		expect(rig.client.queued).toBe(8);
		rig.accept();
		for (let id = 1; id <= 1; id++) rig.socket.send(puback(id));
		expect(rig.events).toEqual(["connected false"]);
		rig.socket.send(puback(2));
		expect(rig.events).toEqual(["connected false", "drain"]);
		for (let id = 3; id <= 8; id++) rig.socket.send(puback(id));
		expect(rig.client.publish("t", "x".repeat(999))).toBe(true);
		expect(rig.client.publish("t", "")).toBe(false);
		rig.socket.send(puback(9));
		expect(rig.events.filter((event) => event === "drain").length).toBe(2);
		expect(rig.client.publish("t", "x".repeat(5000))).toBe(true);
	});

	it("a publisher that waits for onDrain gets everything through a small queue", () => {
		const texts = Array.from({ length: 500 }, (_, i) => `${i}`);
		let at = 0;
		const more = () => {
			while (at < texts.length && rig.client.publish("t", texts[at]!)) at++;
		};
		const rig: Rig = new Rig({ queueLimit: { messages: 10 }, onDrain: more });
		more();
		rig.accept();
		const got: string[] = [];
		for (let packets = rig.packets(); packets.length; packets = rig.packets())
			for (const packet of packets) {
				got.push(packet.payload);
				rig.socket.send(puback(packet.id));
			}
		expect(got).toEqual(texts);
	});

	it("drops the oldest QoS 0 for a QoS 1 message, and only then", () => {
		const told: string[] = [];
		const options = (name: string, qos: 0 | 1) => ({ qos, onSent: (ok: boolean) => told.push(`${name} ${ok}`) });
		const rig = new Rig({ queueLimit: { messages: 3 } });
		rig.client.publish("t", "a", options("a", 1));
		rig.client.publish("t", "b", options("b", 0));
		rig.client.publish("t", "c", options("c", 0));
		expect(rig.client.publish("t", "d", options("d", 0))).toBe(false);
		expect(rig.client.publish("t", "e", options("e", 1))).toBe(true);
		expect(rig.client.publish("t", "f", options("f", 1))).toBe(true);
		expect(rig.client.publish("t", "g", options("g", 1))).toBe(false);
		expect(told).toEqual(["b false", "c false"]);
		rig.accept();
		for (let id = 1; id <= 3; id++) rig.socket.send(puback(id));
		expect(told).toEqual(["b false", "c false", "a true", "e true", "f true"]);
		expect(rig.client.counters.dropped).toBe(2);
	});

	it("writes a large payload by credit; pings and acknowledgements wait for its end only", () => {
		const payload = new Uint8Array(20_000).map((_, i) => i % 253);
		const rig = new Rig({ keepAliveS: 60 });
		rig.accept(false, 100);
		rig.client.publish("big", payload, { qos: 0 });
		rig.client.publish("t", "small", { qos: 0 });
		rig.socket.send(publish("in", "hello", 2, 77));
		const got: Uint8Array[] = [rig.socket.take()];
		for (let i = 0; i < 60; i++) {
			rig.clock.advance(2000);
			rig.socket.grant(500);
			got.push(rig.socket.take());
			if (i === 45) rig.socket.send(new Uint8Array([0xd0, 0]));
		}
		const packets = packetsOf(Buffer.concat(got));
		expect(packets.map((packet) => packet.type)).toEqual([3, 4, 12, 3]);
		expect(Buffer.compare(packets[0]!.body.subarray(5), payload)).toBe(0);
		expect(packets[1]!.id).toBe(77);
	});

	it("rejects topics that are none, and takes each good one once for all", () => {
		const rig = new Rig();
		for (const topic of ["", "a/#", "a/+/b", "nul\0", "x".repeat(21_846)])
			expect(() => rig.client.publish(topic, "")).toThrow(GridpostError);
		for (const filter of ["", "a/#/b", "a/b#", "a+/b", "nul\0"])
			expect(() => rig.client.subscribe(filter)).toThrow(GridpostError);
		rig.accept();
		for (let i = 0; i < 200; i++) rig.client.publish(`t/${i % 100}`, "", { qos: 0 });
		expect(rig.packets().map((packet) => packet.topic)).toEqual(Array.from({ length: 200 }, (_, i) => `t/${i % 100}`));
	});

	it("never uses an id that is still out, and never 0", () => {
		const rig = new Rig({ window: 2, queueLimit: { messages: 200_000, bytes: 10_000_000 } });
		rig.accept();
		rig.client.publish("t", "held");
		const ids = new Set<number>();
		rig.packets();
		for (let i = 0; i < 65_600; i++) {
			rig.socket.grant(1000);
			rig.client.publish("t", "");
			const { id } = rig.packets()[0]!;
			if (id === 0 || id === 1) ids.add(id);
			rig.socket.send(puback(id));
		}
		expect(ids.size).toBe(0);
		expect(rig.client.counters.acknowledged).toBe(65_600);
	});
});
