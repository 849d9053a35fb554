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
	private constructor(name: string, server: ReturnType<typeof spawn>) {
		this.name = name;
		this.#server = server;
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
				resolve(new Display(`:${String(number).trim()}`, server));
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

	/** The whole picture: XWD file version 7 (XWDFile.h), 24 or 32 bits a dot of true colour. */
	look(): Picture {
		const file = this.#run("xwd", ["-root", "-silent"]);
		const word = (index: number): number => file.readUInt32BE(4 * index);
		const bytesPerLine = word(12);
		const at = word(0) + 12 * word(19);
		const bytes = word(11) / 8;
		if (word(1) !== 7 || (bytes !== 3 && bytes !== 4)) throw new Error(`XWD ${word(1)} of ${word(11)} bits a dot`);
		// byte order 0: the least significant byte, blue, comes first
		const blueAt = word(7) === 0 ? 0 : bytes - 1;
		return new Picture(file.subarray(at), { bytes, blueAt, bytesPerLine });
	}

	close(): void {
		this.#server.removeAllListeners("exit");
		this.#server.kill();
	}
}

export class Picture {
	readonly #dots: Buffer;
	readonly #format: { bytes: number; blueAt: number; bytesPerLine: number };
	constructor(dots: Buffer, format: { bytes: number; blueAt: number; bytesPerLine: number }) {
		this.#dots = dots;
		this.#format = format;
	}

	color(x: number, y: number): { red: number; green: number; blue: number } {
		const { bytes, blueAt, bytesPerLine } = this.#format;
		const blue = y * bytesPerLine + bytes * x + blueAt;
		const step = blueAt === 0 ? 1 : -1;
		return { red: this.#dots[blue + 2 * step]!, green: this.#dots[blue + step]!, blue: this.#dots[blue]! };
	}

	/** The bytes of a part, to tell two pictures apart. */
	part(x: number, y: number, width: number, height: number): string {
		const rows: string[] = [];
		const { bytes, bytesPerLine } = this.#format;
		for (let row = y; row < y + height; row++) {
			const at = row * bytesPerLine + bytes * x;
			rows.push(this.#dots.subarray(at, at + bytes * width).toString("latin1"));
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
		if (Date.now() > endMs)
			throw new Error(
				`${what}: not within ${timeoutMs} ms; mcsim said:\n${peer.output().replace(/^instruments.*\n/gm, "")}`,
			);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}
