import { Duplex } from "node:stream";
import type { Wire, WireEvents } from "./wire";

/** One end of a connection in memory. Bytes count as sent when the other end has taken them, so that it can hold back. */
export class VirtualWire implements Wire {
	readonly remoteAddress: string;
	readonly remotePort: number;
	peer: VirtualWire | undefined;
	onGone: (() => void) | undefined;
	#later: (deliver: () => void) => void;
	#events: WireEvents | undefined;
	#inbox: Uint8Array[] = [];
	#ready = false;
	#paused = false;
	#last: string | undefined;
	#over = false;

	constructor(later: (deliver: () => void) => void, remoteAddress: string, remotePort: number) {
		this.#later = later;
		this.remoteAddress = remoteAddress;
		this.remotePort = remotePort;
	}

	get isOver(): boolean {
		return this.#over;
	}

	attach(events: WireEvents): void {
		this.#events = events;
		if (this.#ready) events.opened();
		this.#pump();
	}

	open(): void {
		if (this.#over) return;
		this.#ready = true;
		this.#events?.opened();
	}

	write(bytes: Uint8Array): void {
		const copy = bytes.slice();
		this.#later(() => this.peer!.#arrive(copy));
	}

	pause(): void {
		this.#paused = true;
	}

	resume(): void {
		if (!this.#paused) return;
		this.#paused = false;
		// not from inside the reader's call
		this.#later(() => this.#pump());
	}

	close(): void {
		this.#leave("closed by the other side");
	}

	/** Sends the end and goes on listening, as one of Node's sockets does after `end()`. */
	closeHalf(): void {
		if (!this.#over) this.#later(() => this.peer!.end("closed by the other side"));
	}

	destroy(): void {
		this.#leave("connection broken");
	}

	/** `reason` is told when everything before it has been taken. */
	end(reason: string): void {
		this.#last ??= reason;
		this.#pump();
	}

	#leave(reason: string): void {
		const known = this.#over;
		this.#events = undefined;
		this.#finish();
		if (!known) this.#later(() => this.peer!.end(reason));
	}

	#finish(): void {
		if (this.#over) return;
		this.#over = true;
		this.#inbox = [];
		this.onGone?.();
	}

	#arrive(bytes: Uint8Array): void {
		if (this.#over) return;
		this.#inbox.push(bytes);
		this.#pump();
	}

	#pump(): void {
		while (this.#events && !this.#paused && this.#inbox.length > 0) {
			const bytes = this.#inbox.shift()!;
			this.#events.received(bytes);
			this.#later(() => this.peer!.#events?.sent(bytes.length));
		}
		if (this.#last === undefined || this.#over || !this.#events || this.#inbox.length > 0) return;
		const events = this.#events;
		this.#finish();
		events.ended(this.#last);
	}
}

/** How much Node's code may write ahead of what the other end has taken, and in what pieces that travels. */
const SEND_AHEAD_BYTES = 65536;
const PIECE_BYTES = 4096;

/** Node's end of a connection. */
export class WireDuplex extends Duplex implements WireEvents {
	#wire: VirtualWire;
	#touch: () => void;
	#inFlight = 0;
	#opened = false;
	#waiting: (() => void) | undefined;

	constructor(wire: VirtualWire, touch: () => void) {
		super({ allowHalfOpen: false });
		this.#wire = wire;
		this.#touch = touch;
		wire.attach(this);
	}

	get remoteAddress(): string | undefined {
		return this.#wire.remoteAddress;
	}

	get remotePort(): number | undefined {
		return this.#wire.remotePort;
	}

	opened(): void {
		this.#touch();
		this.#opened = true;
		this.emit("connect");
		this.#proceed();
	}

	received(bytes: Uint8Array): void {
		this.#touch();
		if (!this.push(bytes)) this.#wire.pause();
	}

	sent(count: number): void {
		this.#touch();
		this.#inFlight -= count;
		this.#proceed();
	}

	ended(reason: string): void {
		this.#touch();
		this.#proceed();
		if (this.#opened && reason === "closed by the other side") this.push(null);
		else this.destroy(Object.assign(new Error(reason), { code: this.#opened ? "ECONNRESET" : "ECONNREFUSED" }));
	}

	override _read(): void {
		this.#wire.resume();
	}

	override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
		this.#touch();
		let at = 0;
		this.#waiting = () => {
			while (at < chunk.length && this.#inFlight < SEND_AHEAD_BYTES) {
				const piece = chunk.subarray(at, at + PIECE_BYTES);
				at += piece.length;
				this.#inFlight += piece.length;
				this.#wire.write(piece);
			}
			if (at < chunk.length) return;
			this.#waiting = undefined;
			done();
		};
		this.#proceed();
	}

	override _final(done: (error?: Error | null) => void): void {
		this.#touch();
		this.#wire.closeHalf();
		done();
	}

	override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
		this.#touch();
		this.#waiting = undefined;
		if (error) this.#wire.destroy();
		else this.#wire.close();
		done(error);
	}

	#proceed(): void {
		if (this.#opened) this.#waiting?.();
	}
}
