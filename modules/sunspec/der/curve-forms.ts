/**
 * Where things stand in the models that hold curves: 705 volt-var, 706 volt-watt, 707 to 710 trip, 711 frequency droop,
 * 712 watt-var. They have one shape: a head, then curve 1, which is in force and read-only, then curves to write.
 */
import { frozen } from "../../base/frozen";

/** Places in registers: of the head from the model's ID on, of a curve from its first register on. */
export interface CurveForm {
	/** Registers before the first curve. */
	readonly head: number;
	/** NCrv, NCrvSet or NCtl. */
	readonly count: number;
	/** RvrtTms; RvrtRem follows it, then RvrtCrv. 0: the model has no reversion. */
	readonly rvrtTms: number;
	/** First scale factor; the others follow, up to the first curve. */
	readonly sf: number;
	/** Registers of a curve before its points; for a trip model those of each of its three curves (ActPt). */
	readonly own: number;
	readonly readOnly: number;
	/** Registers of a point; 0: it has none. */
	readonly point: number;
}

/** Places in every head. NPt is not in 711. */
export const AtCurves = frozen({ ena: 2, adptReq: 3, adptRslt: 4, nPt: 5 });

/** AdptCrvRslt. */
export const AdptRslt = frozen({ inProgress: 0, completed: 1, failed: 2 });

/** The three curves of a trip model, in the order of its registers. */
export const TripPart = frozen({ mustTrip: 0, mayTrip: 1, momCess: 2 });
export const tripParts = 3;

const voltageTrip = frozen({ head: 9, count: 6, rvrtTms: 0, sf: 7, own: 1, readOnly: 0, point: 3 });
const frequencyTrip = frozen({ head: 9, count: 6, rvrtTms: 0, sf: 7, own: 1, readOnly: 0, point: 4 });

const forms = frozen<Readonly<Record<number, CurveForm>>>({
	705: { head: 15, count: 6, rvrtTms: 7, sf: 12, own: 10, readOnly: 9, point: 2 },
	706: { head: 15, count: 6, rvrtTms: 7, sf: 12, own: 5, readOnly: 4, point: 2 },
	707: voltageTrip,
	708: voltageTrip,
	709: frequencyTrip,
	710: frequencyTrip,
	711: { head: 14, count: 5, rvrtTms: 6, sf: 11, own: 10, readOnly: 9, point: 0 },
	712: { head: 14, count: 6, rvrtTms: 7, sf: 12, own: 4, readOnly: 3, point: 2 },
});

/** The models that hold curves. */
export const curveModels = frozen([705, 706, 707, 708, 709, 710, 711, 712] as const);

/** The form of one of the `curveModels`. */
export function curveForm(id: number): CurveForm {
	return forms[id]!;
}

export function isTrip(id: number): boolean {
	return id >= 707 && id <= 710;
}

/** Registers of one curve with room for `points` points. */
export function curveLength(id: number, points: number): number {
	const form = curveForm(id);
	const registers = form.own + points * form.point;
	return isTrip(id) ? 1 + tripParts * registers : registers;
}
