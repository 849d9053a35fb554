/** Locked settings of the catalogue's devices, through the client, against simulators that keep their lock. */
import { describe, expect, it } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import { encodeValue } from "../modules/devices/encode";
import { allTables } from "../modules/devices/generated/tables";
import { type Row, rowWords } from "../modules/devices/table";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { FixedSource } from "../sim/profile";
import { SimSlave } from "../sim/slave";

const tables = allTables.filter((table) => table.unlock && (table.protocol ?? "modbus") === "modbus");
const locked = tables.flatMap((table) =>
	table.rows.filter((row) => row.write?.locked).map((row) => [`${table.id} ${row.name}`, table, row] as const),
);

/** A value the row takes. */
function allowed({ write, k = 1 }: Row): number {
	const { allowed: list, min, max } = write!;
	return list?.at(-1) ?? Math.min(max, min + k * Math.round((max - min) / k / 2));
}

it("there are devices with locked settings", () => {
	expect(locked.length).toBeGreaterThan(5);
});

describe.each(locked)("%s", (_name, table, row) => {
	const play = () => {
		const clock = new ManualClock();
		const slave = new SimSlave({ table, unit: 9, source: new FixedSource({}) });
		const io = simulatedRS485(() => slave, clock);
		const client = new ModbusClient({
			link: { io, port: "sim:one", ...table.bus, baud: table.bus.baud || 9600 },
			clock,
		});
		const outcomes: WriteOutcome[] = [];
		const write = (): void =>
			writeRow({ table, unit: 9, row: row.name, value: allowed(row), client, onDone: (one) => outcomes.push(one) });
		/** The bare write, without opening anything. */
		const bare = (): string => {
			const data = new DataView(new ArrayBuffer(2 * rowWords(row)));
			expect(encodeValue(table, row, allowed(row), data, 0)).toBe(true);
			const values = Array.from({ length: rowWords(row) }, (_, i) => data.getUint16(2 * i));
			let status = "";
			client.request({
				...{ unit: 9, function: row.write!.fc, address: row.address, count: values.length, values },
				...{ retries: 0, timeoutMs: 500 },
				onResult: (result) => {
					status = `${result.status} ${result.exception}`;
				},
			});
			clock.advance(2000);
			return status;
		};
		return { clock, slave, outcomes, write, bare };
	};

	it("is written between unlocking and locking", () => {
		const { clock, slave, outcomes, write } = play();
		write();
		clock.advance(10_000);
		expect(outcomes).toEqual([{ result: "accepted", reason: "", row: row.name, value: allowed(row) }]);
		expect(slave.writes).toBe(1);
	});

	it("is locked before and after", () => {
		const { clock, outcomes, write, bare } = play();
		// some only have to be told that a value is to be taken
		const shut = table.unlock!.before.length === 0 ? "ok 0" : "exception 3";
		expect(bare()).toBe(shut);
		write();
		clock.advance(10_000);
		expect(outcomes[0]!.result).toBe("accepted");
		expect(bare()).toBe(shut);
	});
});
