import type { Clock } from "../../../modules/base/clock";

/** What can happen to an IO object; the numbers are those of `hosts/desktop/xs/events.ts`. */
export const READABLE = 1;
export const WRITABLE = 2;
export const ERROR = 4;

/** The one function through which Node enters a machine for IO: made in XS, handed over by `start`. */
export type Dispatch = (id: number, event: number, value: number | string) => void;

export interface ContextOptions {
	/** Where deliveries wait when the machine runs on a virtual clock; without it, Node's next turn. */
	clock?: Clock | undefined;
	/** An exception that left a callback in XS, or a machine that died in one. */
	onError(error: Error): void;
}

/** A machine, as far as IO has to know. */
export interface Mortal {
	/** What killed it; undefined while it lives. May throw when it was deleted. */
	readonly dead: Error | undefined;
}

/**
 * The IO objects of one machine. XS knows them by number and Node tells their events through one function, so that no
 * reference from Node keeps anything alive in the machine. Nothing is ever told while XS is calling, nor after `close`.
 */
export class IoContext {
	#dispatch: Dispatch | undefined;
	#ports = new Map<number, Port>();
	#lastId = 0;
	#clock: Clock | undefined;
	#onError: (error: Error) => void;
	#machine: Mortal | undefined;
	closed = false;

	constructor(options: ContextOptions) {
		this.#clock = options.clock;
		this.#onError = options.onError;
	}

	/** The machine behind it: when it has died, nothing is told any more and everything is closed. */
	attach(machine: Mortal): void {
		this.#machine = machine;
	}

	start(dispatch: Dispatch): void {
		this.#dispatch = dispatch;
	}

	/** Takes in an object and gives its number, never 0 and never used before. */
	add(port: Port): number {
		this.#ports.set(++this.#lastId, port);
		return this.#lastId;
	}

	/** The open object of that number and class; throws when XS has closed it or never had it. */
	get<T extends Port>(id: number, kind: new (...args: never[]) => T): T {
		const port = this.#ports.get(id);
		if (!(port instanceof kind)) throw new Error("closed");
		return port;
	}

	/** Closes and forgets; a number that is not open is ignored. */
	drop(id: number): void {
		const port = this.#ports.get(id);
		if (!port) return;
		this.#ports.delete(id);
		port.shut();
	}

	/** How many objects are open. */
	get open(): number {
		return this.#ports.size;
	}

	/** Runs `callback` when XS has returned. */
	post(callback: () => void): void {
		if (this.#hasDied()) return;
		if (this.#clock) this.#clock.setTimer(callback, 0);
		else setImmediate(callback);
	}

	tell(id: number, event: number, value: number | string): void {
		if (this.#hasDied() || !this.#ports.has(id)) return;
		try {
			this.#dispatch?.(id, event, value);
		} catch (error) {
			this.#onError(error instanceof Error ? error : new Error(String(error)));
			this.#hasDied();
		}
	}

	/** Whether the machine is dead or deleted, whose clock must not be touched either; closes everything then. */
	#hasDied(): boolean {
		if (this.closed) return true;
		try {
			if (!this.#machine?.dead) return false;
		} catch {
			// a deleted machine cannot even be asked
		}
		this.close();
		return true;
	}

	/** Drops everything at once: for a machine that is deleted or dead. */
	close(): void {
		if (this.closed) return;
		this.closed = true;
		for (const port of this.#ports.values()) port.shut(true);
		this.#ports.clear();
		this.#dispatch = undefined;
	}
}

/**
 * An IO object that reports events: those of one turn go out together, in the device's order: read, write or error.
 * Only the first `onWritable`, which says that a connection is up, comes before what was received in the same turn.
 */
export abstract class Port {
	readonly id: number;
	/** Which events XS has a callback for. */
	mask: number;
	protected readonly context: IoContext;
	/** Why it ended; told to XS once everything that came before has been read. */
	protected failure: string | undefined;
	#pending = 0;
	#posted = false;
	#failureTold = false;
	#usable = false;
	#open = true;

	constructor(context: IoContext, mask: number) {
		this.context = context;
		this.mask = mask;
		this.id = context.add(this);
	}

	get isOpen(): boolean {
		return this.#open;
	}

	/** What `onReadable` and `onWritable` are called with; 0 = do not call. */
	protected readableCount(): number {
		return 0;
	}
	protected writableCount(): number {
		return 0;
	}

	trigger(events: number): void {
		this.#pending |= events;
		if (this.#posted || !this.#open || !(this.#pending & this.mask)) return;
		this.#posted = true;
		this.context.post(this.#deliver);
	}

	protected fail(reason: string): void {
		this.failure ??= reason;
		this.trigger(ERROR);
	}

	#deliver = (): void => {
		this.#posted = false;
		const events = this.#pending & this.mask;
		this.#pending = 0;
		if (!this.#open) return;
		const first = !this.#usable && this.failure === undefined;
		if (first) this.#tellWritable(events);
		if (!this.#open) return;
		if (events & READABLE) {
			const count = this.readableCount();
			if (count > 0) this.context.tell(this.id, READABLE, count);
		}
		if (!this.#open) return;
		if (this.failure !== undefined) {
			if (!(this.mask & ERROR) || this.#failureTold || this.readableCount() > 0) return;
			this.#failureTold = true;
			this.context.tell(this.id, ERROR, this.failure);
		} else if (!first) this.#tellWritable(events);
	};

	#tellWritable(events: number): void {
		if (!(events & WRITABLE)) return;
		const count = this.writableCount();
		if (count === 0) return;
		this.#usable = true;
		this.context.tell(this.id, WRITABLE, count);
	}

	/** Called by the context only. `hard` = the machine is gone: nothing is worth finishing. */
	shut(hard = false): void {
		if (!this.#open) return;
		this.#open = false;
		this.released(hard);
	}

	/** Gives back what the object holds. */
	protected abstract released(hard: boolean): void;
}

/** The bytes of a buffer that came from XS, or of one of Node's, as a view. */
export function viewOf(buffer: ArrayBuffer | ArrayBufferView): Uint8Array {
	return ArrayBuffer.isView(buffer)
		? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
		: new Uint8Array(buffer);
}

/** Throws as the XS classes do, for numbers that they hand on unchecked. */
export function checkPort(name: string, port: number): void {
	if (!Number.isInteger(port) || port < 0 || port > 65535)
		throw new RangeError(`${name}: port ${port} is not 0..65535`);
}
