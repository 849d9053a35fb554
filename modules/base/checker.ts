import { show } from "./errors";

/** One mistake in what a person wrote. `place` is a JSON path such as `devices[2].address`. */
export interface Problem {
	place: string;
	message: string;
}

export type Fields = Record<string, unknown>;

/**
 * Collects every problem of a configuration in one pass, so that a person mends all of them at once.
 * Each method returns the value when it is right, else undefined after noting place, value and what is allowed.
 */
export class Checker {
	readonly problems: Problem[] = [];

	problem(place: string, message: string): undefined {
		this.problems.push({ place, message });
		return undefined;
	}

	wrong(place: string, value: unknown, allowed: string): undefined {
		return this.problem(place, `${show(value)} is not allowed; ${allowed}`);
	}

	/** An object with no other keys than `known`; a key close to a known one is named. */
	object(value: unknown, place: string, known: readonly string[]): Fields | undefined {
		if (typeof value !== "object" || value === null || Array.isArray(value)) {
			return this.wrong(place, value, `it must be an object with ${known.join(", ")}`);
		}
		for (const key of Object.keys(value)) {
			if (known.includes(key)) continue;
			const near = known.find((candidate) => isNear(candidate, key));
			const hint = near ? `did you mean "${near}"?` : `allowed are ${known.join(", ")}`;
			this.problem(join(place, key), `there is no such setting; ${hint}`);
		}
		return value as Fields;
	}

	array(value: unknown, place: string, least: number, most: number): unknown[] | undefined {
		if (!Array.isArray(value)) return this.wrong(place, value, "it must be a list");
		if (value.length < least || value.length > most) {
			return this.problem(place, `${value.length} entries; ${least} to ${most} are allowed`);
		}
		return value;
	}

	/** Printable text of 1 to `most` characters. */
	text(value: unknown, place: string, most: number): string | undefined {
		if (typeof value !== "string" || value.trim() === "" || value.length > most || hasControl(value)) {
			return this.wrong(place, value, `it must be text of 1 to ${most} characters without control characters`);
		}
		return value;
	}

	/** Safe in an MQTT topic level, a file name and a URL. */
	id(value: unknown, place: string): string | undefined {
		if (typeof value !== "string" || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(value)) {
			return this.wrong(
				place,
				value,
				"it must be 1 to 63 letters, digits, dots, dashes or underscores, a letter or digit first",
			);
		}
		return value;
	}

	integer(value: unknown, place: string, least: number, most: number): number | undefined {
		if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
			return this.wrong(place, value, `it must be a whole number from ${least} to ${most}`);
		}
		return value;
	}

	number(value: unknown, place: string, least: number, most: number, unit: string): number | undefined {
		if (typeof value !== "number" || !(value >= least && value <= most)) {
			return this.wrong(place, value, `it must be a number from ${least} to ${most}${unit ? ` ${unit}` : ""}`);
		}
		return value;
	}

	boolean(value: unknown, place: string): boolean | undefined {
		return typeof value === "boolean" ? value : this.wrong(place, value, "it must be true or false");
	}

	oneOf<T extends string | number>(value: unknown, place: string, allowed: readonly T[]): T | undefined {
		if (allowed.includes(value as T)) return value as T;
		if (allowed.length === 0) return this.wrong(place, value, "there is none that it could be");
		return this.wrong(place, value, `it must be one of ${allowed.map((one) => show(one)).join(", ")}`);
	}
}

/** `place.key`, or `key` at the top. */
export function join(place: string, key: string): string {
	return place === "" ? key : `${place}.${key}`;
}

/** Whether a text holds control characters. */
export function hasControl(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code < 0x20 || code === 0x7f) return true;
	}
	return false;
}

/** One letter added, left out, swapped with its neighbour or replaced; or only upper and lower case differ. */
function isNear(a: string, b: string): boolean {
	if (a.toLowerCase() === b.toLowerCase()) return true;
	if (Math.abs(a.length - b.length) > 1) return false;
	let i = 0;
	while (i < a.length && i < b.length && a[i] === b[i]) i++;
	const restA = a.slice(i);
	const restB = b.slice(i);
	return (
		restA.slice(1) === restB ||
		restA === restB.slice(1) ||
		restA.slice(1) === restB.slice(1) ||
		(restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
	);
}
