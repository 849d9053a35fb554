/**
 * All DERs of a site as one, for unit 1: what they inject and absorb together, their ratings, what their storages hold.
 * Powers and currents are sums of those that answer; energies and the state of charge count a DER that does not answer
 * with its last value, so that neither falls nor jumps. Voltages, frequency and power factors are means weighted by
 * rating, the state of charge by capacity. Some lost: suspect; all lost: lost.
 */
import { frozen } from "../base/frozen";
import { RuleRunner } from "../sunspec/der/compose-run";
import { allRatings, fillScales } from "../sunspec/der/constants";
import type { DerProfile } from "../sunspec/der/profile";
import { Rules } from "../sunspec/der/rules";
import { readPoint } from "../sunspec/der/settle";
import type { Image, ModelSpec } from "../sunspec/image";

/** One of the DERs: its image as `derModels` has made it, with 701, 702 and, with a storage, 713. */
export interface DerMember {
	readonly image: Image;
	/** Phase of the feeder that a single-phase one hangs on, 1 to 3. */
	readonly phase: number;
	/** Of its site file, before its device has told them. */
	readonly ratedW?: number | undefined;
}

/** Points of 701 by how they are put together. */
const kSums = "W A";
const kMeans = "LLV LNV Hz";
const kEnergies = "TotWhInj TotWhAbs";
const kPhaseSums = "W VA Var A";
const kPhaseVoltages = frozen(["VL1L2", "VL2L3", "VL3L1"]);
const kRatings = "WMax VarMaxInj VarMaxAbs";
/** Ratings that not every device has, and what stands for them. */
const kEitherRatings = frozen([
	["VAMax", "WMaxRtg"],
	["WChaRteMax", "WChaRteMax"],
	["WDisChaRteMax", "WDisChaRteMax"],
]);

/** How often `update` may be called before a DER whose rating is unknown is left out of the scale factors. */
const mostTries = 60;

/** The models of the site's DER that `DerTotals` fills; none for a site without one. */
export function derTotalsModels(members: readonly DerMember[]): ModelSpec[] {
	if (!members.some(({ image }) => has(image, 701))) return [];
	const models: ModelSpec[] = [{ id: 701 }, { id: 702 }];
	if (members.some(({ image }) => has(image, 713))) models.push({ id: 713 });
	return models;
}

/** What the site's DER is, for `derModels` of what `derTotalsModels` gives, and for its `DerUnit`. */
export function derTotalsProfile(
	members: readonly DerMember[],
	can: Pick<DerProfile, "abilities" | "continuous" | "legacy">,
): DerProfile {
	const threePhase = members.length > 1 || members.some(({ image }) => acType(image) !== 0);
	return { ...can, kind: "inverter", acType: threePhase ? "three" : "single" };
}

export class DerTotals {
	readonly #image: Image;
	/** Both are let go when the rules are made. */
	#members: readonly DerMember[];
	#profile: DerProfile | undefined;
	#runner: RuleRunner | undefined;
	#tries = 0;

	/** `image` has the models of `derTotalsModels`, and `profile` comes from `derTotalsProfile`. */
	constructor(image: Image, members: readonly DerMember[], profile: DerProfile) {
		this.#image = image;
		this.#members = members.filter((member) => has(member.image, 701));
		this.#profile = profile;
	}

	/** The ratings are known: the site's DER has values, and its own composed models and controls may begin. */
	get settled(): boolean {
		return this.#runner !== undefined;
	}

	/** After the image of a member has changed. Does not commit. */
	update(nowMs: number): void {
		if (this.#profile !== undefined) {
			this.#runner = this.begin(this.#profile, ++this.#tries > mostTries);
			if (this.#runner === undefined) return;
			this.#profile = undefined;
			this.#members = [];
		}
		this.#runner!.run(nowMs);
	}

	/** Once the ratings are known, and with them how far the sums can go. */
	private begin(profile: DerProfile, force: boolean): RuleRunner | undefined {
		const members = this.#members;
		let ratedW = 0;
		let capacityWh = 0;
		let known = 0;
		for (const { image, ratedW: fromSite } of members) {
			const own = readPoint(image, 702, "WMaxRtg") || fromSite || 0;
			if (own > 0) known++;
			ratedW += own;
			capacityWh += readPoint(image, 713, "WHRtg") || 0;
		}
		if (known === 0 || (known < members.length && !force)) return undefined;
		const models = derTotalsModels(members);
		// those that have not said their rating yet may be as large as the others
		const share = members.length / known;
		const ratings = { maxW: ratedW * share, capacityWh: capacityWh * share };
		fillScales(this.#image, models, allRatings(ratings, models, profile));
		this.#image.set(this.#image.handle(701, "ACType"), profile.acType === "single" ? 0 : 2, 0, "good");
		return new RuleRunner([this.#image, ...members.map(({ image }) => image)], this.rules());
	}

	private rules(): Rules {
		const members = this.#members;
		const rules = new Rules([this.#image, ...members.map(({ image }) => image)]);
		const add = (op: string, model: number, point: string, from: readonly (readonly [number, string])[]): void =>
			rules.add(
				rules.slot(0, model, point),
				op,
				from.map(([i, name]) => rules.slot(i + 1, model, name)),
			);
		const each = (...names: readonly string[]) => members.flatMap((_, i) => names.map((name) => [i, name] as const));
		for (const name of kSums.split(" ")) add("total", 701, name, each(name));
		// what one DER does not tell nobody knows of all
		add("whole", 701, "Var", each("Var"));
		for (const name of kEnergies.split(" ")) add("kept", 701, name, each(name));
		this.means(rules);
		this.phases(add);
		const own = (...names: readonly string[]) => names.map((name) => rules.slot(0, 701, name));
		rules.add(rules.slot(0, 701, "VA"), "apparent", own("W", "Var"));
		rules.add(rules.slot(0, 701, "PF"), "powerFactor", own("W", "VA"));
		add("busiest", 701, "InvSt", each("InvSt"));
		for (const name of ["St", "ConnSt"]) add("most", 701, name, each(name));
		for (const name of ["Alrm", "DERMode"]) add("or", 701, name, each(name));
		const follow = (name: string): void =>
			rules.add(rules.slot(0, 702, name), "follow", [rules.slot(0, 702, `${name}Rtg`)]);
		for (const name of kRatings.split(" ")) {
			add("total", 702, `${name}Rtg`, each(`${name}Rtg`));
			follow(name);
		}
		for (const [name, other] of kEitherRatings) {
			add("either", 702, `${name}Rtg`, each(`${name}Rtg`, other));
			follow(name);
		}
		add("whole", 702, "AMaxRtg", each("AMaxRtg"));
		follow("AMax");
		for (const name of ["VNomRtg", "VNom"]) add("o", 702, name, each("VNomRtg"));
		if (!has(this.#image, 713)) return rules;
		add("kept", 713, "WHRtg", each("WHRtg"));
		add("keptMean", 713, "SoC", each("WHRtg", "SoC"));
		add("mean", 713, "SoH", each("WHRtg", "SoH"));
		add("most", 713, "Sta", each("Sta"));
		const storage = ["WHRtg", "SoC"].map((name) => rules.slot(0, 713, name));
		rules.add(rules.slot(0, 713, "WHAvail"), "part", storage);
		return rules;
	}

	/** Weighted by rated power: a large one's measurement is nearer to the point of connection. */
	private means(rules: Rules): void {
		for (const name of kMeans.split(" ")) {
			const pairs = this.#members.flatMap((_, i) => [rules.slot(i + 1, 702, "WMaxRtg"), rules.slot(i + 1, 701, name)]);
			rules.add(rules.slot(0, 701, name), "mean", pairs);
		}
	}

	/** A single-phase DER counts on the phase of the feeder that it hangs on. */
	private phases(
		add: (op: string, model: number, point: string, from: readonly (readonly [number, string])[]) => void,
	): void {
		const members = this.#members;
		for (let phase = 1; phase <= 3; phase++) {
			const from = (name: string): (readonly [number, string])[] => {
				const sources: (readonly [number, string])[] = [];
				members.forEach(({ image, phase: own }, i) => {
					if (acType(image) !== 0) sources.push([i, `${name}L${phase}`]);
					else if (own === phase) sources.push([i, name === "V" ? "VL1" : name]);
				});
				return sources;
			};
			for (const name of kPhaseSums.split(" ")) add("whole", 701, `${name}L${phase}`, from(name));
			add("m", 701, `VL${phase}`, from("V"));
			const lines = kPhaseVoltages[phase - 1]!;
			add(
				"m",
				701,
				lines,
				members.map((_, i) => [i, lines] as const),
			);
		}
	}
}

function has(image: Image, id: number): boolean {
	return image.models.some((model) => model.id === id);
}

function acType(image: Image): number {
	if (has(image, 101) || has(image, 111)) return 0;
	const type = readPoint(image, 701, "ACType");
	return Number.isNaN(type) ? 2 : type;
}
