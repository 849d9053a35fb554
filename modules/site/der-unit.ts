import type { Clock, Random } from "../base/clock";
import type { Log } from "../base/log";
import { Composer } from "../sunspec/der/composer";
import { Der } from "../sunspec/der/der";
import type { DerProfile } from "../sunspec/der/profile";
import type { DerActuator, DerStore } from "../sunspec/der/types";
import type { Image, ModelSpec } from "../sunspec/image";

export interface DerUnitOptions {
	image: Image;
	/** SunSpec unit. */
	unit: number;
	/** What the device gives, and what is added to it: see `derModels`. */
	present: readonly ModelSpec[];
	added: readonly ModelSpec[];
	profile: DerProfile;
	/** Undefined: the hub cannot tell the device anything, or it has controls of its own. */
	actuator?: DerActuator | undefined;
	clock: Clock;
	random: Random;
	log: Log;
	store: DerStore;
	/** The controls have begun: the models of theirs that the device gives are the hub's from now on. */
	onBegin?: ((der: Der) => void) | undefined;
	/** What a person should know of. */
	onChange: (what: string) => void;
}

/**
 * One DER of the site: the models that are made from what its device gives, and its controls. These begin when the
 * device has told what they rest on: its ratings, and what it is set to.
 */
export class DerUnit {
	/** What it takes to begin the controls; let go as soon as they have begun, or if they never will. */
	#options: DerUnitOptions | undefined;
	readonly #clock: Clock;
	readonly #composer: Composer;
	#der: Der | undefined;

	constructor(options: DerUnitOptions) {
		const { image, profile, present, added, clock, actuator } = options;
		this.#options = actuator && options;
		this.#clock = clock;
		this.#composer = new Composer({ image, profile, present, added });
	}

	/** Undefined for a DER that the hub cannot command, and before its device has answered. */
	get der(): Der | undefined {
		return this.#der;
	}

	/** After the device's readings are in the image, or were lost. `complete`: all of them have been read once. */
	update(complete: boolean): void {
		this.#composer.update(this.#clock.now());
		const options = this.#options;
		if (options?.actuator?.online && complete && this.#composer.settled) {
			this.#options = undefined;
			this.begin(options, options.actuator);
		}
		this.#der?.measured();
	}

	/** The device is commanded no more; what it was told last holds. */
	close(): void {
		this.#options = undefined;
		this.#der?.close();
		this.#der = undefined;
	}

	private begin(options: DerUnitOptions, actuator: DerActuator): void {
		const { image, unit, clock, random, log, store, present, onBegin, onChange } = options;
		const given = present.map(({ id }) => id);
		this.#der = new Der({ image, unit, actuator, clock, random, log, store, given });
		this.#der.onChange = onChange;
		onBegin?.(this.#der);
	}
}
