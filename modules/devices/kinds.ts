import { frozen } from "../base/frozen";

/**
 * What a device is for. The kind states once what its signs mean; a table only says in which direction the device's
 * own registers count (`positive`), and the engine turns the value round where they differ.
 */
export interface KindRule {
	readonly what: string;
	/** Meaning of a positive active power, in the image. Undefined: the kind has no signed power. */
	readonly positive?: Direction;
	readonly positivePower?: string;
	/** What a table of the kind may say of its own. */
	readonly directions: readonly Direction[];
	/** SunSpec models of which a device of the kind has one. */
	readonly models: readonly number[];
}

export type Kind =
	| "meter"
	| "environment"
	| "inverter"
	| "battery"
	| "solar"
	| "drive"
	| "evse"
	| "leakage"
	| "relay"
	| "plc";

/**
 * Which flow is positive: "import" from the grid and "charge" into a battery are one sense, "export" into the grid (and
 * out of a solar panel) and "discharge" out of a battery the other.
 */
export type Direction = "import" | "export" | "charge" | "discharge";

/**
 * meter: power and current flow from the grid to the customer when positive (import, SunSpec meter models 201..214);
 * TotWhImp and TotWhExp both count upward. Reactive power is positive when the customer draws it (inductive load).
 *
 * inverter: active power is positive when it is injected into the grid (export, models 101..103 and 701), reactive power
 * likewise; a load is negative. At its DC ports (714) power is positive out of the panel or battery.
 * battery: power and current are positive when it discharges (713, 714, 802..804).
 * solar: a DC charge controller; power flows one way and has no sign, except a battery current, whose row says so.
 *
 * drive: power is positive when the motor draws it. evse: power and current are positive when the car is charged,
 * negative when it feeds back. leakage, relay and plc have no power.
 */
export const KINDS = frozen<Readonly<Record<Kind, KindRule>>>({
	meter: {
		what: "electricity meter",
		positive: "import",
		positivePower: "import: from the grid to the customer",
		directions: ["import", "export"],
		models: [201, 202, 203, 204, 211, 212, 213, 214],
	},
	environment: { what: "weather or room sensor", directions: [], models: [302, 303, 304, 305, 306, 307, 308] },
	inverter: {
		what: "inverter",
		positive: "export",
		positivePower: "export: injected into the grid",
		directions: ["import", "export"],
		models: [101, 102, 103, 111, 112, 113, 701],
	},
	battery: {
		what: "battery",
		positive: "discharge",
		positivePower: "discharge: out of the battery",
		directions: ["charge", "discharge"],
		models: [713, 714, 802, 803, 804],
	},
	solar: {
		what: "solar or wind charge controller",
		directions: [],
		models: [160, 403, 404, 501, 502, 714, 64111, 64112],
	},
	drive: {
		what: "variable frequency drive",
		positive: "import",
		positivePower: "import: drawn by the motor",
		directions: ["import", "export"],
		models: [64920],
	},
	evse: {
		what: "charger of electric vehicles",
		positive: "charge",
		positivePower: "charge: into the car",
		directions: ["charge", "discharge"],
		models: [64921],
	},
	leakage: { what: "residual current monitor", directions: [], models: [64922] },
	relay: { what: "relay output", directions: [], models: [64923] },
	plc: { what: "programmable controller", directions: [], models: [64924] },
});

/** Whether both name the same sense of flow. */
export function sameSense(a: Direction, b: Direction): boolean {
	return inward(a) === inward(b);
}

function inward(direction: Direction): boolean {
	return direction === "import" || direction === "charge";
}
