// Makes build/tables from modules/devices/tables: the tables that the firmware does not preload, each as compressed JSON.
// What only the docs and an editor need stays behind (notes, quirks, sources, rows that nobody reads or writes). A table
// takes 1 KB of flash so; compiled it took 6.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { deflateRawSync } from "node:zlib";
import { buildSync } from "esbuild";
import { findTables } from "./generate-tables.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "build/tables");
const stamp = join(root, "build/tables.stamp");

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

/** The file of a table: raw DEFLATE of its JSON, which modules/devices/packed-table.ts reads. */
export function packTable(table) {
	// JSON has no NaN, which a row may name as a device's own word for no value
	const text = JSON.stringify(lean(table), (_, value) => (Number.isNaN(value) ? "NaN" : value));
	return deflateRawSync(text, { level: 9 });
}

/** The tables that the firmware does not preload. */
function tablesOnDemand() {
	const catalogue = readFileSync(join(root, "modules/devices/catalogue.ts"), "utf8");
	return findTables().filter(({ id }) => !catalogue.includes(`"./tables/${id}"`));
}

/** Writes build/tables when a source has changed. */
export async function buildTables() {
	const sources = ["tools/build-tables.mjs", "modules/sunspec/vendor.ts"];
	for (const place of ["tables", "models", "generated", "."]) {
		for (const file of readdirSync(join(root, "modules/devices", place)))
			if (/\.ts$/.test(file)) sources.push(`modules/devices/${place}/${file}`);
	}
	const hash = createHash("sha1");
	for (const path of sources.sort()) hash.update(path).update(readFileSync(join(root, path)));
	const print = hash.digest("hex");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === print) return;
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	const bundle = join(root, "build/tables.mjs");
	const entryPoints = [join(root, "modules/devices/generated/tables.ts")];
	buildSync({ entryPoints, bundle: true, format: "esm", outfile: bundle, logLevel: "error" });
	const { allTables } = await import(`${pathToFileURL(bundle).href}?${print}`);
	for (const { id } of tablesOnDemand()) {
		writeFileSync(join(folder, `${id}.table`), packTable(allTables.find((one) => one.id === id)));
	}
	writeFileSync(stamp, print);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildTables();
