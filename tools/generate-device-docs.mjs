// Makes docs/devices from the device tables: a page for each, and an overview. With --check nothing is written: a
// difference is an error. `node tools/generate-device-docs.mjs [--check]`
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "docs/devices");

/** The pages as the tables of this working copy make them, by file name. */
async function makePages() {
	const outfile = join(mkdtempSync(join(tmpdir(), "gridpost-docs-")), "device-docs.mjs");
	try {
		await build({
			entryPoints: [join(root, "hosts/desktop/device-docs.ts")],
			bundle: true,
			outfile,
			format: "esm",
			platform: "neutral",
			target: "es2022",
			logLevel: "silent",
		});
		return await import(pathToFileURL(outfile).href);
	} finally {
		rmSync(dirname(outfile), { recursive: true, force: true });
	}
}

/** Complaints, for tools/check.mjs. */
export async function deviceDocComplaints() {
	const { pages, leftOut } = await makePages();
	const there = existsSync(folder) ? readdirSync(folder) : [];
	const wrong = [...pages].filter(
		([name, text]) => !there.includes(name) || readFileSync(join(folder, name), "utf8") !== text,
	);
	const names = [...wrong.map(([name]) => name), ...there.filter((name) => !pages.has(name))];
	const complaints = leftOut.map((one) => `docs/devices: ${one}`);
	if (names.length > 0)
		complaints.push(`docs/devices: ${names.join(", ")} not as the tables are; run node tools/generate-device-docs.mjs`);
	return complaints;
}

async function write() {
	const { pages } = await makePages();
	mkdirSync(folder, { recursive: true });
	for (const name of readdirSync(folder)) if (!pages.has(name)) rmSync(join(folder, name));
	for (const [name, text] of pages) writeFileSync(join(folder, name), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	if (process.argv.includes("--check")) {
		const complaints = await deviceDocComplaints();
		for (const line of complaints) console.error(line);
		process.exitCode = complaints.length > 0 ? 1 : 0;
	} else await write();
}
