import type { DeviceTable } from "../table";
import { energyRows, factorRows, powerRows } from "./carlo-gavazzi-rows";

/** The one with Ethernet (EM24-DIN ... E1). Integers of two registers, low word first. */
export const carloGavazziEm24: DeviceTable = {
	id: "carlo-gavazzi-em24-e1",
	maker: "Carlo Gavazzi",
	model: "EM24-DIN E1",
	kind: "meter",
	sunspec: [1, 213],
	fixed: { Evt: 0 },
	derived: [
		{ point: "A", by: "sum", of: ["AphA", "AphB", "AphC"] },
		{ point: "PhV", by: "mean", of: ["PhVphA", "PhVphB", "PhVphC"] },
		{ point: "PPV", by: "mean", of: ["PPVphAB", "PPVphBC", "PPVphCA"] },
	],
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 500, replyMs: 40 },
	functions: [3, 4, 6, 16],
	fc: 4,
	wordOrder: "lo-hi",
	maxRead: 40,
	// its register is one of voltage_l3_l1 unless it is asked for by itself
	records: [{ name: "identity", key: 11, bytes: 2 }],
	positive: "import",
	rows: [
		...powerRows,
		{ name: "model_id", record: "identity", address: 0, type: "u16", unit: "code", note: "1648 to 1653 are EM24 E1" },
		...factorRows,
		{ name: "phase_sequence", address: 50, type: "s16", unit: "code", note: "0 = L1-L2-L3, -1 = L1-L3-L2" },
		...energyRows,
		{ name: "hw_version", address: 770, fc: 3, type: "u16", unit: "code", note: "nibbles major.minor.build" },
		{ name: "fw_version", address: 772, fc: 3, type: "u16", unit: "code" },
		{
			name: "phase_config",
			address: 4098,
			fc: 3,
			type: "u16",
			unit: "code",
			note: "0=3P.n 1=3P.1 2=2P 3=1P 4=3P",
			access: "rw",
			write: { fc: 6, min: 0, max: 4, persistent: true },
		},
		{ name: "serial", address: 20480, fc: 3, type: "string", words: 7, unit: "text", point: "1.SN", poll: "once" },
		{
			name: "application",
			address: 40960,
			fc: 3,
			type: "u16",
			unit: "code",
			note: "7 is application H, with all energies by phase; refused while the front switch is locked",
			access: "rw",
			write: { fc: 6, min: 0, max: 7, allowed: [7], persistent: true },
		},
		{ name: "switch_position", address: 41216, fc: 3, type: "u16", unit: "code", note: "0=kvarh 1=2 2=1 3=Locked" },
	],
	quirks: [
		"the low word of two comes first",
		"energies by phase need application H: register 0xA000 holds 7; the write is refused while the switch at the front is locked (0xA100 holds 3)",
		"after a change of the phase configuration the meter starts anew",
		"the EM24 with RS-485 has power factors at 50, frequency at 55 and energies at 66 to 92, and takes 11 registers in one read: another table",
	],
	sources: [
		"volkszaehler/mbmd:meters/rs485/carlogavazzi-em24_e1.go",
		"victronenergy/dbus-modbus-client:carlo_gavazzi.py",
	],
	confidence: "two",
};
