/**
 * Makes a constant of a value with everything in it, and gives it back. On the device constants of preloaded modules lie
 * in flash; each object there that is not frozen costs four bytes of RAM and a look-up at every use, as somebody could
 * change it. Functions are frozen by the preload itself; the bytes of buffers cannot be.
 */
export function frozen<const T>(value: T): T {
	if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
	if (ArrayBuffer.isView(value)) return value;
	Object.freeze(value);
	for (const part of Object.values(value)) frozen(part);
	return value;
}
