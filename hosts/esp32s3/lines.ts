import { configError } from "../../modules/base/errors";
import { frozen } from "../../modules/base/frozen";
import type { RS485Options } from "../../modules/rs485/rs485";
import type { Pins } from "./boards";

/** Names of the board's RS-485 lines in a site file: line n is UART n, as UART 0 is the console. */
export const lineNames = frozen(["rs485-1", "rs485-2"] as const);

/** The options of the native class for what a site file calls a port. Throws when the board has no such line. */
export function lineOptions(pins: Readonly<Pins>, options: RS485Options): RS485Options {
	const text = String(options.port);
	const uart = text === "1" ? 1 : text === "2" ? 2 : lineNames.indexOf(text as (typeof lineNames)[number]) + 1;
	const has = lineNames.filter((_, index) => pins[`rs485_${(index + 1) as 1 | 2}_receive`] !== undefined);
	const line = uart === 1 || uart === 2 ? (`rs485_${uart}` as const) : undefined;
	const receive = line && pins[`${line}_receive`];
	const transmit = line && pins[`${line}_transmit`];
	if (receive === undefined || transmit === undefined)
		throw configError("port", options.port, `this board has ${has.join(" and ") || "no RS-485 line"}`);
	const enable = line && pins[`${line}_enable`];
	return { ...options, port: uart, receive, transmit, ...(enable === undefined ? {} : { enable }) };
}
