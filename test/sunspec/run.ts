/** The conformance test as tests: one for each procedure, DER and transport, each named by them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kBauds } from "../../modules/site/site-shape";
import { describeWithPeers } from "../peers";
import { type TestedDer, testedDers } from "./ders";
import { checkTable } from "./document";
import { DerHub } from "./hub";
import { commonIds, Suite, tcpIds } from "./suite";

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

/** What a file tests: over which wire, and of RTU all but the bit rates, or these. */
export type Part = "TCP" | "RTU" | "RTU-2";

/**
 * The tests mostly wait, for times to run out or, on a serial line, where a request takes 5 ms, for silence. So they are
 * shared out over hubs that all run the whole site, each with a port or a line of its own.
 */
function benches(part: Part, ids: readonly string[]): Bench[] {
	const reversion = ids.filter((id) => id.startsWith("REV"));
	const rest = ids.filter((id) => !id.startsWith("REV"));
	if (part === "TCP") return [new Bench(testedDers, rest), new Bench(testedDers, reversion)];
	if (part === "RTU-2") return [new Bench(testedDers, ids)];
	const of = (...names: string[]) => testedDers.filter(({ name }) => names.includes(name));
	return [
		new Bench(of("inverter"), rest),
		new Bench(of("battery"), rest),
		new Bench(of("solar", "deye", "sol-ark-hv"), rest),
		new Bench(of("sol-ark"), ids),
		new Bench(of("inverter", "battery", "solar", "deye", "sol-ark-hv"), reversion),
	];
}

export function conformance(part: Part): void {
	const transport = part === "TCP" ? "TCP" : "RTU";
	const ids =
		part === "TCP" ? [...commonIds, ...tcpIds] : part === "RTU" ? [...commonIds, "RTU-1", "RTU-3"] : ["RTU-2"];
	describeWithPeers(`SunSpec conformance, ${part}`, ["python"], () => {
		const all = benches(part, ids);

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

		test(`the table of the documentation is that of this run, ${part}`, { timeout: mostMs }, async () => {
			await Promise.all(all.map((bench) => bench.suite!.done));
			const results = all.flatMap((bench) => bench.suite!.results);
			checkTable(part, ids, testedDers, results);
		});

		test(`the hub has stayed whole, ${part}`, () => {
			for (const { hub } of all) expect(hub.errors).toEqual([]);
		});
	});
}
