import { t } from "../texts/texts";
import { age, timeOfDay } from "./format";
import { ageNow, momentOf } from "./time";
import type { DeviceStatus, PointStatus, Quality } from "./types";

/** How a reading stands, in words; its colour follows `quality`. */
export interface Standing {
	quality: Quality;
	words: string;
	/** Why there is no value, "" when there is one. */
	why: string;
}

export function findPoint(device: DeviceStatus, ...names: string[]): PointStatus | undefined {
	for (const name of names) {
		const found = device.points.find((point) => point.point === name);
		if (found) return found;
	}
	return undefined;
}

export const powerOf = (device: DeviceStatus) => findPoint(device, "W");
export const voltageOf = (device: DeviceStatus) => findPoint(device, "PhVphA", "PhV", "LNV");

/** A point's number, undefined where nothing was measured. */
export function numberOf(point: PointStatus | undefined): number | undefined {
	return typeof point?.value === "number" ? point.value : undefined;
}

/** The point that stands for the device: power of a meter, else its first. */
export function mainPoint(device: DeviceStatus): PointStatus | undefined {
	return powerOf(device) ?? findPoint(device, "DCW", "TmpAmb") ?? device.points[0];
}

/** What a person wants to see first of a device, by its kind; those it does not have are left out. */
const keyNames: Readonly<Record<string, readonly string[]>> = {
	drive: ["St", "Hz", "W"],
	evse: ["St", "W", "WhSes"],
	leakage: ["AAC", "ADC", "Latch"],
};

/** The points that stand for a device in a list: one of most, some of a sensor and of what has states. */
export function keyPoints(device: DeviceStatus): PointStatus[] {
	const names = keyNames[device.kind];
	const found = names?.map((name) => findPoint(device, name)).filter((one) => one !== undefined) ?? [];
	if (found.length > 0) return found.slice(0, 3);
	if (device.role === "sensor" || device.kind === "relay" || device.kind === "plc") return device.points.slice(0, 3);
	const main = mainPoint(device);
	return main ? [main] : [];
}

/** Of a point whose data is of `atMs`. `answeredS`: when its device last answered. */
export function standingOf(point: PointStatus | undefined, answeredS: number | null, atMs: number): Standing {
	const quality = point?.quality ?? "never";
	switch (quality) {
		case "good":
		case "suspect":
			return { quality, words: t(`quality_${quality}`), why: point?.value === null ? t("whyMissing") : "" };
		case "comms_lost": {
			const seconds = point?.ageS ?? answeredS;
			if (seconds === null) return { quality, words: t("quality_lost"), why: t("quality_lost") };
			const now = ageNow(seconds, atMs);
			return {
				quality,
				words: t("quality_lostSince", { time: timeOfDay(momentOf(now)) }),
				why: t("whyLost", { age: age(now) }),
			};
		}
		case "never":
			return { quality, words: t("quality_never"), why: t("whyNever") };
	}
}

export function deviceStanding(device: DeviceStatus, atMs: number): Standing {
	return standingOf(mainPoint(device), device.answeredS, atMs);
}

export interface Totals {
	feeder: DeviceStatus | undefined;
	homes: DeviceStatus[];
	/** W into the pole; undefined: not known now. */
	feederW: number | undefined;
	/** Sum over the homes that are read. */
	homesW: number | undefined;
	homesRead: number;
	/** Feeder and what DERs give less homes, once all of them are read well. */
	lossW: number | undefined;
	todayWh: number | undefined;
	todayKnown: number;
}

/** Nothing is made up: what is not known in full is undefined, or says how much of it is known. */
export function totalsOf(devices: readonly DeviceStatus[]): Totals {
	const feeder = devices.find((device) => device.role === "feeder");
	const homes = devices.filter((device) => device.role === "home");
	const powers = homes.map((home) => numberOf(powerOf(home))).filter((one) => one !== undefined);
	const today = homes.map((home) => home.todayWh ?? undefined).filter((one) => one !== undefined);
	const feederW = feeder && numberOf(powerOf(feeder));
	const sum = (list: readonly number[]) => (list.length > 0 ? list.reduce((a, b) => a + b, 0) : undefined);
	const homesW = sum(powers);
	const ders = devices.filter(({ kind }) => kind === "inverter" || kind === "battery");
	const given = ders.map((der) => numberOf(powerOf(der))).filter((one) => one !== undefined);
	const complete = homes.length > 0 && powers.length === homes.length && given.length === ders.length;
	return {
		feeder,
		homes,
		feederW,
		homesW,
		homesRead: powers.length,
		lossW: complete && feederW !== undefined && homesW !== undefined ? feederW + (sum(given) ?? 0) - homesW : undefined,
		todayWh: sum(today),
		todayKnown: today.length,
	};
}
