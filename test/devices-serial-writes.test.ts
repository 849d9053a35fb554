import { describe, expect, it } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
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
import { tabledDevice } from "../sim/tabled";
import { TypicalSource } from "../sim/typical";

/** Switches and limits of batteries on serial lines: from the row through framer and simulator, and read back. */
function play(id: string, settings: Record<string, number> = {}) {
	const table = findTable(id)!;
	const clock = new ManualClock();
	const { unit } = table.bus;
	const battery = tabledDevice({ table, unit, source: new TypicalSource(table), serial: "17042391", settings });
	const device = new Device({ table, image: new Image(tableModels(table)), unit });
	const sent: string[] = [];
	const line = {
		onFrame(frame: Uint8Array, nowMs: number) {
			sent.push([...frame].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
			return battery.onFrame(frame, nowMs);
		},
	};
	const client = openLink({
		bus: {
			...busOf({ id: "one", port: "sim" }, "buses[0]", new Checker())!,
			...table.bus,
			protocol: table.protocol ?? "modbus",
		},
		devices: [device],
		clock,
		log: silentLog,
		io: { RS485: simulatedRS485(() => line, clock), TCP: undefined as never },
	});
	new BusScheduler({ client, devices: [device], clock }).start();
	clock.advance(3000);
	const write = (row: string, value: number): WriteOutcome | undefined => {
		let outcome: WriteOutcome | undefined;
		writeRow({ table, unit, row, value, client, onDone: (done) => (outcome = done) });
		clock.advance(8000);
		return outcome;
	};
	const held = (row: string) => Number(battery.values.settings.get(row));
	return { battery, clock, device, sent, write, held };
}

const switches = [
	["daly-uart", "charge_mos"],
	["daly-uart", "discharge_mos"],
	["jk-bms-uart-4e57", "charge_mos"],
	["jk-bms-uart-4e57", "balance_switch"],
	["jk-bms-modbus-pb", "charge_enable"],
	["jk-bms-modbus-pb", "discharge_enable"],
	["daly-modbus-d2", "charge_mos_switch"],
	["daly-modbus-d2", "balancer_switch"],
] as const;

describe.each(switches)("%s %s", (id, row) => {
	it("is switched off and on again, and read back", () => {
		const { write, held } = play(id, { [row]: 1 });
		expect(write(row, 0)).toMatchObject({ result: "accepted" });
		expect(held(row)).toBe(0);
		expect(write(row, 1)).toMatchObject({ result: "accepted" });
		expect(held(row)).toBe(1);
		expect(write(row, 2)).toMatchObject({ result: "rejected" });
		expect(held(row)).toBe(1);
	});

	it("is not said to be switched by a device that does not answer", () => {
		const { battery, write, held } = play(id, { [row]: 1 });
		battery.fault = { kind: "silent" };
		expect(write(row, 0)).toMatchObject({ result: "timeout" });
		battery.fault = undefined;
		expect([0, 1]).toContain(held(row));
	});
});

it("the limit of a Pylontech pack goes out in its block, the other values as they were", () => {
	const { write, held, sent } = play("pylontech-rs485", { mgmt_charge_current_limit: 50 });
	sent.length = 0;
	expect(write("mgmt_charge_current_limit", 12.5)).toMatchObject({ result: "accepted" });
	expect(held("mgmt_charge_current_limit")).toBe(12.5);
	const texts = sent.map((hex) => Buffer.from(hex, "hex").toString("latin1"));
	expect(texts.some((one) => one.startsWith("~20024694B01402") && one.slice(23, 27) === "007D")).toBe(true);
	expect(write("mgmt_discharge_current_limit", 40)).toMatchObject({ result: "accepted" });
	expect(held("mgmt_discharge_current_limit")).toBe(40);
	expect(held("mgmt_charge_current_limit")).toBe(12.5);
});
