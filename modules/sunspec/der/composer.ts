/**
 * The models of a DER that its device does not give, composed of those it gives: 701 to 714 for a device with older
 * models, 101 to 160 and 802 beside newer ones. What a point cannot be known from stays "not implemented".
 */
import type { Image, ModelSpec } from "../image";
import { planOf } from "./compose-plan";
import { RuleRunner } from "./compose-run";
import { fillDer, fillScales } from "./constants";
import { isSettled, knownRatings, type SettleInput } from "./settle";

export interface ComposerOptions {
	readonly image: Image;
	readonly profile: SettleInput["profile"];
	/** What the device gives, and what `derModels` has added to it. */
	readonly present: readonly ModelSpec[];
	readonly added: readonly ModelSpec[];
	/** Images of other units that know more of the same DER: the BMS of its battery. */
	readonly others?: readonly Image[];
}

/** So often a device may be read before its composed models get their scale factors without its ratings. */
const mostTries = 60;

export class Composer {
	/** Until the scale factors are fixed, which takes the ratings. */
	#pending: SettleInput | undefined;
	#tries = 0;
	#runner: RuleRunner | undefined;

	constructor({ image, profile, present, added, others = [] }: ComposerOptions) {
		this.#pending = { images: [image, ...others], profile, present, added };
		this.settle(0, false);
	}

	/** Scale factors and ratings are fixed: the composed models have values. */
	get settled(): boolean {
		return this.#pending === undefined;
	}

	/**
	 * Brings the composed points up to the sources: after the device's reads are in the image, and after it was lost.
	 * `nowMs` is the time of values whose own nobody has asked for. Does not commit.
	 */
	update(nowMs: number): void {
		if (this.#pending !== undefined) this.settle(nowMs, ++this.#tries > mostTries);
		this.#runner?.run(nowMs);
	}

	/** `force`: with what is known; else once the device has told what it has to tell. */
	private settle(nowMs: number, force: boolean): void {
		const input = this.#pending!;
		if (!force && !isSettled(input)) return;
		const { images, profile, present, added } = input;
		const ratings = knownRatings(input);
		fillScales(images[0]!, added, ratings);
		const rules = planOf(input);
		if (rules.rules.length > 0) this.#runner = new RuleRunner(images, rules, ratings.phases);
		// the device's own name plate comes before what the profile says
		this.#runner?.runOnce(nowMs);
		fillDer(images[0]!, profile, present, added, ratings);
		this.#pending = undefined;
	}
}
