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
