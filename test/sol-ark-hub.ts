import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import { Catalogue } from "../modules/devices/catalogue";
import { allTables } from "../modules/devices/generated/tables";
import { readPoint } from "../modules/devices/points";
import { ControlStore } from "../modules/site/control-store";
import { type ControlReport, Hub } from "../modules/site/hub";
import { knownDevices } from "../modules/site/known-devices";
import { readSite } from "../modules/site/site-file";
import type { PointInfo } from "../modules/sunspec/place";
import { SolArk, type SolArkModel, type SolArkOptions } from "../sim/sol-ark";

export const kUnit = 10;

/** A site with one hybrid, its line simulated: written and read as a SunSpec client would, under a manual clock. */
export function solArkHub(options: Omit<SolArkOptions, "unit"> & { model: SolArkModel }, restarted?: SolArk) {
	const clock = new ManualClock(Date.UTC(2026, 5, 1, 12));
	const slave = restarted ?? new SolArk({ ...options, unit: 1 });
	const site = {
		...{ name: "House", feederId: "f-1", gatewayId: "g-1" },
		buses: [{ id: "a", port: "sim", baud: 9600 }],
		devices: [{ id: "hybrid", device: options.model, bus: "a", address: 1, unit: kUnit, serial: "S-1" }],
	};
	const known = knownDevices();
	const reports: ControlReport[] = [];
	const hub = new Hub({
		site: readSite(JSON.stringify(site), known),
		catalogue: new Catalogue(allTables),
		clock,
		log: () => {},
		firmware: "1",
		io: { RS485: simulatedRS485(() => slave, clock) as never, TCP: class {} as never },
		random: () => 0.5,
		store: new ControlStore(undefined, () => {}),
		onControl: (_entry, report) => reports.push(report),
	});
	hub.start();
	clock.advance(70_000);
	const entry = hub.devices[0]!;
	const { image } = entry;
	const info = (path: string): PointInfo => {
		const at = readPoint(path, 701)!;
		let found: PointInfo | undefined;
		image.eachPoint((one) => {
			const same = one.model.id === at.model && one.model.occurrence === at.occurrence;
			if (same && one.name === at.point && one.group === at.group) found = one;
		});
		if (found === undefined) throw new RangeError(`no point ${path}`);
		return found;
	};
	const scale = (path: string): number => image.scale(image.handleAt(info(path).address));
	/** Registers from the first point's address on; neighbours in one request. The exception, 0 for none. */
	const write = (values: Readonly<Record<string, number>>): number => {
		const points = Object.keys(values).map((path) => ({ path, ...info(path) }));
		points.sort((a, b) => a.address - b.address);
		const first = points[0]!.address;
		const last = points[points.length - 1]!;
		const count = last.address + last.size - first;
		const data = new DataView(image.registers.buffer.slice(2 * (first - image.base), 2 * (first - image.base + count)));
		for (const { path, address, size } of points) {
			const raw = Math.round(values[path]! / 10 ** scale(path));
			const at = 2 * (address - first);
			if (size === 2) data.setInt32(at, raw);
			else data.setUint16(at, raw & 0xffff);
		}
		return hub.space.writeRegisters(kUnit, first, count, data, 0);
	};
	const number = (path: string): number => {
		const value = image.valueOf(info(path));
		if (typeof value !== "number") throw new RangeError(`${path} is ${value}`);
		return value;
	};
	return { clock, slave, plant: slave.plant, hub, entry, image, info, write, number, reports };
}
