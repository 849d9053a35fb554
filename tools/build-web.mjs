// Bundles the dashboard and the set-up page (web/) to build/web: gzip files with flat names, and web.json that says which
// path each serves, its type and its tag. hosts/web-files.ts reads them, from files or from flash.
//
//   web/index.html, web/*.svg        as they are, at /index.html, /NAME.svg
//   web/app.tsx, web/chart.ts        bundled to /app.js, /chart.js; the CSS that they import to /app.css, /chart.css
//   web/setup/index.html             at /setup.html
//   web/setup/setup.ts               bundled to /setup.js, its CSS to /setup.css
//
// What has not changed is not built again.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));

const types = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
	".webmanifest": "application/manifest+json",
};

/** Scripts by the name they get; those that are not there are left out. */
const entries = { app: "web/app.tsx", chart: "web/chart.ts", setup: "web/setup/setup.ts" };

function fingerprint() {
	const hash = createHash("sha1").update(process.version);
	const paths = ["tools/build-web.mjs", "package-lock.json"];
	for (const name of readdirSync(join(root, "web"), { recursive: true })) paths.push(`web/${name}`);
	for (const path of paths.sort()) {
		const { mtimeMs, size } = statSync(join(root, path));
		hash.update(`${path} ${mtimeMs} ${size}\n`);
	}
	return hash.digest("hex");
}

/** Files that go as they are, by the path that serves them. */
function plainFiles() {
	const found = new Map();
	for (const folder of ["web", "web/setup"]) {
		for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []) {
			if (![".html", ".svg", ".webmanifest"].includes(extname(name))) continue;
			const served = folder === "web/setup" && name === "index.html" ? "setup.html" : name;
			const text = readFileSync(join(root, folder, name), "utf8");
			found.set(served, text.replace(/\n\s+/g, "\n").replace(/<!--[\s\S]*?-->\n?/g, ""));
		}
	}
	return found;
}

/** Throws an Error with `buildError` set when a source does not compile. */
export async function buildWeb() {
	const out = join(root, "build/web");
	const stamp = join(out, ".sources");
	const print = fingerprint();
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === print) return;
	const { build } = await import("esbuild");
	const present = Object.entries(entries).filter(([, path]) => existsSync(join(root, path)));
	let result;
	try {
		result = await build({
			absWorkingDir: root,
			entryPoints: Object.fromEntries(present),
			bundle: true,
			write: false,
			minify: true,
			// app.tsx loads chart.js by its address when a chart is wanted, so it is no part of it
			external: ["/chart.js"],
			format: "esm",
			target: ["es2022", "chrome109", "firefox115", "safari16"],
			jsx: "automatic",
			jsxImportSource: "preact",
			legalComments: "none",
			logLevel: "silent",
			outdir: out,
			tsconfig: join(root, "tsconfig.web.json"),
		});
	} catch (error) {
		const said = (error.errors ?? []).map(
			({ text, location }) => `${location ? `${location.file}:${location.line}: ` : ""}${text}`,
		);
		throw Object.assign(new Error(`the dashboard does not build:\n${said.join("\n") || error.message}`), {
			buildError: true,
		});
	}
	const files = plainFiles();
	for (const { path, text } of result.outputFiles) files.set(basename(path), text);
	rmSync(out, { recursive: true, force: true });
	mkdirSync(out, { recursive: true });
	const index = {};
	for (const [name, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
		const file = `${name}.gz`;
		writeFileSync(join(out, file), gzipSync(text, { level: 9 }));
		const etag = createHash("sha256").update(text).digest("base64url").slice(0, 16);
		index[`/${name}`] = { file, etag, type: types[extname(name)] };
	}
	writeFileSync(join(out, "web.json"), `${JSON.stringify(index, null, "\t")}\n`);
	writeFileSync(stamp, print);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		await buildWeb();
		for (const name of readdirSync(join(root, "build/web")).filter((one) => !one.startsWith(".")))
			console.log(String(statSync(join(root, "build/web", name)).size).padStart(7), name);
	} catch (error) {
		console.error(error.buildError ? error.message : error);
		process.exit(1);
	}
}
