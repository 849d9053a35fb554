import { describe, expect, it } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { Checker } from "../modules/base/checker";
import { silentLog } from "../modules/base/log";
import { ManualClock } from "../modules/base/manual-clock";
import { Catalogue } from "../modules/devices/catalogue";
import { Device } from "../modules/devices/engine";
import { allTables } from "../modules/devices/generated/tables";
import { type ModelPoint, pointPath } from "../modules/devices/points";
import { type DeviceTable, firstModel, rowPoints, tableModels } from "../modules/devices/table";
import { tablePoints } from "../modules/devices/table-points";
import { fitsSunspecUnit } from "../modules/devices/units";
import { validateTable } from "../modules/devices/validate";
import { openLink } from "../modules/site/links";
import { BusScheduler } from "../modules/site/scheduler";
import { busOf } from "../modules/site/site-bus";
import { Image } from "../modules/sunspec/image";
import { TabledMeterBoard } from "../sim/board-device";
import { SimCanBus } from "../sim/can-bus";
import { CanDevice } from "../sim/can-device";
import { JsonDevice } from "../sim/json-device";
import { simulatedHttp } from "../sim/json-http";
import { simulatedMqtt } from "../sim/json-mqtt";
import { FixedSource } from "../sim/profile";
import { type TabledOptions, tabledDevice } from "../sim/tabled";
import { cases, distinctValues, halfDigit, measuredRows, sourceName } from "./table-values";

/** What the controls fill, not the table. */
const composed = [703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 715];

/** A simulated line, as a site file has it. */
const kBus = busOf({ id: "one", port: "sim" }, "buses[0]", new Checker())!;

/**
 * The contract every table keeps: the simulator's bytes, through framer, client, scheduler and engine, come out in the
 * image as the profile had them, in value, unit and sign.
 */
function play(table: DeviceTable, values: Record<string, number>, settings: Record<string, number> = {}) {
	const clock = new ManualClock();
	const source = new FixedSource(values);
	const { slave, io } = simulated({ table, unit: 7, source, serial: "17042391", settings }, clock);
	const image = new Image(tableModels(table));
	const device = new Device({ table, plan: new Catalogue(allTables).plan(table), image, unit: 7 });
	const client = openLink({
		// what is only on a network is played on a line too
		bus: { ...kBus, ...table.bus, baud: table.bus.baud || 9600, protocol: table.protocol ?? "modbus" },
		devices: [device],
		clock,
		log: silentLog,
		io,
	});
	const scheduler = new BusScheduler({ client, devices: [device], clock });
	scheduler.start();
	clock.advance(20_000);
	const at = (point: string, model = firstModel(table)) => image.handle(model, point);
	const handle = ({ model, point, group, occurrence }: ModelPoint) =>
		image.handle(model, point, group, undefined, occurrence);
	return { clock, slave, client, image, device, scheduler, at, handle };
}

/** The simulator of what a table speaks, and the IO classes behind which it is. */
function simulated(options: TabledOptions, clock: ManualClock) {
	if (options.table.protocol === "json-http" || options.table.protocol === "json-mqtt") {
		const slave = new JsonDevice(options);
		const network = options.table.protocol === "json-http" ? simulatedHttp : simulatedMqtt;
		return { slave, io: { RS485: undefined as never, TCP: network([slave], clock) } };
	}
	if (options.table.protocol === "can") {
		const bus = new SimCanBus(clock, options.table.bus.baud);
		const slave = new CanDevice(options);
		bus.add(slave);
		return { slave, io: { RS485: undefined as never, TCP: undefined as never, CAN: bus.io } };
	}
	if (options.table.protocol === "atm90e32") {
		const slave = new TabledMeterBoard(options, () => clock.now());
		return { slave, io: { RS485: undefined as never, TCP: undefined as never, SPI: slave.SPI } };
	}
	const slave = tabledDevice(options);
	return { slave, io: { RS485: simulatedRS485(() => slave, clock), TCP: undefined as never } };
}

/** After which even what a device sends seldom, or takes long to answer, is missed. */
function longestSilenceMs(table: DeviceTable): number {
	const { timeoutMs = 0 } = table.bus;
	return Math.max(4 * timeoutMs, ...(table.records ?? []).map(({ everyMs = 0 }) => 3 * everyMs));
}

function missingPoints(image: Image): string[] {
	const missing: string[] = [];
	image.eachPoint((info) => {
		if (!info.mandatory || info.model.id === 1 || info.name === "ID" || info.name === "L") return;
		if (composed.includes(info.model.id) || info.type === "count") return;
		const handle = image.handle(info.model.id, info.name, info.group, undefined, info.model.occurrence);
		if (image.value(handle) === undefined) {
			missing.push(`${info.model.id}#${info.model.occurrence} ${info.group} ${info.name}`);
		}
	});
	return missing;
}

/** Relay outputs measure nothing: what they say is what they were told (test/relay-outputs.test.ts). */
const measuring = allTables.filter(({ protocol }) => protocol !== "relay");

const all = measuring.flatMap((table) =>
	cases(table).map((conditions) => {
		const words = Object.entries(conditions).map(([name, raw]) => ` ${name} ${raw}`);
		return [`${table.id}${words.join("")}`, table, conditions] as const;
	}),
);

describe.each(all)("%s", (_name, table, conditions) => {
	it("gives value and sign of every point as the profile has them", () => {
		const values = distinctValues(table, conditions);
		const { image, device, handle } = play(table, values);
		expect(device.online).toBe(true);
		let points = 0;
		for (const row of measuredRows(table, conditions)) {
			const wanted = values[sourceName(table, row)]!;
			const digit = halfDigit(table, row, wanted, values);
			for (const point of rowPoints(table, row)) {
				if (point.model === 1) continue;
				points++;
				const what = `${row.name} ${pointPath(point)}`;
				const value = image.value(handle(point));
				expect.soft(value, what).toBeTypeOf("number");
				expect.soft(Math.abs((value as number) - wanted), what).toBeLessThanOrEqual(digit * 1.001);
				expect.soft(image.quality(handle(point)), what).toBe("good");
			}
		}
		expect(points).toBeGreaterThan(0);
	});

	it("has no mistake the validation knows", () => {
		const mistakes = validateTable(table, tablePoints).map((one) => `${one.place}: ${one.message}`);
		expect(mistakes.join("\n")).toBe("");
	});

	it("has only points of its models, in the models' units", () => {
		const image = new Image(tableModels(table));
		for (const row of table.rows) {
			for (const { model, point, group, occurrence } of rowPoints(table, row)) {
				const handle = image.handle(model, point, group, undefined, occurrence);
				expect(handle, `${row.name}: ${model}.${group}.${point}`).toBeGreaterThanOrEqual(0);
				expect(
					fitsSunspecUnit(row.unit, image.point(handle)!.unit),
					`${row.name} ${row.unit} ${image.point(handle)!.unit}`,
				).toBe(true);
			}
		}
	});

	it("fills every mandatory point of its models", () => {
		// What a map leaves without a value in one round has one in another.
		let missing = missingPoints(play(table, distinctValues(table, conditions)).image);
		for (let round = 1; round < 4 && missing.length > 0; round++) {
			const again = missingPoints(play(table, distinctValues(table, conditions, round)).image);
			missing = missing.filter((name) => again.includes(name));
		}
		expect(missing).toEqual([]);
	});

	it("says who it is in model 1, before and without an answer", () => {
		const image = new Image(tableModels(table));
		new Device({ table, image, unit: 9, serial: "A-17" });
		expect(image.value(image.handle(1, "Mn"))).toBe(table.maker);
		expect(image.value(image.handle(1, "Md"))).toBe(table.model);
		expect(image.value(image.handle(1, "SN"))).toBe("A-17");
	});

	it("goes to comms_lost with no value when it falls silent, and comes back", () => {
		const { clock, slave, image, device, handle } = play(table, distinctValues(table, conditions));
		const points = measuredRows(table, conditions)
			.filter((row) => row.poll !== "once")
			.flatMap((row) => rowPoints(table, row))
			.map((point) => ({ name: pointPath(point), at: handle(point) }));
		const before = points.map(({ at }) => image.timeMs(at));
		const silentMs = clock.now();
		slave.fault = { kind: "silent" };
		clock.advance(20_000 + longestSilenceMs(table));
		expect(device.online).toBe(false);
		points.forEach(({ name, at }, i) => {
			expect.soft(image.value(at), name).toBeUndefined();
			expect.soft(image.quality(at), name).toBe("comms_lost");
			expect.soft(image.timeMs(at), name).toBeGreaterThanOrEqual(before[i]!);
			expect.soft(image.timeMs(at), name).toBeLessThan(silentMs + 1000);
		});
		slave.fault = undefined;
		clock.advance(70_000 + longestSilenceMs(table));
		expect(device.online).toBe(true);
		for (const { name, at } of points) expect.soft(image.quality(at), name).toBe("good");
	});
});

it("reads the serial number where a register has it, unless the site names one", () => {
	const sdm = allTables.find((table) => table.id === "eastron-sdm120")!;
	const { image, device } = play(sdm, distinctValues(sdm, {}));
	expect(device.registerSerial).toBe("17042391");
	expect(image.value(image.handle(1, "SN"))).toBe("17042391");
});

it("applies transformer ratios read from the device", () => {
	const table = allTables.find((one) => one.id === "chint-dtsu666")!;
	const values = { PhVphA: 11_000, AphA: 240, WphA: -1_500_000, W: -4_000_000, TotWhImp: 5_000_000 };
	const { image, at } = play(table, values, { cfg_ir_at: 40, cfg_ur_at: 100 });
	expect(image.value(at("PhVphA"))).toBeCloseTo(11_000, 2);
	expect(image.value(at("AphA"))).toBeCloseTo(240, 3);
	expect(image.value(at("WphA"))).toBeCloseTo(-1_500_000, 0);
	expect(image.value(at("W"))).toBeCloseTo(-4_000_000, 0);
	expect(image.value(at("TotWhImp"))).toBe(5_000_000);
});
