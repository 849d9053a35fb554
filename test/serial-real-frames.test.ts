/** Frames of real devices, published with what they mean, through client or framer, table and engine to the points. */
import { describe, expect, it } from "vitest";
import { fromHex } from "../modules/base/bytes";
import { ManualClock } from "../modules/base/manual-clock";
import { Device } from "../modules/devices/engine";
import { findTable } from "../modules/devices/generated/tables";
import { readPoint } from "../modules/devices/points";
import { firstModel, tableModels } from "../modules/devices/table";
import { ModbusClient } from "../modules/modbus/client";
import { Verdict } from "../modules/serial/framer";
import { framerOf } from "../modules/serial/framers";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { FakeLine } from "./fakes/rs485";

function make(id: string, unit: number) {
	const table = findTable(id)!;
	const image = new Image(tableModels(table));
	const device = new Device({ table, image, unit });
	const values = (names: readonly string[]) =>
		Object.fromEntries(
			names.map((name) => {
				const { model, point, group, occurrence } = readPoint(name, firstModel(table))!;
				return [name, image.value(image.handle(model, point, group, undefined, occurrence))];
			}),
		);
	const expectPoints = (wanted: Record<string, number>) => {
		const found = values(Object.keys(wanted));
		for (const [name, value] of Object.entries(wanted)) expect(found[name], name).toBeCloseTo(value, 6);
	};
	/** The device has answered the read of a record with these bytes. */
	const hear = (record: string, frame: Uint8Array) => {
		const index = table.records!.findIndex(({ name }) => name === record);
		const framer = framerOf(table.protocol!)!;
		framer.check({ unit, record: table.records![index]! });
		framer.begin({ unit, record: table.records![index]! });
		expect(framer.take(frame, frame.length)).toBe(Verdict.reply);
		const { payload: data, payloadBytes: byteLength } = framer;
		const read = device.plan.reads.findIndex((one) => one.record === index);
		device.onRecord(read, { status: "ok", exception: 0, data, byteLength, startMs: 1, endMs: 1 });
	};
	return { table, device, expectPoints, hear };
}

it("a Daly board that is charged with 0.8 A", () => {
	// logged in the head of an Arduino driver, batDaly.h
	const { expectPoints, hear } = make("daly-uart", 1);
	hear("0x90", fromHex("a5 01 90 08 02 0f 00 00 75 38 02 93 91"));
	expectPoints({ "714.Prt[1].DCV": 52.7, "714.Prt[1].DCA": -0.8, "714.DCW": -42.16, SoC: 65.9 });
});

it("a Pylontech US2000 at rest", () => {
	// Martin Steppuhn's pylontech.py of 2022 has this answer with its values in a comment
	const text =
		"~20024600C06E10020F0C9A0C980C990C980C9A0C9A0C990C9B0C9C0C9A0C9B0C9B0C9B0C9B0C99050B740B550B570B530B630000BD06190F02C3500084E545\r";
	const { expectPoints, hear } = make("pylontech-rs485", 2);
	hear(
		"42",
		Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
	);
	const cells = [3226, 3224, 3225, 3224, 3226, 3226, 3225, 3227, 3228, 3226, 3227, 3227, 3227, 3227, 3225];
	expectPoints(Object.fromEntries(cells.map((mV, i) => [`64931.CellV${i + 1}`, mV / 1000])));
	expectPoints(Object.fromEntries([20.1, 17, 17.2, 16.8, 18.4].map((t, i) => [`64931.Tmp${i + 1}`, t])));
	expectPoints({ V: 48.39, A: 0, "64931.AhRem": 6.415, "64931.AhFull": 50, NCyc: 132, SoC: 12.83 });
});

it("a JK board of 14 cells that is charged with 2.08 A", () => {
	// syssi/esphome-jk-bms:README.md, "Request / Response example", with its table of registers
	const { expectPoints, hear } = make("jk-bms-uart-4e57", 1);
	const frame = fromHex(`
		4E 57 01 1B 00 00 00 00 06 00 01
		79 2A 01 0E ED 02 0E FA 03 0E F7 04 0E EC 05 0E F8 06 0E FA 07 0E F1 08 0E F8 09 0E E3 0A 0E FA 0B 0E F1 0C 0E FB
		0D 0E FB 0E 0E F2
		80 00 1D 81 00 1E 82 00 1C 83 14 EF 84 80 D0 85 0F 86 02 87 00 04 89 00 00 00 00 8A 00 0E 8B 00 00 8C 00 07
		8E 16 26 8F 10 AE 90 0F D2 91 0F A0 92 00 05 93 0B EA 94 0C 1C 95 00 05 96 01 2C 97 00 07 98 00 03 99 00 05
		9A 00 05 9B 0C E4 9C 00 08 9D 01 9E 00 5A 9F 00 46 A0 00 64 A1 00 64 A2 00 14 A3 00 46 A4 00 46 A5 FF EC
		A6 FF F6 A7 FF EC A8 FF F6 A9 0E AA 00 00 00 0E AB 01 AC 01 AD 04 11 AE 01 AF 01 B0 00 0A B1 14
		B2 31 32 33 34 35 36 00 00 00 00 B3 00 B4 49 6E 70 75 74 20 55 73 B5 32 31 30 31 B6 00 00 E2 00
		B7 48 36 2E 58 5F 5F 53 36 2E 31 2E 33 53 5F 5F B8 00 B9 00 00 00 00
		BA 42 54 33 30 37 32 30 32 30 31 32 30 30 30 30 32 30 30 35 32 31 30 30 31 C0 01
		00 00 00 00 68 00 00 54 D1`);
	hear("all", frame);
	expectPoints({
		V: 53.59,
		A: -2.08,
		SoC: 15,
		NCyc: 4,
		AHRtg: 14,
		AChaMax: 5,
		ADisChaMax: 7,
		State: 3,
		Evt1: 0,
		"64931.NCell": 14,
		"64931.CellV1": 3.821,
		"64931.CellV9": 3.811,
		"64931.CellV14": 3.826,
		"64931.TmpMos": 29,
		"64931.Tmp1": 30,
		"64931.Tmp2": 28,
		"64931.ChaSw": 1,
		"64931.DisSw": 1,
		"64931.BalSw": 1,
	});
});

describe("a Daly board with the map of 0x81 that discharges 8.9 A", () => {
	// syssi/esphome-daly-bms:tests/components/daly_bms_ble/frames_p81_ess_dl_bms.h, recorded, with its values
	const cells = fromHex(`51 03 80
		0CF4 0CF0 0CF3 0CF2 0CF3 0CF1 0CF3 0CF3 0CF0 0CF3 0CF3 0CF4 0CF3 0CF3 0CF3 0CF5
		${"0000".repeat(32)} 003E 003E 003E 003E 0000 0000 0000 0000 0212 74D7 0360 00B6 0010 0004 0CF5 0010 99EF`);
	const status = fromHex(`51 03 7C 0009 0005 003E 0004 003E 0001 0000 0002 0000 0000 0A98 0007 0007 0000 0000 0000 0000
		0001 0001 0000 0000 0000 0CF2 01D7 0000 0040 0046 0000 0000 FFFF 0000 7530 1A06 0214 0221 0B4B 0402 0000 0000
		0080 0000 74BE 0011 035F 0000 0000 0000 0080 0000 0000 0000 FFFF FFFF FFFF FFFF FFFF FFFF FFFF FFFF 00FF FFFF
		0002 B8AC`);

	it("is read under its own address, and answers under 0x51", () => {
		const { table, device, expectPoints } = make("daly-modbus-p81", 0x81);
		const clock = new ManualClock();
		const line = new FakeLine(clock);
		const replyUnits = new Map([[0x81, table.bus.replyUnit!]]);
		const client = new ModbusClient({ link: { io: line.io, port: "sim:a" }, clock, replyUnits });
		line.onSent = (sent) => {
			expect(sent[0]).toBe(0x81);
			const first = (sent[2]! << 8) | sent[3]!;
			const count = (sent[4]! << 8) | sent[5]!;
			// a part of what was recorded as one reply
			const [from, whole] = first < 0x40 ? [0, cells] : [0x41, status];
			if (first >= 0x80) return;
			const body = Uint8Array.of(0x51, 3, 2 * count, ...whole.subarray(3 + 2 * (first - from)).subarray(0, 2 * count));
			clock.setTimer(() => line.feed(withCrc(body)), 20);
		};
		new BusScheduler({ client, devices: [device], clock }).start();
		clock.advance(5000);
		expectPoints({
			"64931.CellV1": 3.316,
			"64931.CellV2": 3.312,
			"64931.CellV16": 3.317,
			"64931.Tmp1": 22,
			"64931.Tmp4": 22,
			"714.Prt[1].DCV": 53,
			"714.Prt[1].DCA": 8.9,
			SoC: 86.4,
			"64931.NCell": 16,
			"64931.AhRem": 271.2,
			"64931.ChaOn": 1,
			"64931.DisOn": 1,
			"64931.TmpMos": 24,
			"64931.TmpBrd": 30,
		});
	});

	it("was recorded with the CRC that Modbus has", () => {
		for (const whole of [cells, status]) expect(withCrc(whole.subarray(0, -2))).toEqual(whole);
	});
});

function withCrc(bytes: Uint8Array): Uint8Array {
	let crc = 0xffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
	}
	return Uint8Array.of(...bytes, crc & 255, crc >> 8);
}

it("what a charger has got today begins anew at midnight, what it got ever does not", () => {
	const { table, device } = make("victron-mppt-vedirect", 1);
	const index = (path: string) => table.rows.find((row) => row.path === path)!.address;
	const { image } = device;
	const hearEnergies = (total: number, today: number, atMs: number) => {
		const data = new DataView(new ArrayBuffer(table.records![0]!.bytes));
		for (const row of table.rows) if (row.type === "number") data.setFloat64(row.address, Number.NaN);
		data.setFloat64(index("H19"), total);
		data.setFloat64(index("H20"), today);
		const times = { startMs: atMs, endMs: atMs };
		device.onRecord(0, { status: "ok", exception: 0, data, byteLength: data.byteLength, ...times });
	};
	hearEnergies(8272, 112, 1000);
	hearEnergies(8272, 0, 2000);
	expect(image.value(image.handle(64925, "WhDay"))).toBe(0);
	expect(image.quality(image.handle(64925, "WhDay"))).toBe("good");
	expect(image.value(image.handle(714, "DCWhInj", "Prt[1]"))).toBe(82_720);
});
