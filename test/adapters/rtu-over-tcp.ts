import { createConnection, type Socket } from "node:net";
import type { Rs485Port } from "../../modules/modbus/client-link";
import type { RS485Options } from "../../modules/rs485/rs485";

/** How long nothing must come for a frame to be over: a socket has no silence of 3.5 characters. */
const silenceMs = 15;

/**
 * The RS485 class over a TCP connection that carries RTU frames, as serial device servers do: `port` is the TCP port on
 * this machine. A frame ends with the expected length or after 15 ms of silence.
 */
export class RtuOverTcp implements Rs485Port {
	cause: Rs485Port["cause"] = "silence";
	#options: RS485Options;
	#socket: Socket;
	#received: Uint8Array[] = [];
	#ready: Uint8Array[] = [];
	#expect = 0;
	#timer: NodeJS.Timeout | undefined;
	#closed = false;

	constructor(options: RS485Options) {
		this.#options = options;
		this.#socket = createConnection({ host: "127.0.0.1", port: Number(options.port), noDelay: true });
		this.#socket.on("data", (chunk) => this.#take(chunk));
		this.#socket.on("error", () => this.#end());
		this.#socket.on("close", () => this.#end());
	}

	write(frame: Uint8Array | ArrayBuffer, expect = 0): void {
		this.#expect = expect;
		this.#received = [];
		this.#socket.write(Buffer.from(frame instanceof ArrayBuffer ? new Uint8Array(frame) : frame), () => {
			if (!this.#closed) this.#options.onWritable?.call(this as never);
		});
	}

	read(buffer: Uint8Array): number | undefined {
		const bytes = this.#ready.shift();
		if (!bytes) return undefined;
		buffer.set(bytes.subarray(0, buffer.length));
		return Math.min(bytes.length, buffer.length);
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#timer);
		this.#socket.destroy();
	}

	#take(chunk: Uint8Array): void {
		if (this.#closed) return;
		this.#received.push(chunk);
		const bytes = this.#received.reduce((sum, one) => sum + one.length, 0);
		clearTimeout(this.#timer);
		if (this.#expect > 0 && bytes >= this.#expect) this.#handOver("count");
		else this.#timer = setTimeout(() => this.#handOver("silence"), silenceMs);
	}

	#handOver(cause: Rs485Port["cause"]): void {
		this.cause = cause;
		this.#ready.push(new Uint8Array(Buffer.concat(this.#received)));
		this.#received = [];
		this.#options.onReadable?.call(this as never);
	}

	#end(): void {
		if (!this.#closed) this.#options.onError?.call(this as never, "the connection is over");
	}
}
