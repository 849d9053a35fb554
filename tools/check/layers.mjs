// Imports never point up a layer, never run in a circle, and only main.ts and hosts/ name platform modules.
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { sourceFiles } from "./files.mjs";

/** Lowest first; folders of one row may not import each other unless a row says so. design.md, section 1. */
export const layers = [
	["modules/base"],
	["modules/rs485", "modules/can", "modules/buttons"],
	[
		"modules/modbus",
		"modules/serial",
		"modules/canbus",
		"modules/mqtt",
		"modules/http",
		"modules/atm90e32",
		"modules/relay",
	],
	["modules/json"],
	["modules/sunspec"],
	["modules/devices"],
	["modules/site"],
	["modules/openami", "modules/admin", "modules/panel", "modules/setup"],
	["web"],
	["sim"],
	["main.ts"],
	["hosts"],
	["tools"],
	["test"],
	["bench"],
];

const rankOf = (path) => layers.findIndex((row) => row.some((place) => path === place || path.startsWith(`${place}/`)));
const placeOf = (path) => layers[rankOf(path)]?.find((place) => path === place || path.startsWith(`${place}/`));

/** Specifiers imported by a source text: static, re-export, dynamic and `import type`. */
export function importsOf(text) {
	const found = [];
	const pattern =
		/(?:^|[\s;}])(?:import|export)\s+(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;
	const bare = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
	for (const match of bare.matchAll(pattern)) found.push(match[1] ?? match[2]);
	return found;
}

/** Complaints about the files `{path: text}`; `exists` tells whether a repository path is a file. */
export function layerComplaints(files, exists) {
	const complaints = [];
	const graph = new Map();
	for (const [path, text] of Object.entries(files)) {
		const isTest = /\.test\.ts$/.test(path) || path.includes("/testing/");
		const rank = rankOf(path);
		if (rank < 0) {
			complaints.push(`${path}: lies in no layer; move it or add its folder to tools/check/layers.mjs`);
			continue;
		}
		const edges = [];
		for (const specifier of importsOf(text)) {
			if (!specifier.startsWith(".")) {
				if (path.startsWith("modules/") || path.startsWith("sim/")) {
					if (!isTest) complaints.push(`${path}: imports "${specifier}"; only main.ts and hosts/ know a platform`);
				}
				continue;
			}
			const base = posix.normalize(posix.join(posix.dirname(path), specifier));
			const target = [base, `${base}.ts`, `${base}.tsx`, `${base}.js`, `${base}.mjs`, `${base}.d.ts`].find(
				(candidate) => exists(candidate),
			);
			if (!target) {
				complaints.push(`${path}: imports "${specifier}", which is no file`);
				continue;
			}
			if (/\.(ts|js)$/.test(specifier) && path.startsWith("modules/"))
				complaints.push(`${path}: "${specifier}" must have no extension`);
			if (isTest) continue; // tests may reach for fakes and peers anywhere
			edges.push(target);
			if (rankOf(target) > rank) complaints.push(`${path}: imports ${target}, which lies in a higher layer`);
			else if (rankOf(target) === rank && placeOf(target) !== placeOf(path))
				complaints.push(
					`${path}: imports ${target}; ${placeOf(path)} and ${placeOf(target)} are neighbours and must not know each other`,
				);
		}
		if (!isTest) graph.set(path, edges);
	}
	for (const circle of circles(graph)) complaints.push(`circle of imports: ${circle.join(" -> ")}`);
	return complaints;
}

function circles(graph) {
	const found = [];
	const state = new Map();
	const visit = (path, trail) => {
		state.set(path, 1);
		for (const next of graph.get(path) ?? []) {
			if (state.get(next) === 1) found.push([...trail.slice(trail.indexOf(next)), next]);
			else if (!state.has(next)) visit(next, [...trail, next]);
		}
		state.set(path, 2);
	};
	for (const path of graph.keys()) if (!state.has(path)) visit(path, [path]);
	return found;
}

export function checkLayers(root) {
	const files = {};
	for (const path of sourceFiles(root, /\.(ts|tsx|js)$/)) {
		if (/^(modules|sim|web|hosts|main\.ts|bench|test)/.test(path) && !path.endsWith(".d.ts"))
			files[path] = readFileSync(join(root, path), "utf8");
	}
	return layerComplaints(files, (path) => path in files || existsSync(join(root, path)));
}
