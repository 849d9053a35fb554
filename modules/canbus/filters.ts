import type { CANFilter } from "../can/can";
import { kExtended } from "./types";

/** Filters that the CAN class takes. */
const kMost = 16;

interface Draft {
	extended: boolean;
	id: number;
	mask: number;
}

/**
 * At most 16 filters that let all these identifiers (with `kExtended`) pass. Of more, those that lie next to each other and
 * differ in the fewest bits share one, which lets some others pass too; who dispatches leaves them out.
 */
export function filtersFor(keys: Iterable<number>): CANFilter[] {
	const sorted = [...new Set(keys)].sort((a, b) => a - b);
	const drafts: Draft[] = sorted.map((key) => {
		const extended = key >= kExtended;
		return { extended, id: key & (kExtended - 1), mask: extended ? 0x1fffffff : 0x7ff };
	});
	while (drafts.length > kMost) {
		let best = -1;
		let bestWidth = Infinity;
		for (let i = 0; i + 1 < drafts.length; i++) {
			const a = drafts[i]!;
			const b = drafts[i + 1]!;
			if (a.extended !== b.extended) continue;
			const width = openBits(mergedMask(a, b), a.extended);
			if (width < bestWidth) {
				best = i;
				bestWidth = width;
			}
		}
		const a = drafts[best]!;
		a.mask = mergedMask(a, drafts[best + 1]!);
		a.id &= a.mask;
		drafts.splice(best + 1, 1);
	}
	return drafts;
}

/** Bits that both know and in which they agree. */
function mergedMask(a: Draft, b: Draft): number {
	return a.mask & b.mask & ~(a.id ^ b.id);
}

function openBits(mask: number, extended: boolean): number {
	let open = 0;
	for (let bit = extended ? 28 : 10; bit >= 0; bit--) if (((mask >> bit) & 1) === 0) open++;
	return open;
}
