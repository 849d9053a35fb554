import { describe, expect, it } from "vitest";
import type { ReadResult } from "./engine";
import type { DeviceTable } from "./table";
import { eastronSdm120 } from "./tables/eastron-sdm120";
import { hikingDds238 } from "./tables/hiking-dds238-2-zn-s";
import { sht20XyMd02 } from "./tables/sht20-xy-md02";
import { pointWrite, type WriteOutcome, type WriteRequest, writeRefusal, writeRow } from "./write";

type Reply = { status?: string; exception?: number; words?: number[] };

/** A client that answers each request from a list, and notes what was asked. */
function write(table: DeviceTable, row: string, value: number, replies: Reply[], unit = 5, unlessHeld = false) {
	const asked: string[] = [];
	const outcomes: WriteOutcome[] = [];
	const waiting: WriteRequest[] = [];
	const client = {
		request(request: WriteRequest): void {
			const values = request.values.map((one) => one.toString(16)).join(" ");
			asked.push(`${request.unit}:${request.function}@${request.address}+${request.count} ${values}`.trim());
			// Whether an unconfirmed write took effect is read, not tried again.
			expect(request.retries).toBe(0);
			waiting.push(request);
		},
	};
	writeRow({ table, unit, row, value, client, unlessHeld, onDone: (outcome) => outcomes.push(outcome) });
	for (const reply of replies) {
		const words = reply.words ?? [];
		const data = new DataView(new ArrayBuffer(2 * words.length));
		words.forEach((word, i) => {
			data.setUint16(2 * i, word);
		});
		const result: ReadResult = {
			status: reply.status ?? "ok",
			exception: reply.exception ?? 0,
			data,
			startMs: 0,
			endMs: 1,
		};
		waiting.shift()!.onResult(result);
	}
	expect(waiting).toEqual([]);
	expect(outcomes).toHaveLength(1);
	return { asked, outcome: outcomes[0]! };
}

describe("a write", () => {
	it("is accepted when the device holds the value afterwards", () => {
		const { asked, outcome } = write(hikingDds238, "relay", 1, [{}, { words: [1] }]);
		expect(asked).toEqual(["5:16@26+1 1", "5:3@26+1"]);
		expect(outcome).toEqual({ result: "accepted", reason: "", row: "relay", value: 1 });
	});

	it("uses the function and the type of its row", () => {
		expect(write(sht20XyMd02, "temperature_correction", -1.5, [{}, { words: [0xfff1] }]).asked).toEqual([
			"5:6@259+1 fff1",
			"5:3@259+1",
		]);
		const float = write(eastronSdm120, "cfg_relay_pulse_width", 100, [{}, { words: [0x42c8, 0] }]);
		expect(float.asked).toEqual(["5:16@12+2 42c8 0", "5:3@12+2"]);
		expect(float.outcome.result).toBe("accepted");
	});

	it("switches a coil by function 5", () => {
		const coil: DeviceTable = {
			...hikingDds238,
			rows: [
				{ name: "out", address: 3, fc: 1, type: "bit", unit: "code", access: "rw", write: { fc: 5, min: 0, max: 1 } },
			],
		};
		const on = write(coil, "out", 1, [{}, { words: [0x0100] }]);
		expect(on.asked).toEqual(["5:5@3+1 1", "5:1@3+1"]);
		expect(on.outcome.result).toBe("accepted");
		expect(write(coil, "out", 1, [{}, { words: [0] }]).outcome.result).toBe("rejected");
	});

	it("that would change nothing is left out where that is asked for", () => {
		const careful = (replies: Reply[]) => write(hikingDds238, "relay", 1, replies, 5, true);
		const held = careful([{ words: [1] }]);
		expect(held.asked).toEqual(["5:3@26+1"]);
		expect(held.outcome.result).toBe("accepted");
		const other = careful([{ words: [0] }, {}, { words: [1] }]);
		expect(other.asked).toEqual(["5:3@26+1", "5:16@26+1 1", "5:3@26+1"]);
		expect(other.outcome.result).toBe("accepted");
		expect(careful([{ status: "exception", exception: 4 }, {}, { words: [1] }]).outcome.result).toBe("accepted");
		const silent = careful([{ status: "timeout" }]);
		expect(silent.asked).toEqual(["5:3@26+1"]);
		expect(silent.outcome).toMatchObject({ result: "timeout", reason: "the device does not answer" });
	});

	it("that the device accepts and ignores is rejected", () => {
		const { outcome } = write(hikingDds238, "relay", 1, [{}, { words: [0] }]);
		expect(outcome).toMatchObject({ result: "rejected", reason: "the device holds another value" });
	});

	it("that the device refuses is rejected with its reason, and not read back", () => {
		for (const [exception, reason] of [
			[1, "the device has no such function"],
			[2, "the device has no such register"],
			[3, "the device does not allow the value"],
			[4, "the device failed"],
			[6, "the device is busy"],
			[9, "the device answered exception 9"],
		] as const) {
			const { outcome } = write(hikingDds238, "relay", 1, [{ status: "exception", exception }]);
			expect(outcome).toMatchObject({ result: "rejected", reason });
		}
	});

	it("without a confirmation is decided by reading back", () => {
		expect(write(hikingDds238, "relay", 1, [{ status: "timeout" }, { words: [1] }]).outcome.result).toBe("accepted");
		expect(write(hikingDds238, "relay", 1, [{ status: "garbled" }, { words: [0] }]).outcome.result).toBe("rejected");
		const silent = write(hikingDds238, "relay", 1, [{ status: "timeout" }, { status: "timeout" }]).outcome;
		expect(silent).toMatchObject({ result: "timeout", reason: "the device did not answer the read-back" });
		const odd = write(hikingDds238, "relay", 1, [{}, { status: "exception", exception: 2 }]).outcome;
		expect(odd).toMatchObject({ result: "rejected", reason: "read back: the device has no such register" });
	});

	it("of a row that cannot be read ends with the device's confirmation", () => {
		const rows = [{ ...hikingDds238.rows.find((row) => row.name === "relay")!, access: "w" as const }];
		expect(write({ ...hikingDds238, rows }, "relay", 1, [{}]).outcome.result).toBe("accepted");
		expect(write({ ...hikingDds238, rows }, "relay", 1, [{ status: "timeout" }]).outcome.result).toBe("timeout");
	});
});

describe("refused without asking the device", () => {
	it.each([
		[hikingDds238, "relais", 1, /has no row relais/],
		[hikingDds238, "voltage", 230, /voltage is read-only/],
		[hikingDds238, "total_energy", 0, /total_energy is read-only/],
		[hikingDds238, "relay", 2, /2 is not allowed; 0 to 1 is/],
		[hikingDds238, "relay", -1, /-1 is not allowed/],
		[hikingDds238, "relay", 0.5, /not a multiple of 1/],
		[hikingDds238, "relay", Number.NaN, /no number/],
		[eastronSdm120, "cfg_relay_pulse_width", 120, /allowed are 60, 100, 200/],
		[sht20XyMd02, "temperature_correction", 10.1, /-10 to 10/],
		[sht20XyMd02, "temperature_correction", 0.25, /not a multiple of 0.1/],
	] as const)("%s %s = %s", (table, row, value, reason) => {
		const { asked, outcome } = write(table, row, value, []);
		expect(asked).toEqual([]);
		expect(outcome).toMatchObject({ result: "rejected", row, value });
		expect(outcome.reason).toMatch(reason);
	});

	it("broadcast, which nobody answers", () => {
		expect(write(hikingDds238, "relay", 1, [], 0).outcome.reason).toMatch(/no single device/);
	});

	it("a value the register cannot hold", () => {
		const row = {
			name: "big",
			address: 0,
			type: "u16",
			unit: "A",
			access: "rw",
			write: { fc: 6, min: 0, max: 1e6 },
		} as const;
		expect(write({ ...sht20XyMd02, rows: [row] }, "big", 70_000, []).outcome.reason).toMatch(/does not fit u16/);
	});
});

describe("whoever writes a point writes its row", () => {
	const table: DeviceTable = {
		...sht20XyMd02,
		sunspec: [1, 307, { id: 714, repeats: 2 }],
		rows: [
			{ name: "read_only", address: 1, type: "u16", unit: "C", point: "TmpAmb", poll: "fast" },
			{
				name: "one",
				address: 2,
				type: "u16",
				unit: "code",
				point: ["714.Prt[2].ID", "307.Windpath"],
				poll: "slow",
				access: "rw",
				map: { 0: 10, 1: 20 },
				write: { fc: 6, min: 10, max: 20 },
			},
		],
	} as DeviceTable;

	it("found by model, point, group and occurrence", () => {
		expect(pointWrite(table, 714, "ID", "Prt[2]")?.name).toBe("one");
		expect(pointWrite(table, 307, "Windpath")?.name).toBe("one");
		expect(pointWrite(table, 714, "ID", "Prt[1]")).toBeUndefined();
		expect(pointWrite(table, 714, "ID", "Prt[2]", 2)).toBeUndefined();
		expect(pointWrite(table, 307, "TmpAmb")).toBeUndefined();
	});

	it("is refused with the reason, without asking the device", () => {
		const row = table.rows[1]!;
		expect(writeRefusal(table, row, 10)).toBeUndefined();
		expect(writeRefusal(table, row, 21)).toMatch(/10 to 20/);
		expect(writeRefusal(table, row, 15)).toMatch(/no code/);
		expect(writeRefusal(table, row, Number.NaN)).toMatch(/no number/);
		expect(writeRefusal(table, table.rows[0]!, 10)).toMatch(/read-only/);
	});

	it("sends the code that means the value", () => {
		const { asked, outcome } = write(table, "one", 20, [{}, { words: [1] }]);
		expect(asked[0]).toBe("5:6@2+1 1");
		expect(outcome.result).toBe("accepted");
	});
});
