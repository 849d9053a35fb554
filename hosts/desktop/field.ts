import type { TcpClass, TcpOptions, TcpSocket } from "../../modules/base/io";
import type { Rs485Class, Rs485Port } from "../../modules/modbus/client-link";
import type { RS485Options } from "../../modules/rs485/rs485";
import { createIo, type Io } from "./io/io";
import { Machine } from "./machine";

/** hosts/desktop/xs/field.ts, seen from Node. */
interface FieldModule {
	openLine(
		options: object,
		events: Events,
	): {
		write(frame: Uint8Array, expect: number): void;
		read(): { bytes: Uint8Array; cause: string } | undefined;
		close(): void;
	};
	openTcp(
		options: object,
		events: Events,
	): {
		write(bytes: Uint8Array): void;
		read(count: number): Uint8Array | undefined;
		close(): void;
	};
}

interface Events {
	readable(count: number): void;
	writable(count: number): void;
	error(message: string): void;
}

/** Real ports for tools that run in Node: the desktop's own drivers, on a machine that does nothing else. */
export class Field {
	readonly RS485: Rs485Class;
	readonly TCP: TcpClass;
	readonly #machine: Machine;
	readonly #io: Io;

	constructor() {
		const onError = (error: Error): void => {
			throw error;
		};
		this.#io = createIo({ onError });
		this.#machine = new Machine({ name: "field", onError, host: this.#io.host });
		this.#io.attach(this.#machine);
		const ports = this.#machine.importModule<FieldModule>("hosts/desktop/xs/field");
		this.RS485 = lineClass(ports);
		this.TCP = tcpClass(ports);
	}

	/** Closes what is open. Not from within a callback of a port. */
	close(): void {
		this.#io.close();
		this.#machine.delete();
	}
}

function lineClass(ports: FieldModule): Rs485Class {
	return class implements Rs485Port {
		cause = "silence";
		#port: ReturnType<FieldModule["openLine"]>;

		constructor({ onReadable, onWritable, onError, ...options }: RS485Options) {
			this.#port = ports.openLine(options, {
				readable: () => onReadable?.call(this as never),
				writable: () => onWritable?.call(this as never),
				error: (message) => onError?.call(this as never, message),
			});
		}

		write(frame: Uint8Array | ArrayBuffer, expect = 0): void {
			this.#port.write(new Uint8Array(frame), expect);
		}

		read(buffer: Uint8Array): number | undefined {
			const found = this.#port.read();
			if (found === undefined) return undefined;
			this.cause = found.cause;
			const bytes = found.bytes.subarray(0, buffer.length);
			buffer.set(bytes);
			return bytes.length;
		}

		close(): void {
			this.#port.close();
		}
	};
}

function tcpClass(ports: FieldModule): TcpClass {
	return class implements TcpSocket {
		#port: ReturnType<FieldModule["openTcp"]>;

		constructor({ onReadable, onWritable, onError, ...options }: TcpOptions) {
			this.#port = ports.openTcp(options, {
				readable: (count) => onReadable?.(count),
				writable: (count) => onWritable?.(count),
				error: (message) => onError?.(message === "" ? undefined : new Error(message)),
			});
		}

		read(count: number): ArrayBuffer | undefined {
			return this.#port.read(count)?.slice().buffer;
		}

		write(bytes: Uint8Array | ArrayBuffer): undefined {
			this.#port.write(new Uint8Array(bytes));
		}

		close(): void {
			this.#port.close();
		}
	};
}
