import type { RecordSpec } from "../../base/record";
import type { Derived, DeviceTable, Row } from "../table";

/** 20 registers with values at odd bytes too. Registers count as bytes here: the next record is 40 on. */
function record(n: number): RecordSpec {
	return { name: `input${n}`, key: 0x1000 + 40 * (n - 1), bytes: 40 };
}

function rows(n: number): Row[] {
	const port = `714.Prt[${n}]`;
	// a record with nothing in it has port number 0
	const there = {
		record: `input${n}`,
		poll: "normal",
		when: { row: `input${n}_port_number`, is: [1, 2, 3, 4] },
	} as const;
	return [
		{ name: `input${n}_port_number`, record: `input${n}`, address: 7, type: "u8", unit: "code", poll: "normal" },
		{ name: `input${n}_pv_voltage`, address: 8, type: "u16", k: 0.1, unit: "V", point: `${port}.DCV`, ...there },
		{ name: `input${n}_pv_power`, address: 16, type: "u16", k: 0.1, unit: "W", point: `${port}.DCW`, ...there },
		{
			name: `input${n}_total_energy`,
			address: 20,
			type: "u32",
			unit: "Wh",
			point: `${port}.DCWhInj`,
			notAvailable: [0],
			...there,
		},
		{ name: `input${n}_temperature`, address: 24, type: "s16", k: 0.1, unit: "C", point: `${port}.Tmp`, ...there },
		{
			name: `input${n}_link_status`,
			address: 32,
			type: "u8",
			unit: "code",
			map: { 0: 0 },
			otherwise: 1,
			point: `${port}.DCSta`,
			...there,
		},
	];
}

/** Inputs of micro-inverters that are read; a DTU with fewer leaves the rest of its list empty. */
export function dtuPro(id: string, model: string, count: number): DeviceTable {
	const inputs = Array.from({ length: count }, (_, i) => i + 1);
	const ports = inputs.map((n) => `714.Prt[${n}]`);
	return {
		id,
		maker: "Hoymiles",
		model,
		kind: "inverter",
		sunspec: [1, 701, { id: 714, repeats: { NPrt: inputs.length } }],
		fixed: {
			ACType: 0,
			W_SF: 0,
			V_SF: -1,
			Hz_SF: -2,
			TotWh_SF: 0,
			"714.DCV_SF": -1,
			"714.DCA_SF": -2,
			"714.DCW_SF": -1,
			"714.DCWH_SF": 0,
			"714.Tmp_SF": -1,
			...Object.fromEntries(ports.map((port) => [`${port}.PrtTyp`, 0])),
		},
		derived: [
			...ports.map((port): Derived => ({ point: `${port}.DCA`, by: "ratio", of: [`${port}.DCW`, `${port}.DCV`] })),
			{ point: ["W", "714.DCW"], by: "total", of: ports.map((port) => `${port}.DCW`) },
			{ point: ["TotWhInj", "714.DCWhInj"], by: "total", of: ports.map((port) => `${port}.DCWhInj`) },
		],
		bus: { baud: 0, parity: "none", stop: 1, unit: 1, timeoutMs: 2000, replyMs: 60 },
		records: inputs.map(record),
		functions: [3],
		fc: 3,
		maxRead: 20,
		positive: "export",
		rows: [
			...inputs.flatMap(rows),
			{
				name: "grid_voltage",
				record: "input1",
				address: 12,
				type: "u16",
				k: 0.1,
				unit: "V",
				point: ["LNV", "VL1"],
				poll: "normal",
				notAvailable: [0],
			},
			{
				name: "grid_frequency",
				record: "input1",
				address: 14,
				type: "u16",
				k: 0.01,
				unit: "Hz",
				point: "Hz",
				poll: "normal",
				notAvailable: [0],
			},
			{ name: "operating_status", record: "input1", address: 26, type: "u16", unit: "code" },
			{ name: "alarm_code", record: "input1", address: 28, type: "u16", unit: "code" },
		],
		quirks: [
			`one record an input, of which the first ${count} are read; the same micro-inverter comes once for each of its inputs`,
			"the list ends with an empty record, and all of it is empty at night: then there is no value, and counters stay",
			"values are up to 5 minutes old: the DTU polls by radio",
			"the step of the current is 0.1 A or 0.01 A by serial number: current here is power by voltage",
			"power is that of the panels; what the inverters lose is not taken off",
			"some firmware states a wrong byte count: on TCP it is not looked at",
			"RTU: 9600 8N1, unit 101 on some; not known for certain",
			"limits of power are not in this map",
		],
		sources: [
			"wasilukm/hoymiles_modbus:hoymiles_modbus/datatypes.py, client.py",
			"evcc-io/evcc:meter/hoymiles-dtu-mbtcp.go",
		],
		confidence: "two",
	};
}
