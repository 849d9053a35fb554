import { relayModelOf } from "../models/relay";
import type { DeviceTable } from "../table";
import { relayRecords, relayRows } from "./relay-rows";

/** Bit of each channel. */
const bits: readonly number[] = [0];

export const boardRelay: DeviceTable = {
	id: "board-relay",
	maker: "Gridpost",
	model: "output of the board",
	kind: "relay",
	sunspec: [1, relayModelOf(1)],
	protocol: "relay",
	bus: { baud: 0, parity: "none", stop: 1, unit: 1, timeoutMs: 100 },
	functions: [],
	fc: 3,
	maxRead: 1,
	records: relayRecords(bits),
	rows: relayRows(bits),
	quirks: [
		"V1 and V2: the on-board relay on GPIO38; PCB 865B: J8 (SSR2) on GPIO14; the pin is the board's, not the site file's",
		"it is the panel's alarm relay until a site has it as a device",
		"the state was read back from the pin, not from the load",
		"active high: a solid-state relay that conducts while the pin is high",
		"outputs are low until the hub has started",
	],
	sources: ["energy-iot/meshems@main:include/core/pins.h"],
	confidence: "one",
};
