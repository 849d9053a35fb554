import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Which specifiers exist and where their code lies: a specifier, or its beginning followed by `*`, to a file without
 * extension or a folder followed by `/*`, relative to the repository. The longest match counts.
 */
export type ModuleMap = Readonly<Record<string, string>>;

/** What the manifest maps on the device, and the platform's own modules. Compiled code lies in build/js. */
const repositoryModules: ModuleMap = {
	main: "build/js/main",
	"modules/*": "build/js/modules/*",
	"sim/*": "build/js/sim/*",
	"hosts/desktop/xs/*": "build/js/hosts/desktop/xs/*",
	"hosts/web-files": "build/js/hosts/web-files",
};

export interface LoadedModule {
	/** For stacks and breakpoints when there is no source map. */
	path: string;
	source: string;
	/** Source map, with one absolute source. */
	map?: string;
}

export interface LoaderOptions {
	/** Added to the repository's map, before it. */
	modules?: ModuleMap | undefined;
	/** Modules that are given as text: id to JavaScript. For tests. */
	sources?: Readonly<Record<string, string>> | undefined;
	/** Root of the repository. */
	root?: string | undefined;
}

/** The folder that holds package.json, from the source tree and from build/js alike. */
export function findRoot(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "package.json"))) {
		const parent = dirname(folder);
		if (parent === folder) throw new Error("package.json not found: the code has left its repository");
		folder = parent;
	}
	return folder;
}

const platformFolder = "hosts/desktop/xs";

/** The machine's error class goes by the name. */
function referenceError(message: string): ReferenceError {
	return new ReferenceError(message);
}

/**
 * Names and reads modules for machines, as the manifest and the linker do for the device. The id of a module is its path in
 * the repository without extension, which is its specifier on the device; `host:NAME` is a provider of the machine.
 * Platform modules ("timer", "embedded:io/socket/tcp") are in hosts/desktop/xs, under the last part of their name.
 */
export class Loader {
	readonly root: string;
	readonly modules: ModuleMap;
	#prefixes: string[];
	#sources: Readonly<Record<string, string>>;

	constructor(options: LoaderOptions = {}) {
		this.root = options.root ?? findRoot();
		this.modules = { ...repositoryModules, ...options.modules };
		this.#sources = options.sources ?? {};
		this.#prefixes = Object.keys(this.modules)
			.filter((key) => key.endsWith("*"))
			.sort((a, b) => b.length - a.length);
	}

	/** The id of a module. Throws ReferenceError, naming specifier and importer. */
	resolve(specifier: string, importer?: string): string {
		const id = this.#id(specifier, importer);
		if (id !== undefined && (this.#sources[id] !== undefined || this.#file(id) !== undefined)) return id;
		const by = importer === undefined ? "" : `, imported by "${importer}"`;
		throw referenceError(`module "${specifier}" not found${by}`);
	}

	load(id: string): LoadedModule {
		const provided = this.#sources[id];
		if (provided !== undefined) return { path: id, source: provided };
		if (id.startsWith("host:")) return { path: id, source: hostSource(id.slice(5)) };
		const path = this.#file(id);
		if (path === undefined) throw referenceError(`module "${id}" not found`);
		const source = readFileSync(path, "utf8");
		const map = sourceMap(path, source);
		return map === undefined ? { path, source } : { path, source, map };
	}

	#id(specifier: string, importer: string | undefined): string | undefined {
		if (specifier.startsWith("./") || specifier.startsWith("../")) {
			if (importer === undefined || importer.startsWith("host:")) return;
			const id = posix.join(posix.dirname(importer), withoutExtension(specifier));
			return id.startsWith("../") ? undefined : id;
		}
		if (this.#sources[specifier] !== undefined) return specifier;
		if (specifier.startsWith("host:")) {
			if (!importer?.startsWith(`${platformFolder}/`) && this.#sources[importer ?? ""] === undefined)
				throw referenceError(`module "${specifier}" is only for ${platformFolder}, not for "${importer ?? "Node"}"`);
			return specifier;
		}
		if (this.#file(specifier) !== undefined) return specifier;
		const name = /^embedded:(.+)$/.exec(specifier)?.[1] ?? specifier;
		const whole = `${platformFolder}/${name}`;
		if (this.#file(whole) !== undefined) return whole;
		return specifier.startsWith("embedded:") ? `${platformFolder}/${name.slice(name.lastIndexOf("/") + 1)}` : undefined;
	}

	/** The file of an id, or undefined. Classes over natives are JavaScript with a .d.ts beside it, which nobody compiles. */
	#file(id: string): string | undefined {
		if (id.startsWith("host:")) return id;
		let target = this.modules[id];
		if (target === undefined) {
			const prefix = this.#prefixes.find((key) => id.startsWith(key.slice(0, -1)));
			if (prefix === undefined) return;
			target = (this.modules[prefix] as string).replace(/\*$/, id.slice(prefix.length - 1));
		}
		const built = isAbsolute(target) ? `${target}.js` : join(this.root, `${target}.js`);
		if (existsSync(built)) return built;
		const source = join(this.root, `${id}.js`);
		return existsSync(source) ? source : undefined;
	}
}

function withoutExtension(specifier: string): string {
	return specifier.replace(/\.js$/, "");
}

/** The one place where the machine meets Node's functions: a native that looks them up in the machine's own providers. */
function hostSource(name: string): string {
	return `function provider(name) @ "xs_host_provider";\nexport default provider(${JSON.stringify(name)});\n`;
}

/** The engine reads one source and the lines: it gets these, with the source's absolute path. */
function sourceMap(path: string, source: string): string | undefined {
	const reference = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(source)?.[1];
	if (reference === undefined || reference.startsWith("data:")) return;
	const file = join(dirname(path), reference);
	if (!existsSync(file)) return;
	const map = JSON.parse(readFileSync(file, "utf8")) as {
		sourceRoot?: string;
		sources: string[];
		mappings: string;
	};
	const first = map.sources[0];
	if (first === undefined) return;
	return JSON.stringify({
		version: 3,
		sources: [join(dirname(file), map.sourceRoot ?? "", first)],
		mappings: map.mappings,
	});
}
