import type { Options } from "embedded:io/digital";
import host from "host:io";
import { attach, callbackMask, checkOptions, closedError, integer, READABLE, release, word } from "./events";

type Format = "number";
const FORMATS: readonly Format[] = ["number"];

/** One pin, owned alone. `activeLow` turns what is read and written, edges and initial value included. */
export default class Digital {
	static readonly Input = 0;
	static readonly InputPullUp = 1;
	static readonly InputPullDown = 2;
	static readonly InputPullUpDown = 3;
	static readonly Output = 8;
	static readonly OutputOpenDrain = 9;
	static readonly Rising = 1;
	static readonly Falling = 2;

	#id = 0;
	target: unknown;

	constructor(options: Options) {
		checkOptions("Digital", options);
		const mask = callbackMask("Digital", options) & READABLE;
		word("Digital", "format", options.format ?? "number", FORMATS);
		const pin = integer("Digital", "pin", options.pin, 0, 255);
		const mode = integer("Digital", "mode", options.mode, 0, 255);
		const edges = integer("Digital", "edge", options.edge ?? 0, 0, 3);
		if (options.target !== undefined) this.target = options.target;
		const initial = options.initialValue ? 1 : 0;
		this.#id = host.digitalOpen(pin, mode, edges, Boolean(options.activeLow), initial, mask);
		attach(this.#id, this, options);
	}

	get format(): Format {
		return "number";
	}

	set format(format: Format) {
		word("Digital", "format", format, FORMATS);
	}

	read(): 0 | 1 {
		return host.digitalRead(this.#open());
	}

	write(value: number | boolean): void {
		host.digitalWrite(this.#open(), value ? 1 : 0);
	}

	close(): void {
		const id = this.#id;
		this.#id = 0;
		release(id);
	}

	#open(): number {
		if (this.#id === 0) throw closedError("Digital");
		return this.#id;
	}
}
