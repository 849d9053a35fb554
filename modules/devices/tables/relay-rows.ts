import type { RecordSpec } from "../../base/record";
import type { Row } from "../table";

/** Bytes of an output in the state of its bank: its command, what was read back, and why (modules/relay/client.ts). */
const bytes = 3;

/** Records of a bank: its state, and one for each output that is switched. `bits`: the bit of each channel, from 1 on. */
export function relayRecords(bits: readonly number[]): RecordSpec[] {
	const state = { name: "state", key: "state", bytes: bytes * (Math.max(...bits) + 1) };
	return [state, ...bits.map((bit) => ({ name: `output_${bit}`, key: bit, bytes: 1, write: true }))];
}

/** Rows of a bank's channels. */
export function relayRows(bits: readonly number[]): Row[] {
	return bits.flatMap((bit, i) => {
		const field = (name: string, at: number, point: string): Row => ({
			...{ name: `channel_${i + 1}_${name}`, record: "state", address: bytes * bit + at, type: "u8", unit: "code" },
			...{ point: `Ch[${i + 1}].${point}`, poll: "fast" },
		});
		return [
			{
				...field("command", 0, "Cmd"),
				access: "rw",
				write: { fc: 16, record: `output_${bit}`, min: 0, max: 1 },
			},
			field("state", 1, "St"),
			field("reason", 2, "Rsn"),
		];
	});
}
