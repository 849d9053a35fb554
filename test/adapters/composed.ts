/** A DER as the hub builds it of what its device gives, for tests of what is composed. */
import type { Quality } from "../../modules/base/quality";
import { Composer } from "../../modules/sunspec/der/composer";
import { derMap, derModels } from "../../modules/sunspec/der/layout";
import type { DerProfile } from "../../modules/sunspec/der/profile";
import { Image, type ModelSpec } from "../../modules/sunspec/image";
import type { PointInfo } from "../../modules/sunspec/place";

type Values = Record<string, number | string>;

export class ComposedDer {
	readonly image: Image;
	readonly composer: Composer;
	readonly present: readonly ModelSpec[];
	readonly added: readonly ModelSpec[];
	#points = new Map<string, PointInfo>();

	constructor(
		present: readonly (number | ModelSpec)[],
		profile: Partial<DerProfile> = {},
		others: readonly Image[] = [],
	) {
		const whole: DerProfile = { kind: "inverter", abilities: [], continuous: false, ...profile };
		this.present = [{ id: 1 }, ...present.map((one) => (typeof one === "number" ? { id: one } : one))];
		this.added = derModels(this.present, whole);
		this.image = new Image(derMap(this.present, this.added));
		this.composer = new Composer({
			...{ image: this.image, profile: whole, present: this.present, added: this.added, others },
		});
		this.image.eachPoint((point) => {
			const group = point.group === "" ? "" : `${point.group}.`;
			this.#points.set(`${point.model.id}.${group}${point.name}`, point);
		});
	}

	/** Points of the device, as its decoder sets them: "W" of the model, "Prt[1].DCW". */
	give(model: number, values: Values, timeMs = 1000, quality: Quality = "good"): this {
		for (const [path, value] of Object.entries(values))
			this.image.set(this.handle(model, path), value, timeMs, quality);
		return this;
	}

	handle(model: number, path: string): number {
		const point = this.point(`${model}.${path}`);
		return this.image.handleAt(point.address);
	}

	point(path: string): PointInfo {
		const point = this.#points.get(path);
		if (!point) throw new Error(`no point ${path}`);
		return point;
	}

	/** What a client reads from the bytes: "701.W"; undefined for "not implemented". */
	read(path: string): number | bigint | string | undefined {
		return this.image.valueOf(this.point(path));
	}

	/** Of one model: values by point. */
	reads(model: number, paths: readonly string[]): Record<string, number | bigint | string | undefined> {
		return Object.fromEntries(paths.map((path) => [path, this.read(`${model}.${path}`)]));
	}

	update(nowMs = 2000): this {
		this.composer.update(nowMs);
		return this;
	}
}

/** Scale factors as inverters have them; with -2 for PF, whose per cent have two decimals. */
export const scales = {
	...{ A_SF: -1, V_SF: -1, W_SF: 0, Hz_SF: -2, VA_SF: 0, VAr_SF: 0, PF_SF: -2, WH_SF: 0 },
	...{ DCA_SF: -1, DCV_SF: -1, DCW_SF: 0, Tmp_SF: -1 },
};
