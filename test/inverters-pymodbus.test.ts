import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Device } from "../modules/devices/engine";
import { allTables } from "../modules/devices/generated/tables";
import { readPoint } from "../modules/devices/points";
import { ratioOf } from "../modules/devices/ratios";
import { type DeviceTable, findRow, firstModel, tableModels } from "../modules/devices/table";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { TCP } from "./adapters/ecma419";
import { realClock as clock } from "./adapters/real-clock";
import { RtuOverTcp } from "./adapters/rtu-over-tcp";
import { describeWithPeers, type Peer, python, root } from "./peers";

/** A device that pymodbus plays from its fact file, on RTU frames or Modbus TCP. */
interface Played {
	id: string;
	csv: string;
	unit: number;
	blocks: readonly (readonly number[])[];
	/** In the fact file's units. */
	values: Record<string, number | string>;
	/** What the hub shows of it. */
	shown: Record<string, number | string | undefined>;
}

const serial: Played[] = [
	{
		id: "growatt-spf",
		csv: "growatt-spf",
		unit: 1,
		blocks: [
			[0, 44, 4],
			[45, 97, 4],
			[0, 2],
			[9, 14],
			[23, 27],
			[34, 39],
		],
		values: {
			...{ status: 5, pv1_voltage: 231.5, pv1_power: 1620.4, pv2_voltage: 0, pv2_power: 0, load_power: 412.7 },
			...{ battery_voltage: 53.12, battery_soc: 77, battery_power: -1150.6, ac_input_power: 12.3 },
			...{ grid_voltage: 229.8, grid_frequency: 49.98, inverter_temperature: -3.5, pv_energy_total: 123_456.7 },
			...{ battery_discharge_energy_total: 65_540.1, serial_number: "GRW1234567", max_total_charge_current: 60 },
		},
		shown: {
			...{ "701.InvSt": 3, "701.W": -12, "701.LNV": 229.8, "701.Hz": 49.98, "701#2.W": -413, "701.TmpSnk": -3.5 },
			...{ "714.Prt[1].DCW": 1620, "714.Prt[1].DCA": 7, "714.Prt[2].DCA": undefined, "714.Prt[3].DCW": -1151 },
			...{ "714.Prt[3].DCV": 53.12, "714.Prt[3].DCA": -21.66, "713.SoC": 77, "714.DCWhInj": 123_456_700 },
			...{ "714.Prt[3].DCWhInj": 65_540_100, "1.SN": "GRW1234567", "64928.ChaA": 60 },
		},
	},
	{
		id: "epever-tracer",
		csv: "epever-tracer",
		unit: 2,
		blocks: [
			[0x3100, 0x3107, 4],
			[0x310c, 0x3112, 4],
			[0x311a, 0x311b, 4],
			[0x3200, 0x3202, 4],
			[0x3300, 0x3315, 4],
			[0x331b, 0x331c, 4],
			[0x9000, 0x900e],
		],
		values: {
			...{ pv_voltage: 92.37, pv_current: 8.81, pv_power: 813.78, battery_voltage: 27.41 },
			...{ battery_charge_current: 29.1, battery_charge_power: 797.63, load_voltage: 27.3, load_current: 2.5 },
			...{ load_power: 68.25, battery_temperature: -11.25, case_temperature: 38.4, battery_soc: 83 },
			...{ charging_status: 0b1001, generated_energy_total: 7654.32, consumed_energy_total: 1234.56 },
			...{ battery_net_current: 26.6, high_voltage_disconnect: 32, boost_voltage: 28.8, battery_capacity: 200 },
		},
		shown: {
			...{ "714.Prt[1].DCV": 92.37, "714.Prt[1].DCA": 8.81, "714.DCW": 814, "714.Prt[2].DCV": 27.41 },
			...{ "714.Prt[2].DCA": -26.6, "714.Prt[2].DCW": -729, "714.Prt[3].DCW": -68, "714.Prt[3].DCA": -2.5 },
			...{ "714.Prt[2].Tmp": -11.3, "713.SoC": 83, "64925.ChaSt": 2, "714.Prt[1].DCSta": 1 },
			...{ "714.DCWhInj": 7_654_320, "714.Prt[3].DCWhAbs": 1_234_560, "64927.VHi": 32, "64927.VBst": 28.8 },
			...{ "64927.Ah": 200, "64925.OutA": 29.1, "64925.OutW": 798 },
		},
	},
	{
		id: "morningstar-tristar-mppt",
		csv: "morningstar-tristar-mppt",
		unit: 3,
		blocks: [
			[0, 79],
			[88, 89],
		],
		values: {
			...{ V_PU: 180, I_PU: 80, battery_voltage: 54.3, array_voltage: 98.7, battery_current: 41.2 },
			...{ array_current: 23.4, heatsink_temperature: -4, charge_state: 6, ah_charge_total: 123_456.7 },
			...{ kwh_charge_total: 60_123, output_power: 2230, input_power: 2310, target_voltage: 56.4, faults: 0 },
			...{ battery_temperature: 21 },
		},
		shown: {
			...{ "714.Prt[2].DCV": 54.3, "714.Prt[1].DCV": 98.7, "714.Prt[2].DCA": -41.2, "714.Prt[1].DCA": 23.4 },
			...{ "64925.TmpSnk": -4, "64925.ChaSt": 3, "64925.AhTot": 123_456.7, "714.DCWhInj": 60_123_000 },
			...{ "64925.OutW": 2230, "714.Prt[2].DCW": -2230, "714.DCW": 2310, "64925.TgtV": 56.4 },
			...{ "714.Prt[2].Tmp": 21 },
		},
	},
	{
		id: "midnite-classic",
		csv: "midnite-classic",
		unit: 10,
		blocks: [
			[4100, 4143],
			[4243, 4274],
			[4360, 4381],
		],
		values: {
			...{ battery_voltage: 52.6, pv_voltage: 141.2, battery_current: 18.4, pv_current: 6.9, power: 968 },
			...{ charge_stage_and_state: 0x0403, energy_total: 70_000.4, battery_temperature: -8.2, soc: 91 },
			...{ regulation_setpoint: 57.6, energy_today: 3.4 },
		},
		shown: {
			...{ "714.Prt[2].DCV": 52.6, "714.Prt[1].DCV": 141.2, "714.Prt[2].DCA": -18.4, "714.Prt[2].DCW": -968 },
			...{ "714.DCW": 974, "64925.ChaSt": 2, "64925.StRaw": 3, "714.DCWhInj": 70_000_400, "714.Prt[2].Tmp": -8.2 },
			...{ "713.SoC": 91, "64925.TgtV": 57.6, "64925.WhDay": 3400 },
		},
	},
];

const none16 = -1;

const network: Played[] = [
	{
		id: "victron-gx-system",
		csv: "victron-gx-modbustcp",
		unit: 100,
		blocks: [
			[800, 805],
			[806, 807],
			[840, 846],
			[850, 851],
			[860, 860],
			[902, 913],
			[2700, 2710],
			[2900, 2903],
		],
		values: {
			...{ sys_serial: "c0619ab1d2e3", sys_battery_voltage: 52.1, sys_battery_current: 31.5, sys_battery_power: 1641 },
			...{ sys_battery_soc: 64, sys_dc_pv_power: 3210, sys_dc_pv_current: 61.6, sys_consumption32_l1: 1234 },
			// a single-phase system says so
			...{ sys_consumption32_l2: 0xffffffff, sys_consumption32_l3: 0xffffffff, sys_grid32_l1: -335 },
			...{ sys_grid32_l2: 0x7fffffff, sys_grid32_l3: 0x7fffffff, ess_grid_setpoint: 50, ess_min_soc: 20 },
			...{ ess_max_discharge_power: 10 * none16, ess_max_charge_current: none16, ess_max_feedin_power: 5000 },
			...{ ess_hub4_mode: 2, sys_relay1: 1 },
		},
		shown: {
			...{ "701.W": 335, "701.WL1": 335, "701.WL2": undefined, "701#2.W": -1234, "714.Prt[2].DCW": -1641 },
			...{ "714.Prt[2].DCA": -31.5, "714.Prt[2].DCV": 52.1, "713.SoC": 64, "714.Prt[1].DCW": 3210 },
			...{ "714.DCW": 1569, "64929.MinSoC": 20, "64929.Ctl": 2, "64929.MaxFeedW": 5000, "64929.Rly1": 1 },
			...{ "64929.MaxDisW": -10, "1.SN": "c0619ab1d2e3" },
		},
	},
	{
		id: "victron-gx-battery",
		csv: "victron-gx-modbustcp",
		unit: 225,
		// a battery monitor has no limits and no cells: what it lacks it refuses
		blocks: [
			[258, 259],
			[261, 262],
			[266, 267],
			[304, 309],
		],
		values: {
			...{ batt_power: -1520, batt_voltage: 51.94, batt_current: -29.3, batt_temperature: 17.5, batt_soc: 63.5 },
			...{ batt_capacity: 280, batt_max_charge_current: 6553.5, batt_alarm: 2, batt_soh: 6553.5 },
			...{ batt_max_charge_voltage: 6553.5, batt_low_voltage_limit: 6553.5, batt_max_discharge_current: 100 },
		},
		shown: {
			...{ "802.W": 1520, "802.V": 51.94, "802.A": 29.3, "714.Prt[1].Tmp": 17.5, "802.SoC": 63.5, "802.AHRtg": 280 },
			...{ "802.AChaMax": undefined, "802.Evt1": 2 ** 25, "802.CellVMin": undefined, "802.ADisChaMax": 100 },
		},
	},
];

const csv = (name: string): string => `${root}test/fixtures/inverters/${name}.csv`;

function play(name: string, framing: "tcp" | "mbap", played: readonly Played[]): void {
	describeWithPeers(`${name} played by pymodbus from the fact tables`, ["python"], () => {
		let peer: Peer;
		let client: ModbusClient;
		let scheduler: BusScheduler;
		const images = new Map<string, Image>();
		const devices: Device[] = [];
		const tableOf = (id: string): DeviceTable => allTables.find((table) => table.id === id)!;

		beforeAll(async () => {
			const specs = played.map(({ csv: name, unit, blocks, values }) => ({ csv: csv(name), unit, blocks, values }));
			peer = python("device_slave.py", [JSON.stringify(specs), framing]);
			const port = Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]);
			const link = framing === "tcp" ? { io: RtuOverTcp, port } : { io: TCP, host: "127.0.0.1", port };
			client = new ModbusClient({ link: link as never, clock, timeoutMs: 3000 });
			for (const { id, unit } of played) {
				const table = tableOf(id);
				const image = new Image(tableModels(table));
				images.set(id, image);
				devices.push(new Device({ table, image, unit, timeoutMs: 3000 }));
			}
			scheduler = new BusScheduler({ client, devices, clock });
			const read = new Promise<void>((resolve) => {
				const asked = devices.map((device) => new Set(device.plan.reads.keys()));
				devices.forEach((device, i) => {
					const taken = device.onResult.bind(device);
					device.onResult = (result) => {
						const open = device.plan.reads.findIndex(
							(one) => one.function === device.function && one.address === device.address && one.count === device.count,
						);
						asked[i]!.delete(open);
						taken(result);
						if (asked.every((left) => left.size === 0)) resolve();
					};
				});
			});
			scheduler.start();
			await read;
		}, 30_000);

		afterAll(async () => {
			scheduler?.close();
			client?.close();
			await peer?.stop();
		});

		const expected = played.flatMap(({ id, shown }) =>
			Object.entries(shown).map(([point, wanted]) => [id, point, wanted] as const),
		);
		it.each(expected)("%s %s", (id, name, wanted) => {
			const image = images.get(id)!;
			const { model, point, group, occurrence } = readPoint(name, firstModel(tableOf(id)))!;
			const handle = image.handle(model, point, group, undefined, occurrence);
			expect(handle).toBeGreaterThanOrEqual(0);
			// as a client reads it from the registers
			const value = image.valueOf(image.point(handle)!);
			if (typeof wanted === "number") expect(Number(value)).toBeCloseTo(wanted, 6);
			else expect(value).toBe(wanted);
		});

		it("garbles and loses nothing", () => {
			expect(devices.map(({ timeouts, garbled }) => timeouts + garbled)).toEqual(devices.map(() => 0));
		});

		const write = (id: string, row: string, value: number): Promise<WriteOutcome> => {
			const { unit } = played.find((one) => one.id === id)!;
			const device = devices.find((one) => one.table.id === id)!;
			const factor = ratioOf(device, findRow(device.table, row)!);
			return new Promise((onDone) => writeRow({ table: tableOf(id), unit, row, value, client, factor, onDone }));
		};
		const writes: [string, string, number][] =
			framing === "tcp"
				? [
						["growatt-spf", "max_total_charge_current", 40],
						["epever-tracer", "boost_voltage", 28.6],
						["epever-tracer", "coil_manual_load", 1],
						["morningstar-tristar-mppt", "set_charge_current", 40],
					]
				: [
						["victron-gx-system", "ess_grid_setpoint", -1500],
						["victron-gx-system", "ess_max_discharge_power", 2000],
					];
		it.each(writes)("%s takes %s %d and says so when asked again", async (id, row, value) => {
			expect(await write(id, row, value)).toEqual({ result: "accepted", reason: "", row, value });
		});
	});
}

describe("charge controllers and inverters", () => {
	play("serial ones", "tcp", serial);
	play("those on the network", "mbap", network);
});
