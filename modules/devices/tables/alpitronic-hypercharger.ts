import type { DeviceTable } from "../table";
import { hypercharger } from "./alpitronic-common";

/** Connector 1. */
export const alpitronicHypercharger: DeviceTable = {
	id: "alpitronic-hypercharger",
	model: "Hypercharger, connector 1",
	...hypercharger(1),
};
