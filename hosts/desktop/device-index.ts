import { KINDS, type Kind } from "../../modules/devices/kinds";
import type { DeviceTable } from "../../modules/devices/table";
import { busWords, kConfidence, tableLines } from "./device-page";

/**
 * Devices whose registers are publicly known and that were looked at, with the tables that read them; or why there is
 * none. tools/generate-device-docs.mjs fails for one that has neither.
 */
export const kLookedAt: readonly (readonly [device: string, tables: readonly string[], why?: string])[] = [
	["Eastron SDM120", ["eastron-sdm120"]],
	["Eastron SDM230", ["eastron-sdm230"]],
	["Hiking DDS238-2 ZN/S", ["hiking-dds238-2-zn-s"]],
	["Chint DDSU666", ["chint-ddsu666"]],
	["NOARK Ex9EM", ["noark-ex9em"]],
	["CCS WattNode WNC and WND", ["ccs-wattnode-wnc"]],
	["Eastron SDM630", ["eastron-sdm630"]],
	["Chint DTSU666", ["chint-dtsu666"]],
	["Sungrow DTSU666-20", ["sungrow-dtsu666-20"]],
	["Carlo Gavazzi EM24", ["carlo-gavazzi-em24-e1"]],
	["Carlo Gavazzi EM340", ["carlo-gavazzi-em340"]],
	["Schneider iEM3155", ["schneider-iem3155"]],
	["Janitza UMG 96RM and 604", ["janitza-umg96rm"]],
	["Deye, Sunsynk and Sol-Ark hybrids", ["deye-single-phase", "deye-three-phase-lv", "sol-ark-12k", "sol-ark-15k"]],
	["Growatt SPF off-grid", ["growatt-spf"]],
	["Growatt MIN TL-X", ["growatt-min-tl-x", "growatt-rtu2"]],
	[
		"SMA inverters",
		[],
		'they speak SunSpec: `"device": "sunspec"` finds their models by itself, see [there](../sunspec-client.md)',
	],
	[
		"Fronius inverters",
		[],
		'they speak SunSpec: `"device": "sunspec"` finds their models by itself, see [there](../sunspec-client.md)',
	],
	[
		"Victron GX",
		["victron-gx-system", "victron-gx-battery", "victron-gx-grid", "victron-gx-solar", "victron-gx-vebus"],
	],
	["EPEVER Tracer and LS-B", ["epever-tracer"]],
	["Morningstar TriStar MPPT", ["morningstar-tristar-mppt"]],
	["Victron MPPT on VE.Direct", ["victron-mppt-vedirect"]],
	["MidNite Classic, solar and wind", ["midnite-classic", "midnite-classic-wind"]],
	["Bornay Wind+ MPPT", ["bornay-windplus-mppt"]],
	["Pylontech low-voltage batteries on CAN", ["pylontech-can-lv"]],
	["Batteries with the Victron CAN extensions", ["victron-can-bms"]],
	["JK BMS PB on Modbus", ["jk-bms-modbus-pb"]],
	["JK BMS on a serial line (4E 57)", ["jk-bms-uart-4e57"]],
	["JK BMS on CAN", ["jk-bms-can"]],
	["Daly BMS on a serial line and on CAN", ["daly-uart", "daly-bms-can"]],
	["Daly BMS on Modbus", ["daly-modbus-d2", "daly-modbus-p81"]],
	["Pylontech on RS-485", ["pylontech-rs485"]],
	["Delta VFD-E, VFD-EL and GS2", ["delta-vfd-e-el"]],
	["Delta MS300", ["delta-ms300"]],
	["ABB ACS355 and ACS380", ["abb-acs355-acs380"]],
	["Schneider ATV12, ATV312 and ATV320", ["schneider-atv12-312-320"]],
	["Yaskawa V1000 and GA500", ["yaskawa-v1000-ga500"]],
	["Huanyang HY", ["huanyang-hy"]],
	["ETEK EKEPC2", ["etek-ekepc2"]],
	["ABB Terra AC", ["abb-terra-ac"]],
	["Alfen NG9xx", ["alfen-ng9xx", "alfen-ng9xx-station"]],
	["Phoenix Contact EV-CC-AC1-M", ["phoenix-ev-cc-ac1-m"]],
	["Phoenix Contact EV-CC ETH and EM-CP-PP", ["phoenix-ev-eth"]],
	["Phoenix Contact CHARX", ["phoenix-charx"]],
	["Bender CC612 and CC613", ["bender-cc612"]],
	["Alpitronic Hypercharger", ["alpitronic-hypercharger"]],
	["Sigenergy plant, V2X and AC charger", ["sigenergy-plant", "sigenergy-evdc", "sigenergy-evac"]],
	["Bender RCMB300", ["bender-rcmb300"]],
	["Bender RCMS150-01", ["bender-rcms150"]],
	["Circutor RGU-100A and RGU-10C", ["circutor-rgu100"]],
	["APsystems EZ1", ["apsystems-ez1"]],
	["Hoymiles behind OpenDTU", ["hoymiles-opendtu"]],
	["Hoymiles DTU-Pro", ["hoymiles-dtu-pro"]],
	["Anker SOLIX (Max AC, X1)", ["anker-solix-max-ac", "anker-solix-x1"]],
	["Shelly Gen2 and later", ["shelly-gen2", "shelly-gen2-em", "shelly-gen2-mqtt"]],
	["Tasmota energy meters", ["tasmota-energy"]],
	["XY-MD02 and SHT20", ["sht20-xy-md02"]],
	["OpenPLC runtime", ["openplc-runtime"]],
	["Chint CHD130", ["chint-chd130"]],
	[
		"Eastron SDM120, two for split phase",
		[],
		"no such map is known: use a WattNode, or two SDM120 that the hub adds up",
	],
	["Kempower, Heliox, Autel and Ambibox chargers", [], "no public Modbus map was found"],
	["Doepke and Eaton residual current monitors", [], "nothing trustworthy was found; Bender and Circutor are there"],
	["Small Anker Solarbanks", [], "they have no local interface, only the maker's cloud"],
];

const classes: readonly [kind: Kind, title: string][] = [
	["meter", "Electricity meters"],
	["inverter", "Inverters"],
	["solar", "Solar and wind charge controllers"],
	["battery", "Batteries and their management"],
	["evse", "Chargers of electric vehicles"],
	["drive", "Variable frequency drives"],
	["leakage", "Residual current monitors"],
	["relay", "Relay outputs"],
	["plc", "Programmable controllers"],
	["environment", "Weather and room sensors"],
];

/** What the overview would leave out without a word: devices with neither table nor reason, kinds without a heading. */
export function forgotten(tables: readonly DeviceTable[]): string[] {
	const ids = new Set(tables.map(({ id }) => id));
	const devices = kLookedAt.filter(([, known, why]) => why === undefined && !known.some((id) => ids.has(id)));
	const kinds = Object.keys(KINDS).filter((kind) => !classes.some(([one]) => one === kind));
	return [
		...devices.map(([device]) => `${device} has no table and no reason why (hosts/desktop/device-index.ts)`),
		...kinds.map((kind) => `the kind ${kind} has no heading (hosts/desktop/device-index.ts)`),
	];
}

/** The overview: one table a class, then what is not there and why. */
export function indexPage(tables: readonly DeviceTable[]): string {
	const ids = new Set(tables.map(({ id }) => id));
	const lines = [
		"<!-- Made by `node tools/generate-device-docs.mjs` from modules/devices/tables. -->",
		"",
		"# Devices",
		"",
		`${tables.length} devices that the hub knows by itself, each a table of its registers. Others speak SunSpec and are found out`,
		'(`"device": "sunspec"`), and what is missing is [added in an hour](../add-a-device.md).',
		"",
		"How sure the registers are: **two sources** that are independent of each other agree; **one source** says so;",
		"**unverified** means that nobody has seen the device answer so. None was measured by us on the device itself.",
		"",
	];
	for (const [kind, title] of classes) {
		const own = tables.filter((table) => table.kind === kind);
		if (own.length === 0) continue;
		own.sort((a, b) => `${a.maker} ${a.model}`.localeCompare(`${b.maker} ${b.model}`, "en", { numeric: true }));
		const body = own.map((table) => [
			`[${table.maker} ${table.model}](${table.id}.md)`,
			`\`${table.id}\``,
			busWords(table),
			`${table.rows.filter((row) => row.poll !== undefined).length}`,
			`${table.rows.filter((row) => row.write !== undefined).length || ""}`,
			kConfidence[table.confidence],
		]);
		const head = ["Device", "In a site file", "Bus", "Readings", "Settings", "How sure"];
		lines.push(`## ${title}`, "", ...tableLines(head, body), "");
	}
	lines.push("## Looked at, and not in the catalogue", "");
	for (const [device, known, why] of kLookedAt) {
		if (why !== undefined && !known.some((id) => ids.has(id))) lines.push(`- **${device}**: ${why}.`);
	}
	return `${lines.join("\n").trimEnd()}\n`;
}

/** All pages, by file name. */
export function devicePages(tables: readonly DeviceTable[], page: (table: DeviceTable) => string): Map<string, string> {
	const pages = new Map([["README.md", indexPage(tables)]]);
	for (const table of tables) pages.set(`${table.id}.md`, page(table));
	return pages;
}
