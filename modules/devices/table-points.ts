import { Image } from "../sunspec/image";
import { type DeviceTable, tableModels } from "./table";
import type { PointLookup } from "./validate-points";

/** What the SunSpec models say about the points of a table's image, for `validateTable`. */
export function tablePoints(table: DeviceTable): PointLookup {
	const image = new Image(tableModels(table));
	return ({ model, point, group, occurrence }) => image.point(image.handle(model, point, group, undefined, occurrence));
}
