import type { Clock, TimerId } from "../base/clock";
import type { Log } from "../base/log";
import type { Rs485Class } from "../modbus/client-link";
import type { RegisterSpace } from "../modbus/respond";
import { RtuServer } from "../modbus/server-rtu";
import type { SiteLine } from "./site-shape";

export interface SunSpecLineOptions {
	line: SiteLine;
	/** All its units answer. */
	space: RegisterSpace;
	clock: Clock;
	log: Log;
	RS485: Rs485Class;
}

/** How long a port that cannot be opened, or has failed, is left alone. */
const kReopenMs = 2000;

/** The serial line on which SunSpec clients ask the hub. A port that is not there, or goes away, is tried until it is. */
export class SunSpecLine {
	#options: SunSpecLineOptions;
	#server: RtuServer | undefined;
	#timer: TimerId | undefined;
	/** Why the port is closed; "" while it is open. */
	#fault = "";

	constructor(options: SunSpecLineOptions) {
		this.#options = options;
		this.#open();
	}

	get fault(): string {
		return this.#fault;
	}

	/** May be called twice. */
	close(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.#server?.close();
		this.#server = undefined;
	}

	#open(): void {
		this.#timer = undefined;
		const { line, space, RS485, log } = this.#options;
		const { port, baud, parity, stop } = line;
		try {
			this.#server = new RtuServer({
				link: { io: RS485, port, baud, parity, stop: stop as 1 | 2 },
				space,
				onError: (message) => this.#failed(message),
			});
		} catch (error) {
			this.#failed(error instanceof Error ? error.message : String(error));
			return;
		}
		if (this.#fault !== "") log("info", "sunspec", `${port} is open`);
		this.#fault = "";
	}

	#failed(reason: string): void {
		const { line, clock, log } = this.#options;
		this.#server = undefined;
		if (this.#fault === "")
			log("error", "sunspec", `cannot serve on ${line.port}: ${reason}; trying again each ${kReopenMs / 1000} s`);
		this.#fault = reason;
		this.#timer ??= clock.setTimer(() => this.#open(), kReopenMs);
	}
}
