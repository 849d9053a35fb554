/** RFC 1035, 4.1.1. */
const kHeaderBytes = 12;
const kFormatError = 1;
const kNotImplemented = 4;
const kRefused = 5;
const kTypeA = 1;
const kTypeAaaa = 28;
const kClassIn = 1;
/** Short: the names belong to others again as soon as the set-up is over. */
const kTtlS = 5;
/** RFC 1035, 2.3.4, of a whole name; and of a message without EDNS, 4.2.1. */
const kLongestName = 255;
const kLongestMessage = 512;

/**
 * The answer of a name server for whom every name is the hub: what makes a phone show the set-up page. A gets
 * `address`, AAAA nothing, other types are refused. Undefined for what must not be answered at all: no header, or an
 * answer itself. The answer never has more than 16 bytes more than the question, so that it is no amplifier.
 */
export function captiveAnswer(query: Uint8Array, address: readonly number[]): Uint8Array | undefined {
	if (query.length < kHeaderBytes || query.length > kLongestMessage) return undefined;
	const flags = query[2]!;
	if (flags & 0x80) return undefined;
	if ((flags >> 3) & 15) return failure(query, kNotImplemented);
	const view = new DataView(query.buffer, query.byteOffset, query.length);
	const end = view.getUint16(4) === 1 && view.getUint16(6) === 0 ? questionEnd(query) : undefined;
	if (end === undefined) return failure(query, kFormatError);
	const type = view.getUint16(end - 4);
	const isIn = view.getUint16(end - 2) === kClassIn;
	if (!isIn || (type !== kTypeA && type !== kTypeAaaa)) return answer(query, end, kRefused, undefined);
	return answer(query, end, 0, type === kTypeA ? address : undefined);
}

/** Where the one question ends, or undefined when it is cut off or not well formed (compressed names are not: 4.1.4). */
function questionEnd(query: Uint8Array): number | undefined {
	let at = kHeaderBytes;
	for (;;) {
		const length = query[at];
		if (length === undefined || length > 63) return undefined;
		at += length + 1;
		if (at - kHeaderBytes > kLongestName) return undefined;
		if (length === 0) break;
	}
	return at + 4 <= query.length ? at + 4 : undefined;
}

function answer(query: Uint8Array, end: number, code: number, address: readonly number[] | undefined): Uint8Array {
	const bytes = new Uint8Array(end + (address ? 16 : 0));
	bytes.set(query.subarray(0, end));
	const view = new DataView(bytes.buffer);
	header(view, query, code);
	view.setUint16(4, 1);
	if (!address) return bytes;
	view.setUint16(6, 1);
	// the name of the question, by pointer
	view.setUint16(end, 0xc000 | kHeaderBytes);
	view.setUint16(end + 2, kTypeA);
	view.setUint16(end + 4, kClassIn);
	view.setUint32(end + 6, kTtlS);
	view.setUint16(end + 10, 4);
	bytes.set(address, end + 12);
	return bytes;
}

/** A header alone: what the question was cannot be told. */
function failure(query: Uint8Array, code: number): Uint8Array {
	const bytes = new Uint8Array(kHeaderBytes);
	header(new DataView(bytes.buffer), query, code);
	return bytes;
}

/** Identifier, kind of query and "recursion desired" of the question; answer, authoritative; all counts 0. */
function header(view: DataView, query: Uint8Array, code: number): void {
	view.setUint8(0, query[0]!);
	view.setUint8(1, query[1]!);
	view.setUint8(2, 0x84 | (query[2]! & 0x79));
	view.setUint8(3, code);
	view.setUint32(4, 0);
	view.setUint32(8, 0);
}
