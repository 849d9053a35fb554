import { afterAll, beforeAll, expect, it } from "vitest";
import { Device } from "../modules/devices/engine";
import { Evse } from "../modules/devices/evse";
import { findTable } from "../modules/devices/generated/tables";
import { EvseState, kEvse, PilotState } from "../modules/devices/models/evse";
import { tableModels } from "../modules/devices/table";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { realClock as clock } from "./adapters/real-clock";
import { RtuOverTcp } from "./adapters/rtu-over-tcp";
import { describeWithPeers, type Peer, python, root } from "./peers";

/** Each value in the unit of its fact. */
const played = {
	"abb-terra-ac": {
		blocks: [
			[0x4000, 0x4020],
			[0x4100, 0x4106],
		],
		values: {
			...{ max_rated_current: 32, error_code: 0, socket_lock: 0x0111, charging_state: 4 << 8 },
			...{ actual_current_limit: 16, current_l1: 15.981, current_l2: 15.702, current_l3: 0.012 },
			...{ voltage_l1: 231.4, voltage_l2: 229.9, voltage_l3: 230.6, active_power: 7310, session_energy: 12_345 },
		},
	},
	"alfen-ng9xx": {
		blocks: [
			[300, 424],
			[1200, 1215],
		],
		values: {
			...{ voltage_l1_n: 231.4, voltage_l2_n: 229.9, voltage_l3_n: 230.6, voltage_l1_l2: 399.5 },
			...{ current_l1: 15.98, current_l2: 15.7, current_l3: 0.01, current_sum: 31.69, frequency: 49.98 },
			...{ power_sum: 7310, energy_delivered_sum: 4_821_345.5, energy_consumed_sum: 12.25, mode3_state: "C2" },
			...{ applied_max_current: 16, setpoint_valid_time: 41, set_max_current: 16, safe_current: 9, set_phases: 3 },
		},
	},
	"bender-cc612": {
		blocks: [
			[100, 104],
			[122, 122],
			[140, 140],
			[212, 227],
			[716, 719],
			[1000, 1000],
		],
		values: {
			...{ ocpp_status: 6, cp_state: 3, relay_state: 5, current_l1: 13.4, energy_total: 987_654, power: 3082 },
			...{ voltage_l1: 230, session_energy: 4321, session_time: 5400, hems_current_limit: 13 },
		},
	},
} as const;

type Id = keyof typeof played;
const ids = Object.keys(played) as Id[];

describeWithPeers("chargers played by pymodbus from the fact tables", ["python"], () => {
	let peer: Peer;
	let client: ModbusClient;
	let scheduler: BusScheduler;
	const devices = new Map<Id, Device>();
	const images = new Map<Id, Image>();

	beforeAll(async () => {
		const specs = ids.map((id, i) => ({
			...{ csv: `${root}test/fixtures/chargers/${id}.csv`, unit: 11 + i },
			...played[id],
		}));
		peer = python("device_slave.py", [JSON.stringify(specs)]);
		const port = Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]);
		client = new ModbusClient({ link: { io: RtuOverTcp, port }, clock });
		const complete = new Promise<void>((resolve) => {
			ids.forEach((id, i) => {
				const table = findTable(id)!;
				const image = new Image(tableModels(table));
				images.set(id, image);
				devices.set(id, new Device({ table, image, unit: 11 + i, timeoutMs: 2000 }));
				image.onCommit = () => {
					if ([...devices.values()].every((device) => device.complete)) resolve();
				};
			});
		});
		scheduler = new BusScheduler({ client, devices: [...devices.values()], clock });
		scheduler.start();
		await complete;
	});

	afterAll(async () => {
		scheduler?.close();
		client?.close();
		await peer?.stop();
	});

	it.each([
		["abb-terra-ac", "St", EvseState.charging],
		["abb-terra-ac", "Cp", PilotState.C],
		["abb-terra-ac", "Plug", 4],
		["abb-terra-ac", "MaxA", 32],
		["abb-terra-ac", "OffA", 16],
		["abb-terra-ac", "AL1", 15.981],
		["abb-terra-ac", "AL2", 15.702],
		["abb-terra-ac", "AL3", 0.012],
		["abb-terra-ac", "VL2", 229.9],
		["abb-terra-ac", "W", 7310],
		["abb-terra-ac", "WhSes", 12_345],
		["alfen-ng9xx", "St", EvseState.charging],
		["alfen-ng9xx", "Cp", PilotState.C],
		["alfen-ng9xx", "AL1", 15.98],
		["alfen-ng9xx", "VL3", 230.6],
		["alfen-ng9xx", "W", 7310],
		["alfen-ng9xx", "WhTot", 4_821_345.5],
		["alfen-ng9xx", "WhTotDis", 12.25],
		["alfen-ng9xx", "RmgTms", 41],
		["alfen-ng9xx", "LimA", 16],
		["alfen-ng9xx", "SafeA", 9],
		["alfen-ng9xx", "NPh", 3],
		["bender-cc612", "St", EvseState.charging],
		["bender-cc612", "Cp", PilotState.C],
		["bender-cc612", "NPh", 1],
		["bender-cc612", "AL1", 13.4],
		["bender-cc612", "W", 3082],
		["bender-cc612", "WhTot", 987_654],
		["bender-cc612", "WhSes", 4321],
		["bender-cc612", "TmsSes", 5400],
		["bender-cc612", "LimA", 13],
	] as const)("%s %s", (id, point, wanted) => {
		const image = images.get(id)!;
		const handle = image.handle(kEvse, point);
		expect(image.quality(handle)).toBe("good");
		expect(Number(image.value(handle))).toBeCloseTo(wanted, 3);
	});

	it("the Alfen's meter is model 213 too", () => {
		const image = images.get("alfen-ng9xx")!;
		const value = (point: string): number => Number(image.value(image.handle(213, point)));
		expect(value("PhVphB")).toBeCloseTo(229.9, 3);
		expect(value("PPVphAB")).toBeCloseTo(399.5, 3);
		expect(value("Hz")).toBeCloseTo(49.98, 3);
		expect(value("TotWhImp")).toBeCloseTo(4_821_345.5, 0);
	});

	it("none of what is asked is refused", () => {
		for (const [id, device] of devices) {
			expect([id, device.timeouts, device.exceptions, device.garbled]).toEqual([id, 0, 0, 0]);
		}
	});

	/** What the register holds, asked beside the device. */
	const register = (unit: number, address: number): Promise<number> =>
		new Promise((resolve) =>
			client.request({
				...{ unit, function: 3, address, count: 1, values: [], retries: 0, timeoutMs: 2000 },
				onResult: ({ data }) => resolve(data.getUint16(0)),
			}),
		);

	it("a limit is written, read back, and falls back when it is not given again", async () => {
		const device = devices.get("bender-cc612")!;
		const outcomes: string[] = [];
		const note = new Promise<string>((onNote) => {
			const evse = new Evse({
				...{ device, client, clock, onNote },
				onOutcome: ({ row, value, result }) => outcomes.push(`${row} ${value} ${result}`),
			});
			evse.command("LimTms", 1);
			evse.command("SafeA", 7);
			evse.command("LimA", 16);
		});
		while (outcomes.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
		expect(outcomes).toEqual(["LimTms 1 accepted", "SafeA 7 accepted", "LimA 16 accepted"]);
		expect(await register(13, 1000)).toBe(16);
		expect(await note).toBe("LimA was not given again for 1 s: 7 A");
		expect(await register(13, 1000)).toBe(7);
	});

	it("a limit is in thousandths at the Terra, a float at the Alfen", async () => {
		for (const [id, unit, address, limit, word] of [
			// the peer plays registers, no charger: it offers 16 A whatever it is told
			["abb-terra-ac", 11, 0x4101, 16.5, 16_500],
			["alfen-ng9xx", 12, 1210, 8, 0x4100],
		] as const) {
			const device = devices.get(id)!;
			const done = await new Promise<string>((resolve) => {
				const evse = new Evse({
					...{ device, client, clock, onNote: () => {} },
					onOutcome: ({ row, value, result, reason }) => {
						evse.close();
						resolve(`${row} ${value} ${result} ${reason}`);
					},
				});
				evse.command("LimA", limit);
			});
			expect(done).toBe(`LimA ${limit} accepted `);
			expect(await register(unit, address)).toBe(word);
		}
	});
});
