import type { Clock, TimerId } from "../../modules/base/clock";
import type { Log } from "../../modules/base/log";

export interface TrialOptions {
	clock: Clock;
	log: Log;
	/** The running image: hosts/esp32s3/firmware. */
	firmware: { state(): "trial" | "confirmed" | "unknown"; confirm(): void; reject(): false };
	/** Whether the hub does its work now: it reads its meters and can be reached. */
	healthy(): boolean;
}

/** Before that an image is not judged: most that crash do it sooner. */
const kLeastMs = 180_000;
/** An image that has not done its work by then goes. A network that was away for so long costs a second update. */
const kMostMs = 1_800_000;
const kStepMs = 10_000;

/**
 * A new image runs on trial: if it crashes or hangs, the bootloader takes the one before. Once the hub has done its work
 * for some minutes the image stays; if it never does, it goes.
 */
export class Trial {
	#options: TrialOptions;
	#startMs: number;
	#timer: TimerId | undefined;

	constructor(options: TrialOptions) {
		this.#options = options;
		this.#startMs = options.clock.now();
		if (options.firmware.state() !== "trial") return;
		options.log("info", "firmware", "this image is on trial");
		this.#wait(kLeastMs);
	}

	/** The application did not start at all. */
	failed(): void {
		if (this.#options.firmware.state() === "trial") this.#reject("it does not start");
	}

	close(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	#wait(delayMs: number): void {
		this.#timer = this.#options.clock.setTimer(() => this.#judge(), delayMs);
	}

	#judge(): void {
		const { clock, log, firmware, healthy } = this.#options;
		this.#timer = undefined;
		if (healthy()) {
			try {
				firmware.confirm();
				log("info", "firmware", "this image stays: the hub does its work");
				return;
			} catch (error) {
				log("error", "firmware", error instanceof Error ? error.message : String(error));
			}
		} else if (clock.now() - this.#startMs >= kMostMs) {
			this.#reject("the hub does not do its work");
			return;
		}
		this.#wait(kStepMs);
	}

	#reject(reason: string): void {
		const { log, firmware } = this.#options;
		log("error", "firmware", `this image goes, the one before comes back: ${reason}`);
		firmware.reject();
		log("error", "firmware", "there is no image to go back to");
	}
}
