import type { Options } from "embedded:io/serial";
import host from "host:io";
import { integer } from "./events";
import { Stream } from "./stream";
import { serialOpen } from "./termios";

/** ECMA-419 serial line, 8N1, on a tty or pty by its path in `port` or, as in the SDK's simulator, `device`. */
export default class Serial extends Stream {
	constructor(options: Options) {
		super("Serial", options, open);
	}
}

function open(options: Options, mask: number): number {
	const path = options.device ?? options.port;
	if (typeof path !== "string" || path === "") throw new TypeError("Serial: port is not the path of a tty");
	const baud = integer("Serial", "baud", options.baud, 50, 4_000_000);
	return host.serialAttach(path, serialOpen(path, baud), mask);
}
