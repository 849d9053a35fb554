/** The MQTT client and the HTTP server on XS, for tests and the bench. */
import type { Io } from "../hosts/desktop/io/io";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";

/** What the machine's module below exports. */
export interface MqttOnXs {
	/** Connects to a broker on this computer. */
	connect(port: number, clientId: string): void;
	/** Connects to a socket inside the machine that acknowledges everything, so that only our own code is counted. */
	connectInside(): void;
	subscribe(filter: string): void;
	/** Publishes payloads of `bytes` bytes, made once, to seven topics in turn, as fast as the queue takes them. */
	publish(times: number, bytes: number): void;
	/** Puts one message of that many bytes in the queue, each byte its position modulo 251. */
	publishLarge(topic: string, bytes: number): boolean;
	state(): { connected: boolean; queued: number; acknowledged: number; seen: string[] };
	close(): void;
}

export interface HttpOnXs {
	/** Listens; 0 = any free port. Gives the port. */
	listen(port: number): number;
	/** Sends to all who read /api/events. */
	tick(value: number): number;
	/** Plays a request to a socket inside the machine, so many times over; gives the answer's length. */
	ask(request: string, times: number): number;
	close(): void;
}

const mqtt = `
	import { TCP } from "sockets";
	import { ModdableClock } from "hosts/moddable/clock";
	import { MqttClient } from "modules/mqtt/client";

	const topics = [1, 2, 3, 4, 5, 6, 7].map((n) => "openami/v1/feeder-1/gateway-1/meter/0000" + n + "/telemetry");
	const options = { qos: 1 };
	const seen = [];
	let client;
	let left = 0;
	let payload;
	let turn = 0;

	class Inside {
		constructor(options) {
			this.options = options;
			this.ack = new Uint8Array([0x20, 2, 0, 0]);
			Inside.last = this;
		}
		write() { return 5000; }
		read() { return this.ack.buffer; }
		close() {}
	}

	function make(socket, clientId) {
		client = new MqttClient({
			socket, clientId,
			clock: new ModdableClock(() => true),
			random: Math.random,
			backoff: { minMs: 50, maxMs: 200 },
			onMessage(topic, payload) { seen.push(topic + " " + payload.length + " " + payload[payload.length - 1]); },
			onDrain: more,
		});
	}
	function more() {
		while (left > 0 && client.publish(topics[turn++ % 7], payload, options)) left--;
	}
	export function connect(port, clientId) { make({ io: TCP, address: "127.0.0.1", port }, clientId); }
	export function connectInside() {
		make({ io: Inside }, "inside");
	}
	export function accept() {
		const { options, ack } = Inside.last;
		options.onWritable(5000);
		options.onReadable(4);
		ack[0] = 0x40;
	}
	let id = 0;
	export function publishInside(times, bytes) {
		const { options, ack } = Inside.last;
		payload = new Uint8Array(bytes);
		for (let i = 0; i < times; i++) {
			client.publish(topics[i % 7], payload, qos1);
			id = id === 0xffff ? 1 : id + 1;
			ack[2] = id >> 8;
			ack[3] = id;
			options.onReadable(4);
		}
	}
	const qos1 = { qos: 1 };
	export function subscribe(filter) { client.subscribe(filter); }
	export function publish(times, bytes) {
		payload = new Uint8Array(bytes);
		left = times;
		more();
	}
	export function publishLarge(topic, bytes) {
		const large = new Uint8Array(bytes);
		for (let i = 0; i < bytes; i++) large[i] = i % 251;
		return client.publish(topic, large);
	}
	export function state() {
		return { connected: client.connected, queued: client.queued + left, acknowledged: client.counters.acknowledged, seen };
	}
	export function close() { client.close(); }
`;

const http = `
	import { Listener, TCP } from "sockets";
	import { ModdableClock } from "hosts/moddable/clock";
	import { HttpServer } from "modules/http/server";

	let server;
	let events;
	let listener;
	class Kept extends Listener {
		constructor(options) { super(options); listener = this; }
	}
	const page = new Uint8Array(20000);
	for (let i = 0; i < page.length; i++) page[i] = i % 251;
	const files = new Map([["/index.html", { bytes: page, gzip: page.slice(0, 10), etag: "v1", type: "text/html" }]]);
	function routes() {
		server.route("GET", "/api/device/:id", (request, response) => response.json({ id: request.params[0], w: 1234.5, unit: request.query("unit") ?? "W" }));
		server.route("POST", "/echo", (request, response) => response.send(request.body, "application/octet-stream"));
		server.route("GET", "/throws", () => { throw new Error("handler broke"); });
		server.serve(files);
		events = server.events("/api/events");
	}
	export function listen(port) {
		server = new HttpServer({ listener: { io: Kept, port }, tcp: TCP, clock: new ModdableClock(() => true) });
		routes();
		return listener.port;
	}
	export function tick(value) { events.send("power", JSON.stringify({ w: value }), String(value)); return events.clients; }
	let inside;
	class InsideListener {
		constructor(options) { this.options = options; inside = { listener: this }; }
		read() { return {}; }
		close() {}
	}
	class InsideTcp {
		constructor(options) { this.options = options; inside.socket = this; this.sent = 0; }
		read(count) { return this.bytes; }
		write(bytes) { this.sent += bytes.length; return 5000; }
		close() {}
	}
	export function openInside() {
		server = new HttpServer({ listener: { io: InsideListener, port: 80 }, tcp: InsideTcp, clock: new ModdableClock(() => true) });
		routes();
	}
	export function arrive() {
		inside.listener.options.onReadable(1);
		inside.socket.options.onWritable(5000);
	}
	export function ask(request, times) {
		const bytes = new Uint8Array(request.length);
		for (let i = 0; i < request.length; i++) bytes[i] = request.charCodeAt(i);
		const { socket } = inside;
		socket.bytes = bytes.buffer;
		socket.sent = 0;
		for (let i = 0; i < times; i++) socket.options.onReadable(bytes.length);
		return socket.sent / times;
	}
	export function leave() { inside.socket.options.onError(); }
	export function close() { server.close(); }
`;

const realSockets = `
	export { default as TCP } from "embedded:io/socket/tcp";
	export { default as Listener } from "embedded:io/socket/listener";
`;
const noSockets = "export class TCP {} export class Listener {}";

export interface InsideMqtt extends MqttOnXs {
	accept(): void;
	publishInside(times: number, bytes: number): void;
}

export interface InsideHttp extends HttpOnXs {
	openInside(): void;
	arrive(): void;
	leave(): void;
}

/** With `io` the machine has a network and follows the computer's clock. */
export function mqttMachine(io?: Io): { machine: TestMachine; mqtt: InsideMqtt; http: InsideHttp } {
	const machine = createTestMachine({
		preload: ["modules/mqtt/client", "modules/http/server"],
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
		sources: { sockets: io ? realSockets : noSockets, "mqtt-program": mqtt, "http-program": http },
		...(io ? { clock: "real", host: io.host } : {}),
	});
	return {
		machine,
		mqtt: machine.importModule<InsideMqtt & Record<string, unknown>>("mqtt-program"),
		http: machine.importModule<InsideHttp & Record<string, unknown>>("http-program"),
	};
}
