/**
 * Client of devices that answer HTTP requests with JSON, as a bus client: a record is a path, or a path and what is posted
 * there. Requests go one after the other; several devices may stand behind one server, by their units.
 */

import { utf8Decode } from "../base/bytes";
import type { Clock, Random } from "../base/clock";
import { configError } from "../base/errors";
import { frozen } from "../base/frozen";
import { WRITE_RECORD } from "../base/record";
import { HttpClient, type HttpLink, type HttpReply } from "../http/client";
import { JsonExtractor } from "./extract";
import { fillTemplate, type JsonRequest, type JsonResult, type JsonSource, kNoData, SourceExtractors } from "./source";

export interface JsonHttpOptions {
	link: HttpLink;
	clock: Clock;
	random: Random;
	/** Sent only to a server that asks for it. */
	user?: string | undefined;
	password?: string | undefined;
	sources: readonly JsonSource[];
}

/** Longest document, bytes. */
const longest = 8192;
/** How devices that always answer "200 OK" say no: APsystems in `message`, OpenDTU in `type`. */
const verdictFields = frozen([
	{ path: "message", at: 0, bytes: 8, text: true },
	{ path: "type", at: 8, bytes: 8, text: true },
]);

interface Seat {
	readonly source: JsonSource;
	readonly extractors: SourceExtractors;
}

export class JsonHttpClient {
	readonly #http: HttpClient;
	readonly #clock: Clock;
	readonly #seats = new Map<number, Seat>();
	#closed = false;
	readonly #verdict = new JsonExtractor(verdictFields, 16);

	/** Opens nothing yet. Throws GridpostError "bad-config" for a device whose path makes no path of a request. */
	constructor(options: JsonHttpOptions) {
		const { link, clock, random, user, password } = options;
		this.#clock = clock;
		const limits = { headBytes: 2048, bodyBytes: longest };
		this.#http = new HttpClient({ link, clock, random, user, password, limits });
		for (const source of options.sources) {
			for (const { key } of source.records) {
				if (/^[\x21-\x7e]*$/.test(fillTemplate(String(key), source))) continue;
				throw configError("path", source.path, "it must be letters, digits and signs, without blanks");
			}
			this.#seats.set(source.unit, { source, extractors: new SourceExtractors(source) });
		}
	}

	/** Why nothing can be sent; "" when all is well. */
	get fault(): string {
		return this.#http.fault;
	}

	/** `onResult` is called once, later. What writes is sent once, whatever `retries` says. */
	request(request: JsonRequest): void {
		const seat = this.#seats.get(request.unit);
		const record = seat?.source.records[request.address];
		if (seat === undefined || record === undefined) {
			this.#clock.setTimer(() => request.onResult(this.result("exception", 2, kNoData)), 0);
			return;
		}
		const writes = request.function === WRITE_RECORD;
		const value = writes ? request.values?.[0] : undefined;
		const own = fillTemplate(String(record.key), seat.source, value);
		const path = own[0] === "/" || own === "" ? own : `/${own}`;
		const body = record.request === undefined ? undefined : fillTemplate(record.request, seat.source, value);
		const form = body !== undefined && body[0] !== "{" && body[0] !== "[";
		let left = writes ? 0 : request.retries;
		const one = {
			method: body === undefined ? "GET" : "POST",
			path,
			body,
			contentType: form ? "application/x-www-form-urlencoded" : undefined,
			timeoutMs: request.timeoutMs,
			// a GET that switches something must not be sent again by the client either
			once: writes,
			urgent: request.urgent,
			onReply: (reply: HttpReply): void => {
				const lost = reply.status === "timeout" || reply.status === "closed";
				if (lost && !this.#closed && left-- > 0) this.#http.request(one);
				else request.onResult(this.judge(reply, writes, seat, request.address));
			},
		};
		this.#http.request(one);
	}

	/** May be called twice. Requests under way end as "closed". */
	close(): void {
		this.#closed = true;
		this.#http.close();
	}

	private judge(reply: HttpReply, writes: boolean, seat: Seat, index: number): JsonResult {
		const { status, code, body, startMs, endMs } = reply;
		const times = { startMs, endMs };
		if (status !== "ok") return { status, exception: 0, data: kNoData, ...times };
		if (code < 200 || code > 299) return { status: "exception", exception: exceptionOf(code), data: kNoData, ...times };
		if (this.refuses(body, writes)) return { status: "exception", exception: writes ? 3 : 4, data: kNoData, ...times };
		if (writes) return { status: "ok", exception: 0, data: kNoData, ...times };
		const extractor = seat.extractors.of(index);
		if (!extractor.extract(body)) return { status: "garbled", exception: 0, data: kNoData, ...times };
		return { status: "ok", exception: 0, data: extractor.payload, ...times };
	}

	/** Whether a reply with the code 200 says no. */
	private refuses(body: Uint8Array, writes: boolean): boolean {
		if (!this.#verdict.extract(body)) return false;
		const cells = new Uint8Array(this.#verdict.payload.buffer);
		if (wordOf(cells, 0) === "FAILED") return true;
		const type = wordOf(cells, 8);
		return writes && (type === "warning" || type === "danger" || type === "error");
	}

	private result(status: JsonResult["status"], exception: number, data: DataView): JsonResult {
		const nowMs = this.#clock.now();
		return { status, exception, data, startMs: nowMs, endMs: nowMs };
	}
}

function wordOf(cells: Uint8Array, at: number): string {
	let end = at;
	while (end < at + 8 && cells[end] !== 0) end++;
	return utf8Decode(cells, at, end) ?? "";
}

/** HTTP status codes as Modbus has them: function, register or value not known, busy, failed. */
function exceptionOf(code: number): number {
	switch (code) {
		case 401:
		case 403:
		case 405:
		case 501:
			return 1;
		case 404:
		case 410:
			return 2;
		case 400:
		case 422:
			return 3;
		case 429:
		case 503:
			return 6;
		default:
			return 4;
	}
}
