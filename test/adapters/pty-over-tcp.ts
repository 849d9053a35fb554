import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort, type Peer, start, temporaryFolder } from "../peers";

/** A serial device of this machine whose other end is a TCP port: for `RtuOverTcp`, and a program that opens `path`. */
export class PtyOverTcp {
	readonly #folder = temporaryFolder();
	readonly path = join(this.#folder.path, "line");
	port = 0;
	#socat: Peer | undefined;

	async open(): Promise<void> {
		this.port = await freePort();
		const listen = `tcp-listen:${this.port},bind=127.0.0.1,reuseaddr,nodelay`;
		this.#socat = start("socat", ["-d", "-d", `pty,raw,echo=0,link=${this.path}`, listen]);
		await this.#socat.waitFor(/listening on/);
		const endMs = Date.now() + 5000;
		while (!existsSync(this.path)) {
			if (Date.now() > endMs) throw new Error(`socat made no device: ${this.#socat.output()}`);
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}

	async close(): Promise<void> {
		await this.#socat?.stop();
		this.#folder.remove();
	}
}
