import { frozen } from "../base/frozen";

/**
 * The Village Minimum Register Set 0.1 beside the SunSpec points that carry it: one row a register.
 * Codes and units: facts of the OpenAMI draft profile 0.1 (IEC 62056-6-1 short codes).
 */
export interface ObisRow {
	/** Short OBIS code as it is published. */
	readonly obis: string;
	/** Point of the SunSpec meter models 211 to 213; power is positive when energy flows to the consumer. */
	readonly point: string;
	/** Unit as it is published. */
	readonly unit: string;
	/** published = point * k */
	readonly k: number;
	/** Decimals of the published number: what meters of this class resolve. */
	readonly digits: number;
	/** Of a signed point, the half that this register counts; the other half reads as zero. */
	readonly half?: "import" | "export";
	/** Left out while zero: the register is only asked for where energy flows back. */
	readonly quietAtZero?: boolean;
}

export const kMeterRows = frozen<readonly ObisRow[]>([
	{ obis: "1.8.0", point: "TotWhImp", unit: "kWh", k: 0.001, digits: 3 },
	{ obis: "2.8.0", point: "TotWhExp", unit: "kWh", k: 0.001, digits: 3 },
	{ obis: "1.7.0", point: "W", unit: "W", k: 1, digits: 1, half: "import" },
	{ obis: "2.7.0", point: "W", unit: "W", k: 1, digits: 1, half: "export", quietAtZero: true },
	{ obis: "32.7.0", point: "PhVphA", unit: "V", k: 1, digits: 2 },
	{ obis: "52.7.0", point: "PhVphB", unit: "V", k: 1, digits: 2 },
	{ obis: "72.7.0", point: "PhVphC", unit: "V", k: 1, digits: 2 },
	{ obis: "14.7.0", point: "Hz", unit: "Hz", k: 1, digits: 3 },
]);

/** Device id (serial), text, static: sent with every envelope so that a lost meter still names itself. */
export const kSerialObis = "0.0.96.1.1.255";
