import type { RecordSpec } from "../../base/record";
import type { DeviceTable } from "../table";
import { dalyUart } from "./daly-uart";

/** Commands whose reply comes in numbered frames, and the bytes that follow the number. */
const parts: Readonly<Record<number, number>> = { 149: 6, 150: 7, 87: 7 };

/**
 * A command of the A5 protocol as frames: asked by 0x18<command>0140, answered by 0x18<command>4001; the board's number is
 * the 01 of both.
 */
function asFrames(record: RecordSpec): RecordSpec {
	const command = Number(record.key);
	const id = 0x18000000 + command * 0x10000;
	const text = (id + 0x0140).toString(16);
	const partBytes = parts[command];
	return {
		...record,
		key: id + 0x4001,
		extended: true,
		// what is written brings the bytes itself
		request: record.write ? text : `${text}#0000000000000000`,
		perUnit: 1,
		requestPerUnit: 0x100,
		...(record.write ? { bytes: 8, least: 1 } : {}),
		...(partBytes === undefined ? {} : { partBytes }),
	};
}

/** Daly Smart BMS on CAN: the commands of its serial protocol, with the same eight bytes. */
export const dalyBmsCan: DeviceTable = {
	...dalyUart,
	id: "daly-bms-can",
	model: "Smart BMS (CAN)",
	protocol: "can",
	bus: { baud: 250_000, parity: "none", stop: 1, unit: 1, timeoutMs: 400, pauseMs: 60, replyMs: 25 },
	records: dalyUart.records!.map(asFrames),
	quirks: [
		...dalyUart.quirks,
		"some boards have 500 kbit/s; the priority in front of the identifier may be another one",
		"the board's number is the unit: frames of board 2 end in 02",
	],
	sources: [...dalyUart.sources, "mr-manuel/venus-os_dbus-serialbattery:dbus-serialbattery/bms/daly_can.py"],
};
