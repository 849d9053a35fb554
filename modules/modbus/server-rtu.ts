/** Modbus RTU server: answers on a line as one or more units. */
import { isDamage } from "../rs485/line";
import type { Rs485Port, RtuLinkOptions } from "./client-link";
import { canBroadcast, FRAME_BYTES, PDU_AT, UNIT_AT } from "./pdu";
import { type Exchange, type RegisterSpace, respond } from "./respond";
import { RtuRequestFinder, sealFrame } from "./rtu";

/**
 * The server without its line: hand-overs in, reply frames out. Simulated devices use it too.
 * Silent, as MSL 2.2 wants it, to what is garbled, for another unit, or broadcast.
 */
export class RtuResponder implements Exchange {
	readonly #space: RegisterSpace;
	readonly #units: readonly number[] | undefined;
	readonly #finder = new RtuRequestFinder();
	readonly request = this.#finder.bytes;
	readonly requestView = new DataView(this.request.buffer);
	readonly reply = new Uint8Array(FRAME_BYTES);
	readonly replyView = new DataView(this.reply.buffer);
	/** Requests carried out, broadcasts included. */
	requests = 0;
	/** Frames for others, their replies included. */
	foreign = 0;

	/** `units`: those to answer as. Missing: all that the space has, or simply all. */
	constructor(space: RegisterSpace, units?: readonly number[]) {
		this.#space = space;
		this.#units = units;
	}

	get garbled(): number {
		return this.#finder.garbled;
	}

	/** Where to read the next hand-over to. */
	room(): Uint8Array {
		return this.#finder.room();
	}

	/**
	 * `count` bytes were read to `room()`. Returns the reply frame, a view of a buffer that is used again, or undefined.
	 * With several requests in the bytes all are carried out and the last one is answered: nobody waits for the others.
	 */
	receive(count: number): Uint8Array | undefined {
		const finder = this.#finder;
		finder.take(count);
		let end = 0;
		for (let length = finder.next(); length > 0; length = finder.next()) {
			const unit = this.request[UNIT_AT]!;
			if (unit === 0) this.#broadcast(length);
			else if (!this.#serves(unit)) this.foreign++;
			else {
				this.requests++;
				this.reply[UNIT_AT] = unit;
				end = sealFrame(this.reply, PDU_AT + respond(this.#space, unit, this, length));
			}
		}
		return end === 0 ? undefined : this.reply.subarray(UNIT_AT, end);
	}

	/** Whether the beginning of a request is kept for the next hand-over. */
	get partial(): boolean {
		return this.#finder.partial;
	}

	/** Behind the bytes received last there was a bad character: what is kept has no end. */
	breakOff(): void {
		this.#finder.breakOff();
	}

	#serves(unit: number): boolean {
		if (this.#units) return this.#units.includes(unit);
		return this.#space.hasUnit?.(unit) ?? true;
	}

	/** Carried out for each unit of ours; where they are not listed the space gets unit 0 and knows what to do with it. */
	#broadcast(length: number): void {
		if (!canBroadcast(this.request[PDU_AT]!)) return;
		this.requests++;
		if (!this.#units) respond(this.#space, 0, this, length);
		else for (const unit of this.#units) respond(this.#space, unit, this, length);
	}
}

export interface RtuServerOptions {
	link: RtuLinkOptions;
	space: RegisterSpace;
	/** Units to answer as; missing: all that the space has. */
	units?: readonly number[];
	/** The line has failed, and the server with it: the owner may make a new one. */
	onError?(message: string): void;
}

export class RtuServer {
	readonly #responder: RtuResponder;
	#port: Rs485Port | undefined;
	#sending = false;
	/** Requests that came while a reply was going out: the client was too fast, they are not answered. */
	collisions = 0;

	/** Throws what the class of the line throws when it cannot be opened. */
	constructor(options: RtuServerOptions) {
		this.#responder = new RtuResponder(options.space, options.units);
		const { io, ...line } = options.link;
		this.#port = new io({
			...line,
			onReadable: () => this.#readable(),
			onWritable: () => {
				this.#sending = false;
			},
			onError: (message) => {
				this.close();
				options.onError?.(message);
			},
		});
	}

	get requests(): number {
		return this.#responder.requests;
	}

	get garbled(): number {
		return this.#responder.garbled;
	}

	close(): void {
		const port = this.#port;
		this.#port = undefined;
		port?.close();
	}

	#readable(): void {
		for (;;) {
			const port = this.#port;
			if (port === undefined) return;
			const count = port.read(this.#responder.room());
			if (count === undefined) return;
			const reply = this.#responder.receive(count);
			if (this.#responder.partial && isDamage(port.cause)) this.#responder.breakOff();
			if (reply === undefined) continue;
			if (this.#sending) {
				this.collisions++;
				continue;
			}
			this.#sending = true;
			port.write(reply);
		}
	}
}
