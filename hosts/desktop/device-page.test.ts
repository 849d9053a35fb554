import { expect, it } from "vitest";
import { allTables, findTable } from "../../modules/devices/generated/tables";
import { goodTables } from "../../test/fixtures/good-tables";
import { forgotten, indexPage, kLookedAt } from "./device-index";
import { devicePage, kConfidence } from "./device-page";

it("has every row, point, trap and source of every table, and says how sure it is", () => {
	for (const table of allTables) {
		const page = devicePage(table);
		expect(page, table.id).toContain(`# ${table.maker} ${table.model}\n`);
		expect(page, table.id).toContain(`\`"device": "${table.id}"\``);
		for (const row of table.rows) {
			expect(page, `${table.id} ${row.name}`).toContain(`| \`${row.name}\` |`);
			for (const point of [row.point ?? []].flat()) expect(page).toContain(`\`${point}\``);
		}
		expect(page.match(/^- /gm)?.length ?? 0).toBe(
			table.quirks.length + table.sources.length + (table.derived?.length ?? 0),
		);
		expect(page).toMatch(/\*\*(Two independent sources|One source|Unverified)\*\*/);
		expect(page).not.toMatch(/undefined|\[object|NaN is no number/);
	}
});

it("has tables whose rows all have as many cells as their heads", () => {
	for (const page of [...allTables.map(devicePage), indexPage(allTables)]) {
		let columns = 0;
		for (const line of page.split("\n")) {
			if (!line.startsWith("|")) {
				columns = 0;
				continue;
			}
			const cells = line.replace(/\\\|/g, "").split("|").length;
			if (columns === 0) columns = cells;
			expect(cells, line).toBe(columns);
		}
	}
});

it("says where a value stands, how it is scaled and what may be written", () => {
	const page = devicePage(goodTables["inverter"]!());
	expect(page).toContain("| `energy` | holding 4+7 | u32 × 100 Wh | `TotWhInj` | normal |");
	expect(page).toContain("| `power` | holding 0 | s32 W, low word first | `W` `WL1` | fast |");
	expect(page).toContain("| `limit` | holding 20 | u16 % | 0 to 100 % | function 6, locked |");
	expect(page).toContain("`watchdog` is written again every 20 s while a command holds, and set to 0 when nobody");
	expect(page).toContain("The hub's control `limitW` writes `limit`.");
	expect(page).toContain("- `PF` = `W` / `VA`");
	const battery = devicePage(goodTables["can"]!());
	expect(battery).toContain("| `current` | `0x356` byte 2, bits 0 to 11 | bits × 0.1 A, low byte first |");
	expect(battery).toContain("Battery on CAN, 500 kbit/s.");
	expect(devicePage(goodTables["json"]!())).toContain("| `power` | `status`: `em.0.power` | number W | `W` | fast |");
});

it("says how a charger is told what to do, and what becomes of a limit nobody repeats", () => {
	const alfen = devicePage(findTable("alfen-ng9xx")!);
	expect(alfen).toContain(
		"`Chg` charges or pauses by 0 in `set_max_current`, `LimA` limits by `set_max_current`; below 6 A",
	);
	expect(alfen).toContain("When `LimA` is not given again within `LimTms`, the charger falls back by itself.");
	const sigenergy = devicePage(findTable("sigenergy-evdc")!);
	expect(sigenergy).toContain("`SetW` charges, or gives back by `dc_max_discharge_power` when it is negative.");
	expect(sigenergy).toContain("the hub writes `SafeW`.");
	expect(devicePage(findTable("etek-ekepc2")!)).toContain("above 8500 raw × 0.025 - 160");
});

it("has an overview with every device, and a line for each that was looked at and is not there", () => {
	const page = indexPage(allTables);
	for (const table of allTables) {
		expect(page).toContain(`](${table.id}.md) | \`${table.id}\` | `);
		expect(page).toContain(kConfidence[table.confidence]);
	}
	expect(forgotten(allTables)).toEqual([]);
	expect(forgotten(allTables.filter(({ id }) => id !== "eastron-sdm630"))).toEqual([
		"Eastron SDM630 has no table and no reason why (hosts/desktop/device-index.ts)",
	]);
	for (const [device, known, why] of kLookedAt) {
		if (known.length === 0) expect(page).toContain(`- **${device}**: ${why}.`);
	}
});
