import { beforeEach, describe, expect, it } from "vitest";
import { ask, bytes, connect, fakeServer, H, statusOf, text } from "../../test/adapters/http-fixture";
import { noise } from "../../test/adapters/noise";
import { httpRequests as requests } from "../../test/fixtures/http-requests";
import type { HttpServer } from "./server";

let server: HttpServer;

beforeEach(() => {
	server = fakeServer().server;
});

describe("each request gets its status, and the server lives on", () => {
	it.each(requests)("%s", (_name, request, status) => {
		const answer = ask(request);
		if (status === 0) expect(answer).toBe("");
		else expect(statusOf(answer)).toBe(status);
		expect(statusOf(ask(`GET /hello HTTP/1.1\r\n${H}\r\n`))).toBe(200);
	});

	it.each(requests)("%s, byte by byte", (_name, request, status) => {
		const socket = connect();
		for (const byte of bytes(request)) socket.send(new Uint8Array([byte]));
		const answer = text(socket.take());
		if (status === 0) expect(answer).toBe("");
		else expect(statusOf(answer)).toBe(status);
	});
});

it("gives the same answer however a request is split in two", () => {
	const request = `POST /echo?x=%20 HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3;q\r\nabc\r\n4\r\ndefg\r\n0\r\nT: u\r\n\r\n`;
	const whole = ask(request);
	expect(whole).toContain("\r\n\r\nabcdefg");
	for (let at = 1; at < request.length; at++) {
		const socket = connect();
		socket.send(bytes(request.slice(0, at)));
		expect(text(socket.take())).toBe("");
		socket.send(bytes(request.slice(at)));
		expect(text(socket.take())).toBe(whole);
		socket.end();
	}
});

it("answers 20,000 damaged requests with a status or silence, and then a sound one", () => {
	const random = noise(20261124);
	const known = new Set([200, 204, 400, 404, 405, 408, 411, 413, 414, 417, 431, 500, 501, 503, 505]);
	let refused = 0;
	for (let round = 0; round < 20_000; round++) {
		const request = bytes(requests[Math.floor(random() * requests.length)]![1]).slice(0, 600);
		for (let i = Math.floor(random() * 5); i > 0; i--)
			request[Math.floor(random() * request.length)] = Math.floor(random() * 256);
		const socket = connect();
		for (let at = 0; at < request.length && !socket.closed; ) {
			const next = Math.min(request.length, at + 1 + Math.floor(random() * 200));
			socket.send(request.subarray(at, next));
			at = next;
		}
		const answer = text(socket.take());
		if (answer !== "") {
			expect(known.has(statusOf(answer)) || answer.startsWith("HTTP/1.1 100 Continue")).toBe(true);
			if (statusOf(answer) >= 400) refused++;
		}
		socket.end();
		expect(server.clients).toBe(0);
	}
	expect(refused).toBeGreaterThan(8000);
	expect(statusOf(ask(`GET /hello HTTP/1.1\r\n${H}\r\n`))).toBe(200);
});
