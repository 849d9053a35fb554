import type { Clock, TimerId } from "../../modules/base/clock";
import type { ButtonEvent } from "../../modules/buttons/buttons";

export interface BootButtonOptions {
	clock: Clock;
	/** Opens the input: calls `onEdge` at each change, `read` gives 0 while the button is pressed. */
	open(onEdge: () => void): { read(): number; close(): void };
	onEvent(event: ButtonEvent): void;
}

/** The times of native/buttons. */
const kDebounceMs = 40;
const kLongMs = 1000;
const kRepeatMs = 250;
const kStuckMs = 60_000;

/** The button BOOT of a development board, which is a contact and no ladder, with the events of native/buttons. */
export class BootButton {
	#options: BootButtonOptions;
	#input: { read(): number; close(): void };
	#timer: TimerId | undefined;
	#settling: TimerId | undefined;
	#pressedMs: number | undefined;
	#count = 0;

	constructor(options: BootButtonOptions) {
		this.#options = options;
		this.#input = options.open(() => this.#settle());
	}

	/** May be called twice. */
	close(): void {
		const { clock } = this.#options;
		clock.clearTimer(this.#timer);
		clock.clearTimer(this.#settling);
		this.#pressedMs = undefined;
		this.#input.close();
	}

	#settle(): void {
		const { clock } = this.#options;
		clock.clearTimer(this.#settling);
		this.#settling = clock.setTimer(() => this.#look(), kDebounceMs);
	}

	#look(): void {
		const { clock } = this.#options;
		const isPressed = this.#input.read() === 0;
		if (isPressed === (this.#pressedMs !== undefined)) return;
		if (isPressed) {
			this.#pressedMs = clock.now();
			this.#count = 0;
			this.#tell("press");
			this.#timer = clock.setTimer(() => this.#held(), kLongMs);
		} else {
			clock.clearTimer(this.#timer);
			this.#tell("release");
			this.#pressedMs = undefined;
		}
	}

	#held(): void {
		if (this.#pressedMs === undefined) return;
		const heldMs = this.#options.clock.now() - this.#pressedMs;
		if (heldMs >= kStuckMs) {
			this.#tell("stuck");
			return;
		}
		this.#tell(this.#count === 0 ? "long" : "repeat");
		this.#count++;
		this.#timer = this.#options.clock.setTimer(() => this.#held(), kRepeatMs);
	}

	#tell(type: ButtonEvent["type"]): void {
		const heldMs = this.#pressedMs === undefined ? 0 : this.#options.clock.now() - this.#pressedMs;
		this.#options.onEvent({ type, button: "boot", heldMs, count: this.#count });
	}
}
