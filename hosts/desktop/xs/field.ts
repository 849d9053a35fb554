import TCP, { type Options as TcpOptions } from "embedded:io/socket/tcp";
import type { RS485Options } from "../../../modules/rs485/rs485";
import RS485 from "../../../modules/rs485/rs485";

/** What a port tells Node. */
export interface PortEvents {
	readable(count: number): void;
	writable(count: number): void;
	error(message: string): void;
}

/** A port as Node drives it: plain functions, bytes are copied. */
export interface LinePort {
	write(frame: Uint8Array, expect: number): void;
	read(): { bytes: Uint8Array; cause: string } | undefined;
	close(): void;
}

export interface TcpPort {
	write(bytes: Uint8Array): void;
	read(count: number): Uint8Array | undefined;
	close(): void;
}

/** The desktop's RS-485 driver (parity, ends of frames) for tools in Node. Throws when the port cannot be opened. */
export function openLine(options: RS485Options, events: PortEvents): LinePort {
	const line = new RS485({
		...options,
		onReadable: () => events.readable(0),
		onWritable: () => events.writable(0),
		onError: (message) => events.error(message),
	});
	const buffer = new Uint8Array(512);
	return {
		write: (frame, expect) => line.write(frame, expect),
		read: () => {
			const count = line.read(buffer);
			return count === undefined ? undefined : { bytes: buffer.slice(0, count), cause: line.cause };
		},
		close: () => line.close(),
	};
}

export function openTcp(options: TcpOptions, events: PortEvents): TcpPort {
	const socket = new TCP({
		...options,
		onReadable: (count: number) => events.readable(count),
		onWritable: (count: number) => events.writable(count),
		onError: (error?: unknown) => events.error(error instanceof Error ? error.message : ""),
	});
	return {
		write: (bytes) => void socket.write(bytes),
		read: (count) => {
			const bytes = socket.read(count);
			return bytes === undefined ? undefined : new Uint8Array(bytes as ArrayBuffer);
		},
		close: () => socket.close(),
	};
}
