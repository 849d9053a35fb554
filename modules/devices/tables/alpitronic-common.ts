import { evse } from "../models/evse";
import type { DeviceTable } from "../table";

/**
 * A connector of a DC fast charger HYC50 to HYC400: its registers begin at 100 times its number. Input registers hold what
 * is measured, holding registers of the same numbers what is to be done.
 */
export function hypercharger(connector: number): Omit<DeviceTable, "id" | "model"> {
	const base = 100 * connector;
	return {
		maker: "Alpitronic",
		kind: "evse",
		sunspec: [1, evse, { id: 714, repeats: { NPrt: 1 } }],
		positive: "charge",
		fixed: {
			...{ "714.DCA_SF": -2, "714.DCV_SF": -2, "714.DCW_SF": 2, "714.DCWH_SF": 1, "714.Tmp_SF": 0 },
			...{ "714.NPrt": 1, "714.Prt[1].PrtTyp": 2, "714.Prt[1].ID": 1, "714.Prt[1].IDStr": "EV" },
		},
		derived: [
			// a port of 714 is positive when power comes out of what is connected to it
			{ point: ["714.DCA", "714.Prt[1].DCA"], by: "sum", of: ["DCA"], factors: [-1] },
			{ point: ["714.DCW", "714.Prt[1].DCW"], by: "product", of: ["DCV", "DCA"], factors: [-1, 1] },
			// older firmware gives no power
			{ point: "W", by: "max", of: ["@power", "714.DCW"], factors: [1, -1] },
		],
		evse: { limit: "set_max_power", fallback: "hub" },
		bus: { baud: 0, parity: "none", stop: 1, unit: 1, timeoutMs: 1000, replyMs: 15 },
		functions: [3, 4, 16],
		fc: 4,
		maxRead: 18,
		blocks: [[base, base + 17]],
		rows: [
			{
				...{ name: "state", address: base, type: "u16", unit: "code", point: "St", poll: "fast" },
				map: { 0: 1, 1: 3, 2: 3, 3: 4, 4: 2, 5: 5, 6: 2, 7: 3, 8: 6, 9: 6, 10: 6, 11: 6 },
				note: "4 suspended by the car, 5 by the charger, 7 reserved, 8 unavailable, 9 firmware update, 11 lost",
			},
			{
				...{ name: "voltage", address: base + 1, type: "u32", k: 0.01, unit: "V", poll: "fast" },
				point: ["DCV", "714.Prt[1].DCV"],
			},
			{ name: "current", address: base + 3, type: "u16", k: 0.01, unit: "A", point: "DCA", poll: "fast" },
			{ name: "power", address: base + 4, type: "u32", unit: "W", poll: "fast" },
			{ name: "charging_time", address: base + 6, type: "u16", unit: "s", point: "TmsCha", poll: "fast" },
			{
				...{ name: "charged_energy", address: base + 7, type: "u16", k: 10, unit: "Wh", restarts: true },
				...{ point: "WhSes", poll: "fast" },
			},
			{ name: "ev_soc", address: base + 8, type: "u16", k: 0.01, unit: "%", point: "SoC", poll: "fast" },
			{ name: "connector_type", address: base + 9, type: "u16", unit: "code", note: "1 CCS DC, 2 CHAdeMO, 3 CCS AC" },
			{ name: "ev_max_power", address: base + 10, type: "u32", unit: "W", point: "EvWMax", poll: "normal" },
			{ name: "ev_min_power", address: base + 12, type: "u32", unit: "W", point: "EvWMin", poll: "normal" },
			{ name: "var_max", address: base + 14, type: "u32", unit: "var" },
			{ name: "var_min", address: base + 16, type: "u32", unit: "var", note: "its sign is turned round" },
			{
				...{ name: "set_max_power", address: base, fc: 3, type: "u32", unit: "W", access: "rw" },
				...{ point: "LimW", poll: "normal", write: { fc: 16, min: 0, max: 400_000 } },
			},
			{
				...{ name: "set_reactive", address: base + 2, fc: 3, type: "u32", unit: "var", access: "w" },
				write: { fc: 16, min: 0, max: 400_000 },
			},
		],
		quirks: [
			"the same number is another register for functions 3 and 4",
			"power is 0 on firmware below 1.7.2: the greater of it and V times A is shown",
			"a limit of 0 W pauses; whether a session outlives that is the car's",
		],
		sources: ["OpenEMS/openems:io.openems.edge.evse.chargepoint.alpitronic (EvcsAlpitronicImpl, EvseAlpitronicImpl)"],
		confidence: "one",
	};
}
