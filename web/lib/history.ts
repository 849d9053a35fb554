/** A day of one device in slots, oldest first, as GET /api/history/<id> sends it. */
export interface History {
	periodS: number;
	/** Unix time in seconds of each slot's beginning; by the browser's clock where the hub's is not set. */
	times: Float64Array;
	/** Mean power in W; null: nothing was measured. */
	powerW: (number | null)[];
	/** Mean voltage in V. */
	voltageV: (number | null)[];
	/** Seconds of the slot that were measured. */
	measuredS: Uint16Array;
}

const kHeaderBytes = 32;
const kNoVoltage = 0xffff;

/** Throws RangeError for bytes of another layout. `nowEpochMs` is the browser's clock. */
export function decodeHistory(buffer: ArrayBuffer, nowEpochMs: number): History {
	if (buffer.byteLength < kHeaderBytes) throw new RangeError(`history: ${buffer.byteLength} bytes`);
	const view = new DataView(buffer);
	const version = view.getUint32(0, true);
	const periodS = view.getUint32(4, true);
	const count = view.getUint32(8, true);
	const slotBytes = view.getUint32(12, true);
	if (version !== 1 || slotBytes < 8 || buffer.byteLength < kHeaderBytes + count * slotBytes)
		throw new RangeError(`history: version ${version}, ${count} slots of ${slotBytes} bytes`);
	const endEpochMs = view.getFloat64(16, true);
	const endAgeMs = view.getFloat64(24, true);
	const endMs = Number.isNaN(endEpochMs) ? nowEpochMs - (Number.isNaN(endAgeMs) ? 0 : endAgeMs) : endEpochMs;
	const history: History = {
		periodS,
		times: new Float64Array(count),
		powerW: new Array(count),
		voltageV: new Array(count),
		measuredS: new Uint16Array(count),
	};
	for (let i = 0; i < count; i++) {
		const at = kHeaderBytes + i * slotBytes;
		const power = view.getFloat32(at, true);
		const voltage = view.getUint16(at + 4, true);
		history.times[i] = endMs / 1000 - (count - i) * periodS;
		history.powerW[i] = Number.isNaN(power) ? null : power;
		history.voltageV[i] = voltage === kNoVoltage ? null : voltage / 10;
		history.measuredS[i] = view.getUint16(at + 6, true);
	}
	return history;
}

export interface Summary {
	min: number;
	max: number;
	mean: number;
	/** Hours, of those the history covers, without any reading. */
	missingH: number;
}

/** Undefined when nothing was measured at all. */
export function summarise(values: readonly (number | null)[], periodS: number): Summary | undefined {
	let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
	for (const value of values) {
		if (value === null) continue;
		min = Math.min(min, value);
		max = Math.max(max, value);
		sum += value;
		count++;
	}
	if (count === 0) return undefined;
	return { min, max, mean: sum / count, missingH: ((values.length - count) * periodS) / 3600 };
}
