import { afterAll, beforeAll, expect, it } from "vitest";
import { DriveControl } from "../modules/devices/drive";
import { Device } from "../modules/devices/engine";
import { kDrive } from "../modules/devices/models/drive";
import { type DeviceTable, tableModels } from "../modules/devices/table";
import { deltaVfdEEl } from "../modules/devices/tables/delta-vfd-e-el";
import { schneiderAtv } from "../modules/devices/tables/schneider-atv12-312-320";
import type { WriteOutcome } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { realClock as clock } from "./adapters/real-clock";
import { RtuOverTcp } from "./adapters/rtu-over-tcp";
import { describeWithPeers, type Peer, python, root } from "./peers";

const csv = (id: string): string => `${root}test/fixtures/drives/${id}.csv`;

/** Each value in the unit of its fact. */
const specs = [
	{
		...{ csv: csv("schneider-atv12-312-320"), unit: 3, family: "cia402" },
		blocks: [
			[3103, 3105],
			[3201, 3211],
			[3231, 3231],
			[7121, 7121],
			[8501, 8503],
			[8602, 8606],
			[9001, 9002],
		],
		values: {
			...{ motor_current_LCR: 3.4, motor_torque_OTR: -12, drive_thermal_THD: 37, run_time: 1234, high_speed_HSP: 60 },
			...{ low_speed_LSP: 5, last_fault_LFT: 5, output_speed_RFRD: -741, acceleration_ACC: 3.5, deceleration_DEC: 4.5 },
		},
	},
	{
		...{ csv: csv("delta-vfd-e-el"), unit: 4, family: "delta" },
		blocks: [
			[0x100, 0x100],
			[0x109, 0x10a],
			[0x902, 0x903],
			[0x2000, 0x2002],
			[0x2100, 0x210c],
		],
		values: {
			...{ output_current: 6.7, dc_bus_voltage: 312.4, output_voltage: 118.9, torque_percent: 43.2, motor_speed: 1437 },
			...{ max_frequency: 60, comm_loss_action: 1, comm_timeout: 5, error_code: 0x0200 },
		},
	},
];

interface Driven {
	readonly device: Device;
	readonly image: Image;
	readonly control: DriveControl;
	readonly outcomes: WriteOutcome[];
}

describeWithPeers("drives played by pymodbus from the fact tables", ["python"], () => {
	let peer: Peer;
	let client: ModbusClient;
	let scheduler: BusScheduler;
	let atv: Driven;
	let delta: Driven;

	const driven = (table: DeviceTable, unit: number): Driven => {
		const image = new Image(tableModels(table));
		const device = new Device({
			table,
			image,
			unit,
			timeoutMs: 2000,
			periodsMs: { fast: 100, normal: 200, slow: 500 },
		});
		const outcomes: WriteOutcome[] = [];
		const control = new DriveControl({
			...{ device, client, clock, lifeMs: 100, firstId: 41 },
			onOutcome: (outcome) => outcomes.push(outcome),
		});
		image.onCommit = () => control.update();
		device.onChange = (_, what) => {
			if (what === "online") control.resume();
		};
		return { device, image, control, outcomes };
	};

	beforeAll(async () => {
		peer = python("drive_slave.py", [JSON.stringify(specs)]);
		const port = Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]);
		client = new ModbusClient({ link: { io: RtuOverTcp, port }, clock });
		atv = driven(schneiderAtv, 3);
		delta = driven(deltaVfdEEl, 4);
		scheduler = new BusScheduler({ client, devices: [atv.device, delta.device], clock });
		scheduler.start();
		await until(() => [atv, delta].every(({ device, control }) => device.complete && control.idle));
	}, 30_000);

	afterAll(async () => {
		for (const one of [atv, delta]) one?.control.close();
		scheduler?.close();
		client?.close();
		await peer?.stop();
	});

	const until = async (is: () => boolean, mostMs = 10_000): Promise<void> => {
		for (let ms = 0; !is(); ms += 20) {
			if (ms > mostMs) throw new Error("it has not come to that");
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	};
	const point = ({ image }: Driven, name: string): number => Number(image.value(image.handle(kDrive, name)));
	const write = ({ image, control }: Driven, values: Readonly<Record<string, number>>): void => {
		const points = Object.keys(values).map((name) => image.point(image.handle(kDrive, name))!);
		for (const one of points) {
			expect(control.onWrite(one, values[one.name]!)).toBe(0);
			image.set(image.handle(kDrive, one.name), values[one.name]!, clock.now(), "good");
		}
		control.onWritten(points);
	};

	it.each([
		["A", 3.4],
		["TrqPct", -12],
		["ThmPct", 37],
		["RunTms", 1234 * 3600],
		["MaxHz", 60],
		["MinHz", 5],
		["FltRaw", 5],
		["Rpm", 741],
		["AccTms", 3.5],
		["DecTms", 4.5],
		["St", 1],
	])("Altivar %s", (name, value) => {
		expect(point(atv, name)).toBeCloseTo(value, 6);
	});

	it.each([
		["A", 6.7],
		["DCV", 312.4],
		["V", 118.9],
		["TrqPct", 43.2],
		["Rpm", 1437],
		["MaxHz", 60],
		["ComTms", 5],
		["FltRaw", 0],
		["WrnRaw", 2],
		["St", 1],
	])("Delta %s", (name, value) => {
		expect(point(delta, name)).toBeCloseTo(value, 6);
	});

	it.each([
		["Altivar", () => atv, "3"],
		["Delta", () => delta, "4"],
	] as const)(
		"%s: starts, in reverse, and stops",
		async (_name, which, unit) => {
			const one = which();
			write(one, { Cmd: 2, SetHz: 30, CmdId: point(one, "CmdId") + 1 });
			await until(() => one.outcomes.length === 1);
			await until(() => point(one, "Hz") === 30);
			expect([point(one, "St"), point(one, "Dir")]).toEqual([3, 1]);
			write(one, { Cmd: 0 });
			await until(() => one.outcomes.length === 2 && one.control.idle && point(one, "Hz") === 0);
			expect(one.outcomes.map(({ row, result }) => `${row} ${result}`)).toEqual([
				"start reverse accepted",
				"stop accepted",
			]);
			const said = peer
				.output()
				.split("\n")
				.filter((line) => line.startsWith(`${unit} `));
			expect(said).toEqual([`${unit} runs`, `${unit} stops`]);
		},
		20_000,
	);
});
