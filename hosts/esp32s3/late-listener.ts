import type { Clock, TimerId } from "../../modules/base/clock";
import type { ListenerClass, ListenerOptions, ListenerSocket } from "../../modules/base/io";
import type { Log } from "../../modules/base/log";

const kRetryMs = 1000;

/**
 * A listener class that opens its port as soon as it can. The SDK's one throws until an interface has an address, which at
 * a start none has, and none gets while the network is away: the hub must read its meters all the same.
 */
export function lateListener(Listener: ListenerClass, { clock, log }: { clock: Clock; log: Log }): ListenerClass {
	return class implements ListenerSocket {
		readonly #options: ListenerOptions;
		#listener: ListenerSocket | undefined;
		#timer: TimerId | undefined;
		#fault = "";

		constructor(options: ListenerOptions) {
			this.#options = options;
			this.#open();
		}

		read(): unknown {
			return this.#listener?.read();
		}

		/** May be called twice. */
		close(): void {
			clock.clearTimer(this.#timer);
			this.#listener?.close();
			this.#timer = this.#listener = undefined;
		}

		#open(): void {
			try {
				this.#listener = new Listener(this.#options);
				if (this.#fault !== "") log("info", "network", `port ${this.#options.port} is open`);
			} catch (error) {
				const fault = error instanceof Error ? error.message : String(error);
				if (fault !== this.#fault) log("info", "network", `port ${this.#options.port} waits: ${fault}`);
				this.#fault = fault;
				this.#timer = clock.setTimer(() => this.#open(), kRetryMs);
			}
		}
	};
}
