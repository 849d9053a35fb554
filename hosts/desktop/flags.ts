import { UsageError } from "./options";

/** "yes": there or not; "number" and "text" have a value. */
export type FlagKind = "yes" | "number" | "text";

export type FlagValues<T extends Readonly<Record<string, FlagKind>>> = {
	[K in keyof T]: T[K] extends "yes" ? boolean : (T[K] extends "number" ? number : string) | undefined;
};

/** `--name value`, `--name=value` and what stands without a name. Throws UsageError. */
export function parseFlags<T extends Readonly<Record<string, FlagKind>>>(
	args: readonly string[],
	kinds: T,
): { rest: string[]; flags: FlagValues<T> } {
	const values: Record<string, string | number | boolean | undefined> = {};
	for (const [name, kind] of Object.entries(kinds)) values[name] = kind === "yes" ? false : undefined;
	const rest: string[] = [];
	for (let i = 0; i < args.length; i++) {
		const arg = args[i]!;
		if (!arg.startsWith("--")) {
			rest.push(arg);
			continue;
		}
		const at = arg.indexOf("=");
		const name = arg.slice(2, at < 0 ? undefined : at);
		const kind = kinds[name];
		if (kind === undefined) throw new UsageError(`there is no option --${name}; --help lists them`);
		if (kind === "yes") values[name] = true;
		else {
			const text = at < 0 ? args[++i] : arg.slice(at + 1);
			if (text === undefined || text === "" || (at < 0 && text.startsWith("--")))
				throw new UsageError(`--${name} needs a value`);
			values[name] = kind === "text" ? text : number(name, text);
		}
	}
	return { rest, flags: values as FlagValues<T> };
}

function number(name: string, text: string): number {
	const value = Number(text);
	if (!Number.isFinite(value)) throw new UsageError(`--${name} ${text}: it must be a number`);
	return value;
}

/** One of a few. Throws UsageError. */
export function oneOf<T extends string | number>(
	name: string,
	value: T | undefined,
	allowed: readonly T[],
): T | undefined {
	if (value === undefined || allowed.includes(value)) return value;
	throw new UsageError(`--${name} ${value}: it must be one of ${allowed.join(", ")}`);
}

/** Throws UsageError. */
export function whole(name: string, value: number | undefined, least: number, most: number): number | undefined {
	if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return value;
	throw new UsageError(`--${name} ${value}: it must be a whole number from ${least} to ${most}`);
}

export const kBauds = [1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200] as const;
export const kParities = ["none", "even", "odd"] as const;
