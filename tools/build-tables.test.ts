/** The tables that the firmware gets are read, decoded and written as the sources say. */
import { expect, it } from "vitest";
import { allTables } from "../modules/devices/generated/tables";
import { Plan } from "../modules/devices/plan";
import { pointPath } from "../modules/devices/points";
import type { DeviceTable } from "../modules/devices/table";
import { tableModule } from "./build-tables.mjs";

/** What the module of a table exports, without a file. */
async function made(table: DeviceTable): Promise<DeviceTable> {
	const text = tableModule("table", table) as string;
	const module = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as { table: DeviceTable };
	return module.table;
}

it.each(allTables.map((table) => [table.id, table] as const))("%s", async (_, table) => {
	const lean = await made(table);
	const [wanted, plan] = [new Plan(table), new Plan(lean)];
	expect(plan.reads).toEqual(wanted.reads);
	expect(plan.steps).toEqual(wanted.steps);
	expect(plan.points().map(pointPath)).toEqual(wanted.points().map(pointPath));
	expect(plan.kept.map(({ row, needed }) => [row.name, needed])).toEqual(
		wanted.kept.map(({ row, needed }) => [row.name, needed]),
	);
	const writable = (one: DeviceTable) => one.rows.filter(({ write }) => write).map(({ note: _, ...row }) => row);
	expect(writable(lean)).toEqual(writable(table));
	const { rows: _r, quirks: _q, sources: _s, ...head } = table;
	expect(lean).toMatchObject(head);
	expect(JSON.stringify(lean)).not.toContain('"note"');
});
