import type { Clock } from "../../modules/base/clock";
import type { DeviceTable } from "../../modules/devices/table";
import type { LinkIo } from "../../modules/site/links";
import { SimCanBus } from "../../sim/can-bus";
import { CanDevice } from "../../sim/can-device";
import { JsonDevice } from "../../sim/json-device";
import { simulatedHttp } from "../../sim/json-http";
import { simulatedMqtt } from "../../sim/json-mqtt";
import type { PointSource } from "../../sim/profile";
import { tabledDevice } from "../../sim/tabled";
import { simulatedRS485 } from "../mcsim/sim-rs485";

/** What there is no use for: nothing opens it. */
const none = undefined as never;

/** The simulator of a table's device, behind the IO classes of what it speaks. Throws RangeError when there is none. */
export function simulatedIo(table: DeviceTable, unit: number, source: PointSource, clock: Clock): LinkIo {
	const options = { table, unit, source, serial: "17042391" };
	switch (table.protocol) {
		case "json-http":
			return { RS485: none, TCP: simulatedHttp([new JsonDevice(options)], clock) };
		case "json-mqtt":
			return { RS485: none, TCP: simulatedMqtt([new JsonDevice(options)], clock) };
		case "can": {
			const bus = new SimCanBus(clock, table.bus.baud);
			bus.add(new CanDevice(options));
			return { RS485: none, TCP: none, CAN: bus.io };
		}
		default: {
			const device = tabledDevice(options);
			return { RS485: simulatedRS485(() => device, clock), TCP: none };
		}
	}
}
