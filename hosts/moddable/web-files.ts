import Resource from "Resource";
import { WebFiles } from "hosts/web-files";

/**
 * The dashboard from flash: for a host whose manifest has `"data": { "*": ["./build/web/*"] }` (tools/build-web.mjs makes
 * those files). undefined when it was built without. Nothing is copied: what is sent is read where it lies.
 */
export function resourceFiles(): WebFiles | undefined {
	return WebFiles.open((name) =>
		Resource.exists(name) ? new Uint8Array(new Resource(name) as unknown as ArrayBuffer) : undefined,
	);
}
