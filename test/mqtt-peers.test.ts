import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type Aedes as Broker } from "aedes";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MqttClient, type MqttClientOptions } from "../modules/mqtt/client";
import { TCP } from "./adapters/ecma419";
import { Mosquitto } from "./adapters/mosquitto";
import { realClock, until } from "./adapters/real-clock";
import { describeWithPeers, type Peer, python } from "./peers";

const opened: MqttClient[] = [];
const peers: Peer[] = [];

function connect(port: number, options: Partial<MqttClientOptions> = {}): MqttClient {
	const client = new MqttClient({
		socket: { io: TCP, address: "127.0.0.1", port },
		clock: realClock,
		random: Math.random,
		clientId: "hub",
		backoff: { minMs: 50, maxMs: 200 },
		...options,
	});
	opened.push(client);
	return client;
}

afterEach(async () => {
	for (const client of opened.splice(0)) client.close();
	for (const peer of peers.splice(0)) await peer.stop();
});

/** The payloads that a mosquitto_sub has printed. */
function got(peer: Peer): string[] {
	return [...peer.output().matchAll(/^got \S+ \d \d (.*)$/gm)].map((match) => match[1]!);
}

describeWithPeers("Mosquitto", ["mosquitto", "mosquitto_sub", "mosquitto_pub", "python"], () => {
	let broker: Mosquitto;

	beforeEach(async () => {
		broker = new Mosquitto();
		await broker.start();
	});

	afterEach(() => broker.remove());

	it("gets QoS 1 in order, and mosquitto_sub too", async () => {
		const subscriber = await broker.subscriber("-t", "a/#", "-q", "1");
		peers.push(subscriber);
		const client = connect(broker.port);
		const texts = Array.from({ length: 300 }, (_, i) => `message ${i}`);
		for (const text of texts) expect(client.publish(`a/${text.length}`, text)).toBe(true);
		await until("all acknowledged", () => client.queued === 0);
		await until("all seen", () => got(subscriber).length === 300);
		expect(got(subscriber)).toEqual(texts);
		expect(client.counters).toMatchObject({ acknowledged: 300, resent: 0, dropped: 0 });
	});

	it("publishes the will when the line breaks, not after close", async () => {
		const subscriber = await broker.subscriber("-t", "status", "-q", "1");
		peers.push(subscriber);
		const sockets: TCP[] = [];
		class Kept extends TCP {
			constructor(options: ConstructorParameters<typeof TCP>[0]) {
				super(options);
				sockets.push(this);
			}
		}
		const options = {
			socket: { io: Kept, address: "127.0.0.1", port: broker.port },
			will: { topic: "status", payload: "gone", qos: 1 as const, retain: true },
		};
		const client = connect(broker.port, options);
		await until("connected", () => client.connected);
		client.publish("status", "here", { retain: true });
		await until("here", () => got(subscriber).length === 1);
		client.close();
		const second = connect(broker.port, { ...options, clientId: "hub2" });
		await until("connected", () => second.connected);
		expect(got(subscriber)).toEqual(["here"]);
		sockets.at(-1)!.close();
		await until("the will", () => got(subscriber).length === 2);
		expect(got(subscriber)).toEqual(["here", "gone"]);
	});

	it("keeps retained messages, and an empty one clears them", async () => {
		const client = connect(broker.port);
		client.publish("kept/1", "one", { retain: true });
		client.publish("kept/2", "two", { retain: true });
		client.publish("kept/1", "", { retain: true });
		await until("acknowledged", () => client.queued === 0);
		const seen: string[] = [];
		const reader = connect(broker.port, {
			clientId: "reader",
			onMessage: (topic, payload, info) => seen.push(`${topic} ${Buffer.from(payload)} ${info.retain}`),
		});
		reader.subscribe("kept/+");
		await until("the one left", () => seen.length === 1);
		client.publish("kept/2", "");
		await until("the empty one", () => seen.length === 2);
		expect(seen).toEqual(["kept/2 two true", "kept/2  false"]);
	});

	it("holds the session over a restart: nothing lost, nothing twice, no new subscription", async () => {
		const events: string[] = [];
		const client = connect(broker.port, {
			onConnected: (present) => events.push(`connected ${present}`),
			onMessage: (_topic, payload) => events.push(String(Buffer.from(payload))),
			onSubscribed: () => events.push("subscribed"),
		});
		client.subscribe("command/#");
		await until("subscribed", () => events.includes("subscribed"));
		const subscriber = await broker.subscriber("-t", "data", "-q", "1", "-c", "-i", "sub");
		peers.push(subscriber);
		broker.publish("-t", "command/x", "-q", "1", "-m", "before");
		await until("before", () => events.includes("before"));
		await broker.stop("SIGTERM");
		const texts = Array.from({ length: 50 }, (_, i) => `held ${i}`);
		for (const text of texts) client.publish("data", text);
		await until("noticed", () => !client.connected);
		await broker.start();
		broker.publish("-t", "command/x", "-q", "1", "-m", "after");
		await until("after", () => events.includes("after"));
		await until("all sent", () => client.queued === 0 && got(subscriber).length === 50);
		expect(events).toEqual(["connected false", "subscribed", "before", "connected true", "after"]);
		expect(got(subscriber)).toEqual(texts);
	});

	it("subscribes again when a killed broker has forgotten the session", async () => {
		const events: string[] = [];
		const client = connect(broker.port, {
			onConnected: (present) => events.push(`connected ${present}`),
			onMessage: (_topic, payload) => events.push(String(Buffer.from(payload))),
			onSubscribed: (filter, granted) => events.push(`${filter} ${granted}`),
		});
		client.subscribe("command/#");
		await until("subscribed", () => events.length === 2);
		await broker.stop("SIGKILL");
		await broker.start();
		await until("subscribed again", () => events.length === 4);
		broker.publish("-t", "command/x", "-m", "after");
		await until("after", () => events.includes("after"));
		expect(events).toEqual(["connected false", "command/# 1", "connected false", "command/# 1", "after"]);
	});

	it("stopped in its tracks, is left by the ping it does not answer; then each message comes, at most one twice", async () => {
		const subscriber = await broker.subscriber("-t", "data", "-q", "1");
		peers.push(subscriber);
		const client = connect(broker.port, { keepAliveS: 5, responseTimeoutMs: 1000 });
		await until("connected", () => client.connected);
		broker.signal("SIGSTOP");
		const texts = Array.from({ length: 20 }, (_, i) => `n ${i}`);
		for (const text of texts) client.publish("data", text);
		await until("gave up", () => !client.connected, 9000);
		broker.signal("SIGCONT");
		await until("all sent", () => client.queued === 0 && got(subscriber).length >= 20);
		const seen = got(subscriber);
		expect(seen.filter((text, i) => text !== seen[i - 1])).toEqual(texts);
		expect(seen.length).toBeLessThanOrEqual(21);
	});

	it("carries 1 MB both ways; paho sees the same bytes and answers", async () => {
		const peer = python("mqtt_peer.py", [String(broker.port), "ask/#"]);
		peers.push(peer);
		await peer.waitFor(/ready/);
		const payload = new Uint8Array(1024 * 1024).map((_, i) => (i * 7919) >> 5);
		let answer = "";
		const client = connect(broker.port, {
			inboundLimitBytes: 2 * 1024 * 1024,
			queueLimit: { bytes: 1000 },
			onMessage: (topic, bytes) => {
				answer = `${topic} ${hash(Uint8Array.from(bytes).reverse())}`;
			},
		});
		client.subscribe("answer/+");
		await until("connected", () => client.connected);
		const begunMs = performance.now();
		expect(client.publish("ask/big", payload)).toBe(true);
		expect(client.publish("ask/small", "x")).toBe(false);
		await until("answer", () => answer !== "");
		expect(answer).toBe(`answer/big ${hash(payload)}`);
		expect(performance.now() - begunMs).toBeLessThan(5000);
		expect(peer.output()).toContain(`"sha256": "${hash(payload)}", "bytes": 1048576`);
		expect(peer.output()).toContain('"qos": 1, "retain": false, "dup": false');
	});

	it("delivers wildcards and not what they do not cover", async () => {
		const seen: string[] = [];
		const client = connect(broker.port, { onMessage: (topic) => seen.push(topic) });
		client.subscribe("a/+/c");
		client.subscribe("deep/#", 0);
		await until("connected", () => client.connected);
		for (const topic of ["a/b/c", "a/b", "a/b/c/d", "deep", "deep/1/2", "other", "last"]) {
			if (topic === "last") client.subscribe("last");
			client.publish(topic, "x");
		}
		await until("the last", () => seen.includes("last"));
		client.unsubscribe("a/+/c");
		client.publish("a/b/c", "after");
		client.publish("last", "again");
		await until("the last again", () => seen.filter((topic) => topic === "last").length === 2);
		expect(seen).toEqual(["a/b/c", "deep", "deep/1/2", "last", "last"]);
	});
});

describeWithPeers("Mosquitto with passwords", ["mosquitto", "python"], () => {
	it("lets in who knows the word, and tells the others why not", async () => {
		const broker = new Mosquitto();
		await broker.start({ hub: "secret", paho: "other" });
		const reasons: string[] = [];
		const onDisconnected: MqttClientOptions["onDisconnected"] = (reason) =>
			reasons.push(`${reason.returnCode} ${reason.text}`);
		const wrong = connect(broker.port, { user: "hub", password: "guess", onDisconnected });
		await until("refused", () => reasons.length > 0);
		wrong.close();
		const nobody = connect(broker.port, { clientId: "nobody", onDisconnected });
		await until("refused", () => reasons.length > 1);
		nobody.close();
		expect(reasons).toEqual(Array(2).fill("5 the broker does not let this client in (not authorized)"));
		const peer = python("mqtt_peer.py", [String(broker.port), "x", "paho", "other"]);
		peers.push(peer);
		await peer.waitFor(/ready/);
		const right = connect(broker.port, { user: "hub", password: "secret" });
		right.publish("x", "über");
		await peer.waitFor(/"text": "\\u00fcber"/);
		await broker.remove();
	});
});

describeWithPeers("aedes", [], () => {
	let broker: Broker;
	let server: Server;
	let port: number;
	const sockets = new Set<Socket>();

	beforeEach(async () => {
		broker = await Aedes.createBroker();
		server = createServer((socket) => {
			sockets.add(socket);
			broker.handle(socket);
		});
		port = await new Promise<number>((resolve) =>
			server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
		);
	});

	afterEach(async () => {
		for (const socket of sockets) socket.destroy();
		server.close();
		await new Promise<void>((resolve) => broker.close(() => resolve()));
	});

	it("takes and gives QoS 1, and refuses a subscription in so many words", async () => {
		broker.authorizeSubscribe = (_client, subscription, done) =>
			subscription.topic === "secret" ? done(null, null) : done(null, subscription);
		const seen: string[] = [];
		const client = connect(port, {
			onMessage: (topic, payload, info) => seen.push(`${topic} ${Buffer.from(payload)} ${info.qos}`),
			onSubscribed: (filter, granted) => seen.push(`${filter} ${granted}`),
		});
		client.subscribe("t/#");
		client.subscribe("secret");
		await until("both answered", () => seen.length === 2);
		client.publish("t/1", "one");
		client.publish("t/2", "", { qos: 0 });
		await until("both back", () => seen.length === 4);
		expect(seen.sort()).toEqual(["secret undefined", "t/# 1", "t/1 one 1", "t/2  0"]);
	});

	it("cut off again and again, gets everything in order, each break repeating one at most", async () => {
		const seen: string[] = [];
		broker.on("publish", (packet, client) => {
			if (client) seen.push(String(packet.payload));
		});
		const client = connect(port, { backoff: { minMs: 5, maxMs: 10 } });
		const texts = Array.from({ length: 400 }, (_, i) => `n ${i}`);
		for (const text of texts) client.publish("t", text);
		let cuts = 0;
		while (client.queued > 0 && cuts < 200) {
			await new Promise((resolve) => setTimeout(resolve, 12));
			if (client.connected && client.queued > 0) cuts++;
			for (const socket of sockets) socket.destroy();
			sockets.clear();
		}
		await until("all sent", () => client.queued === 0);
		expect(seen.filter((text, i) => text !== seen[i - 1])).toEqual(texts);
		expect(seen.length - texts.length).toBeLessThanOrEqual(cuts);
	});
});

function hash(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}
