import { describe, expect, it } from "vitest";
import { Checker } from "../modules/base/checker";
import { silentLog } from "../modules/base/log";
import { ManualClock } from "../modules/base/manual-clock";
import { Device } from "../modules/devices/engine";
import { findTable } from "../modules/devices/generated/tables";
import { tableModels } from "../modules/devices/table";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { openLink } from "../modules/site/links";
import { BusScheduler } from "../modules/site/scheduler";
import { busOf } from "../modules/site/site-bus";
import { Image } from "../modules/sunspec/image";
import { SimCanBus } from "../sim/can-bus";
import { CanDevice } from "../sim/can-device";
import { FixedSource } from "../sim/profile";

/** A battery on CAN, as a site has it. */
function play(id: string, unit: number, values: Record<string, number> = {}, settings: Record<string, number> = {}) {
	const table = findTable(id)!;
	const clock = new ManualClock();
	const bus = new SimCanBus(clock, table.bus.baud);
	const battery = new CanDevice({ table, unit, source: new FixedSource(values), settings });
	bus.add(battery);
	const image = new Image(tableModels(table));
	const device = new Device({ table, image, unit });
	const site = { ...busOf({ id: "one", kind: "can", port: "sim" }, "buses[0]", new Checker())!, ...table.bus };
	const io = { RS485: undefined as never, TCP: undefined as never, CAN: bus.io };
	const client = openLink({ bus: { ...site, protocol: "can" }, devices: [device], clock, log: silentLog, io });
	new BusScheduler({ client, devices: [device], clock }).start();
	clock.advance(8000);
	const outcomes: WriteOutcome[] = [];
	const write = (row: string, value: number) => {
		writeRow({ table, unit, row, value, client, onDone: (outcome) => outcomes.push(outcome) });
		clock.advance(3000);
	};
	const point = (model: number, name: string, group = "") => image.value(image.handle(model, name, group));
	return { clock, bus, battery, device, client, outcomes, write, point };
}

describe("a battery that is written on CAN", () => {
	it("switches Daly's charging with its own command, reads it back, and touches nothing else", () => {
		const on = { charge_mos: 1, discharge_mos: 1 };
		const { bus, battery, outcomes, write, point, device } = play("daly-bms-can", 2, { SoC: 50 }, on);
		expect(device.online).toBe(true);
		write("charge_mos", 0);
		expect(outcomes).toMatchObject([{ result: "accepted", row: "charge_mos", value: 0 }]);
		const sent = bus.seen.filter(({ id }) => id === 0x18da0240);
		expect(sent).toMatchObject([{ extended: true, data: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0) }]);
		expect(battery.values.writes).toBe(1);
		expect([point(64931, "ChaOn"), point(64931, "DisOn")]).toEqual([0, 1]);
		write("charge_mos", 2);
		expect(outcomes[1]).toMatchObject({ result: "rejected" });
		battery.fault = { kind: "silent" };
		write("charge_mos", 1);
		expect(outcomes[2]).toMatchObject({ result: "timeout" });
	});

	it("waits for what comes by itself instead of asking, and sends nothing under its identifier", () => {
		const { bus, client, clock, device } = play("pylontech-can-lv", 1, { V: 51 });
		const before = device.answers;
		const record = device.table.records!.find(({ name }) => name === "0x356")!;
		let status = "";
		const onResult = (result: { status: string }) => void (status = result.status);
		const request = { unit: 1, function: 0, address: 0, count: 8, timeoutMs: 100, retries: 0, record };
		bus.seen.length = 0;
		client.request({ ...request, onResult });
		clock.advance(1500);
		expect(status).toBe("ok");
		// one frame each second, all of the battery; and the listener had it too
		expect(bus.seen.filter(({ id }) => id === 0x356).length).toBeLessThanOrEqual(2);
		expect(device.answers).toBeGreaterThan(before);
	});
});

describe("what the bits mean", () => {
	it("Pylontech: protections are alarms, alarms warnings; either bit of the charge's over-current will do", () => {
		const alarms = (raw: number) => {
			const { point } = play("pylontech-can-lv", 1, {}, { alarms: raw });
			return point(802, "Evt1");
		};
		expect(alarms(0)).toBe(0);
		// over-voltage, charge over-current in bit 0 or 7 of its byte
		expect(alarms((1 << 1) | (1 << 8))).toBe((1 << 9) | (1 << 5));
		expect(alarms(1 << 15)).toBe(1 << 5);
		// low temperature, internal communication
		expect(alarms((1 << 20) | (1 << 27))).toBe((1 << 4) | (1 << 0));
	});

	it("Victron: 01 is active, 10 and 00 are not; alarms and warnings come together", () => {
		const evt = (alarms: number, warnings: number) => {
			const { point } = play("victron-can-bms", 1, {}, { alarms, warnings });
			return point(802, "Evt1");
		};
		const allFine = 0xaaaaaaa;
		expect(evt(allFine, allFine)).toBe(0);
		// high voltage is the second pair, contactor the tenth
		expect(evt((allFine & ~0b1100) | 0b0100, 0)).toBe(1 << 9);
		expect(evt(0b0100, 0b01 << 18)).toBe((1 << 9) | (1 << 20));
		// the same bit from both sides is not carried over
		expect(evt(0b01 << 18, 0b01 << 18)).toBe(1 << 20);
	});

	it("Victron: kelvin become degrees, the finer state of charge wins", () => {
		const { point } = play("victron-can-bms", 1, {
			"64932.TmpMin": -12,
			"64932.TmpMax": 31,
			soc_hires: 64.37,
			soc: 64,
		});
		expect([point(64932, "TmpMin"), point(64932, "TmpMax")]).toEqual([-12, 31]);
		expect(point(802, "SoC")).toBeCloseTo(64.37);
	});

	it("JK: the worst level of all decides", () => {
		const state = (settings: Record<string, number>) => play("jk-bms-can", 1, {}, settings).point(713, "Sta");
		expect(state({ alarms: 0 })).toBe(0);
		// minor
		expect(state({ alarms: 0b11 << 8 })).toBe(1);
		expect(state({ alarms: (0b11 << 8) | (0b01 << 28) })).toBe(2);
	});

	it("JK: the current of firmware that counts charging has the other table", () => {
		expect(play("jk-bms-can", 1, { "714.Prt[1].DCA": -20 }).point(714, "DCA")).toBe(-20);
		const { bus } = play("jk-bms-can-charge", 1, { "714.Prt[1].DCA": -20 });
		const frame = bus.seen.find(({ id }) => id === 0x2f4)!;
		// charging with 20 A: 400 + 20
		expect(new DataView(frame.data.buffer).getUint16(2, true)).toBe(4200);
	});
});
