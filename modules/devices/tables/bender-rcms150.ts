import { leakageModel } from "../models/leakage";
import type { DeviceTable, Row } from "../table";

/** A setting of the monitor: written between an unlocking and the locking that the device does itself. */
function setting(name: string, address: number, unit: "A" | "s" | "%", min: number, max: number, point?: string): Row {
	return {
		...{ name, address, type: "f32", unit, access: "rw" },
		...(point ? { point, poll: "normal" } : {}),
		write: { fc: 16, min, max, locked: true },
	};
}

/** A command to one of the six channels. */
function command(name: string, address: number, access: "rw" | "w" = "w"): Row {
	return {
		...{ name, address, type: "u16", unit: "code", access },
		write: { fc: 16, min: 0, max: 1, allowed: [1], locked: true },
	};
}

const channels: readonly number[] = [1, 2, 3, 4, 5, 6];

export const benderRcms150: DeviceTable = {
	id: "bender-rcms150",
	maker: "Bender",
	model: "RCMS150-01",
	kind: "leakage",
	sunspec: [1, leakageModel],
	bus: { baud: 19200, parity: "even", stop: 1, unit: 100, timeoutMs: 300, replyMs: 20 },
	unlock: { before: [{ fc: 16, address: 59000, values: [1] }] },
	functions: [3, 16],
	fc: 3,
	maxRead: 26,
	blocks: [
		[0, 99],
		[32102, 32125],
		[59000, 59022],
	],
	rows: [
		{ name: "test_pattern", address: 0, type: "u32", unit: "code", poll: "once", note: "0x12345678" },
		{ name: "device_name", address: 2, type: "string", words: 16, unit: "text" },
		{ name: "article_number", address: 18, type: "string", words: 16, unit: "text" },
		{ name: "serial_number", address: 34, type: "string", words: 16, unit: "text", point: "1.SN", poll: "once" },
		{ name: "manufacturer", address: 50, type: "string", words: 16, unit: "text" },
		{ name: "device_version", address: 82, type: "u16", k: 0.01, unit: "1" },
		{ name: "device_patch", address: 83, type: "u16", unit: "code" },
		setting("k1_hysteresis", 32102, "%", 10, 25),
		setting("t_off", 32104, "s", 0, 600),
		setting("t_start_up", 32106, "s", 0.5, 600),
		{
			name: "fault_memory",
			address: 32108,
			type: "u16",
			unit: "code",
			access: "rw",
			write: { fc: 16, min: 0, max: 1, locked: true },
		},
		setting("rms_main_alarm", 32110, "A", 0.003, 0.3, "ThPls"),
		setting("t_on_rms_main", 32112, "s", 0, 10),
		setting("rms_prewarning", 32114, "%", 50, 100),
		setting("t_on_rms_prewarning", 32116, "s", 0, 10),
		setting("dc_main_alarm", 32118, "A", 0.003, 0.3, "ThDC"),
		setting("t_on_dc_main", 32120, "s", 0, 10),
		setting("dc_prewarning", 32122, "%", 50, 100),
		setting("t_on_dc_prewarning", 32124, "s", 0, 10),
		{
			...command("test_k1", 59001, "rw"),
			point: "Tst",
			poll: "normal",
			note: "1 starts; reads 0 none, 1 running, 2 passed, 3 failed; K2 to K6 are 59002 to 59006",
		},
		...channels.slice(1).map((n) => command(`test_k${n}`, 59000 + n, "rw")),
		...channels.map((n) => command(`reset_fault_k${n}`, 59006 + n)),
		{
			name: "device_signalling",
			address: 59021,
			type: "u16",
			unit: "code",
			access: "rw",
			write: { fc: 16, min: 0, max: 1, locked: true },
		},
		{
			name: "test_alarm",
			address: 59022,
			type: "u16",
			unit: "code",
			access: "rw",
			write: { fc: 16, min: 0, max: 12, locked: true },
		},
	],
	quirks: [
		"no public text names the registers of the measured values (1000 and up, manual D00259): it cannot guard a relay here before they are known",
		"settings are refused unless 1 was written to 59000 just before; that register falls back to 0 by itself",
		"factory settings (59013 to 59020) are not here: they would change the address, too",
		"made for charging points: 6 mA direct current, 30 mA r.m.s.",
		"line settings are the maker's usual ones, not confirmed",
	],
	sources: ["Bender RCMS150 manual D00259, pages 25, 33, 38"],
	confidence: "one",
};
