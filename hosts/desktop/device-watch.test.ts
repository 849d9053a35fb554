import { expect, it } from "vitest";
import { ManualClock } from "../../modules/base/manual-clock";
import { deviceTable } from "../../modules/devices/catalogue";
import { allTables } from "../../modules/devices/generated/tables";
import { SimSlave } from "../../sim/slave";
import { TypicalSource } from "../../sim/typical";
import { simulatedRS485 } from "../mcsim/sim-rs485";
import { advice, renderDevice, rowLine } from "./device-view";
import { busFor, DeviceWatch } from "./device-watch";
import { simulatedIo } from "./simulated-device";

const table = deviceTable("hiking-dds238-2-zn-s")!;

function play(change: { registers?: number; fault?: SimSlave["fault"]; unit?: number } = {}) {
	const clock = new ManualClock();
	const slave = new SimSlave({ table, unit: 1, source: new TypicalSource(table) });
	slave.fault = change.fault;
	const io = { RS485: simulatedRS485(() => slave, clock), TCP: undefined as never };
	const watch = new DeviceWatch({ table, unit: change.unit ?? 1, bus: busFor(table), io, clock });
	return { clock, slave, watch };
}

const style = { colour: false, width: 200 };
const serial = { serial: true, scan: "npm run scan -- --path /dev/ttyUSB0" };

it("reads every row once, also those the hub reads only when it is asked", () => {
	const { clock, watch } = play();
	expect(watch.complete).toBe(false);
	clock.advance(3000);
	expect(watch.complete).toBe(true);
	const rows = watch.rows();
	expect(rows.map(({ name }) => name)).toEqual(
		table.rows.filter(({ access }) => access !== "w").map(({ name }) => name),
	);
	for (const row of rows) expect(row.trouble, row.name).toBe("");
	const voltage = rows.find(({ name }) => name === "voltage")!;
	expect(voltage).toMatchObject({ unit: "V", quality: "good", function: 3, address: 12, point: "PhV, PhVphA" });
	expect(Number.parseInt(voltage.raw!.replace(/ /g, ""), 16) / 10).toBeCloseTo(voltage.value as number, 6);
	expect(watch.counts).toMatchObject({ timeouts: 0, garbled: 0, exceptions: 0, foreign: 0 });
	watch.close();
});

it("follows the device, and says why a row has no value", () => {
	const { clock, slave, watch } = play();
	clock.advance(3000);
	const before = watch.rows().find(({ name }) => name === "active_power")!.value;
	clock.advance(4000);
	expect(watch.rows().find(({ name }) => name === "active_power")!.value).not.toBe(before);
	slave.fault = { kind: "exception", code: 2 };
	clock.advance(8000);
	expect(watch.rows().find(({ name }) => name === "active_power")).toMatchObject({
		value: null,
		trouble: "refused: no such register (exception 2)",
	});
	slave.fault = { kind: "silent" };
	clock.advance(80_000);
	expect(watch.rows().find(({ name }) => name === "active_power")!.trouble).toBe("no answer");
	watch.close();
});

it("tells what to try next, by what came", () => {
	const cases = [
		["silent", "Nothing answers."],
		["wrong-crc", "Something answers, but not in this format"],
		["wrong-unit", "Somebody else speaks on this line"],
	] as const;
	for (const [kind, words] of cases) {
		const { clock, watch } = play({ fault: { kind } });
		expect(advice(watch.counts, serial)).toEqual([]);
		clock.advance(6000);
		expect(watch.answered).toBe(false);
		expect(advice(watch.counts, serial).join(" "), kind).toContain(words);
		expect(advice(watch.counts, serial).join(" "), kind).toContain(serial.scan);
		expect(advice(watch.counts, { serial: false, scan: "" })[0]).toContain("--unit");
		watch.close();
	}
	const { clock, watch } = play();
	clock.advance(3000);
	expect(advice(watch.counts, serial)).toEqual([]);
	watch.close();
});

it("draws a table, and a line for each row", () => {
	const { clock, watch } = play();
	clock.advance(3000);
	const lines = renderDevice("DDS238", watch.rows(), watch.counts, style);
	expect(lines[0]).toBe("DDS238");
	expect(lines[2]).toMatch(/^row +at +raw +value +unit +point +quality$/);
	expect(lines.find((line) => line.startsWith("voltage "))).toMatch(
		/^voltage +3:12 +0[89][0-9a-f]{2} +2[23]\d(\.\d)? +V +PhV, PhVphA +good$/,
	);
	expect(lines.at(-1)).toMatch(/^\d+ answers$/);
	const narrow = renderDevice("DDS238", watch.rows(), watch.counts, { colour: false, width: 50 });
	expect(narrow[2]).not.toContain("point");
	expect(narrow[2]).toContain("quality");
	expect(rowLine(watch.rows().find(({ name }) => name === "voltage")!)).toMatch(
		/^voltage {2}2[23][\d.]+ {2}V {2}raw \w+ {2}PhV, PhVphA {2}good$/,
	);
	watch.close();
});

/** One of each protocol that has a simulator. */
const spoken = new Map(allTables.map((one) => [one.protocol ?? "modbus", one]));

it.each([...spoken.keys()].filter((one) => one !== "atm90e32" && one !== "relay"))(
	"reads what speaks %s",
	(protocol) => {
		const one = spoken.get(protocol)!;
		const clock = new ManualClock();
		const io = simulatedIo(one, 1, new TypicalSource(one), clock);
		const watch = new DeviceWatch({ table: one, unit: 1, bus: busFor(one), io, clock });
		clock.advance(30_000);
		expect(watch.answered, watch.fault).toBe(true);
		const rows = watch.rows();
		const polled = one.rows.filter(({ poll }) => poll !== undefined).map(({ name }) => name);
		const good = rows.filter(({ quality }) => quality === "good").map(({ name }) => name);
		expect(polled.filter((name) => !good.includes(name))).toEqual([]);
		if (protocol.startsWith("json")) expect(rows.some(({ at }) => /^[a-zA-Z]/.test(at))).toBe(true);
		watch.close();
	},
);
