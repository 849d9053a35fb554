/** `npm run try-device` as a person runs it: on its simulator, on a serial line, against a slave that we did not write. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findTable } from "../modules/devices/generated/tables";
import { SimSlave } from "../sim/slave";
import { TypicalSource } from "../sim/typical";
import { SimulatedLine } from "./adapters/simulated-line";
import { ddsValues } from "./fixtures/meter-values";
import { describeWithPeers, freePort, type Peer, python, root, start, temporaryFolder } from "./peers";

const folder = temporaryFolder();
afterAll(() => folder.remove());

const tool = (...args: string[]): Peer =>
	start(process.execPath, [join(root, "tools/run-tool.mjs"), "try-device", ...args], { NO_COLOR: "1" });

async function ended(...args: string[]): Promise<{ code: number | null; text: string }> {
	const peer = tool(...args);
	return { code: await peer.ended, text: peer.output() };
}

const file = (name: string): string => join(root, `modules/devices/tables/${name}.ts`);

it("shows every row of a table file against its simulator", async () => {
	const { code, text } = await ended(file("hiking-dds238-2-zn-s"), "--sim", "--once");
	expect(text).toMatch(/^Hiking .*\(hiking-dds238-2-zn-s\) as its simulator, unit 1\n/);
	expect(text).toMatch(/^voltage +3:12 +0[89][0-9a-f]{2} +2[23][\d.]+ +V +PhV, PhVphA +good$/m);
	expect(code).toBe(0);
});

it("goes on until Ctrl-C, and ends well", async () => {
	const peer = tool("hiking-dds238-2-zn-s", "--sim");
	await peer.waitFor(/^current .* good\n[\s\S]*^current .* good\n/m);
	peer.process.kill("SIGINT");
	expect(await peer.ended).toBe(0);
});

describe("a mistake is one sentence that says what to do", () => {
	const broken = join(folder.path, "broken.ts");
	writeFileSync(broken, `export const t = { id: "x", rows: [{ name: "volt", k: 0 }] };`);
	it.each([
		[["eastron-sdm120"], /^try-device: say where the device is: --path PORT, --tcp HOST, or --sim$/m],
		[
			["no-such-device", "--sim"],
			/^try-device: no-such-device: there is no such file, and no such device among .*eastron/m,
		],
		[
			["eastron-sdm120", "--path", "/dev/ttyUSB-none"],
			/--path \/dev\/ttyUSB-none: it is not there; this computer has /,
		],
		[["eastron-sdm120", "--path", "/etc/hostname"], /it is no serial port; this computer has /],
		[["eastron-sdm120", "--sim", "--unit", "256"], /--unit 256: it must be a whole number from 1 to 255/],
		[["eastron-sdm120", "--path", "/dev/null", "--baud", "9601"], /--baud 9601: it must be one of 1200, 2400/],
		[["eastron-sdm120", "--sim", "--port", "x"], /there is no option --port/],
		[[broken, "--sim"], /broken\.ts: broken has \d+ problems:\n(.*\n)* {2}rows\[0\] volt\.k: 0 is not allowed/],
	])("%j", async (args, words) => {
		const { code, text } = await ended(...args);
		expect(text).toMatch(words);
		expect(text).not.toMatch(/^ +at /m);
		expect(code).toBe(1);
	});
});

describeWithPeers("on a serial line", ["socat", "python"], () => {
	it("reads a simulated slave", async () => {
		const table = findTable("eastron-sdm120")!;
		const slave = new SimSlave({ table, unit: 5, source: new TypicalSource(table), serial: "17042391" });
		const line = new SimulatedLine(slave, () => performance.now());
		await line.open();
		try {
			const { code, text } = await ended(
				"eastron-sdm120",
				"--path",
				line.path,
				"--unit",
				"5",
				"--baud",
				"9600",
				"--once",
			);
			expect(text).toMatch(/^power_factor +4:30 +3f73 3333 +0\.95 +1 +PF +good$/m);
			expect(text).toMatch(/^serial_number +3:64512 +0104 0bd7 +"17042391" +SN +good$/m);
			expect(code).toBe(0);
			const nobody = await ended("eastron-sdm120", "--path", line.path, "--unit", "6", "--once");
			expect(nobody.text).toContain("Nothing answers. In this order");
			expect(nobody.text).toContain(`npm run scan -- --path ${line.path}`);
			expect(nobody.code).toBe(2);
		} finally {
			await line.close();
		}
	}, 40_000);

	it("reads a meter played by pymodbus from its facts, on a line and over TCP", async () => {
		const id = "hiking-dds238-2-zn-s";
		const spec = { csv: `${root}test/fixtures/devices/${id}.csv`, unit: 11, blocks: [[0, 26]], values: ddsValues };
		const peer = python("device_slave.py", [JSON.stringify([spec]), "pty"]);
		try {
			const path = (await peer.waitFor(/ready (\S+)/, 20_000))[1]!;
			const { code, text } = await ended(file(id), "--path", path, "--unit", "11", "--once");
			expect(text).toMatch(/^voltage +3:12 +090a +231\.4 +V +PhV, PhVphA +good$/m);
			expect(text).toMatch(/^active_power +3:14 +fb2e +-1234 +W +W +good$/m);
			expect(code).toBe(0);
		} finally {
			await peer.stop();
		}
	}, 40_000);

	it("says over TCP what is wrong there", async () => {
		const { text } = await ended("eastron-sdm120", "--tcp", `127.0.0.1:${await freePort()}`, "--once");
		expect(text).toMatch(/ECONNREFUSED|refused|cannot connect|no connection/i);
	}, 40_000);
});

it.each([
	["shelly-gen2-em", /^em_a_voltage +a_voltage .* V +PhVphA +good$/m],
	["pylontech-can-lv", /^soc +0x355:0 .* % +SoC, SoC +good$/m],
	["daly-uart", / good$/m],
])("shows %s, which is no Modbus, against its simulator", async (id, words) => {
	const { code, text } = await ended(id, "--sim", "--once");
	expect(text).toMatch(words);
	expect(code).not.toBe(2);
});

it.each([
	[["shelly-gen2-em", "--path", "/dev/null"], /shelly-gen2-em is on no serial line: --tcp HOST, or --sim/],
	[["pylontech-can-lv", "--tcp", "x"], /pylontech-can-lv is on no network: --sim, or in a site with npm start/],
	[["daly-uart", "--tcp", "x"], /daly-uart is on no network: --path PORT, or --sim/],
])("says where a device can be tried: %j", async (args, words) => {
	expect((await ended(...args)).text).toMatch(words);
});
