import { relayModelOf } from "../models/relay";
import { pathRows } from "../path-rows";
import type { DeviceTable } from "../table";

/**
 * A switch that measures (Plus 1PM, Plug S, Pro 1PM), generation 2 and later, over HTTP with digest authentication. Its
 * channels are devices of one bus: address 1 is switch 0.
 */
export const shellyGen2: DeviceTable = {
	id: "shelly-gen2",
	maker: "Shelly",
	model: "Gen2 switch",
	kind: "meter",
	protocol: "json-http",
	sunspec: [1, 211, relayModelOf(1)],
	fixed: { Evt: 0 },
	derived: [{ point: "TotWhImp", by: "difference", of: ["@switch_energy_total", "TotWhExp"] }],
	bus: { baud: 0, parity: "none", stop: 1, unit: 1, timeoutMs: 2000, replyMs: 30 },
	functions: [],
	fc: 3,
	maxRead: 125,
	positive: "import",
	records: [
		{ name: "switch", key: "/rpc/Switch.GetStatus?id={channel}", bytes: 56 },
		{ name: "set_switch", key: "/rpc/Switch.Set?id={channel}&on={bool}", bytes: 8, write: true },
	],
	rows: pathRows([
		{
			name: "switch_output",
			record: "switch",
			path: "output",
			type: "number",
			unit: "code",
			point: ["64923.Ch[1].St", "64923.Ch[1].Cmd"],
			poll: "fast",
			access: "rw",
			write: { fc: 16, record: "set_switch", min: 0, max: 1 },
			note: "Switch.Set",
		},
		{ name: "switch_power", record: "switch", path: "apower", type: "number", unit: "W", point: "W", poll: "fast" },
		{
			name: "switch_voltage",
			record: "switch",
			path: "voltage",
			type: "number",
			unit: "V",
			point: ["PhV", "PhVphA"],
			poll: "fast",
			range: [50, 300],
		},
		{
			name: "switch_current",
			record: "switch",
			path: "current",
			type: "number",
			unit: "A",
			point: ["A", "AphA"],
			poll: "fast",
			range: [0, 20],
		},
		{
			name: "switch_frequency",
			record: "switch",
			path: "freq",
			type: "number",
			unit: "Hz",
			point: "Hz",
			poll: "fast",
			range: [40, 70],
		},
		{
			name: "switch_energy_total",
			record: "switch",
			path: "aenergy.total",
			type: "number",
			unit: "Wh",
			poll: "fast",
			note: "both directions",
		},
		{
			name: "switch_energy_returned",
			record: "switch",
			path: "ret_aenergy.total",
			type: "number",
			unit: "Wh",
			point: "TotWhExp",
			poll: "fast",
		},
	]),
	quirks: [
		"in a site file address 1 is its switch 0, address 2 its switch 1",
		"aenergy counts both directions: import is what is left without ret_aenergy",
		"power has a sign on newer firmware only",
		"about six connections at a time: one bus for all channels of a device",
		"a switch set with toggle_after would fall back by itself; this one stays",
	],
	sources: ["evcc-io/evcc:meter/shelly/gen2.go", "Shelly: Gen2 device API (Switch, EM, EMData, MQTT)"],
	confidence: "two",
};
