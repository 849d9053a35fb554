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
	/** By key, what could not be stored: what a device is found to hold may change while the hub runs. */
	#unkept = new Map<string, Uint8Array>();

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
		const key = this.#key(kind, unit);
		return this.#unkept.get(key) ?? this.#kept?.read(key);
	}

	write(kind: string, unit: number, bytes: Uint8Array): void {
		const key = this.#key(kind, unit);
		if (!this.#kept) this.#unkept.set(key, bytes);
		try {
			this.#kept?.write(key, bytes);
			if (this.#kept) this.#unkept.delete(key);
			this.#failed.delete(unit);
		} catch (error) {
			this.#unkept.set(key, bytes);
			if (this.#failed.has(unit)) return;
			this.#failed.add(unit);
			this.#log("error", "site", `unit ${unit}: its state is not kept over a restart: ${error}`);
		}
	}

	#key(kind: string, unit: number): string {
		return `${kind}${this.#keys.get(unit) ?? unit}`;
	}
}
