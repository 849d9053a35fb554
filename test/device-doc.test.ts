/** docs/device.md held against the code: its tables, its site file, and every command that needs no hardware. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boardNames, boards, pinNames } from "../hosts/esp32s3/boards";
import { utf8Encode } from "../modules/base/bytes";
import { kLampStates } from "../modules/panel/lamp";
import { SetupConsole } from "../modules/setup/console";
import { noSettings } from "../modules/setup/settings";
import { knownDevices } from "../modules/site/known-devices";
import { checkSite } from "../modules/site/site-file";
import { DashboardHub } from "./dashboard-browser";
import { describeWithPeers, root, temporaryFolder } from "./peers";

const path = join(root, "docs/device.md");
const text = readFileSync(path, "utf8");
const known = knownDevices();

/** Contents of the fenced blocks with that word after the language. */
function blocks(mark: string): string[] {
	return [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].filter((one) => one[1] === mark).map((one) => one[2]!);
}

function between(name: string): string {
	return new RegExp(`<!-- ${name}:begin -->\n([\\s\\S]*?)<!-- ${name}:end -->`).exec(text)?.[1] ?? "";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
	return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

/** UPDATE_DOCS=1 writes the tables. */
function held(name: string, expected: string): void {
	if (process.env["UPDATE_DOCS"] === "1") {
		const now = readFileSync(path, "utf8");
		const place = new RegExp(`(<!-- ${name}:begin -->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
		writeFileSync(
			path,
			now.replace(place, (_, before, after) => `${before}${expected}${after}`),
		);
	} else expect(between(name), `UPDATE_DOCS=1 writes it`).toBe(expected);
}

describe("docs/device.md", () => {
	it("has the pins of every board revision", () => {
		const rows = pinNames
			.filter((pin) => boardNames.some((name) => boards[name].pins[pin] !== undefined))
			.map((pin) => [`\`${pin}\``, ...boardNames.map((name) => String(boards[name].pins[pin] ?? "-"))]);
		held("pins", table(["function", ...boardNames.map((name) => boards[name].title)], rows));
	});

	it("has the states of the lamp", () => {
		const rows = kLampStates.map(({ colorName, rhythm, meaning }) => [colorName, rhythm, meaning]);
		held("lamp", table(["colour", "rhythm", "meaning"], rows));
	});

	it("has a site file that the hub takes", () => {
		const [site] = blocks("json site");
		expect(checkSite(site!, known).problems).toEqual([]);
	});

	it("names only commands that the console has", () => {
		let output = "";
		const terminal = new SetupConsole({
			write: (piece) => (output += piece),
			device: {
				settings: () => noSettings("hub"),
				apply: () => {},
				factoryReset: () => {},
				trouble: () => "",
				site: () => ({ state: "none", text: "" }),
			},
			network: () => ({ state: "down", by: "", name: "", address: "", signalDbm: 0 }),
			site: { stored: () => undefined, check: () => [], save: () => {} },
			restart: () => {},
			firmware: "0",
		});
		terminal.receive(utf8Encode("help\r"));
		const typed = [...text.matchAll(/^gridpost> (\S+)/gm)].map((one) => one[1]!);
		expect(typed.length).toBeGreaterThan(3);
		for (const name of [...typed, "status", "site show | site paste", "factory-reset"])
			expect(output).toMatch(new RegExp(`^ {2}${name.replace("|", "\\|")}\\b`, "m"));
	});

	it("names only files that are there", () => {
		const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map((one) => one[1]!);
		expect(links.length).toBeGreaterThan(3);
		for (const link of links) expect(() => readFileSync(join(root, "docs", link)), link).not.toThrow();
	});
});

describeWithPeers("docs/device.md: its commands", ["curl"], () => {
	let hub: DashboardHub;
	let ports: [number, number];
	const folder = temporaryFolder();
	const restarting: (() => void)[] = [];

	const open = () => {
		hub = new DashboardHub(ports[0], ports[1], {
			siteText: "",
			simulatedBoard: true,
			dataFolder: folder.path,
			onRestart: () => {
				hub.close();
				open();
				for (const go of restarting.splice(0)) go();
			},
		});
	};

	beforeAll(async () => {
		ports = await DashboardHub.ports();
		writeFileSync(join(folder.path, "site.json"), blocks("json site")[0]!);
		open();
	});

	afterAll(() => {
		hub.close();
		folder.remove();
	});

	it("run one after the other against a board, as they stand", async () => {
		const commands = blocks("sh runnable");
		expect(commands.length).toBe(4);
		const outputs: string[] = [];
		for (const command of commands) {
			const isSite = command.includes("-X PUT") && command.includes("/api/site-file");
			const restarted = isSite ? new Promise<void>((resolve) => restarting.push(resolve)) : undefined;
			const cwd = command.includes("tools/") ? root : folder.path;
			const env = { ...process.env, HUB: `127.0.0.1:${ports[0]}` };
			const { stdout } = await promisify(execFile)("sh", ["-ec", command], { cwd, env, timeout: 15_000 });
			outputs.push(stdout);
			await restarted;
		}
		expect(outputs[1]).toContain('"adminPasswordSet":true');
		expect(outputs[1]).not.toContain("pole-and-wire");
		expect(outputs[2]).toContain('{"problems":[]}');
		expect(outputs[2]).toContain('{"restarts":true}');
		expect(outputs[3]).toContain('"name":"Test bench"');
		expect(outputs[3]).toMatch(/"id":"meter-1"[\s\S]*"id":"meter-1"/);
		expect(hub.errors).toEqual([]);
	});
});
