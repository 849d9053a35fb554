/** The tables of devices that speak JSON against the facts they were written from. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DeviceTable, Row } from "../modules/devices/table";
import { apsystemsEz1 } from "../modules/devices/tables/apsystems-ez1";
import { hoymilesOpendtu } from "../modules/devices/tables/hoymiles-opendtu";
import { shellyGen2 } from "../modules/devices/tables/shelly-gen2";
import { shellyGen2Em } from "../modules/devices/tables/shelly-gen2-em";
import { shellyGen2Mqtt } from "../modules/devices/tables/shelly-gen2-mqtt";
import { tasmotaEnergy } from "../modules/devices/tables/tasmota-energy";

interface Source {
	csv: string;
	tables: DeviceTable[];
	/** Facts by the names of rows, where they are not alike. */
	fact: Record<string, string>;
	/** Facts of what rows are written to. */
	written: Record<string, string>;
	/** Rows that no fact of the file has: from the vendor's documentation, or replies seen in public threads. */
	beyond: RegExp;
	/** Facts without a row: another way to the same values, another profile, or what only tells who it is. */
	leftOut: RegExp;
	/** What stands for the device in the facts. */
	name: string;
}

const sources: Source[] = [
	{
		csv: "apsystems-ez1",
		tables: [apsystemsEz1],
		fact: {},
		written: { power_limit: "set_power_limit", on_off: "set_on_off" },
		beyond: /^$/,
		leftOut: /^$/,
		name: "",
	},
	{
		csv: "hoymiles-opendtu",
		tables: [hoymilesOpendtu],
		fact: { dc1_power: "dc_power", dc1_voltage: "dc_voltage", dc1_current: "dc_current" },
		written: { set_limit: "set_limit", set_power_state: "set_power_state" },
		beyond: /^(dc[2-4]_|ac_yield_total$)/,
		leftOut: /^mqtt_/,
		name: "<sn>",
	},
	{
		csv: "shelly-gen2",
		tables: [shellyGen2, shellyGen2Em],
		fact: { em_b_power: "em_a_power", em_c_power: "em_a_power" },
		written: { switch_output: "switch_set" },
		beyond: /^(switch_frequency|em_[abc]_frequency|em_[bc]_(voltage|current))$/,
		leftOut: /^(device_info|list_methods|pm1_|em1_)/,
		name: "n",
	},
	{
		csv: "tasmota-energy",
		tables: [tasmotaEnergy],
		fact: {},
		written: { relay_state: "relay_set" },
		beyond: /^frequency$/,
		leftOut: /^(http_|query_sensors$)/,
		name: "<t>",
	},
];

interface Fact {
	point: string;
	address: string;
	scale: number;
	unit: string;
	access: string;
}

function facts(csv: string): Map<string, Fact> {
	const text = readFileSync(new URL(`./fixtures/json/${csv}.csv`, import.meta.url), "utf8");
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	expect(lines[0]).toBe("point,address,fc,type,word_order,scale,unit,access,enum_or_note");
	return new Map(
		lines.slice(1).map((line) => {
			const [point, address, , , , scale, unit, access] = line
				.match(/("[^"]*"|[^,]*)(?:,|$)/g)!
				.map((one) => one.replace(/,$/, ""));
			return [
				point!,
				{ point: point!, address: address!.replace(/"/g, ""), scale: Number(scale), unit: unit!, access: access! },
			];
		}),
	);
}

const si: Record<string, readonly [unit: string, factor: number]> = { kWh: ["Wh", 1000] };

/** A place in the words of the facts: elements of lists and channels are theirs to choose. */
function place(key: string, path: string, name: string): string {
	const filled = key
		.replace(/^\/rpc\//, "")
		.replaceAll("{path}", name)
		.replaceAll("{channel}", "n");
	const inside =
		path === "$"
			? ""
			: ` ${path
					.replace(/\[(?:\+|0)\]$/, "")
					.replace(/\.DC\.\d/, ".DC.n")
					.replace(/^\*/, name)}`;
	return (filled + inside)
		.replace("EM.GetStatus?id=n", "EM.GetStatus?id=0")
		.replace("EMData.GetStatus?id=n", "EMData.GetStatus?id=0");
}

describe.each(sources)("$csv", ({ csv, tables, fact, written, beyond, leftOut, name }) => {
	const known = facts(csv);
	const factOf = (row: Row): Fact | undefined => known.get(fact[row.name] ?? row.name);
	const rows = tables.flatMap((table) => table.rows.map((row) => [row.name, table, row] as const));

	it("has every fact in a row", () => {
		const named = new Set(rows.flatMap(([, , row]) => [factOf(row)?.point, written[row.name]]));
		expect([...known.keys()].filter((point) => !named.has(point) && !leftOut.test(point))).toEqual([]);
	});

	it.each(rows.filter(([point]) => !beyond.test(point)))("%s", (_point, table, row) => {
		const one = factOf(row)!;
		expect(one, "a fact").toBeDefined();
		const record = table.records!.find((candidate) => candidate.name === row.record)!;
		if (one.access === "r") {
			const phase = /^em_([bc])_/.exec(row.name)?.[1];
			const wanted = phase ? one.address.replace(" a_", ` ${phase}_`) : one.address;
			expect(place(String(record.key), row.path!, name)).toBe(wanted);
		}
		const [unit, factor] = si[one.unit] ?? [one.unit, 1];
		if (one.access === "r") expect(row.k ?? 1).toBe(one.scale * factor);
		if (unit === "") expect(["1", "code", "text", "%"]).toContain(row.unit);
		else expect(row.unit).toBe(unit);
		expect(row.write !== undefined).toBe(written[row.name] !== undefined);
	});

	it.each(rows.filter(([point]) => written[point] !== undefined))(
		"%s is written where the facts say",
		(point, table, row) => {
			const one = known.get(written[point]!)!;
			expect(one.access).toBe("w");
			const record = table.records!.find((candidate) => candidate.name === (row.write!.record ?? row.record))!;
			expect(record.write).toBe(true);
			const key = place(String(record.key), "$", name)
				.replace(/\{value\}$/, "")
				.replace("{bool}", "true");
			expect(one.address.split(" ")[0]!.replace(/\{.*/, "")).toBe(key);
		},
	);
});

it("has the same of a switch over MQTT, on its own topics", () => {
	const paths = (table: DeviceTable) =>
		table.rows
			.filter((row) => row.record === "switch")
			.map(({ name, path, unit, point }) => ({ name, path, unit, point }));
	expect(paths(shellyGen2Mqtt)).toEqual(paths(shellyGen2));
	expect(shellyGen2Mqtt.records!.map(({ key }) => key)).toEqual([
		"{path}/status/switch:{channel}",
		"{path}/online",
		"{path}/rpc",
	]);
});
