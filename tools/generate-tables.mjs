// Lists the device tables of modules/devices/tables: one file a product, named like its id. Files that others share have
// no table of their own. `node tools/generate-tables.mjs` writes the list, with --check it only tells whether it is right.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "modules/devices/tables");
const target = "modules/devices/generated/tables.ts";
const idsTarget = "modules/devices/generated/table-ids.ts";

/** Id and export of each table. */
export function findTables() {
	const found = [];
	for (const file of readdirSync(folder).sort()) {
		if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
		const text = readFileSync(join(folder, file), "utf8");
		const id = file.slice(0, -3);
		const named = /^export const (\w+)(?::\s*DeviceTable)?\s*=/m;
		const own = [...text.matchAll(/^export const (\w+)\b/gm)].map((one) => one[1]);
		const name = named.exec(text)?.[1];
		if (!new RegExp(`\\bid: "${id}"`).test(text)) continue;
		// of several exports, the one that is named like the file
		const wanted = id.replace(/[^a-z0-9]/g, "");
		const protocol = /\bprotocol: "([a-z0-9-]+)"/.exec(text)?.[1] ?? "modbus";
		found.push({ id, protocol, name: own.find((one) => wanted.startsWith(one.toLowerCase())) ?? name });
	}
	return found;
}

/** The file's text. */
export function tablesText(found) {
	const imports = found.map(({ id, name }) => `import { ${name} } from "../tables/${id}";`);
	return `// Made by \`node tools/generate-tables.mjs\` from the files of modules/devices/tables.
import type { DeviceTable } from "../table";
${imports.join("\n")}

/** Every product of the catalogue, also those that the firmware loads only when a site names them. */
export const allTables: readonly DeviceTable[] = [
${found.map(({ name }) => `\t${name},`).join("\n")}
];

export function findTable(id: string): DeviceTable | undefined {
	return allTables.find((table) => table.id === id);
}
`;
}

/** What the firmware knows of them before it loads one. */
export function idsText(found) {
	const lines = found.map(({ id, protocol }) => (protocol === "modbus" ? id : `${id}:${protocol}`));
	return `// Made by \`node tools/generate-tables.mjs\` from the files of modules/devices/tables.
import { frozen } from "../../base/frozen";

/** Ids of all tables, each with its protocol behind a colon where that is not Modbus. It lies in flash. */
export const kTableIds = frozen<readonly string[]>([
${lines.map((line) => `\t"${line}",`).join("\n")}
]);
`;
}

/** Complaints, for tools/check.mjs. */
export function tableComplaints() {
	const found = findTables();
	const wrong = [
		[target, tablesText(found)],
		[idsTarget, idsText(found)],
	].filter(([path, text]) => readFileSync(join(root, path), "utf8") !== text);
	return wrong.map(([path]) => `${path}: does not list the tables as they are; run node tools/generate-tables.mjs`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	if (process.argv.includes("--check")) {
		const complaints = tableComplaints();
		for (const line of complaints) console.error(line);
		process.exitCode = complaints.length > 0 ? 1 : 0;
	} else {
		const found = findTables();
		writeFileSync(join(root, target), tablesText(found));
		writeFileSync(join(root, idsTarget), idsText(found));
	}
}
