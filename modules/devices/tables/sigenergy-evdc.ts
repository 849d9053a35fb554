import { evse } from "../models/evse";
import type { DeviceTable } from "../table";

/** The bidirectional DC charger of a Sigenergy inverter, under the inverter's unit. Power registers are kW / 1000. */
export const sigenergyEvdc: DeviceTable = {
	id: "sigenergy-evdc",
	maker: "Sigenergy",
	model: "Sigen EVDC (V2X)",
	kind: "evse",
	sunspec: [1, evse],
	positive: "charge",
	evse: {
		...{ charge: "dc_start_stop", limit: "dc_max_charge_power", discharge: "dc_max_discharge_power" },
		fallback: "hub",
	},
	derived: [{ point: "DCA", by: "difference", of: ["@dc_charge_current", "@dc_discharge_current"] }],
	bus: { baud: 0, parity: "none", stop: 1, unit: 1, timeoutMs: 1000, pauseMs: 1000, replyMs: 20 },
	functions: [3, 4, 6, 16],
	fc: 4,
	maxRead: 125,
	blocks: [
		[31500, 31522],
		[31523, 31526],
	],
	rows: [
		{ name: "dc_vehicle_voltage", address: 31500, type: "u16", k: 0.1, unit: "V", point: "DCV", poll: "normal" },
		{ name: "dc_charge_current", address: 31501, type: "u16", k: 0.1, unit: "A", poll: "normal" },
		{
			...{ name: "dc_output_power", address: 31502, type: "s32", unit: "W", point: "W", poll: "normal" },
			note: "positive into the car; negative while it feeds back is assumed, not proven",
		},
		{
			name: "dc_vehicle_soc",
			address: 31504,
			type: "u16",
			k: 0.1,
			unit: "%",
			point: "SoC",
			poll: "normal",
			range: [0, 100],
		},
		{
			...{ name: "dc_session_charge_energy", address: 31505, type: "u32", k: 10, unit: "Wh", restarts: true },
			...{ point: "WhSes", poll: "normal" },
		},
		{ name: "dc_session_charge_time", address: 31507, type: "u32", unit: "s", point: "TmsCha", poll: "normal" },
		{
			...{ name: "dc_running_state", address: 31513, type: "u16", unit: "code", point: "St", poll: "normal" },
			map: { 0: 1, 1: 2, 2: 3, 3: 4, 4: 6, 5: 3, 6: 2, 7: 6, 8: 7, 9: 6, 10: 3 },
			note: "2 preparing, 5 scheduled, 6 ended, 7 unavailable, 9 alarm, 10 insulation test",
		},
		{ name: "dc_discharge_current", address: 31514, type: "u16", k: 0.1, unit: "A", poll: "normal" },
		{
			...{ name: "dc_session_discharge_energy", address: 31515, type: "u32", k: 10, unit: "Wh", restarts: true },
			...{ point: "WhSesDis", poll: "normal" },
		},
		{ name: "dc_session_discharge_time", address: 31517, type: "u32", unit: "s", point: "TmsDis", poll: "normal" },
		{ name: "dc_total_charge_energy", address: 31519, type: "u32", k: 10, unit: "Wh", point: "WhTot", poll: "normal" },
		{
			...{ name: "dc_total_discharge_energy", address: 31521, type: "u32", k: 10, unit: "Wh" },
			...{ point: "WhTotDis", poll: "normal" },
		},
		{ name: "dc_rated_charge_power", address: 31523, type: "u32", unit: "W", point: "WMax", poll: "slow" },
		{ name: "dc_rated_discharge_power", address: 31525, type: "u32", unit: "W", point: "WMaxDis", poll: "slow" },
		{
			...{ name: "dc_start_stop", address: 41000, type: "u16", unit: "code", access: "w" },
			...{ map: { 0: 1, 1: 0 }, write: { fc: 6, min: 0, max: 1 }, note: "register 0 starts, 1 stops; function 6 only" },
		},
		{
			...{ name: "dc_max_charge_power", address: 41002, fc: 3, type: "u32", unit: "W", access: "rw" },
			...{ point: "LimW", poll: "slow", write: { fc: 16, min: 500, max: 25_000 } },
			note: "never 0: what is less than 500 W is a stop",
		},
		{
			...{ name: "dc_max_discharge_power", address: 41004, fc: 3, type: "u32", unit: "W", access: "rw" },
			...{ point: "DisW", poll: "slow", write: { fc: 16, min: 500, max: 25_000 } },
		},
	],
	quirks: [
		"0 must never be written to 41002; the lowest is 500 W, less is a stop by 41000",
		"start and stop are 0 and 1, the other way round than those of the plant (40000); 41001 is reserved",
		"the block needs Modbus protocol 2.9; 31509 to 31512 inside it belong to the inverter",
		"at most one request a second",
		"whether the car is charged or discharged is the plant's mode (40031: 8 is V2G): the hub sets the power of each way",
	],
	sources: [
		"TypQxQ/Sigenergy-Local-Modbus:custom_components/sigen/modbusregisterdefinitions.py",
		"evcc-io/evcc:templates/definition (sigenergy charger and meter)",
	],
	confidence: "two",
};
