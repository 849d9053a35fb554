// The application's imports have no extension, so that a specifier on the device equals the path in the repository.
// This lets Node follow the same imports in build/js: `node --import ./hosts/desktop/resolve.mjs build/js/...`.

import { existsSync } from "node:fs";
import { register, registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const withExtension = (specifier, parent) => {
	if (!/^\.{1,2}\//.test(specifier) || /\.(js|mjs|cjs|json|node)$/.test(specifier) || !parent?.startsWith("file:"))
		return;
	const url = new URL(`${specifier}.js`, parent);
	return existsSync(fileURLToPath(url)) ? url.href : undefined;
};

if (typeof registerHooks === "function")
	registerHooks({
		resolve: (specifier, context, next) => next(withExtension(specifier, context.parentURL) ?? specifier, context),
	});
else
	register(
		`data:text/javascript,${encodeURIComponent(`
	import { existsSync } from "node:fs";
	import { fileURLToPath } from "node:url";
	const withExtension = ${withExtension};
	export const resolve = (specifier, context, next) => next(withExtension(specifier, context.parentURL) ?? specifier, context);
`)}`,
		pathToFileURL("./"),
	);
