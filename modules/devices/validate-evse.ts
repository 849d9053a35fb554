import { type Checker, join } from "../base/checker";
import { type DeviceTable, findRow, type Row } from "./table";

/** The rows by which a charger is commanded: there, written, of the right unit. */
export function checkEvse(table: DeviceTable, complete: boolean, check: Checker): void {
	if (table.evse === undefined) return;
	if (table.kind !== "evse") check.problem("evse", `only a charger has it, no ${table.kind}`);
	const fields = check.object(table.evse, "evse", ["charge", "limit", "discharge", "fallback"]);
	if (fields === undefined) return;
	check.oneOf(fields["fallback"] as "hub", "evse.fallback", ["charger", "hub"]);
	const target = (key: string): Row | undefined => {
		const name = fields[key];
		const row = typeof name === "string" ? findRow(table, name) : undefined;
		if (row === undefined) {
			if (complete || typeof name !== "string") check.wrong(join("evse", key), name, "there is no such row");
		} else if (row.write === undefined) check.wrong(join("evse", key), name, "that row is not written (write)");
		return row?.write === undefined ? undefined : row;
	};
	const limit = target("limit");
	if (limit && limit.unit !== "A" && limit.unit !== "W") {
		check.wrong("evse.limit", limit.name, `it must be a current or a power, not ${limit.unit}`);
	}
	const charge = fields["charge"] === undefined ? undefined : target("charge");
	if (charge && (charge.write!.min !== 0 || charge.write!.max !== 1)) {
		check.wrong("evse.charge", charge.name, "1 starts and 0 pauses (use a map where the device has it otherwise)");
	}
	if (fields["charge"] === undefined && limit && limit.write!.min > 0) {
		check.wrong("evse.limit", limit.name, "it must take 0, as there is no row that pauses");
	}
	const discharge = fields["discharge"] === undefined ? undefined : target("discharge");
	if (discharge && (discharge.unit !== "W" || limit?.unit === "A")) {
		check.wrong("evse.discharge", discharge.name, "both directions are limited in W");
	}
}
