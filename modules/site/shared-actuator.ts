/** A device that takes commands from two sides: from the controls of its own unit, and as a part of the site's DER. */
import { frozen } from "../base/frozen";
import { unlimited } from "../sunspec/der/command";
import type { DerAbility, DerActuator, DerCommand } from "../sunspec/der/types";

/** Asks for nothing. */
export const kFree = frozen<DerCommand>(unlimited());

/**
 * Of two limits the tighter one holds, and both must allow it to be connected; a set-point and a reactive power of the
 * site go before those of the unit, as the site's controller has planned them for all of its DERs.
 */
export class SharedActuator {
	/** For the controls of the unit itself. */
	readonly own: DerActuator;
	/** For the site. */
	readonly site: DerActuator & { readonly command: Readonly<DerCommand> };

	constructor(device: DerActuator) {
		const own = new Side(device);
		const site = new Side(device, own);
		own.site = site;
		this.own = own;
		this.site = site;
	}
}

/** One of the two. A device has both of them, so they are small. */
class Side implements DerActuator {
	command: Readonly<DerCommand> = kFree;
	/** The other one of the two, of which one is known. */
	site: Side | undefined;
	readonly own: Side | undefined;
	readonly #device: DerActuator;

	constructor(device: DerActuator, own?: Side) {
		this.#device = device;
		this.own = own;
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
		this.command = command;
		const own = (this.own ?? this).command;
		const site = (this.site ?? this).command;
		if (site === kFree) {
			this.#device.apply(own);
			return;
		}
		const reactive = site.reactive === "none" ? own : site;
		const limitW = Math.min(own.limitW, site.limitW);
		const chargeLimitW = Math.min(own.chargeLimitW, site.chargeLimitW);
		const dischargeLimitW = Math.min(own.dischargeLimitW, site.dischargeLimitW);
		const setW = Number.isNaN(site.setW) ? own.setW : site.setW;
		this.#device.apply({
			energize: own.energize && site.energize,
			limitW,
			// the limits of one side bind the set-point of the other
			setW: Math.max(-chargeLimitW, Math.min(setW, limitW, dischargeLimitW)),
			chargeLimitW,
			dischargeLimitW,
			reactive: reactive.reactive,
			pf: reactive.pf,
			setVar: reactive.setVar,
		});
	}
}
