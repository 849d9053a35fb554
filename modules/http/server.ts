import type { Clock, TimerId } from "../base/clock";
import { GridpostError } from "../base/errors";
import type { ListenerClass, ListenerOptions, ListenerSocket, TcpClass } from "../base/io";
import { type Log, silentLog } from "../base/log";
import { type AssetProvider, findAsset, sendAsset } from "./assets";
import { Connection, type ConnectionHost } from "./connection";
import { EventClient, EventStream } from "./events";
import { defaultLimits, type HttpLimits } from "./limits";
import type { HttpRequest } from "./request";
import type { HttpResponse } from "./response";
import { type Handler, Router } from "./router";

export type { Asset, AssetProvider } from "./assets";
export type { EventClient, EventStream } from "./events";
export type { HttpLimits } from "./limits";
export type { HttpRequest } from "./request";
export type { HttpResponse } from "./response";
export type { Handler } from "./router";

export interface HttpServerOptions {
	/** The listener class and its settings: port, address. */
	listener: ListenerOptions & { io: ListenerClass };
	/** The class that takes what the listener accepts, by `from`. */
	tcp: TcpClass;
	clock: Clock;
	log?: Log | undefined;
	limits?: Partial<HttpLimits> | undefined;
}

export interface HttpCounters {
	connections: number;
	/** Clients that found no free place. */
	turnedAway: number;
	requests: number;
	/** Requests whose handler threw. */
	failures: number;
}

/** Connections that are told 503 at the same time; more are closed without a word. */
const turnedAwayAtOnce = 2;
const tickMs = 1000;

/**
 * HTTP/1.1 server (RFC 9110, 9112) for a small machine: keep-alive, pipelined requests one after the other, chunked
 * request bodies, HEAD, OPTIONS, static files, event streams; every resource a client can use has a limit.
 * No TLS, no range requests, no content negotiation beyond gzip.
 */
export class HttpServer implements ConnectionHost {
	readonly limits: HttpLimits;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #tcp: TcpClass;
	readonly #router = new Router();
	readonly #streams: EventStream[] = [];
	readonly #counters: HttpCounters = { connections: 0, turnedAway: 0, requests: 0, failures: 0 };
	readonly #tick = () => this.#check();
	readonly #asset: Handler = (request, response) => this.sendFile(request, response);
	#listener: ListenerSocket | undefined;
	#connections: Connection[] = [];
	#bodyBytes = 0;
	#files: AssetProvider | undefined;
	#timer: TimerId | undefined;

	/** Listens at once. Throws what the listener class throws when the port cannot be had. */
	constructor(options: HttpServerOptions) {
		this.limits = { ...defaultLimits, ...options.limits };
		this.#clock = options.clock;
		this.#log = options.log ?? silentLog;
		this.#tcp = options.tcp;
		const { io, ...settings } = options.listener;
		this.#listener = new io({ ...settings, onReadable: (connections) => this.#accept(connections) });
	}

	/** Connections open now. */
	get clients(): number {
		return this.#connections.length;
	}

	get counters(): HttpCounters {
		return { ...this.#counters };
	}

	/** Takes requests of a method and path; a pattern has ":name" parts and may end in "*". GET takes HEAD too. */
	route(method: string, pattern: string, handler: Handler): void {
		if (!pattern.startsWith("/"))
			throw new GridpostError("bad-route", `route ${pattern}: begins with /`, { origin: "local", retry: "never" });
		this.#router.add(method, pattern, handler);
	}

	/** An event stream at a path; `send` on it reaches all who listen. */
	events(path: string): EventStream {
		const stream = new EventStream();
		this.#streams.push(stream);
		this.route("GET", path, (request, response) => {
			let streaming = 0;
			for (const connection of this.#connections) if (connection.streaming) streaming++;
			if (streaming >= this.limits.eventClients) {
				response.header("Retry-After", "10").error(503, "too many event streams");
				return;
			}
			const client = new EventClient(stream, request.header("last-event-id"), this.limits.eventQueueBytes);
			response.stream(client, "text/event-stream");
		});
		return stream;
	}

	/** Serves these files where no route does. */
	serve(files: AssetProvider): void {
		this.#files = files;
	}

	/** Stops listening and closes every connection. May be called twice, and from a handler. */
	close(): void {
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.#listener?.close();
		this.#listener = undefined;
		for (const connection of this.#connections.slice()) connection.close();
	}

	now(): number {
		return this.#clock.now();
	}

	find(request: HttpRequest): Handler {
		this.#counters.requests++;
		const handler = this.#router.find(request.method, request.segments);
		if (handler) {
			request.params = this.#router.params;
			return handler;
		}
		const asset = this.#files && findAsset(this.#files, request.path);
		if (asset && (request.method === "GET" || request.method === "HEAD")) return this.#asset;
		const allowed = asset ? "GET, HEAD" : this.#router.allowed(request.segments);
		if (request.method === "OPTIONS" && (allowed || request.path === "*"))
			return (_request, response) =>
				response.header("Allow", allowed ? `${allowed}, OPTIONS` : "GET, HEAD, OPTIONS").empty();
		if (allowed) return (_request, response) => response.header("Allow", allowed).error(405, "");
		return notFound;
	}

	reserve(bytes: number): boolean {
		if (this.#bodyBytes + bytes > this.limits.bodyTotalBytes) return false;
		this.#bodyBytes += bytes;
		return true;
	}

	release(bytes: number): void {
		this.#bodyBytes -= bytes;
	}

	handlerFailed(request: HttpRequest, error: unknown): void {
		this.#counters.failures++;
		this.#log("error", "http", `${request.method} ${request.path}: ${error instanceof Error ? error.message : error}`);
	}

	gone(connection: Connection): void {
		this.#connections = this.#connections.filter((one) => one !== connection);
	}

	#accept(count: number): void {
		for (let i = 0; i < count; i++) {
			const from = this.#listener?.read();
			if (from === undefined) return;
			try {
				this.#take(from);
			} catch (error) {
				this.#log("warn", "http", `connection not taken: ${error instanceof Error ? error.message : error}`);
			}
		}
	}

	#take(from: unknown): void {
		const { clients } = this.limits;
		if (this.#connections.length >= clients) this.#makeRoom();
		const full = this.#connections.length >= clients;
		if (full) this.#counters.turnedAway++;
		if (this.#connections.length >= clients + turnedAwayAtOnce) {
			new this.#tcp({ from }).close();
			return;
		}
		this.#connections.push(new Connection(this, this.#tcp, from, full ? 503 : 0));
		this.#counters.connections++;
		if (this.#timer === undefined) this.#timer = this.#clock.setTimer(this.#tick, tickMs);
	}

	/** Closes the connection that has waited longest without doing anything. */
	#makeRoom(): void {
		let oldest: Connection | undefined;
		for (const connection of this.#connections)
			if (connection.spare && (!oldest || connection.sinceMs < oldest.sinceMs)) oldest = connection;
		oldest?.close();
	}

	#check(): void {
		this.#timer = undefined;
		const nowMs = this.#clock.now();
		// closing replaces the array, so this one stays as it is
		for (const connection of this.#connections) connection.check(nowMs);
		for (const stream of this.#streams) stream.tick(nowMs, this.limits.heartbeatMs);
		if (this.#connections.length > 0 && this.#listener) this.#timer = this.#clock.setTimer(this.#tick, tickMs);
	}

	/** Answers with the file of the request's path, or 404: for a route that stands before a file. */
	sendFile(request: HttpRequest, response: HttpResponse): void {
		const asset = this.#files && findAsset(this.#files, request.path);
		if (asset) sendAsset(asset, request, response);
		else notFound(request, response);
	}
}

function notFound(_request: HttpRequest, response: HttpResponse): void {
	response.error(404, "");
}
