import { Image } from "../sunspec/image";
import { defineModel } from "../sunspec/vendor";
import type { Site } from "./site-file";

/** Vendor model: which units the hub serves. 64900 to 64910 are free for it in the SunSpec range of vendor models. */
export const kUnitsModel = 64900;
/** Three-phase wye meter, float: the site as the hub sees it. */
export const kTotalsModel = 213;

/** Points that the hub's own meter model carries over from the feeder meter, or sums over the homes. */
const kCopied = [
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
] as const;
const kSummed = ["W", "TotWhImp", "TotWhExp"] as const;

/** A meter image of the site, as the totals need it. */
export interface TotalsSource {
	role: string;
	image: Image;
	model: number;
}

/**
 * Unit 1, the hub itself: model 1, the site's totals as a meter, and the list of units.
 * Totals are the feeder meter's readings where there is one, else the sum of the homes: good only while every home
 * answers, suspect while some do, lost when none does.
 */
export class HubImage {
	readonly image: Image;
	#feeder: TotalsSource | undefined;
	#homes: TotalsSource[];

	constructor(site: Site, sources: readonly TotalsSource[], modelOf: (device: number) => number, firmware: string) {
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
	}

	/** After a meter's image has changed. */
	update(source: TotalsSource, nowMs: number): void {
		if (this.#feeder) {
			if (source === this.#feeder) this.#copy(source, nowMs);
		} else if (source.role === "home") this.#sum(nowMs);
	}

	#copy(source: TotalsSource, nowMs: number): void {
		for (const point of kCopied) this.#copyPoint(source, point, nowMs);
		for (const point of kSummed) this.#copyPoint(source, point, nowMs);
		this.image.commit();
	}

	#copyPoint(source: TotalsSource, point: string, nowMs: number): void {
		const from = source.image.handle(source.model, point);
		const to = this.image.handle(kTotalsModel, point);
		const quality = source.image.quality(from);
		if (quality === undefined) return;
		if (quality === "comms_lost") this.image.losePoint(to);
		else this.image.set(to, source.image.value(from), source.image.timeMs(from) || nowMs, quality);
	}

	#sum(nowMs: number): void {
		for (const point of kSummed) {
			const to = this.image.handle(kTotalsModel, point);
			let sum = 0;
			let found = 0;
			for (const home of this.#homes) {
				const value = home.image.value(home.image.handle(home.model, point));
				if (typeof value !== "number") continue;
				sum += value;
				found++;
			}
			if (found === 0) this.image.losePoint(to);
			else this.image.set(to, sum, nowMs, found === this.#homes.length ? "good" : "suspect");
		}
		this.image.commit();
	}
}
