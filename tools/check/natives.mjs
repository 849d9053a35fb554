// A native class, its typing and its C function belong together: each member of the class is declared in the .d.ts with the
// same name and kind, and each `@ "xs_name"` is a function in native/.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sourceFiles } from "./files.mjs";

/** Members of the classes in a `@ "..."` module: { "Class.member": "method" | "get" | "set" | "static" }, and the C names. */
export function nativeMembers(text) {
	const members = new Map();
	const functions = new Set();
	const bare = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
	for (const match of bare.matchAll(/@\s*"(\w+)"/g)) functions.add(match[1]);
	for (const part of bare.matchAll(/class\s+(\w+)[^{]*\{([\s\S]*?)\n\}/g)) {
		for (const line of part[2].matchAll(/^\s*(static\s+)?(get\s+|set\s+)?([A-Za-z_]\w*)\s*\([^)]*\)\s*(?:@|\{)/gm)) {
			members.set(`${part[1]}.${line[3]}`, (line[2] ?? line[1] ?? "method").trim());
		}
	}
	return { members, functions };
}

/** Member names of the classes that a .d.ts declares. */
export function declaredMembers(text) {
	const names = new Set();
	const bare = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
	for (const part of bare.matchAll(/class\s+(\w+)[^{]*\{([\s\S]*?)\n\}/g)) {
		for (const line of part[2].matchAll(
			/^\s*(?:static\s+)?(?:readonly\s+)?(?:get\s+|set\s+)?([A-Za-z_]\w*)\s*(?:\?|\(|:|<)/gm,
		)) {
			names.add(`${part[1]}.${line[1]}`);
		}
	}
	return names;
}

export function nativeComplaints(path, script, typing, cText) {
	const complaints = [];
	const { members, functions } = nativeMembers(script);
	const declared = declaredMembers(typing);
	for (const name of members.keys())
		if (!declared.has(name)) complaints.push(`${path}: ${name} is missing in its .d.ts`);
	for (const name of declared)
		if (!members.has(name)) complaints.push(`${path}: the .d.ts declares ${name}, which the class lacks`);
	for (const name of functions) {
		if (!new RegExp(`\\bvoid\\s+${name}\\s*\\(`).test(cText))
			complaints.push(`${path}: no C function ${name} in native/`);
	}
	return complaints;
}

export function checkNatives(root) {
	const cText = sourceFiles(root, /^native\/.*\.c$/)
		.map((path) => readFileSync(join(root, path), "utf8"))
		.join("\n");
	const complaints = [];
	for (const path of sourceFiles(root, /^modules\/.*\.js$/)) {
		const script = readFileSync(join(root, path), "utf8");
		if (!/@\s*"\w+"/.test(script)) continue;
		const typing = path.replace(/\.js$/, ".d.ts");
		if (!existsSync(join(root, typing))) complaints.push(`${path}: has no ${typing}`);
		else complaints.push(...nativeComplaints(path, script, readFileSync(join(root, typing), "utf8"), cText));
	}
	return complaints;
}
