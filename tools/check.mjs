// House rules that a compiler does not know. Each check returns its complaints; one sentence says what to do about each.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkLayers } from "./check/layers.mjs";
import { checkNatives } from "./check/natives.mjs";
import { checkPartitions } from "./check/partitions.mjs";
import { checkSizes } from "./check/sizes.mjs";
import { deviceDocComplaints } from "./generate-device-docs.mjs";
import { tableComplaints } from "./generate-tables.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const complaints = [
	...checkLayers(root),
	...checkSizes(root),
	...checkNatives(root),
	...checkPartitions(root),
	...tableComplaints(),
	...(await deviceDocComplaints()),
];

const manifestCheck = join(root, "tools/check-manifest.mjs");
if (existsSync(manifestCheck)) {
	const { checkManifest } = await import(pathToFileURL(manifestCheck).href);
	complaints.push(...checkManifest(root));
}

// Generated files: made again and compared. The generator needs the pinned Python package, so it installs it.
const { ensureVenv } = await import("./venv.mjs");
const missing = ensureVenv();
if (missing) {
	if (process.env.CI === "true") complaints.push(missing);
	else console.error(`left out: generated files: ${missing}`);
} else {
	const result = spawnSync(process.execPath, ["tools/generate-sunspec.mjs", "--check"], {
		cwd: root,
		encoding: "utf8",
	});
	if (result.status !== 0) complaints.push(`${result.stdout}${result.stderr}`.trim());
}

for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exit(1);
console.log("layers, sizes, natives, partitions, manifest and generated files are in order");
