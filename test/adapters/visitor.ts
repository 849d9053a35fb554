import type { Duplex } from "node:stream";
import type { VirtualHub } from "../virtual-hub";

/** Somebody in the virtual network who connects to a port of the hub and keeps what it answers. */
export class Visitor {
	#world: VirtualHub;
	#stream: Duplex;
	#received: Buffer[] = [];
	/** The hub has ended the connection. */
	closed = false;

	constructor(world: VirtualHub, port: number) {
		this.#world = world;
		this.#stream = world.hub.network!.connect(port);
		this.#stream.on("data", (chunk: Buffer) => this.#received.push(chunk));
		this.#stream.on("error", () => {});
		for (const event of ["end", "close"]) this.#stream.on(event, () => (this.closed = true));
	}

	/** What the hub has answered so far. */
	get answer(): Buffer {
		return Buffer.concat(this.#received);
	}

	/** Sends, and lets the hub answer. */
	async say(pieces: readonly Uint8Array[], ms = 12): Promise<Buffer> {
		for (const piece of pieces) if (!this.closed) this.#stream.write(piece);
		await this.#world.advance(ms);
		return this.answer;
	}

	async leave(): Promise<void> {
		this.#stream.destroy();
		await this.#world.advance(3);
	}
}

/** One question in a connection of its own: what came back, and whether the hub closed. */
export async function visit(
	world: VirtualHub,
	port: number,
	pieces: readonly Uint8Array[],
	ms?: number,
): Promise<{ answer: Buffer; closed: boolean }> {
	const visitor = new Visitor(world, port);
	const answer = await visitor.say(pieces, ms);
	const { closed } = visitor;
	await visitor.leave();
	return { answer, closed };
}

/** A broker that says what a test wants it to say, and nothing else. */
export class StrangeBroker {
	#world: VirtualHub;
	#listener: { close(drop?: boolean): void };
	#connection: { stream: Duplex; closed: boolean } | undefined;
	/** Sent when the hub's CONNECT has come. */
	reply: Uint8Array = new Uint8Array(0);

	constructor(world: VirtualHub) {
		this.#world = world;
		this.#listener = world.hub.network!.listen(1883, (stream) => {
			const connection = { stream, closed: false };
			let greeted = false;
			stream.on("data", () => {
				if (!greeted) stream.write(this.reply);
				greeted = true;
			});
			stream.on("error", () => {});
			for (const event of ["end", "close"]) stream.on(event, () => (connection.closed = true));
			this.#connection = connection;
		});
	}

	/** Waits for the hub to connect, says `reply`; whether the hub has then ended the connection. */
	async receive(reply: Uint8Array): Promise<"ended" | "open"> {
		this.reply = reply;
		this.#connection = undefined;
		for (let waitedMs = 0; !this.#connection; waitedMs += 100) {
			if (waitedMs > 32_000) throw new Error("the hub has not come back to its broker for 32 s");
			await this.#world.advance(100);
		}
		const connection: { stream: Duplex; closed: boolean } = this.#connection;
		await this.#world.advance(100);
		const { closed } = connection;
		connection.stream.destroy();
		await this.#world.advance(5);
		return closed ? "ended" : "open";
	}

	close(): void {
		this.#listener.close(true);
	}
}
