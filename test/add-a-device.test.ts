/** docs/add-a-device.md, followed word for word in a copy of the repository. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort, root, run, start, temporaryFolder } from "./peers";

interface Block {
	language: string;
	/** What stands behind the language: a file, or "add to" a file. */
	about: string;
	text: string;
}

const page = readFileSync(join(root, "docs/add-a-device.md"), "utf8");
const blocks: Block[] = [...page.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
	language: match[1]!,
	about: match[2]!,
	text: match[3]!,
}));
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
			expect(file).toContain("\n];");
			file = file.replace("\n];", `\n${line}\n];`);
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
		if (block.language === "sh") continue;
		const more = /^add to (.+)$/.exec(block.about);
		if (more) addTo(more[1]!, block.text);
		else writeFileSync(inCopy(block.about), block.text);
	}
}, 60_000);

afterAll(() => folder.remove());

const shell = (command: string): Promise<string> =>
	run("sh", ["-c", `cd "${folder.path}" && NO_COLOR=1 ${command}`], 120_000);

it("has a table of at most 40 lines, two lines of catalogue, a site and three commands", () => {
	const table = blocks.find((block) => block.about.endsWith("acme-pm1.ts"))!;
	expect(table.text.trim().split("\n").length).toBeLessThanOrEqual(40);
	expect(commands.map((command) => command.split(" ").slice(0, 2).join(" "))).toEqual([
		"node tools/check-manifest.mjs",
		"npx vitest",
		"npm start",
	]);
});

it("lists the new module for the device", async () => {
	await shell(commands[0]!);
	expect(readFileSync(inCopy("manifest.json"), "utf8")).toContain("./modules/devices/tables/acme-pm1");
	await shell("node tools/check-manifest.mjs");
}, 60_000);

it("passes the contract test, and fails it as the page says when a unit is wrong", async () => {
	const said = await shell(commands[1]!);
	expect(said).toMatch(/Tests\D+6 passed/);
	const path = inCopy("modules/devices/tables/acme-pm1.ts");
	const right = readFileSync(path, "utf8");
	writeFileSync(path, right.replace('k: 10, unit: "Wh"', 'k: 0.01, unit: "kWh"'));
	const mistake = /`(rows\[\d\] import_energy\.unit: [\s\S]*?)`/.exec(page)![1]!.replace(/\s+/g, " ");
	await expect(shell(commands[1]!)).rejects.toThrow(mistake);
	writeFileSync(path, right);
}, 120_000);

it("starts the site, with the new device answering", async () => {
	const ports = [await freePort(), await freePort(), await freePort()];
	const options = `--headless --mqtt ${ports[0]} --http ${ports[1]} --modbus ${ports[2]}`;
	// What npm runs, without npm between us and the signal that ends it.
	const { scripts } = JSON.parse(readFileSync(inCopy("package.json"), "utf8")) as { scripts: { start: string } };
	const command = commands[2]!.replace("npm start --", scripts.start);
	const hub = start("sh", ["-c", `cd "${folder.path}" && exec ${command} ${options}`]);
	try {
		await hub.waitFor(/rs485-1 unit 1 \(acme-pm1\) answers/, 60_000);
		const site = (await (await fetch(`http://127.0.0.1:${ports[1]}/api/site`)).json()) as unknown;
		expect(JSON.stringify(site)).toContain("meter-1");
	} finally {
		hub.process.kill("SIGTERM");
		await hub.ended;
	}
}, 90_000);
