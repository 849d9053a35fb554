import type { Board } from "./board";

interface UartAddon {
	boardUart(action: string, port: number, a: number, b: number, bytes: Uint8Array): number | number[];
}

/** A character that left the transmit pin, or a change of RTS; times in microseconds of the machine's clock. */
export interface UartEvent {
	port: number;
	byte?: number;
	level?: boolean;
	fromUs: number;
	toUs: number;
}

const damages = { parity: 1, framing: 2, break: 4 } as const;
const none = new Uint8Array(0);

/** What is at the other end of the board's UARTs. */
export class UartBench {
	readonly #addon: UartAddon;

	constructor(board: Board) {
		this.#addon = board.addon as unknown as UartAddon;
		this.#do("watch");
	}

	#do(action: string, port = 0, a = 0, b = 0, bytes: Uint8Array = none): number | number[] {
		return this.#addon.boardUart(action, port, a, b, bytes);
	}

	/** Characters in a row on a receive pin, from delayUs on; each damaged so. Returns when the last one ends. */
	hear(port: number, bytes: readonly number[], delayUs = 0, damage?: keyof typeof damages): number {
		const endNs = this.#do("hear", port, delayUs, damage === undefined ? 0 : damages[damage], Uint8Array.from(bytes));
		return (endNs as number) / 1000;
	}

	/** What left since the last time. */
	events(): UartEvent[] {
		const flat = this.#do("events") as number[];
		return Array.from({ length: flat.length / 5 }, (_, i) => {
			const [port, what, value, fromNs, toNs] = flat.slice(i * 5) as [number, number, number, number, number];
			const times = { port, fromUs: fromNs / 1000, toUs: toNs / 1000 };
			return what === 0 ? { ...times, byte: value } : { ...times, level: value === 1 };
		});
	}

	/** The bytes that left a port since the last time. */
	sent(port: number): number[] {
		return this.events().flatMap((event) => (event.port === port && event.byte !== undefined ? [event.byte] : []));
	}

	/** Does the receiver hear what is sent (a transceiver that never mutes)? */
	set echo(on: boolean) {
		this.#do("echo", 0, on ? 1 : 0);
	}

	/** Somebody has installed IDF's driver for a port. */
	installDriver(port: number): void {
		this.#do("driver", port, 1);
	}

	rts(port: number): boolean {
		return this.#do("rts", port) === 1;
	}

	/** Transmit, receive and RTS pin of a port; -1: none. */
	pins(port: number): number[] {
		return [0, 1, 2].map((which) => this.#do("pin", port, which) as number);
	}

	/** Does the receive pin of a port rest high when nobody drives it? */
	pulledUp(port: number): boolean {
		return this.#do("pulled up", port) === 1;
	}

	/** While held no interrupt is served. */
	set held(on: boolean) {
		this.#do("hold", 0, on ? 1 : 0);
	}
}
