/** Servers that are wrong about frames: a gateway before a good TCP server, and a serial server. */
import { execFileSync } from "node:child_process";
import { constants, openSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { ReadStream } from "node:tty";
import { crc16Modbus as crc16 } from "../../modules/base/crc";
import type { RegisterSpace } from "../../modules/modbus/respond";
import { RtuResponder } from "../../modules/modbus/server-rtu";

/** What a gateway does with the bytes of a client; `on` hands bytes to the server. */
export interface TcpDefect {
	readonly title: string;
	readonly caught: readonly string[];
	/** Requests that the test may send in one packet, outside TCP-3. */
	readonly packet?: number;
	take(chunk: Buffer, on: (bytes: Buffer) => void, state: { timer?: NodeJS.Timeout; held?: Buffer }): void;
}

/** Length of the MBAP frame at the beginning. */
const frameLength = (chunk: Buffer): number => (chunk.length < 6 ? chunk.length : 6 + chunk.readUInt16BE(4));

export const tcpDefects: readonly TcpDefect[] = [
	{
		title: "a partial request is taken for a whole one when no more comes",
		caught: ["TCP-2"],
		take(chunk, on, state) {
			clearTimeout(state.timer);
			const held = Buffer.concat([state.held ?? Buffer.alloc(0), chunk]);
			if (held.length >= 6 && held.length >= frameLength(held)) {
				delete state.held;
				on(held);
				return;
			}
			state.held = held;
			state.timer = setTimeout(() => {
				delete state.held;
				const whole = Buffer.from([0, 1, 0, 0, 0, 6, 2, 3, 0x9c, 0x40, 0, 1]);
				held.copy(whole);
				on(whole);
			}, 200);
		},
	},
	{
		title: "of several requests in one packet the first is answered",
		caught: ["TCP-3"],
		packet: 1,
		take: (chunk, on) => on(chunk.subarray(0, frameLength(chunk))),
	},
	{
		title: "a request in two packets is not put together",
		caught: ["TCP-3"],
		take(chunk, on) {
			if (chunk.length >= 8) on(chunk);
		},
	},
	{
		title: "what is not Modbus is answered",
		caught: ["TCP-1"],
		take(chunk, on) {
			const copy = Buffer.from(chunk);
			if (copy.length >= 8 && frameLength(copy) === copy.length) copy.writeUInt16BE(0, 2);
			on(copy);
		},
	},
];

/** A gateway with a defect, before the server at a port. */
export class Gateway {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	constructor(port: number, behind: number, defect: TcpDefect) {
		this.#server = createServer((client) => {
			const server = connect(behind, "127.0.0.1");
			const state = {};
			for (const socket of [client, server]) {
				socket.setNoDelay(true);
				this.#sockets.add(socket);
				socket.on("error", () => {});
				socket.on("close", () => {
					client.destroy();
					server.destroy();
				});
			}
			client.on("data", (chunk) => defect.take(chunk, (bytes) => server.write(bytes), state));
			server.on("data", (chunk) => client.write(chunk));
		});
		this.#server.listen(port, "127.0.0.1");
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}
}

export interface RtuDefect {
	readonly title: string;
	readonly caught: readonly string[];
	/** The line keeps the bit rate it was opened with. */
	readonly deaf?: boolean;
	/** What becomes of a frame before it is looked at. */
	take?(frame: Uint8Array, unit: number): Uint8Array;
}

/** The frame with the CRC that it ought to have. */
function sealed(frame: Uint8Array): Uint8Array {
	const out = Uint8Array.from(frame);
	const crc = crc16(out, 0, out.length - 2);
	out[out.length - 2] = crc & 0xff;
	out[out.length - 1] = crc >> 8;
	return out;
}

export const rtuDefects: readonly RtuDefect[] = [
	{ title: "none", caught: [] },
	{
		title: "a partial request is taken for a whole one",
		caught: ["RTU-3"],
		take: (frame, unit) => (frame.length < 8 ? sealed(Uint8Array.of(unit, 3, 0x9c, 0x40, 0, 1, 0, 0)) : frame),
	},
	{ title: "the CRC is not looked at", caught: ["RTU-1"], take: (frame) => (frame.length < 8 ? frame : sealed(frame)) },
	{
		title: "requests for other units are answered",
		caught: ["RTU-1"],
		take(frame, unit) {
			if (frame.length < 8 || crcOf(frame) !== 0 || frame[0] === 0) return frame;
			const own = Uint8Array.from(frame);
			own[0] = unit;
			return sealed(own);
		},
	},
	{ title: "the bit rate is ignored", caught: ["RTU-2"], deaf: true },
];

/** 0 for a whole frame. */
const crcOf = (frame: Uint8Array): number => crc16(frame, 0, frame.length);

/** A serial server in this process: what comes within 3 ms is one frame. */
export class SerialServer {
	readonly #path: string;
	readonly #defect: RtuDefect;
	readonly #input: ReadStream;
	readonly #fd: number;

	constructor(path: string, baud: number, unit: number, space: RegisterSpace, defect: RtuDefect) {
		this.#path = path;
		this.#defect = defect;
		execFileSync("stty", ["-F", path, "raw", "-echo", `${baud}`]);
		this.#fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
		this.#input = new ReadStream(this.#fd);
		const responder = new RtuResponder(space, [unit]);
		let held: Uint8Array = new Uint8Array(0);
		let timer: NodeJS.Timeout | undefined;
		this.#input.on("data", (chunk: Buffer) => {
			held = Uint8Array.from([...held, ...chunk]);
			clearTimeout(timer);
			timer = setTimeout(() => {
				const frame = this.#defect.take?.(held, unit) ?? held;
				held = new Uint8Array(0);
				responder.room().set(frame);
				const reply = responder.receive(frame.length);
				if (responder.partial) responder.breakOff();
				if (reply) (this.#input as unknown as Socket).write(Buffer.from(reply));
			}, 3);
		});
		this.#input.on("error", () => {});
	}

	setBaud(baud: number): void {
		if (!this.#defect.deaf) execFileSync("stty", ["-F", this.#path, `${baud}`]);
	}

	close(): void {
		this.#input.destroy();
	}
}
