import { frozen } from "../../base/frozen";
import { hybridMeasured, hybridSettings } from "../models/hybrid";
import type { Derived, DeviceTable, Row } from "../table";
import { again, bothSides, measured, read, settingOrders, settings } from "./deye-row";
import type { SettingsPlan } from "./deye-settings";

/** What both maps' tables state of a product. */
export interface Product extends SettingsPlan {
	readonly id: string;
	readonly maker: string;
	readonly model: string;
	readonly mppts: number;
	readonly quirks: readonly string[];
	readonly sources: readonly string[];
	readonly confidence: DeviceTable["confidence"];
}

type Head = Omit<DeviceTable, "fixed" | "derived" | "controls" | "maxRead" | "blocks" | "never" | "rows">;

export function head(product: Product): Head {
	const { id, maker, model, quirks, sources, confidence } = product;
	const ports = { id: 714, repeats: { Prt: product.mppts + 1 } };
	return {
		...{ id, maker, model, quirks, sources, confidence },
		kind: "inverter",
		sunspec: [1, 701, 701, 702, 704, 713, ports, 802, hybridMeasured, hybridSettings],
		orders: settingOrders,
		eeprom: true,
		bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 1000, pauseMs: 20, replyMs: 40 },
		functions: [3, 16],
		fc: 3,
		wordOrder: "lo-hi",
		positive: "import",
	};
}

/** The battery's port: behind those of the panels. */
export function batteryPort({ mppts }: Product): string {
	return `714.Prt[${mppts + 1}]`;
}

/** Scale factors and constants. `tens`: power of the grid in steps of 10 W. */
export function fixedPoints(
	product: Product,
	scales: { tens: boolean; var: number; dcA: number; ctrlModes: number },
): Record<string, number | string> {
	const { highVoltage, mppts } = product;
	const tens = scales.tens ? 1 : 0;
	const dcTens = highVoltage ? 1 : 0;
	const whSf = highVoltage ? 2 : 1;
	const dcV = highVoltage ? -1 : -2;
	// The greatest current that may be set: not the one that is, which the hub's own limits change.
	const rateW = Math.round(product.maxChargeA * product.nominalV);
	const fixed: Record<string, number | string> = {
		...{
			"702.W_SF": dcTens,
			"702.VA_SF": dcTens,
			"702.Var_SF": dcTens,
			"702.V_SF": -1,
			"702.A_SF": 0,
			"702.PF_SF": -3,
		},
		"702.CtrlModes": scales.ctrlModes,
		...{
			"702.WChaRteMaxRtg": rateW,
			"702.WDisChaRteMaxRtg": rateW,
			"802.WChaRteMax": rateW,
			"802.WDisChaRteMax": rateW,
		},
		...{ "713.WH_SF": whSf, "713.Pct_SF": -1 },
		...{ "714.DCA_SF": scales.dcA, "714.DCV_SF": dcV, "714.DCW_SF": dcTens, "714.DCWH_SF": 0, "714.Tmp_SF": -1 },
		...{ "802.AHRtg_SF": 0, "802.WHRtg_SF": whSf, "802.WChaDisChaMax_SF": dcTens, "802.SoC_SF": -1, "802.SoH_SF": -1 },
		...{ "802.V_SF": dcV, "802.CellV_SF": -3, "802.A_SF": -2, "802.AMax_SF": 0, "802.W_SF": tens },
		// no remote connection or state, and no alarm that is reset from here
		...{ "802.LocRemCtl": 0, "802.AlmRst": 0, "802.Evt2": 0, "802.SetOp": 1, "802.SetInvState": 3 },
	};
	for (const at of ["701", "701#2"]) {
		const sf = { A: -2, V: -1, Hz: -2, W: tens, PF: -3, VA: tens, Var: scales.var, TotWh: 0, TotVarh: 0, Tmp: -1 };
		for (const [name, power] of Object.entries(sf)) fixed[`${at}.${name}_SF`] = power;
	}
	for (let n = 1; n <= mppts + 1; n++) {
		const pv = n <= mppts;
		fixed[`714.Prt[${n}].PrtTyp`] = pv ? 0 : 1;
		fixed[`714.Prt[${n}].ID`] = n;
		fixed[`714.Prt[${n}].IDStr`] = pv ? `MPPT${n}` : "BATT1";
	}
	return fixed;
}

/** Status, warnings, faults and temperatures, each for both sides. */
export function stateRows(
	at: { status: number; warnings: number; faults: number; transformer: number | undefined; heatSink: number },
	alarms: Row["bitMap"] & object,
	texts: Row["texts"] & object,
): Row[] {
	const status = read("normal", "overall_state", at.status, "u16", "code", {
		// standby, self-test, normal, alarm (still running), fault, activating
		map: { 0: 7, 1: 2, 2: 3, 3: 3, 4: 6, 5: 2 },
		point: bothSides("InvSt"),
	});
	const faults = read("normal", "fault_bits", at.faults, "u64", "code", { bitMap: alarms, point: bothSides("Alrm") });
	const words = (name: string, address: number, point: string): Row =>
		again(faults, name, "code", { type: "u32", address, point: measured(point) });
	const celsius = (name: string, address: number, point: string): Row =>
		read("normal", name, address, "u16", "C", { k: 0.1, b: -100, point: bothSides(point) });
	const rows = [
		status,
		again(status, "running", "code", { map: { 0: 0, 1: 0, 2: 1, 3: 1, 4: 0, 5: 0 } }),
		again(status, "overall_state_raw", "code", { point: measured("StRaw") }),
		read("normal", "warning_bits", at.warnings, "u32", "code", { point: measured("Wrn") }),
		faults,
		words("faults_1_to_32", at.faults, "Flt1"),
		words("faults_33_to_64", at.faults + 2, "Flt2"),
		again(faults, "fault_text", "text", { texts, point: bothSides("MnAlrmInfo") }),
		celsius("heatsink_temperature", at.heatSink, "TmpSnk"),
	];
	if (at.transformer !== undefined) rows.push(celsius("dc_transformer_temperature", at.transformer, "TmpTrns"));
	return rows;
}

/** Lifetime counters only, low word first: those of the day start anew at midnight. */
export function energyRows(
	product: Product,
	at: { charge: number; discharge: number; buy: number; buyHigh?: number; sell: number; load: number; pv: number },
): Row[] {
	const battery = batteryPort(product);
	const total = (name: string, address: number, point: string | readonly string[]): Row =>
		read("normal", name, address, "u32", "Wh", { k: 100, point });
	const buy = total("total_grid_import", at.buy, "TotWhAbs");
	return [
		total("total_battery_charge", at.charge, [`${battery}.DCWhAbs`, "714.DCWhAbs"]),
		total("total_battery_discharge", at.discharge, `${battery}.DCWhInj`),
		at.buyHigh === undefined ? buy : { ...buy, high: at.buyHigh },
		total("total_grid_export", at.sell, "TotWhInj"),
		total("total_load_energy", at.load, "701#2.TotWhAbs"),
		total("total_pv_energy", at.pv, measured("WhPv")),
	];
}

/** State, sums of the DC ports, and what follows for the battery from its settings and its management. */
export function commonPoints(product: Product): Derived[] {
	const ports = Array.from({ length: product.mppts + 1 }, (_, i) => `714.Prt[${i + 1}]`);
	const battery = batteryPort(product);
	const ifThere = (point: string, row: string): Derived => ({
		point: measured(point),
		by: "product",
		of: [row, "@bms_there"],
	});
	return [
		{ point: bothSides("St"), by: "product", of: ["@running", measured("BtnOn")] },
		{ point: "714.DCA", by: "sum", of: ports.map((port) => `${port}.DCA`) },
		{ point: "714.DCW", by: "sum", of: ports.map((port) => `${port}.DCW`) },
		{ point: "714.DCWhInj", by: "sum", of: [measured("WhPv"), `${battery}.DCWhInj`] },
		...ports.map((port): Derived => ({ point: `${port}.DCSta`, by: "over", of: [`${port}.DCW`], limit: 10 })),
		ifThere("BmsSoC", "@bms_soc"),
		ifThere("BmsACha", "@bms_charge_current_limit"),
		ifThere("BmsADis", "@bms_discharge_current_limit"),
		...(product.shift === 0 ? [ifThere("BmsA", "@bms_current")] : []),
		{ point: ["713.SoC", "802.SoC"], by: "first", of: [measured("BmsSoC"), "@battery_soc"] },
		{ point: ["713.WHRtg", "802.WHRtg"], by: "product", of: ["802.AHRtg", "@battery_nominal_voltage"] },
		{ point: "713.WHAvail", by: "product", of: ["713.WHRtg", "713.SoC"], k: 0.01 },
		{ point: "713.Sta", by: "max", of: ["@bms_warning_state", "@bms_fault_state"] },
		{ point: "802.Evt1", by: "sum", of: ["@bms_warning_event", "@bms_fault_event"] },
		{ point: "802.AChaMax", by: "first", of: [measured("BmsACha"), settings("ACha")] },
		{ point: "802.ADisChaMax", by: "first", of: [measured("BmsADis"), settings("ADisCha")] },
		{ point: measured("BatDir"), by: "sign", of: [`${battery}.DCSta`, `${battery}.DCW`] },
		// Idle 0 is HOLDING (6), -1 is CHARGING (4), 1 is DISCHARGING (3): -2.5 x² - 0.5 x + 6.
		{ point: "802.ChaSt", by: "sum", of: [`${battery}.DCSta`, measured("BatDir")], factors: [-2.5, -0.5], b: 6 },
	];
}

/** Limits that every model of the family takes. */
export const commonControls = frozen<NonNullable<DeviceTable["controls"]>>([
	{ ability: "limitW", row: "max_sell_power" },
	{ ability: "chargeLimitW", row: "max_charge_current", dividedBy: "802.V" },
	{ ability: "dischargeLimitW", row: "max_discharge_current", dividedBy: "802.V" },
]);
