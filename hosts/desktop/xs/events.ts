import host from "host:io";

/** The events that Node tells, and the bits of a mask of callbacks. */
export const READABLE = 1;
export const WRITABLE = 2;
export const ERROR = 4;

type Callback = (this: object, value: number | string) => void;

export interface Callbacks {
	onReadable?: unknown;
	onWritable?: unknown;
	onError?: unknown;
}

interface Entry {
	readonly object: object;
	readonly onReadable: Callback | undefined;
	readonly onWritable: Callback | undefined;
	readonly onError: Callback | undefined;
}

type Table = Map<number, Entry>;

const TABLE = "gridpost open io";

/**
 * The open objects of this machine by number. It hangs on the global object, made with the first of them: a preloaded
 * module is frozen and cannot hold it.
 */
function table(): Table {
	const globals = globalThis as unknown as Record<string, Table | undefined>;
	const known = globals[TABLE];
	if (known) return known;
	const made: Table = new Map();
	Object.defineProperty(globals, TABLE, { value: made });
	host.start(dispatch);
	return made;
}

function dispatch(id: number, event: number, value: number | string): void {
	const entry = table().get(id);
	if (!entry) return;
	if (event === READABLE) entry.onReadable?.call(entry.object, value);
	else if (event === WRITABLE) entry.onWritable?.call(entry.object, value);
	else entry.onError?.call(entry.object, value);
}

/** Which callbacks there are. Throws TypeError for one that cannot be called. */
export function callbackMask(name: string, options: Callbacks): number {
	return (
		(has(name, "onReadable", options.onReadable) ? READABLE : 0) |
		(has(name, "onWritable", options.onWritable) ? WRITABLE : 0) |
		(has(name, "onError", options.onError) ? ERROR : 0)
	);
}

function has(name: string, option: string, callback: unknown): boolean {
	if (callback === undefined || callback === null) return false;
	if (typeof callback !== "function") throw new TypeError(`${name}: ${option} is not a function`);
	return true;
}

/** From now on the object stays alive and its callbacks are called, with it as `this`. */
export function attach(id: number, object: object, options: Callbacks): void {
	table().set(id, {
		object,
		onReadable: (options.onReadable ?? undefined) as Callback | undefined,
		onWritable: (options.onWritable ?? undefined) as Callback | undefined,
		onError: (options.onError ?? undefined) as Callback | undefined,
	});
}

/** The object is no longer told anything. */
export function detach(id: number): void {
	table().delete(id);
}

/** Closes what was attached; nothing for 0, the number of an object that is closed. */
export function release(id: number): void {
	if (id === 0) return;
	detach(id);
	host.close(id);
}

/** Options of a constructor: an object. */
export function checkOptions(name: string, options: unknown): void {
	if (typeof options !== "object" || options === null) throw new TypeError(`${name}: options are missing`);
}

/** An option that must be a whole number within bounds. */
export function integer(name: string, option: string, value: unknown, low: number, high: number): number {
	if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high)
		throw new RangeError(`${name}: ${option} ${String(value)} is not a whole number of ${low}..${high}`);
	return value;
}

/** An option that must be one of a few words. */
export function word<T extends string>(name: string, option: string, value: unknown, allowed: readonly T[]): T {
	for (const candidate of allowed) if (candidate === value) return candidate;
	throw new RangeError(`${name}: ${option} ${String(value)} is not ${allowed.join(" or ")}`);
}

/** The bytes of a buffer, to read or to fill. */
export function bytesOf(name: string, buffer: unknown): Uint8Array {
	if (buffer instanceof Uint8Array) return buffer;
	if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
	if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
	throw new TypeError(`${name}: not a buffer`);
}

/** Why a method cannot go on. */
export function closedError(name: string): Error {
	return new Error(`${name}: closed`);
}
