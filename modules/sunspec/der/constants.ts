/** What stands in a DER's composed models from the start: scale factors by rating, the name plate, and what never changes. */
import { frozen } from "../../base/frozen";
import { scaled, unscaled } from "../codec";
import type { Image, ModelSpec } from "../image";
import { layout } from "../model";
import { Initial, placeOf } from "./initial";
import { acTypeOf, hasStorage, portsOf } from "./layout";
import type { DerProfile, Ratings } from "./profile";

/**
 * Scale factors by model: a number, or a letter for one that follows a rating. Small letters are measurements in int16
 * with room for 1.6 times the rating: w active, s apparent, q reactive power, a AC and d DC current, p DC power; v is a
 * voltage; e an energy in acc32. Capital ones are ratings: W, S, Q, A as above, H capacity in Wh, B in Ah, C power of
 * the storage.
 */
const kScales = frozen<Readonly<Record<number, string>>>({
	101: "A_SF=a V_SF=v W_SF=w Hz_SF=-2 VA_SF=s VAr_SF=q PF_SF=-2 WH_SF=e DCA_SF=d DCV_SF=-1 DCW_SF=p Tmp_SF=-1",
	120: "WRtg_SF=W VARtg_SF=S VArRtg_SF=Q ARtg_SF=A PFRtg_SF=-3 WHRtg_SF=H AhrRtg_SF=B MaxChaRte_SF=C MaxDisChaRte_SF=C",
	121: "WMax_SF=W VRef_SF=v VRefOfs_SF=v VMinMax_SF=v VAMax_SF=S VArMax_SF=Q WGra_SF=0 PFMin_SF=-3 MaxRmpRte_SF=0 ECPNomHz_SF=-2",
	122: "VArAval_SF=q WAval_SF=w Ris_SF=3",
	123: "WMaxLimPct_SF=-1 OutPFSet_SF=-3 VArPct_SF=-1",
	124: "WChaMax_SF=C WChaDisChaGra_SF=0 VAChaMax_SF=C MinRsvPct_SF=-1 ChaState_SF=-1 StorAval_SF=B InBatV_SF=-1 InOutWRte_SF=-1",
	160: "DCA_SF=d DCV_SF=-1 DCW_SF=p DCWH_SF=e",
	403: "DCA_SF=d DCAhr_SF=0 DCV_SF=-1 InDCA_SF=d InDCAhr_SF=0",
	404: "DCA_SF=d DCAhr_SF=0 DCV_SF=-1 DCW_SF=p DCWh_SF=e InDCA_SF=d InDCAhr_SF=0 InDCV_SF=-1 InDCW_SF=p InDCWh_SF=e",
	502: "A_SF=d V_SF=-1 W_SF=p Wh_SF=e",
	701: "A_SF=a V_SF=v Hz_SF=-3 W_SF=w PF_SF=-3 VA_SF=s Var_SF=q TotWh_SF=0 TotVarh_SF=0 Tmp_SF=-1",
	702: "W_SF=W PF_SF=-3 VA_SF=S Var_SF=Q V_SF=v A_SF=A S_SF=-3",
	703: "V_SF=-1 Hz_SF=-2",
	704: "PF_SF=-3 WMaxLimPct_SF=-1 WSet_SF=0 WSetPct_SF=-1 VarSet_SF=0 VarSetPct_SF=-1",
	705: "V_SF=-1 DeptRef_SF=-1 RspTms_SF=-1",
	706: "V_SF=-1 DeptRef_SF=-1 RspTms_SF=-1",
	707: "V_SF=-1 Tms_SF=-2",
	709: "Hz_SF=-2 Tms_SF=-2",
	711: "Db_SF=-3 K_SF=-3 RspTms_SF=-1",
	712: "W_SF=-1 DeptRef_SF=-1",
	713: "WH_SF=H Pct_SF=-1",
	714: "DCA_SF=d DCV_SF=-1 DCW_SF=p DCWH_SF=0 Tmp_SF=-1",
	802: "AHRtg_SF=B WHRtg_SF=H WChaDisChaMax_SF=C DisChaRte_SF=-1 SoC_SF=-1 DoD_SF=-1 SoH_SF=-1 V_SF=-1 CellV_SF=-3 A_SF=d AMax_SF=d W_SF=p",
	803: "CellV_SF=-3 ModTmp_SF=-1 A_SF=d SoH_SF=-1 SoC_SF=-1 V_SF=-1",
});
/** Models with the scale factors of another. */
const kSameScales = frozen<Readonly<Record<number, number>>>({ 102: 101, 103: 101, 708: 707, 710: 709 });

/** Ratings with everything worked out that follows from others. NaN: not known. */
export type AllRatings = { -readonly [Name in keyof Ratings]: number } & {
	/** AC current, A. */
	maxA: number;
};

/** What is not told: apparent as active power, reactive power of IEEE 1547-2018 category B (44 %), common voltages. */
export function allRatings(
	known: Readonly<Partial<Ratings>>,
	models: readonly ModelSpec[],
	profile: DerProfile,
): AllRatings {
	const ac = acTypeOf(models, profile);
	const storage = hasStorage(models, profile);
	const maxW = known.maxW ?? known.dischargeW ?? Number.NaN;
	const maxVA = known.maxVA ?? maxW;
	const nominalV = known.nominalV ?? (ac === "split" ? 240 : 230);
	const reactive = profile.abilities.includes("setVar") || profile.abilities.includes("pf");
	return {
		maxW,
		maxVA,
		maxVar: known.maxVar ?? (reactive ? Math.floor(0.44 * maxVA) : Number.NaN),
		chargeW: known.chargeW ?? (storage ? maxW : Number.NaN),
		dischargeW: known.dischargeW ?? (storage ? maxW : Number.NaN),
		nominalV,
		capacityWh: known.capacityWh ?? Number.NaN,
		capacityAh: known.capacityAh ?? Number.NaN,
		maxA: Math.ceil((10 * maxVA) / nominalV / (ac === "three" ? 3 : 1)) / 10,
	};
}

/**
 * The lowest scale factor, from `lowest` on, under which a register that holds up to `limit` holds `most`: the finest
 * steps without a wrap. One step coarser than `lowest` where `most` is not known.
 */
export function finestScale(most: number, limit: number, lowest: number): number {
	if (Number.isNaN(most)) return lowest + 1;
	let scale = lowest;
	while (scale < 10 && unscaled(most, scale) > limit) scale++;
	return scale;
}

/** For ratings: whole units unless that would lose a fraction, and coarser only where they would not fit. */
function ratingScale(most: number, limit: number): number {
	if (Number.isNaN(most)) return 0;
	let lowest = 0;
	while (lowest > -3 && scaled(unscaled(most, lowest), lowest) !== most) lowest--;
	return finestScale(most, limit, lowest);
}

const i16 = 0x7fff;
const u16 = 0xfffe;

function scaleOf(word: string, r: AllRatings): number {
	const power = Math.max(r.maxW || 0, r.chargeW || 0, r.dischargeW || 0) || Number.NaN;
	switch (word) {
		case "w":
			return finestScale(1.6 * power, i16, -1);
		case "s":
			return finestScale(1.6 * Math.max(r.maxVA, power), i16, -1);
		case "q":
			return finestScale(1.6 * Math.max(r.maxVA, power), i16, -1);
		case "a":
			return finestScale(3 * 1.6 * r.maxA, i16, -2);
		case "d":
			// a storage may have as little as 40 V, and give a fifth more than it is rated
			return finestScale(power / 33, i16, -2);
		case "p":
			return finestScale(1.6 * power, i16, -1);
		case "v":
			return finestScale(2.2 * r.nominalV, i16, -1);
		case "e":
			// acc32 wraps: 40,000 hours at full power must fit, ten years of a good place for solar power.
			return finestScale(40_000 * (power || 10_000), 0xffffffff, 0);
		case "W":
			return ratingScale(power, u16);
		case "S":
			return ratingScale(Math.max(r.maxVA, power), u16);
		case "Q":
			return ratingScale(r.maxVar, i16);
		case "A":
			return ratingScale(r.maxA, u16);
		case "H":
			return ratingScale(r.capacityWh, u16);
		case "B":
			return ratingScale(r.capacityAh, u16);
		case "C":
			return ratingScale(Math.max(r.chargeW || 0, r.dischargeW || 0, r.maxW || 0) || Number.NaN, u16);
		default:
			return Number(word);
	}
}

/** The scale factors of the added models, for a DER of these ratings. */
export function fillScales(image: Image, added: readonly ModelSpec[], ratings: AllRatings): void {
	for (const { id } of added) {
		const words = kScales[kSameScales[id] ?? id];
		if (words === undefined) continue;
		const initial = new Initial(image, placeOf(image, id));
		for (const word of words.split(" ")) {
			const equals = word.indexOf("=");
			initial.set(word.slice(0, equals), scaleOf(word.slice(equals + 1), ratings));
		}
	}
}

/**
 * Everything of the added models that is known before a measurement is: call it once the ratings are known, after
 * `fillScales`. What the composition has taken from the device's own name plate stays.
 */
export function fillDer(
	image: Image,
	profile: DerProfile,
	present: readonly ModelSpec[],
	added: readonly ModelSpec[],
	r: AllRatings,
): void {
	const storage = hasStorage(present, profile);
	const ac = acTypeOf(present, profile);
	const of = (id: number): Initial => {
		const isAdded = added.some((model) => model.id === id);
		return new Initial(image, isAdded ? placeOf(image, id) : undefined);
	};
	of(701).set("ACType", ac === "single" ? 0 : ac === "split" ? 1 : 2);
	fillCapacity(of(702), profile, r);
	fillNameplate(of(120), r, storage);
	of(121)
		.set("VRef", r.nominalV)
		.set("VRefOfs", 0)
		.set("ECPNomHz", 50)
		.set("ConnPh", ac === "single" ? 1 : Number.NaN);
	of(122).set("StActCtl", 0);
	of(124).set("WChaMax", r.chargeW).set("WChaGra", 100).set("WDisChaGra", 100).set("StorCtl_Mod", 0);
	of(713).set("WHRtg", r.capacityWh);
	of(715).set("LocRemCtl", 0);
	of(802).set("AHRtg", r.capacityAh).set("WHRtg", r.capacityWh).set("Typ", 0).set("LocRemCtl", 0).set("AlmRst", 0);
	of(803).set("NStr", profile.strings ?? 0);
	const ports = portsOf(present, profile);
	const dc = of(714);
	for (let i = 1; i <= ports.solar + ports.storage; i++) {
		const solar = i <= ports.solar;
		dc.set(`Prt[${i}].PrtTyp`, solar ? 0 : 1).set(`Prt[${i}].ID`, i);
		dc.set(`Prt[${i}].IDStr`, solar ? `PV ${i}` : "Battery");
	}
	const trackers = of(160);
	const simple = of(403);
	const advanced = of(404);
	simple.set("DCAMax", Math.ceil(r.maxW / 40));
	advanced.set("DCAMax", Math.ceil(r.maxW / 40));
	for (let i = 1; i <= 99; i++) {
		if (!placeHas(image, i, added)) break;
		trackers.set(`module[${i}].ID`, i).set(`module[${i}].IDStr`, `PV ${i}`);
		simple.set(`string[${i}].InID`, i);
		advanced.set(`string[${i}].InID`, i);
	}
}

/** Whether one of the added models with an input a group has so many of them. */
function placeHas(image: Image, instance: number, added: readonly ModelSpec[]): boolean {
	for (const id of [160, 403, 404]) {
		if (!added.some((model) => model.id === id)) continue;
		const place = placeOf(image, id);
		if (place && (layout(place.text, place.repeats).groups[0]?.count ?? 0) >= instance) return true;
	}
	return false;
}

/** 120, as far as 702 has not said it: all of it but the storage is mandatory. */
function fillNameplate(nameplate: Initial, r: AllRatings, storage: boolean): void {
	const reactive = r.maxVar || 0;
	const pf = powerFactor(reactive, r.maxVA);
	nameplate
		.set("DERTyp", storage ? 82 : 4)
		.set("WHRtg", r.capacityWh)
		.set("AhrRtg", r.capacityAh);
	nameplate.set("WRtg", r.maxW).set("VARtg", r.maxVA).set("ARtg", r.maxA);
	// quadrants as the IEEE (EEI) counts them
	for (let quadrant = 1; quadrant <= 4; quadrant++) {
		nameplate.set(`VArRtgQ${quadrant}`, quadrant <= 2 ? reactive : 0 - reactive);
		nameplate.set(`PFRtgQ${quadrant}`, quadrant % 2 === 1 ? -pf : pf);
	}
	if (storage) nameplate.set("MaxChaRte", r.chargeW).set("MaxDisChaRte", r.dischargeW);
}

/** The lowest power factor at full apparent power. */
function powerFactor(maxVar: number, maxVA: number): number {
	return Math.sqrt(Math.max(0, 1 - (maxVar / maxVA) ** 2));
}

/** Bits of 702.CtrlModes by what the device can be told. */
function controlModes({ abilities, continuous }: DerProfile): number {
	const can = (ability: DerProfile["abilities"][number], bits: number): number =>
		abilities.includes(ability) ? bits : 0;
	let modes = can("limitW", 0x01) | can("setW", 0x02) | can("setVar", 0x04) | can("pf", 0x08);
	modes |= can("energize", 0x3180);
	if (continuous) modes |= can("setVar", 0x210) | can("limitW", 0x420) | can("setW", 0x420);
	return modes;
}

function fillCapacity(capacity: Initial, profile: DerProfile, r: AllRatings): void {
	const pf = powerFactor(r.maxVar, r.maxVA);
	const pairs: readonly (readonly [string, number])[] = [
		["WMax", r.maxW],
		["VAMax", r.maxVA],
		["VarMaxInj", r.maxVar],
		["VarMaxAbs", r.maxVar],
		["WChaRteMax", r.chargeW],
		["WDisChaRteMax", r.dischargeW],
		["VNom", r.nominalV],
		["AMax", r.maxA],
		["PFOvrExt", pf],
		["PFUndExt", pf],
	];
	for (const [name, value] of pairs) capacity.set(`${name}Rtg`, value);
	// What the profile of IEEE 1547-2018 wants to be told of a DER with its functions, and older models do not say.
	if (profile.continuous && profile.abilities.length > 0) {
		for (const side of ["Ovr", "Und"]) {
			capacity.set(`W${side}ExtRtg`, Math.min(r.maxW, Math.floor(pf * r.maxVA))).set(`W${side}ExtRtgPF`, pf);
		}
		capacity.set("VAChaRteMaxRtg", r.chargeW).set("ReactSusceptRtg", 0);
		capacity.set("VMaxRtg", 1.1 * r.nominalV).set("VMinRtg", 0.88 * r.nominalV);
	}
	capacity.set("CtrlModes", controlModes(profile)).set("IntIslandCatRtg", 0);
	if (profile.continuous && profile.abilities.length > 0) capacity.set("NorOpCatRtg", 1).set("AbnOpCatRtg", 2);
}
