import { frozen } from "../base/frozen";

/**
 * What a device is for. The kind states once what its signs mean; a table only says in which direction the device's
 * own registers count (`positive`), and the engine turns the value round where they differ.
 */
export interface KindRule {
	readonly what: string;
	/** Meaning of a positive active power, in the image. Undefined: the kind has no signed power. */
	readonly positivePower?: string;
	/** SunSpec models of which a device of the kind has one. */
	readonly models: readonly number[];
}

export type Kind = "meter" | "environment";

/**
 * meter: power and current flow from the grid to the customer when positive (import, SunSpec meter models 201..214);
 * TotWhImp and TotWhExp both count upward. Reactive power is positive when the customer draws it (inductive load).
 */
export const KINDS = frozen<Readonly<Record<Kind, KindRule>>>({
	meter: {
		what: "electricity meter",
		positivePower: "import: from the grid to the customer",
		models: [201, 202, 203, 204, 211, 212, 213, 214],
	},
	environment: { what: "weather or room sensor", models: [302, 303, 304, 305, 306, 307, 308] },
});
