import { describe, expect, it } from "vitest";
import { connack, puback, Rig } from "../../test/adapters/mqtt-fixture";
import { FakeNetwork } from "../../test/fakes/tcp";
import { type EndReason, MqttClient, type MqttClientOptions } from "./client";

describe("connecting", () => {
	it("sends exactly this CONNECT", () => {
		const rig = new Rig({
			clientId: "hub-7",
			user: "u",
			password: "pw",
			keepAliveS: 300,
			will: { topic: "s", payload: "off", qos: 1, retain: true },
		});
		rig.clock.advance(0);
		rig.socket.grant(1000);
		expect([...rig.socket.take()]).toEqual([
			...[0x10, 32, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0xec, 0x01, 0x2c, 0, 5, 0x68, 0x75, 0x62, 0x2d, 0x37],
			...[0, 1, 0x73, 0, 3, 0x6f, 0x66, 0x66, 0, 1, 0x75, 0, 2, 0x70, 0x77],
		]);
	});

	it("hands the socket settings on and asks for no delay", () => {
		const rig = new Rig();
		rig.clock.advance(0);
		expect(rig.socket.options).toMatchObject({ address: "10.0.0.1", port: 1883, nodelay: true, noDelay: true });
		expect("io" in rig.socket.options!).toBe(false);
	});

	it("resolves a host first when there is a resolver", () => {
		const asked: string[] = [];
		const network = new FakeNetwork();
		const rig = new Rig({
			socket: { io: network.tcp, host: "broker.example", port: 1883 },
			resolver: {
				resolve(request) {
					asked.push(request.host);
					if (asked.length === 1) request.onError();
					else request.onResolved(request.host, "10.9.8.7");
				},
			},
		});
		rig.clock.advance(0);
		expect(rig.takeEvents()).toEqual(["ended resolve: no address for broker.example"]);
		rig.clock.advance(1000);
		expect(network.last.options).toMatchObject({ address: "10.9.8.7", host: "broker.example" });
	});

	it.each([
		[1, "does not speak MQTT 3.1.1", 30_000],
		[2, "does not allow this client id", 30_000],
		[3, "is not available at present", 1000],
		[4, "user name or password is wrong", 30_000],
		[5, "not authorized", 30_000],
		[6, "reserved code 6", 30_000],
	])("refusal %i has a clear reason and its own patience", (code, text, waitMs) => {
		const reasons: EndReason[] = [];
		const rig = new Rig({ onDisconnected: (reason) => reasons.push(reason) });
		rig.clock.advance(0);
		rig.socket.grant(1000);
		rig.socket.send(connack(code));
		expect(reasons[0]).toMatchObject({ code: "refused", returnCode: code });
		expect(reasons[0]!.text).toContain(text);
		expect(rig.socket.closed).toBe(true);
		rig.clock.advance(waitMs - 1);
		expect(rig.network.dialled.length).toBe(1);
		rig.clock.advance(1);
		expect(rig.network.dialled.length).toBe(2);
	});

	it("backs off from 1 s to 30 s, with jitter, and starts afresh after a connection that lasted", () => {
		let chance = 1;
		const rig = new Rig({ random: () => chance });
		const waits: number[] = [];
		rig.clock.advance(0);
		for (let i = 0; i < 7; i++) {
			const made = rig.network.dialled.length;
			rig.socket.end();
			const fromMs = rig.clock.now();
			while (rig.network.dialled.length === made) rig.clock.advance(100);
			waits.push(Math.round((rig.clock.now() - fromMs) / 100) / 10);
		}
		expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
		rig.accept();
		rig.clock.advance(9000);
		rig.socket.end();
		rig.clock.advance(29_000);
		expect(rig.socket.closed).toBe(true);
		rig.accept(true, 1000, 1000);
		rig.clock.advance(10_000);
		chance = 0;
		rig.socket.end();
		rig.accept(true, 1000, 500);
		expect(rig.client.connected).toBe(true);
	});

	it("survives a network that is not there, says so once, and connects when it is", () => {
		const rig = new Rig();
		rig.network.broken = true;
		rig.clock.advance(600_000);
		expect(rig.client.counters.attempts).toBeGreaterThan(20);
		expect(rig.logs.filter((line) => line.startsWith("warn"))).toEqual(["warn: no socket: no network"]);
		rig.network.broken = false;
		while (rig.network.dialled.length === 0) rig.clock.advance(1000);
		rig.accept();
		expect(rig.client.connected).toBe(true);
	});

	it("gives up on TCP after 15 s and on CONNACK after 20 s", () => {
		const rig = new Rig();
		rig.clock.advance(15_000);
		expect(rig.takeEvents()).toEqual(["ended timeout: no connection in time"]);
		rig.clock.advance(1000);
		rig.socket.grant(1000);
		rig.clock.advance(22_000);
		expect(rig.takeEvents()).toEqual(["ended timeout: no CONNACK for 21 s"]);
	});

	it("passes on why the connection failed where the socket class says it", () => {
		const rig = new Rig();
		rig.clock.advance(0);
		rig.socket.options!.onError?.(new Error("connect refused"));
		rig.accept(false, 1000, 1000);
		rig.socket.options!.onError?.("reset by peer");
		expect(rig.takeEvents()).toEqual([
			"ended closed: no connection: connect refused",
			"connected false",
			"ended closed: connection closed: reset by peer",
		]);
	});

	it("is not misled by callbacks of a connection it has given up", () => {
		const rig = new Rig();
		rig.accept();
		const old = rig.socket;
		old.end();
		rig.accept(true, 1000, 1000);
		old.options!.onError?.();
		old.options!.onReadable?.(4);
		old.options!.onWritable?.(4);
		expect(rig.client.connected).toBe(true);
	});
});

describe("staying connected", () => {
	it("pings when it has been silent, in either direction", () => {
		const rig = new Rig({ keepAliveS: 20 });
		rig.accept();
		rig.clock.advance(14_000);
		expect(rig.packets()).toEqual([]);
		rig.clock.advance(2000);
		expect(rig.packets().map((packet) => packet.type)).toEqual([12]);
		rig.socket.send(new Uint8Array([0xd0, 0]));
		// QoS 0 every second is no sign that the broker is there
		let pings = 0;
		for (let i = 0; i < 18; i++) {
			rig.client.publish("t", "x", { qos: 0 });
			rig.clock.advance(1000);
			pings += rig.packets().filter((packet) => packet.type === 12).length;
		}
		expect(pings).toBe(1);
	});

	it("notices a half-open connection by the ping nobody answers, and loses nothing", () => {
		const rig = new Rig({ keepAliveS: 20 });
		rig.accept();
		rig.client.publish("t", "held");
		rig.clock.advance(40_000);
		expect(rig.events.at(-1)).toMatch(/ended timeout: no PINGRESP for 2\d s/);
		rig.accept(true, 1000, 1000);
		expect(rig.published()).toEqual(["held+"]);
	});

	it("notices one that takes no bytes", () => {
		const rig = new Rig({ keepAliveS: 0 });
		rig.accept(false, 50);
		rig.client.publish("t", "x".repeat(100));
		rig.clock.advance(25_000);
		expect(rig.events.at(-1)).toMatch(/ended timeout: TCP takes no bytes for 2\d s/);
	});

	it("and a broker that answers pings but acknowledges nothing", () => {
		const rig = new Rig({ keepAliveS: 20 });
		rig.accept();
		rig.client.publish("t", "x");
		for (let i = 0; i < 70 && rig.client.connected; i++) {
			rig.clock.advance(1000);
			if (rig.client.connected) rig.socket.send(new Uint8Array([0xd0, 0]));
		}
		expect(rig.events.at(-1)).toMatch(/ended timeout: no PUBACK for 6\d s/);
	});

	it("keeps telemetry through ten minutes without a broker: once, in order", () => {
		const rig = new Rig();
		rig.accept();
		const sent: string[] = [];
		const got: string[] = [];
		let up = true;
		for (let second = 0; second < 900; second++) {
			if (second % 5 === 0) {
				sent.push(`at ${second}`);
				expect(rig.client.publish("t", `at ${second}`)).toBe(true);
			}
			if (second === 100) rig.socket.end();
			up = second < 100 || second >= 700;
			if (!up) rig.socket.end();
			rig.clock.advance(1000);
			if (up && !rig.client.connected && !rig.socket.closed) {
				rig.socket.grant(10_000);
				rig.socket.take();
				rig.socket.send(connack(0, true));
			}
			if (!rig.client.connected) continue;
			for (let packets = rig.packets(); packets.length; packets = rig.packets())
				for (const packet of packets) {
					if (packet.type === 3) got.push(packet.payload);
					rig.socket.send(packet.type === 3 ? puback(packet.id) : new Uint8Array([0xd0, 0]));
				}
		}
		expect(got).toEqual(sent);
		expect(rig.client.queued).toBe(0);
	});
});

describe("closing", () => {
	it("says DISCONNECT, settles what waits, and is quiet for ever", () => {
		const told: boolean[] = [];
		const rig = new Rig();
		rig.accept();
		for (let i = 0; i < 3; i++) rig.client.publish("t", "x", { onSent: (ok) => told.push(ok) });
		rig.socket.take();
		rig.client.close();
		rig.client.close();
		expect([...rig.socket.take()]).toEqual([0xe0, 0]);
		expect(told).toEqual([false, false, false]);
		expect(rig.socket.closed).toBe(true);
		expect(rig.client.publish("t", "x")).toBe(false);
		expect(rig.client.queued).toBe(0);
		expect(rig.clock.pending).toBe(0);
		expect(rig.network.dialled.length).toBe(1);
	});

	it("before the first connection, while connecting, in the middle of a payload", () => {
		const first = new Rig();
		first.client.close();
		first.clock.advance(10_000);
		expect(first.network.dialled.length).toBe(0);
		const second = new Rig();
		second.clock.advance(0);
		second.client.close();
		second.socket.grant(100);
		expect(second.socket.take().length).toBe(0);
		const third = new Rig();
		third.accept(false, 50);
		third.client.publish("t", "x".repeat(100));
		third.socket.take();
		third.client.close();
		expect(third.socket.take().length).toBe(0);
		expect(third.socket.closed).toBe(true);
	});
});

it.each<[string, Partial<MqttClientOptions>]>([
	["clientId", { clientId: "" }],
	["clientId", { clientId: "x".repeat(129) }],
	["keepAliveS", { keepAliveS: 3 }],
	["keepAliveS", { keepAliveS: 70_000 }],
	["window", { window: 0 }],
	["queueLimit.messages", { queueLimit: { messages: 0 } }],
	["queueLimit.bytes", { queueLimit: { bytes: -1 } }],
	["inboundLimitBytes", { inboundLimitBytes: 1 }],
	["password", { password: "x" }],
	["will.topic", { will: { topic: "a/#", payload: "" } }],
	["will.payload", { will: { topic: "a", payload: "x".repeat(70_000) } }],
])("names the option that is wrong: %s", (place, options) => {
	const make = () => new MqttClient({ ...base, ...options } as MqttClientOptions);
	expect(make).toThrow(expect.objectContaining({ code: "bad-config", place }));
});

const base = { socket: { io: new FakeNetwork().tcp }, clientId: "hub", random: () => 0 };
