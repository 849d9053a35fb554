import type { DeviceTable } from "../table";
import { jkBmsCan } from "./jk-bms-can";

/** The same for firmware whose current is positive when charging: look at it under a known load, then choose. */
export const jkBmsCanCharge: DeviceTable = {
	...jkBmsCan,
	id: "jk-bms-can-charge",
	protocol: "can",
	model: "JK BMS (CAN, charge positive)",
	positive: "charge",
	rows: jkBmsCan.rows.map((row) => (row.positive === undefined ? row : { ...row, positive: "charge" })),
	confidence: "one",
};
