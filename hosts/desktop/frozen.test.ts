import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findRoot } from "./loader";
import { applicationModules } from "./preloads";
import { createTestMachine, type TestMachineOptions } from "./testing";

interface Section {
	preload?: string[];
}

function aliasesOf(options: TestMachineOptions): string[] {
	const machine = createTestMachine(options);
	const aliases = machine.preloadAliases();
	machine.finish();
	return aliases;
}

/** What preloading adds to what the engine itself leaves open. */
function added(options: TestMachineOptions): string[] {
	const own = aliasesOf({ sources: { nothing: "export {};" }, preload: ["nothing"] });
	const rest = aliasesOf(options);
	for (const one of own) {
		const place = rest.indexOf(one);
		if (place >= 0) rest.splice(place, 1);
	}
	return rest.sort();
}

test("finds what a module leaves open, exported or not, at any depth", () => {
	const flash = `
		export const list = [1, 2, 3];
		const hidden = { n: 0, deep: Object.freeze({ deeper: { m: 1 } }) };
		export function read() { return hidden.n; }
		let counter = 0;
		export const count = () => ++counter;
		export class Kind { static table = { x: 1 }; }
		export const closed = Object.freeze({ text: "a", items: Object.freeze([1]) });
		export const bytes = Uint8Array.of(1, 2), known = new Map([["k", 1]]);
	`;
	expect(added({ sources: { flash }, preload: ["flash"] })).toEqual([
		"a variable counter",
		"an array of 3",
		"an object { m }",
		"an object { n deep }",
		"an object { x }",
	]);
});

test("every module that lies in flash on the device is frozen with all that it holds: see modules/base/frozen.ts", () => {
	const manifest = JSON.parse(readFileSync(join(findRoot(), "manifest.json"), "utf8")) as Section & {
		platforms: Record<string, Section>;
	};
	const listed = [manifest, ...Object.values(manifest.platforms)].flatMap((section) => section.preload ?? []);
	const preload = new Set([...applicationModules(), ...listed.filter((name) => /^(modules|sim)\//.test(name))]);
	expect(preload.size).toBeGreaterThan(200);
	expect(added({ preload: [...preload] })).toEqual([]);
});
