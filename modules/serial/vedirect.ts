/**
 * VE.Direct text protocol of Victron chargers and battery monitors: sent unasked, about once a second, in blocks of lines
 *
 *     CR LF PID TAB 0xA042  CR LF V TAB 12530  ...  CR LF Checksum TAB <one byte>
 *
 * The sum of all bytes of a block, with the last one, is 0 modulo 256. Messages of the HEX protocol (":" to LF) may stand
 * anywhere between and count for nothing. Facts: Victron's "VE.Direct Protocol" as read by
 * KinDR007/VictronMPPT-ESPHOME:components/victron.
 */

const kReturn = 0x0d;
const kFeed = 0x0a;
const kTab = 0x09;
const kColon = 0x3a;
const kBlockBytes = 640;
const kFieldsMost = 32;
const kChecksum = asciiBytes("Checksum");

const WAITING = 0;
const LABEL = 1;
const VALUE = 2;
const CHECK = 3;
const HEX = 4;

/** Takes blocks out of a stream, byte by byte. Nothing is allocated. */
export class VeDirectParser {
	/** Lines of the last good block; label and value of the field `i` stand at `ends[2 * i - 1]` to `ends[2 * i + 1]`. */
	readonly block = new Uint8Array(kBlockBytes);
	fields = 0;
	/** Ends of label and value of each field, one behind the other. */
	readonly ends = new Uint16Array(2 * kFieldsMost);
	/** Blocks whose sum was wrong; the first one, of which only the end may have come, is none. */
	broken = 0;
	#state = WAITING;
	#before = WAITING;
	#length = 0;
	#sum = 0;
	#full = false;
	#isDone = false;
	#isFirst = true;

	/** Whether this byte completes a good block, which stays until the next byte. */
	push(byte: number): boolean {
		if (this.#isDone) this.restart();
		if (this.#state === CHECK) return this.close(byte);
		if (this.#state === HEX) {
			if (byte === kFeed) this.#state = this.#before;
			return false;
		}
		if (byte === kColon) {
			this.#before = this.#state;
			this.#state = HEX;
			return false;
		}
		this.#sum += byte;
		switch (byte) {
			case kReturn:
				if (this.#state === VALUE) this.endValue();
				this.#state = WAITING;
				break;
			case kFeed:
				this.#state = LABEL;
				// what was too much, or had no tab, makes room
				this.#length = this.labelAt(this.fields);
				break;
			case kTab:
				if (this.#state === LABEL) this.endLabel();
				break;
			default:
				this.append(byte);
		}
		return false;
	}

	/** The line has lost bytes: what has begun has no end. */
	breakOff(): void {
		this.restart();
		this.#isFirst = true;
	}

	/** Where the label of a field begins; it ends at `ends[2 * i]`, where its value begins. */
	labelAt(field: number): number {
		return field === 0 ? 0 : this.ends[2 * field - 1]!;
	}

	private append(byte: number): void {
		if (this.#state !== LABEL && this.#state !== VALUE) return;
		if (this.#length < kBlockBytes) this.block[this.#length++] = byte;
		else this.#full = true;
	}

	private endLabel(): void {
		const at = this.labelAt(this.fields);
		if (isText(this.block, at, this.#length, kChecksum)) {
			this.#state = CHECK;
			return;
		}
		if (this.fields < kFieldsMost) this.ends[2 * this.fields] = this.#length;
		else this.#full = true;
		this.#state = VALUE;
	}

	private endValue(): void {
		if (this.fields === kFieldsMost || this.#full) return;
		this.ends[2 * this.fields + 1] = this.#length;
		this.fields++;
	}

	private close(byte: number): boolean {
		const isGood = ((this.#sum + byte) & 255) === 0 && !this.#full && this.fields > 0;
		this.#isDone = true;
		if (!isGood && !this.#isFirst) this.broken++;
		this.#isFirst = false;
		return isGood;
	}

	private restart(): void {
		this.#isDone = false;
		this.#state = WAITING;
		this.#length = 0;
		this.#sum = 0;
		this.#full = false;
		this.fields = 0;
	}
}

/** Whether the bytes from `at` to `end` are these. */
export function isText(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
	if (end - at !== text.length) return false;
	for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
	return true;
}

export function asciiBytes(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
	return bytes;
}

/**
 * The number that a value is: decimal, hexadecimal behind "0x", or ON and OFF as 1 and 0. NaN for "---", which is no value,
 * infinite for what is no number.
 */
export function veNumber(bytes: Uint8Array, at: number, end: number): number {
	if (at === end) return Number.POSITIVE_INFINITY;
	const first = bytes[at]!;
	if (first === 0x4f) {
		if (end - at === 2 && bytes[at + 1] === 0x4e) return 1;
		return end - at === 3 && bytes[at + 1] === 0x46 && bytes[at + 2] === 0x46 ? 0 : Number.POSITIVE_INFINITY;
	}
	if (end - at > 2 && first === 0x30 && (bytes[at + 1]! | 0x20) === 0x78) return digits(bytes, at + 2, end, 16);
	if (first !== 0x2d) return digits(bytes, at, end, 10);
	// "---"
	if (end - at === 3 && bytes[at + 1] === 0x2d && bytes[at + 2] === 0x2d) return Number.NaN;
	return -digits(bytes, at + 1, end, 10);
}

function digits(bytes: Uint8Array, at: number, end: number, base: number): number {
	if (at === end) return Number.POSITIVE_INFINITY;
	let value = 0;
	for (let i = at; i < end; i++) {
		const code = bytes[i]!;
		const digit = code >= 48 && code <= 57 ? code - 48 : code >= 65 ? (code | 0x20) - 87 : base;
		if (digit < 0 || digit >= base) return Number.POSITIVE_INFINITY;
		value = value * base + digit;
	}
	return value;
}
