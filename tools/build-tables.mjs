// Makes build/tables from modules/devices/tables: each table as plain data, as the firmware loads it. What only the docs and
// an editor need stays behind (notes, quirks, sources, rows that nobody reads or writes), helper functions have run, and what
// is equal in a table stands once: half the flash of the compiled sources, and less RAM.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { findTables } from "./generate-tables.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "build/tables");

/** A table without what only people read. */
export function lean(table) {
	const { rows, quirks: _, sources: __, ...rest } = table;
	const named = new Set();
	const collect = (value) => {
		if (typeof value === "string") named.add(value[0] === "@" ? value.slice(1) : value);
		else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
	};
	collect(rest);
	for (const { times, when } of rows) collect([times, when]);
	const kept = rows.filter((row) => row.poll !== undefined || row.write !== undefined || named.has(row.name));
	return { ...rest, rows: kept.map(({ note: ___, ...row }) => row), quirks: [], sources: [] };
}

const isName = (key) => /^[A-Za-z_$][\w$]*$|^(0|[1-9]\d*)$/.test(key);

/** JavaScript of a value; objects in `known` by their name there. */
function literal(value, known) {
	if (typeof value === "string") return JSON.stringify(value);
	if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
	const name = known.get(value);
	if (name !== undefined) return name;
	return body(value, known);
}

function body(value, known) {
	if (Array.isArray(value)) return `[${value.map((one) => literal(one, known)).join(",")}]`;
	const fields = Object.entries(value).filter(([, field]) => field !== undefined);
	const key = (text) => (isName(text) ? text : JSON.stringify(text));
	return `{${fields.map(([name, field]) => `${key(name)}:${literal(field, known)}`).join(",")}}`;
}

/** Equal objects as one, smallest first; gives those that stand more than once. */
function unite(value, pool, counts) {
	if (typeof value !== "object" || value === null) return value;
	const copy = Array.isArray(value) ? value.map((one) => unite(one, pool, counts)) : {};
	if (!Array.isArray(value)) for (const [name, field] of Object.entries(value)) copy[name] = unite(field, pool, counts);
	const text = body(copy, new Map());
	const one = pool.get(text) ?? copy;
	pool.set(text, one);
	counts.set(one, (counts.get(one) ?? 0) + 1);
	return one;
}

/** The module of a table. `texts` are model texts that several tables have, by their module's name. */
export function tableModule(name, table, texts = new Map()) {
	const counts = new Map();
	const whole = unite(lean(table), new Map(), counts);
	const known = new Map();
	const lines = [];
	const used = new Set();
	for (const model of whole.sunspec) {
		const module = texts.get(model.text);
		if (module === undefined) continue;
		used.add(module);
	}
	const word = new Map(
		[...texts].filter(([, module]) => used.has(module)).map(([text, module]) => [text, module.replace(/-/g, "_")]),
	);
	for (const module of used) lines.push(`import { text as ${module.replace(/-/g, "_")} } from "./${module}";`);
	let next = 0;
	for (const [value, count] of counts) {
		if (count < 2 || value === whole) continue;
		const constant = `c${next++}`;
		lines.push(`const ${constant} = ${body(value, known)};`);
		known.set(value, constant);
	}
	const text = `export const ${name} = ${body(whole, known)};`;
	let all = [...lines, text].join("\n");
	for (const [model, constant] of word) all = all.split(`text:${JSON.stringify(model)}`).join(`text:${constant}`);
	return `${all}\n`;
}

/** The tables that the firmware does not preload. */
export function tablesOnDemand() {
	const catalogue = readFileSync(join(root, "modules/devices/catalogue.ts"), "utf8");
	return findTables().filter(({ id }) => !catalogue.includes(`"./tables/${id}"`));
}

/** Model texts that two tables or more have, and the module each gets. */
function sharedTexts(tables) {
	const counts = new Map();
	for (const table of tables) {
		for (const model of table.sunspec) {
			if (model.text === undefined) continue;
			const one = counts.get(model.text) ?? { id: model.id, count: 0 };
			one.count++;
			counts.set(model.text, one);
		}
	}
	const shared = [...counts].filter(([, { count }]) => count > 1);
	return new Map(shared.map(([text, { id }], i) => [text, `text-${id}-${i}`]));
}

/** Writes build/tables when a source has changed. */
export async function buildTables() {
	const sources = ["modules/devices/generated/tables.ts", "tools/build-tables.mjs", "modules/sunspec/vendor.ts"];
	for (const place of ["modules/devices/tables", "modules/devices/models", "modules/devices"]) {
		for (const file of readdirSync(join(root, place))) if (/\.ts$/.test(file)) sources.push(`${place}/${file}`);
	}
	const hash = createHash("sha1");
	for (const path of sources.sort()) hash.update(path).update(readFileSync(join(root, path)));
	const print = hash.digest("hex");
	const stamp = join(folder, ".sources");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === print) return;
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	const bundle = join(folder, ".all.mjs");
	buildSync({
		entryPoints: [join(root, "modules/devices/generated/tables.ts")],
		bundle: true,
		format: "esm",
		outfile: bundle,
		logLevel: "error",
	});
	const { allTables } = await import(`${pathToFileURL(bundle).href}?${print}`);
	const wanted = tablesOnDemand().map(({ id }) => id);
	const texts = sharedTexts(allTables.filter(({ id }) => wanted.includes(id)));
	for (const [text, module] of texts)
		writeFileSync(join(folder, `${module}.js`), `export const text = ${JSON.stringify(text)};\n`);
	for (const { id, name } of tablesOnDemand()) {
		const table = allTables.find((one) => one.id === id);
		writeFileSync(join(folder, `${id}.js`), tableModule(name, table, texts));
	}
	writeFileSync(stamp, print);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildTables();
