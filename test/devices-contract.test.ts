import { describe, expect, it } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import { Catalogue, deviceTables } from "../modules/devices/catalogue";
import { Device } from "../modules/devices/engine";
import { type DeviceTable, firstModel, rowPoints, tableModels } from "../modules/devices/table";
import { tablePoints } from "../modules/devices/table-points";
import { fitsSunspecUnit, isCounter } from "../modules/devices/units";
import { validateTable } from "../modules/devices/validate";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { FixedSource } from "../sim/profile";
import { SimSlave } from "../sim/slave";

/**
 * The contract every table keeps: the simulator's bytes, through framer, client, scheduler and engine, come out in the
 * image as the profile had them, in value, unit and sign.
 */
function play(table: DeviceTable, values: Record<string, number>, settings: Record<string, number> = {}) {
	const clock = new ManualClock();
	const slave = new SimSlave({ table, unit: 7, source: new FixedSource(values), serial: "17042391", settings });
	const client = new ModbusClient({
		link: { io: simulatedRS485(() => slave, clock), port: "sim:one", ...table.bus },
		clock,
	});
	const image = new Image(tableModels(table));
	const device = new Device({ table, plan: new Catalogue().plan(table), image, unit: 7 });
	const scheduler = new BusScheduler({ client, devices: [device], clock });
	scheduler.start();
	clock.advance(8000);
	const at = (point: string, model = firstModel(table)) => image.handle(model, point);
	return { clock, slave, client, image, device, scheduler, at };
}

/** Values with which every sign, digit and phase is told apart: exporting, inductive, each point its own. */
function distinct(table: DeviceTable): Record<string, number> {
	const values: Record<string, number> = {};
	let n = 0;
	for (const row of table.rows) {
		const point = rowPoints(table, row)[0]?.point;
		if (point === undefined) continue;
		n++;
		if (row.unit === "V") values[point] = 220 + n;
		else if (row.unit === "A") values[point] = 3 + n / 4;
		else if (row.unit === "W") values[point] = -(1000 + 10 * n);
		else if (row.unit === "var") values[point] = 300 + 10 * n;
		else if (row.unit === "VA") values[point] = 1500 + n;
		else if (row.unit === "Hz") values[point] = 49.87;
		else if (row.unit === "1") values[point] = 0.9 - n / 1000;
		else if (row.unit === "C") values[point] = -7.5;
		else if (row.unit === "%") values[point] = 43;
		else if (isCounter(row.unit)) values[point] = 1_234_560 + 1000 * n;
	}
	return values;
}

describe.each(deviceTables.map((table) => [table.id, table] as const))("%s", (_id, table) => {
	it("gives value and sign of every point as the profile has them", () => {
		const values = distinct(table);
		const { image, device, at } = play(table, values);
		expect(device.online).toBe(true);
		let points = 0;
		for (const row of table.rows) {
			if (row.poll === undefined) continue;
			for (const { model, point } of rowPoints(table, row)) {
				if (model === 1) continue;
				points++;
				const handle = at(point, model);
				const wanted = values[rowPoints(table, row)[0]!.point]!;
				// Half the last digit of an integer register, or the resolution of a 32-bit float.
				const digit = row.type === "f32" ? Math.abs(wanted) * 2 ** -23 : (row.k ?? 1) * 0.5;
				expect.soft(image.value(handle), `${row.name} ${point}`).toBeTypeOf("number");
				expect
					.soft(Math.abs((image.value(handle) as number) - wanted), `${row.name} ${point}`)
					.toBeLessThanOrEqual(digit * 1.001);
				expect.soft(image.quality(handle), `${row.name} ${point}`).toBe("good");
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
			for (const { model, point } of rowPoints(table, row)) {
				const handle = image.handle(model, point);
				expect(handle, `${row.name}: ${model}.${point}`).toBeGreaterThanOrEqual(0);
				expect(
					fitsSunspecUnit(row.unit, image.point(handle)!.unit),
					`${row.name} ${row.unit} ${image.point(handle)!.unit}`,
				).toBe(true);
			}
		}
	});

	it("fills every mandatory point of its models", () => {
		const { image } = play(table, distinct(table));
		const missing: string[] = [];
		image.eachPoint((info) => {
			if (!info.mandatory || info.model.id === 1 || info.name === "ID" || info.name === "L") return;
			const handle = image.handle(info.model.id, info.name);
			if (image.quality(handle) === undefined || image.value(handle) === undefined) missing.push(info.name);
		});
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
		const { clock, slave, image, device, at } = play(table, distinct(table));
		const points = table.rows.filter((row) => row.poll && row.poll !== "once").flatMap((row) => rowPoints(table, row));
		const before = points.map(({ point }) => image.timeMs(at(point)));
		slave.fault = { kind: "silent" };
		clock.advance(20_000);
		expect(device.online).toBe(false);
		points.forEach(({ point }, i) => {
			expect.soft(image.value(at(point)), point).toBeUndefined();
			expect.soft(image.quality(at(point)), point).toBe("comms_lost");
			expect.soft(image.timeMs(at(point)), point).toBeGreaterThanOrEqual(before[i]!);
			expect.soft(image.timeMs(at(point)), point).toBeLessThan(9000);
		});
		slave.fault = undefined;
		clock.advance(70_000);
		expect(device.online).toBe(true);
		for (const { point } of points) expect.soft(image.quality(at(point)), point).toBe("good");
	});
});

it("reads the serial number where a register has it, unless the site names one", () => {
	const sdm = deviceTables.find((table) => table.id === "eastron-sdm120")!;
	const { image, device } = play(sdm, distinct(sdm));
	expect(device.registerSerial).toBe("17042391");
	expect(image.value(image.handle(1, "SN"))).toBe("17042391");
});

it("applies transformer ratios read from the device", () => {
	const table = deviceTables.find((one) => one.id === "chint-dtsu666")!;
	const values = { PhVphA: 11_000, AphA: 240, WphA: -1_500_000, W: -4_000_000, TotWhImp: 5_000_000 };
	const { image, at } = play(table, values, { cfg_ir_at: 40, cfg_ur_at: 100 });
	expect(image.value(at("PhVphA"))).toBeCloseTo(11_000, 2);
	expect(image.value(at("AphA"))).toBeCloseTo(240, 3);
	expect(image.value(at("WphA"))).toBeCloseTo(-1_500_000, 0);
	expect(image.value(at("W"))).toBeCloseTo(-4_000_000, 0);
	expect(image.value(at("TotWhImp"))).toBe(5_000_000);
});
