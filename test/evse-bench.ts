import { expect } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import { Device } from "../modules/devices/engine";
import { Evse } from "../modules/devices/evse";
import type { EvsePoint } from "../modules/devices/evse-rows";
import { findTable } from "../modules/devices/generated/tables";
import { KeepAliveWriter } from "../modules/devices/keep-alive";
import { kEvse } from "../modules/devices/models/evse";
import { tableModels } from "../modules/devices/table";
import type { WriteOutcome } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { SimEvse, type SimEvseOptions } from "../sim/evse";

/** A charger on a simulated line, polled and commanded as a hub does. */
export function evseBench(id: string, own: Partial<SimEvseOptions> = {}, kept?: Uint8Array) {
	const clock = new ManualClock();
	const table = findTable(id)!;
	const sim = new SimEvse({ table, clock, unit: 7, ...own });
	const io = simulatedRS485(() => sim.slave, clock);
	const client = new ModbusClient({ link: { io, port: "sim:one", ...table.bus, baud: table.bus.baud || 9600 }, clock });
	const image = new Image(tableModels(table));
	const device = new Device({ table, image, unit: 7 });
	const outcomes: string[] = [];
	const notes: string[] = [];
	const stored: Uint8Array[] = [];
	const onOutcome = ({ row, value, result, reason }: WriteOutcome): void =>
		void outcomes.push(`${row} ${value} ${result}${reason === "" ? "" : `: ${reason}`}`);
	const keepAlive = table.keepAlive ? new KeepAliveWriter({ device, client, clock, onOutcome }) : undefined;
	const evse = new Evse({
		...{ device, client, clock, keepAlive, kept, onOutcome, onNote: (what) => notes.push(what) },
		onKept: (bytes) => stored.push(bytes),
	});
	device.onChange = (_device, what) => {
		if (what !== "online") return;
		evse.resume();
		keepAlive?.resume();
	};
	const scheduler = new BusScheduler({ client, devices: [device], clock });
	scheduler.start();
	clock.advance(15_000);
	expect(device.online).toBe(true);
	const value = (point: string): number => Number(image.value(image.handle(kEvse, point)));
	/** What the hub's router does with a command. */
	const command = (point: EvsePoint, wanted: number): void => {
		expect(evse.owns(kEvse, point), point).toBe(true);
		expect(evse.refuses(point, wanted)).toBeUndefined();
		evse.command(point, wanted);
	};
	const seconds = (s: number): void => clock.advance(1000 * s);
	return { clock, table, sim, image, device, outcomes, notes, stored, evse, value, command, seconds };
}

/** Chargers with a time-out of their own. */
export const ownWatchdog = (id: string): Partial<SimEvseOptions> =>
	id === "alfen-ng9xx"
		? { watchdog: { s: 60, safeA: 9 } }
		: id === "bender-cc612"
			? { watchdog: { s: 40, safeA: 6 } }
			: {};
