import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { findRoot } from "./loader";

/** A machine, as the addon knows it. */
export type MachineHandle = { readonly brand: unique symbol };
/** A timer of Node on a machine's clock. */
export type TimerHandle = { readonly brand: unique symbol };

/** All figures are for one machine alone: what its root holds (flash, on the device) is not in them. */
export interface Counters {
	/** Executed so far, since the machine was made. The same program gives the same number, everywhere. */
	byteCodes: number;
	/** Slots in use: 16 bytes each on the device. */
	slots: number;
	slotsPeak: number;
	slotsReserved: number;
	/** Bytes of strings, buffers, byte code of modules that are not preloaded. About a sixth less on the device. */
	chunkBytes: number;
	chunkBytesPeak: number;
	chunkBytesReserved: number;
	/** Deepest stack, in slots. Up to a third higher than on the device. */
	stackPeak: number;
	/** Property names and symbols made at run time. */
	keys: number;
	/** Garbage collections, modulo 65536. */
	collections: number;
	modules: number;
	/** Timers that wait. */
	timers: number;
}

/** What Machine.create hands to the addon: see hostCreate in addon/machine.c. */
export interface CreateOptions {
	name: string;
	resolve(specifier: string, importer: string | undefined): string;
	load(id: string): { path: string; source: string; map?: string };
	trace(text: string): void;
	error(error: unknown): void;
	wrap(target: object): object;
	promise(): unknown[];
	providers: object;
	virtualClock: boolean;
	epochMs: number;
	seed: number;
	memoryLimit: number;
	byteCodeLimit: number;
	chunkInitial: number;
	chunkIncrement: number;
	slotInitial: number;
	slotIncrement: number;
	stack: number;
	keyInitial: number;
	keyIncrement: number;
	xsbug: string | undefined;
}

export interface Addon {
	create(options: CreateOptions, root: MachineHandle | undefined): MachineHandle;
	delete(machine: MachineHandle): void;
	makeRoot(machine: MachineHandle, specifiers: readonly string[]): void;
	importModule(machine: MachineHandle, specifier: string): unknown;
	evaluate(machine: MachineHandle, source: string): unknown;
	getProperty(object: object, key: string): unknown;
	setProperty(object: object, key: string, value: unknown): void;
	hasProperty(object: object, key: string): boolean;
	keysOf(object: object): string[];
	advance(machine: MachineHandle, ms: number): void;
	nowUs(machine: MachineHandle): number;
	epochMs(machine: MachineHandle): number;
	nextTimer(machine: MachineHandle): number;
	setTimer(machine: MachineHandle, delayMs: number, callback: () => void): TimerHandle;
	clearTimer(timer: TimerHandle): void;
	counters(machine: MachineHandle): Counters;
	collect(machine: MachineHandle): void;
	checksum(machine: MachineHandle): number;
	aliases(machine: MachineHandle): string[];
	fatal(machine: MachineHandle): Error | undefined;
}

/**
 * How the addon was compiled: `debug` has lines in stacks and xsbug, and costs nothing that can be measured; `board` has the
 * device's ports on a stand-in for the chip.
 */
export type Variant = "debug" | "release" | "asan" | "stress" | "board" | "board-asan" | "board-stress";

const loaded = new Map<Variant, Addon>();

/** The addon, from build/addon. GRIDPOST_ADDON names another variant. Throws when it has not been built. */
export function loadAddon(variant = (process.env["GRIDPOST_ADDON"] ?? "debug") as Variant): Addon {
	let addon = loaded.get(variant);
	if (!addon) {
		const path = join(findRoot(), "build/addon", variant, "gridpost.node");
		if (!existsSync(path)) throw new Error(`the engine is not built: run node tools/build-addon.mjs --${variant}`);
		addon = createRequire(import.meta.url)(path) as Addon;
		loaded.set(variant, addon);
	}
	return addon;
}
