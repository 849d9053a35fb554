/**
 * The device behind the site's DER: all its DERs together. What is commanded is split in proportion to their ratings,
 * each up to its rating. Set-points are split over those that answer, so that the parts add up to the command as far as
 * the ratings go. Of a limit one that does not answer keeps its part: it may well go on producing. Ratings and not what each has to give at the moment: parts that follow the weather
 * would move all DERs whenever a cloud passes one, and EEPROMs with them.
 */

import { sameCommand } from "../sunspec/der/command";
import { readPoint } from "../sunspec/der/settle";
import type { DerAbility, DerActuator, DerCommand } from "../sunspec/der/types";
import type { Image } from "../sunspec/image";
import { kFree } from "./shared-actuator";

export interface SplitMember {
	/** With 701 and 702. */
	readonly image: Image;
	/** Undefined: nobody can command it; what it gives counts towards limits and set-points. */
	readonly actuator: DerActuator | undefined;
	/** What the site has told it before; missing: nothing. */
	readonly told?: Readonly<DerCommand> | undefined;
}

/** Uncommanded power must change by this part of all ratings before it is split anew. */
const noticeable = 0.02;

export class DerSplitter implements DerActuator {
	readonly #members: readonly SplitMember[];
	#command: Readonly<DerCommand> = kFree;
	/** By member, as told last. */
	readonly #told: Readonly<DerCommand>[];
	/** Powers and ratings by member, as known last, by name of their points: one that does not answer may show none. */
	readonly #known = new Map<string, Float64Array>();
	/** Which members answer, as bits, and what those that cannot be told gave, when it was split last. */
	#online = 0;
	#restW = 0;
	#ratedW = 0;

	constructor(members: readonly SplitMember[]) {
		this.#members = members;
		this.#told = members.map(({ told }) => told ?? kFree);
	}

	/** The controls of the site begin: what is left of those before them ends. */
	begin(command: Readonly<DerCommand>): void {
		if (this.#command === kFree && this.#told.some((one) => !sameCommand(one, kFree, 0))) this.apply(command);
	}

	/** What at least one of them can. */
	get abilities(): readonly DerAbility[] {
		const all: DerAbility[] = [];
		for (const { actuator } of this.#members) {
			for (const ability of actuator?.abilities ?? []) if (!all.includes(ability)) all.push(ability);
		}
		return all;
	}

	get continuous(): boolean {
		return this.#members.every(({ actuator }) => actuator?.continuous ?? true);
	}

	get online(): boolean {
		return this.#members.some(({ actuator }) => actuator?.online);
	}

	refuses(ability: DerAbility, value: number): string | undefined {
		const parts = this.split({ ...kFree, ...commandOf(ability, value) });
		for (let i = 0; i < this.#members.length; i++) {
			const { actuator } = this.#members[i]!;
			if (!actuator?.online || !actuator.abilities.includes(ability)) continue;
			const part = parts[i]![ability];
			const reason = Number.isFinite(part) ? actuator.refuses?.(ability, Number(part)) : undefined;
			if (reason !== undefined) return reason;
		}
		return undefined;
	}

	apply(command: Readonly<DerCommand>): void {
		this.#command = command;
		this.spread();
	}

	/** After readings of a member: one that is gone or back, or that nobody can command, changes what the others do. */
	update(): void {
		if (this.#command === kFree) return;
		const changed = Math.abs(this.uncommandedW() - this.#restW) > noticeable * this.#ratedW;
		if (changed || this.onlineBits() !== this.#online) this.spread();
	}

	private spread(): void {
		this.#online = this.onlineBits();
		this.#restW = this.uncommandedW();
		const parts = this.split(this.#command);
		for (let i = 0; i < parts.length; i++) {
			const { actuator } = this.#members[i]!;
			if (!actuator?.online || sameCommand(parts[i]!, this.#told[i]!, 0)) continue;
			this.#told[i] = parts[i]!;
			actuator.apply(parts[i]!);
		}
	}

	private onlineBits(): number {
		let bits = 0;
		for (let i = 0; i < this.#members.length; i++) if (this.#members[i]!.actuator?.online) bits |= 1 << i;
		return bits;
	}

	/** Active power of those that cannot be limited, W; of one that does not answer what it had last. */
	private uncommandedW(): number {
		const known = this.lastKnown("W");
		let sum = 0;
		for (let i = 0; i < known.length; i++) {
			const { image, actuator } = this.#members[i]!;
			if (actuator?.abilities.includes("limitW") || actuator?.abilities.includes("setW")) continue;
			const power = readPoint(image, 701, "W");
			if (!Number.isNaN(power)) known[i] = power;
			sum += known[i]!;
		}
		return sum;
	}

	private lastKnown(name: string): Float64Array {
		const known = this.#known.get(name) ?? new Float64Array(this.#members.length);
		this.#known.set(name, known);
		return known;
	}

	private split(command: Readonly<DerCommand>): DerCommand[] {
		const { limitW, setW, chargeLimitW, dischargeLimitW, reactive, pf, setVar, energize } = command;
		const rest = this.uncommandedW();
		const inject = this.weights("WMaxRtg", (can) => can("limitW") || can("setW"), true);
		this.#ratedW = inject.reduce((sum, one) => sum + one, 0);
		const limits = share(Math.max(0, limitW - rest), inject);
		const isAbsorbing = setW - rest < 0;
		const setters = isAbsorbing
			? this.weights("WChaRteMaxRtg", (can) => can("setW"))
			: this.weights("WMaxRtg", (can) => can("setW") || can("limitW"));
		const sets = share(Math.abs(setW - rest), setters);
		const charges = share(
			chargeLimitW,
			this.weights("WChaRteMaxRtg", (can) => can("chargeLimitW"), true),
		);
		const discharges = share(
			dischargeLimitW,
			this.weights("WDisChaRteMaxRtg", (can) => can("dischargeLimitW"), true),
		);
		const vars = share(
			Math.abs(setVar),
			this.weights(setVar < 0 ? "VarMaxAbsRtg" : "VarMaxInjRtg", (can) => can("setVar")),
		);
		return this.#members.map(({ actuator }, i) => {
			const canSet = actuator?.abilities.includes("setW") ?? false;
			// what can only be limited is held at its part of a set-point; without a storage it can absorb nothing
			const part = Number.isNaN(setW) ? Number.NaN : isAbsorbing ? 0 - sets[i]! : sets[i]!;
			const limit = Number.isNaN(part) || canSet ? limits[i]! : Math.min(limits[i]!, Math.max(0, part));
			return {
				energize,
				limitW: limit,
				setW: canSet ? part : Number.NaN,
				chargeLimitW: actuator?.abilities.includes("chargeLimitW") ? charges[i]! : Number.POSITIVE_INFINITY,
				dischargeLimitW: actuator?.abilities.includes("dischargeLimitW") ? discharges[i]! : Number.POSITIVE_INFINITY,
				reactive,
				pf,
				setVar: setVar < 0 ? 0 - vars[i]! : vars[i]!,
			};
		});
	}

	/**
	 * Ratings by member, or the settings of those that tell no ratings; 0 for one that cannot be told. One that does not
	 * answer has 0 too, unless `all` count.
	 */
	private weights(
		rating: string,
		wanted: (can: (ability: DerAbility) => boolean) => boolean,
		all = false,
	): Float64Array {
		const weights = new Float64Array(this.#members.length);
		const known = this.lastKnown(rating);
		for (let i = 0; i < weights.length; i++) {
			const { image, actuator } = this.#members[i]!;
			if (!actuator || !wanted((ability) => actuator.abilities.includes(ability))) continue;
			known[i] = readPoint(image, 702, rating) || readPoint(image, 702, rating.slice(0, -3)) || known[i]!;
			if (all || actuator.online) weights[i] = known[i]!;
		}
		return weights;
	}
}

/** Splits a total in proportion to the weights, each part up to its weight. Infinity: no limit for anybody. */
export function share(total: number, weights: Float64Array): Float64Array {
	const parts = new Float64Array(weights.length);
	const all = weights.reduce((sum, one) => sum + one, 0);
	for (let i = 0; i < parts.length; i++) {
		if (!Number.isFinite(total)) parts[i] = total;
		else if (all > 0) parts[i] = Math.min(weights[i]!, (total * weights[i]!) / all);
	}
	return parts;
}

/** The command in which only this field asks for something. */
function commandOf(ability: DerAbility, value: number): Partial<DerCommand> {
	if (ability === "energize") return { energize: value !== 0 };
	if (ability === "pf") return { reactive: "pf", pf: value };
	if (ability === "setVar") return { reactive: "var", setVar: value };
	return { [ability]: value };
}
