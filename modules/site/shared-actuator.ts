/** A device that takes commands from two sides: from the controls of its own unit, and as a part of the site's DER. */
import { frozen } from "../base/frozen";
import type { DerAbility, DerActuator, DerCommand } from "../sunspec/der/types";

/** Asks for nothing. */
export const kFree = frozen<DerCommand>({
	energize: true,
	limitW: Number.POSITIVE_INFINITY,
	setW: Number.NaN,
	chargeLimitW: Number.POSITIVE_INFINITY,
	dischargeLimitW: Number.POSITIVE_INFINITY,
	reactive: "none",
	pf: 1,
	setVar: 0,
});

/**
 * Of two limits the tighter one holds, and both must allow it to be connected; a set-point and a reactive power of the
 * site go before those of the unit, as the site's controller has planned them for all of its DERs.
 */
export class SharedActuator {
	/** For the controls of the unit itself. */
	readonly own: DerActuator;
	/** For the site. */
	readonly site: DerActuator;
	readonly #device: DerActuator;
	#ofOwn: Readonly<DerCommand> = kFree;
	#ofSite: Readonly<DerCommand> = kFree;

	constructor(device: DerActuator) {
		this.#device = device;
		this.own = new Side(device, (command) => {
			this.#ofOwn = command;
			this.#apply();
		});
		this.site = new Side(device, (command) => {
			this.#ofSite = command;
			this.#apply();
		});
	}

	#apply(): void {
		const own = this.#ofOwn;
		const site = this.#ofSite;
		if (site === kFree) {
			this.#device.apply(own);
			return;
		}
		const reactive = site.reactive === "none" ? own : site;
		this.#device.apply({
			energize: own.energize && site.energize,
			limitW: Math.min(own.limitW, site.limitW),
			setW: Number.isNaN(site.setW) ? own.setW : site.setW,
			chargeLimitW: Math.min(own.chargeLimitW, site.chargeLimitW),
			dischargeLimitW: Math.min(own.dischargeLimitW, site.dischargeLimitW),
			reactive: reactive.reactive,
			pf: reactive.pf,
			setVar: reactive.setVar,
		});
	}
}

class Side implements DerActuator {
	readonly #device: DerActuator;
	readonly #take: (command: Readonly<DerCommand>) => void;

	constructor(device: DerActuator, take: (command: Readonly<DerCommand>) => void) {
		this.#device = device;
		this.#take = take;
	}

	get abilities(): readonly DerAbility[] {
		return this.#device.abilities;
	}

	get continuous(): boolean {
		return this.#device.continuous;
	}

	get online(): boolean {
		return this.#device.online;
	}

	refuses(ability: DerAbility, value: number): string | undefined {
		return this.#device.refuses?.(ability, value);
	}

	apply(command: Readonly<DerCommand>): void {
		this.#take(command);
	}
}
