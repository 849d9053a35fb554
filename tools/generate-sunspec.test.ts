import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { root, temporaryFolder } from "../test/peers";

const point = (name: string, more: object = {}) => ({ name, type: "uint16", size: 1, ...more });
const model = (points: object[], groups: object[] = []) => ({
	id: 7001,
	group: { name: "test", type: "group", points: [point("ID"), point("L"), ...points], groups },
});

describe("the SunSpec generator", () => {
	const folder = temporaryFolder();
	const models = join(folder.path, "models");
	const out = join(folder.path, "out");
	const generate = (...more: string[]) => {
		const script = join(root, "tools/generate-sunspec.mjs");
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			[script, "--models", models, "--out", out, ...more],
			{
				encoding: "utf8",
			},
		);
		return { status, text: stdout + stderr };
	};
	const put = (content: object) => writeFileSync(join(models, "model_7001.json"), JSON.stringify(content));

	beforeEach(() => mkdirSync(models, { recursive: true }));
	afterEach(() => folder.remove());

	it("writes one module a model and the catalogue, and finds them in order after", () => {
		put(
			model([
				point("A", {
					type: "enum16",
					symbols: [
						{ name: "ON", value: 1 },
						{ name: "OFF", value: 2 },
					],
					access: "RW",
				}),
			]),
		);
		expect(generate()).toMatchObject({ status: 0 });
		expect(readdirSync(out)).toEqual(["catalogue.ts", "model7001.ts"]);
		const text = readFileSync(join(out, "model7001.ts"), "utf8");
		expect(text).toContain("7001|test|3\nID|0|u16\nL|1|u16\nA|2|e16|||W|ON=1,OFF`;");
		expect(text).toMatch(/node tools\/generate-sunspec\.mjs[\s\S]*pysunspec2 \d[\s\S]*Apache-2\.0/);
		expect(generate("--check")).toEqual({ status: 0, text: "" });
	});

	it.each([
		["a module that was edited", () => appendFileSync(join(out, "model7001.ts"), "//"), /model7001\.ts/],
		["a module that is gone", () => rmSync(join(out, "catalogue.ts")), /catalogue\.ts/],
		["a module too many", () => writeFileSync(join(out, "model9.ts"), ""), /model9\.ts/],
		["an input that changed", () => put(model([point("B")])), /model7001\.ts/],
	])("finds %s, and mends it", (_name, spoil, message) => {
		put(model([point("A")]));
		generate();
		spoil();
		const check = generate("--check");
		expect(check.status).toBe(1);
		expect(check.text).toMatch(message);
		expect(generate().status).toBe(0);
		expect(generate("--check").status).toBe(0);
	});

	it.each([
		["an unknown type", model([point("A", { type: "uint24" })]), /unknown type uint24/],
		["a size that is not the type's", model([point("A", { size: 2 })]), /A has size 2/],
		["an array", model([point("A", { count: 3 })]), /A is an array/],
		["a bar in a unit", model([point("A", { units: "a|b" })]), /does not fit/],
		["a comma in a symbol", model([point("A", { symbols: [{ name: "A,B", value: 0 }] })]), /A,B/],
		["a dot in a group", model([], [{ name: "a.b", type: "group", points: [] }]), /a\.b/],
		["another id inside", { ...model([]), id: 7002 }, /holds model 7002/],
	])("refuses a model with %s", (_name, content, message) => {
		put(content);
		const { status, text } = generate();
		expect(status).toBe(1);
		expect(text).toMatch(message);
		expect(text).not.toMatch(/^\s+at /m);
	});
});
