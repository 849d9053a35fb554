import { relayModelOf } from "../models/relay";
import type { DeviceTable } from "../table";
import { relayRecords, relayRows } from "./relay-rows";

/** Bit of each channel. */
const bits: readonly number[] = [7, 6, 5, 4, 3, 2, 1, 0];

export const iotmugRelays: DeviceTable = {
	id: "iotmug-relays",
	maker: "IoTMug",
	model: "8-channel PCF8574 SSR board",
	kind: "relay",
	sunspec: [1, relayModelOf(8)],
	protocol: "relay",
	bus: { baud: 0, parity: "none", stop: 1, unit: 39, timeoutMs: 100 },
	functions: [],
	fc: 3,
	maxRead: 1,
	records: relayRecords(bits),
	rows: relayRows(bits),
	quirks: [
		"channel 1 is bit 7 of the chip: programs that count from bit 0 switch the wrong relay on this board",
		"active low: a relay is closed while its output is low; at power-on all outputs are high and all relays open",
		"the chip keeps its outputs over a restart of the hub: the site says whether they are opened then (outputs)",
		"what is told as state was read back from the chip's pins, not from the contact",
		"address 0x27, which is 39 in a site file, 0x3F (63) with a PCF8574A; zero-crossing relays for alternating current",
	],
	sources: ["energy-iot/meshems-openami-metering:include/metering (relay bank of program A)"],
	confidence: "one",
};
