/** What pysunspec2 reads from a device beside what our client has of it. */
import { expect } from "vitest";
import type { FoundModel } from "../../modules/sunspec/client/found";
import type { PointInfo } from "../../modules/sunspec/place";
import { nameOf } from "./sunspec-values";

/** A model as test/peers/sunspec_sim.py tells it; values scaled, and as they stand in the registers, as text. */
export interface PeerModel {
	id: number;
	address: number;
	length: number;
	error: string;
	values: Record<string, string>;
	raw: Record<string, string>;
}

export type PeerTree = Record<string, PeerModel[]>;

/** A point and its value in our image, as far as a comparison needs it. */
export interface OurPoint {
	point: Pick<PointInfo, "group" | "name" | "type">;
	value: number | bigint | string | undefined;
}

/** How many points were compared; fails at the first that differs. */
export function compareModel(place: string, theirs: PeerModel, ours: readonly OurPoint[]): number {
	expect(theirs.error, place).toBe("");
	let compared = 0;
	for (const { point, value } of ours) {
		// our unit number stands there
		if (point.type === "pad" || (theirs.id === 1 && point.name === "DA")) continue;
		const name = nameOf(point as PointInfo);
		const text = theirs.values[name];
		const where = `${place} ${theirs.id}.${name}`;
		compared++;
		if (text === undefined || text === "nan") expect(value, where).toBeUndefined();
		else if (typeof value === "number" && point.type !== "ipaddr") {
			const difference = Math.abs(Number(text) - value);
			expect(difference, `${where}: ${value}, pysunspec2 ${text}`).toBeLessThanOrEqual(1e-9 * Math.abs(value) + 1e-9);
		} else expect(plain(point.type, value), where).toBe(plain("string", text));
	}
	const names = new Set(ours.map(({ point }) => nameOf(point as PointInfo)));
	expect(Object.keys(theirs.values).filter((name) => !names.has(name), place)).toEqual([]);
	return compared;
}

/** One spelling for what the two sides write differently. */
function plain(type: string, value: number | bigint | string | undefined): string {
	const text = String(value);
	if (type === "ipaddr") return String(text.split(".").reduce((all, part) => all * 256 + Number(part), 0));
	return text.replaceAll(":", "").toUpperCase();
}

/** Our list of models beside theirs. */
export function compareChain(place: string, theirs: readonly PeerModel[], ours: readonly FoundModel[]): void {
	const line = (one: PeerModel | FoundModel) => `${one.id} at ${one.address}, ${one.length}`;
	expect(ours.map(line), place).toEqual(theirs.map(line));
	for (const model of ours) {
		expect(model.known, `${place} ${model.id}`).toBe(true);
		expect(model.quirk, `${place} ${model.id}`).toBeUndefined();
	}
}
