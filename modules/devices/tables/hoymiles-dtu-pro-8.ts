import type { DeviceTable } from "../table";
import { dtuPro } from "./hoymiles-inputs";

/** The same with the records of eight inputs. */
export const hoymilesDtuPro8: DeviceTable = {
	...dtuPro("hoymiles-dtu-pro-8", "DTU-Pro, 8 inputs", 8),
	id: "hoymiles-dtu-pro-8",
};
