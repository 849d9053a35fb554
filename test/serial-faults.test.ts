import { describe, expect, it } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { Checker } from "../modules/base/checker";
import { silentLog } from "../modules/base/log";
import { ManualClock } from "../modules/base/manual-clock";
import { Device } from "../modules/devices/engine";
import { findTable } from "../modules/devices/generated/tables";
import { type DeviceTable, rowPoints, tableModels } from "../modules/devices/table";
import { openLink } from "../modules/site/links";
import { BusScheduler } from "../modules/site/scheduler";
import { busOf } from "../modules/site/site-bus";
import { Image } from "../modules/sunspec/image";
import { type Fault, faultKinds } from "../sim/faults";
import { FixedSource } from "../sim/profile";
import { tabledDevice } from "../sim/tabled";
import { cases, distinctValues, halfDigit, measuredRows, sourceName } from "./table-values";

/** Whatever a battery or charger on a serial line sends: no value that it did not mean is ever taken for good. */
const ids = ["daly-uart", "jk-bms-uart-4e57", "pylontech-rs485", "victron-mppt-vedirect", "jk-bms-modbus-pb"];

function faultOf(kind: Fault["kind"]): Fault {
	if (kind === "late") return { kind, delayMs: 700, share: 0.3 };
	return kind === "exception" ? { kind, code: 4, share: 0.3 } : { kind, share: 0.3 };
}

function play(table: DeviceTable) {
	const clock = new ManualClock();
	const conditions = cases(table)[0]!;
	const values = distinctValues(table, conditions);
	const { unit } = table.bus;
	const slave = tabledDevice({ table, unit, source: new FixedSource(values), serial: "17042391", seed: 5 });
	const image = new Image(tableModels(table));
	const device = new Device({ table, image, unit });
	const bus = busOf({ id: "one", port: "sim" }, "buses[0]", new Checker())!;
	const client = openLink({
		bus: { ...bus, ...table.bus, protocol: table.protocol ?? "modbus" },
		devices: [device],
		clock,
		log: silentLog,
		io: { RS485: simulatedRS485(() => slave, clock), TCP: undefined as never },
	});
	new BusScheduler({ client, devices: [device], clock }).start();
	const points = measuredRows(table, conditions).flatMap((row) =>
		rowPoints(table, row)
			.filter(({ model }) => model !== 1)
			.map((point) => ({
				name: row.name,
				at: image.handle(point.model, point.point, point.group, undefined, point.occurrence),
				wanted: values[sourceName(table, row)]!,
				digit: 1.001 * halfDigit(table, row, values[sourceName(table, row)]!, values),
			})),
	);
	/** Values that are called good and are others than the device measures. */
	const wrong = (): string[] =>
		points
			.filter(({ at, wanted, digit }) => {
				const value = image.value(at);
				return image.quality(at) === "good" && value !== undefined && Math.abs((value as number) - wanted) > digit;
			})
			.map(({ name, at }) => `${name} ${image.value(at)}`);
	return { clock, slave, device, wrong };
}

describe.each(ids)("%s", (id) => {
	it.each(faultKinds)("%s in three of ten answers", (kind) => {
		const { clock, slave, device, wrong } = play(findTable(id)!);
		clock.advance(5000);
		slave.fault = faultOf(kind);
		const seen = new Set<string>();
		for (let second = 0; second < 120; second++) {
			clock.advance(1000);
			for (const one of wrong()) seen.add(one);
		}
		expect([...seen]).toEqual([]);
		slave.fault = undefined;
		clock.advance(70_000);
		expect(device.online).toBe(true);
		expect(wrong()).toEqual([]);
	});
});
