import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type GroupTable, type PointTable } from "../../sunspec/vendor";

/** Variables of a programmable controller by their IEC 61131-3 addresses. */
export const kPlcModel = 64924;

/** How many of each are in the image, from the first on. */
export interface PlcSize {
	/** Bits %QX and %IX. */
	readonly QX: number;
	readonly IX: number;
	/** Words %IW, %QW and %MW, double words %MD, long words %ML. */
	readonly IW: number;
	readonly QW: number;
	readonly MW: number;
	readonly MD: number;
	readonly ML: number;
}

/**
 * One group an area, one element a variable, its value V as the controller's program means it: without scale or unit. Bits
 * are 0 and 1; words have a wider type here, as the last value of a SunSpec type says that there is none. %QX and %QW are outputs, which a program that writes them itself sets back in its next cycle.
 */
export function plcModelOf(size: PlcSize): ModelSpec {
	const area = (name: keyof PlcSize, type: PointTable["type"], access: "R" | "RW"): GroupTable => ({
		name,
		count: `N${name}`,
		points: [{ name: "V", type, access }],
	});
	const names: readonly (keyof PlcSize)[] = ["QX", "IX", "IW", "QW", "MW", "MD", "ML"];
	return frozen<ModelSpec>({
		id: kPlcModel,
		text: defineModel(kPlcModel, {
			name: "plc_variables",
			points: [
				...names.map((name): PointTable => ({ name: `N${name}`, type: "count", mandatory: "M", static: "S" })),
				{ name: "Pad", type: "pad" },
			],
			groups: [
				area("QX", "uint16", "RW"),
				area("IX", "uint16", "R"),
				area("IW", "uint32", "R"),
				area("QW", "uint32", "RW"),
				area("MW", "uint32", "RW"),
				area("MD", "uint64", "RW"),
				area("ML", "uint64", "RW"),
			],
		}),
		repeats: { ...size },
	});
}
