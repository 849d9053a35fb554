/** The conformance test as tests: one for each procedure, DER and transport, each named by them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kBauds } from "../../modules/site/site-shape";
import { describeWithPeers } from "../peers";
import { type TestedDer, testedDers } from "./ders";
import { checkTable } from "./document";
import { DerHub } from "./hub";
import { commonIds, rtuIds, Suite, tcpIds } from "./suite";

/** Bit rate of the line while everything but RTU-2 is tested. */
const lineBaud = 115200;
/** No unit of the hub. */
const nobody = 247;
const mostMs = 180_000;

/** A hub and the test that runs against it: some of the DERs, some of the procedures. */
class Bench {
	readonly hub = new DerHub();
	readonly ders: readonly TestedDer[];
	readonly ids: readonly string[];
	suite: Suite | undefined;

	constructor(ders: readonly TestedDer[], ids: readonly string[]) {
		this.ders = ders;
		this.ids = ids;
	}

	async startTcp(): Promise<void> {
		await this.hub.start();
		this.suite = Suite.tcp(this.hub.port);
		this.suite.test({ ders: this.ders, ids: this.ids, nobody });
	}

	async startRtu(): Promise<void> {
		const { suite, path } = await Suite.rtu(lineBaud);
		this.suite = suite;
		const line = (baud: number) => ({ port: path, baud });
		await this.hub.start(line(lineBaud));
		const task = { ders: this.ders, ids: this.ids, nobody, bauds: kBauds };
		suite.test(task, (baud) => this.hub.restart(line(baud)));
	}

	async close(): Promise<void> {
		await this.suite?.stop();
		this.hub.close();
	}
}

/**
 * Over TCP all DERs are tested in one hub. A request over a serial line takes 5 ms, most of it silence: there the DERs
 * are shared out over hubs that all run the whole site, each with a line of its own, and one hub changes its bit rate.
 */
function benches(transport: "TCP" | "RTU"): Bench[] {
	if (transport === "TCP") return [new Bench(testedDers, [...commonIds, ...tcpIds])];
	const ids = [...commonIds, ...rtuIds].filter((id) => id !== "RTU-2");
	const of = (...names: string[]) => testedDers.filter(({ name }) => names.includes(name));
	return [
		new Bench(of("inverter"), ids),
		new Bench(of("battery"), ids),
		new Bench(of("solar", "deye", "sol-ark", "sol-ark-hv"), ids),
		new Bench(testedDers, ["RTU-2"]),
	];
}

export function conformance(transport: "TCP" | "RTU"): void {
	const ids = [...commonIds, ...(transport === "TCP" ? tcpIds : rtuIds)];
	describeWithPeers(`SunSpec conformance over ${transport}`, ["python"], () => {
		const all = benches(transport);

		beforeAll(() => Promise.all(all.map((bench) => (transport === "TCP" ? bench.startTcp() : bench.startRtu()))));
		afterAll(() => Promise.all(all.map((bench) => bench.close())));

		for (const der of testedDers) {
			describe(der.title, () => {
				for (const id of ids) {
					test(`${id} ${der.name} ${transport}`, { timeout: mostMs }, async () => {
						const bench = all.find((one) => one.ids.includes(id) && one.ders.includes(der));
						const result = await bench!.suite!.result(id, der.name);
						expect(result.failures).toEqual([]);
						const absent = der.absent[id];
						if (absent) expect(result.absent).toMatch(absent);
						else {
							expect(result.absent).toBe("");
							expect(Math.max(...Object.values(result.counts))).toBeGreaterThan(0);
						}
					});
				}
			});
		}

		test(`the table of the documentation is that of this run, ${transport}`, { timeout: mostMs }, async () => {
			await Promise.all(all.map((bench) => bench.suite!.done));
			const results = all.flatMap((bench) => bench.suite!.results);
			checkTable(transport, ids, testedDers, results);
		});

		test(`the hub has stayed whole, ${transport}`, () => {
			for (const { hub } of all) expect(hub.errors).toEqual([]);
		});
	});
}
