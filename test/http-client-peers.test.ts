/** The HTTP client against servers that we did not write: Python's http.server, and httpbin for authentication and chunks. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { utf8Decode } from "../modules/base/bytes";
import { HttpClient, type HttpClientOptions, type HttpClientRequest, type HttpReply } from "../modules/http/client";
import { TCP } from "./adapters/ecma419";
import { realClock as clock } from "./adapters/real-clock";
import { describeWithPeers, freePort, type Peer, root, start, temporaryFolder } from "./peers";

const clients: HttpClient[] = [];

afterEach(() => {
	for (const client of clients.splice(0)) client.close();
});

function connect(port: number, more: Partial<HttpClientOptions> = {}): HttpClient {
	const link = { io: TCP, address: "127.0.0.1", port };
	const client = new HttpClient({ link, clock, random: Math.random, ...more });
	clients.push(client);
	return client;
}

interface Answer extends Omit<HttpReply, "body"> {
	text: string;
}

const ask = (client: HttpClient, path: string, more: Partial<HttpClientRequest> = {}): Promise<Answer> =>
	new Promise((resolve) => {
		client.request({ path, ...more, onReply: ({ body, ...rest }) => resolve({ ...rest, text: utf8Decode(body)! }) });
	});

describeWithPeers("http.server of Python", ["python"], () => {
	const folder = temporaryFolder();
	let peer: Peer;
	let port = 0;

	beforeAll(async () => {
		port = await freePort();
		const args = ["-u", "-m", "http.server", String(port), "--bind", "127.0.0.1", "--directory", folder.path];
		peer = start(`${root}.venv/bin/python`, args);
		await peer.waitFor(/Serving HTTP/);
	});

	afterAll(async () => {
		await peer?.stop();
		folder.remove();
	});

	it("lists an empty folder, and has no other file", async () => {
		const client = connect(port);
		expect(await ask(client, "/")).toMatchObject({ status: "ok", code: 200, fault: "" });
		expect(await ask(client, "/none")).toMatchObject({ status: "ok", code: 404 });
		expect(await ask(client, "/", { method: "POST", body: "{}" })).toMatchObject({ status: "ok", code: 501 });
	});
});

describeWithPeers("httpbin", ["python"], () => {
	let peer: Peer;
	let port = 0;

	beforeAll(async () => {
		port = await freePort();
		const serve =
			"import sys, httpbin; from werkzeug.serving import run_simple, WSGIRequestHandler; " +
			"WSGIRequestHandler.protocol_version = 'HTTP/1.1'; " +
			"run_simple('127.0.0.1', int(sys.argv[1]), httpbin.app, threaded=True)";
		peer = start(`${root}.venv/bin/python`, ["-u", "-c", serve, String(port)]);
		await peer.waitFor(/Running on/, 20_000);
	});

	afterAll(async () => {
		await peer?.stop();
	});

	it("sees the request as it was meant", async () => {
		const answer = await ask(connect(port), "/anything/a?p=%C3%A4&q=1", { method: "POST", body: '{"on":"ä"}' });
		expect(JSON.parse(answer.text)).toMatchObject({
			method: "POST",
			args: { p: "ä", q: "1" },
			json: { on: "ä" },
			headers: { Host: `127.0.0.1:${port}`, "Content-Type": "application/json" },
		});
	});

	it("asks many times over one connection, and again when the server ends it", async () => {
		const client = connect(port);
		for (let i = 0; i < 20; i++) {
			const answer = await ask(client, `/anything?i=${i}`);
			expect(JSON.parse(answer.text)).toMatchObject({ args: { i: String(i) } });
		}
		expect((await ask(client, "/status/503")).code).toBe(503);
		expect((await ask(client, "/uuid")).code).toBe(200);
	});

	it("reads chunks", async () => {
		const { status, text } = await ask(connect(port), "/stream/5");
		expect(status).toBe("ok");
		expect(
			text
				.trim()
				.split("\n")
				.map((line) => (JSON.parse(line) as { id: number }).id),
		).toEqual([0, 1, 2, 3, 4]);
	});

	it("takes no more than the limit, in chunks or not", async () => {
		const limits = { headBytes: 2048, bodyBytes: 1000 };
		const client = connect(port, { limits });
		expect(await ask(client, "/bytes/1001")).toMatchObject({ status: "garbled" });
		expect(await ask(client, "/stream-bytes/1001?chunk_size=100")).toMatchObject({ status: "garbled" });
		expect(await ask(client, "/range/1000")).toMatchObject({ status: "ok", code: 200 });
	});

	it("gives up in time, and goes on", async () => {
		const client = connect(port);
		expect(await ask(client, "/delay/3", { timeoutMs: 200 })).toMatchObject({ status: "timeout" });
		expect(await ask(client, "/uuid")).toMatchObject({ status: "ok", code: 200 });
	});

	it("follows no redirect", async () => {
		expect(await ask(connect(port), "/redirect/1")).toMatchObject({ status: "ok", code: 302 });
	});

	it.each(["MD5", "SHA-256"])("answers a digest challenge of %s", async (algorithm) => {
		const path = `/digest-auth/auth/admin/gehe.im-1/${algorithm}`;
		const client = connect(port, { user: "admin", password: "gehe.im-1" });
		for (let i = 0; i < 3; i++) {
			const answer = await ask(client, path);
			expect(answer.code).toBe(200);
			expect(JSON.parse(answer.text)).toMatchObject({ authenticated: true, user: "admin" });
		}
		expect((await ask(connect(port, { user: "admin", password: "no" }), path)).code).toBe(401);
		expect((await ask(connect(port), path)).code).toBe(401);
	});

	it("answers a basic challenge", async () => {
		const path = "/basic-auth/admin/geheim%C3%A4";
		expect((await ask(connect(port, { user: "admin", password: "geheimä" }), path)).code).toBe(200);
		expect((await ask(connect(port, { user: "admin", password: "geheim" }), path)).code).toBe(401);
	});

	it("has no connection where nobody listens", async () => {
		const answer = await ask(connect(await freePort()), "/");
		expect(answer.status).toBe("closed");
		expect(answer.fault).toMatch(/^no connection to 127\.0\.0\.1:[0-9]+/);
	});
});
