import { gzipSync } from "node:zlib";
import { utf8Encode } from "../../modules/base/bytes";
import { type EventStream, type HttpLimits, HttpServer } from "../../modules/http/server";
import { Listener, TCP } from "./ecma419";
import { realClock } from "./real-clock";

const page = utf8Encode("<!doctype html>".repeat(500));

/** A server on real sockets, for other programs to talk to. */
export async function realServer(
	limits: Partial<HttpLimits> = {},
): Promise<{ server: HttpServer; port: number; stream: EventStream }> {
	let listener: Listener | undefined;
	class Kept extends Listener {
		constructor(options: ConstructorParameters<typeof Listener>[0]) {
			super(options);
			listener = this;
		}
	}
	const server = new HttpServer({ listener: { io: Kept, port: 0 }, tcp: TCP, clock: realClock, limits });
	const big = new Uint8Array(300_000).map((_, i) => i % 251);
	server.route("GET", "/big", (_request, response) => response.send(big, "application/octet-stream"));
	server.route("POST", "/echo", (request, response) => response.send(request.body, "application/octet-stream"));
	server.route("GET", "/device/:id/point/:name", (request, response) =>
		response.json([...request.params, ...(request.query("unit") ? [request.query("unit")] : [])]),
	);
	server.serve(
		new Map([["/index.html", { bytes: page, gzip: new Uint8Array(gzipSync(page)), etag: "v1", type: "text/html" }]]),
	);
	const stream = server.events("/events");
	return { server, port: await listener!.ready, stream };
}
