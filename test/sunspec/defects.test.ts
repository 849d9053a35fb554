/** The conformance test finds what is wrong, by the procedure for it and by no other. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPeers, freePort } from "../peers";
import { defects, FaultySpace } from "./defects";
import { Dut, inverterModels } from "./dut";
import { Gateway, rtuDefects, SerialServer, tcpDefects } from "./frame-defects";
import { commonIds, Suite, tcpIds } from "./suite";

const nobody = 247;
const ids = commonIds;
const mostMs = 120_000;

/** What is declared of the DER, with and without its defect. */
function declared(name: string, unit: number) {
	return { name, unit, models: inverterModels.map(({ id }) => id), common: { Mn: "Gridpost", Md: "DUT" } };
}

describeWithPeers("Planted defects", ["python"], () => {
	const dut = new Dut();
	const space = new FaultySpace(dut);
	let suite: Suite;
	const unitOf = (index: number): number => index + 3;

	beforeAll(async () => {
		dut.add(2);
		for (const [i, defect] of defects.entries()) {
			dut.add(unitOf(i), defect.models);
			space.plant(unitOf(i), defect);
		}
		const port = await freePort();
		dut.serve(port, space);
		suite = Suite.tcp(port);
		const ders = [declared("none", 2), ...defects.map(({ title }, i) => declared(title, unitOf(i)))];
		suite.test({ ders, ids, nobody, settleS: 0 });
	});
	afterAll(async () => {
		await suite?.stop();
		dut.close();
	});

	/** Ids that failed, and what they said. */
	async function failed(der: string): Promise<Record<string, string[]>> {
		const out: Record<string, string[]> = {};
		for (const id of ids) {
			const { failures } = await suite.result(id, der);
			if (failures.length > 0) out[id] = failures;
		}
		return out;
	}

	test("a DER without defects passes", { timeout: mostMs }, async () => {
		expect(await failed("none")).toEqual({});
	});

	for (const { title, caught } of defects) {
		test(`${title}: ${caught.join(", ")}`, { timeout: mostMs }, async () => {
			const found = await failed(title);
			expect(Object.keys(found).sort(), JSON.stringify(found, undefined, 1)).toEqual([...caught].sort());
		});
	}
});

describeWithPeers("Planted defects of frames", ["python"], () => {
	const dut = new Dut();
	const quick = [...ids, ...tcpIds].filter((id) => !id.startsWith("REV"));
	let behind = 0;

	beforeAll(async () => {
		for (let unit = 2; unit < 2 + tcpDefects.length; unit++) dut.add(unit);
		behind = await freePort();
		dut.serve(behind);
	});
	afterAll(() => dut.close());

	for (const [i, defect] of tcpDefects.entries()) {
		test.concurrent(`${defect.title}: ${defect.caught.join(", ")}`, { timeout: mostMs }, async ({ expect }) => {
			const port = await freePort();
			const gateway = new Gateway(port, behind, defect);
			const suite = Suite.tcp(port);
			suite.test({ ders: [declared("gateway", 2 + i)], ids: quick, nobody, settleS: 0, packet: defect.packet ?? 16 });
			await suite.done;
			gateway.close();
			const found = failures(suite);
			expect(Object.keys(found), JSON.stringify(found, undefined, 1)).toEqual(defect.caught);
		});
	}

	for (const defect of rtuDefects) {
		// a line in real time: an attempt for which a busy machine was deaf is made again, on a new line
		const settings = { timeout: mostMs, retry: 2 };
		test(`RTU, ${defect.title}: ${defect.caught.join(", ") || "passes"}`, settings, async ({ expect }) => {
			const { suite, path } = await Suite.rtu(19200);
			const server = new SerialServer(path, 19200, 2, dut.space, defect);
			const some = ["DEV-1", "DEV-2", "RTU-1", "RTU-2", "RTU-3", "EXC-3"];
			const task = { ders: [declared("serial", 2)], ids: some, nobody, settleS: 0, timeoutS: 1, bauds: [19200, 9600] };
			suite.test(task, async (baud) => server.setBaud(baud));
			await suite.done;
			server.close();
			const found = failures(suite);
			expect(Object.keys(found), JSON.stringify(found, undefined, 1)).toEqual(defect.caught);
		});
	}
});

/** What failed by id, of a test that was run to its end. */
function failures(suite: Suite): Record<string, string[]> {
	if (suite.results.length < 6) throw new Error("most of the test was not run");
	void suite.stop();
	const failed = suite.results.filter((result) => result.failures.length > 0);
	return Object.fromEntries(failed.map((result) => [result.id, result.failures]));
}
