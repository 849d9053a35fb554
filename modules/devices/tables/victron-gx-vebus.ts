import type { DeviceTable } from "../table";
import { vebus } from "./victron-vebus";

export const victronGxVebus: DeviceTable = vebus({
	id: "victron-gx-vebus",
	model: "VE.Bus inverter on GX",
	phases: 1,
	quirks: ["of one phase; three units that make three phases are victron-gx-vebus-3"],
});
