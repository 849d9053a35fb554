import { beforeEach, describe, expect, test } from "vitest";
import { SimCanBus } from "../../sim/can-bus";
import { ManualClock } from "../base/manual-clock";
import { CanClient } from "../canbus/client";
import { Device } from "../devices/engine";
import { RecordListener } from "../devices/listener";
import { tableModels } from "../devices/table";
import { pylontechCanLv } from "../devices/tables/pylontech-can-lv";
import { Image } from "../sunspec/image";
import { CanBattery } from "./can-battery";
import type { SiteCanBattery } from "./site-shape";

let clock: ManualClock;
let bus: SimCanBus;
let image: Image;
let online: boolean;
let logged: string[];
/** Points that stand in the image and that the battery never gives. */
let empty: string[];
/** What an inverter, played by our own reader, makes of it. */
let inverter: Device;

const limits: SiteCanBattery = {
	...{ bus: "inverter", from: "pack", maker: "PYLON", name: "Gridpost village" },
	...{ chargeV: undefined, dischargeV: undefined, chargeA: undefined, dischargeA: undefined, capacityAh: undefined },
};

const good: Record<string, number> = {
	...{ "802.V": 51.27, "802.A": 33.4, "802.SoC": 64, "802.SoH": 97, "802.VMax": 56.8, "802.VMin": 46 },
	...{ "802.AChaMax": 74, "802.ADisChaMax": 100, "802.Evt1": 0, "714.Prt[1].Tmp": 21.5, "802.AHRtg": 148 },
	...{
		"64932.ChaOn": 1,
		"64932.DisOn": 1,
		"64932.ReqCha": 0,
		"64932.NMod": 2,
		"802.CellVMin": 3.301,
		"802.CellVMax": 3.318,
	},
};

function put(values: Record<string, number | undefined>, quality: "good" | "suspect" | "comms_lost" = "good"): void {
	for (const [name, value] of Object.entries(values)) {
		const [model, ...rest] = name.split(".");
		const point = rest.pop()!;
		const handle = image.handle(Number(model), point, rest[0] ?? "");
		if (value === undefined) image.losePoint(handle);
		else image.set(handle, value, clock.now(), quality);
	}
}

function start(site: Partial<SiteCanBattery> = {}): CanBattery {
	let client: CanClient | undefined;
	const battery = new CanBattery({
		...{
			site: { ...limits, ...site },
			clock,
			image: () => image,
			gives: (_model, point) => !empty.includes(point),
			online: () => online,
		},
		send: (id, data) => client!.send(id, data),
		log: (level, _area, text) => void logged.push(`${level} ${text}`),
	});
	client = new CanClient({ link: { io: bus.io, port: "sim:hub" }, clock, listeners: [battery] });
	battery.start();
	return battery;
}

/** Reads as an inverter does, and says each second that it is there. */
function plug(): void {
	const own = new Image(tableModels(pylontechCanLv));
	inverter = new Device({ table: pylontechCanLv, image: own, unit: 1 });
	new CanClient({ link: { io: bus.io, port: "sim:inverter" }, clock, listeners: [new RecordListener(inverter)] });
}

const told = (name: string): number | string | undefined => {
	const [model, ...rest] = name.split(".");
	const point = rest.pop()!;
	const value = inverter.image.value((inverter.image as Image).handle(Number(model), point, rest[0] ?? ""));
	return typeof value === "number" ? Math.round(value * 1000) / 1000 : (value as string | undefined);
};

beforeEach(() => {
	clock = new ManualClock();
	bus = new SimCanBus(clock);
	image = new Image([...tableModels(pylontechCanLv)]);
	// scale factors, as the table's device sets them
	new Device({ table: pylontechCanLv, image, unit: 1 });
	online = true;
	logged = [];
	empty = [];
});

describe("the hub as a battery", () => {
	test("an inverter reads every value as it is, the current with the battery's sign", () => {
		put(good);
		start();
		plug();
		clock.advance(3000);
		expect(inverter.online).toBe(true);
		for (const name of Object.keys(good)) {
			// the reader of the Pylontech set does not look at 0x373
			if (name.startsWith("802.CellV")) continue;
			expect(told(name), name).toBe(good[name]);
		}
		expect(told("1.Opt")).toBe("PYLON");
		const of = (id: number) => bus.seen.filter((frame) => frame.id === id).at(-1)!.data;
		// discharging is negative on the wire
		expect(new DataView(of(0x356).slice().buffer).getInt16(2, true)).toBe(-334);
		expect(String.fromCharCode(...of(0x370), ...of(0x371))).toBe("Gridpost village");
		expect([...of(0x373)]).toEqual([0xe5, 0x0c, 0xf6, 0x0c, 39, 1, 39, 1]);
	});

	test("a set a second, its frames apart", () => {
		put(good);
		start();
		clock.advance(10_000);
		const counts = new Map<number, number>();
		for (const { id } of bus.seen) counts.set(id, (counts.get(id) ?? 0) + 1);
		expect([...counts.keys()].sort((a, b) => a - b)).toEqual([
			...[0x351, 0x355, 0x356, 0x359, 0x35c, 0x35e, 0x370, 0x371, 0x373, 0x379],
		]);
		for (const [id, count] of counts) expect(count, id.toString(16)).toBeGreaterThanOrEqual(10);
		expect(bus.seen.length).toBeLessThanOrEqual(101);
	});

	test("before the battery was heard nothing is said", () => {
		const battery = start();
		clock.advance(20_000);
		expect(bus.seen).toEqual([]);
		expect(battery.state).toBe("waiting");
		put(good);
		clock.advance(200);
		expect(bus.seen.length).toBeGreaterThan(0);
	});

	test.each<[string, () => void]>([
		["the device is gone", () => (online = false)],
		["its voltage is lost", () => put({ "802.V": undefined })],
		["its state of charge is implausible", () => put({ "802.SoC": 64 }, "suspect")],
		["its values are as old as never", () => clock.advance(200_000)],
	])("%s: 0 A at once, then silence, and back when it is back", (_name, lose) => {
		put(good);
		const battery = start();
		plug();
		clock.advance(3000);
		lose();
		clock.advance(120);
		expect(battery.state === "forbidding" || battery.state === "silent").toBe(true);
		const last = bus.seen.filter(({ id }) => id === 0x351).at(-1)!;
		expect([...last.data.slice(2, 6)]).toEqual([0, 0, 0, 0]);
		if (battery.state === "forbidding") {
			clock.advance(1100);
			expect(told("802.AChaMax")).toBe(0);
			expect(told("802.ADisChaMax")).toBe(0);
			expect(told("64932.ChaOn")).toBe(0);
			expect(told("64932.DisOn")).toBe(0);
			// communication error
			expect(told("802.Evt1")).toBe(1);
			// the voltage to charge to stays: only the current says no
			expect(told("802.VMax")).toBe(56.8);
		}
		clock.advance(61_000);
		expect(battery.state).toBe("silent");
		bus.seen.length = 0;
		clock.advance(30_000);
		expect(bus.seen.filter(({ id }) => id !== 0x305)).toEqual([]);
		expect(inverter.online).toBe(false);
		online = true;
		put(good);
		clock.advance(2000);
		expect(battery.state).toBe("speaking");
		expect(told("802.AChaMax")).toBe(74);
		expect(logged.filter((line) => line.includes("pack")).map((line) => line.split(" ")[0])).toEqual([
			...["info", "error", "error", "info"],
		]);
	});

	test("the site's limits hold where they are lower, and stand in where the battery has none", () => {
		put(good);
		start({ chargeA: 50, dischargeA: 400, chargeV: 55.2, dischargeV: 47.5, capacityAh: 100 });
		plug();
		clock.advance(3000);
		expect([
			told("802.AChaMax"),
			told("802.ADisChaMax"),
			told("802.VMax"),
			told("802.VMin"),
			told("802.AHRtg"),
		]).toEqual([...[50, 100, 55.2, 47.5, 100]]);
	});

	test("where the battery has none of its own the site's limits are what there is, and none is 0", () => {
		put(good);
		empty = ["VMax", "VMin", "AChaMax", "ADisChaMax", "ChaOn", "DisOn"];
		start({ chargeA: 50, chargeV: 55.2, dischargeV: 47.5 });
		plug();
		clock.advance(3000);
		expect([told("802.AChaMax"), told("802.ADisChaMax"), told("802.VMax"), told("802.VMin")]).toEqual([
			50, 0, 55.2, 47.5,
		]);
	});

	test("a limit that the battery has and does not give is 0, whatever the site says", () => {
		put(good);
		put({ "802.AChaMax": undefined });
		start({ chargeA: 50 });
		plug();
		clock.advance(3000);
		expect(told("802.AChaMax")).toBe(0);
		expect(told("64932.ChaOn")).toBe(0);
		expect(told("802.ADisChaMax")).toBe(100);
	});

	test.each<[string, Record<string, number>, number, number]>([
		["too full", { "802.Evt1": 1 << 9 }, 0, 100],
		["too empty", { "802.Evt1": 1 << 11 }, 74, 0],
		["too cold", { "802.Evt1": 1 << 3 }, 0, 0],
		["nearly too full", { "802.Evt1": 1 << 10 }, 74, 100],
		["its charging switch open", { "64932.ChaOn": 0 }, 0, 100],
		["its discharging switch open", { "64932.DisOn": 0 }, 74, 0],
		["no voltage to charge to", { "802.VMax": 0 }, 0, 100],
	])("%s", (_name, values, charge, discharge) => {
		put({ ...good, ...values });
		start();
		plug();
		clock.advance(3000);
		expect([told("802.AChaMax"), told("802.ADisChaMax")]).toEqual([charge, discharge]);
		expect(told("802.Evt1")).toBe(values["802.Evt1"] ?? 0);
	});

	test("what 16 bits cannot hold is cut, never turned over", () => {
		put({ ...good, "802.AChaMax": 6000, "802.V": 600 });
		start();
		clock.advance(1500);
		const frame = (id: number) => new DataView(bus.seen.find((one) => one.id === id)!.data.slice().buffer);
		expect(frame(0x351).getInt16(2, true)).toBe(0x7fff);
		expect(frame(0x356).getInt16(0, true)).toBe(0x7fff);
	});

	test("an inverter that comes gets the set at once; one that goes is told of", () => {
		put(good);
		const battery = start();
		clock.advance(1550);
		bus.seen.length = 0;
		bus.send({}, { id: 0x305, extended: false, data: new Uint8Array(8) });
		clock.advance(1);
		expect(battery.inverter).toBe(true);
		expect(bus.seen.map(({ id }) => id)).toEqual([0x305, 0x351]);
		clock.advance(4000);
		expect(battery.inverter).toBe(false);
		// it goes on: some inverters are quiet until they hear a battery
		expect(bus.seen.length).toBeGreaterThan(30);
		battery.close();
		const count = bus.seen.length;
		clock.advance(5000);
		expect(bus.seen.length).toBeLessThanOrEqual(count + 1);
	});
});
