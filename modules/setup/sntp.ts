/** Seconds from 1900 to 1970. */
const kEpochS = 2_208_988_800;
const kPacketBytes = 48;
/** What a server with a time may say of itself at most: its distance from true time, in ms. */
const kWorstErrorMs = 2000;

/** What an answer of a time server is worth. */
export interface SntpAnswer {
	/** UTC at the moment the answer came. */
	epochMs?: number;
	/** How far off that may be: half the way there and back, and what the server says of itself. */
	errorMs?: number;
	/** Why there is no time in it. */
	fault?: string;
	/** The server wants to be asked more seldom, or not at all: RFC 5905, 7.4. */
	kiss?: string;
}

/** A request of an SNTP client, RFC 4330, 5: version 4. `nonce`: 8 bytes by chance, which the answer must repeat. */
export function sntpRequest(nonce: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(kPacketBytes);
	bytes[0] = 0x23;
	bytes.set(nonce, 40);
	return bytes;
}

/** Reads the answer to a request with that nonce, sent and received at these times of a monotonic clock. */
export function readSntp(bytes: Uint8Array, nonce: Uint8Array, sentMs: number, receivedMs: number): SntpAnswer {
	if (bytes.length < kPacketBytes) return { fault: `${bytes.length} bytes, at least ${kPacketBytes} are needed` };
	for (let i = 0; i < 8; i++) if (bytes[24 + i] !== nonce[i]) return { fault: "it answers another request" };
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const mode = bytes[0]! & 7;
	const stratum = bytes[1]!;
	if (mode !== 4) return { fault: `mode ${mode} is no server's` };
	if (stratum === 0) {
		const kiss = String.fromCharCode(bytes[12]!, bytes[13]!, bytes[14]!, bytes[15]!).replace(/[^A-Z]/g, "");
		return { fault: `the server refuses (${kiss})`, kiss };
	}
	if (stratum > 15 || bytes[0]! >> 6 === 3) return { fault: "the server has no time itself" };
	const arrivedMs = timestampMs(view, 32);
	const leftMs = timestampMs(view, 40);
	if (Number.isNaN(leftMs) || Number.isNaN(arrivedMs)) return { fault: "no time in it" };
	const wayMs = Math.max(0, receivedMs - sentMs - Math.max(0, leftMs - arrivedMs));
	const errorMs = wayMs / 2 + shortMs(view, 4) / 2 + shortMs(view, 8);
	if (errorMs > kWorstErrorMs) return { fault: `right to ${Math.round(errorMs)} ms only` };
	return { epochMs: leftMs + wayMs / 2, errorMs };
}

/** RFC 4330, 3: with the highest bit clear the seconds count from 2036. 0 is no time. */
function timestampMs(view: DataView, at: number): number {
	const seconds = view.getUint32(at);
	const fraction = view.getUint32(at + 4);
	if (seconds === 0 && fraction === 0) return Number.NaN;
	const era = seconds & 0x8000_0000 ? 0 : 0x1_0000_0000;
	return (seconds + era - kEpochS) * 1000 + (fraction / 0x1_0000_0000) * 1000;
}

/** NTP short format: 16 bits of seconds, 16 of fraction. */
function shortMs(view: DataView, at: number): number {
	return (view.getUint32(at) / 65_536) * 1000;
}
