import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../modules/base/log";
import { ManualClock } from "../modules/base/manual-clock";
import { Catalogue } from "../modules/devices/catalogue";
import { allTables } from "../modules/devices/generated/tables";
import { kRelayModel, RelayReason } from "../modules/devices/models/relay";
import { tablePoints } from "../modules/devices/table-points";
import { validateTable } from "../modules/devices/validate";
import { ControlStore } from "../modules/site/control-store";
import { Hub } from "../modules/site/hub";
import { knownDevices } from "../modules/site/known-devices";
import { readSite } from "../modules/site/site-file";
import { SimBoard } from "../sim/board-io";
import { FakeNetwork } from "./fakes/tcp";

const hubs: Hub[] = [];
afterEach(() => {
	for (const hub of hubs.splice(0)) hub.close();
});

function start(devices: readonly object[], board?: SimBoard, clock = new ManualClock()) {
	const site = readSite(
		JSON.stringify({
			...{ name: "Rig", feederId: "f", gatewayId: "g" },
			buses: [
				{ id: "i2c", kind: "i2c", port: "sim" },
				{ id: "pins", kind: "gpio", port: "sim" },
			],
			devices: devices.map((device, i) => ({ bus: "i2c", unit: 10 + i, id: `relays-${i}`, ...device })),
		}),
		knownDevices(),
	);
	const sim = board ?? new SimBoard({ now: () => clock.now() });
	const logged: string[] = [];
	const hub = new Hub({
		...{ site, clock, firmware: "rig", random: () => 0.5 },
		log: (level, area, text) => void logged.push(`${level} ${area}: ${text}`),
		catalogue: new Catalogue(allTables),
		io: { RS485: undefined as never, TCP: new FakeNetwork().tcp, I2C: sim.I2C, SPI: sim.SPI, Digital: sim.Digital },
		store: new ControlStore(undefined, silentLog),
	});
	hubs.push(hub);
	hub.start();
	clock.advance(1500);
	/** What a SunSpec client does: one register. 0 or the exception. */
	const write = (unit: number, channel: number, value: number): number => {
		const { image } = hub.devices.find(({ site: one }) => one.unit === unit)!;
		const { address } = image.point(image.handle(kRelayModel, "Cmd", `Ch[${channel}]`))!;
		const data = new DataView(new ArrayBuffer(2));
		data.setUint16(0, value);
		const refused = hub.space.writeRegisters(unit, address, 1, data, 0);
		clock.advance(1500);
		return refused;
	};
	const read = (unit: number, channel: number): (number | undefined)[] => {
		const { image } = hub.devices.find(({ site: one }) => one.unit === unit)!;
		return ["Cmd", "St", "Rsn"].map(
			(name) => image.value(image.handle(kRelayModel, name, `Ch[${channel}]`)) as number | undefined,
		);
	};
	return { clock, hub, sim, write, read, logged };
}

describe("tables of relay outputs", () => {
	it.each(allTables.filter(({ protocol }) => protocol === "relay").map((table) => [table.id, table] as const))(
		"%s has no mistake the validation knows",
		(_, table) => {
			expect(validateTable(table, tablePoints)).toEqual([]);
		},
	);
});

describe("a PCF8574 bank", () => {
	it.each([
		["pcf8574-relays", 0x20, (channel: number) => channel - 1],
		["iotmug-relays", 0x27, (channel: number) => 8 - channel],
	] as const)("%s: each channel is its bit, confirmed from the pins", (device, address, bitOf) => {
		const { sim, write, read } = start([{ device, address }]);
		for (let channel = 1; channel <= 8; channel++) {
			expect(write(10, channel, 1)).toBe(0);
			expect(sim.bank(address).closed, `channel ${channel}`).toBe(1 << bitOf(channel));
			expect(read(10, channel)).toEqual([1, 1, RelayReason.command]);
			expect(write(10, channel, 0)).toBe(0);
			expect(read(10, channel)).toEqual([0, 0, RelayReason.command]);
		}
	});

	it("opens all its relays when the hub starts, unless the site says to keep them", () => {
		const clock = new ManualClock();
		const board = new SimBoard({ now: () => clock.now() });
		board.bank(0x20).write(Uint8Array.of(0xf0));
		board.bank(0x21).write(Uint8Array.of(0xf0));
		const { read } = start(
			[
				{ device: "pcf8574-relays", address: 0x20 },
				{ device: "pcf8574-relays", address: 0x21, board: { outputs: "keep" } },
			],
			board,
			clock,
		);
		expect(board.bank(0x20).closed).toBe(0);
		expect(board.bank(0x21).closed).toBe(0x0f);
		expect(read(10, 1)).toEqual([0, 0, RelayReason.start]);
		expect(read(11, 1)).toEqual([1, 1, RelayReason.start]);
		expect(read(11, 8)).toEqual([0, 0, RelayReason.start]);
	});

	it("that is not there is told as silent, and is opened first when it comes", () => {
		const clock = new ManualClock();
		const board = new SimBoard({ now: () => clock.now() });
		const bank = board.bank(0x3f);
		bank.write(Uint8Array.of(0));
		bank.missing = true;
		const { hub, read, write } = start([{ device: "iotmug-relays", address: 0x3f }], board, clock);
		expect(hub.devices[0]!.device.online).toBe(false);
		expect(read(10, 1)).toEqual([undefined, undefined, undefined]);
		expect(write(10, 1, 1)).not.toBe(0);
		bank.missing = false;
		clock.advance(70_000);
		expect(hub.devices[0]!.device.online).toBe(true);
		expect(bank.closed).toBe(0);
	});

	it("tells an output that does not follow", () => {
		const { sim, write, read, logged } = start([{ device: "pcf8574-relays", address: 0x20 }]);
		write(10, 3, 1);
		sim.bank(0x20).pulledLow = 1 << 2;
		write(10, 3, 0);
		expect(read(10, 3).slice(0, 2)).toEqual([0, 1]);
		expect(logged.some((line) => line.includes("channel_3_command 0") && line.includes("failed"))).toBe(true);
	});

	it("closes nothing by itself after its supply has dipped, not with a neighbour's command either", () => {
		const { clock, sim, write, read } = start([{ device: "pcf8574-relays", address: 0x20 }]);
		write(10, 1, 1);
		sim.bank(0x20).brownOut();
		clock.advance(1500);
		expect(read(10, 1)).toEqual([0, 0, RelayReason.lost]);
		write(10, 2, 1);
		expect(sim.bank(0x20).closed).toBe(2);
	});

	it("refuses values that are no state", () => {
		const { write, sim } = start([{ device: "pcf8574-relays", address: 0x20 }]);
		expect(write(10, 1, 2)).toBe(3);
		expect(sim.bank(0x20).closed).toBe(0);
	});
});

it("an output of the board is read back from its pad", () => {
	const { clock, sim, write, read } = start([{ device: "board-relay", bus: "pins" }]);
	expect(sim.levels).toEqual([0]);
	write(10, 1, 1);
	expect(sim.levels).toEqual([1]);
	expect(read(10, 1)).toEqual([1, 1, RelayReason.command]);
	sim.levels[0] = 0;
	clock.advance(1500);
	expect(read(10, 1)).toEqual([0, 0, RelayReason.lost]);
});
