import { describe, expect, it } from "vitest";
import { publish, Rig, suback } from "../../test/adapters/mqtt-fixture";

describe("receiving", () => {
	it("hands messages on and acknowledges QoS 1 after the handler", () => {
		const rig = new Rig();
		rig.accept();
		rig.socket.send(publish("a", "zero"));
		rig.socket.send(publish("b/c", "", 0x0b, 300));
		expect(rig.takeEvents()).toEqual(["connected false", "message a zero 0", "message b/c  1rd"]);
		expect(rig.packets().map((packet) => [packet.type, packet.id])).toEqual([[4, 300]]);
	});

	it("goes on when a handler throws", () => {
		const rig = new Rig({
			onMessage: () => {
				throw new Error("handler broke");
			},
			onConnected: () => {
				throw new Error("so did this");
			},
		});
		rig.accept();
		rig.socket.send(publish("a", "x", 2, 5));
		expect(rig.packets()[0]!.id).toBe(5);
		expect(rig.logs.filter((line) => line.startsWith("error"))).toEqual([
			"error: onConnected: so did this",
			"error: onMessage of a: handler broke",
		]);
	});

	it("passes over a message over the limit, acknowledges it, and reads the next", () => {
		const rig = new Rig({ inboundLimitBytes: 1000 });
		rig.accept();
		const stream = Buffer.concat([publish("a", "x".repeat(5000), 2, 9), publish("b", "next")]);
		for (let at = 0; at < stream.length; at += 700) rig.socket.send(stream.subarray(at, at + 700));
		expect(rig.takeEvents()).toEqual(["connected false", "message b next 0"]);
		expect(rig.packets()[0]).toMatchObject({ type: 4, id: 9 });
		expect(rig.client.counters.oversized).toBe(1);
	});

	it("stops reading while acknowledgements cannot be written, and then goes on", () => {
		const rig = new Rig();
		rig.accept(false, 100);
		rig.socket.grant(0);
		const one = publish("a", "x", 2, 9);
		rig.socket.send(Buffer.concat(Array.from({ length: 5000 }, () => one)));
		expect(rig.socket.unread).toBeGreaterThan(30_000);
		for (let i = 0; i < 50; i++) rig.socket.grant(1000);
		expect(rig.socket.unread).toBe(0);
		expect(rig.client.counters.received).toBe(5000);
	});

	it("may publish, subscribe and close from a handler", () => {
		const rig = new Rig({
			onMessage: (topic) => {
				if (topic === "close") rig.client.close();
				else {
					rig.client.publish("reply", "1", { qos: 0 });
					rig.client.subscribe("more");
				}
			},
		});
		rig.accept();
		rig.socket.send(publish("a", "x", 2, 5));
		expect(rig.packets().map((packet) => packet.type)).toEqual([4, 8, 3]);
		rig.socket.send(publish("close", "", 2, 6));
		expect(rig.socket.closed).toBe(true);
		expect(rig.clock.pending).toBe(0);
	});
});

describe("subscriptions", () => {
	it("are sent one a packet, reported, and refused ones said so", () => {
		const rig = new Rig();
		rig.client.subscribe("a/+", 0);
		rig.client.subscribe("b/#");
		rig.accept();
		expect([...rig.socket.take()]).toEqual([
			...[0x82, 8, 0, 1, 0, 3, 0x61, 0x2f, 0x2b, 0],
			...[0x82, 8, 0, 2, 0, 3, 0x62, 0x2f, 0x23, 1],
		]);
		rig.socket.send(suback(1, 0));
		rig.socket.send(suback(2, 128));
		rig.socket.send(suback(99, 1));
		expect(rig.takeEvents()).toEqual(["connected false", "subscribed a/+ 0", "subscribed b/# undefined"]);
		expect(rig.logs).toContain("warn: the broker refuses the subscription to b/#");
	});

	it("are sent again when the broker lost the session; else only what it lacks", () => {
		const rig = new Rig();
		rig.client.subscribe("a");
		rig.client.subscribe("refused");
		rig.accept();
		rig.socket.send(suback(1, 1));
		rig.socket.send(suback(2, 128));
		const filters = () =>
			rig
				.packets()
				.map((packet) => `${packet.type} ${Buffer.from(packet.body.subarray(4)).toString().replace("\x01", "")}`);
		filters();
		rig.socket.end();
		rig.client.subscribe("b");
		rig.client.unsubscribe("a");
		rig.accept(true, 1000, 1000);
		expect(filters()).toEqual(["10 a", "8 refused", "8 b"]);
		rig.socket.send(new Uint8Array([0xb0, 2, 0, 3]));
		rig.socket.send(suback(4, 1));
		rig.socket.send(suback(5, 1));
		rig.socket.end();
		rig.accept(false, 1000, 2000);
		expect(filters()).toEqual(["8 refused", "8 b"]);
		rig.socket.end();
		rig.accept(true, 1000, 4000);
		expect(filters()).toEqual(["8 refused", "8 b"]);
	});
});
