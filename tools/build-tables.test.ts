/** The tables that the firmware gets are read, decoded and written as the sources say. */
import { expect, it } from "vitest";
import { allTables } from "../modules/devices/generated/tables";
import { unpackTable } from "../modules/devices/packed-table";
import { Plan } from "../modules/devices/plan";
import { pointPath } from "../modules/devices/points";
import type { DeviceTable } from "../modules/devices/table";
import { packTable } from "./build-tables.mjs";

it.each(allTables.map((table) => [table.id, table] as const))("%s", (_, table) => {
	const packed = packTable(table) as Uint8Array;
	expect(packed.length).toBeLessThan(7000);
	const lean = unpackTable(new Uint8Array(packed));
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
