import type { Clock, TimerId } from "../base/clock";
import type { Counters } from "../devices/counters";
import type { Plan } from "../devices/plan";
import type { ControlStore } from "./control-store";
import type { HubDevice } from "./entry";

/** How often: what a board has counted since then is lost with the power. Flash bears a hundred thousand of these. */
const kSaveMs = 300_000;
/** Letter of the key under which a device's energies are kept. */
const kKept = "e";

/** Whether the hub adds up the energies of a device, which itself forgets them. */
export function addsUp(plan: Plan): boolean {
	return plan.counters.some(({ accumulates }) => accumulates);
}

/** The energies of a device as they were kept; undefined for one that knows them itself, and where nothing is kept. */
export function keptCounters(store: ControlStore, unit: number, plan: Plan): Counters | undefined {
	const bytes = addsUp(plan) ? store.read(kKept, unit) : undefined;
	if (bytes?.length !== 8 * plan.counterCount) return undefined;
	const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const counters: Counters = {};
	plan.counters.forEach(({ name }, i) => {
		const total = data.getFloat64(8 * i);
		if (!Number.isNaN(total)) counters[name] = { total, carry: 0 };
	});
	return counters;
}

export interface KeptEnergyOptions {
	devices: readonly HubDevice[];
	clock: Clock;
	store: ControlStore;
}

/** Keeps the energies that the hub itself adds up over a restart: every five minutes, and when the hub stops. */
export class KeptEnergy {
	readonly #options: KeptEnergyOptions;
	readonly #devices: readonly HubDevice[];
	#timer: TimerId | undefined;

	constructor(options: KeptEnergyOptions) {
		this.#options = options;
		this.#devices = options.devices.filter(({ table }) => table && addsUp(table.plan));
	}

	start(): void {
		if (this.#devices.length > 0) this.#wait();
	}

	close(): void {
		if (this.#timer === undefined) return;
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.#save();
	}

	#wait(): void {
		this.#timer = this.#options.clock.setTimer(() => {
			this.#save();
			this.#wait();
		}, kSaveMs);
	}

	#save(): void {
		for (const { site, table } of this.#devices) {
			const { plan, counters } = table!;
			const data = new DataView(new ArrayBuffer(8 * plan.counterCount));
			plan.counters.forEach(({ name }, i) => {
				data.setFloat64(8 * i, counters[name]?.total ?? Number.NaN);
			});
			this.#options.store.write(kKept, site.unit, new Uint8Array(data.buffer));
		}
	}
}
