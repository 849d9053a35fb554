import type { Asset, AssetProvider } from "../modules/http/server";

/** Bytes of a file that tools/build-web.mjs made, by its name; undefined when there is none. They may lie in flash. */
export type ReadWebFile = (name: string) => Uint8Array | ArrayBuffer | undefined;

/** web.json: what each path serves. */
type Index = Record<string, { file: string; etag: string; type: string }>;

/** Scripts, styles and data from the hub itself, nothing from elsewhere, and nobody shows the hub inside another page. */
const kPolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The dashboard's files, kept compressed; each is read when it is sent. */
export class WebFiles implements AssetProvider {
	#read: ReadWebFile;
	#index: Map<string, WebFile>;

	/** The dashboard, or undefined where none was built. */
	static open(read: ReadWebFile): WebFiles | undefined {
		const index = read("web.json");
		return index && new WebFiles(read, index);
	}

	private constructor(read: ReadWebFile, index: Uint8Array | ArrayBuffer) {
		this.#read = read;
		const text = asciiText(index instanceof ArrayBuffer ? new Uint8Array(index) : index);
		this.#index = new Map(
			Object.entries(JSON.parse(text) as Index).map(([path, one]) => [path, new WebFile(this.#read, one)]),
		);
	}

	get(path: string): Asset | undefined {
		return this.#index.get(path);
	}

	/** Every path that is served. */
	paths(): string[] {
		return [...this.#index.keys()];
	}
}

class WebFile implements Asset {
	readonly etag: string;
	readonly type: string;
	readonly policy: string | undefined;
	#read: ReadWebFile;
	#file: string;

	constructor(read: ReadWebFile, { file, etag, type }: Index[string]) {
		this.#read = read;
		this.#file = file;
		this.etag = etag;
		this.type = type;
		this.policy = type.startsWith("text/html") ? kPolicy : undefined;
	}

	get gzip(): Uint8Array | ArrayBuffer | undefined {
		return this.#read(this.#file);
	}
}

function asciiText(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
	return text;
}
