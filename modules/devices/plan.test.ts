import { describe, expect, it } from "vitest";
import { findTable } from "./generated/tables";
import { Plan } from "./plan";
import { pointPath } from "./points";
import { Pool } from "./share";
import { type DeviceTable, type Row, rowPoints } from "./table";
import { eastronSdm120 } from "./tables/eastron-sdm120";

function tableOf(rows: readonly Partial<Row>[], more: Partial<DeviceTable> = {}): DeviceTable {
	return {
		...eastronSdm120,
		fixed: {},
		functions: [1, 2, 3, 4],
		fc: 3,
		maxRead: 10,
		blocks: [],
		align: 1,
		rows: rows.map((row, i) => ({ name: `row_${i}`, address: 0, type: "u16", unit: "V", poll: "fast", ...row }) as Row),
		...more,
	};
}

/** "3:100+4" is function 3, four registers from 100. */
function reads(table: DeviceTable, options = {}): string[] {
	return new Plan(table, options).reads.map((read) => `${read.function}:${read.address}+${read.count}`);
}

const at = (...addresses: number[]): Partial<Row>[] => addresses.map((address) => ({ address }));

describe("read planner", () => {
	it("joins rows that touch, whatever their order in the table", () => {
		expect(reads(tableOf(at(12, 10, 11)))).toEqual(["3:10+3"]);
		expect(reads(tableOf([{ address: 4, type: "f32" }, { address: 6 }, { address: 0, type: "u64" }]))).toEqual([
			"3:0+7",
		]);
	});

	it("bridges no gap the device does not declare", () => {
		expect(reads(tableOf(at(10, 12)))).toEqual(["3:10+1", "3:12+1"]);
		expect(reads(tableOf(at(10, 12), { blocks: [[0, 20]] }))).toEqual(["3:10+3"]);
		expect(reads(tableOf(at(10, 12), { blocks: [[0, 11]] }))).toEqual(["3:10+1", "3:12+1"]);
		expect(reads(tableOf(at(10, 12), { blocks: [[0, 20, 4]] }))).toEqual(["3:10+1", "3:12+1"]);
	});

	it("bridges no forbidden register, inside a block or not", () => {
		const never = [[11, 11]] as const;
		expect(reads(tableOf(at(10, 12, 14), { blocks: [[0, 20]], never }))).toEqual(["3:10+1", "3:12+3"]);
		expect(reads(tableOf(at(10, 12, 14), { blocks: [[0, 20]], never: [[11, 11, 4]] }))).toEqual(["3:10+5"]);
	});

	it("stays inside a block even between rows that touch", () => {
		const blocks = [
			[0, 124],
			[125, 249],
		] as const;
		expect(reads(tableOf(at(123, 124, 125, 126), { blocks }))).toEqual(["3:123+2", "3:125+2"]);
		expect(reads(tableOf(at(124, 125), { blocks: [[0, 124]] }))).toEqual(["3:124+1", "3:125+1"]);
	});

	it("keeps to the longest read", () => {
		expect(reads(tableOf(at(0, 1, 2, 3, 4), { maxRead: 3 }))).toEqual(["3:0+3", "3:3+2"]);
		expect(reads(tableOf(at(0, 9), { blocks: [[0, 99]], maxRead: 10 }))).toEqual(["3:0+10"]);
		expect(reads(tableOf(at(0, 10), { blocks: [[0, 99]], maxRead: 10 }))).toEqual(["3:0+1", "3:10+1"]);
	});

	it("never splits a value", () => {
		expect(reads(tableOf([{ address: 0 }, { address: 1 }, { address: 2, type: "u32" }], { maxRead: 3 }))).toEqual([
			"3:0+2",
			"3:2+2",
		]);
	});

	it("leaves a gap that costs more than a second request", () => {
		expect(reads(tableOf(at(0, 21), { blocks: [[0, 99]], maxRead: 50 }))).toEqual(["3:0+22"]);
		expect(reads(tableOf(at(0, 22), { blocks: [[0, 99]], maxRead: 50 }))).toEqual(["3:0+1", "3:22+1"]);
		expect(reads(tableOf(at(0, 22), { blocks: [[0, 99]], maxRead: 50 }), { longestGap: 40 })).toEqual(["3:0+23"]);
	});

	it("keeps functions and poll classes apart", () => {
		expect(reads(tableOf([{ address: 0 }, { address: 1, fc: 4 }]))).toEqual(["3:0+1", "4:1+1"]);
		const plan = new Plan(tableOf([{ address: 0, poll: "slow" }, { address: 1 }, { address: 2, poll: "once" }]));
		expect(plan.reads.map((read) => `${read.poll} ${read.address}`)).toEqual(["once 2", "fast 1", "slow 0"]);
	});

	it("does not read rows that nobody asked to poll", () => {
		const plan = new Plan(tableOf([{ address: 0 }, { address: 1, poll: undefined as never }, { address: 2 }]));
		expect(plan.reads.map((read) => read.address)).toEqual([0, 2]);
	});

	it("aligns reads where the device wants it", () => {
		const even = { align: 2, blocks: [[0, 20]] } as const;
		expect(reads(tableOf(at(3), even))).toEqual(["3:2+2"]);
		expect(reads(tableOf(at(3, 8), even))).toEqual(["3:2+8"]);
		expect(reads(tableOf(at(1, 10), { ...even, maxRead: 10 }))).toEqual(["3:0+2", "3:10+2"]);
	});

	it("is as long as the longest of the rows that share a register", () => {
		const wide = { address: 4, type: "bits", bits: [16, 8] } as const;
		const narrow = { address: 4, type: "bits", bits: [0, 8] } as const;
		expect(reads(tableOf([wide, narrow, { address: 6 }]))).toEqual(["3:4+3"]);
	});

	it("counts bits in their own space", () => {
		const bits = [0, 1, 2].map((address) => ({ address, fc: 1, type: "bit" }) as const);
		expect(reads(tableOf([...bits, { address: 0 }], { maxRead: 1 }))).toEqual(["1:0+3", "3:0+1"]);
		expect(reads(tableOf(bits, { maxBits: 2 }))).toEqual(["1:0+2", "1:2+1"]);
	});

	it("takes one row a read when told not to join", () => {
		expect(reads(tableOf(at(10, 11, 12)), { join: false })).toEqual(["3:10+1", "3:11+1", "3:12+1"]);
	});
});

it.each([
	["hiking-dds238-2-zn-s", ["3:8+10"]],
	["chint-ddsu666", ["3:8192+16", "3:16384+2", "3:16394+2"]],
	["eastron-sdm120", ["3:64512+2", "4:0+32", "4:70+6"]],
	["chint-dtsu666", ["3:6+2", "3:8192+70", "3:4126+8", "3:4136+8"]],
	["sht20-xy-md02", ["4:1+2"]],
] as const)("%s is read with these requests", (id, wanted) => {
	expect(reads(findTable(id)!)).toEqual(wanted);
});

describe("a plan knows of its steps", () => {
	const table = findTable("sol-ark-12k")!;
	const pool = new Pool();
	const plan = new Plan(table, { pool });

	it("row, place and points", () => {
		for (const read of plan.reads) {
			let point = read.firstPoint;
			for (let i = read.first; i < read.end; i++) {
				const row = plan.row(i);
				expect(plan.stepOf(row), row.name).toBe(i);
				expect(plan.at[i], row.name).toBe(2 * (row.address - read.address));
				expect(plan.firstPoint(i), row.name).toBe(point);
				const names = rowPoints(table, row).map(pointPath);
				expect(names.map((_, n) => pointPath(plan.point(point + n)))).toEqual(names);
				point += names.length;
			}
		}
	});

	it("which it shares with plans of other products made together with it, and nothing else", () => {
		const other = new Plan(findTable("sol-ark-hv")!, { pool });
		const steps = new Set(plan.steps);
		expect(other.steps.filter((step) => steps.has(step)).length).toBeGreaterThan(50);
		const alone = new Plan(findTable("sol-ark-hv")!);
		expect(alone.steps).toEqual(other.steps);
		expect(alone.points()).toEqual(other.points());
		expect(new Set(alone.steps).size).toBe(alone.steps.length);
	});
});
