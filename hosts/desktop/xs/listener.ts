import type { Options } from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import host from "host:io";
import { attach, callbackMask, checkOptions, closedError, integer, release, word } from "./events";

type Format = "socket/tcp";
const FORMATS: readonly Format[] = ["socket/tcp"];

/** ECMA-419 listener. The constructor throws when the port cannot be had, and names it. */
export default class Listener {
	#id = 0;
	target: unknown;

	constructor(options: Options) {
		checkOptions("Listener", options);
		const mask = callbackMask("Listener", options);
		word("Listener", "format", options.format ?? "socket/tcp", FORMATS);
		const port = integer("Listener", "port", options.port ?? 0, 0, 65535);
		if (options.target !== undefined) this.target = options.target;
		this.#id = host.listen(port, options.address, mask);
		attach(this.#id, this, options);
	}

	get port(): number {
		return host.listenerPort(this.#open());
	}

	get format(): Format {
		return "socket/tcp";
	}

	set format(format: Format) {
		word("Listener", "format", format, FORMATS);
	}

	read(): TCP | undefined {
		const from = host.accept(this.#open());
		return from === undefined ? undefined : new TCP({ from });
	}

	close(): void {
		const id = this.#id;
		this.#id = 0;
		release(id);
	}

	#open(): number {
		if (this.#id === 0) throw closedError("Listener");
		return this.#id;
	}
}
