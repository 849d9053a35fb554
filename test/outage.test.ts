/** What docs/openami.md says of a broker that is away too long and of a meter that never answers, with the whole hub on XS. */
import { afterEach, expect, it } from "vitest";
import { demoSite, VirtualHub } from "./virtual-hub";

let world: VirtualHub;
afterEach(() => {
	world.close();
	expect(world.errors).toEqual([]);
});

it("drops the oldest when the broker is away for longer than memory lasts, counts them, and sends the rest in order", async () => {
	// 48 KB are a quarter of an hour of the demo pole at 10 s
	world = new VirtualHub({
		siteText: demoSite((site) => {
			for (const device of site.devices) device.poll = { fastS: 10, normalS: 10 };
			site.services["openami"] = { periodS: 10 };
		}),
	});
	await world.startBroker();
	await world.advance(60_000);
	world.killBroker();
	await world.advance(40 * 60_000);
	const { dropped } = world.snapshot().mqtt;
	expect(dropped).toBeGreaterThan(500);
	await world.startBroker();
	await world.advance(5 * 60_000);
	const told = world.received.filter((one) => !one.topic.endsWith("/status"));
	const numbers = told.map((one) => one.body.seq);
	expect(numbers.filter((seq, i) => i > 0 && seq < numbers[i - 1]!)).toEqual([]);
	const missing = Math.max(...numbers) + 1 - new Set(numbers).size;
	expect(missing).toBe(dropped);
	expect(numbers.length - new Set(numbers).size).toBeLessThanOrEqual(1);
	const held = told.filter((one) => one.atMs - (Date.parse(one.body.ts) - Date.UTC(2026, 0, 1)) > 60_000);
	expect(held.length).toBeGreaterThan(500);
	const status = world.received.filter((one) => one.topic.endsWith("/status")).at(-1)!.body;
	expect(status).toMatchObject({ state: "online", dropped });
}, 60_000);

it("names a meter that has never answered: in the log, as event and in the status", async () => {
	world = new VirtualHub({ siteText: demoSite() });
	await world.startBroker();
	world.hub.pole!.slave("home-3")!.fault = { kind: "silent" };
	await world.advance(60_000);
	expect(world.logged.filter((line) => line.startsWith("warn"))).toEqual([
		expect.stringMatching(/^warn bus: rs485-1 unit \d+ \(chint-ddsu666\) does not answer \(timeout\)$/),
	]);
	const of = (leaf: string) => world.received.filter((one) => one.topic.endsWith(`DDSU-660113/${leaf}`));
	expect(of("event").map((one) => one.body.event)).toEqual([{ type: "comms_lost" }]);
	expect(of("telemetry").length).toBeGreaterThan(3);
	for (const { body } of of("telemetry")) expect(body.registers.map((one) => one.obis)).toEqual(["0.0.96.1.1.255"]);
	const status = world.received.filter((one) => one.topic.endsWith("/status")).at(-1)!.body;
	expect(status).toMatchObject({ lost: ["DDSU-660113"] });
	world.hub.pole!.slave("home-3")!.fault = undefined;
	await world.advance(130_000);
	expect(of("event").map((one) => one.body.event)).toEqual([{ type: "comms_lost" }, { type: "comms_restored" }]);
}, 60_000);
