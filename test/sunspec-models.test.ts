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
import { describeWithPeers, root, run, temporaryFolder } from "./peers";

const rounds = 4;

/** mulberry32 */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

type Values = { [name: string]: string | number | Values | Values[] };

interface Case {
	id: number;
	round: number;
	image: Image;
	points: PointInfo[];
	/** Full name -> what was set: raw number as text, or text. */
	raws: Map<string, string>;
	bytes: string;
	values: Values;
}

interface Answer {
	decoded: Record<string, string>;
	computed: Record<string, string>;
	bytes: string;
	error: string;
}

const nameOf = (point: PointInfo): string => (point.group === "" ? point.name : `${point.group}.${point.name}`);

/** Any value the type can hold; under a scale factor, a 64-bit one that a double holds exactly. */
function randomRaw(point: PointInfo, scaled: boolean, random: () => number): bigint | number | string {
	const whole = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
	const bits = (count: number) => {
		let value = 0n;
		for (let i = 0; i < count; i++) value = value * 2n + BigInt(whole(0, 1));
		return value;
	};
	switch (point.type) {
		case "int16":
			return whole(-0x7fff, 0x7fff);
		case "uint16":
		case "enum16":
			return whole(0, 0xfffe);
		case "acc16":
			return whole(1, 0xffff);
		case "bitfield16":
			return whole(0, 0x7fff);
		case "int32":
			return whole(-0x7fffffff, 0x7fffffff);
		case "uint32":
		case "enum32":
			return whole(0, 0xfffffffe);
		case "acc32":
			return whole(1, 0xffffffff);
		case "bitfield32":
			return whole(0, 0x7fffffff);
		case "int64":
			return scaled ? whole(-(2 ** 47), 2 ** 47) : bits(63) * (random() < 0.5 ? -1n : 1n);
		case "uint64":
			return scaled ? whole(0, 2 ** 47) : bits(63) * 2n;
		case "acc64":
			return scaled ? whole(1, 2 ** 47) : bits(62) + 1n;
		case "float32":
			return Math.fround((random() - 0.5) * 10 ** whole(-6, 9));
		case "float64":
			return (random() - 0.5) * 10 ** whole(-9, 18);
		case "ipaddr":
			return `${whole(1, 255)}.${whole(0, 255)}.${whole(0, 255)}.${whole(0, 255)}`;
		case "eui48":
			return Array.from({ length: 6 }, () => whole(1, 254).toString(16).toUpperCase().padStart(2, "0")).join(":");
		case "ipv6addr":
			return Array.from({ length: 8 }, () => whole(1, 0xffff).toString(16).toUpperCase().padStart(4, "0")).join(":");
		case "string": {
			const letters = ["a", "Z", "7", " ", "-", "é", "ß", "…"];
			let text = "x";
			while (text.length < 3 * point.size && random() < 0.9) text += letters[whole(0, letters.length - 1)];
			while (Buffer.byteLength(text) > 2 * point.size) text = text.slice(0, -1);
			return text;
		}
		default:
			throw new Error(`no random ${point.type}`);
	}
}

/** Points that the image fills itself: pads, id, length, and how often the groups repeat. */
function filled(point: PointInfo): boolean {
	if (point.type === "pad" || point.type === "count") return true;
	const counters = [...point.model.text.matchAll(/^\..*?\|([A-Za-z]\w*)\|/gm)].map((match) => match[1]);
	return point.group === "" && ["ID", "L", ...counters].includes(point.name);
}

function makeCase(id: number, round: number): Case {
	const random = seeded(id * 100 + round);
	const image = new Image([{ id, repeats: round }]);
	const points: PointInfo[] = [];
	image.eachPoint((point) => points.push(point));
	const raws = new Map<string, string>();
	// Scale factors first, so that the others are set under them.
	for (const factors of [true, false]) {
		for (const point of points) {
			if ((point.type === "sunssf") !== factors || filled(point)) continue;
			const handle = image.handle(id, point.name, point.group);
			expect(image.handleAt(point.address)).toBe(handle);
			if (random() < 0.15) continue;
			const scale = image.scale(handle);
			const raw = factors ? Math.floor(random() * 13) - 8 : randomRaw(point, scale !== 0, random);
			const value = typeof raw === "number" && scale !== 0 ? (scale < 0 ? raw / 10 ** -scale : raw * 10 ** scale) : raw;
			expect(image.set(handle, value, 1, "good"), `${id} ${nameOf(point)} = ${value}`).toBe(true);
			raws.set(nameOf(point), String(raw));
		}
	}
	return { id, round, image, points, raws, bytes: modelBytes(image), values: nested(image, points, raws) };
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
