// The application's imports have no extension, so that a specifier on the device equals the path in the repository.
// This lets Node follow the same imports in build/js: `node --import ./hosts/desktop/resolve.mjs build/js/...`.
import { existsSync } from "node:fs";
import * as loaders from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

function withExtension(specifier, parent) {
	if (!/^\.{1,2}\//.test(specifier) || /\.(js|mjs|cjs|json|node)$/.test(specifier)) return undefined;
	// packages follow their own rules
	if (!parent?.startsWith("file:") || parent.includes("/node_modules/")) return undefined;
	const url = new URL(`${specifier}.js`, parent);
	return existsSync(fileURLToPath(url)) ? url.href : undefined;
}

/** The hook as the text of a module, for Node 20, which runs hooks in a thread of their own. */
const hook = `
	import { existsSync } from "node:fs";
	import { fileURLToPath } from "node:url";
	${withExtension}
	export const resolve = (specifier, context, next) => next(withExtension(specifier, context.parentURL) ?? specifier, context);
`;

if (loaders.registerHooks) {
	loaders.registerHooks({
		resolve: (specifier, context, next) => next(withExtension(specifier, context.parentURL) ?? specifier, context),
	});
} else loaders.register(`data:text/javascript,${encodeURIComponent(hook)}`, pathToFileURL("./"));
