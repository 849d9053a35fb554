import { crc16Modbus } from "../modules/base/crc";

/**
 * RTU frames as a slave sees them. Written apart from modules/modbus, so that a mistake there is not mirrored here.
 */

/** Unit and PDU with the CRC behind, low byte first. */
export function seal(unit: number, pdu: Uint8Array): Uint8Array {
	const frame = new Uint8Array(pdu.length + 3);
	frame[0] = unit;
	frame.set(pdu, 1);
	const crc = crc16Modbus(frame, 0, frame.length - 2);
	frame[frame.length - 2] = crc & 0xff;
	frame[frame.length - 1] = crc >> 8;
	return frame;
}

export function isIntact(frame: Uint8Array): boolean {
	if (frame.length < 4) return false;
	const crc = crc16Modbus(frame, 0, frame.length - 2);
	return frame[frame.length - 2] === (crc & 0xff) && frame[frame.length - 1] === crc >> 8;
}
