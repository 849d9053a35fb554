import { type PlcSize, plcModelOf } from "../models/plc";
import type { DeviceTable, Row } from "../table";

/** Variables that a hub sees unless a table of the site's own says otherwise: the first of each area. */
const size: PlcSize = { QX: 16, IX: 16, IW: 8, QW: 8, MW: 16, MD: 8, ML: 4 };

interface Area {
	readonly name: keyof PlcSize;
	/** Address of its first variable, and registers of each. */
	readonly first: number;
	readonly words: number;
	readonly row: Pick<Row, "fc" | "type">;
	/** Function that writes it; undefined: inputs. */
	readonly write?: 5 | 6 | 16;
	readonly most: number;
}

/** The address map of the runtime's Modbus server. */
const areas: readonly Area[] = [
	{ name: "QX", first: 0, words: 1, row: { fc: 1, type: "bit" }, write: 5, most: 1 },
	{ name: "IX", first: 0, words: 1, row: { fc: 2, type: "bit" }, most: 1 },
	{ name: "IW", first: 0, words: 1, row: { fc: 4, type: "u16" }, most: 65535 },
	{ name: "QW", first: 0, words: 1, row: { fc: 3, type: "u16" }, write: 6, most: 65535 },
	{ name: "MW", first: 1024, words: 1, row: { fc: 3, type: "u16" }, write: 6, most: 65535 },
	{ name: "MD", first: 2048, words: 2, row: { fc: 3, type: "u32" }, write: 16, most: 0xffffffff },
	{ name: "ML", first: 4096, words: 4, row: { fc: 3, type: "u64" }, write: 16, most: 1e15 },
];

/** Row qx_1 is %QX0.0, qx_9 is %QX1.0, mw_1 is %MW0. */
function rowsOf({ name, first, words, row, write, most }: Area): Row[] {
	return Array.from({ length: size[name] }, (_, i) => ({
		...row,
		name: `${name.toLowerCase()}_${i + 1}`,
		address: first + words * i,
		unit: "code",
		point: `${name}[${i + 1}].V`,
		poll: name === "QX" || name === "IX" ? "fast" : "normal",
		...(write ? { access: "rw", write: { fc: write, min: 0, max: most } } : {}),
	}));
}

export const openplcRuntime: DeviceTable = {
	id: "openplc-runtime",
	maker: "OpenPLC",
	model: "Runtime v3",
	kind: "plc",
	sunspec: [1, plcModelOf(size)],
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 500, replyMs: 5 },
	functions: [1, 2, 3, 4, 5, 6, 15, 16],
	fc: 3,
	maxRead: 125,
	blocks: [
		[0, 1023],
		[1024, 2047],
		[2048, 4095],
		[4096, 8191],
		[0, 1023, 4],
		[0, 8191, 1],
		[0, 8191, 2],
	],
	rows: areas.flatMap(rowsOf),
	quirks: [
		"coil n is %QX(n div 8).(n mod 8), input n the same of %IX; holding registers are %QW below 1024, then %MW, from 2048 %MD, from 4096 %ML",
		"a variable that the program does not declare is read without an exception, and keeps what was written to it; of %MD and %ML it reads wrong then",
		"an output that the program writes itself is set back in its next cycle: commands go to %MW, or to outputs nobody else writes",
		"a double or long word is torn when it is read in parts: each lies in one read here",
		"a REAL is the same two registers as a %MD: a table of the site's own says f32 there",
		"%MX, %MB and bytes cannot be reached; the runtime needs %QX100.0, %IX100.0, %QW100, %IW100 and up for its own slaves",
		"the unit is not looked at; over a serial line (Arduino boards) the program has the same map and the unit counts",
	],
	sources: ["thiagoralves/OpenPLC_v3:webserver/core/modbus.cpp", "thiagoralves/OpenPLC_v3:webserver/core/ladder.h"],
	confidence: "one",
};
