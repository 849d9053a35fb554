/** `npm run scan` as a person runs it, against slaves and a master that we did not write. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { findTable } from "../modules/devices/generated/tables";
import { SimSlave } from "../sim/slave";
import { TypicalSource } from "../sim/typical";
import { SimulatedLine } from "./adapters/simulated-line";
import { ddsValues } from "./fixtures/meter-values";
import { describeWithPeers, type Peer, python, root, start } from "./peers";

async function scan(...args: string[]): Promise<{ code: number | null; text: string }> {
	const peer: Peer = start(process.execPath, [join(root, "tools/run-tool.mjs"), "scan", ...args]);
	return { code: await peer.ended, text: peer.output() };
}

it.each([
	[[], /^scan: say where to look: --path \/dev\/ttyUSB0, or --tcp HOST$/m],
	[["--path", "/dev/ttyUSB-none"], /--path \/dev\/ttyUSB-none: it is not there; this computer has /],
	[["--path", "/dev/null", "--units", "0-300"], /--units 0: it must be a whole number from 1 to 255/],
	[["--path", "/dev/null", "--parity", "e"], /--parity e: it must be one of none, even, odd/],
])("%j is one sentence that says what to do", async (args, words) => {
	const { code, text } = await scan(...args);
	expect(text).toMatch(words);
	expect(text).not.toMatch(/^ +at /m);
	expect(code).toBe(1);
});

describeWithPeers("on a serial line", ["socat", "python"], () => {
	it("finds one of ours among addresses that are silent, and says so when there is nobody", async () => {
		const table = findTable("eastron-sdm630")!;
		const slave = new SimSlave({ table, unit: 7, source: new TypicalSource(table) });
		const line = new SimulatedLine(slave, () => performance.now());
		await line.open();
		try {
			const baud = ["--baud", "9600", "--parity", "none", "--stop", "1"];
			const { text } = await scan("--path", line.path, ...baud, "--units", "6-8", "--timeout", "600");
			expect(text.match(/^found .*/gm)).toEqual([expect.stringMatching(/^found {2}unit 7 at 9600 8N1, answers in /)]);
			expect(text).toMatch(/^ +(100|9\d) % {2}eastron-sdm630 /m);
			const nobody = await scan("--path", line.path, ...baud, "--units", "1-2", "--timeout", "60");
			expect(nobody.text).toContain("Nobody answers. In this order: ");
			expect(nobody.code).toBe(2);
		} finally {
			await line.close();
		}
	}, 60_000);

	it("finds a meter played by pymodbus, and says which table fits and why", async () => {
		const id = "hiking-dds238-2-zn-s";
		const spec = { csv: `${root}test/fixtures/devices/${id}.csv`, unit: 11, blocks: [[0, 26]], values: ddsValues };
		const peer = python("device_slave.py", [JSON.stringify([spec]), "pty"]);
		try {
			const path = (await peer.waitFor(/ready (\S+)/, 20_000))[1]!;
			const { code, text } = await scan("--path", path, "--units", "11", "--timeout", "600");
			expect(text).toContain(`listening on ${path}`);
			expect(text).toMatch(/^found {2}unit 11 at 9600 8N1, answers in \d+ ms$/m);
			const [first] = /^ +\d+ % {2}\S+/m.exec(text)!;
			expect(first).toMatch(new RegExp(`(100|9\\d|8\\d) % {2}${id}$`));
			expect(text).toMatch(/^ +frequency \(3:17\) reads 50\.02 Hz$/m);
			expect(text).toContain(`npm run try-device -- ${id} --path ${path} --unit 11 --baud 9600`);
			expect(code).toBe(0);
		} finally {
			await peer.stop();
		}
	}, 60_000);

	it("keeps silent where another master speaks", async () => {
		const master = python("other_master.py");
		try {
			const path = (await master.waitFor(/ready (\S+)/, 20_000))[1]!;
			const { code, text } = await scan("--path", path, "--units", "1-2");
			expect(text).toMatch(
				/^Somebody else speaks on this line: \d+ bytes in 2\.5 s, frames: \d+ of unit 1 function 3\.$/m,
			);
			expect(text).not.toContain("asking");
			expect(code).toBe(3);
		} finally {
			await master.stop();
		}
	}, 60_000);
});
