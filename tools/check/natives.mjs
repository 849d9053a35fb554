// A native class, its typing and its C function belong together: each member of the class is declared in the .d.ts with the
// same name and kind, and each `@ "xs_name"` is a function in native/, of the desktop's port and of the device's. No C
// function is left over without a class.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sourceFiles } from "./files.mjs";

/** Members of the classes in a `@ "..."` module: { "Class.member": "method" | "get" | "set" | "static" }, and the C names. */
function nativeMembers(text) {
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
function declaredMembers(text) {
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

/** Is it a C file of the device's ports? The rest of native/ is the desktop's, or everybody's. */
const isDevices = (path) => /(^|[-_.])esp32[^/]*\.c$/.test(path.replace(/.*\//, ""));

/** Names of the functions that a C file offers to JavaScript. */
function offered(text) {
	const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, " ");
	return new Set([...code.matchAll(/^void\s+(xs_\w+)\s*\(/gm)].map((match) => match[1]));
}

/** `ports`: by name of a port, the C files of which one must have each function: { desktop: text, esp32: text }. */
export function nativeComplaints(path, script, typing, ports) {
	const complaints = [];
	const { members, functions } = nativeMembers(script);
	const declared = declaredMembers(typing);
	for (const name of members.keys())
		if (!declared.has(name)) complaints.push(`${path}: ${name} is missing in its .d.ts`);
	for (const name of declared)
		if (!members.has(name)) complaints.push(`${path}: the .d.ts declares ${name}, which the class lacks`);
	for (const [port, text] of Object.entries(ports)) {
		const known = offered(text);
		for (const name of functions)
			if (!known.has(name)) complaints.push(`${path}: no C function ${name} for ${port} in native/`);
	}
	return complaints;
}

/** C functions for JavaScript that no class or function of JavaScript names; `files`: [path, text]. */
export function orphanComplaints(files, scripts) {
	const named = new Set(scripts.flatMap((script) => [...nativeMembers(script).functions]));
	return files.flatMap(([path, text]) =>
		[...offered(text)].filter((name) => !named.has(name)).map((name) => `${path}: no class has ${name}`),
	);
}

export function checkNatives(root) {
	const files = sourceFiles(root, /^native\/(?!standin\/).*\.c$/)
		.filter((path) => !/(^|[-_.])(fuzz|test)[^/]*\.c$/.test(path.replace(/.*\//, "")))
		.map((path) => [path, readFileSync(join(root, path), "utf8")]);
	const text = (devices) =>
		files
			.filter(([path]) => isDevices(path) === devices)
			.map(([, content]) => content)
			.join("\n");
	const desktop = text(false);
	const esp32 = text(true);
	const complaints = [];
	const scripts = [];
	for (const path of sourceFiles(root, /^(modules|hosts\/esp32s3)\/.*\.js$/)) {
		const script = readFileSync(join(root, path), "utf8");
		if (!/@\s*"\w+"/.test(script)) continue;
		scripts.push(script);
		const typing = path.replace(/\.js$/, ".d.ts");
		// what only the device has is of its host; the others are on both
		const ports = path.startsWith("hosts/") ? { esp32 } : { desktop, esp32 };
		if (!existsSync(join(root, typing))) complaints.push(`${path}: has no ${typing}`);
		else complaints.push(...nativeComplaints(path, script, readFileSync(join(root, typing), "utf8"), ports));
	}
	return [...complaints, ...orphanComplaints(files, scripts)];
}
