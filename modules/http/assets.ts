import { type HttpRequest, hasToken } from "./request";
import type { HttpResponse } from "./response";

/** A static file; bytes may lie in flash. One of `bytes` and `gzip` is there at least. */
export interface Asset {
	bytes?: Uint8Array | ArrayBuffer | undefined;
	/** The same, compressed beforehand. Without `bytes`, a client that does not take it gets 406. */
	gzip?: Uint8Array | ArrayBuffer | undefined;
	/** Changes with the bytes; without quotes. */
	etag: string;
	/** Content-Type. */
	type: string;
	/** Cache-Control; default "no-cache": kept, but asked about each time. */
	cache?: string | undefined;
	/** Content-Security-Policy, of a page. */
	policy?: string | undefined;
}

/** Files by their path ("/index.html"); a Map will do. There is no file system behind it, so nothing to climb out of. */
export interface AssetProvider {
	get(path: string): Asset | undefined;
}

/** The file of a path; "/" at the end means index.html there. */
export function findAsset(files: AssetProvider, path: string): Asset | undefined {
	return files.get(path.endsWith("/") ? `${path}index.html` : path);
}

/** RFC 9110 13.1.2, 12.5.3 and 15.5.7: 304 when the client has it, compressed when the client takes that. */
export function sendAsset(asset: Asset, request: HttpRequest, response: HttpResponse): void {
	const { gzip } = asset;
	const compressed = gzip !== undefined && acceptsGzip(request.header("accept-encoding"));
	const body = compressed ? gzip : asset.bytes;
	if (gzip !== undefined) response.header("Vary", "Accept-Encoding");
	if (body === undefined) {
		response.error(406, "this file is kept compressed: ask for it with the header Accept-Encoding: gzip");
		return;
	}
	// two encodings are two representations, so two tags
	const tag = compressed ? `"${asset.etag}-gzip"` : `"${asset.etag}"`;
	response.header("ETag", tag).header("Cache-Control", asset.cache ?? "no-cache");
	if (asset.policy !== undefined) response.header("Content-Security-Policy", asset.policy);
	if (matchesTag(request.header("if-none-match"), tag)) {
		response.empty(304);
		return;
	}
	if (compressed) response.header("Content-Encoding", "gzip");
	response.send(viewOf(body), asset.type);
}

function viewOf(bytes: Uint8Array | ArrayBuffer): Uint8Array {
	return ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes);
}

function matchesTag(header: string | undefined, tag: string): boolean {
	if (header === undefined) return false;
	for (const part of header.split(",")) {
		const one = part.trim();
		if (one === "*" || one === tag || (one.startsWith("W/") && one.slice(2) === tag)) return true;
	}
	return false;
}

function acceptsGzip(header: string | undefined): boolean {
	if (header === undefined) return false;
	if (hasToken(header, "gzip")) return true;
	for (const part of header.split(",")) {
		const [coding, ...parameters] = part.split(";");
		const name = coding!.trim().toLowerCase();
		if (name !== "gzip" && name !== "*" && name !== "x-gzip") continue;
		for (const parameter of parameters) {
			const [key, value] = parameter.split("=");
			if (key!.trim().toLowerCase() === "q" && !(Number(value) > 0)) return false;
		}
		return true;
	}
	return false;
}
