/** Modbus client and servers on the application's engine, with the real sockets and lines, for tests against peers. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createIo, type Io } from "../../hosts/desktop/io/io";
import { createTestMachine, type TestMachine } from "../../hosts/desktop/testing";
import type { ModbusRequest as FullRequest } from "../../modules/modbus/client";
import type { RS485Options } from "../../modules/rs485/rs485";
import { type Peer, start, temporaryFolder } from "../peers";

const program = `
import { ModbusClient } from "modules/modbus/client";
import { RtuServer } from "modules/modbus/server-rtu";
import { TcpServer } from "modules/modbus/server-tcp";
import RS485 from "modules/rs485/rs485";
import TCP from "embedded:io/socket/tcp";
import Listener from "embedded:io/socket/listener";
import { ModdableClock } from "hosts/moddable/clock";

const SIZE = 1000;
/** The values of test/peers/modbus_server.py. */
class Space {
	holding = new Uint16Array(SIZE).map((_, i) => i * 7);
	input = new Uint16Array(SIZE).map((_, i) => i * 11);
	coils = new Uint8Array(SIZE).map((_, i) => i % 3 === 0 ? 1 : 0);
	discrete = new Uint8Array(SIZE).map((_, i) => i % 2 === 0 ? 1 : 0);
	hasUnit(unit) { return unit === 1; }
	readRegisters(unit, input, address, count, out, offset) {
		if (address + count > SIZE) return 2;
		const from = input ? this.input : this.holding;
		for (let i = 0; i < count; i++) out.setUint16(offset + 2 * i, from[address + i]);
		return 0;
	}
	writeRegisters(unit, address, count, data, offset) {
		if (address + count > SIZE) return 2;
		for (let i = 0; i < count; i++) this.holding[address + i] = data.getUint16(offset + 2 * i);
		return 0;
	}
	readBits(unit, discrete, address, count, out, offset) {
		if (address + count > SIZE) return 2;
		const from = discrete ? this.discrete : this.coils;
		for (let i = 0; i < count; i++) if (from[address + i]) out[offset + (i >> 3)] |= 1 << (i & 7);
		return 0;
	}
	writeBits(unit, address, count, data, offset) {
		if (address + count > SIZE) return 2;
		for (let i = 0; i < count; i++) this.coils[address + i] = (data[offset + (i >> 3)] >> (i & 7)) & 1;
		return 0;
	}
	identification(unit, id) { return { 0: "Gridpost", 1: "GP", 2: "0.1", 5: "test" }[id]; }
}
const clock = new ModdableClock(() => true);
const space = new Space();
const open = [];
let client;
export function serveTcp(port) {
	const server = new TcpServer({ listener: { io: Listener, port, address: "127.0.0.1" }, tcp: TCP, clock, space });
	open.push(server);
}
export function serveRtu(line) { open.push(new RtuServer({ link: { io: RS485, ...line }, space })); }
export function holding(address) { return space.holding[address]; }
export function servers() { return open.map((server) => ({ ...server.counters, requests: server.counters?.requests ?? server.requests, clients: server.clients })); }
export function connect(link, options) {
	client?.close();
	client = new ModbusClient({ link: { io: link.address ? TCP : RS485, ...link }, clock, ...options });
}
export function ask(request, done) {
	client.request({ ...request, onResult(result) {
		let bytes = [];
		for (let i = 0; i < result.byteLength; i++) bytes.push(result.data.getUint8(i));
		done({ status: result.status, exception: result.exception, count: result.count, attempts: result.attempts, bytes });
	} });
}
export function counters() { return client.counters; }
export function close() { client?.close(); for (const server of open) server.close(); }
`;

type ModbusRequest = Omit<FullRequest, "onResult">;

export interface Answer {
	status: string;
	exception: number;
	count: number;
	attempts: number;
	bytes: number[];
}

type Line = Omit<RS485Options, "onReadable" | "onWritable" | "onError">;

interface Program extends Record<string, unknown> {
	serveTcp(port: number): void;
	serveRtu(line: Line): void;
	holding(address: number): number;
	servers(): { requests: number; accepted?: number; refused?: number; clients?: number }[];
	connect(link: Line | { address: string; port: number }, options?: object): void;
	ask(request: ModbusRequest, done: (answer: Answer) => void): void;
	counters(): Record<string, number>;
	close(): void;
}

export class ModbusOnXs {
	readonly machine: TestMachine;
	readonly program: Program;
	readonly #io: Io;

	constructor() {
		const errors: Error[] = [];
		this.#io = createIo({ network: "real", onError: (error) => errors.push(error) });
		this.machine = createTestMachine({
			clock: "real",
			preload: ["modules/modbus/client", "modules/modbus/server-rtu", "modules/modbus/server-tcp"],
			sources: { program },
			modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
			host: this.#io.host,
		});
		this.#io.attach(this.machine);
		this.program = this.machine.importModule<Program>("program");
		this.#errors = errors;
	}

	readonly #errors: Error[];

	ask(request: ModbusRequest): Promise<Answer> {
		return new Promise((resolve) => this.program.ask(request, resolve));
	}

	/** Registers of a read. */
	async read(request: ModbusRequest): Promise<number[] | string> {
		const answer = await this.ask(request);
		if (answer.status !== "ok") return `${answer.status} ${answer.exception}`;
		const out: number[] = [];
		for (let i = 0; i < answer.count; i++) out.push((answer.bytes[2 * i]! << 8) | answer.bytes[2 * i + 1]!);
		return out;
	}

	close(): void {
		this.program.close();
		this.#io.close();
		this.machine.finish();
		if (this.#errors[0]) throw this.#errors[0];
	}
}

/** Two serial devices joined crosswise. */
export class PtyPair {
	readonly #folder = temporaryFolder();
	readonly left = join(this.#folder.path, "left");
	readonly right = join(this.#folder.path, "right");
	#socat: Peer | undefined;

	async plug(): Promise<void> {
		this.#socat = start("socat", [`pty,raw,echo=0,link=${this.left}`, `pty,raw,echo=0,link=${this.right}`]);
		const endMs = Date.now() + 5000;
		while (!existsSync(this.left) || !existsSync(this.right)) {
			if (Date.now() > endMs) throw new Error(`socat made no devices: ${this.#socat.output()}`);
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}

	async unplug(): Promise<void> {
		await this.#socat?.stop();
	}

	async remove(): Promise<void> {
		await this.unplug();
		this.#folder.remove();
	}
}
