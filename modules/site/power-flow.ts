import { frozen } from "../base/frozen";
import type { HubDevice } from "./entry";
import { measuredHandle } from "./quantities";

/** Where power flows at a moment, in W; NaN where nothing measures it, or what does is lost. */
export interface PowerFlow {
	/** Positive from the grid to the customer. */
	acW: number;
	/** Positive out of batteries and panels. */
	dcW: number;
}

/** DC powers of what stores or produces, positive out of it; the first that it has counts. */
const kDcPoints = frozen<readonly (readonly [model: number, point: string])[]>([
	[714, "DCW"],
	[802, "W"],
	[64111, "OutputW"],
]);

/** By the ids of the devices that measure it; "": the meter of the feeder, else that of a home; all storages and panels. */
export function powerFlow(devices: readonly HubDevice[], meter: string, dc: string): PowerFlow {
	return { acW: acPower(devices, meter), dcW: dcPower(devices, dc) };
}

function acPower(devices: readonly HubDevice[], id: string): number {
	const named = devices.find(({ site }) => site.id === id);
	if (named) return acOf(named);
	const meters = devices.filter(({ kind }) => kind === "meter");
	const feeder = meters.find(({ role }) => role === "feeder");
	if (feeder) return acOf(feeder);
	if (meters.length > 0) return sum(meters.map(acOf));
	return sum(devices.filter(({ kind }) => kind === "inverter").map(acOf));
}

/** Meters count the other way round than inverters. */
function acOf(entry: HubDevice): number {
	const { image, kind } = entry;
	const value = image.value(measuredHandle(entry, ["W"]));
	if (typeof value !== "number") return Number.NaN;
	return kind === "inverter" || kind === "battery" ? -value : value;
}

function dcPower(devices: readonly HubDevice[], id: string): number {
	const named = devices.find(({ site }) => site.id === id);
	if (named) return dcOf(named);
	return sum(devices.map(dcOf));
}

function dcOf({ image }: HubDevice): number {
	for (const [model, point] of kDcPoints) {
		const value = image.value(image.handle(model, point));
		if (typeof value === "number") return value;
	}
	return Number.NaN;
}

/** Of those that are known; NaN when none is. */
function sum(values: readonly number[]): number {
	const known = values.filter((value) => !Number.isNaN(value));
	return known.length === 0 ? Number.NaN : known.reduce((total, value) => total + value, 0);
}
