/** The simulated DERs on the application's engine: mcsim plays them there. They do and say what they do in Node. */
import { expect, it } from "vitest";
import { createTestMachine } from "../hosts/desktop/testing";
import { fromHex, toHex } from "../modules/base/bytes";
import { Pole, type PoleDevice } from "../sim/pole";
import { seal } from "../sim/rtu-frame";

interface Line extends Record<string, unknown> {
	build(devices: string): void;
	ask(frame: string, nowMs: number): string;
}

const program = `
import { Pole } from "sim/pole";
import { fromHex, toHex } from "modules/base/bytes";
let line;
export const build = (devices) => { line = new Pole({ devices: JSON.parse(devices), startHour: 8 }).line("a"); };
export const ask = (frame, nowMs) => toHex(line.onFrame(fromHex(frame), nowMs)?.bytes ?? new Uint8Array(0), "");
`;

const devices: PoleDevice[] = (["inverter", "battery", "solar", "native"] as const).map((sim, i) => {
	return { id: sim, device: "sunspec", sim, bus: "a", address: i + 1, role: "other" };
});

it("answer the same bytes in Node and on XS, through writes, hours and reversion", () => {
	const machine = createTestMachine({ preload: ["sim/pole"], sources: { program }, heap: { grow: true } });
	const xs = machine.importModule<Line>("program");
	xs.build(JSON.stringify(devices));
	const line = new Pole({ devices, startHour: 8 }).line("a");
	let differences = 0;
	const both = (unit: number, pdu: string, nowMs: number): string => {
		const frame = seal(unit, fromHex(pdu));
		const here = toHex(line.onFrame(frame, nowMs)!.bytes, "");
		if (xs.ask(toHex(frame, ""), nowMs) !== here) differences++;
		return here;
	};
	// WMaxLimPct 20 % for 60 s: 123 stands at 40228, 103 at 40070
	expect(both(1, "10 9d29 0003 06 07d0 0000 003c", 0).slice(0, 4)).toBe("0110");
	expect(both(1, "10 9d2d 0001 02 0001", 0).slice(0, 4)).toBe("0110");
	expect(both(1, "03 9c94 0001", 30_000).slice(6, 10)).toBe("07d0");
	expect(both(1, "03 9c94 0001", 70_000).slice(6, 10)).not.toBe("07d0");
	for (const nowMs of [80_000, 150_000, 300_000]) {
		for (let unit = 1; unit <= devices.length; unit++) {
			for (let from = 40_000; from < 40_180; from += 30) {
				both(unit, `03 ${from.toString(16)} 001e`, nowMs);
			}
		}
	}
	expect(differences).toBe(0);
	machine.finish();
});
