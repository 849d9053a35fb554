import type { Options } from "embedded:io/analog";
import host from "host:io";
import { checkOptions, closedError, integer, word } from "./events";

type Format = "number";
const FORMATS: readonly Format[] = ["number"];

/** One converter pin, owned alone: a value each time it is read, as the device's one-shot converter. */
export default class Analog {
	#id = 0;
	target: unknown;

	constructor(options: Options) {
		checkOptions("Analog", options);
		word("Analog", "format", options.format ?? "number", FORMATS);
		if (options.target !== undefined) this.target = options.target;
		this.#id = host.analogOpen(integer("Analog", "pin", options.pin, 0, 255));
	}

	get resolution(): number {
		this.#open();
		return 12;
	}

	get format(): Format {
		return "number";
	}

	set format(format: Format) {
		word("Analog", "format", format, FORMATS);
	}

	read(): number {
		return host.analogRead(this.#open());
	}

	close(): void {
		const id = this.#id;
		this.#id = 0;
		if (id !== 0) host.close(id);
	}

	#open(): number {
		if (this.#id === 0) throw closedError("Analog");
		return this.#id;
	}
}
