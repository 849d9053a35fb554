/** Model 702, the ratings and settings of a DER, and 121, the older way to the settings. */
import { frozen } from "../../base/frozen";
import { At704 } from "./controls-704";
import type { ModelBytes } from "./model-bytes";

/** First setting of 702, and for each setting from there on the place of its rating and of their scale factor. */
export const firstSetting = 26;
const lastSetting = 44;
const lastRegister = 51;
const ratingAt = frozen([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 25]);
const wSf = 45;
const pfSf = 46;
const vaSf = 47;
const varSf = 48;
const vSf = 49;
const aSf = 50;
const scaleAt = frozen([
	wSf,
	wSf,
	pfSf,
	wSf,
	pfSf,
	vaSf,
	varSf,
	varSf,
	wSf,
	wSf,
	vaSf,
	vaSf,
	vSf,
	vSf,
	vSf,
	aSf,
	pfSf,
	pfSf,
	0,
]);

/** Places of settings in 702. */
export const At702 = frozen({
	ctrlModes: 23,
	wMax: 26,
	vaMax: 31,
	varMaxInj: 32,
	varMaxAbs: 33,
	wChaRteMax: 34,
	wDisChaRteMax: 35,
	vNom: 38,
	vMax: 39,
	vMin: 40,
	intIslandCat: 44,
});

/** Settings of 121 and what they are in 702: place, its scale factor, place in 702. */
const older = frozen([
	[2, 22, At702.wMax],
	[3, 23, At702.vNom],
	[5, 25, At702.vMax],
	[6, 25, At702.vMin],
	[7, 26, At702.vaMax],
]);
/** Scale factors of 121 and their fellows in 702. */
const older121 = frozen([
	[22, wSf],
	[23, vSf],
	[25, vSf],
	[26, vaSf],
	[27, varSf],
]);
const varMaxQ1 = 8;
const varMaxQ4 = 11;
const varSf121 = 27;
const wGra = 12;
const wGraSf = 28;
/** WChaMax of 124. */
const wChaMax124 = 2;
const wChaMaxSf124 = 18;

export class Settings {
	wMax = Number.NaN;
	vaMax = Number.NaN;
	varInj = Number.NaN;
	varAbs = Number.NaN;
	/** Most active power into and out of the storage. */
	charge = Number.NaN;
	discharge = Number.NaN;
	vNom = Number.NaN;
	/** Set below what they were from the start: WMax, WChaRteMax, WDisChaRteMax. Then they are limits of their own. */
	wLimited = false;
	chargeLimited = false;
	dischargeLimited = false;
	/** Reactive power that the active power of now leaves room for; see `room`. */
	varAval = Number.NaN;
	readonly model: ModelBytes;
	#sum = Number.NaN;
	/** What the device is set to by itself: it needs no command for these. */
	#ownW = Number.POSITIVE_INFINITY;
	#ownCharge = Number.POSITIVE_INFINITY;
	#ownDischarge = Number.POSITIVE_INFINITY;
	readonly #old: ModelBytes;
	readonly #m124: ModelBytes;
	readonly #m704: ModelBytes;

	constructor(model: ModelBytes, m121: ModelBytes, m124: ModelBytes, m704: ModelBytes) {
		this.model = model;
		this.#old = m121;
		this.#m124 = m124;
		this.#m704 = m704;
		this.read();
	}

	/** Reads 702 anew if it has changed: it may be filled by the device behind. */
	read(): void {
		let sum = 0;
		for (let at = 2; at < lastRegister; at += 2) sum = (31 * sum + this.model.raw32(at)) | 0;
		if (sum === this.#sum) return;
		this.#sum = sum;
		this.wMax = this.of(At702.wMax);
		this.vaMax = this.of(At702.vaMax);
		this.varInj = this.of(At702.varMaxInj);
		this.varAbs = this.of(At702.varMaxAbs);
		this.charge = this.of(At702.wChaRteMax);
		this.discharge = this.of(At702.wDisChaRteMax);
		this.vNom = this.of(At702.vNom);
		this.wLimited = this.isLimited(At702.wMax, this.#ownW);
		this.chargeLimited = this.isLimited(At702.wChaRteMax, this.#ownCharge);
		this.dischargeLimited = this.isLimited(At702.wDisChaRteMax, this.#ownDischarge);
	}

	/** What stands in 702 now is what the device is set to by itself. */
	begin(): void {
		this.read();
		this.#ownW = this.of(At702.wMax);
		this.#ownCharge = this.of(At702.wChaRteMax);
		this.#ownDischarge = this.of(At702.wDisChaRteMax);
		this.#sum = Number.NaN;
	}

	/** Most active power out of the storage; where nobody has set it, what the DER can have at all. */
	get mostDischarge(): number {
		return Number.isNaN(this.discharge) ? this.wMax : this.discharge;
	}

	/** A setting; its rating where it is not set. */
	of(at: number): number {
		const value = this.value(at, at);
		return Number.isNaN(value) ? this.rating(at) : value;
	}

	/** The rating that belongs to a setting; NaN where 702 has none. */
	rating(at: number): number {
		return this.value(ratingAt[at - firstSetting]!, at);
	}

	private value(place: number, setting: number): number {
		const sf = scaleAt[setting - firstSetting]!;
		return sf === 0 ? this.model.u16(place) : this.model.scaledU16(place, sf);
	}

	private isLimited(at: number, own: number): boolean {
		return this.value(at, at) < this.rating(at) && !(this.value(at, at) >= own);
	}

	/** Works out how much reactive power there is room for beside `w`. */
	room(w: number): void {
		const active = Math.abs(w) || 0;
		this.varAval = Math.sqrt(Math.max(0, this.vaMax * this.vaMax - active * active));
	}

	/** May the setting be this? */
	allows(at: number, value: number): boolean {
		if (at < firstSetting || at > lastSetting) return false;
		const rating = this.rating(at);
		if (at === At702.intIslandCat) return (value & ~(rating || 0)) === 0;
		if (!(value > 0)) return false;
		if (scaleAt[at - firstSetting] === pfSf) return value <= 1;
		if (at === At702.vMin) return !(value < rating);
		// The nominal voltage is what percentages of curves refer to: between the ratings of lowest and highest voltage.
		if (at === At702.vNom) {
			return !(value > (this.rating(At702.vMax) || 1.5 * rating) || value < (this.rating(At702.vMin) || 0.5 * rating));
		}
		return !(value > rating);
	}

	/** The setting of 702 that a register of 121 is; -1 for none. */
	of121(at: number): number {
		if (at === varMaxQ1) return At702.varMaxInj;
		if (at === varMaxQ4) return At702.varMaxAbs;
		for (const [place, , setting] of older) if (place === at) return setting!;
		return -1;
	}

	/** Carries a written register of 121 over to 702, or to the ramp of 704. */
	adopt121(at: number): void {
		const old = this.#old;
		const setting = this.of121(at);
		if (at === wGra) this.#m704.put16(At704.wRmp, Math.max(1, Math.round(old.scaledU16(wGra, wGraSf))));
		else if (at === varMaxQ1 || at === varMaxQ4) this.put(setting, Math.abs(old.scaledI16(at, varSf121)));
		else for (const [place, sf] of older) if (place === at) this.put(setting, old.scaledU16(at, sf!));
	}

	private put(setting: number, value: number): void {
		this.model.putScaledU16(setting, scaleAt[setting - firstSetting]!, value);
	}

	/** Carries 124.WChaMax over to 702. */
	adopt124(): void {
		this.put(At702.wChaRteMax, this.#m124.scaledU16(wChaMax124, wChaMaxSf124));
	}

	/** Shows the settings in 121 and 124, as far as both models have them. */
	show(): void {
		this.#m124.putScaledU16(wChaMax124, wChaMaxSf124, this.of(At702.wChaRteMax));
		const old = this.#old;
		if (!old.present) return;
		// a device that gives 121 itself may leave out scale factors, and with them what they scale
		const scaled = (sf: number): boolean => old.u16(sf) !== 0x8000;
		for (const [place, sf, setting] of older) if (scaled(sf!)) old.putScaledU16(place!, sf!, this.of(setting!));
		if (scaled(varSf121)) {
			old.putScaledI16(varMaxQ1, varSf121, this.varInj);
			old.putScaledI16(varMaxQ4, varSf121, -this.varAbs);
		}
		if (scaled(wGraSf)) old.putScaledU16(wGra, wGraSf, this.#m704.u16(At704.wRmp));
	}

	/** Scale factors of 121 and of 124.WChaMax as those of 702, as far as nobody has set them; and what is not shown. */
	fill(): void {
		for (const [sf, from] of older121) this.#old.initial16(sf!, this.model.scale(from!), 0x8000);
		this.#old.initial16(24, this.model.scale(vSf), 0x8000);
		this.#old.initial16(4, 0, 0x8000);
		this.#old.initial16(wGraSf, 0, 0x8000);
		this.#m124.initial16(wChaMaxSf124, this.model.scale(wSf), 0x8000);
	}
}
