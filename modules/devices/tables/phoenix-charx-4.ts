import type { DeviceTable } from "../table";
import { charx } from "./phoenix-charx-common";

/** Connector 4. */
export const phoenixCharx4: DeviceTable = {
	id: "phoenix-charx-4",
	model: "CHARX SEC, connector 4",
	...charx(4),
};
