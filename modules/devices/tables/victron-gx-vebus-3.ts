import type { DeviceTable } from "../table";
import { vebus } from "./victron-vebus";

export const victronGxVebus3: DeviceTable = vebus({
	id: "victron-gx-vebus-3",
	model: "VE.Bus 3-phase system on GX",
	phases: 3,
	quirks: ["a set-point is shared evenly: each phase is told a third"],
});
