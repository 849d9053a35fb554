/** A virtual X server with a mouse and a look at its pixels. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { type Peer, root } from "../peers";
import { pngFile } from "../screens";

export class Display {
	readonly name: string;
	#server: ReturnType<typeof spawn>;
	#width: number;
	#height: number;

	private constructor(name: string, server: ReturnType<typeof spawn>, width: number, height: number) {
		this.name = name;
		this.#server = server;
		this.#width = width;
		this.#height = height;
	}

	/** The server finds a number that is free, and says it. */
	static open(width: number, height: number): Promise<Display> {
		const args = ["-displayfd", "3", "-screen", "0", `${width}x${height}x24`, "-nolisten", "tcp"];
		const server = spawn("Xvfb", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
		process.on("exit", () => server.kill("SIGKILL"));
		return new Promise((resolve, reject) => {
			server.on("error", reject);
			server.on("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
			server.stdio[3]!.on("data", (number) => {
				resolve(new Display(`:${String(number).trim()}`, server, width, height));
			});
		});
	}

	#run(program: string, args: readonly string[]): Buffer {
		const env = { ...process.env, DISPLAY: this.name };
		return execFileSync(program, args, { env, maxBuffer: 1 << 26 });
	}

	/** Makes the only window of that name as large as said, at the top left. */
	place(window: string, width: number, height: number): void {
		const ids = this.#run("xdotool", ["search", "--onlyvisible", "--name", window]).toString().trim().split("\n");
		const id = ids.at(-1)!;
		this.#run("xdotool", ["windowmove", id, "0", "0", "windowsize", "--sync", id, String(width), String(height)]);
	}

	hasWindow(window: string): boolean {
		try {
			return this.#run("xdotool", ["search", "--onlyvisible", "--name", window]).length > 0;
		} catch {
			return false;
		}
	}

	click(x: number, y: number): void {
		this.down(x, y);
		this.up();
	}

	down(x: number, y: number): void {
		this.#run("xdotool", ["mousemove", String(x), String(y), "sleep", "0.1", "mousedown", "1", "sleep", "0.15"]);
	}

	up(): void {
		this.#run("xdotool", ["mouseup", "1", "sleep", "0.1"]);
	}

	/** The whole picture: XWD file version 7 (XWDFile.h), 32 bits a dot, blue first. */
	look(): Picture {
		const file = this.#run("xwd", ["-root", "-silent"]);
		const word = (index: number): number => file.readUInt32BE(4 * index);
		const bytesPerLine = word(12);
		const at = word(0) + 12 * word(19);
		if (word(1) !== 7 || word(11) !== 32) throw new Error(`XWD version ${word(1)} with ${word(11)} bits a dot`);
		return new Picture(file.subarray(at), bytesPerLine, this.#width, this.#height);
	}

	close(): void {
		this.#server.removeAllListeners("exit");
		this.#server.kill();
	}
}

export class Picture {
	readonly #dots: Buffer;
	readonly #bytesPerLine: number;
	readonly #width: number;
	readonly #height: number;

	constructor(dots: Buffer, bytesPerLine: number, width: number, height: number) {
		this.#dots = dots;
		this.#bytesPerLine = bytesPerLine;
		this.#width = width;
		this.#height = height;
	}

	color(x: number, y: number): { red: number; green: number; blue: number } {
		const at = y * this.#bytesPerLine + 4 * x;
		return { red: this.#dots[at + 2]!, green: this.#dots[at + 1]!, blue: this.#dots[at]! };
	}

	/** The bytes of a part, to tell two pictures apart. */
	part(x: number, y: number, width: number, height: number): string {
		const rows: string[] = [];
		for (let row = y; row < y + height; row++) {
			const at = row * this.#bytesPerLine + 4 * x;
			rows.push(this.#dots.subarray(at, at + 4 * width).toString("latin1"));
		}
		return rows.join("");
	}

	/** Writes build/screens/NAME.png, for a person. */
	save(name: string, width: number, height: number): void {
		const rows = Buffer.alloc((3 * width + 1) * height);
		for (let y = 0; y < height; y++) {
			for (let x = 0; x < width; x++) {
				const { red, green, blue } = this.color(x, y);
				rows.set([red, green, blue], y * (3 * width + 1) + 1 + 3 * x);
			}
		}
		mkdirSync(join(root, "build/screens"), { recursive: true });
		writeFileSync(join(root, "build/screens", `${name}.png`), pngFile(width, height, 2, deflateSync(rows)));
	}

	get size(): { width: number; height: number } {
		return { width: this.#width, height: this.#height };
	}
}

/** Waits until `look` gives something, looking often. */
export async function eventually<T>(
	what: string,
	look: () => T | undefined,
	peer: Peer,
	timeoutMs = 30_000,
): Promise<T> {
	const endMs = Date.now() + timeoutMs;
	for (;;) {
		const found = look();
		if (found !== undefined) return found;
		if (Date.now() > endMs) throw new Error(`${what}: not within ${timeoutMs} ms; mcsim said:\n${peer.output()}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}
