import type { Machine } from "./machine";

/** A frame on a CAN bus inside the process. */
export interface BusFrame {
	id: number;
	extended: boolean;
	remote: boolean;
	/** 0 to 8; of a remote frame, the length it asks for. */
	length: number;
	data: Uint8Array;
	/** End of the frame on the bus, microseconds on the machine's clock. */
	timeUs: number;
}

/** A simulated device on a CAN bus inside the process. */
export interface BusDevice {
	/** Sends a frame, delayUs after now or when it wins the arbitration. `length` is for remote frames only. */
	send(
		frame: { id: number; extended?: boolean; remote?: boolean; data?: Uint8Array; length?: number },
		delayUs?: number,
	): void;
	/** Destroys the next frames on the bus, as a bad cable does. */
	disturb(frames: number): void;
	close(): void;
}

interface BusAddon {
	canOpen(machine: object, name: string, callbacks: { onFrame?(frame: BusFrame): void }): BusDevice;
}

/** Joins the bus that the machine's code opens as port `sim:NAME`. onFrame gets each good frame of every other station. */
export function openBus(
	machine: Machine,
	name: string,
	callbacks: { onFrame?(frame: BusFrame): void } = {},
): BusDevice {
	return (machine.addon as unknown as BusAddon).canOpen(machine.handle, name, callbacks);
}
