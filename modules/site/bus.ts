import type { TimerId } from "../base/clock";
import { frozen } from "../base/frozen";
import type { WriteClient, WriteRequest } from "../devices/write";
import { type BusLink, type LinkOptions, openLink } from "./links";
import { BusScheduler } from "./scheduler";
import type { SiteBus } from "./site-file";

/** How long a port that cannot be opened is left alone: a converter that is not plugged in yet. */
const kReopenMs = 2000;

/**
 * One bus of the site: its client and the scheduler of its devices. A port that is not there at the start is tried
 * again until it is; one that goes away later is opened again by the client.
 */
export class Bus implements WriteClient {
	readonly site: SiteBus;
	readonly scheduler: BusScheduler;
	#options: LinkOptions;
	#client: BusLink | undefined;
	#timer: TimerId | undefined;
	/** Why the port could not be opened; "" while it is open. */
	#closedBy = "";

	constructor(options: LinkOptions) {
		this.site = options.bus;
		this.#options = options;
		this.scheduler = new BusScheduler({
			client: kNoClient,
			devices: options.devices,
			clock: options.clock,
			name: options.bus.id,
			log: options.log,
			retries: options.bus.retries,
		});
	}

	start(): void {
		if (!this.#client && this.#timer === undefined) this.open();
	}

	close(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.scheduler.close();
		this.#client?.close();
		this.#client = undefined;
	}

	/** Sends a request beside the polls, ahead of the next; it ends as "closed" at once while the port is not open. */
	request(request: WriteRequest): void {
		if (this.#client) {
			this.#client.request(request);
			return;
		}
		const nowMs = this.#options.clock.now();
		const data = new DataView(new ArrayBuffer(0));
		request.onResult({ status: "closed", exception: 0, data, startMs: nowMs, endMs: nowMs });
	}

	/** Faults of the line; undefined while the port could not be opened, and for what is no line. */
	get line(): BusLink["line"] {
		return this.#client?.line;
	}

	/** Sends a frame on a CAN bus, of which nobody tells whether it arrived; false when it cannot be sent. */
	sendFrame(id: number, data: Uint8Array): boolean {
		return this.#client?.send?.(id, data) ?? false;
	}

	/** The same of a CAN bus; undefined for what is none. */
	get can(): BusLink["can"] {
		return this.#client?.can;
	}

	/** Why nothing can be sent: the port cannot be opened, the connection cannot be made; "" when all is well. */
	get fault(): string {
		return this.#closedBy || (this.#client?.fault ?? "");
	}

	private open(): void {
		this.#timer = undefined;
		const { bus, clock, log } = this.#options;
		try {
			this.#client = openLink(this.#options);
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			if (this.#closedBy === "")
				log("error", "bus", `${bus.id}: cannot open ${bus.port}: ${reason}; trying again each ${kReopenMs / 1000} s`);
			this.#closedBy = `cannot open ${bus.port}: ${reason}`;
			for (const device of this.#options.devices) device.lineDown(clock.now());
			this.#timer = clock.setTimer(() => this.open(), kReopenMs);
			return;
		}
		if (this.#closedBy !== "") log("info", "bus", `${bus.id}: ${bus.port} is open`);
		this.#closedBy = "";
		this.scheduler.attach(this.#client);
		this.scheduler.start();
	}
}

/** Until the port is open the scheduler does not run, so nothing is asked of this. */
const kNoClient = frozen({
	request(): void {
		throw new Error("the bus is not open");
	},
});
