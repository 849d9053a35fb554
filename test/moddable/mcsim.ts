/** The simulator of the Moddable SDK with the demo site: a person's hands on the panel, other programs on the network. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript tool without types
import { ensureVenv } from "../../tools/venv.mjs";
import { freePort, type Peer, root, run, start, temporaryFolder } from "../peers";
import { Display, eventually } from "./display";

/** Where things are in a window of 1000 x 680 dots: hosts/mcsim/sim/gridpost.js. */
const kWindow = { width: 1000, height: 680 } as const;
const kNext = [583, 394] as const;
const kAcknowledge = [884, 394] as const;
const kClock = [198, 155] as const;
const kTenTimes = [198, 187] as const;
const kMeter4 = [144, 276] as const;
const kLamp = [806, 495] as const;
const kRelay = [388, 551] as const;
const kScreen = [400, 96, 500, 250] as const;

let display: Display;
let mcsim: Peer;
let home: { path: string; remove(): void };
let modbusPort = 0;
let httpPort = 0;

beforeAll(async () => {
	const sdk = process.env["MODDABLE"]!;
	const tools = join(sdk, "build/bin/lin/release");
	[modbusPort, httpPort] = [await freePort(), await freePort()];
	const out = join(root, "build/mcsim");
	mkdirSync(out, { recursive: true });
	const env = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${tools}:${process.env["PATH"]}` };
	const settings = [`modbusPort=${modbusPort}`, `httpPort=${httpPort}`, "broker="];
	const built = spawnSync("mcconfig", ["-d", "-m", "-p", "lin", "-o", out, "-t", "build", ...settings], {
		cwd: root,
		env,
		encoding: "utf8",
		maxBuffer: 1 << 26,
	});
	// make's commands on one stream, what the compilers say on both
	if (built.status !== 0)
		throw new Error(`mcconfig failed:\n${built.stdout.slice(-3000)}\n${built.stderr.slice(-3000)}`);
	display = await Display.open(1024, 720);
	// mcsim copies the application into its folder of settings, which it does not make
	home = temporaryFolder();
	mkdirSync(join(home.path, ".config/tech.moddable.mcsim"), { recursive: true });
	const application = join(out, "bin/lin/mc/debug/gridpost/mc.so");
	mcsim = start("stdbuf", ["-oL", join(tools, "mcsim"), join(root, "hosts/mcsim/sim"), application], {
		DISPLAY: display.name,
		HOME: home.path,
	});
	await mcsim.waitFor(/Demo pole .*Modbus TCP port/, 60_000);
	await eventually("the window", () => display.hasWindow("mcsim") || undefined, mcsim);
	display.place("mcsim", kWindow.width, kWindow.height);
	await eventually("all meters answer", () => (siteNow().answering === 8 ? true : undefined), mcsim);
});

afterAll(async () => {
	await mcsim?.stop();
	display?.close();
	home?.remove();
});

interface Site {
	name: string;
	devices: { id: string; online: boolean; points: { point: string; value: unknown }[] }[];
	alarms: { kind: string; source: { id: string }; active: boolean; acknowledged: boolean }[];
}

function siteNow(): Site & { answering: number } {
	// with the clock ten times as fast the server's patience is a tenth
	const args = ["-s", "--retry", "5", "--retry-all-errors", "--retry-delay", "1"];
	const site = JSON.parse(execFileSync("curl", [...args, `http://127.0.0.1:${httpPort}/api/site`]).toString()) as Site;
	return { ...site, answering: site.devices.filter((device) => device.online).length };
}

const isRelayClosed = (): boolean => display.look().color(...kRelay).red > 150;

/** What the lamp does over `ms`: the colours it was seen in. */
async function lampOver(ms: number): Promise<Set<string>> {
	const seen = new Set<string>();
	for (const endMs = Date.now() + ms; Date.now() < endMs; ) {
		const { red, green, blue } = display.look().color(...kLamp);
		if (red < 50 && green < 50 && blue < 50) seen.add("dark");
		else if (red > 2 * green && red > 2 * blue) seen.add("red");
		else if (green > 2 * red && green > 1.5 * blue) seen.add("green");
		else seen.add(`${red},${green},${blue}`);
		await new Promise((resolve) => setTimeout(resolve, 80));
	}
	return seen;
}

describe("mcsim", () => {
	it("serves the site to curl and its units to pysunspec2", async () => {
		expect(ensureVenv()).toBeUndefined();
		const { name, devices } = siteNow();
		expect(name).toBe("Demo pole");
		const wattsOf = (id: string): unknown =>
			devices.find((device) => device.id === id)!.points.find(({ point }) => point === "W")!.value;
		expect(wattsOf("feeder")).toBeGreaterThan(100);
		const reader = join(root, "test/peers/sunspec_read.py");
		const units = JSON.parse(
			await run(join(root, ".venv/bin/python"), [reader, "127.0.0.1", `${modbusPort}`, "1", "14", "21"]),
		) as Record<string, { base: number; models: Record<string, Record<string, unknown>> }>;
		expect(units["1"]!.models["1"]!["Mn"]).toBe("Gridpost");
		expect(Object.keys(units["14"]!.models)).toContain("211");
		expect(units["21"]!.models["213"]!["W"]).toBeGreaterThan(100);
	});

	it("turns the page of its screen at a click", async () => {
		const before = display.look();
		before.save("mcsim", kWindow.width, kWindow.height);
		display.click(...kNext);
		await eventually(
			"another page",
			() => (display.look().part(...kScreen) === before.part(...kScreen) ? undefined : true),
			mcsim,
			5000,
		);
	});

	it("a meter is unplugged: relay and lamp say so; button 4: the relay opens, the lamp is steady; plugged in: green", async () => {
		expect(isRelayClosed()).toBe(false);
		expect(await lampOver(4500)).toEqual(new Set(["dark", "green"]));
		display.click(...kClock);
		display.click(...kTenTimes);
		display.click(...kMeter4);
		await eventually("the relay closes", () => isRelayClosed() || undefined, mcsim);
		expect(siteNow().alarms).toMatchObject([
			{ kind: "silent", source: { id: "home-4" }, active: true, acknowledged: false },
		]);
		expect(await lampOver(2500)).toEqual(new Set(["dark", "red"]));
		display.look().save("mcsim-alarm", kWindow.width, kWindow.height);

		display.click(...kAcknowledge);
		await eventually("the relay opens", () => !isRelayClosed() || undefined, mcsim, 5000);
		expect(siteNow().alarms[0]!.acknowledged).toBe(true);
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(await lampOver(2500)).toEqual(new Set(["red"]));

		display.click(...kMeter4);
		await eventually("the alarm is over", () => !siteNow().alarms[0]!.active || undefined, mcsim);
		await new Promise((resolve) => setTimeout(resolve, 1500));
		expect(await lampOver(4500)).toEqual(new Set(["dark", "green"]));
		expect(isRelayClosed()).toBe(false);
	});
});
