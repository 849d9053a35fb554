/** One measurement of the bench. */
export interface Figure {
	/** Piece of the bench that measured it: "modbus", "devices", "sunspec", "hub", "rs485-timing", "start". */
	readonly area: string;
	readonly name: string;
	/** Undefined: cannot be measured on this computer; then `note` says why. */
	readonly value: number | undefined;
	readonly unit: string;
	/** What design and issue allow, at most; missing: just for information. */
	readonly budget?: number;
	/** How it was measured, or what limits it. */
	readonly note?: string;
}

export type Report = (figure: Figure) => void;

/** Reports a figure of one area, rounded to two decimals. */
export type Say = (
	name: string,
	value: number | undefined,
	unit: string,
	extra?: { budget?: number; note?: string },
) => void;

export function sayer(area: string, report: Report): Say {
	return (name, value, unit, extra) =>
		report({ area, name, value: value === undefined ? undefined : Math.round(value * 100) / 100, unit, ...extra });
}

/** Bytes of a slot on the device; those of a 64-bit computer are twice as large. */
export const slotBytes = 16;

/**
 * What the counters of a machine say (hosts/desktop/machine.ts), after a collection, in bytes as on the device. Slots are
 * the same there; chunks of a 64-bit engine are 16 to 19 % larger, as arrays hold slots, so the sum for the whole hub is 7 to
 * 9 % too high, on the safe side. Exact is the piece "memory", on 32 bit.
 */
export function heapBytes(machine: { collect(): void; counters(): { slots: number; chunkBytes: number } }): number {
	machine.collect();
	const { slots, chunkBytes } = machine.counters();
	return slots * slotBytes + chunkBytes;
}

/** Best of five rounds, in microseconds for one of `times`: what else runs on the computer can only add. */
export function microsecondsOf(times: number, action: () => void): number {
	let best = Number.POSITIVE_INFINITY;
	for (let i = 0; i < 5; i++) {
		const start = process.hrtime.bigint();
		action();
		best = Math.min(best, Number(process.hrtime.bigint() - start) / 1000 / times);
	}
	return best;
}
