import { frozen } from "../base/frozen";
import type { Kind } from "../devices/kinds";
import type { Image } from "../sunspec/image";
import { isDer } from "./quantities";

/** A point that a person is shown of a device. */
export interface ShownPoint {
	readonly model: number;
	/** "" for a point of the model itself. */
	readonly group: string;
	readonly point: string;
}

/** Of a DER, in the order in which they are shown; those its image lacks, or that nobody has set, are left out. */
const kDerPoints = frozen<readonly (readonly [model: number, points: readonly string[]])[]>([
	[701, ["W", "Var", "PF", "A", "LNV", "LLV", "Hz", "TotWhInj", "TotWhAbs", "InvSt", "ConnSt", "TmpSnk"]],
	[713, ["SoC", "WHAvail", "WHRtg", "SoH"]],
	[714, ["DCW", "Prt[1].DCW", "Prt[2].DCW", "Prt[3].DCW", "Prt[4].DCW"]],
	[802, ["V", "A", "ChaSt"]],
]);

/** The points of a DER's image that a person is shown; undefined for other kinds, which show what they read. */
export function shownPoints(kind: Kind | "unknown", image: Image): ShownPoint[] | undefined {
	if (!isDer(kind)) return undefined;
	const shown: ShownPoint[] = [];
	for (const [model, points] of kDerPoints) {
		for (const path of points) {
			const dot = path.lastIndexOf(".");
			const group = path.slice(0, Math.max(dot, 0));
			const point = path.slice(dot + 1);
			if (image.handle(model, point, group) >= 0) shown.push({ model, group, point });
		}
	}
	return shown;
}
