import type { DeviceTable } from "../table";
import { hypercharger } from "./alpitronic-common";

/** Connector 3. */
export const alpitronicHypercharger3: DeviceTable = {
	id: "alpitronic-hypercharger-3",
	model: "Hypercharger, connector 3",
	...hypercharger(3),
};
