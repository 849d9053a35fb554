import { createIo, type Io, type IoOptions } from "./io";

type Handler = (value: number | string) => void;

export interface Handlers {
	onReadable?: (bytes: number) => void;
	onWritable?: (credit: number) => void;
	onError?: (reason: string) => void;
}

/** The events and their masks, as `hosts/desktop/xs/events.ts` numbers them. */
const NAMES = ["onReadable", "onWritable", "onError"] as const;

/** For tests of the providers without an engine: stands where XS would, holding callbacks by the number of an object. */
export class FakeMachine {
	readonly io: Io;
	readonly host: Io["host"]["io"];
	/** What left a callback. */
	readonly errors: Error[] = [];
	/** How often Node called in. */
	entries = 0;
	#handlers = new Map<number, Handlers>();

	constructor(options: Partial<IoOptions> = {}) {
		this.io = createIo({ onError: (error) => this.errors.push(error), ...options });
		this.host = this.io.host.io;
		this.host.start((id, event, value) => {
			this.entries++;
			const name = NAMES[Math.log2(event)]!;
			(this.#handlers.get(id)?.[name] as Handler | undefined)?.(value);
		});
	}

	mask(handlers: Handlers): number {
		return NAMES.reduce((mask, name, bit) => mask | (handlers[name] ? 1 << bit : 0), 0);
	}

	on(id: number, handlers: Handlers): number {
		this.#handlers.set(id, handlers);
		return id;
	}

	connect(port: number, handlers: Handlers, host = "127.0.0.1"): number {
		return this.on(this.host.tcpConnect(host, true, port, true, this.mask(handlers)), handlers);
	}

	listen(port: number, onConnection: (id: number) => void, address: string | undefined = undefined): number {
		const handlers: Handlers = {
			onReadable: () => {
				for (let from = this.host.accept(id); from !== undefined; from = this.host.accept(id)) onConnection(from);
			},
		};
		const id = this.host.listen(port, address, 1);
		return this.on(id, handlers);
	}

	adopt(id: number, handlers: Handlers): number {
		this.on(id, handlers);
		this.host.streamAdopt(id, this.mask(handlers));
		return id;
	}

	text(id: number): string | undefined {
		const bytes = this.host.streamRead(id, -1);
		return bytes && Buffer.from(bytes).toString("latin1");
	}

	send(id: number, text: string): number | undefined {
		return this.host.streamWrite(id, Buffer.from(text, "latin1"));
	}
}

/** Resolves when `done` gives something true, looking after each turn of Node's loop; rejects after `timeoutMs`. */
export async function until<T>(done: () => T, timeoutMs = 5000): Promise<NonNullable<T>> {
	const end = Date.now() + timeoutMs;
	for (;;) {
		const value = done();
		if (value) return value as NonNullable<T>;
		if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${done}`);
		await new Promise((resolve) => setTimeout(resolve, 1));
	}
}
