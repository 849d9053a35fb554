/**
 * Modbus TCP server. MTG = Modbus Messaging on TCP/IP Implementation Guide V1.0b.
 *
 * Units: 0 and 255 mean the device itself (MTG 4.4.2.1, 255 is what a client should send to a device without others
 * behind it), so both are answered as `ownUnit`; other units are answered as themselves, and 0x0B where there is none.
 * The reply carries the unit of the request.
 */
import type { Clock, TimerId } from "../base/clock";
import type { ListenerClass, ListenerOptions, ListenerSocket, TcpClass, TcpSocket } from "../base/io";
import { type Log, silentLog } from "../base/log";
import { FRAME_BYTES, ModbusException, PDU_AT, UNIT_AT } from "./pdu";
import { type Exchange, type RegisterSpace, respond } from "./respond";
import { MbapFramer, NOT_MODBUS, sealMbap } from "./tcp";

export interface TcpServerOptions {
	/** Default port 502. */
	listener: ListenerOptions & { io: ListenerClass };
	tcp: TcpClass;
	clock: Clock;
	space: RegisterSpace;
	/** Default 8. One more is accepted and closed at once. */
	maxClients?: number;
	/** A connection without a request for this long is closed; 0 = never. Default 60 000. */
	idleTimeoutMs?: number;
	/** What units 0 and 255 stand for. Default 1. */
	ownUnit?: number;
	log?: Log;
}

export interface TcpServerCounters {
	requests: number;
	accepted: number;
	/** Turned away because there were enough. */
	refused: number;
	/** Closed for bytes that are no Modbus. */
	violations: number;
	/** Closed for silence. */
	idle: number;
}

/** The rest of a request that has not come within this time is not waited for when a new one follows. */
const PARTIAL_MS = 500;

/** Clients that speak no Modbus are told of this often at most: a port scanner would fill the log. */
const TELL_AGAIN_MS = 60_000;

export class TcpServer {
	readonly #options: TcpServerOptions;
	readonly #clock: Clock;
	readonly #maxClients: number;
	readonly #idleMs: number;
	readonly #log: Log;
	/** One for all clients: `write` copies. */
	readonly #reply = new Uint8Array(FRAME_BYTES);
	readonly #replyView = new DataView(this.#reply.buffer);
	readonly #clients: Connection[] = [];
	#listener: ListenerSocket | undefined;
	#timer: TimerId | undefined;
	#toldMs = Number.NEGATIVE_INFINITY;
	/** Violations that the log has not heard of. */
	#untold = 0;
	#counters: TcpServerCounters = { requests: 0, accepted: 0, refused: 0, violations: 0, idle: 0 };

	/** Throws what the listener class throws when the port cannot be had. */
	constructor(options: TcpServerOptions) {
		this.#options = options;
		this.#clock = options.clock;
		this.#maxClients = options.maxClients ?? 8;
		this.#idleMs = options.idleTimeoutMs ?? 60_000;
		this.#log = options.log ?? silentLog;
		const { io, ...settings } = options.listener;
		this.#listener = new io({ port: 502, ...settings, onReadable: (count) => this.#accept(count) });
	}

	get clients(): number {
		return this.#clients.length;
	}

	get counters(): TcpServerCounters {
		return { ...this.#counters };
	}

	/** Closes the listener and all connections. May be called twice. */
	close(): void {
		this.#listener?.close();
		this.#listener = undefined;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		for (const client of this.#clients.splice(0)) client.close();
	}

	#accept(count: number): void {
		for (; count > 0 && this.#listener !== undefined; count--) {
			const from = this.#listener.read();
			if (from === undefined) return;
			if (this.#clients.length >= this.#maxClients) {
				this.#counters.refused++;
				new this.#options.tcp({ from }).close();
				continue;
			}
			this.#counters.accepted++;
			this.#clients.push(new Connection(this.#options.tcp, from, this.#reply, this.#replyView, this));
			this.#watch();
		}
	}

	/** Called by a connection: now, for its stamps. */
	now(): number {
		return this.#clock.now();
	}

	/** Called by a connection: the request PDU of `length` bytes. Returns the length of the reply PDU. */
	answer(connection: Connection, length: number): number {
		this.#counters.requests++;
		const space = this.#options.space;
		const asked = connection.request[UNIT_AT]!;
		const unit = asked === 0 || asked === 255 ? (this.#options.ownUnit ?? 1) : asked;
		if (space.hasUnit?.(unit) ?? true) return respond(space, unit, connection, length);
		this.#reply[PDU_AT] = connection.request[PDU_AT]! | 0x80;
		this.#reply[PDU_AT + 1] = ModbusException.gatewayTargetFailedToRespond;
		return 2;
	}

	/** Called by a connection that is over. `violation`: for bytes that are no Modbus. */
	ended(connection: Connection, violation: boolean): void {
		const at = this.#clients.indexOf(connection);
		if (at < 0) return;
		this.#clients.splice(at, 1);
		if (!violation) return;
		this.#counters.violations++;
		this.#untold++;
		const nowMs = this.#clock.now();
		if (nowMs - this.#toldMs < TELL_AGAIN_MS) return;
		const earlier = this.#untold > 1 ? ` (as were ${this.#untold - 1} since this was last said)` : "";
		this.#log("warn", "modbus", `a TCP client was cut off: what it sends is not Modbus${earlier}`);
		this.#toldMs = nowMs;
		this.#untold = 0;
	}

	/** One timer for all: it fires when the one that is silent longest would be too long, and looks again. */
	#watch(): void {
		if (this.#timer !== undefined || this.#idleMs === 0 || this.#clients.length === 0) return;
		let oldestMs = Number.POSITIVE_INFINITY;
		for (const client of this.#clients) oldestMs = Math.min(oldestMs, client.activeMs);
		const delayMs = Math.max(1, oldestMs + this.#idleMs - this.#clock.now());
		this.#timer = this.#clock.setTimer(() => this.#closeIdle(), delayMs);
	}

	#closeIdle(): void {
		this.#timer = undefined;
		const untilMs = this.#clock.now() - this.#idleMs;
		for (let i = this.#clients.length - 1; i >= 0; i--) {
			const client = this.#clients[i]!;
			if (client.activeMs > untilMs) continue;
			this.#counters.idle++;
			this.#clients.splice(i, 1);
			client.close();
		}
		this.#watch();
	}
}

/** One client. Requests are taken one after the other, as many as there is credit for their replies. */
class Connection implements Exchange {
	readonly #server: TcpServer;
	readonly #framer = new MbapFramer();
	readonly request = this.#framer.bytes;
	readonly requestView = new DataView(this.request.buffer);
	readonly reply: Uint8Array;
	readonly replyView: DataView;
	#socket: TcpSocket | undefined;
	/** Bytes that may be written. While it is short no request is taken, and TCP holds the client back. */
	#credit = 0;
	/** Bytes that wait in the socket. */
	#unread = 0;
	/** Time of the last request, or of the beginning. */
	activeMs: number;
	#receivedMs: number;

	constructor(tcp: TcpClass, from: unknown, reply: Uint8Array, replyView: DataView, server: TcpServer) {
		this.#server = server;
		this.reply = reply;
		this.replyView = replyView;
		this.activeMs = server.now();
		this.#receivedMs = this.activeMs;
		this.#socket = new tcp({
			from,
			nodelay: true,
			noDelay: true,
			onReadable: (bytes) => {
				this.#unread = bytes;
				this.#work();
			},
			onWritable: (bytes) => {
				this.#credit = bytes;
				this.#work();
			},
			onError: () => this.#end(false),
		});
	}

	close(): void {
		const socket = this.#socket;
		this.#socket = undefined;
		socket?.close();
	}

	#end(violation: boolean): void {
		this.close();
		this.#server.ended(this, violation);
	}

	#work(): void {
		while (this.#socket !== undefined && this.#credit >= FRAME_BYTES) {
			const length = this.#framer.next();
			if (length === NOT_MODBUS) {
				this.#end(true);
				return;
			}
			if (length > 0) this.#serve(length);
			else if (!this.#receive()) return;
		}
	}

	/** Reads what fits. Returns false when there is nothing. */
	#receive(): boolean {
		if (this.#unread <= 0) return false;
		const framer = this.#framer;
		const stale = framer.partial && this.#server.now() - this.#receivedMs > PARTIAL_MS;
		const chunk = this.#socket!.read(Math.min(this.#unread, framer.room));
		if (chunk === undefined) {
			this.#unread = 0;
			return false;
		}
		this.#unread -= chunk.byteLength;
		this.#receivedMs = this.#server.now();
		const bytes = new Uint8Array(chunk);
		if (stale) framer.restart(bytes);
		framer.push(bytes);
		return true;
	}

	#serve(length: number): void {
		this.activeMs = this.#server.now();
		const replyLength = this.#server.answer(this, length);
		const { request, reply } = this;
		reply[UNIT_AT] = request[UNIT_AT]!;
		const end = sealMbap(reply, (request[0]! << 8) | request[1]!, replyLength);
		this.#framer.drop();
		const socket = this.#socket;
		if (socket === undefined) return;
		try {
			const left = socket.write(reply.subarray(0, end));
			this.#credit = left ?? this.#credit - end;
		} catch {
			// the connection broke, and its socket has not said so yet
			this.#end(false);
		}
	}
}
