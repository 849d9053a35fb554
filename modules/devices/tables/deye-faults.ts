import { frozen } from "../../base/frozen";
import { shared } from "../share";

/** What makes a fault or alarm of 701.Alrm of the family's 64 fault bits; bit n is fault F(n + 1). */
type BitPairs = readonly (readonly [from: number, to: number])[];

const groundFault = 0;
const dcOverVolt = 1;
const gridDisconnect = 4;
const manualShutdown = 6;
const overTemp = 7;
const overFrequency = 8;
const underFrequency = 9;
const acOverVolt = 10;
const acUnderVolt = 11;
const memoryLoss = 14;
const manufacturer = 16;

/** F13, "working mode changed", is a notice: no alarm. */
const notice = 12;

/**
 * Common to all: earth and insulation faults F02 to F04, F16, F21, F23, F24, F27; memory F05, F06; emergency stop F22; no
 * grid F35; grid voltage F42 to F45; grid frequency F47, F48; heat sink F64.
 * F08, the relay of the earth fault detector, is a broken part and no earth fault. F45 is an over-voltage by its name and
 * by the three-phase list, though its hint speaks of under-voltage. Whatever is set raises MANUFACTURER_ALRM beside it:
 * only then is MnAlrmInfo valid.
 */
const common = frozen<BitPairs>([
	...[1, 2, 3, 15, 20, 22, 23, 26].map((bit) => [bit, groundFault] as const),
	[4, memoryLoss],
	[5, memoryLoss],
	[21, manualShutdown],
	[34, gridDisconnect],
	[41, acUnderVolt],
	[42, acOverVolt],
	[43, acUnderVolt],
	[44, acOverVolt],
	[46, overFrequency],
	[47, underFrequency],
	[63, overTemp],
]);

function withManufacturer(own: BitPairs): BitPairs {
	const all: (readonly [number, number])[] = [...common, ...own];
	for (let bit = 0; bit < 64; bit++) if (bit !== notice) all.push([bit, manufacturer]);
	return all;
}

/** Low-voltage battery: F41 over-voltage of the grid, F55 PV or battery over-voltage, F61 switched off by its button. */
export const lowVoltageAlarms = frozen(
	withManufacturer([
		[40, acOverVolt],
		[54, dcOverVolt],
		[60, manualShutdown],
	]),
);

/** High-voltage battery, where numbers mean other things: F52, F54, F55 DC over-voltage, F62 stopped by DRM. */
export const highVoltageAlarms = shared(
	withManufacturer([
		[51, dcOverVolt],
		[53, dcOverVolt],
		[54, dcOverVolt],
		[61, manualShutdown],
	]),
	[lowVoltageAlarms],
);

const lowNames =
	"DC reversed|DC insulation|GFDI|GFDI ground|EEPROM read|EEPROM write|DC/DC soft start|GFDI relay|IGBT|" +
	"Auxiliary power board|AC main contactor|AC slave contactor|Working mode changed|DC over-current|AC over-current SW|" +
	"GFCI|Battery hold|AC over-current HW|Integrated|DC over-current HW|GFDI over-current|Emergency stop|" +
	"GFCI over-current|DC insulation ISO|DC feedback|Bus unbalance|DC insulation end|DCI over M1|Parallel|" +
	"AC main contactor|Soft start|DCI over M2|AC over-current|AC overload|No utility|Phase sequence|Volt unbalance|" +
	"Current unbalance|AC over-current cycle|DC over-current INT|WU over-voltage|WU under-voltage|VW over-voltage|" +
	"VW under-voltage|UV over-voltage|Parallel aux|AC over-frequency|AC under-frequency|U grid DC high|V grid DC high|" +
	"W grid DC high|A inductor DC high|B inductor DC high|C inductor DC high|DC voltage high|DC voltage low|Back-feed|" +
	"U grid current high|V grid current high|W grid current high|Button off|B inductor current high|Arc|Heat sink hot";

/** Where the three-phase list for high-voltage batteries differs. */
const highNames = frozen<Readonly<Record<number, string>>>({
	20: "DC bus over-current",
	40: "Parallel system stopped",
	45: "Battery 1",
	48: "Battery 2",
	51: "DC voltage high",
	52: "DC voltage low",
	53: "Battery 1 voltage high",
	54: "Battery 2 voltage high",
	55: "Battery 1 voltage low",
	56: "Battery 2 voltage low",
	57: "BMS lost",
	58: "V grid current high",
	59: "W grid current high",
	60: "A inductor current high",
	61: "DRM stop",
});

function texts(other: Readonly<Record<number, string>>): Readonly<Record<number, string>> {
	const all: Record<number, string> = {};
	lowNames.split("|").forEach((name, bit) => {
		all[bit] = `F${bit < 9 ? "0" : ""}${bit + 1} ${other[bit] ?? name}`;
	});
	return all;
}

/** Text of each bit for MnAlrmInfo, the code the inverter's display shows first. */
export const lowVoltageFaults = frozen(texts({}));
export const highVoltageFaults = frozen(texts(highNames));
