import type { DeviceTable } from "../table";
import { dtuPro } from "./hoymiles-inputs";

export const hoymilesDtuPro: DeviceTable = {
	...dtuPro("hoymiles-dtu-pro", "DTU-Pro, DTU-Pro-S", 4),
	id: "hoymiles-dtu-pro",
};
