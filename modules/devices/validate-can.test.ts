import { expect, test } from "vitest";
import type { RecordSpec } from "../base/record";
import { pylontechCanLv } from "./tables/pylontech-can-lv";
import { validateTable } from "./validate";

/** Problems of the Pylontech table with one record more. */
function problems(record: Partial<Record<keyof RecordSpec, unknown>>): string[] {
	const records = [...pylontechCanLv.records!, { name: "x", key: 0x400, bytes: 8, everyMs: 1000, ...record }];
	const place = `records[${records.length - 1}]`;
	return validateTable({ ...pylontechCanLv, records }).map((one) => {
		expect(one.place).toMatch(/^records/);
		return `${one.place.replace(place, "")} ${one.message}`;
	});
}

test("a frame of its own is no mistake", () => {
	expect(problems({})).toEqual([]);
	expect(
		problems({ key: 0x18954001, extended: true, request: "18950140#00", partBytes: 6, bytes: 96, everyMs: undefined }),
	).toEqual([]);
});

test.each<[Partial<Record<keyof RecordSpec, unknown>>, RegExp]>([
	[{ key: 0x800 }, /\.key.*11 bits ends at 2047/],
	[{ key: "0x400" }, /\.key.*an identifier/],
	[{ key: 0x20000000, extended: true }, /\.key/],
	[{ bytes: 9 }, /\.bytes.*1 to 8/],
	[{ partBytes: 8 }, /\.partBytes/],
	[{ partBytes: 7, bytes: 2000 }, /\.bytes.*1 to 1785/],
	[{ request: "305", everyMs: undefined }, /^$/],
	[{ request: "305#0" }, /\.request.*305#0000/],
	[{ request: "800#00" }, /\.request/],
	[{ everyMs: undefined }, /neither sent by itself/],
	[{ mux: { byte: 8, value: 1 } }, /\.mux\.byte/],
	[{ mux: { byte: 0, value: 256 } }, /\.mux\.value/],
	[{ extended: "yes" }, /\.extended/],
	[{ perUnit: 0.5 }, /\.perUnit/],
	[{ key: 0x351 }, /\.key.*has it already/],
])("%j", (record, message) => {
	expect(problems(record).join("\n")).toMatch(message);
});
