import type { Clock, TimerId } from "../../modules/base/clock";
import { Loader, type LoaderOptions, type ModuleMap } from "./loader";
import {
	type Addon,
	type Counters,
	type CreateOptions,
	loadAddon,
	type MachineHandle,
	type TimerHandle,
	type Variant,
} from "./machine-addon";

export type { Counters, Variant } from "./machine-addon";

export interface HeapOptions {
	/** Bytes for strings, buffers and byte code. */
	chunkBytes?: number;
	/** Slots for objects, properties and closures. */
	slots?: number;
	/** Slots of the stack. */
	stackSlots?: number;
	/** Property names and symbols made at run time. */
	keys?: number;
	/** May the heap grow beyond these, up to `limitBytes`? Default false: as fixed as on the device. */
	grow?: boolean;
	/** Chunks, slots and stack together. Default 64 MB. */
	limitBytes?: number;
}

export type Providers = Readonly<Record<string, object>>;

export interface MachineOptions {
	name?: string;
	/** `real` follows the computer's clock, `virtual` moves only by `advance`. Default real. */
	clock?: "real" | "virtual";
	/** UTC at the start of a virtual clock. Default 2026-01-01. */
	epochMs?: number;
	/** Of Math.random. Default 1. */
	seed?: number;
	/** Default: grows. */
	heap?: HeapOptions;
	/** Modules that are in flash on the device: imported once, frozen, shared by all machines with the same list. */
	preload?: readonly string[];
	/** False: nothing is frozen or shared, preloads are imported into the machine itself. Default true. */
	freeze?: boolean;
	/** Beside the repository's own modules. */
	modules?: ModuleMap;
	/** Modules as text: id to JavaScript. */
	sources?: Readonly<Record<string, string>>;
	/** Byte codes that one turn (a call, a timer) may take; more kills the machine. Default 0: any number. */
	byteCodeLimit?: number;
	/** Address of a debugger that waits for machines: "host:port". */
	xsbug?: string;
	/**
	 * Functions of Node for the platform's modules: `import tcp from "host:tcp"` gets `host.tcp`. Own members only.
	 * Given the machine when it is a function: its clock can be kept, but nothing else is there yet.
	 */
	host?: Providers | ((machine: Machine) => Providers);
	/** Exceptions that nobody caught, rejections that nobody handled. The machine goes on. Default: thrown in Node. */
	onError?(error: Error): void;
	/** What the machine prints with trace(). Default: standard output. */
	trace?(text: string): void;
	variant?: Variant;
}

/** A root and what it was made of; it lives as long as the thread. */
interface Root {
	handle: MachineHandle;
	checksum: number;
}

const roots = new Map<string, Root>();
const sourceSets = new WeakMap<object, number>();
let sourceSetCount = 0;

/**
 * The application's engine: XS, as on the device, in this thread. Everything is synchronous: a call from Node runs the
 * machine's code and its promise jobs before it returns. When the heap is full or the stack overflows the machine is dead, as on the device;
 * the call throws, and every later one does.
 */
export class Machine {
	/** For natives that export functions of their own to Node. */
	readonly handle: MachineHandle;
	readonly name: string;
	readonly addon: Addon;
	#loader: Loader;
	#root: Root | undefined;
	#virtual: boolean;
	#clock: MachineClock | undefined;

	/** Throws when the heap is too small for the engine, or a preload fails. */
	constructor(options: MachineOptions = {}) {
		this.name = options.name ?? "xs";
		this.addon = loadAddon(options.variant);
		this.#virtual = options.clock === "virtual";
		const loaderOptions: LoaderOptions = { modules: options.modules, sources: options.sources };
		this.#loader = new Loader(loaderOptions);
		const preload = options.preload ?? [];
		const providers = (typeof options.host === "function" ? options.host(this) : options.host) ?? {};
		if (options.freeze !== false) this.#root = this.#findRoot(options, preload, providers);
		const heap = heapOf(options.heap, this.#root);
		this.handle = this.addon.create(this.#createOptions(options, providers, heap), this.#root?.handle);
		if (options.freeze === false) for (const specifier of preload) this.importModule(specifier);
	}

	/** Imports a module and gives its exports. A module that awaits at its top level cannot be imported so. */
	importModule<T = Record<string, unknown>>(specifier: string): T {
		return this.addon.importModule(this.handle, specifier) as T;
	}

	/** Runs a script in the global scope and gives its value. */
	evaluate<T = unknown>(source: string): T {
		return this.addon.evaluate(this.handle, source) as T;
	}

	/** Moves the virtual clock, running every timer that falls due on the way, in order of time. */
	advance(ms: number): void {
		this.addon.advance(this.handle, ms);
	}

	/** Milliseconds since the machine was made, with fractions. */
	now(): number {
		return this.addon.nowUs(this.handle) / 1000;
	}

	/** Milliseconds until the next timer is due, undefined when none waits. */
	untilTimer(): number | undefined {
		const us = this.addon.nextTimer(this.handle);
		return us < 0 ? undefined : us / 1000;
	}

	/** The machine's clock for code in Node: its timers run in step with the machine's own, outside of its code. */
	get clock(): Clock {
		this.#clock ??= new MachineClock(this);
		return this.#clock;
	}

	get virtual(): boolean {
		return this.#virtual;
	}

	counters(): Counters {
		return this.addon.counters(this.handle);
	}

	/** Collects garbage now. */
	collect(): void {
		this.addon.collect(this.handle);
	}

	/** The error that killed the machine; undefined while it lives. */
	get dead(): Error | undefined {
		return this.addon.fatal(this.handle);
	}

	/**
	 * Throws when code of the machine has changed what is in flash on the device without an exception, which the engine
	 * does not prevent everywhere (Date.setTime on a preloaded Date, for one). Reads the whole root: for tests.
	 */
	checkRoot(): void {
		if (this.#root && this.addon.checksum(this.#root.handle) !== this.#root.checksum)
			throw new Error(`machine "${this.name}": something has written into a preloaded module or a built-in`);
	}

	/**
	 * What is preloaded and can still be changed, in words: objects and variables of modules that are not frozen. Each
	 * costs the device four bytes of RAM, and a look-up at each use. Some are the engine's own.
	 */
	preloadAliases(): string[] {
		return this.#root ? this.addon.aliases(this.#root.handle) : [];
	}

	/** Frees the machine; once more does nothing. Not while its code runs. */
	delete(): void {
		this.addon.delete(this.handle);
	}

	#createOptions(options: MachineOptions, providers: Providers, heap: ReturnType<typeof heapOf>): CreateOptions {
		const onError = options.onError;
		const addon = this.addon;
		return {
			name: this.name,
			resolve: (specifier, importer) => this.#loader.resolve(specifier, importer),
			load: (id) => this.#loader.load(id),
			trace: options.trace ?? ((text) => void process.stdout.write(text)),
			error: (value) => {
				const error = value instanceof Error ? value : new Error(`thrown by the machine: ${String(value)}`);
				// never from here, where the machine's code is on the stack
				if (!onError)
					queueMicrotask(() => {
						throw error;
					});
				else onError(error);
			},
			wrap: (target) => mirror(addon, target),
			promise: () => {
				const parts: unknown[] = [];
				parts.unshift(new Promise((resolve, reject) => parts.push(resolve, reject)));
				return parts;
			},
			providers,
			virtualClock: this.#virtual,
			epochMs: this.#virtual ? (options.epochMs ?? Date.UTC(2026, 0, 1)) : 0,
			seed: options.seed ?? 1,
			byteCodeLimit: options.byteCodeLimit ?? 0,
			xsbug: options.xsbug,
			...heap,
		};
	}

	/** Machines with the same preloads share a root; it is made by the first. */
	#findRoot(options: MachineOptions, preload: readonly string[], providers: Providers): Root {
		const key = JSON.stringify([
			options.variant ?? process.env["GRIDPOST_ADDON"] ?? "debug",
			preload,
			this.#loader.modules,
			options.sources && preload.length ? sourceSet(options.sources) : 0,
		]);
		let root = roots.get(key);
		if (!root) {
			const { xsbug: _, ...rest } = options;
			const handle = this.addon.create(this.#createOptions(rest, providers, rootHeap), undefined);
			this.addon.makeRoot(handle, preload);
			root = { handle, checksum: this.addon.checksum(handle) };
			roots.set(key, root);
		}
		return root;
	}
}

function sourceSet(sources: object): number {
	let id = sourceSets.get(sources);
	if (id === undefined) {
		id = ++sourceSetCount;
		sourceSets.set(sources, id);
	}
	return id;
}

const MB = 1024 * 1024;

const rootHeap = {
	memoryLimit: 1024 * MB,
	chunkInitial: MB,
	chunkIncrement: MB,
	slotInitial: 65536,
	slotIncrement: 65536,
	stack: 16384,
	keyInitial: 16384,
	keyIncrement: 4096,
};

/** What a machine has unless it says otherwise; 4,000 slots and 1,300 keys more when the built-ins are in it. */
function heapOf(heap: HeapOptions | undefined, root: Root | undefined) {
	const grow = heap === undefined || heap.grow === true;
	const slots = heap?.slots ?? 16384;
	const keys = heap?.keys ?? 1024;
	return {
		memoryLimit: heap?.limitBytes ?? 64 * MB,
		chunkInitial: heap?.chunkBytes ?? 256 * 1024,
		chunkIncrement: grow ? 512 * 1024 : 0,
		slotInitial: root ? slots : slots + 4096,
		slotIncrement: grow ? 65536 : 0,
		stack: heap?.stackSlots ?? 4096,
		keyInitial: root ? keys : keys + 1536,
		keyIncrement: grow ? 512 : 0,
	};
}

/** What Node sees of an object of the machine that is not plain: properties and methods work as usual. */
function mirror(addon: Addon, target: object): object {
	const self: object = new Proxy(target, {
		get: (_, key) => (typeof key === "string" ? addon.getProperty(self, key) : undefined),
		set: (_, key, value) => {
			if (typeof key !== "string") return false;
			addon.setProperty(self, key, value);
			return true;
		},
		has: (_, key) => typeof key === "string" && addon.hasProperty(self, key),
		ownKeys: () => addon.keysOf(self),
		getOwnPropertyDescriptor: (_, key) =>
			typeof key === "string" && addon.hasProperty(self, key)
				? { value: addon.getProperty(self, key), writable: true, enumerable: true, configurable: true }
				: undefined,
	});
	return self;
}

class MachineClock implements Clock {
	#machine: Machine;

	constructor(machine: Machine) {
		this.#machine = machine;
	}

	now(): number {
		return this.#machine.now();
	}

	epochMs(): number {
		return this.#machine.addon.epochMs(this.#machine.handle);
	}

	setTimer(callback: () => void, delayMs: number): TimerId {
		return this.#machine.addon.setTimer(this.#machine.handle, delayMs, callback);
	}

	clearTimer(id: TimerId | undefined): void {
		if (id !== undefined) this.#machine.addon.clearTimer(id as TimerHandle);
	}
}
