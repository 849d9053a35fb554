import { pathRows } from "../path-rows";
import type { DeviceTable } from "../table";
import { shellyGen2 } from "./shelly-gen2";

/**
 * The same switch over MQTT, with "generic status update" and "RPC" enabled. The device's `path` in the site file is its
 * topic prefix, "shellyplus1pm-a8032ab12345" unless it was changed.
 */
export const shellyGen2Mqtt: DeviceTable = {
	...shellyGen2,
	id: "shelly-gen2-mqtt",
	model: "Gen2 switch (MQTT)",
	protocol: "json-mqtt",
	records: [
		{ name: "switch", key: "{path}/status/switch:{channel}", bytes: 56, everyMs: 60_000 },
		{ name: "availability", key: "{path}/online", bytes: 8 },
		{
			name: "set_switch",
			key: "{path}/rpc",
			bytes: 8,
			request: '{"id":1,"src":"{path}/gridpost","method":"Switch.Set","params":{"id":{channel},"on":{bool}}}',
			write: true,
		},
	],
	rows: pathRows([
		...shellyGen2.rows,
		{ name: "online", record: "availability", path: "$", type: "number", unit: "code", poll: "normal" },
	]),
	quirks: [
		"in a site file path is the topic prefix; address 1 is its switch 0, address 2 its switch 1",
		"aenergy counts both directions: import is what is left without ret_aenergy",
		"power has a sign on newer firmware only",
		"the status comes when something changes, and with the counters each minute: silent for three minutes is gone",
		"`<prefix>/online` is its last will, kept by the broker",
	],
};
