/** Points whose value is text: strings, IP addresses, EUI-48. */
import { utf8Decode, utf8Encode } from "../base/bytes";
import { PointType } from "./types";

/**
 * Writes text: a string as UTF-8 padded with NUL (cut at a whole character when too long, then false), an IPv4 address
 * "192.168.1.7", an IPv6 address as eight or four hexadecimal groups or with "::", an EUI-48 "00:1B:44:11:3A:B7".
 * False, and nothing written, for an address that is none.
 */
export function encodeText(view: DataView, at: number, type: number, registers: number, text: string): boolean {
	if (type === PointType.string) return encodeString(view, at, registers * 2, text);
	if (type === PointType.ipaddr) {
		const parts = text.split(".");
		if (parts.length !== 4) return false;
		for (const part of parts) if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return false;
		for (let i = 0; i < 4; i++) view.setUint8(at + i, Number(parts[i]));
		return true;
	}
	const digits = type === PointType.eui48 ? text.replace(/[:-]/g, "") : ipv6Digits(text);
	const bytes = type === PointType.eui48 ? 6 : 16;
	if (digits.length !== 2 * bytes || /[^0-9a-fA-F]/.test(digits)) return false;
	// An EUI-48 stands in the low six of its eight bytes.
	if (type === PointType.eui48) view.setUint16(at, 0);
	const start = type === PointType.eui48 ? at + 2 : at;
	for (let i = 0; i < bytes; i++) view.setUint8(start + i, Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
	return true;
}

function encodeString(view: DataView, at: number, room: number, text: string): boolean {
	const bytes = utf8Encode(text);
	let length = bytes.length;
	if (length > room) {
		length = room;
		while (length > 0 && (bytes[length]! & 0xc0) === 0x80) length--;
	}
	for (let i = 0; i < room; i++) view.setUint8(at + i, i < length ? bytes[i]! : 0);
	return bytes.length <= room;
}

/** The 32 hexadecimal digits of an IPv6 address in any usual form, or "" when it is none. */
function ipv6Digits(text: string): string {
	const halves = text.split("::");
	if (halves.length > 2) return "";
	let all = "";
	for (let h = 0; h < halves.length; h++) {
		const groups = halves[h] === "" ? [] : halves[h]!.split(":");
		// Four groups of eight digits is how SunSpec's own tools write it.
		const width = groups.length === 4 && halves.length === 1 ? 8 : 4;
		let digits = "";
		for (const group of groups) {
			if (group.length === 0 || group.length > width) return "";
			digits += group.padStart(width, "0");
		}
		if (h === 0) all = digits;
		else {
			if (all.length + digits.length > 28) return "";
			all = all.padEnd(32 - digits.length, "0") + digits;
		}
	}
	return all;
}

/** Text up to the first NUL, or undefined when it is not UTF-8. */
export function decodeString(view: DataView, at: number, room: number): string | undefined {
	let length = 0;
	while (length < room && view.getUint8(at + length) !== 0) length++;
	return utf8Decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
}

/** "00:1B:44": hexadecimal bytes, a colon after each `size`. */
export function hexGroups(view: DataView, at: number, bytes: number, size: number): string {
	let text = "";
	for (let i = 0; i < bytes; i++) {
		if (i > 0 && i % size === 0) text += ":";
		text += view
			.getUint8(at + i)
			.toString(16)
			.padStart(2, "0")
			.toUpperCase();
	}
	return text;
}
