// Hand-written files stop at 500 lines (C 600): beyond that a file has more than one meaning.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sourceFiles } from "./files.mjs";

export function sizeComplaint(path, lines) {
	const limit = /\.[ch]$/.test(path) ? 600 : 500;
	return lines > limit ? `${path}: ${lines} lines, the limit is ${limit}; split it along its meaning` : undefined;
}

export function checkSizes(root) {
	const complaints = [];
	for (const path of sourceFiles(root, /\.(ts|tsx|js|mjs|c|h|css|html|py)$/)) {
		if (path.includes("/generated/")) continue;
		const lines = readFileSync(join(root, path), "utf8").split("\n").length - 1;
		const complaint = sizeComplaint(path, lines);
		if (complaint) complaints.push(complaint);
	}
	return complaints;
}
