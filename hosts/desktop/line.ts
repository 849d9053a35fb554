import type { Machine } from "./machine";

/** What a device sends is received so, each byte of it. `noise`: of a line that nobody drives, lost where anyone sends. */
export type LineDamage = "parity" | "framing" | "break" | "overrun" | "noise";

export interface LineCallbacks {
	/**
	 * A whole frame of the machine's port, T3.5 after its last stop bit; `endUs`, on the machine's clock, is when that
	 * stop bit was out. Frames that collided with something on the wire do not come.
	 */
	onFrame?(bytes: Uint8Array, endUs: number): void;
	/** A port with this format has joined the line. */
	onBaud?(baud: number, parity: "none" | "even" | "odd", stop: number): void;
}

/** A place for simulated devices on an RS-485 line inside the process. */
export interface LineDevice {
	/**
	 * Puts up to 4096 bytes on the wire, beginning delayUs after now, in the format of the machine's port; they take
	 * their time, and what else is on the wire then damages them.
	 */
	send(bytes: Uint8Array, delayUs?: number, damage?: LineDamage): void;
	close(): void;
}

interface LineAddon {
	lineOpen(machine: object, name: string, callbacks: LineCallbacks): LineDevice;
}

/** Joins the line that the machine's code opens as port `sim:NAME`; before or after it does. */
export function openLine(machine: Machine, name: string, callbacks: LineCallbacks): LineDevice {
	return (machine.addon as unknown as LineAddon).lineOpen(machine.handle, name, callbacks);
}
