import type { SimCanDevice, SimCanFrame, SimCanWire } from "./can-bus";

/** An inverter that waits for its battery: it says each second that it is there, and keeps what it has heard. */
export class CanInverter implements SimCanDevice {
	/** The newest data of each standard identifier. */
	readonly heard = new Map<number, Uint8Array>();
	#wire: SimCanWire | undefined;

	join(wire: SimCanWire): void {
		this.#wire = wire;
		wire.wake(500);
	}

	onFrame({ id, extended, data }: SimCanFrame): void {
		if (!extended) this.heard.set(id, data.slice());
	}

	onWake(): void {
		this.#wire?.send({ id: 0x305, extended: false, data: new Uint8Array(8) });
		this.#wire?.wake(1000);
	}
}
