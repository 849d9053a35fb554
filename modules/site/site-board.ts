import { type BoardSettings, type CurrentTransformer, kCurrentGains, kDefaultBoard } from "../atm90e32/settings";
import type { Checker } from "../base/checker";
import { frozen } from "../base/frozen";
import { optionalOf } from "./site-services";
import type { SiteBoard } from "./site-shape";

const kKeys: readonly string[] = frozen(["outputs", "lineHz", "transformers", "voltageGains", "pga", "countCf"]);

/** "board" of a device on the board itself: how a metering board is set up, what relay outputs do when the hub starts. */
export function boardOf(value: unknown, place: string, check: Checker): SiteBoard | undefined {
	const fields = check.object(value, place, kKeys);
	if (!fields) return undefined;
	const optional = optionalOf(fields, place);
	const metering = {
		lineHz: optional("lineHz", kDefaultBoard.lineHz, (v, p) => check.oneOf(v, p, [50, 60] as const)),
		voltageGains: optional("voltageGains", kDefaultBoard.voltageGains, (v, p) => listOf(v, p, 2, check, gainOf)),
		currentGains: optional("transformers", kDefaultBoard.currentGains, (v, p) => listOf(v, p, 6, check, transformerOf)),
		pga: optional("pga", kDefaultBoard.pga, (v, p) => check.integer(v, p, 0, 0xffff)),
		countCf: optional("countCf", kDefaultBoard.countCf, (v, p) => check.oneOf(v, p, [0.1, 0.01] as const)),
	};
	const outputs =
		optional("outputs", "open" as const, (v, p) => check.oneOf(v, p, ["open", "keep"] as const)) ?? "open";
	return { outputs, metering: metering as BoardSettings };
}

function listOf(
	value: unknown,
	place: string,
	count: number,
	check: Checker,
	read: (value: unknown, place: string, check: Checker) => number | undefined,
): number[] | undefined {
	const list = check.array(value, place, count, count)?.map((one, i) => read(one, `${place}[${i}]`, check));
	return list?.every((one) => one !== undefined) ? (list as number[]) : undefined;
}

function gainOf(value: unknown, place: string, check: Checker): number | undefined {
	return check.integer(value, place, 1, 0xffff);
}

/** A transformer by its name, or the gain that a calibration gave. */
function transformerOf(value: unknown, place: string, check: Checker): number | undefined {
	if (typeof value === "number") return gainOf(value, place, check);
	const names = Object.keys(kCurrentGains) as CurrentTransformer[];
	const name = check.oneOf(value, place, names);
	return name === undefined ? undefined : kCurrentGains[name as CurrentTransformer];
}
