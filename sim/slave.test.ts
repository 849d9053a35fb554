import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../modules/base/bytes";
import type { DeviceTable } from "../modules/devices/table";
import { chintDdsu666 } from "../modules/devices/tables/chint-ddsu666";
import { chintDtsu666 } from "../modules/devices/tables/chint-dtsu666";
import { eastronSdm120 } from "../modules/devices/tables/eastron-sdm120";
import { hikingDds238 } from "../modules/devices/tables/hiking-dds238-2-zn-s";
import { sht20XyMd02 } from "../modules/devices/tables/sht20-xy-md02";
import { FixedSource } from "./profile";
import { isIntact, seal } from "./rtu-frame";
import { SimSlave } from "./slave";

const values = {
	TotWhImp: 47_330,
	TotWhExp: 23_990,
	PhV: 230.6,
	A: 0.62,
	W: 132,
	VAR: -2,
	PF: 0.917,
	Hz: 49.99,
	TmpAmb: -7.5,
};

function slaveOf(table: DeviceTable, more = {}): SimSlave {
	return new SimSlave({ table, unit: 1, source: new FixedSource(values), ...more });
}

/** The PDU that answers a PDU, as hex; "" for silence. */
function ask(slave: SimSlave, pdu: string, unit = 1): string {
	const reply = slave.onFrame(seal(unit, fromHex(pdu)), 0);
	if (reply === undefined) return "";
	expect(isIntact(reply.bytes)).toBe(true);
	expect(reply.bytes[0]).toBe(unit);
	return toHex(reply.bytes.slice(1, -2), "");
}

describe("a slave", () => {
	it("gives the registers a real DDS238-2 gave with these values", () => {
		expect(ask(slaveOf(hikingDds238), "03 0008 000a")).toBe("0314" + "0000095f0000127d0902003e0084fffe03951387");
	});

	it("is silent for other units and for damaged frames", () => {
		const slave = slaveOf(hikingDds238);
		expect(ask(slave, "03 0008 0001", 2)).toBe("");
		const frame = seal(1, fromHex("03 0008 0001"));
		frame[3] = 9;
		expect(slave.onFrame(frame, 0)).toBeUndefined();
		expect(slave.onFrame(Uint8Array.of(1, 3), 0)).toBeUndefined();
		expect(slave.requests).toBe(0);
	});

	it("answers in about the time its table says", () => {
		const slave = slaveOf(hikingDds238);
		const delays = new Set<number>();
		for (let i = 0; i < 50; i++) delays.add(slave.onFrame(seal(1, fromHex("03 0008 0001")), 0)!.delayMs);
		expect(Math.min(...delays)).toBeGreaterThanOrEqual(16);
		expect(Math.max(...delays)).toBeLessThanOrEqual(24);
		expect(delays.size).toBeGreaterThan(10);
	});

	it.each([
		["function it has not", hikingDds238, "04 0008 0001", "8401"],
		["function 6, which a DDS238 refuses", hikingDds238, "06 001a 0001", "8601"],
		["more than one read takes", hikingDds238, "03 0000 001c", "8302"],
		["register beyond its map", hikingDds238, "03 001a 0002", "8302"],
		["no register at all", hikingDds238, "03 0008 0000", "8303"],
		["126 registers", hikingDds238, "03 0000 007e", "8303"],
		["half a request", hikingDds238, "03 0008", "8303"],
		["read across the gap between blocks", chintDdsu666, "03 2010 0004", "8302"],
		["read across unknown registers", chintDdsu666, "03 4000 000c", "8302"],
		["odd address", eastronSdm120, "04 0001 0002", "8402"],
		["odd count", eastronSdm120, "04 0000 0003", "8402"],
		["holding address in the input space", sht20XyMd02, "04 0101 0001", "8402"],
		["gap in the energies", chintDtsu666, "03 1024 0006", "8302"],
	] as const)("refuses a %s", (_what, table, request, reply) => {
		expect(ask(slaveOf(table), request)).toBe(reply);
	});

	it("refuses what must never be read, inside a block too", () => {
		const table: DeviceTable = { ...hikingDds238, never: [[19, 19]] };
		expect(ask(slaveOf(table), "03 0011 0002")).toBe("0304" + "13870000");
		expect(ask(slaveOf(table), "03 0011 0003")).toBe("8302");
	});

	it("reads along inside a block, and one row at an odd place by itself", () => {
		expect(ask(slaveOf(hikingDds238), "03 0012 0003")).toBe("0306" + "000000000000");
		expect(ask(slaveOf(eastronSdm120), "03 fc03 0001")).toBe("0302" + "0000");
		expect(ask(slaveOf(eastronSdm120, { serial: "17042391" }), "03 fc00 0002")).toBe("0304" + "01040bd7");
	});

	it("gives part of a value when asked for part of it", () => {
		expect(ask(slaveOf(hikingDds238), "03 000b 0001")).toBe("0302" + "127d");
	});

	it("holds what is written, by the functions it has, within what its rows allow", () => {
		const meter = slaveOf(hikingDds238);
		expect(ask(meter, "10 001a 0001 02 0001")).toBe("10001a0001");
		expect(ask(meter, "03 001a 0001")).toBe("03020001");
		expect(meter.setting("relay")).toBe(1);
		expect(ask(meter, "10 001a 0001 02 0002")).toBe("9003");
		expect(ask(meter, "10 0000 0002 04 00000000")).toBe("9002");
		expect(ask(meter, "10 001a 0001 04 0001")).toBe("9003");
		const air = slaveOf(sht20XyMd02);
		expect(ask(air, "06 0103 fff1")).toBe("060103fff1");
		expect(air.setting("temperature_correction")).toBeCloseTo(-1.5, 9);
		expect(ask(air, "03 0103 0001")).toBe("0302fff1");
		expect(ask(air, "04 0001 0001")).toBe("0402ffb5");
	});

	it("does what is broadcast, and says nothing", () => {
		const meter = slaveOf(hikingDds238);
		expect(ask(meter, "10 001a 0001 02 0001", 0)).toBe("");
		expect(meter.setting("relay")).toBe(1);
	});

	it("divides by the ratios, as a meter behind transformers does", () => {
		const meter = slaveOf(chintDtsu666, { settings: { cfg_ir_at: 40 }, source: new FixedSource({ W: 4000 }) });
		expect(ask(meter, "03 0006 0002")).toBe("0304" + "0028000a");
		// 4000 W / 40 = 100 W, sent as 1000.0
		expect(ask(meter, "03 2012 0002")).toBe("0304" + "447a0000");
	});

	it("fails rather than send a value its register cannot hold", () => {
		expect(ask(slaveOf(hikingDds238, { source: new FixedSource({ W: 40_000 }) }), "03 000e 0001")).toBe("8304");
	});

	it("sends no number where the source has none", () => {
		expect(ask(slaveOf(eastronSdm120, { source: new FixedSource({}) }), "04 0000 0002")).toMatch(/^04047fc0/);
	});

	it("plays coils and discrete inputs", () => {
		const table: DeviceTable = {
			...hikingDds238,
			functions: [1, 2, 5, 15],
			fc: 1,
			blocks: [],
			rows: [
				{ name: "a", address: 0, type: "bit", unit: "code", access: "rw", write: { fc: 5, min: 0, max: 1 } },
				{ name: "b", address: 1, type: "bit", unit: "code", access: "rw", write: { fc: 15, min: 0, max: 1 } },
				{ name: "c", address: 9, fc: 2, type: "bit", unit: "code" },
			],
		};
		const slave = slaveOf(table, { settings: { c: 1 } });
		expect(ask(slave, "05 0000 ff00")).toBe("050000ff00");
		expect(ask(slave, "01 0000 0002")).toBe("010101");
		expect(ask(slave, "0f 0000 0002 01 02")).toBe("0f00000002");
		expect(ask(slave, "01 0000 0002")).toBe("010102");
		expect(ask(slave, "02 0009 0001")).toBe("020101");
		expect(ask(slave, "01 0001 0002")).toBe("8102");
		expect(ask(slave, "0f 0001 0002 01 03")).toBe("8f02");
		expect(ask(slave, "01 0000 0000")).toBe("8103");
	});

	it("shares a register between bit fields", () => {
		const field = (name: string, first: number) =>
			({ name, address: 4, type: "bits", bits: [first, 4], unit: "code" }) as const;
		const table: DeviceTable = { ...hikingDds238, blocks: [], rows: [field("low", 0), field("high", 8)] };
		expect(ask(slaveOf(table, { settings: { low: 5, high: 9 } }), "03 0004 0001")).toBe("0302" + "0905");
	});
});
