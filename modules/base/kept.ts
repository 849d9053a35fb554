/** Small values that are kept over a restart: keys of NVS on the board, files on the desktop. */
export interface KeptValues {
	/** Undefined when nothing is there or it cannot be read. */
	read(key: string): Uint8Array | undefined;
	/** Replaces what is there, whole or not at all. Throws when it cannot be stored. */
	write(key: string, bytes: Uint8Array): void;
}

/** Longest key, in characters: that of NVS. */
export const kLongestKey = 15;
