import type { DeviceTable } from "../table";
import { charx } from "./phoenix-charx-common";

/** Connector 2. */
export const phoenixCharx2: DeviceTable = {
	id: "phoenix-charx-2",
	model: "CHARX SEC, connector 2",
	...charx(2),
};
