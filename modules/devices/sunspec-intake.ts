/** The way from the registers of a SunSpec device into its image: what is taken over, and what it is worth. */
import { frozen } from "../base/frozen";
import type { Quality } from "../base/quality";
import { type ClientPlan, Special } from "../sunspec/client/plan";
import type { Image } from "../sunspec/image";
import { findPoint, layout } from "../sunspec/model";
import { SunSpecTotals } from "./sunspec-totals";

/** Points whose value tells at a glance that it is none: name, least, greatest. */
const plausible = frozen<readonly (readonly [string, number, number])[]>([
	["Hz", 30, 80],
	["PF", -100, 100],
	["SoC", 0, 100],
	["SoH", 0, 100],
	["ChaState", 0, 100],
]);

/** What a write that is on its way will have in some registers. */
export interface Overlay {
	/** Puts it into registers that are to stand at `address`, in `view` from byte `at` on. */
	overlay(address: number, count: number, view: DataView, at: number): void;
}

export class SunSpecIntake {
	readonly image: Image;
	/** What a client has written already, and the device does not say yet. */
	overlay: Overlay | undefined;
	/** Handle, least and greatest value of points that are checked; undefined: none is. */
	#checks: Float64Array | undefined;
	/**
	 * Address in the image and size of points that are not taken from the device any more, in order: see `keep`.
	 * Undefined: all are taken.
	 */
	#kept: Uint16Array | undefined;
	#totals: SunSpecTotals | undefined;

	constructor(image: Image) {
		this.image = image;
	}

	/** From now on values that cannot be are marked, and totals that fall are held. */
	check(plan: ClientPlan): void {
		const { image } = this;
		const checks: number[] = [];
		for (const place of image.models) {
			if (plan.deviceAddress(place.address + 2) < 0) continue;
			const root = layout(place.text, place.repeats);
			for (const [name, least, greatest] of plausible) {
				if (findPoint(place.text, root, name) === undefined) continue;
				checks.push(image.handle(place.id, name, "", undefined, place.occurrence), least, greatest);
			}
		}
		this.#checks = Float64Array.from(checks);
		this.#totals = new SunSpecTotals(image, plan);
	}

	/** From now on what a client may write in these models is the hub's own: neither a read nor a loss changes it. */
	keep(models: readonly number[]): void {
		const kept: number[] = [];
		this.image.eachPoint((point) => {
			if (point.writable && models.includes(point.model.id)) kept.push(point.address, point.size);
		});
		this.#kept = Uint16Array.from(kept);
	}

	/** All that a read has brought; what is not taken over is put right in the bytes of `data`. True when a total was reset. */
	take(plan: ClientPlan, read: number, data: DataView, nowMs: number): boolean {
		const from = plan.address(read);
		for (let part = plan.firstPart(read); part < plan.firstPart(read + 1); part++) {
			const head = plan.partHasHead(part) ? 2 : 0;
			const at = 2 * (plan.partAddress(part) + head - from);
			const count = plan.partCount(part) - head;
			this.load(plan, plan.partImage(part) + head, data, at, count, nowMs, this.overlay);
		}
		this.mark(nowMs);
		return this.#totals?.check(this.image, nowMs) ?? false;
	}

	/** As `take`, registers for one place in the image: whole points, without ID and L. */
	load(
		plan: ClientPlan,
		address: number,
		data: DataView,
		at: number,
		count: number,
		nowMs: number,
		overlay?: Overlay,
	): void {
		const quality = this.settle(plan, address, data, at, count);
		overlay?.overlay(address, count, data, at);
		this.restoreKept(address, data, at, count);
		this.image.load(address, data, at, count, nowMs, quality);
	}

	/** Keeps counts and good scale factors as they are in the image; says what the rest is worth. */
	private settle(plan: ClientPlan, address: number, data: DataView, from: number, count: number): Quality {
		const { registers, base } = this.image;
		let quality: Quality = "good";
		for (let i = plan.firstSpecial(address); i < plan.specials; i++) {
			const special = plan.specialAddress(i);
			if (special >= address + count) break;
			const at = from + 2 * (special - address);
			const held = registers.getInt16(2 * (special - base));
			if (plan.specialKind(i) === Special.count) data.setInt16(at, held);
			else {
				const factor = data.getInt16(at);
				if (factor >= -10 && factor <= 10) continue;
				data.setInt16(at, held >= -10 && held <= 10 ? held : -0x8000);
				// "Not implemented" from the start is a device that does without.
				if (held !== -0x8000 || factor !== -0x8000) quality = "suspect";
			}
		}
		return quality;
	}

	private restoreKept(address: number, data: DataView, at: number, count: number): void {
		const kept = this.#kept;
		if (kept === undefined) return;
		const { registers, base } = this.image;
		for (let i = 0; i < kept.length; i += 2) {
			const from = kept[i]!;
			if (from < address || from >= address + count) continue;
			for (let n = 0; n < kept[i + 1]!; n++) {
				data.setUint16(at + 2 * (from + n - address), registers.getUint16(2 * (from + n - base)));
			}
		}
	}

	/** Values that cannot be are shown and marked. */
	private mark(nowMs: number): void {
		const { image } = this;
		const checks = this.#checks;
		if (checks === undefined) return;
		for (let i = 0; i < checks.length; i += 3) {
			const handle = checks[i]!;
			if (image.timeMs(handle) !== nowMs) continue;
			const value = image.value(handle);
			if (typeof value !== "number" || (value >= checks[i + 1]! && value <= checks[i + 2]!)) continue;
			image.set(handle, value, nowMs, "suspect");
		}
	}

	/** What the read brings has no value. */
	lose(plan: ClientPlan, read: number): void {
		const all = this.#kept;
		for (let part = plan.firstPart(read); part < plan.firstPart(read + 1); part++) {
			let from = plan.partImage(part);
			const end = from + plan.partCount(part);
			for (let i = 0; all !== undefined && i < all.length; i += 2) {
				const kept = all[i]!;
				if (kept < from || kept >= end) continue;
				if (kept > from) this.image.loseRange(from, kept - from);
				from = kept + all[i + 1]!;
			}
			if (from < end) this.image.loseRange(from, end - from);
		}
	}

	/** The first point whose value is suspect. */
	suspect(): { point: string; value: number | undefined } | undefined {
		const { image } = this;
		for (let handle = 0; image.quality(handle) !== undefined || image.point(handle) !== undefined; handle++) {
			if (image.quality(handle) !== "suspect") continue;
			const value = image.value(handle);
			return { point: image.point(handle)!.name, value: typeof value === "number" ? value : undefined };
		}
		return undefined;
	}
}
