import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../modules/base/log";
import { ManualClock } from "../modules/base/manual-clock";
import { Catalogue } from "../modules/devices/catalogue";
import { allTables } from "../modules/devices/generated/tables";
import { ControlStore } from "../modules/site/control-store";
import { Hub } from "../modules/site/hub";
import { knownDevices } from "../modules/site/known-devices";
import { checkSite, readSite } from "../modules/site/site-file";
import { SimBoard } from "../sim/board-io";
import { FakeNetwork } from "./fakes/tcp";
import { memory } from "./leakage-rig";

const hubs: Hub[] = [];
afterEach(() => {
	for (const hub of hubs.splice(0)) hub.close();
});

const siteText = (board: object) =>
	JSON.stringify({
		...{ name: "Rig", feederId: "f", gatewayId: "g" },
		buses: [{ id: "spi", kind: "spi", port: "sim" }],
		devices: [{ id: "board", device: "atm90e32-6ch", bus: "spi", address: 1, unit: 20, board }],
	});

function start(board: object = {}, kept = memory(), sim?: SimBoard, clock = new ManualClock()) {
	const chips = sim ?? new SimBoard({ now: () => clock.now() });
	const hub = new Hub({
		...{ site: readSite(siteText(board), knownDevices()), clock, log: silentLog, firmware: "rig", random: () => 0.5 },
		catalogue: new Catalogue(allTables),
		io: { RS485: undefined as never, TCP: new FakeNetwork().tcp, SPI: chips.SPI },
		store: new ControlStore(kept, silentLog),
	});
	hubs.push(hub);
	hub.start();
	const { image, device } = hub.devices[0]!;
	const value = (channel: number, point: string): number | undefined =>
		image.value(image.handle(211, point, "", undefined, channel)) as number | undefined;
	return { clock, hub, chips, device, image, value, kept };
}

describe("a board of two metering chips", () => {
	it("is six meters, each with voltage, current, power with its sign and energy by direction", () => {
		const { clock, value } = start();
		clock.advance(6000);
		[120, 1500, 400, 650, -900, 0].forEach((watts, i) => {
			expect(value(i + 1, "W"), `channel ${i + 1}`).toBeCloseTo(watts, 2);
			expect(value(i + 1, "PhV")).toBeCloseTo(229 + i / 2, 2);
			expect(value(i + 1, "A")).toBeCloseTo(Math.abs(watts) / 220, 3);
		});
		expect(value(4, "Hz")).toBe(50);
		clock.advance(3_600_000);
		const imported = [120, 1500, 400, 650, 0, 0];
		imported.forEach((wh, i) => {
			expect(Math.abs(value(i + 1, "TotWhImp")! - wh), `${i}`).toBeLessThan(4);
		});
		expect(Math.abs(value(5, "TotWhExp")! - 900)).toBeLessThan(4);
	});

	it("goes on counting where it stood after a restart, and loses only what came after the last save", () => {
		const kept = memory();
		const clock = new ManualClock();
		const sim = new SimBoard({ now: () => clock.now() });
		const first = start({}, kept, sim, clock);
		clock.advance(1_800_000);
		const before = first.value(2, "TotWhImp")!;
		first.hub.close();
		const second = start({}, kept, sim, clock);
		clock.advance(6000);
		expect(second.value(2, "TotWhImp")!).toBeGreaterThanOrEqual(before);
		expect(second.value(2, "TotWhImp")! - before).toBeLessThan(10);
		// the power goes: nobody closes the hub
		clock.advance(3_600_000);
		const third = start({}, kept, sim, clock);
		clock.advance(6000);
		const lost = second.value(2, "TotWhImp")! - third.value(2, "TotWhImp")!;
		expect(lost).toBeLessThan((1500 * 310) / 3600);
		expect(third.value(2, "TotWhImp")!).toBeGreaterThan(before + 1300);
	});

	it("goes on with one chip when the other is not there", () => {
		const clock = new ManualClock();
		const sim = new SimBoard({ now: () => clock.now() });
		sim.meter(1).missing = true;
		const { value, device } = start({}, memory(), sim, clock);
		clock.advance(20_000);
		expect(device.online).toBe(true);
		expect(value(1, "W")).toBeCloseTo(120, 2);
		expect(value(4, "W")).toBeUndefined();
		sim.meter(1).missing = false;
		clock.advance(70_000);
		expect(value(4, "W")).toBeCloseTo(650, 2);
	});

	it("is set up as the site says", () => {
		const transformers = ["sct-006", "sct-013-030", "sct-013-050", "sct-016", "sct-024-50ma", 20_000];
		const { clock, chips } = start({ lineHz: 60, transformers, voltageGains: [7400, 7500] });
		clock.advance(3000);
		expect(chips.meter(0).lineHz).toBe(60);
		expect([0x62, 0x66, 0x6a].map((at) => chips.meter(0).registers[at])).toEqual([11_143, 8650, 15_420]);
		expect([0x62, 0x66, 0x6a, 0x61].map((at) => chips.meter(1).registers[at])).toEqual([41_787, 55_036, 20_000, 7500]);
	});

	it("is refused with a transformer nobody knows", () => {
		const { problems } = checkSite(siteText({ transformers: ["sct-1", 1, 2, 3, 4, 5], lineHz: 55 }), knownDevices());
		expect(problems.map(({ place }) => place)).toEqual(["devices[0].board.lineHz", "devices[0].board.transformers[0]"]);
	});
});
