/** A drive in the whole hub: commanded as a SunSpec client does, over the client, the line and the bytes of the drive. */
import { describe, expect, it } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import { Catalogue } from "../modules/devices/catalogue";
import { allTables, findTable } from "../modules/devices/generated/tables";
import { kDrive } from "../modules/devices/models/drive";
import { ControlStore } from "../modules/site/control-store";
import { type ControlReport, Hub } from "../modules/site/hub";
import { knownDevices } from "../modules/site/known-devices";
import { readSite } from "../modules/site/site-file";
import { SimDrive } from "../sim/drive";

const kUnit = 20;

function driveHub(
	id: string,
	more: { control?: boolean; chance?: number; sim?: SimDrive; clock?: ManualClock; ascii?: boolean } = {},
) {
	const clock = more.clock ?? new ManualClock();
	const known = findTable(id)!;
	const table = more.ascii ? { ...known, protocol: "modbus-ascii" as const } : known;
	const sim = more.sim ?? new SimDrive({ table, unit: 1 });
	const site = {
		...{ name: "Pump", feederId: "f-1", gatewayId: "g-1" },
		buses: [{ id: "a", port: "sim", ...(more.ascii ? { protocol: "modbus-ascii" } : {}) }],
		devices: [
			{
				...{ id: "pump", device: id, bus: "a", address: 1, unit: kUnit, serial: "P-1" },
				...(more.control === undefined ? {} : { control: more.control }),
			},
		],
	};
	const reports: ControlReport[] = [];
	const hub = new Hub({
		site: readSite(JSON.stringify(site), knownDevices()),
		catalogue: new Catalogue(allTables),
		clock,
		log: () => {},
		firmware: "1",
		io: { RS485: simulatedRS485(() => sim, clock) as never, TCP: class {} as never },
		random: () => more.chance ?? 0.5,
		store: new ControlStore(undefined, () => {}),
		onControl: (_entry, report) => reports.push(report),
	});
	hub.start();
	const advance = (ms: number): void => {
		for (let left = ms; left > 0; left -= 100) {
			clock.advance(Math.min(100, left));
			sim.advance(clock.now());
		}
	};
	advance(8000);
	const { image } = hub.devices[0]!;
	const point = (name: string): number => Number(image.value(image.handle(kDrive, name)));
	/** Each point in a request of its own, or neighbours in one. */
	const write = (values: Readonly<Record<string, number>>): number => {
		for (const [name, value] of Object.entries(values)) {
			const handle = image.handle(kDrive, name);
			const { address, size } = image.point(handle)!;
			const raw = Math.round(value / 10 ** image.scale(handle));
			const data = new DataView(new ArrayBuffer(2 * size));
			if (size === 2) data.setUint32(0, raw);
			else data.setUint16(0, raw);
			const exception = hub.space.writeRegisters(kUnit, address, size, data, 0);
			if (exception !== 0) return exception;
		}
		return 0;
	};
	const told = (): string[] =>
		reports.splice(0).map(({ result, what, reason }) => `${what} ${result}${reason === "" ? "" : `: ${reason}`}`);
	return { clock, sim, hub, image, point, write, advance, told };
}

describe.each([
	"delta-vfd-e-el",
	"delta-ms300",
	"abb-acs355-acs380",
	"schneider-atv12-312-320",
	"yaskawa-v1000-ga500",
	"huanyang-hy",
])("%s", (id) => {
	it("starts, changes its speed, stops: each reported once", () => {
		const { sim, point, write, advance, told } = driveHub(id);
		expect(point("St")).toBe(1);
		// in one request of each point, the number last
		expect(write({ Cmd: 1, SetHz: 30, CmdId: point("CmdId") + 1 })).toBe(0);
		expect([point("CmdSt"), told()]).toEqual([1, []]);
		advance(12_000);
		expect(told()).toEqual(["start forward 30 accepted"]);
		expect([point("CmdSt"), point("St"), point("Hz")]).toEqual([2, 3, 30]);
		expect(write({ SetHz: 20 })).toBe(0);
		advance(6000);
		expect([told(), point("Hz")]).toEqual([["speed 20 accepted"], 20]);
		expect(write({ Cmd: 0 })).toBe(0);
		advance(10_000);
		expect(told()).toEqual(["stop 0 accepted"]);
		expect([point("St"), point("Hz"), sim.starts.length]).toEqual([1, 0, 1]);
	});

	it("sets its ramps as other settings are", () => {
		const { sim, write, advance, told } = driveHub(id);
		const row = findTable(id)!.rows.find((one) => one.point === "AccTms")!.name;
		expect(write({ AccTms: 7.5 })).toBe(0);
		advance(3000);
		expect(told()).toEqual([`${row} 7.5 accepted`]);
		expect(sim.setting(row)).toBe(7.5);
	});

	it("tells no client that may not command", () => {
		const { sim, point, write, advance, told } = driveHub(id, { control: false });
		expect(write({ Cmd: 1 })).toBe(2);
		advance(5000);
		expect([point("St"), told(), sim.starts]).toEqual([1, [], []]);
	});
});

it("a hub that starts finds a motor running, and stops it; its numbers are others than before", () => {
	const before = driveHub("delta-ms300");
	const id = before.point("CmdId") + 1;
	before.write({ Cmd: 1, SetHz: 30, CmdId: id });
	before.advance(6000);
	expect(before.sim.driven).toBe(true);
	before.hub.close();
	const after = driveHub("delta-ms300", { sim: before.sim, clock: before.clock, chance: 0.25 });
	after.advance(4000);
	expect([after.sim.driven, after.point("St")]).toEqual([false, 1]);
	expect(after.write({ Cmd: 1, SetHz: 30, CmdId: id })).toBe(3);
	after.advance(5000);
	expect(after.sim.starts).toHaveLength(1);
});

it("a stop is taken while the drive does not answer", () => {
	const { sim, point, write, advance, told } = driveHub("yaskawa-v1000-ga500");
	write({ Cmd: 1, SetHz: 30, CmdId: point("CmdId") + 1 });
	advance(6000);
	sim.fault = { kind: "silent" };
	advance(4000);
	told();
	expect(write({ Cmd: 0 })).toBe(0);
	advance(11_000);
	expect(told()).toContain("stop 0 timeout: the drive does not answer");
	sim.fault = undefined;
	advance(70_000);
	expect([sim.driven, point("St"), sim.starts.length]).toEqual([false, 1, 1]);
});

it("a Delta drive as it leaves the factory, with Modbus ASCII", () => {
	const { sim, point, write, advance, told } = driveHub("delta-ms300", { ascii: true });
	write({ Cmd: 2, SetHz: 30, CmdId: point("CmdId") + 1 });
	advance(8000);
	expect([told(), point("Hz"), point("Dir")]).toEqual([["start reverse 30 accepted"], 30, 1]);
	write({ Cmd: 0 });
	advance(8000);
	expect([told(), sim.hz, point("St")]).toEqual([["stop 0 accepted"], 0, 1]);
});
