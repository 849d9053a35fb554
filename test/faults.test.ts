/** Slaves that misbehave, one kind at a time, on the line of the whole hub: the others must not suffer. */
import { afterEach, expect, it } from "vitest";
import { type Fault, faultKinds } from "../sim/faults";
import { demoSite, VirtualHub } from "./virtual-hub";

let world: VirtualHub;
afterEach(() => {
	world.close();
	expect(world.errors).toEqual([]);
});

/** A babbler talks over everybody: with every request it leaves nothing to read (below); here with one in ten. */
const faultOf = (kind: Fault["kind"]): Fault => {
	if (kind === "late") return { kind, delayMs: 900 };
	if (kind === "exception") return { kind, code: 4 };
	return kind === "babbling" ? { kind, share: 0.1 } : { kind };
};

/** Reads of the fast row each second and of the others less often: answers of a healthy device in `seconds`. */
const answersOf = (id: string): number => world.hub.pole!.slave(id)!.requests;

it.each(faultKinds)(
	"goes on beside a device that is %s, and tells the truth of both",
	async (kind) => {
		// 2 s leave room on the line for what a fault costs; at 1 s the demo pole fills it to 86 %
		const siteText = demoSite((site) => {
			for (const device of site.devices) device.poll = { fastS: 2, normalS: 10 };
		});
		world = new VirtualHub({ siteText });
		await world.startBroker();
		await world.advance(60_000);
		const healthy = world
			.snapshot()
			.devices.filter((device) => device.id !== "home-3")
			.map((device) => device.id);
		const countFor = async (ms: number) => {
			const before = healthy.map(answersOf);
			await world.advance(ms);
			return healthy.map((id, i) => answersOf(id) - before[i]!);
		};
		const undisturbed = await countFor(300_000);

		world.hub.pole!.slave("home-3")!.fault = faultOf(kind);
		const disturbed = await countFor(300_000);
		healthy.forEach((id, i) => {
			// a reply that was talked over is asked for again, so even then no neighbour falls behind
			expect(disturbed[i], `${id}: reads in five minutes`).toBeGreaterThanOrEqual(Math.floor(undisturbed[i]! * 0.95));
		});
		for (const id of healthy) {
			const device = world.device(id);
			// what babbles or crackles spoils replies of others now and then; the next read mends it
			const lost = device.points.filter((point) => point.quality !== "good");
			if (kind !== "babbling" && kind !== "noise") expect(lost, id).toEqual([]);
			expect(device.online, id).toBe(true);
		}
		const faulty = world.device("home-3");
		const power = faulty.points.find((point) => point.point === "W")!;
		if (power.quality === "comms_lost") {
			expect(power.value).toBeNull();
			expect(power.ageS).toBeGreaterThan(4);
		} else {
			expect(["noise", "babbling"]).toContain(kind);
			expect(power.ageS).toBeLessThan(30);
		}

		world.hub.pole!.slave("home-3")!.fault = undefined;
		await world.advance(130_000);
		const mended = world.device("home-3");
		expect(mended.online).toBe(true);
		expect(mended.points.filter((point) => point.quality !== "good")).toEqual([]);
		expect(world.errors).toEqual([]);

		// telemetry said the same, with times of its own
		const told = world.received.filter((one) => one.topic.endsWith("DDSU-660113/telemetry"));
		for (const { body, atMs } of told) {
			const sentMs = Date.parse(body.ts) - Date.UTC(2026, 0, 1);
			for (const register of body.registers) {
				const readMs = register.ts === undefined ? sentMs : Date.parse(register.ts) - Date.UTC(2026, 0, 1);
				// good means read when it was due: 10 s for energies, and what the poll takes
				if (register.quality === "good" && register.obis !== "0.0.96.1.1.255")
					expect(atMs - readMs).toBeLessThan(16_000);
			}
		}
		if (power.quality === "comms_lost") {
			const lost = told.filter(({ body }) => body.registers.some((one) => one.quality === "comms_lost"));
			expect(lost.length).toBeGreaterThan(20);
			const events = world.received.filter((one) => one.topic.endsWith("DDSU-660113/event"));
			if (kind !== "exception") expect(events.length).toBeGreaterThanOrEqual(2);
		}
	},
	60_000,
);

it.each([
	["cut", "silent"],
	["jammed", "babbling"],
] as const)(
	"reads nothing at all on a line that is %s, and everything again when it is mended",
	async (_, kind) => {
		world = new VirtualHub({ siteText: demoSite() });
		await world.startBroker();
		await world.advance(30_000);
		const slaves = world.snapshot().devices.map((device) => world.hub.pole!.slave(device.id)!);
		for (const slave of slaves) slave.fault = { kind };
		await world.advance(300_000);
		expect(world.snapshot().devices.map((device) => device.online)).toEqual(Array(8).fill(false));
		const points = world.snapshot().devices.flatMap((device) => device.points);
		expect(points.filter((point) => point.value !== null)).toEqual([]);
		for (const slave of slaves) slave.fault = undefined;
		await world.advance(90_000);
		expect(world.snapshot().devices.map((device) => device.online)).toEqual(Array(8).fill(true));
		const after = world.snapshot().devices.flatMap((device) => device.points);
		expect(after.filter((point) => point.quality !== "good")).toEqual([]);
	},
	60_000,
);
