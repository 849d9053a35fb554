/**
 * The tables of docs/sol-ark.md, made by a run: three simulated hybrids, each in a hub under a manual clock, read by
 * pysunspec2 through our server. UPDATE_DOCS=1 writes them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findTable } from "../modules/devices/generated/tables";
import { pointPath } from "../modules/devices/points";
import { pointNames } from "../modules/devices/table";
import { TcpServer } from "../modules/modbus/server-tcp";
import { symbolName } from "../modules/sunspec/model";
import type { PointInfo } from "../modules/sunspec/place";
import type { SolArkModel } from "../sim/sol-ark";
import { Listener, TCP } from "./adapters/ecma419";
import { realClock } from "./adapters/real-clock";
import { describeWithPeers, freePort, root, run } from "./peers";
import { origin, reasonFor } from "./sol-ark-doc";
import { kUnit, solArkHub } from "./sol-ark-hub";
import { hybridModels, hybridTables } from "./sol-ark-rig";

const file = join(root, "docs/sol-ark.md");
const shown = ["sol-ark-15k", "deye-single-phase", "sol-ark-hv"] as const;

/** A sunny noon: it sells, and charges its battery. A change of mode has been noticed, which is no alarm. */
function noon(model: SolArkModel) {
	const made = solArkHub({ model, startHour: 12, socPct: 71 });
	const scale = model === "sol-ark-hv" ? 4 : 1;
	made.plant.scene.pvW = [4100, 3900, 3300, 3000].map((watts) => scale * watts);
	made.plant.scene.loadW = [640, 480, 510].map((watts) => scale * watts);
	made.plant.scene.faults = 1n << 12n;
	made.plant.changed();
	made.clock.advance(66_000);
	return made;
}

const worlds = shown.map(noon);

interface Scanned {
	units: Record<string, { error?: string; models: { id: number; error: string; values: Record<string, string> }[] }>;
}

function between(name: string, text: string): string {
	return new RegExp(`<!-- ${name}:begin -->\n([\\s\\S]*?)<!-- ${name}:end -->`).exec(text)?.[1] ?? "";
}

function held(name: string, expected: string): void {
	const text = readFileSync(file, "utf8");
	expect(text, name).toContain(`<!-- ${name}:begin -->`);
	if (process.env["UPDATE_DOCS"] === "1") {
		const place = new RegExp(`(<!-- ${name}:begin -->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
		writeFileSync(
			file,
			text.replace(place, (_, before, after) => `${before}${expected}${after}`),
		);
	} else expect(between(name, text), "UPDATE_DOCS=1 writes it").toBe(expected);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
	return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

function pointsOf(world: (typeof worlds)[number], id: number, occurrence = 1): PointInfo[] {
	const all: PointInfo[] = [];
	world.image.eachPoint((one) => {
		if (one.model.id === id && one.model.occurrence === occurrence) all.push(one);
	});
	return all;
}

const pathOf = ({ model, group, name }: PointInfo): string =>
	pointPath({ model: model.id, occurrence: model.occurrence, group, point: name });

/** Values as runs of one step: "0 to 3, 32 to 35". */
function runs(values: readonly number[]): string {
	const sorted = [...values].sort((a, b) => a - b);
	const step = sorted[1]! - sorted[0]!;
	const all: number[][] = [];
	for (const value of sorted) {
		const last = all[all.length - 1];
		if (last && value - last[last.length - 1]! < 1.5 * step) last.push(value);
		else all.push([value]);
	}
	return all.map((run) => `${run[0]} to ${run[run.length - 1]}`).join(", ");
}

const clean = (value: number): string => String(Number(value.toPrecision(9)));

describeWithPeers("docs/sol-ark.md", ["python"], () => {
	const servers: TcpServer[] = [];
	/** Of each world, what pysunspec2 has read: path to value as text. */
	const read: Map<string, string>[] = [];

	beforeAll(async () => {
		for (const { hub } of worlds) {
			const port = await freePort();
			const listener = { io: Listener, port, address: "127.0.0.1" };
			servers.push(new TcpServer({ listener, tcp: TCP, space: hub.space, clock: realClock }));
			const task = JSON.stringify({ units: [kUnit], writes: [] });
			const python = join(root, ".venv/bin/python");
			const output = await run(python, [join(root, "test/peers/sunspec_scan.py"), "127.0.0.1", `${port}`, task]);
			const unit = (JSON.parse(output) as Scanned).units[kUnit]!;
			expect(unit.error).toBeUndefined();
			const values = new Map<string, string>();
			const count = new Map<number, number>();
			for (const model of unit.models) {
				const occurrence = (count.get(model.id) ?? 0) + 1;
				count.set(model.id, occurrence);
				if (model.id < 64_000) expect(model.error, `model ${model.id}`).toBeFalsy();
				const head = `${model.id}${occurrence > 1 ? `#${occurrence}` : ""}.`;
				for (const [name, value] of Object.entries(model.values)) values.set(head + name, value);
			}
			read.push(values);
		}
	});

	afterAll(() => {
		for (const server of servers) server.close();
		for (const { hub } of worlds) hub.close();
	});

	/** What pysunspec2 saw, with the name of an enumeration's value; undefined for nothing. */
	function seen(world: number, point: PointInfo): string | undefined {
		const text = read[world]!.get(pathOf(point));
		if (text === undefined) return undefined;
		if (point.type === "string") return text;
		const value = Number(text);
		const name = point.type.startsWith("enum") ? symbolName(point.symbols, value) : undefined;
		return name === undefined ? clean(value) : `${clean(value)} ${name}`;
	}

	/** A line for each point of a model, in three hybrids: where it comes from, and what was read. */
	function lines(id: number, occurrence = 1): string[][] {
		// the hybrid with most ports and legs has all points of the model
		const points = pointsOf(worlds[2]!, id, occurrence);
		return points.map((point) => {
			const path = pathOf(point);
			const values = shown.map((_, world) => {
				const own = pointsOf(worlds[world]!, id, occurrence).find((one) => pathOf(one) === path);
				return own === undefined ? "" : (seen(world, own) ?? "-");
			});
			const from = shown.map((model) => origin(hybridTables[model], path));
			const structural = ["ID", "L", "NPrt"].includes(point.name) && point.group === "";
			const reason = reasonFor(path);
			if (!structural && values.some((value) => value === "-")) {
				expect.soft(reason, `${path} has no value in ${values.join(" | ")}, and nobody says why`).toBeDefined();
			}
			if (!structural) {
				from.forEach((one, world) => {
					const lost = one !== undefined && values[world] === "-";
					expect
						.soft(lost && path !== "701.MnAlrmInfo", `${path} of ${shown[world]} is given and not there`)
						.toBe(false);
				});
			}
			const low = from[0] ?? from[1];
			const none = values.every((value) => value === "-" || value === "");
			const some = values.some((value) => value === "-");
			const byHub = from.every((one) => one === undefined) ? "the hub's controls" : "";
			return [
				`\`${path}\``,
				structural ? "" : (low?.register ?? ""),
				structural ? "by the model" : (low?.conversion ?? (none ? `not implemented: ${reason}` : byHub)),
				values[0]!,
				values[1]!,
				structural ? "" : [from[2]?.register, from[2]?.conversion].filter(Boolean).join("; "),
				values[2]!,
				none || !some ? "" : (reason ?? ""),
			];
		});
	}

	const head = ["point", "48 V map", "conversion", "15K", "1-phase", "three-phase map", "HV", "- means"];

	it.each([
		["701-grid", 701, 1],
		["701-load", 701, 2],
		["702", 702, 1],
		["713", 713, 1],
		["714", 714, 1],
		["802", 802, 1],
	] as const)("has a measured value, or a reason, behind each point of %s", (name, id, occurrence) => {
		held(name, table(head, lines(id, occurrence)));
	});

	it("has the controls that the inverter takes", () => {
		const rows = pointsOf(worlds[0]!, 704)
			.filter(({ name, type }) => name.endsWith("Ena") && type === "enum16")
			.map((point) => {
				const offered = shown.map((_, world) => (seen(world, point) === undefined ? "-" : "offered"));
				return [`\`${pathOf(point)}\``, ...offered];
			});
		held("704", table(["point", "15K", "1-phase", "HV"], rows));
		const controls = shown.flatMap((model) =>
			(hybridTables[model].controls ?? []).map((one) => {
				const row = hybridTables[model].rows.find(({ name }) => name === one.row)!;
				const part = one.percentOf ? `, % of ${one.percentOf}` : one.dividedBy ? `, by ${one.dividedBy}` : "";
				const after = one.free === undefined ? "what it held before" : `${one.free}`;
				return [`\`${model}\``, one.ability, `${row.address} ${row.name}${part}`, after];
			}),
		);
		held("controls", table(["table", "control", "register", "when it ends"], controls));
	});

	it("has the measurements that no SunSpec model has a place for", () => {
		const rows = pointsOf(worlds[2]!, 64_910).flatMap((point) => {
			const path = pathOf(point);
			const from = shown.map((model) => origin(hybridTables[model], path));
			if (from.every((one) => one === undefined)) return [];
			const values = worlds.map(({ image }, i) => {
				const value = from[i] === undefined ? undefined : image.valueOf({ ...point, address: addressOf(i, path) });
				return value === undefined ? "-" : typeof value === "number" ? clean(value) : String(value);
			});
			const low = from[0] ?? from[1];
			const high = from[2];
			const words = (one: typeof low): string => (one ? `${one.register}; ${one.conversion}` : "");
			return [[`\`${path}\``, words(low), values[0]!, values[1]!, words(high), values[2]!]];
		});
		held("64910", table(["point", "48 V map", "15K", "1-phase", "three-phase map", "HV"], rows));
	});

	function addressOf(world: number, path: string): number {
		return pointsOf(worlds[world]!, Number.parseInt(path, 10)).find((one) => pathOf(one) === path)!.address;
	}
});

it("lists every setting that may be written, with each inverter's range", () => {
	const rows = new Map<string, string[]>();
	for (const model of hybridModels) {
		for (const row of hybridTables[model].rows) {
			if (row.write === undefined) continue;
			const name = row.point === undefined ? "704" : pointNames(row.point).join(", ");
			const cells = rows.get(`${row.name} ${name}`) ?? [row.name, name, ...hybridModels.map(() => "")];
			const range = row.write.allowed ? runs(row.write.allowed) : `${row.write.min} to ${row.write.max}`;
			cells[2 + hybridModels.indexOf(model)] =
				`${row.address}: ${range} ${row.unit === "code" || row.unit === "1" ? "" : row.unit}`.trim();
			rows.set(`${row.name} ${name}`, cells);
		}
	}
	held("writes", table(["setting", "point", ...hybridModels.map((model) => `\`${model}\``)], [...rows.values()]));
});

it("has the tables of the family", () => {
	const rows = hybridModels.map((model) => {
		const one = findTable(model)!;
		const rated = one.fixed!["701.W_SF"] === 1 ? "10 W" : "1 W";
		const ports = pointNames(Object.keys(one.fixed!).filter((name) => name.endsWith(".PrtTyp"))).length;
		return [`\`${model}\``, one.maker, one.model, `${one.maxRead}`, `${ports}`, rated, one.confidence];
	});
	held(
		"tables",
		table(["table", "maker", "products", "registers a read", "DC ports", "step of 701 W", "sources"], rows),
	);
});

it("settles every discrepancy, and names a test for each that concerns behaviour", () => {
	const text = readFileSync(file, "utf8");
	const tests = readFileSync(join(root, "test/sol-ark-discrepancies.test.ts"), "utf8");
	const numbers = [...between("discrepancies", text).matchAll(/^\| (\d+) \|.*\| (yes|no) \|$/gm)];
	expect(numbers.map(([, number]) => Number(number))).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
	for (const [, number, tested] of numbers) {
		const named = new RegExp(`"(\\d+ and )?${number}( and \\d+)?: `).test(tests);
		expect(named, `discrepancy ${number}`).toBe(tested === "yes");
	}
});
