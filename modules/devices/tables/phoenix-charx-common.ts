import { evse } from "../models/evse";
import type { DeviceTable, Row } from "../table";

/**
 * A connector of a CHARX SEC master: its registers begin at 1000 times its number (1 to 48 of them; tables are there for
 * the first four). Values in thousandths, high word first.
 */
export function charx(connector: number): Omit<DeviceTable, "id" | "model"> {
	const base = 1000 * connector;
	const own = (row: Row): Row => ({ ...row, address: base + row.address });
	return {
		maker: "Phoenix Contact",
		kind: "evse",
		sunspec: [1, evse],
		positive: "charge",
		evse: { charge: "enable", limit: "max_current", fallback: "hub" },
		bus: { baud: 0, parity: "none", stop: 1, unit: 1, timeoutMs: 1000, replyMs: 10 },
		functions: [3, 6, 16],
		fc: 3,
		maxRead: 125,
		blocks: [
			[base + 232, base + 253],
			[base + 285, base + 290],
		],
		rows: [
			{ name: "name", address: 100, type: "string", words: 10, unit: "text" },
			{ name: "sw_version", address: 110, type: "string", words: 4, unit: "text", point: "1.Vr", poll: "once" },
			{ name: "controller_count", address: 114, type: "u16", unit: "1" },
			own({ name: "meter_type", address: 112, type: "u16", unit: "code", note: "65535: none" }),
			own({ name: "voltage_l1", address: 232, type: "s32", k: 0.001, unit: "V", point: "VL1", poll: "fast" }),
			own({ name: "voltage_l2", address: 234, type: "s32", k: 0.001, unit: "V", point: "VL2", poll: "fast" }),
			own({ name: "voltage_l3", address: 236, type: "s32", k: 0.001, unit: "V", point: "VL3", poll: "fast" }),
			own({ name: "current_l1", address: 238, type: "s32", k: 0.001, unit: "A", point: "AL1", poll: "fast" }),
			own({ name: "current_l2", address: 240, type: "s32", k: 0.001, unit: "A", point: "AL2", poll: "fast" }),
			own({ name: "current_l3", address: 242, type: "s32", k: 0.001, unit: "A", point: "AL3", poll: "fast" }),
			own({ name: "power", address: 244, type: "s32", k: 0.001, unit: "W", point: "W", poll: "fast" }),
			own({ name: "energy", address: 250, type: "s64", unit: "Wh", point: "WhTot", poll: "fast" }),
			own({
				...{ name: "ev_soc", address: 264, type: "u16", unit: "%", point: "SoC", poll: "normal" },
				...{ notAvailable: [65535], note: "of cars that tell (ISO 15118)" },
			}),
			own({
				name: "ev_id",
				address: 265,
				type: "string",
				words: 10,
				unit: "text",
				note: "whose car it is: not polled",
			}),
			own({
				name: "rfid",
				address: 275,
				type: "string",
				words: 10,
				unit: "text",
				note: "whose card it is: not polled",
			}),
			own({ name: "connection_time", address: 285, type: "u32", unit: "s", point: "TmsSes", poll: "normal" }),
			own({ name: "charge_time", address: 287, type: "u32", unit: "s", point: "TmsCha", poll: "normal" }),
			own({
				...{ name: "session_energy", address: 289, type: "u32", unit: "Wh", restarts: true },
				...{ point: "WhSes", poll: "normal" },
			}),
			own({
				...{ name: "ev_state", address: 299, type: "u16", unit: "code", point: "St", poll: "fast" },
				map: {
					...{ 16689: 1, 16690: 1, 16945: 3, 16946: 2, 17201: 5, 17202: 4, 17457: 5, 17458: 4 },
					...{ 17712: 6, 17968: 6 },
				},
				otherwise: 6,
				note: "letter in the high byte, digit in the low: A1, B2, C2",
			}),
			own({
				...{ name: "pilot_state", again: "ev_state", address: 299, type: "bits", bits: [8, 8], unit: "code" },
				...{ point: "Cp", poll: "fast", map: { 65: 1, 66: 2, 67: 3, 68: 4, 69: 5, 70: 6 } },
			}),
			own({
				...{ name: "enable", address: 300, type: "u16", unit: "code", access: "rw", point: "Chg", poll: "normal" },
				write: { fc: 16, min: 0, max: 1 },
			}),
			own({
				...{ name: "max_current", address: 301, type: "u16", unit: "A", access: "rw", point: "LimA", poll: "normal" },
				...{ write: { fc: 16, min: 6, max: 80 }, note: "0, or 6 to 80" },
			}),
		],
		quirks: [
			'writing needs the release mode "remote" of the connector, and the Modbus server enabled on the web page',
			"some cars do not stop at once when enable becomes 0",
			"the digit behind states E and F is not known: any other code is a fault",
		],
		sources: ["evcc-io/evcc:charger/phoenix-charx.go", "Phoenix Contact CHARX manual, register chapter"],
		confidence: "one",
	};
}
