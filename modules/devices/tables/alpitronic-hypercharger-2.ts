import type { DeviceTable } from "../table";
import { hypercharger } from "./alpitronic-common";

/** Connector 2. */
export const alpitronicHypercharger2: DeviceTable = {
	id: "alpitronic-hypercharger-2",
	model: "Hypercharger, connector 2",
	...hypercharger(2),
};
