import { frozen } from "../base/frozen";
import type { Kind } from "../devices/kinds";
import type { DerProfile } from "../sunspec/der/profile";
import type { HubDevice } from "./entry";

/** What the hub keeps of a device by itself: points of its main model, of which the first that it has counts. */
export interface Quantities {
	readonly power: readonly string[];
	readonly voltage: readonly string[];
	/** Counts what the device is there for: what a home takes from the grid, what an inverter gives to it. */
	readonly energy: readonly string[];
}

const kMeter = frozen<Quantities>({ power: ["W"], voltage: ["PhV", "PhVphA"], energy: ["TotWhImp"] });
const kDer = frozen<Quantities>({ power: ["W"], voltage: ["LNV", "VL1"], energy: ["TotWhInj"] });
/** A charge controller has no alternating current. */
const kSolar = frozen<Quantities>({ power: ["DCW"], voltage: [], energy: ["DCWhInj"] });
const kCharger = frozen<Quantities>({ power: ["W"], voltage: ["VL1"], energy: ["WhTot"] });

/** Whether a device is a DER: it produces or stores, and may be told what to do. */
export function isDer(kind: Kind | "unknown"): kind is DerProfile["kind"] {
	return kind === "inverter" || kind === "battery" || kind === "solar";
}

export function quantities(kind: Kind | "unknown"): Quantities {
	if (kind === "solar") return kSolar;
	if (kind === "evse") return kCharger;
	return isDer(kind) ? kDer : kMeter;
}

/** The handle of the first of these points of the device's main model that it brings; -1 when it brings none. */
export function measuredHandle({ device, image, model, kind }: HubDevice, points: readonly string[]): number {
	for (const point of points) {
		// what a DER does not measure itself is made from what it does
		const handle = isDer(kind) || device.reads(model, point) ? image.handle(model, point) : -1;
		if (handle >= 0) return handle;
	}
	return -1;
}
