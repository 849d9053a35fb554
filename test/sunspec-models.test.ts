/** Every model of the catalogue against pysunspec2, an independent implementation that reads the same model files. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fromHex, toHex } from "../modules/base/bytes";
import { modelIds, modelText } from "../modules/sunspec/generated/catalogue";
import { Image } from "../modules/sunspec/image";
import { symbolName } from "../modules/sunspec/model";
import type { PointInfo } from "../modules/sunspec/place";
import { defineModel, type GroupTable } from "../modules/sunspec/vendor";
import { filled, nameOf, type RandomModel, randomModel } from "./adapters/sunspec-values";
import { describeWithPeers, root, run, temporaryFolder } from "./peers";

const rounds = 4;

type Values = { [name: string]: string | number | Values | Values[] };

interface Case extends RandomModel {
	bytes: string;
	values: Values;
}

interface Answer {
	decoded: Record<string, string>;
	computed: Record<string, string>;
	bytes: string;
	error: string;
}

function makeCase(id: number, round: number): Case {
	const made = randomModel(id, round);
	return { ...made, bytes: modelBytes(made.image), values: nested(made.image, made.points, made.raws) };
}

function modelBytes(image: Image): string {
	return toHex(new Uint8Array(image.registers.buffer, 4, image.registers.byteLength - 8), "");
}

/** The same values as the tree pysunspec2 takes. */
function nested(image: Image, points: readonly PointInfo[], raws: Map<string, string>): Values {
	const tree: Values = {};
	for (const point of points) {
		let place = tree;
		for (const step of point.group === "" ? [] : point.group.split(".")) {
			const [, name, number] = /^(.*?)(?:\[(\d+)\])?$/.exec(step)!;
			if (number === undefined) place = (place[name!] ??= {}) as Values;
			else place = ((place[name!] ??= []) as Values[])[Number(number) - 1] ??= {};
		}
		const text = raws.get(nameOf(point));
		if (text !== undefined) place[point.name] = normal(point, text);
		else if (filled(point)) place[point.name] = String(image.registers.getUint16(2 * (point.address - image.base)));
	}
	return tree;
}

/** One spelling for what the two sides write differently. */
function normal(point: PointInfo, text: string | undefined): string {
	if (text === undefined) return "not implemented";
	if (point.type === "float32" || point.type === "float64") return String(Number(text));
	if (point.type === "ipv6addr") return text.replaceAll(":", "");
	if (point.type === "ipaddr" && text.includes(".")) {
		return String(text.split(".").reduce((all, part) => all * 256 + Number(part), 0));
	}
	return text;
}

describeWithPeers("SunSpec models and pysunspec2", ["python"], () => {
	const folder = temporaryFolder();
	const cases: Case[] = [];
	let answers: { results: Answer[]; definitions: Record<string, GroupTable> };

	beforeAll(async () => {
		for (const id of modelIds) for (let round = 1; round <= rounds; round++) cases.push(makeCase(id, round));
		const file = join(folder.path, "cases.json");
		writeFileSync(file, JSON.stringify(cases.map(({ id, bytes, values }) => ({ id, bytes, values }))));
		answers = JSON.parse(await run(join(root, ".venv/bin/python"), [join(root, "test/peers/sunspec_models.py"), file]));
	});
	afterAll(() => folder.remove());

	const each = (id: number, look: (one: Case, answer: Answer, place: string) => void) => {
		for (const [index, one] of cases.entries()) {
			if (one.id === id) look(one, answers.results[index]!, `${id} round ${one.round}`);
		}
	};

	it("covers the whole package", () => {
		expect(modelIds.length).toBe(112);
		expect(answers.results.length).toBe(modelIds.length * rounds);
		expect(cases.reduce((sum, { raws }) => sum + raws.size, 0)).toBeGreaterThan(15_000);
	});

	it.each(modelIds)("model %i: what we encode, pysunspec2 decodes, and no more", (id) => {
		each(id, ({ image, points, raws }, { decoded, computed, error }, place) => {
			expect(error).toBe("");
			for (const point of points) {
				if (filled(point)) continue;
				const name = nameOf(point);
				expect(normal(point, decoded[name]), `${place} ${name}`).toBe(normal(point, raws.get(name)));
				const handle = image.handle(id, point.name, point.group);
				if (image.scale(handle) === 0) continue;
				const exact = image.value(handle) as number | undefined;
				if (exact === undefined) expect(computed[name], `${place} ${name}`).toBeUndefined();
				else
					expect(Math.abs(Number(computed[name]) - exact), `${place} ${name}`).toBeLessThan(
						1e-9 * Math.abs(exact) + 1e-12,
					);
			}
		});
	});

	it.each(modelIds)("model %i: both make the same bytes, and we read theirs", (id) => {
		each(id, ({ points, raws, bytes, round }, answer, place) => {
			const theirs = fromHex(answer.bytes);
			expect(toHex(theirs), place).toBe(toHex(fromHex(bytes)));
			const other = new Image([{ id, repeats: round }]);
			for (let at = 0; at < theirs.length; at++) other.registers.setUint8(4 + at, theirs[at]!);
			for (const point of points) {
				if (filled(point)) continue;
				const raw = other.raw(other.handle(id, point.name, point.group));
				const name = nameOf(point);
				expect(normal(point, raw === undefined ? undefined : String(raw)), `${place} ${name}`).toBe(
					normal(point, raws.get(name)),
				);
			}
		});
	});

	it.each(modelIds)("model %i: the table says what the model file says", (id) => {
		const definition = answers.definitions[id]!;
		expect(defineModel(id, definition)).toBe(modelText(id));
		const points: unknown[] = [];
		new Image([{ id, repeats: 1 }]).eachPoint((point) => {
			points.push([
				point.group.replaceAll("[1]", ""),
				point.name,
				point.type,
				point.size,
				point.scale ?? "",
				point.unit,
				point.mandatory,
				point.writable,
				point.constant,
			]);
			for (const { name, value } of symbolsIn(definition, point)) expect(symbolName(point.symbols, value)).toBe(name);
			expect(point.symbols === "" ? 0 : point.symbols.split(",").length).toBe(symbolsIn(definition, point).length);
		});
		expect(points).toEqual(pointsIn(definition, ""));
	});
});

function pointsIn(group: GroupTable, path: string): unknown[] {
	const own = (group.points ?? []).map((point) => [
		path,
		point.name,
		point.type,
		point.size,
		point.sf ?? "",
		(point.units ?? "").trim(),
		point.mandatory === "M",
		point.access === "RW",
		point.static === "S",
	]);
	for (const child of group.groups ?? [])
		own.push(...(pointsIn(child, `${path}.${child.name}`.replace(/^\./, "")) as []));
	return own;
}

function symbolsIn(definition: GroupTable, point: PointInfo): readonly { name: string; value: number }[] {
	let group: GroupTable | undefined = definition;
	for (const step of point.group === "" ? [] : point.group.replaceAll("[1]", "").split(".")) {
		group = group?.groups?.find((child) => child.name === step);
	}
	return group?.points?.find((candidate) => candidate.name === point.name)?.symbols ?? [];
}
