import type { Clock } from "../modules/base/clock";
import type { CANCounters, CANFrame, CANOptions, CANState, CANTransmit } from "../modules/can/can";

/** A data frame on a simulated bus. */
export interface SimCanFrame {
	readonly id: number;
	readonly extended: boolean;
	/** 0 to 8 bytes. */
	readonly data: Uint8Array;
}

/** How a device reaches its bus: this one, or that of the desktop's machine (hosts/desktop/can-bus.ts). */
export interface SimCanWire {
	send(frame: SimCanFrame): void;
	/** Calls `onWake` of the device once, in so many milliseconds, instead of when it was asked to before. */
	wake(delayMs: number): void;
}

/** A device on a simulated bus. */
export interface SimCanDevice {
	join(wire: SimCanWire, nowMs: number): void;
	/** A frame of another station. */
	onFrame(frame: SimCanFrame, nowMs: number): void;
	onWake(nowMs: number): void;
}

/** The queues of native/can. */
const kReceiveMost = 64;
const kSendMost = 16;

interface Sending {
	readonly from: object;
	readonly frame: SimCanFrame;
	readonly order: number;
}

/**
 * A CAN bus in memory, with the class CAN (modules/can) for ports on it: for the simulator of the SDK, which has no driver,
 * and for tests in Node. Frames take their time one after the other, the lowest identifier first; the errors of a bus are
 * in native/can/bus.c, here a test sets the state of a port.
 */
export class SimCanBus {
	readonly clock: Clock;
	/** Frames that were on the bus, the last 1000. */
	readonly seen: SimCanFrame[] = [];
	/** Makes the constructor of a port throw. */
	refuse = false;
	/** The ports that are open. */
	readonly ports: SimCan[] = [];
	readonly #bitrate: number;
	readonly #devices: SimCanDevice[] = [];
	#waiting: Sending[] = [];
	#order = 0;
	#busy = false;

	constructor(clock: Clock, bitrate = 500_000) {
		this.clock = clock;
		this.#bitrate = bitrate;
	}

	/** Give this as `io`: ports of any name are on this bus. */
	get io(): new (
		options: CANOptions,
	) => SimCan {
		const bus = this;
		return class extends SimCan {
			constructor(options: CANOptions) {
				super(bus, options);
			}
		};
	}

	add(device: SimCanDevice): void {
		this.#devices.push(device);
		let timer: ReturnType<Clock["setTimer"]> | undefined;
		const wire: SimCanWire = {
			send: (frame) => this.send(device, frame),
			wake: (delayMs) => {
				this.clock.clearTimer(timer);
				timer = this.clock.setTimer(() => device.onWake(this.clock.now()), delayMs);
			},
		};
		device.join(wire, this.clock.now());
	}

	/** A frame of a station, or of a test as one. */
	send(from: object, frame: SimCanFrame): void {
		this.#waiting.push({ from, frame, order: this.#order++ });
		this.#next();
	}

	/** Frames of a station that wait are dropped; how many. */
	forget(from: object): number {
		const before = this.#waiting.length;
		this.#waiting = this.#waiting.filter((sending) => sending.from !== from);
		return before - this.#waiting.length;
	}

	#next(): void {
		if (this.#busy || this.#waiting.length === 0) return;
		this.#waiting.sort((a, b) => rank(a.frame) - rank(b.frame) || a.order - b.order);
		const sending = this.#waiting.shift()!;
		this.#busy = true;
		const { extended, data } = sending.frame;
		// start to intermission (ISO 11898-1, 10.4), without stuff bits
		const bits = (extended ? 67 : 47) + 8 * data.length;
		this.clock.setTimer(() => this.#deliver(sending), (1000 * bits) / this.#bitrate);
	}

	#deliver({ from, frame }: Sending): void {
		this.#busy = false;
		if (this.seen.push(frame) > 1000) this.seen.shift();
		const nowMs = this.clock.now();
		for (const device of this.#devices) if (device !== from) device.onFrame(frame, nowMs);
		for (const port of [...this.ports]) {
			if (port === from) port.sent();
			else port.arrive(frame, nowMs);
		}
		this.#next();
	}
}

/** Arbitration: by identifier, of those alike the standard one first. */
function rank({ id, extended }: SimCanFrame): number {
	return extended ? 2 * id + 1 : 2 * id * 2 ** 18;
}

export class SimCan {
	#state: CANState = "active";
	readonly #bus: SimCanBus;
	readonly #options: CANOptions;
	#received: { frame: SimCanFrame; timeMs: number }[] = [];
	#sending = 0;
	#overflowTold = false;
	#closed = false;
	readonly #counters: CANCounters = {
		framesReceived: 0,
		framesSent: 0,
		filtered: 0,
		overflow: 0,
		busErrors: 0,
		busOff: 0,
		dropped: 0,
	};

	constructor(bus: SimCanBus, options: CANOptions) {
		if (bus.refuse) throw new Error(`cannot open ${options.port}`);
		this.#bus = bus;
		this.#options = options;
		bus.ports.push(this);
	}

	read(data: Uint8Array | ArrayBuffer, into?: CANFrame): CANFrame | undefined {
		const next = this.#received.shift();
		if (next === undefined) return undefined;
		this.#overflowTold = false;
		const { frame, timeMs } = next;
		(data instanceof Uint8Array ? data : new Uint8Array(data)).set(frame.data);
		const about = { id: frame.id, extended: frame.extended, remote: false, length: frame.data.length };
		return Object.assign(into ?? {}, about, { timestampUs: 1000 * timeMs }) as CANFrame;
	}

	write(frame: CANTransmit): void {
		if (this.#closed) throw new Error("closed");
		if (this.#state === "bus-off") throw new Error("bus-off");
		if (this.#sending === kSendMost) throw new Error("transmit queue full");
		const { id, extended = false, data = new Uint8Array(0) } = frame;
		this.#sending++;
		const bytes = data instanceof Uint8Array ? data.slice() : new Uint8Array(data.slice(0));
		this.#bus.send(this, { id, extended, data: bytes });
	}

	get state(): CANState {
		return this.#state;
	}

	get counters(): CANCounters {
		return { ...this.#counters };
	}

	get options(): CANOptions {
		return this.#options;
	}

	close(): void {
		this.#closed = true;
		const at = this.#bus.ports.indexOf(this);
		if (at >= 0) this.#bus.ports.splice(at, 1);
	}

	/** The bus's side. */
	arrive(frame: SimCanFrame, timeMs: number): void {
		if (this.#state === "bus-off") return;
		if (!this.#passes(frame)) this.#counters.filtered++;
		else if (this.#received.length >= kReceiveMost) {
			this.#counters.overflow++;
			if (this.#overflowTold) return;
			this.#overflowTold = true;
			this.#options.onError?.call(this as never, "frames were lost: the receive queue was full");
		} else {
			this.#counters.framesReceived++;
			this.#received.push({ frame, timeMs });
			this.#options.onReadable?.call(this as never);
		}
	}

	sent(): void {
		this.#counters.framesSent++;
		if (this.#sending > 0 && --this.#sending === 0) this.#options.onWritable?.call(this as never);
	}

	/** The controller has counted so many errors. */
	become(state: CANState): void {
		this.#state = state;
		if (state === "bus-off") {
			this.#counters.busOff++;
			this.#counters.dropped += this.#bus.forget(this);
			this.#sending = 0;
		}
		this.#options.onStateChange?.call(this as never, state);
	}

	/** The adapter is pulled out. */
	fail(message = "the serial device has gone"): void {
		this.#options.onError?.call(this as never, message);
	}

	#passes({ id, extended }: SimCanFrame): boolean {
		const { filters } = this.#options;
		if (filters === undefined || filters.length === 0) return true;
		return filters.some((filter) => {
			const mask = filter.mask ?? (filter.extended ? 0x1fffffff : 0x7ff);
			return (filter.extended ?? false) === extended && (id & mask) === (filter.id & mask);
		});
	}
}
