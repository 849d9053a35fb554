/** A hub with plug-ins, good and bad: the bad ones are named, the hub goes on. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DesktopHub } from "../hosts/desktop/app";
import { loadPluginFile } from "../hosts/desktop/plugin-files";
import { freePort, temporaryFolder } from "./peers";

const folder = temporaryFolder();
const lines: string[] = [];
let hub: DesktopHub;
let httpPort = 0;

function plugin(name: string, text: string) {
	const file = join(folder.path, `${name}.ts`);
	writeFileSync(file, text);
	return loadPluginFile(file);
}

const acme = `export const acme = { id: "acme-one", maker: "Acme", model: "One", kind: "environment", sunspec: [1, 307],
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1 }, functions: [4], fc: 4, maxRead: 10, quirks: [],
	rows: [{ name: "t", address: 1, type: "f32", unit: "C", point: "TmpAmb", poll: "fast", notAvailable: [NaN] }],
	sources: ["acme"], confidence: "one" };`;

beforeAll(async () => {
	httpPort = await freePort();
	const devices = [
		{ id: "air", device: "acme-one", bus: "one", address: 1, unit: 10, role: "sensor" },
		{ id: "meter", device: "eastron-sdm120", bus: "one", address: 2, unit: 11, role: "home" },
	];
	hub = new DesktopHub({
		siteText: JSON.stringify({
			name: "Bench",
			feederId: "feeder-1",
			gatewayId: "bench-1",
			buses: [{ id: "one", port: "sim", baud: 9600 }],
			devices,
		}),
		plugins: [
			plugin("acme", acme),
			plugin("throws", `throw new Error("no luck");`),
			plugin("loops", "for (;;);"),
			plugin("hoards", "const a = []; for (;;) a.push({});"),
			plugin("wrong", acme.replace('unit: "C"', 'unit: "degC"').replace("acme-one", "acme-two")),
		],
		clock: "virtual",
		options: { httpPort, modbusPort: await freePort(), broker: "" },
		log: (level, area, text) => lines.push(`${level} ${area}: ${text}`),
	});
	hub.machine.advance(8000);
});

afterAll(() => {
	hub?.close();
	folder.remove();
});

it("says in the log which are loaded and which are left out, and why", () => {
	const said = lines.filter((line) => line.includes(" plugin: ")).map((line) => line.split("\n")[0]);
	expect(said).toEqual([
		"info plugin: acme-one is loaded",
		"error plugin: throws is left out: Error: no luck",
		"error plugin: loops is left out: stopped: it did not end within 50 million byte codes",
		"error plugin: hoards is left out: stopped: it wants more memory than 16 MB",
		"error plugin: wrong is left out: wrong has a problem:",
	]);
	expect(lines.join("\n")).toContain('rows[0] t.unit: "degC" is not allowed; write C');
});

it("reads the device of the good one, beside those it knows by itself", () => {
	const devices = hub.snapshot().devices.map(({ id, online }) => [id, online]);
	expect(devices).toEqual([
		["air", true],
		["meter", true],
	]);
});

it("raises an alarm for each that is left out", async () => {
	const answer = await fetch(`http://127.0.0.1:${httpPort}/api/site`);
	const { alarms } = (await answer.json()) as { alarms: { kind: string; source: { type: string; id: string } }[] };
	const own = alarms.filter(({ kind }) => kind === "plugin").map(({ source }) => source);
	expect(own).toEqual(["throws", "loops", "hoards", "wrong"].map((id) => ({ type: "plugin", id })));
});
