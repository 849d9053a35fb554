// npm run bench: measures everything anew, prints a table with the budgets beside it, and writes build/bench.json.
// "--hours 24": so many virtual hours in the piece "memory". A peer that is missing is named and left out; with CI=true that is a failure. Times
// depend on the computer, so a budget that is not met is told and no failure; bench.test.ts guards the byte codes.
import "../hosts/desktop/resolve.mjs";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const pieces = ["modbus", "devices", "sunspec", "sunspec-scan", "ders", "mqtt", "hub"].concat([
	...["rs485-timing", "can", "leakage", "start"],
]);
/** Only when named: they take minutes, or need what few computers have. */
const onRequest = ["memory", "flash"];
const only = process.argv.slice(2);
const at = only.indexOf("--hours");
if (at >= 0) {
	const [, hours] = only.splice(at, 2);
	if (!/^[1-9]\d*$/.test(hours ?? "")) {
		console.error("--hours takes a whole number of virtual hours, 1 or more");
		process.exit(2);
	}
	process.env.GRIDPOST_BENCH_HOURS = hours;
}

const began = performance.now();
const figures = [];
const missing = [];
for (const name of [...pieces, ...onRequest]) {
	const path = join(root, "build/js/bench", `${name}.js`);
	if (only.length > 0 ? !only.includes(name) : onRequest.includes(name)) continue;
	if (!existsSync(path)) continue;
	const { run } = await import(pathToFileURL(path).href);
	const before = figures.length;
	if (process.stderr.isTTY) process.stderr.write(`measuring: ${name}  \r`);
	missing.push(...((await run((figure) => figures.push(figure))) ?? []));
	if (figures.length === before) throw new Error(`bench/${name}.ts reported nothing`);
}

const variant = process.env.GRIDPOST_ADDON ?? "debug";
const seconds = Math.round((performance.now() - began) / 1000);
const wording = [
	`Measured here, in ${seconds} s: ${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, Node ${process.version}, engine "${variant}".`,
	"Byte codes and heap are the same in every run within 1 %. Times are the best of several rounds of this run; on a computer that is",
	"shared they vary, and what counts is their ratio to the peers beside them. Times of the device are not known here.",
];

function number(value) {
	if (value === undefined) return "-";
	return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en").replaceAll(",", " ") : `${value}`;
}

function verdict({ value, budget }) {
	if (budget === undefined) return "";
	if (value === undefined) return "not measurable here";
	return value <= budget ? "met" : "NOT MET";
}

const rows = figures.map((figure) => [
	figure.name,
	number(figure.value),
	figure.unit,
	figure.budget === undefined ? "" : `<= ${number(figure.budget)}`,
	verdict(figure),
	figure.note ?? "",
]);
const widths = rows.reduce((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), []);
let area;
for (const [i, row] of rows.entries()) {
	if (figures[i].area !== area) console.log(`\n${(area = figures[i].area)}`);
	const cells = row.map((cell, n) => (n === 1 ? cell.padStart(widths[n]) : cell.padEnd(n === 5 ? 0 : widths[n])));
	console.log(`  ${cells.join("  ").trimEnd()}`);
}
console.log(`\n${wording.join("\n")}`);
for (const one of missing) console.log(`left out: ${one}`);

const report = {
	variant,
	node: process.version,
	cpu: cpus()[0]?.model ?? "",
	cpus: cpus().length,
	seconds,
	missing,
	figures: figures.map((figure) => ({ ...figure, verdict: verdict(figure) || undefined })),
};
mkdirSync(join(root, "build"), { recursive: true });
writeFileSync(join(root, "build/bench.json"), `${JSON.stringify(report, undefined, "\t")}\n`);
process.exit(process.env.CI === "true" && missing.length > 0 ? 1 : 0);
