import type { Clock } from "../../modules/base/clock";
import { ModbusClient, type ModbusClientOptions, type ModbusStatus } from "../../modules/modbus/client";
import type { Rs485Class, Rs485Port } from "../../modules/modbus/client-link";
import { isIntact } from "../../sim/rtu-frame";

/** How bytes stand on a line. */
export interface LineFormat {
	readonly baud: number;
	readonly parity: "none" | "even" | "odd";
	readonly stop: 1 | 2;
}

/** "9600 8N1". */
export function formatName({ baud, parity, stop }: LineFormat): string {
	return `${baud} 8${parity[0]!.toUpperCase()}${stop}`;
}

/** What became of one read. `data` only of "ok". */
export interface ProbeResult {
	readonly status: ModbusStatus;
	readonly exception: number;
	readonly data: DataView;
	readonly tookMs: number;
}

/** One open line or connection, asked one read at a time. */
export class LineProbe {
	readonly #client: ModbusClient;

	constructor(link: ModbusClientOptions["link"], clock: Clock) {
		this.#client = new ModbusClient({ link, clock, retries: 0, lateMs: 0 });
	}

	/** Why nothing can be sent; "" when all is well. */
	get fault(): string {
		return this.#client.fault;
	}

	read(
		unit: number,
		code: number,
		address: number,
		count: number,
		timeoutMs: number,
		retries = 0,
	): Promise<ProbeResult> {
		return new Promise((resolve) => {
			this.#client.request({
				unit,
				function: code,
				address,
				count,
				timeoutMs,
				retries,
				onResult: ({ status, exception, data, byteLength, startMs, endMs }) => {
					const bytes = new Uint8Array(data.buffer, data.byteOffset, status === "ok" ? byteLength : 0).slice();
					resolve({ status, exception, data: new DataView(bytes.buffer), tookMs: endMs - startMs });
				},
			} as Parameters<ModbusClient["request"]>[0]);
		});
	}

	close(): void {
		this.#client.close();
	}
}

/** What was heard on a line while nobody here sent. */
export interface Overheard {
	/** Bytes, readable or not. */
	bytes: number;
	/** Whole frames, by "unit 5 function 3". */
	frames: Map<string, number>;
}

/** Listens only. Throws when the port cannot be opened. */
export function listen(io: Rs485Class, port: string, format: LineFormat, ms: number, clock: Clock): Promise<Overheard> {
	const heard: Overheard = { bytes: 0, frames: new Map() };
	const buffer = new Uint8Array(512);
	const line: Rs485Port = new io({
		port,
		...format,
		onReadable: () => {
			for (let count = line.read(buffer); count !== undefined; count = line.read(buffer)) {
				// a bad character is something too
				heard.bytes += Math.max(1, count);
				if (count < 4 || !isIntact(buffer.subarray(0, count))) continue;
				const name = `unit ${buffer[0]} function ${buffer[1]! & 0x7f}`;
				heard.frames.set(name, (heard.frames.get(name) ?? 0) + 1);
			}
		},
	});
	return new Promise((resolve) => {
		clock.setTimer(() => {
			line.close();
			resolve(heard);
		}, ms);
	});
}
