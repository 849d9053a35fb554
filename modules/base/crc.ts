/**
 * CRC-16/MODBUS: polynomial 0xA001 (reflected 0x8005), start 0xFFFF, sent low byte first.
 * Modbus over Serial Line V1.02, 2.5.1.2 and appendix B. Check value of "123456789": 0x4B37.
 */
export function crc16Modbus(bytes: Uint8Array, start = 0, end = bytes.length): number {
	let crc = 0xffff;
	for (let i = start; i < end; i++) crc = (crc >> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!;
	return crc;
}

const table = makeTable();

function makeTable(): Uint16Array {
	const entries = new Uint16Array(256);
	for (let value = 0; value < 256; value++) {
		let crc = value;
		for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
		entries[value] = crc;
	}
	return entries;
}

/**
 * CRC-32 of IEEE 802.3: reflected polynomial 0xEDB88320, start and end inverted. Check value of "123456789": 0xCBF43926.
 * `crc` is the value so far, to go on over several pieces.
 */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, crc = 0): number {
	let rest = ~crc;
	for (let i = start; i < end; i++) {
		rest ^= bytes[i]!;
		rest = (rest >>> 4) ^ table32[rest & 15]!;
		rest = (rest >>> 4) ^ table32[rest & 15]!;
	}
	return ~rest >>> 0;
}

/** By half bytes: 64 bytes of table, as only what is stored is reckoned. */
const table32 = makeTable32();

function makeTable32(): Uint32Array {
	const entries = new Uint32Array(16);
	for (let value = 0; value < 16; value++) {
		let rest = value;
		for (let bit = 0; bit < 4; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
		entries[value] = rest;
	}
	return entries;
}
