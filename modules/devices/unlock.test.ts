import { describe, expect, it } from "vitest";
import type { ReadResult } from "./engine";
import type { DeviceTable } from "./table";
import { sht20XyMd02 } from "./tables/sht20-xy-md02";
import { type WriteOutcome, type WriteRequest, writeRow } from "./write";

const table: DeviceTable = {
	...sht20XyMd02,
	functions: [3, 4, 5, 6, 16],
	unlock: {
		before: [
			{ fc: 6, address: 900, values: [0x1234] },
			{ fc: 16, address: 901, values: [1, 2] },
		],
		after: [{ fc: 5, address: 7, values: [0] }],
	},
	rows: [
		{
			...{ name: "one", address: 20, fc: 3, type: "u16", unit: "code", access: "rw" },
			write: { fc: 6, min: 0, max: 99, locked: true },
		},
		{
			...{ name: "two", address: 21, fc: 3, type: "u16", unit: "code", access: "rw" },
			write: { fc: 16, min: 0, max: 99, locked: true },
		},
		{
			...{ name: "blind", address: 22, fc: 3, type: "u16", unit: "code", access: "w" },
			write: { fc: 6, min: 0, max: 99, locked: true },
		},
		{
			...{ name: "open", address: 23, fc: 3, type: "u16", unit: "code", access: "rw" },
			write: { fc: 6, min: 0, max: 99 },
		},
	],
};

interface Failure {
	status: string;
	exception?: number;
}

/** A device that takes settings only between its unlock and its lock, asked one request after the other. */
function setUp(failures: Readonly<Record<string, Failure>> = {}) {
	const asked: string[] = [];
	const waiting: WriteRequest[] = [];
	const outcomes: WriteOutcome[] = [];
	const held = new Map<number, number>([[23, 5]]);
	let unlocked = 0;
	const client = { request: (request: WriteRequest) => void waiting.push(request) };
	const answer = (request: WriteRequest): ReadResult => {
		const { function: code, address, values } = request;
		const name = `${code}@${address}${values.length > 0 ? `=${values.join(",")}` : ""}`;
		asked.push(name);
		const failure = failures[name];
		const data = new DataView(new ArrayBuffer(2));
		data.setUint16(0, held.get(address) ?? 0);
		const times = { startMs: 0, endMs: 1 };
		if (failure) return { status: failure.status, exception: failure.exception ?? 0, data, ...times };
		if (name === "6@900=4660" || name === "16@901=1,2") unlocked++;
		else if (name === "5@7=0") unlocked = 0;
		else if (code !== 3) {
			if (unlocked !== 2 && address !== 23) return { status: "exception", exception: 2, data, ...times };
			held.set(address, values[0]!);
		}
		return { status: "ok", exception: 0, data, ...times };
	};
	const write = (row: string, value: number, unlessHeld = false): void =>
		writeRow({ table, unit: 3, row, value, client, unlessHeld, onDone: (outcome) => outcomes.push(outcome) });
	/** Answers all requests, also those that follow from answers. */
	const run = (): void => {
		while (waiting.length > 0) {
			const request = waiting.shift()!;
			request.onResult(answer(request));
		}
	};
	return { asked, outcomes, held, write, run, unlocked: () => unlocked };
}

const unlocking = ["6@900=4660", "16@901=1,2"];
const relocking = "5@7=0";

describe("a locked row", () => {
	it("is written between unlocking and locking again, then read back", () => {
		const { write, run, asked, outcomes, unlocked } = setUp();
		write("one", 42);
		run();
		expect(asked).toEqual([...unlocking, "6@20=42", relocking, "3@20"]);
		expect(outcomes).toEqual([{ result: "accepted", reason: "", row: "one", value: 42 }]);
		expect(unlocked()).toBe(0);
	});

	it("leaves rows that are not locked alone", () => {
		const { write, run, asked } = setUp();
		write("open", 6);
		run();
		expect(asked).toEqual(["6@23=6", "3@23"]);
	});

	it("is not unlocked when the device holds the value already", () => {
		const { write, run, asked, held, outcomes } = setUp();
		held.set(20, 42);
		write("one", 42, true);
		run();
		expect(asked).toEqual(["3@20"]);
		expect(outcomes[0]!.result).toBe("accepted");
	});

	it("is refused when a step is, with the reason, and the device is locked again all the same", () => {
		const { write, run, asked, outcomes } = setUp({ "16@901=1,2": { status: "exception", exception: 3 } });
		write("one", 42);
		run();
		expect(asked).toEqual([...unlocking, relocking]);
		const reason = "unlocking: the device does not allow the value";
		expect(outcomes).toEqual([{ result: "rejected", reason, row: "one", value: 42 }]);
	});

	it("is timed out when a step is not confirmed", () => {
		const { write, run, asked, outcomes } = setUp({ "6@900=4660": { status: "timeout" } });
		write("one", 42);
		run();
		expect(asked).toEqual([unlocking[0], relocking]);
		expect(outcomes[0]).toMatchObject({ result: "timeout", reason: "unlocking: the device did not confirm" });
	});

	it("locks again after a write that failed, and says why that failed", () => {
		const refused = setUp({ "6@20=42": { status: "exception", exception: 4 } });
		refused.write("one", 42);
		refused.run();
		expect(refused.asked).toEqual([...unlocking, "6@20=42", relocking]);
		expect(refused.outcomes[0]).toMatchObject({ result: "rejected", reason: "the device failed" });
		expect(refused.unlocked()).toBe(0);
		// of one that was not confirmed the read tells
		const lost = setUp({ "6@20=42": { status: "timeout" } });
		lost.write("one", 42);
		lost.run();
		expect(lost.asked).toEqual([...unlocking, "6@20=42", relocking, "3@20"]);
		expect(lost.outcomes[0]).toMatchObject({ result: "rejected", reason: "the device holds another value" });
	});

	it("tells that the device was not locked again", () => {
		const { write, run, outcomes, held } = setUp({ [relocking]: { status: "exception", exception: 1 } });
		write("one", 42);
		run();
		expect(held.get(20)).toBe(42);
		expect(outcomes[0]).toMatchObject({
			result: "rejected",
			reason: "locking again: the device has no such function",
		});
	});

	it("that cannot be read ends with its confirmation", () => {
		const { write, run, asked, outcomes } = setUp();
		write("blind", 1);
		run();
		expect(asked).toEqual([...unlocking, "6@22=1", relocking]);
		expect(outcomes[0]!.result).toBe("accepted");
		const silent = setUp({ "6@22=1": { status: "timeout" } });
		silent.write("blind", 1);
		silent.run();
		expect(silent.outcomes[0]).toMatchObject({ result: "timeout", reason: "the device did not confirm" });
	});
});

it("two writes at once never mix their sequences, whatever becomes of the first", () => {
	for (const failures of [{}, { "6@20=42": { status: "exception", exception: 4 } }]) {
		const { write, run, asked, outcomes, held } = setUp(failures);
		write("one", 42);
		write("two", 7);
		write("open", 9);
		write("one", 43);
		run();
		const locked = asked.filter((name) => !name.includes("@23"));
		const first = "6@20=42" in failures ? ["6@20=42", relocking] : ["6@20=42", relocking, "3@20"];
		const second = [...unlocking, "16@21=7", relocking, "3@21"];
		const third = [...unlocking, "6@20=43", relocking, "3@20"];
		expect(locked).toEqual([...unlocking, ...first, ...second, ...third]);
		expect(outcomes.map(({ row, value }) => `${row} ${value}`).sort()).toEqual(["one 42", "one 43", "open 9", "two 7"]);
		expect([held.get(20), held.get(21), held.get(23)]).toEqual([43, 7, 9]);
	}
});
