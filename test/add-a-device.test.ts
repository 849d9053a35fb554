/** docs/add-a-device.md, followed word for word in a copy of the repository. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fromHex } from "../modules/base/bytes";
import { findTable } from "../modules/devices/generated/tables";
import { freePort, root, run, start, temporaryFolder } from "./peers";

interface Block {
	language: string;
	/** What stands behind the language: a file, "change" and a file, or "see". */
	about: string;
	text: string;
}

const page = readFileSync(join(root, "docs/add-a-device.md"), "utf8");
const blocks: Block[] = [...page.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
	language: match[1]!,
	about: match[2]!,
	text: match[3]!,
}));
/** What the page promises to be seen, in the order of the page. */
const seen = blocks
	.filter((block) => block.language === "text" && block.about === "see")
	.map(({ text }) => text.trim());
const commands = blocks.filter((block) => block.language === "sh").map((block) => block.text.trim());

const folder = temporaryFolder();
const inCopy = (path: string): string => join(folder.path, path);
const file = (about: string): Block => blocks.find((block) => block.about === about)!;
/** What a person types into a file. */
const write = (about: string): void => writeFileSync(inCopy(about), file(about).text);
const kPlugin = "plugins/finder-7m-24.ts";
const kSite = "sites/bench.json";

/** What is built already need not be built again: the notes of the last build name the folder it was made in. */
function copyBuild(): void {
	for (const part of ["js", "addon/debug", "addon/board", "addon/generated", "addon/generated-board"]) {
		cpSync(join(root, "build", part), inCopy(`build/${part}`), { recursive: true, preserveTimestamps: true });
	}
	const notes = ["debug", "board"].flatMap((variant) =>
		readdirSync(inCopy(`build/addon/${variant}`)).map((name) => `${variant}/${name}`),
	);
	for (const name of notes) {
		if (!/\.(cmd|d)$/.test(name)) continue;
		const path = inCopy(`build/addon/${name}`);
		// This one package is found through the link to where it really is.
		const headers = "node_modules/node-api-headers/";
		const moved = readFileSync(path, "utf8").replaceAll(root, `${folder.path}/`);
		writeFileSync(path, moved.replaceAll(inCopy(headers), join(root, headers)));
	}
}

beforeAll(() => {
	for (const path of execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0")) {
		if (path === "" || !existsSync(join(root, path))) continue;
		mkdirSync(dirname(inCopy(path)), { recursive: true });
		cpSync(join(root, path), inCopy(path), { preserveTimestamps: true });
	}
	copyBuild();
	symlinkSync(join(root, "node_modules"), inCopy("node_modules"));
}, 60_000);

afterAll(() => folder.remove());

/** What npm runs, without npm between us and it. */
function command(index: number): string {
	const { scripts } = JSON.parse(readFileSync(inCopy("package.json"), "utf8")) as { scripts: Record<string, string> };
	return commands[index]!.replace(/^npm (?:run )?([a-z-]+) --/, (_, name: string) => scripts[name]!);
}

const shell = (text: string): Promise<string> =>
	run("sh", ["-c", `cd "${folder.path}" && NO_COLOR=1 ${text}`], 120_000);

it("has a table of at most 40 lines for 12 values, a site and seven commands", () => {
	const table = file(kPlugin).text.trim();
	expect(table.split("\n").length).toBeLessThanOrEqual(40);
	expect(table.match(/^\t\t\{ name: /gm)?.length).toBeGreaterThanOrEqual(12);
	expect(page).toContain(`| this page's table | 1 | ${table.split("\n").length} | 12 values`);
	expect(commands.map((one) => one.split(" ").slice(0, 3).join(" "))).toEqual([
		"npm run new-device",
		"npm run try-device",
		"npm run try-device",
		"npm start --",
		'sed \'s#"gridpost/plugin"#"../table"#\' plugins/finder-7m-24.ts',
		"node tools/generate-tables.mjs &&",
		"npx vitest run",
	]);
	expect(seen.length).toBe(4);
});

it("is about a device that the catalogue does not have", () => {
	expect(findTable("finder-7m-24")).toBeUndefined();
});

it("tells the truth about word order", () => {
	const [high, low] = [...page.matchAll(/`((?:[0-9a-f]{2} ){3}[0-9a-f]{2})`/g)].map((match) => fromHex(match[1]!));
	expect(new DataView(high!.buffer).getFloat32(0)).toBeCloseTo(230.2, 3);
	expect([...low!]).toEqual([...high!.slice(2), ...high!.slice(0, 2)]);
});

it("begins a table that can be tried as it stands", async () => {
	expect(await shell(command(0))).toContain(seen[0]!);
	const said = await shell(command(1));
	expect(said).toMatch(/^voltage .* good$/m);
	expect(said).not.toMatch(/refused|suspect/);
}, 60_000);

it("shows every row of the table, and names a mistake with its row as the page says", async () => {
	write(kPlugin);
	expect(await shell(command(1))).toContain(seen[1]!);
	const right = file(kPlugin).text;
	const wrong = right.replace('k: 0.1, unit: "Wh", point: "TotWhImp"', 'unit: "kWh", point: "TotWhImp"');
	expect(wrong).not.toBe(right);
	writeFileSync(inCopy(kPlugin), wrong);
	const mistake = /`(rows\[\d\] import_energy\.unit: [\s\S]*?)`/.exec(page)![1]!.replace(/\s+/g, " ");
	await expect(shell(command(1))).rejects.toThrow(mistake);
	write(kPlugin);
}, 60_000);

// whatever is plugged in here is left alone
const nowhere = (text: string): string => text.replaceAll("/dev/ttyUSB0", "/dev/ttyUSB-none");

it("says that there is no converter", async () => {
	await expect(shell(nowhere(command(2)))).rejects.toThrow("--path /dev/ttyUSB-none: it is not there");
}, 60_000);

it("names the options that the tools of the page have", async () => {
	const shown = [...page.matchAll(/^npm run (scan|build-mod) -- (.*)$/gm)];
	expect(shown.map((match) => match[1])).toEqual(["scan", "build-mod"]);
	for (const [, tool, rest] of shown) {
		const help = await shell(`node tools/run-tool.mjs ${tool} --help`);
		for (const option of rest!.match(/--[a-z]+/g) ?? []) expect(help).toContain(option);
	}
	const offset = /write_flash (0x[0-9a-f]+)/.exec(page)![1]!;
	expect(readFileSync(inCopy("hosts/esp32s3/partitions.csv"), "utf8")).toMatch(new RegExp(`^xs,.*${offset}`, "m"));
}, 60_000);

interface Point {
	value: unknown;
	quality: string;
}

/** Runs the site until it says `line`; then the points that HTTP tells of, once they have all been looked at. */
async function startSite(line: string): Promise<Point[]> {
	const ports = [await freePort(), await freePort(), await freePort()];
	const options = `--mqtt ${ports[0]} --http ${ports[1]} --modbus ${ports[2]}`;
	const hub = start("sh", ["-c", `cd "${folder.path}" && exec ${command(3)} ${options}`]);
	try {
		await hub.waitFor(new RegExp(line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")), 60_000);
		for (let tries = 0; ; tries++) {
			const answer = await fetch(`http://127.0.0.1:${ports[1]}/api/site`);
			const { devices } = (await answer.json()) as { devices: { online: boolean; points: Point[] }[] };
			const { online, points } = devices[0]!;
			if (!online || tries > 100 || points.every(({ quality }) => quality !== "never")) return points;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	} finally {
		hub.process.kill("SIGTERM");
		await hub.ended;
	}
}

it("starts the site with the plug-in, which answers every point", async () => {
	write(kSite);
	const points = await startSite(seen[2]!);
	expect(points.length).toBeGreaterThanOrEqual(9);
	expect(points.filter(({ value, quality }) => typeof value !== "number" || quality !== "good")).toEqual([]);
}, 90_000);

it("goes to a serial port, and says that it waits for it", async () => {
	const change = blocks.find((block) => block.about === `change ${kSite}`)!;
	const before = readFileSync(inCopy(kSite), "utf8");
	const after = before.replace(/^\t"buses": .*\n/m, nowhere(change.text));
	expect(after).not.toBe(before);
	writeFileSync(inCopy(kSite), after);
	const points = await startSite(nowhere(seen[3]!));
	expect(points.length).toBeGreaterThanOrEqual(9);
	expect(points.filter(({ quality }) => quality !== "never")).toEqual([]);
}, 90_000);

it("goes into the catalogue with two commands, passes the contract test and has a page", async () => {
	await shell(command(4));
	await shell(command(5));
	expect(readFileSync(inCopy("modules/devices/generated/tables.ts"), "utf8")).toContain("finder7m24");
	await shell("node tools/check-manifest.mjs");
	const said = await shell(command(6));
	const [, passed] = /You see `(\d+) passed`/.exec(page)!;
	expect(said).toMatch(new RegExp(`Tests +${passed} passed`));
	const own = readFileSync(inCopy("docs/devices/finder-7m-24.md"), "utf8");
	expect(own).toContain("| `voltage` | input 2500 | f32 V | `PhV` `PhVphA` | fast |");
}, 120_000);
