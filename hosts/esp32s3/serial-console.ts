import Serial from "embedded:io/serial";
import { utf8Encode } from "../../modules/base/bytes";
import { frozen } from "../../modules/base/frozen";

/** The connector marked UART or COM: a bridge on UART 0, at the speed that terminals and the SDK's tools expect. */
const kPort = frozen({ port: 0, receive: 44, transmit: 43, baud: 115_200 });
/** What may wait to be sent: a whole "help" and some log lines. Text over that is left out. */
const kLongestQueue = 8192;

/** UART 0 as text: what is written waits until the port takes it. */
export class SerialLine {
	readonly #serial: Serial;
	#queue: Uint8Array[] = [];
	#queued = 0;
	#credit = 0;

	constructor(onBytes: (bytes: Uint8Array) => void) {
		this.#serial = new Serial({
			...kPort,
			format: "buffer",
			onReadable: () => {
				const bytes = this.#serial.read();
				if (bytes instanceof ArrayBuffer) onBytes(new Uint8Array(bytes));
			},
			onWritable: (bytes) => {
				this.#credit = bytes;
				this.#send();
			},
		});
	}

	write(text: string): void {
		const bytes = utf8Encode(text);
		if (this.#queued + bytes.length > kLongestQueue) return;
		this.#queue.push(bytes);
		this.#queued += bytes.length;
		this.#send();
	}

	#send(): void {
		while (this.#credit > 0) {
			const first = this.#queue[0];
			if (!first) return;
			const part = first.length > this.#credit ? first.subarray(0, this.#credit) : first;
			// one write a credit: a port that takes less than it said gives no second chance
			this.#credit -= part.length;
			this.#queued -= part.length;
			if (part.length === first.length) this.#queue.shift();
			else this.#queue[0] = first.subarray(part.length);
			try {
				this.#serial.write(part);
			} catch {
				// ESP-IDF has written to the same port meanwhile: this part is lost, as it is with any terminal that is not there
			}
		}
	}
}
