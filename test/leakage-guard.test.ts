import { afterEach, describe, expect, it } from "vitest";
import { GridpostError } from "../modules/base/errors";
import { kLeakageModel } from "../modules/devices/models/leakage";
import { kRelayModel, RelayReason } from "../modules/devices/models/relay";
import { kBankAddress, LeakageRig, memory, type RigOptions } from "./leakage-rig";

/** A monitor on its own line; on the other a meter whose relay cuts a home off, beside the feeder's meter. */
const site: RigOptions = {
	buses: [
		{ id: "sensors", baud: 19200, parity: "even" },
		{ id: "meters", timeoutMs: 300 },
	],
	devices: [
		{ id: "rcm", device: "bender-rcmb300", bus: "sensors", address: 100 },
		{ id: "breaker", device: "hiking-dds238-2-zn-s", bus: "meters", address: 5, values: { W: 300, PhV: 230 } },
		{ id: "feeder", device: "hiking-dds238-2-zn-s", bus: "meters", address: 6, role: "feeder", values: { W: -1200 } },
	],
	protection: [{ sensor: "rcm", relay: "breaker", row: "relay" }],
};

const rigs: LeakageRig[] = [];
afterEach(() => {
	for (const rig of rigs.splice(0)) rig.close();
});

function start(change: Partial<RigOptions> = {}): LeakageRig {
	const rig = new LeakageRig({ ...site, ...change });
	rigs.push(rig);
	rig.slave("breaker").set("relay", 1);
	rig.clock.advance(3000);
	return rig;
}

const leak = (rig: LeakageRig, ac: number, dc = 0): number => {
	rig.leak("rcm").fault({ ac, dc }, rig.clock.now());
	return rig.clock.now();
};

describe("a residual current", () => {
	it("below its threshold opens nothing", () => {
		const rig = start();
		leak(rig, 0.026, 0.005);
		rig.clock.advance(5000);
		expect(rig.slave("breaker").setting("relay")).toBe(1);
		expect(rig.told).toEqual([]);
		expect(rig.point("rcm", kLeakageModel, "ADC")).toBeCloseTo(0.0054, 6);
	});

	it.each([
		["AC", 0.03, 0, 1],
		["DC", 0, 0.006, 2],
		["negative DC", 0, -0.0075, 2],
	] as const)("of %s opens the relay, and says why", (_, ac, dc, source) => {
		const rig = start();
		leak(rig, ac, dc);
		rig.clock.advance(1500);
		expect(rig.slave("breaker").setting("relay")).toBe(0);
		expect(rig.told).toEqual(["open"]);
		expect(rig.point("rcm", kLeakageModel, "EvtSrc")).toBe(source);
		expect(rig.point("rcm", kLeakageModel, "Latch")).toBe(2);
		expect(rig.point("rcm", kLeakageModel, "EvtCnt")).toBe(1);
		expect(rig.point("rcm", kLeakageModel, "EvtAAC")).toBeCloseTo(0.0025 + ac, 4);
		expect(rig.logged.filter((line) => line.startsWith("error protection"))).toHaveLength(1);
	});

	it("notes where AC and DC power flow, and the time where there is one", () => {
		const without = start();
		leak(without, 0.1);
		without.clock.advance(1500);
		expect(without.point("rcm", kLeakageModel, "EvtWAC")).toBe(-1200);
		expect(without.point("rcm", kLeakageModel, "EvtDirAC")).toBe(2);
		expect(without.point("rcm", kLeakageModel, "EvtDirDC")).toBe(0);
		expect(without.point("rcm", kLeakageModel, "EvtTms")).toBeUndefined();

		const epochMs = Date.UTC(2026, 5, 1);
		const rig = start({
			epochMs,
			buses: [...site.buses, { id: "ders" }],
			devices: [
				...site.devices,
				{
					id: "hybrid",
					device: "sol-ark-12k",
					bus: "ders",
					address: 1,
					values: { "714.DCW": 800, "714.Prt[1].DCW": 800 },
				},
			],
			protection: [{ sensor: "rcm", relay: "breaker", row: "relay", meter: "breaker" }],
		});
		rig.clock.advance(20_000);
		leak(rig, 0.1);
		rig.clock.advance(1500);
		expect(rig.point("rcm", kLeakageModel, "EvtWAC")).toBe(300);
		expect(rig.point("rcm", kLeakageModel, "EvtDirAC")).toBe(1);
		expect(rig.point("rcm", kLeakageModel, "EvtTms")).toBe(epochMs / 1000 + 23);
	});

	it("keeps the relay open when it is over, until a person resets it, and closes nothing then", () => {
		const rig = start();
		leak(rig, 0.1);
		rig.clock.advance(1000);
		expect(rig.hub.guard.reset("rcm")).toMatch(/still measures/);
		leak(rig, 0);
		rig.clock.advance(60_000);
		expect(rig.slave("breaker").setting("relay")).toBe(0);
		expect(rig.hub.guard.all[0]!.latch).toBe("open");
		expect(rig.hub.guard.reset("feeder")).toMatch(/protects nothing/);
		expect(rig.hub.guard.reset("rcm")).toBe("");
		rig.clock.advance(5000);
		expect(rig.slave("breaker").setting("relay")).toBe(0);
		expect(rig.told).toEqual(["open", "clear"]);
		expect(rig.point("rcm", kLeakageModel, "Latch")).toBe(0);
		leak(rig, 0.1);
		rig.slave("breaker").set("relay", 1);
		rig.clock.advance(1000);
		expect(rig.slave("breaker").setting("relay")).toBe(0);
		expect(rig.point("rcm", kLeakageModel, "EvtCnt")).toBe(2);
	});

	it("opens the relay again when a restart of the hub lies between", () => {
		const kept = memory();
		const before = start({ kept });
		leak(before, 0.1);
		before.clock.advance(1000);
		before.close();
		const rig = start({ kept });
		rig.clock.advance(1000);
		expect(rig.slave("breaker").setting("relay")).toBe(0);
		expect(rig.hub.guard.all[0]!.latch).toBe("open");
		expect(rig.point("rcm", kLeakageModel, "EvtCnt")).toBe(1);
		expect(rig.point("rcm", kLeakageModel, "EvtAAC")).toBeCloseTo(0.1025, 5);
		expect(rig.hub.guard.reset("rcm")).toBe("");
		rig.close();
		const last = start({ kept });
		expect(last.hub.guard.all[0]!.latch).toBe("clear");
		expect(last.slave("breaker").setting("relay")).toBe(1);
	});
});

describe("a relay", () => {
	it("that does not answer is told again until it has confirmed", () => {
		const rig = start();
		rig.slave("breaker").fault = { kind: "silent" };
		const atMs = leak(rig, 0.1);
		rig.clock.advance(3000);
		expect(rig.hub.guard.all[0]).toMatchObject({
			latch: "opening",
			trouble: "the device did not answer the read-back",
		});
		expect(rig.writes(5, atMs).length).toBeGreaterThan(6);
		rig.slave("breaker").fault = undefined;
		rig.clock.advance(600);
		expect(rig.slave("breaker").setting("relay")).toBe(0);
		expect(rig.hub.guard.all[0]).toMatchObject({ latch: "open", trouble: "" });
	});

	it.each(["wrong-crc", "short", "wrong-unit", "noise"] as const)(
		"whose answers are spoilt half of the time (%s) opens",
		(kind) => {
			const rig = start();
			rig.slave("breaker").fault = { kind, share: 0.5 };
			leak(rig, 0.1);
			rig.clock.advance(3000);
			expect(rig.hub.guard.all[0]!.latch).toBe("open");
			expect(rig.slave("breaker").setting("relay")).toBe(0);
		},
	);

	it("that closes by itself while it is latched is opened again", () => {
		const rig = start({
			buses: [...site.buses, { id: "plc" }],
			devices: [...site.devices, { id: "outputs", device: "openplc-runtime", bus: "plc", address: 3 }],
			protection: [{ sensor: "rcm", relay: "outputs", row: "qx_1" }],
		});
		rig.slave("outputs").set("qx_1", 1);
		rig.clock.advance(3000);
		leak(rig, 0.1);
		rig.clock.advance(2000);
		expect(rig.slave("outputs").setting("qx_1")).toBe(0);
		rig.slave("outputs").set("qx_1", 1);
		rig.clock.advance(2500);
		expect(rig.slave("outputs").setting("qx_1")).toBe(0);
		expect(rig.logged.some((line) => line.includes("closed by itself"))).toBe(true);
	});
});

describe("a bank of relays", () => {
	it("says that it was a trip, and takes no command that would close it before the reset", () => {
		const rig = start({
			buses: [...site.buses, { id: "chips", kind: "i2c" }],
			devices: [...site.devices, { id: "bank", device: "pcf8574-relays", bus: "chips", address: kBankAddress }],
			protection: [{ sensor: "rcm", relay: "bank", channel: 2 }],
		});
		const { image } = rig.hub.devices.find(({ site: one }) => one.id === "bank")!;
		const { unit } = rig.hub.devices.find(({ site: one }) => one.id === "bank")!.site;
		const chip = rig.board.bank(kBankAddress);
		/** What a SunSpec client does to a channel: 0, or the exception. */
		const write = (channel: number, value: number): number => {
			const { address } = image.point(image.handle(kRelayModel, "Cmd", `Ch[${channel}]`))!;
			const data = new DataView(new ArrayBuffer(2));
			data.setUint16(0, value);
			const refused = rig.hub.space.writeRegisters(unit, address, 1, data, 0);
			rig.clock.advance(1500);
			return refused;
		};
		expect([write(1, 1), write(2, 1)]).toEqual([0, 0]);
		expect(chip.closed).toBe(0b11);
		leak(rig, 0.1);
		rig.clock.advance(1500);
		expect(chip.closed).toBe(0b01);
		expect(image.value(image.handle(kRelayModel, "Rsn", "Ch[2]"))).toBe(RelayReason.trip);
		expect(image.value(image.handle(kRelayModel, "St", "Ch[2]"))).toBe(0);
		expect([write(2, 1), write(1, 0)]).toEqual([3, 0]);
		expect(chip.closed).toBe(0);
		leak(rig, 0);
		rig.clock.advance(1500);
		expect(rig.hub.guard.reset("rcm")).toBe("");
		expect(chip.closed).toBe(0);
		expect(write(2, 1)).toBe(0);
		expect(chip.closed).toBe(0b10);
	});

	it("that is not there at the moment is opened as soon as it is", () => {
		const rig = start({
			buses: [...site.buses, { id: "chips", kind: "i2c" }],
			devices: [...site.devices, { id: "bank", device: "pcf8574-relays", bus: "chips", address: kBankAddress }],
			protection: [{ sensor: "rcm", relay: "bank", channel: 8 }],
		});
		const chip = rig.board.bank(kBankAddress);
		chip.write(Uint8Array.of(0));
		chip.missing = true;
		leak(rig, 0.1);
		rig.clock.advance(5000);
		expect(rig.hub.guard.all[0]!.latch).toBe("opening");
		chip.missing = false;
		rig.clock.advance(300);
		expect(chip.closed).toBe(0x7f);
		expect(rig.hub.guard.all[0]!.latch).toBe("open");
	});
});

describe("a sensor", () => {
	it("that has fallen silent opens the relay only where the site says so", () => {
		const rig = start({ protection: [{ sensor: "rcm", relay: "breaker", row: "relay", lostS: 2 }] });
		rig.slave("rcm").fault = { kind: "silent" };
		rig.clock.advance(1500);
		rig.slave("rcm").fault = undefined;
		rig.clock.advance(10_000);
		expect(rig.hub.guard.all[0]!.latch).toBe("clear");
		rig.slave("rcm").fault = { kind: "silent" };
		rig.clock.advance(4000);
		expect(rig.slave("breaker").setting("relay")).toBe(0);
		expect(rig.hub.guard.all[0]!.event?.source).toBe("lost");
		expect(rig.hub.guard.reset("rcm")).toMatch(/does not answer/);

		const other = start();
		other.slave("rcm").fault = { kind: "silent" };
		other.clock.advance(60_000);
		expect(other.slave("breaker").setting("relay")).toBe(1);
	});

	it("that trips by itself opens the relay, below the site's thresholds too", () => {
		const rig = start({ protection: [{ sensor: "rcm", relay: "breaker", row: "relay", acMa: 300, dcMa: 100 }] });
		leak(rig, 0.05);
		rig.clock.advance(6000);
		expect(rig.slave("breaker").setting("relay")).toBe(0);
		expect(rig.hub.guard.all[0]!.event?.source).toBe("device");
	});

	it("is read as often as its line allows, and all but the guard hear of it once a second", () => {
		const rig = start();
		const { length } = rig.frames.filter(({ bytes }) => bytes[0] === 100);
		rig.clock.advance(10_000);
		const reads = rig.frames.filter(({ bytes }) => bytes[0] === 100).length - length;
		// 8 and 37 characters of 0.57 ms, two silences, 10 ms until it answers
		expect(reads).toBeGreaterThan(235);
		expect(reads).toBeLessThan(265);
	});
});

describe("a site", () => {
	it("is refused when its protection cannot work", () => {
		const refusal = (protection: Record<string, unknown>): string => {
			try {
				start({ protection: [protection] });
				return "";
			} catch (error) {
				return error instanceof GridpostError ? error.message : String(error);
			}
		};
		expect(refusal({ sensor: "nobody", relay: "breaker", row: "relay" })).toMatch(/protection\[0\]\.sensor: "nobody"/);
		expect(refusal({ sensor: "feeder", relay: "breaker", row: "relay" })).toMatch(/residual current monitor/);
		expect(refusal({ sensor: "rcm", relay: "breaker" })).toMatch(/channel/);
		expect(refusal({ sensor: "rcm", relay: "breaker", row: "voltage" })).toMatch(/can be written/);
		expect(refusal({ sensor: "rcm", relay: "breaker", row: "relay", open: 7 })).toMatch(/0 to 1/);
		expect(refusal({ sensor: "rcm", relay: "breaker", row: "relay", acMa: -1 })).toMatch(/acMa/);
	});
});
