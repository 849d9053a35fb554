import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type DeviceTable, findRow, rowFunction, rowWords } from "../modules/devices/table";
import { abbAcs355Acs380 } from "../modules/devices/tables/abb-acs355-acs380";
import { deltaMs300 } from "../modules/devices/tables/delta-ms300";
import { deltaVfdEEl } from "../modules/devices/tables/delta-vfd-e-el";
import { huanyangHy } from "../modules/devices/tables/huanyang-hy";
import { schneiderAtv } from "../modules/devices/tables/schneider-atv12-312-320";
import { yaskawaV1000Ga500 } from "../modules/devices/tables/yaskawa-v1000-ga500";

/** The tables of drives against the facts they were written from, as public sources gave them. */
type Fact = readonly [
	point: string,
	address: string,
	fc: string,
	type: string,
	order: string,
	scale: string,
	unit: string,
];

function facts(id: string): Fact[] {
	const text = readFileSync(new URL(`./fixtures/drives/${id}.csv`, import.meta.url), "utf8");
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	return lines.slice(1).map((line) => line.split(",").slice(0, 7) as unknown as Fact);
}

/** The hub's unit of each, and the factor between. */
const units: Readonly<Record<string, readonly [unit: string, factor: number]>> = {
	kW: ["W", 1000],
	kWh: ["Wh", 1000],
	h: ["s", 3600],
	kHz: ["Hz", 1000],
	"kbit/s": ["1", 1000],
	rpm: ["1", 1],
};

const leftOut: Readonly<Record<string, readonly string[]>> = {
	// another drive's command block: never to be written to this one
	"delta-vfd-e-el": ["gs2_frequency", "gs2_run", "gs2_direction", "gs2_external_fault", "gs2_fault_reset"],
	// sent as the unlocking of the rows that need it; and what wears the EEPROM
	"yaskawa-v1000-ga500": ["enter_eeprom", "enter_ram", "run_hours"],
};

/** Rows beside the facts: ramps and limits as the makers' parameter lists have them, and the halves of one fact. */
const added: Readonly<Record<string, readonly string[]>> = {
	"delta-vfd-e-el": ["acceleration_time", "deceleration_time"],
	"delta-ms300": ["acceleration_time", "deceleration_time"],
	"abb-acs355-acs380": ["p1105_ref1_max"],
	"schneider-atv12-312-320": [],
	"yaskawa-v1000-ga500": ["acceleration_time", "deceleration_time", "run_hours_high", "run_hours_low"],
	"huanyang-hy": ["pd014_acceleration_time", "pd015_deceleration_time"],
};

const modbus: readonly DeviceTable[] = [deltaVfdEEl, deltaMs300, abbAcs355Acs380, schneiderAtv, yaskawaV1000Ga500];

function names(table: DeviceTable): string[] {
	return table.rows
		.filter((row) => row.again === undefined && !added[table.id]!.includes(row.name))
		.map(({ name }) => name);
}

describe.each(modbus.map((table) => [table.id, table] as const))("%s", (id, table) => {
	const known = facts(id).filter(([point]) => !leftOut[id]?.includes(point));

	it("has every fact as a row, and no row without a fact", () => {
		expect(names(table).sort()).toEqual(known.map(([point]) => point.toLowerCase()).sort());
	});

	it.each(known)("%s", (point, address, fc, type, order, scale, unit) => {
		const row = findRow(table, point.toLowerCase())!;
		expect(row.address).toBe(Number(address));
		expect(rowFunction(table, row)).toBe(Number(fc[0]));
		const high = point === "current_decimals";
		expect(row.type).toBe(high ? "bits" : type);
		if (rowWords(row) > 1) expect(table.wordOrder).toBe(order);
		const [wanted, factor] = units[unit] ?? [unit, 1];
		expect(row.k ?? 1).toBeCloseTo(Number(scale) * factor, 12);
		if (wanted === "") expect(["1", "code"]).toContain(row.unit);
		else expect(row.unit).toBe(wanted);
		if (row.write) expect(fc.split("/")).toContain(String(row.write.fc));
	});
});

describe("huanyang-hy", () => {
	const known = facts("huanyang-hy");

	it("has every fact as a row, and no row without a fact", () => {
		const rows = huanyangHy.rows
			.map(({ name }) => name)
			.filter((name) => name !== "local_state" && name !== "turning_state");
		const wanted = [...known.map(([point]) => point.toLowerCase()), ...added["huanyang-hy"]!];
		expect(rows.sort()).toEqual(wanted.sort());
	});

	it.each(known)("%s", (point, address, fc, type, _order, scale, unit) => {
		const row = findRow(huanyangHy, point.toLowerCase())!;
		const [code, index] = address.split(":").map(Number) as [number, number];
		const sent = row.write?.record ?? row.record;
		const key = huanyangHy.records!.find(({ name }) => name === (fc.startsWith("HY1") ? row.record : sent))!.key;
		expect(key).toBe((code << 8) | index);
		expect(row.type).toBe(type);
		expect(row.k ?? 1).toBeCloseTo(Number(scale), 12);
		if (unit === "rpm" || unit === "") expect(["1", "code"]).toContain(row.unit);
		else expect(row.unit).toBe(unit);
	});
});

it("writes no parameter of a drive but ramps and the time-out: they wear its EEPROM, or cut its line", () => {
	for (const table of [...modbus, huanyangHy]) {
		const { command, reference, reset } = table.drive!;
		const told = [command, reference, reset?.row];
		const points = table.rows.filter((row) => row.write && !told.includes(row.name)).map(({ point }) => point);
		expect(
			points.every((point) => ["AccTms", "DecTms", "ComTms"].includes(String(point))),
			table.id,
		).toBe(true);
	}
});
