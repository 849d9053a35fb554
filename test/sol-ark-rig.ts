import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import { Device } from "../modules/devices/engine";
import { readPoint } from "../modules/devices/points";
import { type DeviceTable, tableModels } from "../modules/devices/table";
import { deyeSinglePhase } from "../modules/devices/tables/deye-single-phase";
import { deyeThreePhaseHv } from "../modules/devices/tables/deye-three-phase-hv";
import { deyeThreePhaseLv } from "../modules/devices/tables/deye-three-phase-lv";
import { solArk12k } from "../modules/devices/tables/sol-ark-12k";
import { solArk15k } from "../modules/devices/tables/sol-ark-15k";
import { solArkHv } from "../modules/devices/tables/sol-ark-hv";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { SolArk, type SolArkModel, type SolArkOptions } from "../sim/sol-ark";

export const hybridTables: Readonly<Record<SolArkModel, DeviceTable>> = {
	"sol-ark-12k": solArk12k,
	"sol-ark-15k": solArk15k,
	"sol-ark-hv": solArkHv,
	"deye-single-phase": deyeSinglePhase,
	"deye-three-phase-lv": deyeThreePhaseLv,
	"deye-three-phase-hv": deyeThreePhaseHv,
};

export const hybridModels = Object.keys(hybridTables) as SolArkModel[];

/** A simulated hybrid on a simulated line, read by its table through client and scheduler, under a manual clock. */
export function solArkRig(options: Omit<SolArkOptions, "unit">, other?: DeviceTable) {
	const clock = new ManualClock();
	const table = other ?? hybridTables[options.model];
	const slave = new SolArk({ ...options, unit: 1 });
	const client = new ModbusClient({
		link: { io: simulatedRS485(() => slave, clock), port: "sim:one", ...table.bus },
		clock,
	});
	const image = new Image(tableModels(table));
	const device = new Device({ table, image, unit: 1 });
	const scheduler = new BusScheduler({ client, devices: [device], clock });
	scheduler.start();
	const handle = (path: string): number => {
		const { model, occurrence, group, point } = readPoint(path, 701)!;
		const found = image.handle(model, point, group, undefined, occurrence);
		if (found < 0) throw new RangeError(`${table.id} has no point ${path}`);
		return found;
	};
	return {
		clock,
		table,
		slave,
		plant: slave.plant,
		client,
		image,
		device,
		scheduler,
		handle,
		/** In the point's unit; undefined for none. */
		value: (path: string): number | string | undefined => image.value(handle(path)),
		number: (path: string): number => {
			const value = image.value(handle(path));
			if (typeof value !== "number") throw new RangeError(`${path} is ${value}`);
			return value;
		},
		raw: (path: string) => image.raw(handle(path)),
	};
}
