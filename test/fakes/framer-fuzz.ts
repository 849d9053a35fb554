import { expect } from "vitest";
import { toHex } from "../../modules/base/bytes";
import { type FrameRequest, type Framer, Verdict } from "../../modules/serial/framer";
import { Dice } from "../../sim/dice";

/** Takes a reply in pieces as a client does: what is used is dropped, what is not is kept. The verdicts, the last one last. */
export function takePieces(framer: Framer, pieces: readonly Uint8Array[]): number[] {
	const buffer = new Uint8Array(4 * framer.receiveBytes);
	const verdicts: number[] = [];
	let length = 0;
	for (const piece of pieces) {
		if (length + piece.length > buffer.length) length = 0;
		buffer.set(piece, length);
		length += piece.length;
		for (;;) {
			const verdict = framer.take(buffer, length);
			expect(framer.used).toBeLessThanOrEqual(length);
			expect(framer.used).toBeGreaterThanOrEqual(0);
			buffer.copyWithin(0, framer.used, length);
			length -= framer.used;
			verdicts.push(verdict);
			if (verdict === Verdict.reply || verdict === Verdict.exception || verdict === Verdict.step) return verdicts;
			if (length === 0 || framer.used === 0) break;
		}
	}
	return verdicts;
}

const payloadOf = (framer: Framer): string =>
	toHex(new Uint8Array(framer.payload.buffer, framer.payload.byteOffset, framer.payloadBytes), "");

/**
 * Spoils a reply in `rounds` ways that follow from the seed: cut, flipped bits, bytes left out or put in, chance before
 * and behind it, any pieces. A framer never throws, always ends, and never takes for a reply what has another payload,
 * except `collisions` times at most: a sum of 8 bits lets one of 256 through.
 */
export function fuzzReply(
	framer: Framer,
	request: FrameRequest,
	reply: Uint8Array,
	seed: number,
	rounds = 2000,
	collisions = 0,
): void {
	const dice = new Dice(seed);
	const begin = (): void => {
		framer.begin(request);
		framer.encode(new Uint8Array(framer.sendBytes));
	};
	begin();
	expect(takePieces(framer, [reply]).at(-1)).toBe(Verdict.reply);
	const wanted = payloadOf(framer);
	let whole = 0;
	let wrong = 0;
	for (let round = 0; round < rounds; round++) {
		let bytes = [...reply];
		const kind = dice.below(6);
		if (kind === 0) bytes = bytes.slice(0, dice.below(bytes.length));
		else if (kind === 1) bytes[dice.below(bytes.length)]! ^= 1 << dice.below(8);
		else if (kind === 2) bytes.splice(dice.below(bytes.length), 1 + dice.below(3));
		else if (kind === 3) bytes.splice(dice.below(bytes.length), 0, dice.below(256));
		else if (kind === 4) bytes = [...Array.from({ length: dice.below(9) }, () => dice.below(256)), ...bytes];
		const pieces: Uint8Array[] = [];
		for (let at = 0; at < bytes.length; ) {
			const size = 1 + dice.below(dice.below(2) === 0 ? 5 : bytes.length);
			pieces.push(Uint8Array.from(bytes.slice(at, at + size)));
			at += size;
		}
		begin();
		if (takePieces(framer, pieces).at(-1) !== Verdict.reply) {
			if (kind === 5) expect.fail(`a whole reply was not taken: ${toHex(Uint8Array.from(bytes))}`);
			continue;
		}
		whole++;
		if (payloadOf(framer) !== wanted) wrong++;
	}
	expect(wrong).toBeLessThanOrEqual(collisions);
	expect(whole).toBeGreaterThan(rounds / 8);
}
