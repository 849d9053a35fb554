import { frozen } from "../base/frozen";

/** Units a row may have: SI, unscaled, so that a point never needs a second factor. "1" is a pure number, "code" an enumeration. */
export const UNITS = frozen([
	"V",
	"A",
	"W",
	"VA",
	"var",
	"Wh",
	"VAh",
	"varh",
	"Ah",
	"Hz",
	"C",
	"%",
	"deg",
	"ohm",
	"s",
	"ms",
	"m/s",
	"rpm",
	"1",
	"code",
	"text",
]);

export type Unit = (typeof UNITS)[number];

/** What people write instead, and the factor to put into k. */
export const UNIT_MISTAKES = frozen<Readonly<Record<string, string>>>({
	kW: "W (k 1000 times larger)",
	kVA: "VA (k 1000 times larger)",
	kvar: "var (k 1000 times larger)",
	kWh: "Wh (k 1000 times larger)",
	kVAh: "VAh (k 1000 times larger)",
	kvarh: "varh (k 1000 times larger)",
	mA: "A (k 1000 times smaller)",
	mV: "V (k 1000 times smaller)",
	mAh: "Ah (k 1000 times smaller)",
	mOhm: "ohm (k 1000 times smaller)",
	min: "s (k 60 times larger)",
	h: "s (k 3600 times larger)",
	day: "s (k 86400 times larger)",
	degC: "C",
	Pct: "%",
	PF: "1",
});

/** An accumulated quantity: it never falls. */
export function isCounter(unit: Unit): boolean {
	return unit === "Wh" || unit === "VAh" || unit === "varh";
}

/** Whether a value in `unit` may be stored in a SunSpec point whose unit is `sunspec` ("" or undefined: none). */
export function fitsSunspecUnit(unit: Unit, sunspec: string | undefined): boolean {
	switch (sunspec) {
		case undefined:
		case "":
			return unit === "1" || unit === "code" || unit === "text";
		case "PF":
		case "cos()":
			return unit === "1";
		case "Pct":
			return unit === "%";
		case "Secs":
			return unit === "s";
		case "ohms":
			return unit === "ohm";
		default:
			// "% WMax", "Var" and "WH": the models do not spell all alike
			return sunspec[0] === "%" ? unit === "%" : unit.toLowerCase() === sunspec.toLowerCase();
	}
}
