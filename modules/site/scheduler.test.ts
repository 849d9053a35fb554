import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { Device, type ReadResult } from "../devices/engine";
import { type DeviceTable, tableModels } from "../devices/table";
import { eastronSdm120 } from "../devices/tables/eastron-sdm120";
import { hikingDds238 } from "../devices/tables/hiking-dds238-2-zn-s";
import { Image } from "../sunspec/image";
import { type BusRequest, BusScheduler } from "./scheduler";

/** A bus whose devices take `tookMs` and end as told; it keeps a list of what was asked when. */
class Wire {
	readonly asked: { unit: number; address: number; atMs: number; retries: number }[] = [];
	readonly status = new Map<number, string>();
	tookMs = 50;
	timeoutMs = 300;
	open = 0;
	#clock: ManualClock;

	constructor(clock: ManualClock) {
		this.#clock = clock;
	}

	request(request: BusRequest): void {
		const { unit, address, count, retries } = request;
		const startMs = this.#clock.now();
		this.asked.push({ unit, address, atMs: startMs, retries });
		expect(++this.open).toBe(1);
		const status = this.status.get(unit) ?? "ok";
		const tookMs = status === "timeout" ? this.timeoutMs * (1 + retries) : status === "closed" ? 0 : this.tookMs;
		this.#clock.setTimer(() => {
			this.open--;
			const data = new DataView(new ArrayBuffer(2 * count));
			const result: ReadResult = { status, exception: 2, data, startMs, endMs: this.#clock.now() };
			request.onResult(result);
		}, tookMs);
	}

	times(unit: number): number[] {
		return this.asked.filter((one) => one.unit === unit).map((one) => one.atMs);
	}
}

function setUp(tables: readonly DeviceTable[], periodsMs = {}) {
	const clock = new ManualClock();
	const wire = new Wire(clock);
	const devices = tables.map((table, i) => {
		const image = new Image(tableModels(table));
		return new Device({ table, image, unit: i + 1, serial: "1", periodsMs });
	});
	const lines: string[] = [];
	const log = (level: string, area: string, text: string): void => void lines.push(`${level} ${area} ${text}`);
	const scheduler = new BusScheduler({ client: wire, devices, clock, log, name: "rs485-1" });
	return { clock, wire, devices, scheduler, lines };
}

const tenMeters = new Array<DeviceTable>(10).fill(hikingDds238);

describe("bus scheduler", () => {
	it("asks one device after the other, and each again after its period", () => {
		const { clock, wire, scheduler } = setUp([hikingDds238, hikingDds238, hikingDds238]);
		scheduler.start();
		clock.advance(2500);
		expect(wire.asked.map((one) => [one.unit, one.atMs])).toEqual([
			[1, 0],
			[2, 50],
			[3, 100],
			[1, 1000],
			[2, 1050],
			[3, 1100],
			[1, 2000],
			[2, 2050],
			[3, 2100],
		]);
		expect(scheduler.late).toBe(0);
	});

	it("lets the read with the earliest deadline go first", () => {
		// One second's work falls due at once: the reads of the fast class go before the ones of five seconds.
		const { clock, wire, scheduler } = setUp([eastronSdm120, hikingDds238]);
		scheduler.start();
		clock.advance(5400);
		const after = wire.asked.filter((one) => one.atMs >= 5000).map((one) => [one.unit, one.address]);
		expect(after).toEqual([
			[1, 0],
			[2, 8],
			[1, 70],
		]);
	});

	it("shares an overloaded bus fairly, and never catches up in a burst", () => {
		const { clock, wire, scheduler } = setUp(tenMeters);
		wire.tookMs = 200;
		scheduler.start();
		clock.advance(60_000);
		const counts = tenMeters.map((_, i) => wire.times(i + 1).length);
		expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
		expect(scheduler.late).toBeGreaterThan(0);
		wire.tookMs = 20;
		clock.advance(10_000);
		const before = wire.asked.length;
		clock.advance(10_000);
		expect(wire.asked.length - before).toBe(100);
	});

	it("keeps the periods of nine meters while the tenth is silent", () => {
		const { clock, wire, devices, scheduler } = setUp(tenMeters);
		wire.tookMs = 45;
		wire.status.set(4, "timeout");
		scheduler.start();
		clock.advance(600_000);
		for (const unit of [1, 2, 3, 5, 6, 7, 8, 9, 10]) {
			expect(wire.times(unit).length, `unit ${unit}`).toBeGreaterThanOrEqual(595);
		}
		// At most once a minute in the end, without a second try, so under a twentieth of the bus.
		const silent = wire.times(4);
		expect(silent.length).toBeLessThan(20);
		expect(silent[silent.length - 1]! - silent[silent.length - 2]!).toBeGreaterThan(59_000);
		expect(wire.asked.filter((one) => one.unit === 4).every((one) => one.retries === 0)).toBe(true);
		expect(devices[3]!.online).toBe(false);
		expect(silent.length * wire.timeoutMs).toBeLessThan(600_000 / 20);
	});

	it("leaves a silent device alone for twenty times what it cost", () => {
		const { clock, wire, scheduler } = setUp([hikingDds238]);
		wire.timeoutMs = 1000;
		wire.status.set(1, "timeout");
		scheduler.start();
		clock.advance(70_000);
		const times = wire.times(1);
		// Once more after a period; from then on 1 s of time-out wants 20 s of peace.
		expect(times.slice(0, 4)).toEqual([0, times[1], times[1]! + 21_000, times[1]! + 42_000]);
		expect(times[1]).toBeLessThanOrEqual(2000);
	});

	it("asks a device twice that answered the last time, and again soon when it comes back", () => {
		const { clock, wire, devices, scheduler, lines } = setUp([hikingDds238, hikingDds238]);
		scheduler.start();
		clock.advance(3500);
		expect(wire.asked[wire.asked.length - 1]!.retries).toBe(1);
		wire.status.set(2, "timeout");
		clock.advance(30_000);
		expect(devices[1]!.online).toBe(false);
		wire.status.delete(2);
		clock.advance(60_000);
		expect(devices[1]!.online).toBe(true);
		const before = wire.times(2).length;
		clock.advance(10_000);
		expect(wire.times(2).length - before).toBe(10);
		expect(lines).toEqual([
			"info bus rs485-1 unit 1 (hiking-dds238-2-zn-s) answers",
			"info bus rs485-1 unit 2 (hiking-dds238-2-zn-s) answers",
			"warn bus rs485-1 unit 2 (hiking-dds238-2-zn-s) does not answer (timeout)",
			"info bus rs485-1 unit 2 (hiking-dds238-2-zn-s) answers",
		]);
	});

	it("says once of a device that never answered that it does not", () => {
		const { clock, wire, scheduler, lines } = setUp([hikingDds238, hikingDds238]);
		wire.status.set(2, "timeout");
		scheduler.start();
		clock.advance(300_000);
		expect(lines).toEqual([
			"info bus rs485-1 unit 1 (hiking-dds238-2-zn-s) answers",
			"warn bus rs485-1 unit 2 (hiking-dds238-2-zn-s) does not answer (timeout)",
		]);
	});

	it("leaves a device the quiet it wants, and the line to others meanwhile", () => {
		const quiet: DeviceTable = { ...hikingDds238, bus: { ...hikingDds238.bus, pauseMs: 400 } };
		const split = { ...quiet, rows: quiet.rows.filter((row) => row.name === "voltage" || row.name === "frequency") };
		const { clock, wire, scheduler } = setUp([{ ...split, blocks: [] }, hikingDds238]);
		scheduler.start();
		clock.advance(900);
		expect(wire.asked.map((one) => [one.unit, one.atMs])).toEqual([
			[1, 0],
			[2, 50],
			[1, 450],
		]);
	});

	it("leaves a line that is gone alone for a second at a time, and says once what was lost", () => {
		const { clock, wire, devices, scheduler, lines } = setUp([hikingDds238, hikingDds238]);
		scheduler.start();
		clock.advance(2500);
		wire.status.set(1, "closed");
		wire.status.set(2, "closed");
		const before = wire.asked.length;
		clock.advance(20_000);
		expect(wire.asked.length - before).toBeLessThanOrEqual(20);
		expect(devices.map((device) => device.online)).toEqual([false, false]);
		expect(lines.filter((line) => line.startsWith("warn"))).toEqual([
			"warn bus rs485-1: the line is gone, with 2 devices that answered",
		]);
		wire.status.clear();
		clock.advance(3000);
		expect(devices.map((device) => device.online)).toEqual([true, true]);
	});

	it("goes on with another client", () => {
		const { clock, wire, devices, scheduler } = setUp([hikingDds238, hikingDds238]);
		wire.status.set(1, "closed");
		scheduler.start();
		clock.advance(100);
		const other = new Wire(clock);
		const before = clock.now();
		scheduler.attach(other);
		clock.advance(1100);
		// A line opened anew is not made to wait for the second that a dead one is left alone.
		expect(other.asked[0]).toMatchObject({ unit: 2, atMs: before });
		expect(devices[0]!.online).toBe(true);
	});

	it("stops when closed, twice, and in the middle of a read", () => {
		const { clock, wire, scheduler } = setUp([hikingDds238]);
		scheduler.start();
		clock.advance(10);
		scheduler.close();
		scheduler.close();
		clock.advance(10_000);
		expect(wire.asked).toHaveLength(1);
		expect(clock.pending).toBe(0);
	});

	it("starts again after a stop in the middle of a read", () => {
		const { clock, wire, scheduler } = setUp([hikingDds238]);
		scheduler.start();
		clock.advance(10);
		scheduler.close();
		clock.advance(1000);
		scheduler.start();
		clock.advance(2000);
		expect(wire.asked.length).toBeGreaterThan(2);
	});

	it("says how busy the bus is, and what each device did", () => {
		const { clock, wire, scheduler } = setUp([hikingDds238, hikingDds238]);
		scheduler.start();
		clock.advance(500);
		expect(scheduler.utilisation()).toBeCloseTo(0.2, 2);
		wire.status.set(2, "exception");
		clock.advance(29_500);
		expect(scheduler.utilisation()).toBeCloseTo(0.05, 2);
		const [first, second] = scheduler.stats();
		expect(first).toMatchObject({ unit: 1, product: "hiking-dds238-2-zn-s", online: true, timeouts: 0, slowestMs: 50 });
		expect(first!.answers).toBe(30);
		expect(second).toMatchObject({ unit: 2, online: true, exceptions: 1 });
	});

	it("sleeps when there is nothing to do", () => {
		const { clock, scheduler } = setUp([]);
		scheduler.start();
		expect(clock.pending).toBe(0);
		expect(scheduler.utilisation()).toBe(0);
	});
});
