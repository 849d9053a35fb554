import type { DeviceTable } from "../table";
import { charx } from "./phoenix-charx-common";

/** Connector 3. */
export const phoenixCharx3: DeviceTable = {
	id: "phoenix-charx-3",
	model: "CHARX SEC, connector 3",
	...charx(3),
};
