/** docs/add-a-device.md, followed word for word in a copy of the repository. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fromHex } from "../modules/base/bytes";
import { freePort, root, run, start, temporaryFolder } from "./peers";

interface Block {
	language: string;
	/** What stands behind the language: a file, "add to" or "change" and a file, or "see". */
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

/** Imports go behind the last import, entries to the end of the list. */
function addTo(path: string, text: string): void {
	let file = readFileSync(inCopy(path), "utf8");
	for (const line of text.split("\n").filter((one) => one !== "")) {
		if (line.startsWith("import ")) {
			const last = file.lastIndexOf("\nimport ");
			const end = file.indexOf("\n", last + 1);
			file = `${file.slice(0, end)}\n${line}${file.slice(end)}`;
		} else {
			expect(file).toContain("\n]);");
			file = file.replace("\n]);", `\n${line}\n]);`);
		}
	}
	writeFileSync(inCopy(path), file);
}

/** What is built already need not be built again: the notes of the last build name the folder it was made in. */
function copyBuild(): void {
	for (const part of ["js", "addon/debug", "addon/generated"]) {
		cpSync(join(root, "build", part), inCopy(`build/${part}`), { recursive: true, preserveTimestamps: true });
	}
	for (const name of readdirSync(inCopy("build/addon/debug"))) {
		if (!/\.(cmd|d)$/.test(name)) continue;
		const path = inCopy(`build/addon/debug/${name}`);
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
	for (const block of blocks) {
		if (block.language === "sh" || block.language === "text" || block.about.startsWith("change ")) continue;
		const more = /^add to (.+)$/.exec(block.about);
		if (more) addTo(more[1]!, block.text);
		else writeFileSync(inCopy(block.about), block.text);
	}
}, 60_000);

afterAll(() => folder.remove());

const shell = (command: string): Promise<string> =>
	run("sh", ["-c", `cd "${folder.path}" && NO_COLOR=1 ${command}`], 120_000);

it("has a table of at most 40 lines, two lines of catalogue, a site and three commands", () => {
	const table = blocks.find((block) => block.about.endsWith("eastron-sdm230.ts"))!;
	expect(table.text.trim().split("\n").length).toBeLessThanOrEqual(40);
	expect(commands.map((command) => command.split(" ").slice(0, 2).join(" "))).toEqual([
		"node tools/check-manifest.mjs",
		"npx vitest",
		"npm start",
	]);
	expect(seen.length).toBe(2);
});

it("tells the truth about word order", () => {
	const [high, low] = [...page.matchAll(/`((?:[0-9a-f]{2} ){3}[0-9a-f]{2})`/g)].map((match) => fromHex(match[1]!));
	expect(new DataView(high!.buffer).getFloat32(0)).toBeCloseTo(230.2, 3);
	expect([...low!]).toEqual([...high!.slice(2), ...high!.slice(0, 2)]);
});

it("lists the new module for the device", async () => {
	await shell(commands[0]!);
	expect(readFileSync(inCopy("manifest.json"), "utf8")).toContain("./modules/devices/tables/eastron-sdm230");
	await shell("node tools/check-manifest.mjs");
}, 60_000);

it("passes the contract test, and fails it as the page says when a unit is wrong", async () => {
	const said = await shell(commands[1]!);
	const [, passed] = /You see `(\d+) passed`/.exec(page)!;
	expect(said).toMatch(new RegExp(`Tests +${passed} passed`));
	const path = inCopy("modules/devices/tables/eastron-sdm230.ts");
	const right = readFileSync(path, "utf8");
	const wrong = right.replace('k: 1000, unit: "Wh", point: "TotWhImp"', 'unit: "kWh", point: "TotWhImp"');
	expect(wrong).not.toBe(right);
	writeFileSync(path, wrong);
	const mistake = /`(rows\[\d\] import_energy\.unit: [\s\S]*?)`/.exec(page)![1]!.replace(/\s+/g, " ");
	await expect(shell(commands[1]!)).rejects.toThrow(mistake);
	writeFileSync(path, right);
}, 120_000);

it("has an inverter that passes it too, in the meter's way", async () => {
	expect(readFileSync(inCopy("manifest.json"), "utf8")).toContain("./modules/devices/tables/growatt-min-tl-x");
	const said = await shell(commands[1]!.replace("eastron-sdm230", "growatt-min-tl-x"));
	expect(said).toMatch(/Tests +6 passed/);
}, 120_000);

interface Point {
	value: unknown;
	quality: string;
}

/** Runs the site until it says `line`; then the points that HTTP tells of, once they have all been looked at. */
async function startSite(line: string): Promise<Point[]> {
	const ports = [await freePort(), await freePort(), await freePort()];
	const options = `--mqtt ${ports[0]} --http ${ports[1]} --modbus ${ports[2]}`;
	// What npm runs, without npm between us and the signal that ends it.
	const { scripts } = JSON.parse(readFileSync(inCopy("package.json"), "utf8")) as { scripts: { start: string } };
	const command = commands[2]!.replace("npm start --", scripts.start);
	const hub = start("sh", ["-c", `cd "${folder.path}" && exec ${command} ${options}`]);
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

it("starts the site, with the new device answering every point", async () => {
	const points = await startSite(seen[0]!);
	expect(points.length).toBeGreaterThanOrEqual(11);
	expect(points.filter(({ value, quality }) => typeof value !== "number" || quality !== "good")).toEqual([]);
}, 90_000);

it("goes to a serial port, and says that it waits for it", async () => {
	// whatever is plugged in here is left alone
	const nowhere = (text: string) => text.replaceAll("/dev/ttyUSB0", "/dev/ttyUSB-none");
	const change = blocks.find((block) => block.about.startsWith("change "))!;
	const path = inCopy(change.about.slice("change ".length));
	const before = readFileSync(path, "utf8");
	const after = before.replace(/^\t"buses": .*\n/m, nowhere(change.text));
	expect(after).not.toBe(before);
	writeFileSync(path, after);
	const points = await startSite(nowhere(seen[1]!));
	expect(points.length).toBeGreaterThanOrEqual(11);
	expect(points.filter(({ quality }) => quality !== "never")).toEqual([]);
}, 90_000);
