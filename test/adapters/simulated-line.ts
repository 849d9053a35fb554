import { existsSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { SimReply } from "../../sim/faults";
import { isIntact } from "../../sim/rtu-frame";
import { type Peer, start, temporaryFolder } from "../peers";

/** Who answers on the line. */
export interface Answerer {
	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined;
}

/** A simulated serial line as a serial device of this machine: programs that we did not write open `path`. */
export class SimulatedLine {
	readonly #folder = temporaryFolder();
	readonly path = join(this.#folder.path, "line");
	readonly #now: () => number;
	readonly #answerer: Answerer;
	readonly #isWhole: (bytes: Uint8Array) => boolean;
	#server: Server | undefined;
	#socat: Peer | undefined;
	#socket: Socket | undefined;

	/** `isWhole` tells where a frame of the master ends: where its CRC fits, unless the protocol is another. */
	constructor(answerer: Answerer, now: () => number, isWhole: (bytes: Uint8Array) => boolean = isIntact) {
		this.#answerer = answerer;
		this.#now = now;
		this.#isWhole = isWhole;
	}

	/** Sends what nobody has asked for. */
	say(bytes: Uint8Array): void {
		this.#socket?.write(bytes);
	}

	async open(): Promise<void> {
		const server = createServer((socket) => this.#serve(socket));
		this.#server = server;
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		this.#socat = start("socat", [`pty,raw,echo=0,link=${this.path}`, `tcp:127.0.0.1:${port},nodelay`]);
		const endMs = Date.now() + 5000;
		while (!existsSync(this.path)) {
			if (Date.now() > endMs) throw new Error(`socat made no device: ${this.#socat.output()}`);
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}

	async close(): Promise<void> {
		await this.#socat?.stop();
		this.#server?.close();
		this.#folder.remove();
	}

	/** A socket has no silence between frames. */
	#serve(socket: Socket): void {
		this.#socket = socket;
		let received = Buffer.alloc(0);
		socket.on("error", () => {});
		socket.on("data", (chunk) => {
			received = Buffer.concat([received, chunk]);
			if (!this.#isWhole(received)) return;
			const reply = this.#answerer.onFrame(new Uint8Array(received), this.#now());
			received = Buffer.alloc(0);
			if (reply) socket.write(reply.bytes);
		});
	}
}
