import type { DeviceTable } from "../table";
import { hypercharger } from "./alpitronic-common";

/** Connector 4. */
export const alpitronicHypercharger4: DeviceTable = {
	id: "alpitronic-hypercharger-4",
	model: "Hypercharger, connector 4",
	...hypercharger(4),
};
