import { type IoContext, Port, READABLE } from "./context";

/** Modes and edges, the numbers of the Moddable SDK's Digital. */
const INPUTS = [0, 1, 2, 3];
const OUTPUTS = [8, 9];
const PULL_UP = 1;
const RISING = 1;
const FALLING = 2;

/** What an ESP32-S3 has. */
const PIN_COUNT = 49;
const ANALOG_BITS = 12;

export type PinListener = (pin: number, level: 0 | 1) => void;

/**
 * The pins of a machine as the world outside sees them: a test or a panel sets the level at an input and sees that of
 * an output. Levels are electrical: what `activeLow` means is between a Digital and its user.
 */
export class Pins {
	#levels = new Map<number, 0 | 1>();
	#analog = new Map<number, number>();
	#users = new Map<number, Port>();
	#listeners = new Set<PinListener>();

	/** The level at a pin; an input nobody drives is 0, or 1 with its pull-up. */
	get(pin: number): 0 | 1 {
		const user = this.#users.get(pin);
		return this.#levels.get(pin) ?? (user instanceof DigitalPort && user.mode === PULL_UP ? 1 : 0);
	}

	/** Drives an input from outside. Throws for a pin that the machine drives. */
	set(pin: number, level: 0 | 1): void {
		checkPin("Pins", pin);
		const user = this.#users.get(pin);
		if (user instanceof DigitalPort && user.isOutput) throw new Error(`pin ${pin} is an output of the machine`);
		const before = this.get(pin);
		this.#levels.set(pin, level);
		if (before !== level && user instanceof DigitalPort) user.edge(level);
	}

	/** What an Analog on that pin reads from now on: 0..4095. */
	setAnalog(pin: number, value: number): void {
		checkPin("Pins", pin);
		if (!(value >= 0 && value < 1 << ANALOG_BITS)) throw new RangeError(`pin ${pin}: ${value} is not 0..4095`);
		this.#analog.set(pin, Math.floor(value));
	}

	getAnalog(pin: number): number {
		return this.#analog.get(pin) ?? 0;
	}

	/** Whether the machine has the pin open. */
	inUse(pin: number): boolean {
		return this.#users.has(pin);
	}

	/** Calls `listener` for every change of an output; gives a function that ends it. */
	onOutput(listener: PinListener): () => void {
		this.#listeners.add(listener);
		return () => void this.#listeners.delete(listener);
	}

	/** For the ports below. */
	take(pin: number, user: Port): void {
		this.#users.set(pin, user);
	}

	give(pin: number, user: Port): void {
		if (this.#users.get(pin) !== user) return;
		this.#users.delete(pin);
		// an output that is let go is an input again, and nobody drives it
		if (user instanceof DigitalPort && user.isOutput) this.#levels.delete(pin);
	}

	drive(pin: number, level: 0 | 1): void {
		const before = this.#levels.get(pin);
		this.#levels.set(pin, level);
		if (before !== level) for (const listener of [...this.#listeners]) listener(pin, level);
	}
}

function checkPin(name: string, pin: number): void {
	// 22..25 do not exist on this chip
	if (!Number.isInteger(pin) || pin < 0 || pin >= PIN_COUNT || (pin >= 22 && pin <= 25))
		throw new RangeError(`${name}: invalid pin ${pin}`);
}

class DigitalPort extends Port {
	readonly mode: number;
	readonly isOutput: boolean;
	#pins: Pins;
	#pin: number;
	#edges: number;
	#invert: 0 | 1;

	constructor(
		context: IoContext,
		pins: Pins,
		pin: number,
		mode: number,
		edges: number,
		activeLow: boolean,
		initial: 0 | 1,
		mask: number,
	) {
		super(context, mask);
		this.mode = mode;
		this.isOutput = OUTPUTS.includes(mode);
		this.#pins = pins;
		this.#pin = pin;
		this.#edges = edges;
		this.#invert = activeLow ? 1 : 0;
		pins.take(pin, this);
		if (this.isOutput) pins.drive(pin, (initial ^ this.#invert) as 0 | 1);
	}

	protected override readableCount(): number {
		return 1;
	}

	/** The level has changed. Rising and falling are as the user sees them. */
	edge(level: 0 | 1): void {
		if (this.#edges & (level ^ this.#invert ? RISING : FALLING)) this.trigger(READABLE);
	}

	read(): 0 | 1 {
		if (this.isOutput) throw new Error("Digital: can't read output");
		return (this.#pins.get(this.#pin) ^ this.#invert) as 0 | 1;
	}

	write(value: number): void {
		if (!this.isOutput) throw new Error("Digital: can't write input");
		this.#pins.drive(this.#pin, ((value ? 1 : 0) ^ this.#invert) as 0 | 1);
	}

	protected released(): void {
		this.#pins.give(this.#pin, this);
	}
}

class AnalogPort extends Port {
	#pins: Pins;
	#pin: number;

	constructor(context: IoContext, pins: Pins, pin: number) {
		super(context, 0);
		this.#pins = pins;
		this.#pin = pin;
		pins.take(pin, this);
	}

	read(): number {
		return this.#pins.getAnalog(this.#pin);
	}

	protected released(): void {
		this.#pins.give(this.#pin, this);
	}
}

/** What `hosts/desktop/xs` calls for Digital and Analog. */
export function pinFunctions(context: IoContext, pins: Pins) {
	const claim = (name: string, pin: number) => {
		checkPin(name, pin);
		if (pins.inUse(pin)) throw new Error(`${name}: pin ${pin} in use`);
	};
	return {
		digitalOpen(pin: number, mode: number, edges: number, activeLow: boolean, initial: number, mask: number): number {
			claim("Digital", pin);
			if (!INPUTS.includes(mode) && !OUTPUTS.includes(mode)) throw new RangeError(`Digital: invalid mode ${mode}`);
			if (INPUTS.includes(mode) && mask && !(edges & (RISING | FALLING)))
				throw new RangeError("Digital: onReadable needs an edge, Digital.Rising or Digital.Falling or both");
			return new DigitalPort(context, pins, pin, mode, edges, activeLow, initial ? 1 : 0, mask).id;
		},

		digitalRead(id: number): 0 | 1 {
			return context.get(id, DigitalPort).read();
		},

		digitalWrite(id: number, value: number): void {
			context.get(id, DigitalPort).write(value);
		},

		analogOpen(pin: number): number {
			claim("Analog", pin);
			// ADC1 is GPIO 1..10 and ADC2 GPIO 11..20 on the ESP32-S3
			if (pin < 1 || pin > 20) throw new RangeError(`Analog: pin ${pin} has no converter; 1..20 have`);
			return new AnalogPort(context, pins, pin).id;
		},

		analogRead(id: number): number {
			return context.get(id, AnalogPort).read();
		},
	};
}
