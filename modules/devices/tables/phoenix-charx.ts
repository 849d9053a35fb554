import type { DeviceTable } from "../table";
import { charx } from "./phoenix-charx-common";

/** Connector 1. */
export const phoenixCharx: DeviceTable = {
	id: "phoenix-charx",
	model: "CHARX SEC, connector 1",
	...charx(1),
};
