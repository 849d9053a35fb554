import { evse } from "../models/evse";
import type { DeviceTable } from "../table";

/** Charge controller with RS-485, inside many wall boxes. */
export const phoenixEvCcAc1M: DeviceTable = {
	id: "phoenix-ev-cc-ac1-m",
	maker: "Phoenix Contact",
	model: "EV-CC-AC1-M3 serial",
	kind: "evse",
	sunspec: [1, evse],
	positive: "charge",
	evse: { charge: "enable_charging", limit: "max_current", fallback: "hub" },
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 500, replyMs: 20 },
	functions: [1, 3, 4, 5, 6],
	fc: 3,
	maxRead: 8,
	rows: [
		{
			...{ name: "enable_charging", address: 20000, fc: 1, type: "bit", unit: "code", access: "rw" },
			...{ point: "Chg", poll: "normal", write: { fc: 5, min: 0, max: 1 } },
		},
		{
			...{ name: "max_current", address: 22000, type: "u16", unit: "A", access: "rw", point: "LimA", poll: "normal" },
			write: { fc: 6, min: 6, max: 80 },
		},
		{
			...{
				name: "ev_state",
				address: 24000,
				fc: 4,
				type: "bits",
				bits: [8, 8],
				unit: "code",
				point: "St",
				poll: "fast",
			},
			...{ map: { 65: 1, 66: 2, 67: 4, 68: 4, 69: 6, 70: 6 }, note: "ASCII letter in the high byte" },
		},
		{
			...{ name: "pilot_state", again: "ev_state", address: 24000, fc: 4, type: "bits", bits: [8, 8], unit: "code" },
			...{ point: "Cp", poll: "fast", map: { 65: 1, 66: 2, 67: 3, 68: 4, 69: 5, 70: 6 } },
		},
	],
	quirks: [
		"the state is one ASCII letter in the high byte; the Ethernet model has it in the low byte",
		"with state C or D the car asks for power; whether it flows only a meter tells",
	],
	sources: ["evcc-io/evcc:charger/phoenix-ev-ser.go", "Phoenix Contact EV-CC manual (coding of the state)"],
	confidence: "one",
};
