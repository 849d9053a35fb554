/**
 * docs/sunspec-conformance.md: its tables are made by the run. With SUNSPEC_CONFORMANCE_DOC=write a run writes its own
 * table; otherwise it compares.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { root } from "../peers";
import type { TestedDer } from "./ders";
import type { Result } from "./suite";

const file = join(root, "docs/sunspec-conformance.md");

/** Counts that are the same in each run, in the order in which they are told. */
const told = [
	"models",
	"points",
	"implemented",
	"spans",
	"illegal spans",
	"registers",
	"writes",
	"refused",
	"groups",
	"groups refused",
	"adopted",
	"timers",
	"updates",
	"scale factors",
	"cut requests",
	"requests in two packets",
	"requests in one packet",
	"bit rates",
];

/** The lines between the marks of a transport. */
function tableOf(
	transport: string,
	ids: readonly string[],
	ders: readonly TestedDer[],
	results: readonly Result[],
): string {
	const notes: string[] = [];
	const note = (why: string): number => {
		if (!notes.includes(why)) notes.push(why);
		return notes.indexOf(why) + 1;
	};
	const cell = (id: string, der: TestedDer): string => {
		const result = results.find((one) => one.id === id && one.der === der.name);
		if (!result) return "not run";
		if (result.failures.length > 0) return `**fails** (${result.failures.length})`;
		if (result.absent) return `n/a <sup>${note(result.absent)}</sup>`;
		const counts = told.filter((what) => result.counts[what]).map((what) => `${result.counts[what]} ${what}`);
		return counts.length > 0 ? counts.join(", ") : "passes";
	};
	const rows = [
		`| ${transport} | ${ders.map(({ title }) => title).join(" | ")} |`,
		`|---|${ders.map(() => "---|").join("")}`,
		...ids.map((id) => `| ${id} | ${ders.map((der) => cell(id, der)).join(" | ")} |`),
	];
	const foot = notes.map((why, i) => `${i + 1}. Not applicable, because ${why}.`);
	return [...rows, ...(foot.length > 0 ? ["", ...foot] : [])].join("\n");
}

/** Compares the table in the documentation with this run's, or writes it. */
export function checkTable(
	transport: string,
	ids: readonly string[],
	ders: readonly TestedDer[],
	results: readonly Result[],
): void {
	// with how long each took, for whoever wants to know
	writeFileSync(join(root, `build/sunspec-conformance-${transport}.json`), JSON.stringify(results, undefined, 1));
	const table = tableOf(transport, ids, ders, results);
	const [begin, end] = [`<!-- ${transport}: made by the test -->`, `<!-- ${transport}: end -->`];
	const text = readFileSync(file, "utf8");
	const from = text.indexOf(begin) + begin.length;
	const to = text.indexOf(end);
	expect(to, `marks for ${transport} in ${file}`).toBeGreaterThan(from);
	if (process.env["SUNSPEC_CONFORMANCE_DOC"] === "write") {
		writeFileSync(file, `${text.slice(0, from)}\n${table}\n${text.slice(to)}`);
	} else {
		const hint = "SUNSPEC_CONFORMANCE_DOC=write npx vitest run test/sunspec/conformance";
		expect(text.slice(from, to).trim(), `the table is not that of this run; write it with ${hint}`).toBe(table);
	}
}
