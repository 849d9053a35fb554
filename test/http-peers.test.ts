import { get } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventStream, HttpServer } from "../modules/http/server";
import { realServer } from "./adapters/http-real";
import { until } from "./adapters/real-clock";
import { describeWithPeers, python, run } from "./peers";

let server: HttpServer;
let port: number;
let stream: EventStream;

beforeEach(async () => {
	({ server, port, stream } = await realServer());
});

afterEach(() => server.close());

/** Sends bytes on a socket of its own; gives all that came until the server closed or was silent for 300 ms. */
function raw(request: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1", () => socket.write(request, "latin1"));
		let got = "";
		socket.on("data", (chunk) => {
			got += chunk.toString("latin1");
			socket.setTimeout(300);
		});
		socket.setTimeout(1500, () => socket.destroy());
		socket.on("error", reject);
		socket.on("close", () => resolve(got));
	});
}

describeWithPeers("curl", ["curl"], () => {
	const curl = (...args: string[]) => run("curl", ["-sS", "--max-time", "5", ...args]);
	const at = (path: string) => `http://127.0.0.1:${port}${path}`;

	it("gets pages, packed or not, and keeps its connection", async () => {
		const plain = await curl(at("/"));
		expect(plain.length).toBe(7500);
		expect(await curl("--compressed", at("/"))).toBe(plain);
		expect(await curl("-w", "%{num_connects} ", "-o", "/dev/null", at("/"), "-o", "/dev/null", at("/"))).toBe("1 0 ");
		expect(await curl("-o", "/dev/null", "-w", "%{http_code} %{size_download}", at("/big"))).toBe("200 300000");
		expect(
			await curl("-o", "/dev/null", "-w", "%{http_code} %{size_download}", "-H", 'If-None-Match: "v1"', at("/")),
		).toBe("304 0");
	});

	it("knows HEAD, HTTP/1.0, OPTIONS and refusals", async () => {
		expect(await curl("-I", at("/big"))).toContain("Content-Length: 300000");
		expect(await curl("-0", at("/device/7/point/W"))).toBe('["7","W"]');
		expect(await curl("-X", "OPTIONS", "-i", at("/echo"))).toContain("Allow: POST, OPTIONS");
		const status = (...args: string[]) => curl("-o", "/dev/null", "-w", "%{http_code}", ...args);
		expect(await status(at("/nothing"))).toBe("404");
		expect(await status("-X", "DELETE", at("/big"))).toBe("405");
		expect(await status("--path-as-is", at("/../../etc/passwd"))).toBe("400");
		expect(await status("-X", "BREW", at("/"))).toBe("501");
		expect(await status("-H", `X: ${"x".repeat(9000)}`, at("/"))).toBe("431");
		expect(await status("-d", "x".repeat(70_000), at("/echo"))).toBe("413");
	});

	it("sends bodies whole, chunked, and after 100 Continue", async () => {
		const body = "0123456789".repeat(500);
		expect(await curl("-d", body, at("/echo"))).toBe(body);
		expect(await curl("-H", "Transfer-Encoding: chunked", "-d", body, at("/echo"))).toBe(body);
		expect(await curl("-H", "Expect: 100-continue", "-d", body, at("/echo"))).toBe(body);
	});
});

describeWithPeers("Python's client", ["python"], () => {
	it("finds every answer as it should be", async () => {
		let id = 0;
		const ticker = setInterval(() => {
			if (stream.clients) stream.send("tick", `line ${++id}\nü`, String(id));
		}, 5);
		const peer = python("http_client.py", [String(port)]);
		const code = await peer.ended;
		clearInterval(ticker);
		expect(`${peer.output()}${code}`).toBe("ok\n0");
	});
});

describe("raw sockets", () => {
	it("answer each of these and close, so that the client reads it before the reset", async () => {
		const cases: [string, string][] = [
			["\0\0\0\0\n", "400"],
			["GET / HTTP/1.1\n\n", "400"],
			["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"],
			["GET / HTTP/1.1\r\n\r\n", "400"],
			["GET / HTTP/3.0\r\n\r\n", "505"],
			[`GET /${"x".repeat(3000)} HTTP/1.1\r\n`, "414"],
			[`GET / HTTP/1.1\r\nA: ${"x".repeat(100_000)}\r\n\r\n`, "431"],
			["POST /echo HTTP/1.1\r\nHost: h\r\n\r\n", "411"],
			[`POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n${"x".repeat(200_000)}`, "413"],
			["POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400"],
			["POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: br\r\n\r\n", "501"],
		];
		for (const [request, status] of cases) {
			const answer = await raw(request);
			expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
			expect(answer).toContain("\r\nConnection: close\r\n");
		}
	});

	it("a reader that takes nothing does not hold up the others, and is let go", async () => {
		server.close();
		({ server, port } = await realServer({ stallTimeoutMs: 1000 }));
		const slow = connect(port, "127.0.0.1", () => slow.write("GET /big HTTP/1.1\r\nHost: h\r\n\r\n".repeat(40)));
		slow.pause();
		slow.on("error", () => {});
		await until("it is connected", () => server.clients === 1);
		for (let i = 0; i < 20; i++)
			expect(await raw("GET /device/1/point/W HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).toContain(
				'["1","W"]',
			);
		await until("it is let go", () => server.clients === 0, 6000);
		slow.destroy();
	});

	it("eight and no more", async () => {
		const held = Array.from({ length: 8 }, () => {
			const socket = connect(port, "127.0.0.1", () => socket.write("GET /"));
			socket.on("error", () => {});
			return socket;
		});
		await until("all are connected", () => server.clients === 8);
		await new Promise((resolve) => setTimeout(resolve, 50));
		const refusal = await raw("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
		expect(refusal.slice(0, 12)).toBe("HTTP/1.1 503");
		held[3]!.destroy();
		await until("one has left", () => server.clients < 8);
		expect((await raw("GET / HTTP/1.0\r\n\r\n")).slice(0, 12)).toBe("HTTP/1.1 200");
		for (const socket of held) socket.destroy();
	});
});

it("Node's clients read an event stream, and leave it", async () => {
	stream.onOpen = (client) => client.send("state", JSON.stringify({ after: client.lastEventId ?? null }));
	const stop = new AbortController();
	const response = await fetch(`http://127.0.0.1:${port}/events`, {
		signal: stop.signal,
		headers: { "Last-Event-ID": "9" },
	});
	expect(response.headers.get("content-type")).toBe("text/event-stream");
	const reader = response.body!.getReader();
	let got = "";
	const ended = (async () => {
		for (;;) {
			const { value, done } = await reader.read();
			if (done) return;
			got += new TextDecoder().decode(value);
		}
	})().catch(() => {});
	await until("greeting", () => got.includes('data: {"after":"9"}\n\n'));
	for (let i = 0; i < 1000; i++) stream.send("n", String(i));
	await until("the last", () => got.includes("data: 999\n\n"));
	const lost = Number(got.match(/event: lost\ndata: (\d+)/)?.[1] ?? 0);
	expect(got.split("event: n\n").length - 1 + lost).toBe(1000);
	stop.abort();
	await ended;
	await until("left", () => stream.clients === 0);
	expect(
		await new Promise((resolve) => get(`http://127.0.0.1:${port}/`, (answer) => resolve(answer.resume().statusCode))),
	).toBe(200);
});
