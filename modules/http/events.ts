import { utf8Encode } from "../base/bytes";
import type { PieceSource, StreamOutput, StreamSink } from "./response";

/**
 * One reader of an event stream (text/event-stream, WHATWG HTML 9.2). A reader that is too slow loses its oldest
 * waiting events, whole ones, and is told how many by an event "lost" before the next one it gets.
 */
export class EventClient implements StreamOutput {
	readonly #stream: EventStream;
	/** What a reconnecting reader had last: the id given to `send`, for whoever can repeat what came after. */
	readonly lastEventId: string | undefined;
	readonly #limitBytes: number;
	#queue: Uint8Array[] = [];
	#bytes = 0;
	#lost = 0;
	#sink: StreamSink | undefined;
	/** Of an event that is being sent. */
	#pieces: PieceSource | undefined;

	constructor(stream: EventStream, lastEventId: string | undefined, limitBytes: number) {
		this.#stream = stream;
		this.lastEventId = lastEventId;
		this.#limitBytes = limitBytes;
	}

	/** To this reader only. */
	send(event: string, data: string, id?: string): void {
		this.push(encodeEvent(event, data, id));
	}

	/** An event whose data, one line, is made piece by piece; it goes before all that waits. One at a time. */
	sendPieces(event: string, source: PieceSource): void {
		let state = 0;
		this.#pieces = () => {
			if (state === 0) {
				state = 1;
				return utf8Encode(`event: ${event}\ndata: `);
			}
			const piece = state === 1 ? source() : undefined;
			if (piece || state === 2) return piece;
			state = 2;
			return endOfEvent;
		};
		this.#sink?.wake();
	}

	/** Ends the stream; the reader's browser comes back by itself. */
	close(): void {
		this.#sink?.end();
	}

	/** Puts encoded bytes in line; they are shared with other readers and never changed. */
	push(bytes: Uint8Array): void {
		this.#queue.push(bytes);
		this.#bytes += bytes.length;
		while (this.#bytes > this.#limitBytes && this.#queue.length > 1) {
			this.#bytes -= this.#queue.shift()!.length;
			this.#lost++;
			this.#stream.dropped++;
		}
		this.#sink?.wake();
	}

	/** Nothing waits: a heartbeat makes sense. */
	get idle(): boolean {
		return this.#queue.length === 0 && !this.#pieces;
	}

	next(): Uint8Array | undefined {
		const piece = this.#pieces?.();
		if (piece) return piece;
		this.#pieces = undefined;
		if (this.#lost > 0) {
			const notice = encodeEvent("lost", String(this.#lost));
			this.#lost = 0;
			return notice;
		}
		const bytes = this.#queue.shift();
		if (bytes) this.#bytes -= bytes.length;
		return bytes;
	}

	opened(sink: StreamSink): void {
		this.#sink = sink;
		this.#stream.joined(this);
	}

	closed(): void {
		this.#sink = undefined;
		this.#stream.left(this);
	}
}

/** What is sent to all who listen on one path. */
export class EventStream {
	#clients: EventClient[] = [];
	#beatMs = 0;
	/** Events that slow readers lost. */
	dropped = 0;
	/** Called for each new reader: to send it the present state, or what it missed since `lastEventId`. */
	onOpen: ((client: EventClient) => void) | undefined;

	/** How many listen: nothing need be prepared for none. */
	get clients(): number {
		return this.#clients.length;
	}

	/** To all readers, encoded once. `data` is one text, lines and all; JSON as a rule. */
	send(event: string, data: string, id?: string): void {
		if (this.#clients.length > 0) this.#broadcast(encodeEvent(event, data, id), false);
	}

	/** A comment to silent readers, so that dead connections and impatient proxies show. */
	tick(nowMs: number, heartbeatMs: number): void {
		if (nowMs - this.#beatMs < heartbeatMs) return;
		this.#beatMs = nowMs;
		if (this.#clients.length > 0) this.#broadcast(heartbeat, true);
	}

	joined(client: EventClient): void {
		this.#clients.push(client);
		this.onOpen?.(client);
	}

	left(client: EventClient): void {
		this.#clients = this.#clients.filter((one) => one !== client);
	}

	#broadcast(bytes: Uint8Array, onlyIdle: boolean): void {
		// the array is replaced, not changed, when a reader leaves meanwhile
		for (const client of this.#clients) if (!onlyIdle || client.idle) client.push(bytes);
	}
}

const endOfEvent = new Uint8Array([0x0a, 0x0a]);
const heartbeat = new Uint8Array([0x3a, 0x0a, 0x0a]);

function encodeEvent(event: string, data: string, id?: string): Uint8Array {
	const line = data.includes("\n") || data.includes("\r") ? data.split(/\r\n|\r|\n/).join("\ndata: ") : data;
	return utf8Encode(`event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${line}\n\n`);
}
