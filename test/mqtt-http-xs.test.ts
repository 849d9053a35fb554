/** The MQTT client and the HTTP server on the application's engine, over real sockets, with Mosquitto and curl. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { type InsideHttp, type InsideMqtt, mqttMachine } from "../bench/mqtt-machine";
import { createIo, type Io } from "../hosts/desktop/io/io";
import type { TestMachine } from "../hosts/desktop/testing";
import { Mosquitto } from "./adapters/mosquitto";
import { until } from "./adapters/real-clock";
import { describeWithPeers, python, run } from "./peers";

let io: Io;
let machine: TestMachine;
let mqtt: InsideMqtt;
let http: InsideHttp;

describe("on XS", () => {
	beforeEach(() => {
		io = createIo({ onError: (error) => machine.errors.push(error) });
		({ machine, mqtt, http } = mqttMachine(io));
		io.attach(machine);
	});

	afterEach(() => {
		io.close();
		machine.finish();
	});

	describeWithPeers("MQTT", ["mosquitto", "mosquitto_sub", "mosquitto_pub", "python"], () => {
		it("publishes QoS 1 through a restart of the broker, once and in order, and gets what it subscribed to", async () => {
			const broker = new Mosquitto();
			await broker.start();
			const subscriber = await broker.subscriber("-t", "openami/#", "-q", "1", "-c", "-i", "sub");
			mqtt.connect(broker.port, "xs");
			mqtt.subscribe("command/+");
			mqtt.publish(200, 300);
			await until("all are acknowledged", () => mqtt.state().acknowledged === 200);
			await broker.stop("SIGTERM");
			mqtt.publish(100, 300);
			await until("it has noticed", () => !mqtt.state().connected);
			await broker.start();
			await until("all are acknowledged", () => mqtt.state().acknowledged === 300);
			const topics = () =>
				[...subscriber.output().matchAll(/^got \S+meter\/0000(\d)\S+ 1 0 /gm)].map((match) => match[1]);
			await until("all are seen", () => topics().length >= 300);
			expect(topics()).toEqual(Array.from({ length: 300 }, (_, i) => String((i % 7) + 1)));
			broker.publish("-t", "command/x", "-q", "1", "-m", "go");
			await until("the command", () => mqtt.state().seen.length > 0);
			expect(mqtt.state().seen).toEqual(["command/x 2 111"]);
			mqtt.close();
			await subscriber.stop();
			await broker.remove();
		});

		it("sends 1 MB by credit: paho has the same bytes", async () => {
			const broker = new Mosquitto();
			await broker.start();
			const peer = python("mqtt_peer.py", [String(broker.port), "big"]);
			await peer.waitFor(/ready/);
			mqtt.connect(broker.port, "xs");
			const bytes = 1024 * 1024;
			expect(mqtt.publishLarge("big", bytes)).toBe(true);
			await until("acknowledged", () => mqtt.state().acknowledged === 1);
			const expected = createHash("sha256").update(new Uint8Array(bytes).map((_, i) => i % 251));
			await peer.waitFor(new RegExp(`"sha256": "${expected.digest("hex")}", "bytes": ${bytes}`));
			mqtt.close();
			await peer.stop();
			await broker.remove();
		});
	});

	describeWithPeers("HTTP", ["curl"], () => {
		it("answers curl as it does in Node", async () => {
			const port = http.listen(0);
			const curl = (...args: string[]) => run("curl", ["-sS", "--max-time", "5", ...args]);
			const at = (path: string) => `http://127.0.0.1:${port}${path}`;
			expect(JSON.parse(await curl(at("/api/device/m%C3%BCller?unit=kW")))).toEqual({
				id: "müller",
				w: 1234.5,
				unit: "kW",
			});
			const body = "0123456789".repeat(3000);
			expect(await curl("-d", body, at("/echo"))).toBe(body);
			expect(await curl("-H", "Transfer-Encoding: chunked", "-d", body, at("/echo"))).toBe(body);
			const page = ["-o", "/dev/null", "-w", "%{http_code} %{size_download} %{num_connects} "];
			expect(await curl(...page, at("/"), ...page.slice(0, 2), at("/"))).toBe("200 20000 1 200 20000 0 ");
			expect(await curl(...page, "-H", "Accept-Encoding: gzip", at("/"))).toBe("200 10 1 ");
			expect(await curl(...page, "-H", 'If-None-Match: "v1"', at("/"))).toBe("304 0 1 ");
			for (const [path, status] of [
				["/throws", 500],
				["/nothing", 404],
				["/../x", 400],
			] as const)
				expect(await curl("--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", at(path))).toBe(String(status));
			http.close();
		});

		it("streams events to curl", async () => {
			const port = http.listen(0);
			const reader = run("curl", ["-sSN", "--max-time", "1", `http://127.0.0.1:${port}/api/events`]).catch(String);
			await until("it listens", () => http.tick(0) > 0);
			for (let i = 1; i <= 3; i++) http.tick(i);
			const got = await reader;
			expect(got).toContain('event: power\nid: 3\ndata: {"w":3}\n\n');
			http.close();
		});
	});
});

test("publishing and answering leave nothing behind in the heap", () => {
	const inside = mqttMachine();
	machine = inside.machine;
	inside.mqtt.connectInside();
	machine.advance(10);
	inside.mqtt.accept();
	inside.http.openInside();
	inside.http.arrive();
	const request = "GET /api/device/7 HTTP/1.1\r\nHost: hub\r\n\r\n";
	const round = () => {
		inside.mqtt.publishInside(200, 300);
		inside.http.ask(request, 50);
	};
	const heap = () => {
		machine.collect();
		const { slots, chunkBytes } = machine.counters();
		return { slots, chunkBytes };
	};
	round();
	const before = heap();
	for (let i = 0; i < 10; i++) round();
	expect(heap()).toEqual(before);
	expect(inside.mqtt.state().acknowledged).toBe(2200);
	machine.finish();
});
