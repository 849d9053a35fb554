import { AsciiSlave } from "./ascii-slave";
import type { SimDevice } from "./device";
import type { RowValues, RowValuesOptions } from "./row-values";
import { SerialDevice, type SerialFraming } from "./serial-device";
import { dalyFraming, huanyangFraming, JkFraming, pylontechFraming } from "./serial-framings";
import { SimSlave } from "./slave";
import { VeDirectDevice } from "./vedirect-device";

export interface TabledOptions extends RowValuesOptions {
	/** Address on the bus. */
	unit: number;
	seed?: number;
}

/** A device on a simulated line that says what a table says, and holds what was written. */
export interface TabledDevice extends SimDevice {
	readonly values: RowValues;
}

/** Plays the device of a table, in whatever it speaks on a serial line. Throws RangeError for what is no serial line. */
export function tabledDevice(options: TabledOptions): TabledDevice {
	const protocol = options.table.protocol ?? "modbus";
	if (protocol === "modbus") return new SimSlave(options);
	if (protocol === "modbus-ascii") {
		const slave = new SimSlave(options);
		return Object.assign(new AsciiSlave(slave), { values: slave.values });
	}
	if (protocol === "vedirect") return new VeDirectDevice(options);
	const framing = framingOf(protocol);
	if (framing === undefined) throw new RangeError(`${options.table.id}: no simulated line speaks ${protocol}`);
	return new SerialDevice({ ...options, framing });
}

function framingOf(protocol: string): SerialFraming | undefined {
	switch (protocol) {
		case "daly":
			return dalyFraming;
		case "jk":
			return new JkFraming();
		case "pylontech":
			return pylontechFraming;
		case "huanyang":
			return huanyangFraming;
		default:
			return undefined;
	}
}
