import { relayModelOf } from "../models/relay";
import type { DeviceTable } from "../table";
import { relayRecords, relayRows } from "./relay-rows";

/** Bit of each channel. */
const bits: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

export const pcf8574Relays: DeviceTable = {
	id: "pcf8574-relays",
	maker: "generic",
	model: "PCF8574 with 8 relays",
	kind: "relay",
	sunspec: [1, relayModelOf(8)],
	protocol: "relay",
	bus: { baud: 0, parity: "none", stop: 1, unit: 32, timeoutMs: 100 },
	functions: [],
	fc: 3,
	maxRead: 1,
	records: relayRecords(bits),
	rows: relayRows(bits),
	quirks: [
		"channel 1 is bit 0 of the chip: on boards that number from the other end use iotmug-relays",
		"active low: a relay is closed while its output is low; at power-on all outputs are high and all relays open",
		"the chip keeps its outputs over a restart of the hub: the site says whether they are opened then (outputs)",
		"what is told as state was read back from the chip's pins, not from the contact",
		"addresses 0x20 to 0x27 (PCF8574) and 0x38 to 0x3F (PCF8574A) are 32 to 39 and 56 to 63 in a site file; two chips are two devices",
	],
	sources: ["energy-iot/meshems@read_meter_timeline_PCB865B_ssr:include/core/pins.h", "NXP PCF8574 data sheet"],
	confidence: "two",
};
