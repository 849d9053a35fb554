import type { SimCanDevice } from "../../sim/can-bus";
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
	/** Calls onWake once, delayUs from now, instead of when it was asked to before. */
	wake(delayUs: number): void;
	close(): void;
}

export interface BusCallbacks {
	/** A good frame of another station. */
	onFrame?(frame: BusFrame): void;
	/** On the machine's clock. */
	onWake?(nowUs: number): void;
}

interface BusAddon {
	canOpen(machine: object, name: string, callbacks: BusCallbacks): BusDevice;
}

/** Joins the bus that the machine's code opens as port `sim:NAME`. onFrame gets each good frame of every other station. */
export function openBus(machine: Machine, name: string, callbacks: BusCallbacks = {}): BusDevice {
	return (machine.addon as unknown as BusAddon).canOpen(machine.handle, name, callbacks);
}

/** Puts a device of the simulation on the bus that the machine's code opens as port `sim:NAME`. */
export function joinBus(machine: Machine, name: string, device: SimCanDevice): BusDevice {
	const place: BusDevice = openBus(machine, name, {
		onFrame: ({ id, extended, remote, data, timeUs }) => {
			if (!remote) device.onFrame({ id, extended, data }, timeUs / 1000);
		},
		onWake: (nowUs) => device.onWake(nowUs / 1000),
	});
	const wire = {
		send: (frame: Parameters<BusDevice["send"]>[0]) => place.send(frame),
		// never before its time, or it would sleep again for nothing
		wake: (delayMs: number) => place.wake(Math.ceil(1000 * delayMs)),
	};
	device.join(wire, machine.now());
	return place;
}
