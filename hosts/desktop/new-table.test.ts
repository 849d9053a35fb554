import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../modules/base/manual-clock";
import { takePlugins } from "../../modules/devices/plugin-table";
import type { DeviceTable } from "../../modules/devices/table";
import { TypicalSource } from "../../sim/typical";
import { busFor, DeviceWatch } from "./device-watch";
import { findRoot } from "./loader";
import { idOf, kNewKinds, type NewTable, newTable } from "./new-table";
import { bundle } from "./plugin-files";
import { runPluginText } from "./plugin-machine";
import { simulatedIo } from "./simulated-device";

const root = findRoot();
/** Inside the repository, so that compiler and formatter find their settings. */
const folder = mkdtempSync(join(root, "new-table-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base: NewTable = {
	maker: "Acme",
	model: "One 2/3",
	kind: "meter",
	phases: 1,
	fc: 4,
	type: "f32",
	wordOrder: "hi-lo",
	first: 0,
	baud: 9600,
	parity: "none",
	stop: 1,
	unit: 1,
	positive: "import",
	source: "acme.example/one.pdf",
	types: "gridpost/plugin",
};
const variants: [name: string, device: NewTable][] = [];
for (const kind of kNewKinds) {
	for (const type of ["f32", "32", "16"] as const) {
		for (const phases of kind === "meter" ? ([1, 2, 3] as const) : ([1] as const)) {
			const lowFirst = type === "32";
			const more = { fc: lowFirst ? 3 : 4, wordOrder: lowFirst ? "lo-hi" : "hi-lo", first: 100 * phases } as const;
			variants.push([`${kind} ${phases} ${type}`, { ...base, kind, type, phases, ...more }]);
		}
	}
}

function written(name: string, device: NewTable): string {
	const file = join(folder, `${name.replace(/ /g, "-")}.ts`);
	writeFileSync(file, newTable({ ...device, id: `new-${name.replace(/ /g, "-")}` }));
	return file;
}

function load(file: string): DeviceTable {
	const { tables, leftOut } = takePlugins([{ name: "new", ...JSON.parse(runPluginText("new", bundle(file))) }]);
	expect(leftOut).toEqual([]);
	return tables[0]!;
}

describe.each(variants)("a new %s", (name, device) => {
	it("is valid, and its simulator gives every row", () => {
		const table = load(written(name, device));
		expect(table.confidence).toBe("unverified");
		const clock = new ManualClock();
		const io = simulatedIo(table, 1, new TypicalSource(table), clock);
		const watch = new DeviceWatch({ table, unit: 1, bus: busFor(table), io, clock });
		clock.advance(5000);
		const rows = watch.rows();
		expect(rows.length).toBe(table.rows.length);
		for (const row of rows) expect(row, row.name).toMatchObject({ quality: "good", trouble: "" });
		watch.close();
	});
});

it("type-checks, and stands as the formatter would have it", () => {
	for (const [name, device] of variants) written(name, device);
	const bin = (name: string): string => join(root, "node_modules/.bin", name);
	const config = join(folder, "tsconfig.json");
	writeFileSync(config, JSON.stringify({ extends: "../tsconfig.json", include: ["*.ts"] }));
	execFileSync(bin("tsc"), ["--noEmit", "-p", config], { cwd: root });
	const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
	execFileSync(bin("biome"), ["format", ...files.map((file) => join(folder, file))], { cwd: root, stdio: "pipe" });
}, 60_000);

it("makes an id of what stands on the device", () => {
	expect(idOf("Acme", "One 2/3 (MID)")).toBe("acme-one-2-3-mid");
	expect(newTable({ ...base, maker: "3e", model: "x" })).toContain("export const device3eX: DeviceTable");
});
