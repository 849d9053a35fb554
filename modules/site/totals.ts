import { frozen } from "../base/frozen";
import { Image, type ModelSpec } from "../sunspec/image";
import { defineModel } from "../sunspec/vendor";
import type { Site } from "./site-file";

/** Vendor model: which units the hub serves. 64900 to 64910 are free for it in the SunSpec range of vendor models. */
export const kUnitsModel = 64900;
/** Three-phase wye meter, float: the site as the hub sees it. */
export const kTotalsModel = 213;

/** Points that the hub's own meter model carries over from the feeder meter; without one it sums those of `kSummed`. */
const kCopied = frozen([
	"A",
	"PhV",
	"PhVphA",
	"PhVphB",
	"PhVphC",
	"Hz",
	"W",
	"WphA",
	"WphB",
	"WphC",
	"VA",
	"VAR",
	"PF",
]);
/** Power first, then energies. */
const kSummed = frozen(["W", "TotWhImp", "TotWhExp"]);

/** A meter image of the site, as the totals need it. */
export interface TotalsSource {
	role: string;
	image: Image;
	model: number;
}

/**
 * Unit 1, the hub itself: model 1, the site's totals as a meter, and the list of units.
 * Totals are the feeder meter's readings where there is one, else the sum of the homes: good only while every home
 * is well read, suspect while some are, lost when none answers. A home that does not answer adds no power; its energies
 * stay in the sum as last read, for a total that fell and rose again would be billed.
 */
export class HubImage {
	readonly image: Image;
	#feeder: TotalsSource | undefined;
	#homes: TotalsSource[];
	/** Per point: handle in the feeder's image, handle here. */
	#copied: Int16Array = new Int16Array(0);
	/** Per point: handle here, then one in the image of each home. */
	#summed: Int16Array = new Int16Array(0);

	/** `ders`: models of the site's DERs as one, which somebody else fills. */
	constructor(
		site: Site,
		sources: readonly TotalsSource[],
		modelOf: (device: number) => number,
		firmware: string,
		ders: readonly ModelSpec[] = [],
	) {
		const units = defineModel(kUnitsModel, {
			name: "hub_units",
			points: [
				{ name: "NUnit", type: "uint16", mandatory: "M", static: "S" },
				{ name: "Pad", type: "pad" },
			],
			groups: [
				{
					name: "Unit",
					count: "NUnit",
					points: [
						{ name: "Id", type: "uint16", static: "S" },
						{ name: "Mdl", type: "uint16", static: "S" },
						{ name: "Nam", type: "string", size: 16, static: "S" },
						{ name: "SN", type: "string", size: 16, static: "S" },
					],
				},
			],
		});
		this.image = new Image([
			{ id: 1 },
			...ders,
			{ id: kTotalsModel },
			{ id: kUnitsModel, text: units, repeats: { Unit: site.devices.length } },
		]);
		const set = (handle: number, value: number | string) => void this.image.set(handle, value, 0, "good");
		set(this.image.handle(1, "Mn"), "Gridpost");
		set(this.image.handle(1, "Md"), "Hub");
		set(this.image.handle(1, "Vr"), firmware);
		set(this.image.handle(1, "SN"), site.gatewayId);
		set(this.image.handle(1, "DA"), 1);
		site.devices.forEach((device, i) => {
			const point = (name: string) => this.image.handle(kUnitsModel, name, `Unit[${i + 1}]`);
			set(point("Id"), device.unit);
			set(point("Mdl"), modelOf(i));
			set(point("Nam"), device.name);
			set(point("SN"), device.serial);
		});
		this.#feeder = sources.find((source) => source.role === "feeder");
		this.#homes = sources.filter((source) => source.role === "home");
		const own = (point: string): number => this.image.handle(kTotalsModel, point);
		const of = (source: TotalsSource, point: string): number => source.image.handle(source.model, point);
		const feeder = this.#feeder;
		if (feeder)
			this.#copied = Int16Array.from([...kCopied, ...kSummed].flatMap((point) => [of(feeder, point), own(point)]));
		else {
			const row = (point: string): number[] => [own(point), ...this.#homes.map((home) => of(home, point))];
			this.#summed = Int16Array.from(kSummed.flatMap(row));
		}
	}

	/** After a meter's image has changed. */
	update(source: TotalsSource, nowMs: number): void {
		if (this.#feeder) {
			if (source === this.#feeder) this.#copy(source.image, nowMs);
		} else if (source.role === "home") this.#sum(nowMs);
	}

	#copy(from: Image, nowMs: number): void {
		const handles = this.#copied;
		for (let i = 0; i < handles.length; i += 2) {
			const quality = from.quality(handles[i]!);
			if (quality === undefined) continue;
			if (quality === "comms_lost") this.image.losePoint(handles[i + 1]!);
			else this.image.set(handles[i + 1]!, from.value(handles[i]!), from.timeMs(handles[i]!) || nowMs, quality);
		}
		this.image.commit();
	}

	#sum(nowMs: number): void {
		const homes = this.#homes;
		const handles = this.#summed;
		for (let at = 0; at < handles.length; at += 1 + homes.length) {
			const isEnergy = at > 0;
			let sum = 0;
			let answering = 0;
			let good = 0;
			for (let i = 0; i < homes.length; i++) {
				const { image } = homes[i]!;
				const handle = handles[at + 1 + i]!;
				const lost = image.value(handle) === undefined;
				const value = lost && !isEnergy ? undefined : image.lastValue(handle);
				if (value === undefined) continue;
				sum += value;
				if (lost) continue;
				answering++;
				if (image.quality(handle) === "good") good++;
			}
			if (answering === 0) this.image.losePoint(handles[at]!);
			else this.image.set(handles[at]!, sum, nowMs, good === homes.length ? "good" : "suspect");
		}
		this.image.commit();
	}
}
