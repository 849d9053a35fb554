/** What commands to a charger of vehicles become in the rows of its table. It knows nothing of time or of the device. */
import { frozen } from "../base/frozen";
import { type DeviceTable, findRow, type Row } from "./table";

/** The least current that a control pilot can offer (IEC 61851-1 table A.8): with less a charger pauses. */
export const kLeastA = 6;

export type EvsePoint = "Chg" | "LimA" | "LimW" | "DisW" | "SetW" | "LimTms" | "SafeA" | "SafeW";
export const kEvsePoints = frozen<readonly EvsePoint[]>([
	"Chg",
	"LimA",
	"LimW",
	"DisW",
	"SetW",
	"LimTms",
	"SafeA",
	"SafeW",
]);

/** "Safe": the limit has fallen back. "Again": the device is back and is told what holds. */
export type EvseCause = EvsePoint | "Safe" | "Again";

/** What is commanded; NaN: nothing. */
export interface EvseWanted {
	charge: number;
	/** In A or W. */
	limit: number;
	discharge: number;
	setW: number;
}

export const kNothing = frozen<EvseWanted>({
	charge: Number.NaN,
	limit: Number.NaN,
	discharge: Number.NaN,
	setW: Number.NaN,
});

/** A row to be written. */
export interface EvseStep {
	readonly row: Row;
	readonly value: number;
}

export class EvseRows {
	readonly limit: Row;
	readonly charge: Row | undefined;
	readonly discharge: Row | undefined;
	/** It limits by current, else by power. */
	readonly byCurrent: boolean;
	/** The hub writes the safe value when a limit is not given again. */
	readonly byHub: boolean;

	/** A valid table with `evse`. */
	constructor(table: DeviceTable) {
		const { limit, charge, discharge, fallback } = table.evse!;
		this.limit = findRow(table, limit)!;
		this.charge = charge === undefined ? undefined : findRow(table, charge);
		this.discharge = discharge === undefined ? undefined : findRow(table, discharge);
		this.byCurrent = this.limit.unit === "A";
		this.byHub = fallback === "hub";
	}

	/** Below this the charger is paused instead. */
	get least(): number {
		return Math.max(this.limit.write!.min, this.byCurrent ? kLeastA : 1);
	}

	get limitPoint(): "LimA" | "LimW" {
		return this.byCurrent ? "LimA" : "LimW";
	}

	/** Whether a point is a command this charger can carry out. */
	takes(point: string): boolean {
		switch (point) {
			case "LimA":
				return this.byCurrent;
			case "LimW":
				return !this.byCurrent;
			case "SafeA":
				return this.byCurrent && this.byHub;
			case "SafeW":
				return !this.byCurrent && this.byHub;
			case "DisW":
			case "SetW":
				return this.discharge !== undefined;
			default:
				return point === "Chg" || point === "LimTms";
		}
	}

	/** Why a command must not be given, in words for a person; undefined when it may. */
	refuses(point: EvsePoint, value: number): string | undefined {
		const { max } = this.limit.write!;
		switch (point) {
			case "Chg":
				return value === 0 || value === 1 ? undefined : `${value} is not allowed; 0 pauses and 1 charges`;
			case "SetW":
				return within(value, -this.discharge!.write!.max, max);
			case "DisW":
				return within(value, this.discharge!.write!.min, this.discharge!.write!.max);
			case "LimTms":
				return within(value, 0, 86_400);
			default:
				return within(value, 0, max);
		}
	}

	/** What is wanted when a command comes to what was wanted before. */
	wanted(before: Readonly<EvseWanted>, cause: EvseCause, value: number): EvseWanted {
		switch (cause) {
			case "Chg":
				return { ...before, charge: value };
			case "DisW":
				return { ...before, discharge: value };
			case "SetW":
				return { ...before, setW: value };
			case "Again":
				return { ...before };
			default:
				return { ...before, limit: value, setW: Number.NaN };
		}
	}

	pauses({ charge, limit, setW }: Readonly<EvseWanted>): boolean {
		if (charge === 0) return true;
		if (Number.isNaN(setW)) return limit < this.least;
		return setW >= 0 ? setW < this.least : -setW < this.discharge!.write!.min;
	}

	/**
	 * The rows to be written, in their order. `paused`: what the hub has told the charger last, undefined for nothing.
	 * `unlimited`: what a charger goes on with whose limit of 0 was its pause.
	 */
	steps(cause: EvseCause, wanted: Readonly<EvseWanted>, paused: boolean | undefined, unlimited: number): EvseStep[] {
		const steps: EvseStep[] = [];
		const add = (row: Row, value: number): void => void steps.push({ row, value: rounded(row, value) });
		const { charge, discharge } = this;
		const pauses = this.pauses(wanted);
		const limits = cause !== "Chg";
		const turns = !limits || cause === "Again" || cause === "Safe" || paused !== pauses;
		if (pauses && !charge) {
			add(this.limit, 0);
			return steps;
		}
		if (pauses && charge && turns) add(charge, 0);
		if (limits || !charge) {
			if (wanted.setW >= this.least) add(this.limit, wanted.setW);
			else if (discharge && wanted.setW <= -discharge.write!.min) add(discharge, -wanted.setW);
			else if (wanted.limit >= this.least) add(this.limit, wanted.limit);
			else if (!limits) add(this.limit, unlimited);
			const again = cause === "Again" && !Number.isNaN(wanted.discharge);
			if (cause === "DisW" || again) add(discharge!, wanted.discharge);
		}
		// a start that the hub did not stop is nobody's business
		if (!pauses && charge && turns && (!limits || paused === true)) add(charge, 1);
		return steps;
	}
}

function within(value: number, min: number, max: number): string | undefined {
	return value >= min && value <= max ? undefined : `${value} is not allowed; ${min} to ${max} is`;
}

/** The next value below that the row's register holds, of one that is not rounded anyway. */
function rounded(row: Row, value: number): number {
	const rule = row.write!;
	if (rule.nearest || row.map || row.type === "f32" || row.type === "f64" || row.type === "bit") return value;
	const k = row.k ?? 1;
	return Number((Math.floor((value - (row.b ?? 0)) / k + 1e-6) * k + (row.b ?? 0)).toPrecision(12));
}
