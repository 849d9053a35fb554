import { utf8Encode } from "../base/bytes";
import { crc16Modbus } from "../base/crc";
import type { KeptValues } from "../base/kept";
import type { Log } from "../base/log";
import type { DerStore } from "../sunspec/der/types";

/**
 * What the devices of a site have to be told again after a restart, one key a device: its SunSpec unit and a check of its
 * serial number, so that another site in the same flash does not find it.
 */
export class ControlStore implements DerStore {
	#kept: KeptValues | undefined;
	#log: Log;
	#keys = new Map<number, string>();
	/** Units whose state could not be stored: told once each. */
	#failed = new Set<number>();

	/** `kept` undefined: nothing is kept. */
	constructor(kept: KeptValues | undefined, log: Log) {
		this.#kept = kept;
		this.#log = log;
	}

	/** Names the device behind a unit. */
	add(unit: number, serial: string): void {
		const bytes = utf8Encode(serial);
		this.#keys.set(unit, `${unit}-${crc16Modbus(bytes).toString(16)}`);
	}

	load(unit: number): Uint8Array | undefined {
		return this.read("c", unit);
	}

	save(unit: number, state: Uint8Array): void {
		this.write("c", unit, state);
	}

	/** `kind`: one letter for what is kept of the unit. */
	read(kind: string, unit: number): Uint8Array | undefined {
		return this.#kept?.read(`${kind}${this.#keys.get(unit) ?? unit}`);
	}

	write(kind: string, unit: number, bytes: Uint8Array): void {
		try {
			this.#kept?.write(`${kind}${this.#keys.get(unit) ?? unit}`, bytes);
			this.#failed.delete(unit);
		} catch (error) {
			if (this.#failed.has(unit)) return;
			this.#failed.add(unit);
			this.#log("error", "site", `unit ${unit}: its state is not kept over a restart: ${error}`);
		}
	}
}
