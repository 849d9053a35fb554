import { utf8Encode } from "../../modules/base/bytes";
import { ManualClock } from "../../modules/base/manual-clock";
import { type HttpLimits, HttpServer } from "../../modules/http/server";
import { FakeNetwork, type FakePeer } from "../fakes/tcp";

let network: FakeNetwork;

/** A server on a new fake network, with a route of each kind and two files. */
export function fakeServer(limits: Partial<HttpLimits> = {}): {
	server: HttpServer;
	clock: ManualClock;
	network: FakeNetwork;
} {
	network = new FakeNetwork();
	const clock = new ManualClock();
	const made = new HttpServer({ listener: { io: network.listener, port: 80 }, tcp: network.tcp, clock, limits });
	made.route("GET", "/hello", (_request, response) => response.text("hello"));
	made.route("POST", "/echo", (request, response) => response.send(request.body, "application/octet-stream"));
	made.route("GET", "/device/:id/point/:name", (request, response) => response.json(request.params));
	made.route("GET", "/rest/*", (request, response) => response.json(request.params));
	made.route("GET", "/query", (request, response) =>
		response.json({ a: request.query("a"), b: request.query("b") ?? null }),
	);
	made.route("GET", "/throws", () => {
		throw new Error("handler broke");
	});
	made.serve(
		new Map([
			[
				"/index.html",
				{ bytes: utf8Encode("<p>plain</p>"), gzip: new Uint8Array([0x1f, 0x8b, 1, 2]), etag: "v1", type: "text/html" },
			],
			["/app.js", { bytes: utf8Encode("let a;"), etag: "v2", type: "text/javascript", cache: "max-age=60" }],
		]),
	);
	return { server: made, clock, network };
}

/** A client that has connected and may be sent `credit` bytes. */
export function connect(credit = 100_000): FakePeer {
	return network.connect(credit);
}

export function text(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("latin1");
}

export function bytes(latin1: string): Uint8Array {
	return new Uint8Array(Buffer.from(latin1, "latin1"));
}

/** Sends a request on a new connection and gives what came back. */
export function ask(request: string): string {
	const socket = connect();
	socket.send(bytes(request));
	return text(socket.take());
}

export function statusOf(response: string): number {
	return Number(response.match(/^HTTP\/1\.1 (\d{3}) [^\r\n]+\r\n/)?.[1]);
}

export const H = "Host: hub\r\n";

export function long(count: number): string {
	return "x".repeat(count);
}
