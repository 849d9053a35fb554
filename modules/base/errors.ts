/** Whose fault an error is: the device or peer at the other end, what a person configured, or our own code and machine. */
export type ErrorOrigin = "peer" | "config" | "local";

/** Whether the same call may succeed again: at once, after a change of circumstances, or not at all. */
export type ErrorRetry = "now" | "later" | "never";

export interface ErrorDetail {
	origin: ErrorOrigin;
	retry: ErrorRetry;
	/** Where: a JSON path, a topic, a file and row. */
	place?: string;
}

/**
 * The one error class. `code` is a short stable word for programs, `message` names place, value and what is allowed.
 * Outcomes that are expected in service (time-out, exception reply) are values, not errors.
 * Fields are declared, not assigned to `this.name`: on XS the prototype chain of a preloaded Error is frozen.
 */
export class GridpostError extends Error {
	readonly code: string;
	readonly origin: ErrorOrigin;
	readonly retry: ErrorRetry;
	readonly place: string;

	constructor(code: string, message: string, detail: ErrorDetail) {
		super(message);
		this.code = code;
		this.origin = detail.origin;
		this.retry = detail.retry;
		this.place = detail.place ?? "";
	}
}

/** A mistake in what a person wrote: `place` is the JSON path or option, `allowed` says what would be right. */
export function configError(place: string, value: unknown, allowed: string): GridpostError {
	return new GridpostError("bad-config", `${place}: ${show(value)} is not allowed; ${allowed}`, {
		origin: "config",
		retry: "never",
		place,
	});
}

/** A value as a person would recognise it, cut to 60 characters. */
export function show(value: unknown): string {
	let text: string | undefined;
	if (value === undefined) return "nothing";
	if (typeof value === "bigint") text = value.toString();
	else {
		try {
			text = JSON.stringify(value);
		} catch {
			text = String(value);
		}
	}
	if (text === undefined) text = String(value);
	return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
