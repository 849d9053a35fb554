/** Meters with other types, orders and sentinels than those of devices-pymodbus.test.ts, played by pymodbus from their facts. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Device } from "../modules/devices/engine";
import { type DeviceTable, firstModel, tableModels } from "../modules/devices/table";
import { carloGavazziEm24 } from "../modules/devices/tables/carlo-gavazzi-em24-e1";
import { ccsWattnodeWnc } from "../modules/devices/tables/ccs-wattnode-wnc";
import { eastronSdm630 } from "../modules/devices/tables/eastron-sdm630";
import { schneiderIem3155 } from "../modules/devices/tables/schneider-iem3155";
import { sungrowDtsu666 } from "../modules/devices/tables/sungrow-dtsu666-20";
import { verisE51c2 } from "../modules/devices/tables/veris-e51c2";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { realClock as clock } from "./adapters/real-clock";
import { RtuOverTcp } from "./adapters/rtu-over-tcp";
import { describeWithPeers, type Peer, python, root } from "./peers";

interface Meter {
	table: DeviceTable;
	blocks: number[][];
	/** In the units of the fact file; text for numbers that JSON has not. */
	values: Record<string, number | string>;
	/** What the image must hold; undefined: the meter says that it has no such value. */
	wanted: Record<string, number | string | undefined>;
}

/** Raw 0x8000000000000000. */
const noEnergy = String(-(2n ** 63n));

const meters: Meter[] = [
	{
		table: eastronSdm630,
		blocks: [
			[0, 79, 4],
			[200, 207, 4],
			[342, 381, 4],
			[2, 3],
			[10, 11],
			[24, 25],
		],
		values: {
			voltage_l1: 229.5,
			voltage_l2: 231.25,
			voltage_l3: 0,
			current_l1: 4.5,
			current_l2: 12.75,
			active_power_l1: -1032.5,
			active_power_l2: 2950,
			reactive_power_l2: -120.5,
			power_factor_l1: -0.98,
			current_sum: 17.25,
			active_power_total: 1917.5,
			apparent_power_total: 3990,
			reactive_power_total: -120.5,
			power_factor_total: 0.48,
			frequency: 50.02,
			import_active_energy: 1234.5,
			export_active_energy: 88.25,
			voltage_l3_l1: 398.5,
			import_energy_l2: 1200.75,
			export_energy_l1: 88.25,
		},
		wanted: {
			PhVphA: 229.5,
			PhVphB: 231.25,
			PhVphC: 0,
			AphA: 4.5,
			AphB: 12.75,
			A: 17.25,
			WphA: -1032.5,
			WphB: 2950,
			W: 1917.5,
			VA: 3990,
			VARphB: -120.5,
			VAR: -120.5,
			PFphA: -0.98,
			PF: 0.48,
			Hz: 50.02,
			TotWhImp: 1_234_500,
			TotWhExp: 88_250,
			PPVphCA: 398.5,
			TotWhImpPhB: 1_200_750,
			TotWhExpPhA: 88_250,
		},
	},
	{
		table: carloGavazziEm24,
		blocks: [
			[0, 79, 4],
			[0xa000, 0xa000],
			[0x5000, 0x5006],
		],
		values: {
			voltage_l1: 230.1,
			voltage_l2_l3: 401.7,
			current_l1: 1.234,
			current_l3: 70.001,
			active_power_l1: -283.9,
			active_power_l3: 16_100.2,
			active_power_total: 15_816.3,
			reactive_power_total: -900.1,
			apparent_power_total: 16_400.9,
			power_factor_l1: -0.999,
			power_factor_total: 0.964,
			frequency: 49.9,
			import_energy: 123_456.7,
			import_energy_l3: 99_999.9,
			export_energy: 0.1,
			application: 7,
			serial: "BX0410012001X",
		},
		wanted: {
			PhVphA: 230.1,
			PPVphBC: 401.7,
			AphA: 1.234,
			AphC: 70.001,
			A: 71.235,
			WphA: -283.9,
			WphC: 16_100.2,
			W: 15_816.3,
			VAR: -900.1,
			VA: 16_400.9,
			PFphA: -0.999,
			PF: 0.964,
			Hz: 49.9,
			TotWhImp: 123_456_700,
			TotWhImpPhC: 99_999_900,
			TotWhExp: 100,
			"1.SN": "BX0410012001X",
		},
	},
	{
		table: schneiderIem3155,
		blocks: [
			[2999, 3110],
			[3203, 3226],
			[3517, 3528],
			[129, 130],
		],
		values: {
			current_l1: 0.5,
			current_l2: 63,
			current_l3: 1.5,
			voltage_l1_l2: 400.5,
			voltage_l2_l3: 399.5,
			voltage_l3_l1: 401,
			voltage_ll_avg: 400.25,
			voltage_l1: 231.5,
			voltage_l2: "nan",
			voltage_ln_avg: 231,
			active_power_l1: -115.75,
			active_power_l2: 14_500,
			active_power_total: 14_384.25,
			reactive_power_total: "nan",
			apparent_power_total: 15_000,
			power_factor_total: 0.96,
			frequency: 50,
			import_energy: 12_345_678.901,
			export_energy: noEnergy,
			import_energy_l1: 4_294_967.296,
			import_energy_l2: 0.001,
			serial_number: 2_154_000_123,
		},
		wanted: {
			AphB: 63,
			A: 65,
			PPVphAB: 400.5,
			PPV: 400.25,
			PhVphA: 231.5,
			PhVphB: undefined,
			PhV: 231,
			WphA: -115.75,
			WphB: 14_500,
			W: 14_384.25,
			VAR: undefined,
			VA: 15_000,
			PF: 0.96,
			Hz: 50,
			TotWhImp: 12_345_678_901,
			TotWhExp: undefined,
			TotWhImpPhA: 4_294_967_296,
			TotWhImpPhB: 1,
			"1.SN": "2154000123",
		},
	},
	{
		table: ccsWattnodeWnc,
		blocks: [
			[1000, 1033],
			[1100, 1175],
			[1602, 1608],
			[1700, 1701],
		],
		values: {
			energy_import_nr: 5021.5,
			energy_export_sum_nr: 17.25,
			power_sum: -310.5,
			power_a: 1200.25,
			power_b: -1510.75,
			volt_avg_ln: 80.5,
			volt_a: 120.5,
			volt_b: 121,
			volt_ab: 241.5,
			frequency: 60.01,
			energy_import_a: 3000,
			energy_export_b: 17.25,
			power_factor_avg: "nan",
			power_factor_a: 0.99,
			reactive_power_sum: -44,
			apparent_power_sum: 2711.5,
			current_a: 10,
			current_b: 12.5,
			power_int_scale: 1,
			ct_amps: 200,
			serial_number: 3_141_592_653,
		},
		wanted: {
			W: -310.5,
			WphA: 1200.25,
			WphB: -1510.75,
			PhVphA: 120.5,
			PhVphB: 121,
			PhV: 120.75,
			PPV: 241.5,
			PPVphAB: 241.5,
			Hz: 60.01,
			A: 22.5,
			AphB: 12.5,
			PF: undefined,
			PFphA: 0.99,
			VAR: -44,
			VA: 2711.5,
			TotWhImp: 5_021_500,
			TotWhExp: 17_250,
			TotWhImpPhA: 3_000_000,
			TotWhExpPhB: 17_250,
			"1.SN": "3141592653",
		},
	},
	{
		table: verisE51c2,
		blocks: [
			[129, 133],
			[256, 291],
			[364, 405],
		],
		values: {
			energy_import: 901.5,
			energy_export: 12,
			reactive_energy_q4: 3.25,
			power_sum: 2750,
			reactive_power_sum: -250,
			apparent_power_sum: 2900,
			power_factor_avg: 0.94,
			volt_avg_ln: 119.5,
			frequency: 60,
			power_a: 3000,
			power_b: -250,
			volt_ab: 239,
			volt_a: 119,
			volt_b: 120,
			current_a: 25.25,
			current_b: 2.25,
			current_c: "nan",
		},
		wanted: {
			W: 2750,
			WphA: 3000,
			WphB: -250,
			VAR: -250,
			VA: 2900,
			PF: 0.94,
			PhV: 119.5,
			PhVphA: 119,
			PhVphB: 120,
			PPV: 239,
			Hz: 60,
			A: 27.5,
			TotWhImp: 901_500,
			TotWhExp: 12_000,
			TotVArhExpQ4: 3250,
		},
	},
	{
		table: sungrowDtsu666,
		blocks: [
			[0, 31],
			[97, 122],
			[356, 383],
		],
		values: {
			import_energy: 40_000_000.01,
			export_energy: 2.5,
			voltage_l1: 229.9,
			current_l2: 5.05,
			frequency: 50.01,
			voltage_l3_l1: 398.8,
			active_power_l2: -70_000,
			active_power_total: -69_000,
			reactive_power_l3: -12,
			apparent_power_total: 70_500,
			power_factor_l2: -0.999,
		},
		wanted: {
			TotWhImp: 40_000_000_010,
			TotWhExp: 2500,
			PhVphA: 229.9,
			AphB: 5.05,
			Hz: 50.01,
			PPVphCA: 398.8,
			WphB: -70_000,
			W: -69_000,
			VARphC: -12,
			VA: 70_500,
			PFphB: -0.999,
		},
	},
];

describeWithPeers("meters of every type played by pymodbus from the fact tables", ["python"], () => {
	let peer: Peer;
	let client: ModbusClient;
	let scheduler: BusScheduler;
	const images = meters.map(({ table }) => new Image(tableModels(table)));
	const devices = meters.map(({ table }, i) => new Device({ table, image: images[i]!, unit: 21 + i, timeoutMs: 2000 }));

	beforeAll(async () => {
		const specs = meters.map(({ table, blocks, values }, i) => ({
			csv: `${root}test/fixtures/devices/${table.id}.csv`,
			unit: 21 + i,
			blocks,
			values,
		}));
		peer = python("device_slave.py", [JSON.stringify(specs)]);
		const port = Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]);
		client = new ModbusClient({ link: { io: RtuOverTcp, port }, clock });
		scheduler = new BusScheduler({ client, devices, clock });
		const read = new Promise<void>((resolve) => {
			for (const image of images) {
				image.onCommit = () => {
					if (devices.every((device) => device.complete)) resolve();
				};
			}
		});
		scheduler.start();
		await read;
	});

	afterAll(async () => {
		scheduler?.close();
		client?.close();
		await peer?.stop();
	});

	describe.each(meters.map((meter, i) => [meter.table.id, meter, i] as const))("%s", (_id, { table, wanted }, i) => {
		it.each(Object.entries(wanted))("%s", (name, value) => {
			const image = images[i]!;
			const [point, model] = name.split(".").reverse();
			const handle = image.handle(model === undefined ? firstModel(table) : Number(model), point!);
			expect(image.quality(handle)).toBe("good");
			const found = image.value(handle);
			if (typeof value !== "number") expect(found).toBe(value);
			// A float of 24 bits carries the value, in the image or on the wire.
			else expect(Math.abs((found as number) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -23 + 1e-9);
		});

		it("is read without a refusal", () => {
			const { timeouts, exceptions, garbled } = devices[i]!;
			expect([timeouts, exceptions, garbled]).toEqual([0, 0, 0]);
		});
	});

	const write = (table: DeviceTable, row: string, value: number): Promise<WriteOutcome> =>
		new Promise((onDone) => {
			const unit = 21 + meters.findIndex((meter) => meter.table === table);
			writeRow({ table, unit, row, value, client, onDone });
		});

	it.each([
		[eastronSdm630, "cfg_demand_period", 900],
		// behind the passcode
		[eastronSdm630, "cfg_system_type", 3],
		[carloGavazziEm24, "application", 7],
		[ccsWattnodeWnc, "ct_amps", 400],
		[ccsWattnodeWnc, "ct_directions", 5],
		[verisE51c2, "system_type", 12],
		[verisE51c2, "ct_primary", 150],
	] as const)("writes a setting", async (table, row, value) => {
		expect(await write(table, row, value)).toEqual({ result: "accepted", reason: "", row, value });
	});
});
