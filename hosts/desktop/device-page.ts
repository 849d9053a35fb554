import type { EvseRules } from "../../modules/devices/evse-rules";
import { KINDS } from "../../modules/devices/kinds";
import {
	type Derived,
	type DeviceTable,
	findRow,
	type Protocol,
	pointNames,
	type Row,
	rowFunction,
	tableModels,
	type WriteRule,
} from "../../modules/devices/table";

/** How sure one can be, as facts/devices grades sources; nothing here was measured on the device by us. */
export const kConfidence: Readonly<Record<DeviceTable["confidence"], string>> = {
	two: "two sources",
	one: "one source",
	unverified: "unverified",
};

const confidenceWords: Readonly<Record<DeviceTable["confidence"], string>> = {
	two: "**Two independent sources** agree on what is measured.",
	one: "**One source** says so; compare each value with the device's display before you rely on it.",
	unverified: "**Unverified**: nobody has seen the device answer to this map. Check every row before you use it.",
};

const protocols: Readonly<Record<Protocol, string>> = {
	modbus: "Modbus",
	"modbus-ascii": "Modbus ASCII",
	can: "CAN",
	huanyang: "Huanyang's own frames on RS-485",
	daly: "Daly's own frames (A5) on a serial line",
	jk: "JK's own frames (4E 57) on a serial line",
	pylontech: "Pylontech's ASCII frames on RS-485",
	vedirect: "VE.Direct text on a serial line",
	"json-http": "HTTP with JSON",
	"json-mqtt": "MQTT with JSON",
	atm90e32: "ATM90E32 chips on SPI",
	relay: "outputs of the board",
};

/** "Modbus RTU 2400 8N1, unit 1". */
export function busWords(table: DeviceTable): string {
	const { bus, protocol = "modbus" } = table;
	const line = `${bus.baud} 8${bus.parity[0]!.toUpperCase()}${bus.stop}`;
	if (protocol === "modbus")
		return bus.baud === 0 ? `Modbus TCP, unit ${bus.unit}` : `Modbus RTU ${line}, unit ${bus.unit}`;
	if (protocol === "can") return `CAN, ${bus.baud / 1000} kbit/s`;
	return bus.baud > 0 ? `${protocols[protocol]}, ${line}` : protocols[protocol];
}

/** The page of one device, as Markdown. */
export function devicePage(table: DeviceTable): string {
	const measured = table.rows.filter((row) => row.poll !== undefined && row.write === undefined);
	const writable = table.rows.filter((row) => row.write !== undefined);
	const others = table.rows.filter((row) => row.poll === undefined && row.write === undefined);
	const lines = [
		`<!-- Made by \`node tools/generate-device-docs.mjs\` from modules/devices/tables/${table.id}.ts. -->`,
		"",
		`# ${table.maker} ${table.model}`,
		"",
		`${sentence(KINDS[table.kind].what)} on ${busWords(table)}. In a site file: \`"device": "${table.id}"\`.`,
		"",
		confidenceWords[table.confidence],
		"",
		...facts(table),
		...section(
			"Readings",
			"What the hub polls: fast each second, normal each 5 s, slow each minute, unless the site says otherwise.",
			readings(table, measured),
		),
		...section("Made from others", "", derivedLines(table)),
		...section("Settings and commands", settingsWords(table), settings(table, writable)),
		...section("Further registers", "Known, and not polled.", readings(table, others)),
		...section(
			"Traps",
			"",
			table.quirks.map((one) => `- ${cell(one)}`),
		),
		...section(
			"Sources",
			"",
			table.sources.map((one) => `- ${source(one)}`),
		),
	];
	return `${lines.join("\n").trimEnd()}\n`;
}

function section(title: string, words: string, lines: readonly string[]): string[] {
	if (lines.length === 0) return [];
	return [`## ${title}`, "", ...(words === "" ? [] : [words, ""]), ...lines, ""];
}

function facts(table: DeviceTable): string[] {
	const { bus, protocol = "modbus" } = table;
	const list: [string, string][] = [["SunSpec models", models(table)]];
	const { positivePower } = KINDS[table.kind];
	if (positivePower !== undefined) {
		const own = table.positive === undefined ? "" : `; the device's own registers count ${table.positive} as positive`;
		list.push(["Positive power", `${positivePower}${own}`]);
	}
	if (bus.baud > 0 && protocol !== "can") {
		const line = `${bus.baud} baud, ${bus.parity === "none" ? "no" : bus.parity} parity, ${bus.stop} stop bit${bus.stop === 1 ? "" : "s"}`;
		list.push(["Leaves the factory with", `${line}, address ${bus.unit}`]);
	}
	if (bus.replyUnit !== undefined) list.push(["Answers as", `address ${bus.replyUnit}`]);
	if (bus.timeoutMs !== undefined) list.push(["Answers within", `${bus.timeoutMs} ms`]);
	if (bus.pauseMs !== undefined && bus.pauseMs > 0) list.push(["Wants quiet between requests", `${bus.pauseMs} ms`]);
	if (protocol === "modbus" || protocol === "modbus-ascii") {
		list.push(["Functions", table.functions.join(", ")], ["Most registers in one read", String(table.maxRead)]);
	}
	for (const range of table.never ?? []) list.push(["Never read", `registers ${range[0]} to ${range[1]}`]);
	return ["| | |", "|---|---|", ...list.map(([name, value]) => `| ${name} | ${cell(value)} |`), ""];
}

const modelNames: Readonly<Record<number, string>> = {
	1: "common",
	160: "multiple MPPT",
	211: "single-phase meter",
	212: "split-phase meter",
	213: "three-phase meter",
	214: "delta meter",
	307: "weather station",
	701: "DER AC measurement",
	702: "DER capacity",
	704: "DER AC controls",
	713: "storage capacity",
	714: "DC measurement",
	802: "battery base",
	803: "lithium-ion bank",
	804: "lithium-ion string",
	64910: "hybrid inverter, measured",
	64911: "hybrid inverter, settings",
	64920: "drive, of our own",
	64921: "charger of vehicles, of our own",
	64922: "residual current, of our own",
	64923: "relay outputs, of our own",
	64924: "programmable controller, of our own",
	64925: "charge controller, of our own",
	64926: "wind turbine, of our own",
	64927: "charge controller's settings, of our own",
	64928: "off-grid inverter's settings, of our own",
	64929: "energy storage system's settings, of our own",
};

function models(table: DeviceTable): string {
	return tableModels(table)
		.map(({ id }) => `${id}${modelNames[id] ? ` (${modelNames[id]})` : id >= 64_000 ? " (of our own)" : ""}`)
		.join(", ");
}

const pollWords = { fast: "fast", normal: "normal", slow: "slow", once: "once" } as const;

function readings(table: DeviceTable, rows: readonly Row[]): string[] {
	if (rows.length === 0) return [];
	const notes = rows.some((row) => noteOf(table, row) !== "");
	const polled = rows.some((row) => row.poll !== undefined);
	const head = ["Row", "Where", "Value", "Point", ...(polled ? ["Read"] : []), ...(notes ? ["Note"] : [])];
	const body = rows.map((row) => [
		`\`${row.name}\``,
		where(table, row),
		valueWords(table, row),
		pointWords(row.point),
		...(polled ? [row.poll === undefined ? "" : pollWords[row.poll]] : []),
		...(notes ? [noteOf(table, row)] : []),
	]);
	return tableLines(head, body);
}

function settingsWords(table: DeviceTable): string {
	const words: string[] = [];
	if (table.eeprom) words.push("It keeps them in EEPROM: each is written when it changes, and at most once in 10 s.");
	if (table.unlock) words.push("Locked ones are opened before a write and closed after it.");
	for (const one of table.keepAlive ?? []) {
		const safe = one.safe === undefined ? "" : `, and set to ${one.safe} when nobody commands any more`;
		words.push(`\`${one.row}\` is written again every ${one.everyS} s while a command holds${safe}.`);
	}
	if (table.evse) words.push(...evseWords(table, table.evse));
	for (const one of table.controls ?? []) words.push(`The hub's control \`${one.ability}\` writes \`${one.row}\`.`);
	return words.join(" ");
}

/** How a charger is told what to do, by the points of model 64921. */
function evseWords(table: DeviceTable, rules: EvseRules): string[] {
	const byCurrent = findRow(table, rules.limit)?.unit === "A";
	const limit = byCurrent ? "LimA" : "LimW";
	const { charge, discharge, fallback } = rules;
	const pause = charge === undefined ? `0 in \`${rules.limit}\`` : `\`${charge}\``;
	const words = [
		`\`Chg\` charges or pauses by ${pause}, \`${limit}\` limits by \`${rules.limit}\`${byCurrent ? "; below 6 A is a pause" : ""}.`,
	];
	if (discharge !== undefined) words.push(`\`SetW\` charges, or gives back by \`${discharge}\` when it is negative.`);
	const safe = byCurrent ? "SafeA" : "SafeW";
	const who = fallback === "hub" ? `the hub writes \`${safe}\`` : "the charger falls back by itself";
	words.push(`When \`${limit}\` is not given again within \`LimTms\`, ${who}.`);
	return words;
}

function settings(table: DeviceTable, rows: readonly Row[]): string[] {
	if (rows.length === 0) return [];
	const notes = rows.some((row) => noteOf(table, row) !== "");
	const head = ["Row", "Where", "Value", "May be", "Written with", "Point", ...(notes ? ["Note"] : [])];
	const body = rows.map((row) => {
		const rule = row.write!;
		const unit = row.unit === "code" || row.unit === "1" || row.unit === "text" ? "" : ` ${row.unit}`;
		const range = rule.allowed ? rule.allowed.join(", ") + unit : `${rule.min} to ${rule.max}${unit}`;
		const modbus = (table.protocol ?? "modbus").startsWith("modbus");
		const way = modbus ? `function ${rule.fc}` : rule.record === undefined ? "its record" : `\`${rule.record}\``;
		const extra = [rule.locked ? "locked" : "", rule.persistent ? "wears flash" : "", blockWords(rule)].filter(
			(one) => one !== "",
		);
		return [
			`\`${row.name}\``,
			where(table, row),
			valueWords(table, row),
			range,
			[way, ...extra].join(", "),
			pointWords(row.point),
			...(notes ? [noteOf(table, row)] : []),
		];
	});
	return tableLines(head, body);
}

const spaces: Readonly<Record<number, string>> = { 1: "coil", 2: "discrete", 3: "holding", 4: "input" };

function where(table: DeviceTable, row: Row): string {
	if (row.path !== undefined) return `\`${row.record}\`: \`${row.path}\``;
	if (row.record !== undefined) return `\`${row.record}\` byte ${row.address}${bitsOf(row)}`;
	const high = row.high === undefined ? "" : `+${row.high}`;
	return `${spaces[rowFunction(table, row)]} ${row.address}${high}${bitsOf(row)}`;
}

function bitsOf({ bits }: Row): string {
	if (bits === undefined) return "";
	return bits[1] === 1 ? `, bit ${bits[0]}` : `, bits ${bits[0]} to ${bits[0] + bits[1] - 1}`;
}

/** "u16 × 0.1 V"; what more there is to it stands in the note. */
function valueWords(table: DeviceTable, row: Row): string {
	const size = row.words ?? row.bytes;
	const type = `${row.type}${size !== undefined && row.type !== "bits" ? `[${size}]` : ""}`;
	const order = row.wordOrder ?? (row.record === undefined ? table.wordOrder : undefined);
	const wide = !["u16", "s16", "sm16", "bits", "bit", "u8", "s8", "string", "number"].includes(row.type);
	const low = order === "lo-hi" && wide && row.high === undefined ? ", low word first" : "";
	const little = row.byteOrder === "little" ? ", low byte first" : "";
	const unit = row.unit === "1" || row.unit === "code" || row.unit === "text" ? "" : ` ${row.unit}`;
	if (row.power10) return `${type}: 10 to its power`;
	const k = row.k !== undefined && row.k !== 1 ? ` × ${row.k}` : "";
	const b = row.b === undefined || row.b === 0 ? "" : row.b < 0 ? ` − ${-row.b}` : ` + ${row.b}`;
	const times = (row.times ?? []).map((name) => ` × \`${name}\``).join("");
	return `${type}${k}${b}${times}${unit}${low}${little}`;
}

function pointWords(point: Row["point"]): string {
	return pointNames(point)
		.map((name) => `\`${name}\``)
		.join(" ");
}

function noteOf(table: DeviceTable, row: Row): string {
	const notes: string[] = [];
	if (row.note !== undefined) notes.push(row.note);
	if (row.range !== undefined) notes.push(`plausible ${row.range[0]} to ${row.range[1]}`);
	if (row.above !== undefined) {
		const { raw, k, b } = row.above;
		notes.push(`above ${raw} raw × ${k} ${b < 0 ? "-" : "+"} ${Math.abs(b)}`);
	}
	if (row.map !== undefined) {
		const pairs = Object.entries(row.map).map(([raw, value]) => `${raw} → ${value}`);
		notes.push(pairs.length > 12 ? `${pairs.length} codes are mapped` : pairs.join(", "));
	}
	if (row.when !== undefined) notes.push(`counts while ${row.when.row} is ${row.when.is.join(" or ")}`);
	if (row.again !== undefined) notes.push(`the registers of ${row.again} once more`);
	if (row.notAvailable !== undefined) notes.push(`${row.notAvailable.join(", ")} is no value`);
	if (row.positive !== undefined && row.positive !== table.positive) notes.push(`positive is ${row.positive}`);
	if (row.accumulates) notes.push("reading clears it; the hub adds up");
	if (row.restarts) notes.push("begins anew with each session or day");
	if (row.access === "w") notes.push("written only");
	return cell(notes.join("; "));
}

function derivedLines(table: DeviceTable): string[] {
	return (table.derived ?? []).map((one) => `- ${pointWords(one.point)} = ${formula(table, one)}`);
}

function formula(table: DeviceTable, one: Derived): string {
	const parts = one.of.map((name, i) => {
		const factor = one.factors?.[i] ?? 1;
		const word = name[0] === "@" ? `\`${findRow(table, name.slice(1))?.name ?? name}\`` : `\`${name}\``;
		return factor === 1 ? word : `${factor} × ${word}`;
	});
	const [a = "", b = ""] = parts;
	const k = one.k === undefined || one.k === 1 ? "" : ` × ${one.k}`;
	const plus = one.b === undefined || one.b === 0 ? "" : ` + ${one.b}`;
	const words = (): string => {
		switch (one.by) {
			case "sum":
			case "total":
				return parts.join(" + ");
			case "difference":
				return `${a} − ${b}`;
			case "ratio":
				return `${a} / ${b}`;
			case "product":
				return parts.join(" × ");
			case "sign":
				return `${a} with the sign of ${b}`;
			case "first":
				return `the first of ${parts.join(", ")} that has a value`;
			case "over":
				return `1 where ${a} is above ${one.limit ?? 0}, else 0`;
			case "root":
				return `√|${a}² − ${b}²|`;
			case "hypot":
				return `√(${parts.map((part) => `${part}²`).join(" + ")})`;
			default:
				return `${one.by} of ${parts.join(", ")}`;
		}
	};
	const when = one.when === undefined ? "" : `, while \`${one.when.row}\` is ${one.when.is.join(" or ")}`;
	return `${words()}${k}${plus}${when}`;
}

/** Columns as wide as their widest cell, so that the text is readable as it stands. */
export function tableLines(head: readonly string[], body: readonly (readonly string[])[]): string[] {
	const kept = head.map((_, i) => i).filter((i) => i === 0 || body.some((row) => row[i] !== ""));
	const rows = [head, ...body].map((row) => kept.map((i) => row[i]!));
	return [
		`| ${rows[0]!.join(" | ")} |`,
		`|${kept.map(() => "---").join("|")}|`,
		...rows.slice(1).map((row) => `| ${row.join(" | ")} |`),
	];
}

/** repo:path as a link to the place, where it is one. */
function source(text: string): string {
	const found = /^([A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+):(\S+)$/.exec(text);
	return found ? `[${found[1]}](https://github.com/${found[1]}): \`${found[2]}\`` : cell(text);
}

function cell(text: string): string {
	return text.replace(/\|/g, "\\|").replace(/</g, "&lt;");
}

function sentence(text: string): string {
	return text === "" ? text : text[0]!.toUpperCase() + text.slice(1);
}

function blockWords({ block }: WriteRule): string {
	return block === undefined ? "" : `with ${block[0]} to ${block[1]}`;
}
