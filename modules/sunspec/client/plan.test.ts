import { describe, expect, it } from "vitest";
import { modelIds } from "../generated/catalogue";
import { Image, type ModelSpec } from "../image";
import { eachPoint } from "../place";
import { ClientPlan, Pace, type PlanOptions, Special } from "./plan";

function plan(models: readonly ModelSpec[], options?: PlanOptions, shift = 0) {
	const image = new Image(models);
	const found = image.models.map(({ id, address, length }) => {
		return { id, address: address + shift, length, known: true, repeats: {} };
	});
	return { image, plan: new ClientPlan(found, image.models, options) };
}

function readsOf(one: ClientPlan): string[] {
	const paces = Object.keys(Pace);
	return Array.from({ length: one.reads }, (_unused, i) => `${paces[one.pace(i)]} ${one.address(i)}+${one.count(i)}`);
}

describe("the reads of a found device", () => {
	it("joins what is read as often and stands together, up to 125 registers", () => {
		const { plan: one } = plan([
			{ id: 1 },
			{ id: 103 },
			{ id: 160, repeats: 2 },
			{ id: 121 },
			{ id: 123 },
			{ id: 120 },
		]);
		expect(readsOf(one)).toEqual(["once 40002+66", "once 40230+28", "fast 40070+102", "slow 40172+58"]);
	});

	it("reads a long model in pieces that end between points, and what never changes slowly", () => {
		const { plan: one, image } = plan([{ id: 1 }, { id: 701 }]);
		const [, fast, tail] = readsOf(one);
		expect(fast).toMatch(/^fast 40070\+11\d$/);
		expect(tail).toMatch(/^slow 401\d\d\+4\d$/);
		expect(one.deviceAddress(image.point(image.handle(701, "W"))!.address)).toBe(40070 + 10);
	});

	it("reads scale factors that are not static together with what they scale", () => {
		const { plan: one, image } = plan([{ id: 1 }, { id: 802 }]);
		const address = (point: string) => image.point(image.handle(802, point))!.address;
		const [last] = image.models.slice(-1);
		expect(one.readOf(address("SoC"))).toBe(one.readOf(last!.address + last!.length + 1));
	});

	it.each([125, 100, 64, 32, 16, 8])("has every register of every model in reads of up to %i", (most) => {
		for (const id of modelIds) {
			const { plan: one, image } = plan([{ id: 1 }, { id, repeats: 2 }], { most }, 1000);
			for (let i = 0; i < one.reads; i++) expect(one.count(i), `${id}`).toBeLessThanOrEqual(most);
			const place = image.models[1]!;
			for (let at = place.address; at < place.address + place.length + 2; at++) {
				if (id === 1 && at >= place.address + 68) continue;
				expect(one.deviceAddress(at), `${id} ${at - place.address}`).toBe(at + 1000);
			}
			let factors = 0;
			let counts = 0;
			eachPoint(place, (point) => {
				if (point.type === "sunssf") factors++;
				if (point.type === "count") counts++;
			});
			const specials = Array.from({ length: one.specials }, (_unused, i) => one.specialKind(i));
			expect(
				specials.filter((kind) => kind === Special.scaleFactor),
				`${id}`,
			).toHaveLength(factors);
			expect(specials.filter((kind) => kind === Special.count).length, `${id}`).toBeGreaterThanOrEqual(counts);
		}
	});

	it("does not go from one model into the next when it may not", () => {
		const { plan: one, image } = plan([{ id: 1 }, { id: 103 }, { id: 160, repeats: 2 }], { join: false });
		expect(one.readOf(image.models[1]!.address)).not.toBe(one.readOf(image.models[2]!.address));
	});

	it("copies what a shortened model has, in whole points", () => {
		const image = new Image([{ id: 1 }, { id: 103 }]);
		const cut = (length: number) => {
			const found = [{ id: 103, address: 100, length, known: true, repeats: {}, quirk: "length" as const }];
			return new ClientPlan(found, image.models);
		};
		const { address } = image.point(image.handle(103, "WH"))!;
		expect(cut(50).deviceAddress(address)).toBe(100 + 24);
		expect(cut(23).deviceAddress(address)).toBe(-1);
		expect(cut(52).count(0)).toBe(52);
	});

	it("takes the second model of a kind to the second place", () => {
		const { plan: one, image } = plan([{ id: 1 }, { id: 103 }, { id: 103 }]);
		for (const place of image.models) expect(one.deviceAddress(place.address + 5)).toBe(place.address + 5);
	});
});
