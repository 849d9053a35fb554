import type { Clock, Random } from "../base/clock";
import { frozen } from "../base/frozen";
import type { Log } from "../base/log";
import { derMap, derModels } from "../sunspec/der/layout";
import type { DerAbility, DerStore } from "../sunspec/der/types";
import type { Image, ModelSpec } from "../sunspec/image";
import { DerSplitter } from "./der-splitter";
import { DerTotals, derTotalsModels, derTotalsProfile } from "./der-totals";
import { DerUnit } from "./der-unit";
import type { HubDevice } from "./entry";

export interface SiteDerOptions {
	/** All devices of the site; those that are DERs with alternating current count. */
	devices: readonly HubDevice[];
	/** Whether SunSpec clients may command it, and whether it bears the older models too. */
	control: boolean;
	older: boolean;
	clock: Clock;
	random: Random;
	log: Log;
	store: DerStore;
	onChange: (what: string) => void;
}

/** What follows the grid is left to the DERs themselves, and so are trips: each sees its own point of the grid. */
const kNotOfTheSite = frozen<readonly number[]>([703, 705, 706, 707, 708, 709, 710, 711, 712]);

/** All DERs of the site as the one that the hub's own unit shows, and the way of a command to each of them. */
export class SiteDer {
	/** Models of it in the hub's image, in their order. */
	readonly models: readonly ModelSpec[];
	readonly #options: SiteDerOptions;
	readonly #members: readonly HubDevice[];
	readonly #splitter: DerSplitter;
	#totals: DerTotals | undefined;
	#unit: DerUnit | undefined;

	constructor(options: SiteDerOptions) {
		this.#options = options;
		const members = options.devices.filter(
			({ image, derUnit }) => derUnit && image.models.some((model) => model.id === 701),
		);
		this.#members = members;
		this.#splitter = new DerSplitter(
			members.map(({ image, actuator }) => ({ image, actuator: actuator?.site, told: actuator?.site.command })),
		);
		const present = derTotalsModels(this.sources());
		this.models = present.length === 0 ? [] : derMap([{ id: 1 }, ...present], this.added(present)).slice(1);
	}

	private sources() {
		return this.#members.map(({ image, site }) => ({ image, phase: site.phase, ratedW: site.ratings.maxW }));
	}

	private profile() {
		const { control, older } = this.#options;
		const abilities: readonly DerAbility[] = control
			? this.#splitter.abilities.filter((one) => one !== "energize")
			: [];
		return derTotalsProfile(this.sources(), { abilities, continuous: false, legacy: older });
	}

	private added(present: readonly ModelSpec[]): ModelSpec[] {
		const models = derModels([{ id: 1 }, ...present], this.profile());
		return models.filter(({ id }) => !kNotOfTheSite.includes(id));
	}

	/** The image that has the models, as unit 1. */
	attach(image: Image): void {
		if (this.models.length === 0) return;
		const profile = this.profile();
		const sources = this.sources();
		const present = derTotalsModels(sources);
		const added = this.added(present);
		this.#totals = new DerTotals(image, sources, profile);
		this.#unit = new DerUnit({
			...this.#options,
			...{ image, unit: 1, present, added, profile },
			actuator: profile.abilities.length > 0 ? this.#splitter : undefined,
			onBegin: (der) => this.#splitter.begin(der.command),
		});
	}

	/** Its controls; undefined for a site without DERs, and until they have answered. */
	get der() {
		return this.#unit?.der;
	}

	/** After the image of a device has changed. True when it belongs to the site's DER: its own image has, too. */
	update(entry: HubDevice): boolean {
		if (!this.#totals || !this.#members.includes(entry)) return false;
		this.#totals.update(this.#options.clock.now());
		this.#unit!.update(this.#totals.settled);
		this.#splitter.update();
		return true;
	}

	close(): void {
		this.#unit?.close();
	}
}
