import { t } from "../texts/texts";
import { percent, power, symbolWords } from "./format";
import { findPoint, numberOf } from "./readings";
import type { DerStatus, DeviceStatus } from "./types";

/** Whether a device produces or stores: an inverter, a battery, a charge controller. */
export function isDer(device: DeviceStatus): boolean {
	return device.kind === "inverter" || device.kind === "battery" || device.kind === "solar";
}

/** Power that it gives, W; negative: it takes. Undefined: not known now. */
export function givenW(device: DeviceStatus): number | undefined {
	// a charge controller gives its battery what comes from panel or turbine
	if (device.kind === "solar") return numberOf(findPoint(device, "Prt[1].DCW", "DCW"));
	const watts = numberOf(findPoint(device, "W"));
	// a battery that has no alternating current
	return watts === undefined && device.kind === "battery" ? numberOf(findPoint(device, "DCW", "Prt[1].DCW")) : watts;
}

/** 0 to 100; undefined for what stores nothing, and while it is not known. */
export function chargePct(device: DeviceStatus): number | undefined {
	return numberOf(findPoint(device, "SoC"));
}

export function hasStorage(device: DeviceStatus): boolean {
	return findPoint(device, "SoC") !== undefined;
}

/** Running, standby, fault ... as the device says it. */
export function stateWords(device: DeviceStatus): string {
	const value = findPoint(device, "InvSt", "ChaSt", "St")?.value;
	return typeof value === "string" ? symbolWords(value) : "";
}

/** What its power does: "giving", "charging"; "" for nothing. */
export function flowWords(device: DeviceStatus): string {
	const watts = givenW(device);
	if (watts === undefined || Math.abs(watts) < 1) return "";
	if (device.kind === "battery") return t(watts < 0 ? "derCharging" : "derDischarging");
	if (device.kind === "solar") return t("derFromSun");
	return t(watts < 0 ? "derTaking" : "derGiving");
}

/** What it is asked to do, one sentence each; empty: nothing holds it back. */
export function commandWords(der: DerStatus): string[] {
	const words: string[] = [];
	const watts = (value: number) => {
		const { number, unit } = power(value);
		return `${number}\u202f${unit}`;
	};
	if (!der.energize) words.push(t("derOff"));
	if (der.limitW !== null) words.push(t("derLimit", { power: watts(der.limitW) }));
	if (der.setW !== null) words.push(t("derSet", { power: watts(der.setW) }));
	if (der.chargeLimitW !== null) words.push(t("derChargeLimit", { power: watts(der.chargeLimitW) }));
	if (der.dischargeLimitW !== null) words.push(t("derDischargeLimit", { power: watts(der.dischargeLimitW) }));
	if (der.pf !== null) words.push(t(der.pf < 0 ? "derPfUnder" : "derPf", { share: percent(Math.abs(der.pf)) }));
	if (der.setVar !== null) words.push(t("derVar", { vars: `${Math.round(der.setVar)}\u202fvar` }));
	return words;
}
