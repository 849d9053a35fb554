import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import type { Quality } from "../base/quality";
import { AlarmWatch, type AlarmWatchOptions } from "./alarm-watch";
import { Alarms, alarmsKept } from "./alarms";

describe("the list of alarms", () => {
	const home = (n: number) => ({ type: "device" as const, id: `home-${n}` });
	let alarms: Alarms;
	let changes: number;

	beforeEach(() => {
		alarms = new Alarms();
		changes = 0;
		alarms.onChange = () => changes++;
	});

	it("raises, acknowledges and clears, and tells each change once", () => {
		alarms.raise("silent", home(1), "", 1000);
		alarms.raise("silent", home(1), "", 2000);
		expect(alarms.list()).toEqual([
			{
				...{ id: 1, kind: "silent", severity: "alarm", source: home(1), detail: "", sinceMs: 1000 },
				...{ active: true, acknowledged: false, clearedMs: Number.NaN },
			},
		]);
		expect([alarms.standing, alarms.unacknowledged, changes]).toEqual([1, 1, 1]);
		expect(alarms.acknowledge(1)).toBe(true);
		expect(alarms.acknowledge(1)).toBe(true);
		expect(alarms.acknowledge(7)).toBe(false);
		expect([alarms.standing, alarms.unacknowledged, changes]).toEqual([1, 0, 2]);
		alarms.clear("silent", home(1), 5000);
		alarms.clear("silent", home(1), 6000);
		alarms.clear("silent", home(2), 6000);
		expect(alarms.list()[0]).toMatchObject({ active: false, clearedMs: 5000 });
		expect([alarms.standing, changes]).toEqual([0, 3]);
	});

	it("takes what comes back soon for the same trouble, later for a new one", () => {
		alarms.raise("suspect", home(1), "W", 0);
		alarms.acknowledge();
		alarms.clear("suspect", home(1), 1000);
		alarms.raise("suspect", home(1), "A", 600_000);
		expect(alarms.list()).toMatchObject([{ id: 1, active: true, acknowledged: true, detail: "A", sinceMs: 0 }]);
		alarms.clear("suspect", home(1), 700_000);
		alarms.raise("suspect", home(1), "V", 1_300_000);
		expect(alarms.list()).toMatchObject([
			{ id: 1, active: false },
			{ id: 2, active: true, acknowledged: false },
		]);
	});

	it("keeps 32; those that are over make room first, then the acknowledged ones, then the oldest", () => {
		for (let n = 1; n <= alarmsKept; n++) alarms.raise("silent", home(n), "", n);
		const ids = () => alarms.list().map(({ id }) => id);
		alarms.clear("silent", home(5), 100);
		alarms.raise("silent", home(33), "", 101);
		expect(ids()).not.toContain(5);
		alarms.acknowledge(9);
		alarms.raise("silent", home(34), "", 102);
		expect(ids()).not.toContain(9);
		alarms.raise("silent", home(35), "", 103);
		expect(ids()).not.toContain(1);
		expect(ids()).toHaveLength(alarmsKept);
		expect(ids().at(-1)).toBe(35);
	});
});

interface Meter {
	online: boolean;
	known: boolean;
	lastAnswerMs: number;
	value: number | undefined;
	quality: Quality;
}

/** Meters on buses, which answer each second while they are online. */
class Pole {
	readonly clock = new ManualClock();
	readonly alarms = new Alarms();
	readonly meters: Meter[];
	readonly buses: { site: { id: string }; fault: string }[];
	connected = true;
	clockSet = true;
	changes = 0;
	readonly watch: AlarmWatch;

	constructor(busOfMeters: readonly string[], limits?: AlarmWatchOptions["limits"]) {
		this.meters = busOfMeters.map(() => ({ online: true, known: true, lastAnswerMs: 0, value: 230, quality: "good" }));
		this.buses = [...new Set(busOfMeters)].map((id) => ({ site: { id }, fault: "" }));
		const devices = this.meters.map((meter, index) => {
			const image = {
				value: (handle: number) => (handle < 0 ? undefined : meter.value),
				quality: () => meter.quality,
				handle: () => 0,
			};
			const device = Object.assign(meter, {
				image,
				reads: (_model: number, point: string) => point === "PhVphA",
				suspect: () => (meter.quality === "suspect" ? { point: "PhVphA", value: meter.value } : undefined),
			});
			return { index, site: { id: `m${index + 1}`, bus: busOfMeters[index] }, device, image, model: 211 };
		});
		this.alarms.onChange = () => this.changes++;
		this.watch = new AlarmWatch({
			...{ alarms: this.alarms, clock: this.clock, limits, gatewayId: "pole-7" },
			devices: devices as unknown as AlarmWatchOptions["devices"],
			buses: this.buses as unknown as AlarmWatchOptions["buses"],
			broker: () => ({ address: "mqtt://b", connected: this.connected }),
			clockSet: () => this.clockSet,
		});
		this.watch.start();
	}

	run(seconds: number): void {
		for (let i = 0; i < seconds; i++) {
			for (const meter of this.meters) if (meter.online) meter.lastAnswerMs = this.clock.now();
			this.clock.advance(1000);
		}
	}

	set(online: boolean, ...indices: number[]): void {
		for (const index of indices) this.meters[index]!.online = online;
	}

	get said(): string[] {
		return this.alarms.list().map(({ kind, source, active }) => `${active ? "" : "over: "}${kind} ${source.id}`);
	}
}

describe("what is an alarm", () => {
	it("nothing, while all is well", () => {
		const pole = new Pole(["a", "a", "b"], { voltageMinV: 207, voltageMaxV: 253 });
		pole.run(3600);
		expect(pole.said).toEqual([]);
		pole.watch.close();
		pole.watch.close();
		expect(pole.clock.pending).toBe(0);
	});

	it("a meter that does not answer, after 20 s, until it has answered for 40 s", () => {
		const pole = new Pole(["a", "a", "a"]);
		pole.run(10);
		pole.set(false, 1);
		pole.run(16);
		expect(pole.said).toEqual([]);
		pole.run(10);
		expect(pole.said).toEqual(["silent m2"]);
		pole.set(true, 1);
		pole.run(36);
		expect(pole.said).toEqual(["silent m2"]);
		pole.run(6);
		expect(pole.said).toEqual(["over: silent m2"]);
	});

	it("a meter that comes and goes, for hours, once", () => {
		const pole = new Pole(["a", "a", "a"]);
		for (let n = 0; n < 400; n++) {
			pole.set(n % 2 === 0, 1);
			pole.run(3 + ((n * 7) % 40));
		}
		expect(pole.alarms.list()).toHaveLength(1);
		expect(pole.said[0]).toContain("silent m2");
		pole.set(true, 1);
		pole.run(100);
		expect(pole.said).toEqual(["over: silent m2"]);
	});

	it("a bus on which nobody answers, instead of each of its devices, and no device that is asked late afterwards", () => {
		const pole = new Pole(["a", "a", "a", "a", "b"]);
		pole.run(10);
		// they are missed one after the other, over half a minute
		for (let i = 0; i < 4; i++) {
			for (let n = i; n < 4; n++) pole.meters[n]!.lastAnswerMs = 10_000;
			pole.set(false, 0, 1, 2, 3);
			for (let n = i + 1; n < 4; n++) pole.meters[n]!.online = true;
			pole.clock.advance(8000);
		}
		pole.set(false, 0, 1, 2, 3);
		pole.run(60);
		expect(pole.said).toEqual(["bus a"]);
		expect(pole.alarms.list()[0]).toMatchObject({ source: { type: "bus" }, detail: "no device answers" });
		pole.set(true, 2);
		pole.run(60);
		expect(pole.said).toEqual(["over: bus a"]);
		pole.set(true, 0, 1);
		pole.run(60);
		// one stays away: that is its own silence
		expect(pole.said).toEqual(["over: bus a", "silent m4"]);
	});

	it("the only device of a bus, by itself", () => {
		const pole = new Pole(["a"]);
		pole.set(false, 0);
		pole.run(30);
		expect(pole.said).toEqual(["silent m1"]);
	});

	it("a port that cannot be opened, with the reason", () => {
		const pole = new Pole(["a", "a", "b"]);
		pole.buses[0]!.fault = "cannot open /dev/ttyUSB0: no such file";
		pole.set(false, 0, 1);
		pole.run(6);
		expect(pole.alarms.list()).toMatchObject([{ kind: "bus", detail: "cannot open /dev/ttyUSB0: no such file" }]);
		pole.run(600);
		expect(pole.said).toEqual(["bus a"]);
		pole.buses[0]!.fault = "";
		pole.set(true, 0, 1);
		pole.run(14);
		expect(pole.said).toEqual(["over: bus a"]);
	});

	it("a broker that is away for two minutes", () => {
		const pole = new Pole(["a"]);
		pole.connected = false;
		pole.run(116);
		expect(pole.said).toEqual([]);
		pole.run(8);
		expect(pole.alarms.list()).toMatchObject([{ kind: "broker", severity: "warning", detail: "mqtt://b" }]);
		pole.connected = true;
		pole.run(10);
		expect(pole.said).toEqual(["over: broker pole-7"]);
	});

	it("a clock that nobody sets for a minute, until somebody does", () => {
		const pole = new Pole(["a"]);
		pole.clockSet = false;
		pole.run(64);
		expect(pole.said).toEqual(["clock pole-7"]);
		pole.clockSet = true;
		pole.run(3);
		expect(pole.said).toEqual(["over: clock pole-7"]);
	});

	it("readings that are suspect for a minute, with point and value", () => {
		const pole = new Pole(["a", "a"]);
		Object.assign(pole.meters[0]!, { quality: "suspect", value: 512.34 });
		pole.run(50);
		expect(pole.said).toEqual([]);
		pole.run(30);
		expect(pole.alarms.list()).toMatchObject([{ kind: "suspect", source: { id: "m1" }, detail: "PhVphA 512.3" }]);
		pole.meters[0]!.quality = "good";
		pole.run(80);
		expect(pole.said).toEqual(["over: suspect m1"]);
	});

	it("a voltage beyond the site's limits, until it is 1 % inside; none without limits, none that is not measured", () => {
		const pole = new Pole(["a", "a"], { voltageMinV: 207, voltageMaxV: 253 });
		const free = new Pole(["a"]);
		free.meters[0]!.value = 12;
		free.run(200);
		expect(free.said).toEqual([]);
		pole.meters[1]!.value = 187.25;
		pole.run(80);
		expect(pole.alarms.list()).toMatchObject([
			{ kind: "voltage", severity: "alarm", source: { id: "m2" }, detail: "PhVphA 187.3 V, below 207 V" },
		]);
		pole.meters[1]!.value = 208;
		pole.run(200);
		expect(pole.said).toEqual(["voltage m2"]);
		pole.meters[1]!.value = undefined;
		pole.run(200);
		expect(pole.said).toEqual(["voltage m2"]);
		pole.meters[1]!.value = 212;
		pole.run(80);
		expect(pole.said).toEqual(["over: voltage m2"]);
		pole.meters[0]!.value = 260;
		pole.run(80);
		expect(pole.alarms.list()[1]).toMatchObject({ detail: "PhVphA 260 V, above 253 V" });
	});
});
