import { describe, expect, it } from "vitest";
import { encodeNumber, writeNotImplemented } from "../codec";
import type { PointInfo } from "../place";
import { PointType } from "../types";
import { Memory, Rig } from "./testing/rig";

/** Random numbers that are the same each time: mulberry32. */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
	};
}

const curves = { NCrv: 3, NCrvSet: 2, NCtl: 3, NPt: 5 };
const models = [1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 715, 121, 123, 124].map((id) =>
	id >= 705 && id <= 712 ? { id, repeats: curves } : { id },
);

function rawOf(point: PointInfo, next: () => number): number {
	const dice = next();
	if (point.type.startsWith("enum") || point.type.startsWith("bitfield")) return Math.floor(next() * 5);
	if (dice < 0.2) return Math.floor(next() * 3);
	if (dice < 0.7) return Math.floor((next() - (point.type.startsWith("int") ? 0.5 : 0)) * 20_000);
	if (point.type === "uint32") return Math.floor(next() * 0xfffffffe);
	return point.type.startsWith("int") ? Math.floor((next() - 0.5) * 0xfffe) : Math.floor(next() * 0xfffe);
}

function write(rig: Rig, point: PointInfo, next: () => number): number {
	const bytes = new DataView(new ArrayBuffer(2 * point.size));
	const type = PointType[point.type];
	if (next() < 0.05 || !encodeNumber(bytes, 0, type, rawOf(point, next)))
		writeNotImplemented(bytes, 0, type, point.size);
	return rig.space.writeRegisters(3, point.address, point.size, bytes, 0);
}

function checkCommand(rig: Rig): void {
	const { command } = rig.der;
	expect(command.limitW).toBeGreaterThanOrEqual(0);
	expect(command.chargeLimitW).toBeGreaterThanOrEqual(0);
	expect(command.dischargeLimitW).toBeGreaterThanOrEqual(0);
	if (!Number.isNaN(command.setW)) {
		expect(command.setW).toBeLessThanOrEqual(Math.max(0, Math.min(10_000, command.limitW)));
		expect(command.setW).toBeGreaterThanOrEqual(-8000);
	}
	expect(Math.abs(command.setVar)).toBeLessThanOrEqual(5000);
	expect(Math.abs(command.pf)).toBeLessThanOrEqual(1);
}

const image = (rig: Rig): string => String(new Uint8Array(rig.image.registers.buffer));

describe("random clients", () => {
	it.each([1, 2, 3])("write %i: what is refused changes nothing, what is taken gives a command that can be", (seed) => {
		const next = random(seed);
		const rig = new Rig({ models, random: next });
		const points: PointInfo[] = [];
		rig.image.eachPoint((point) => point.type !== "string" && points.push(point));
		const counts: Record<number, number> = {};
		for (let i = 0; i < 1500; i++) {
			const before = image(rig);
			const exception = write(rig, points[Math.floor(next() * points.length)]!, next);
			counts[exception] = (counts[exception] ?? 0) + 1;
			if (exception !== 0) expect(image(rig)).toBe(before);
			if (next() < 0.1) rig.clock.advance(next() * 5000);
			if (next() < 0.1) rig.grid(300 + next() * 200, 47 + next() * 6, (next() - 0.5) * 20_000);
			if (next() < 0.01) {
				rig.device.online = !rig.device.online;
				rig.der.measured();
			}
			checkCommand(rig);
			if (rig.device.online && rig.device.told.length > 0) expect(rig.device.last).toEqual(rig.der.command);
		}
		expect(Object.keys(counts)).toEqual(["0", "2", "3", "11"]);
		expect(counts[0]).toBeGreaterThan(100);
	});

	it("a restart at any moment keeps what was commanded", () => {
		const next = random(7);
		const store = new Memory();
		let rig = new Rig({ models, store, random: next });
		const keep = [702, 703, 704, 705, 706, 711, 712, 715, 121, 123, 124];
		const values = (one: Rig): Record<string, unknown> => {
			const all: Record<string, unknown> = {};
			one.image.eachPoint((point) => {
				// what WinTms still holds back is given up
				const held = point.name.endsWith("WinTms") || point.name === "AlarmReset" || point.name === "ControllerHb";
				if (!keep.includes(point.model.id) || !point.writable || held) return;
				all[`${point.model.id} ${point.group} ${point.name}`] = one.image.rawOf(point);
			});
			return all;
		};
		for (let round = 0; round < 20; round++) {
			const points: PointInfo[] = [];
			rig.image.eachPoint((point) => {
				if (point.writable && !point.name.endsWith("WinTms")) points.push(point);
			});
			for (let i = 0; i < 200; i++) write(rig, points[Math.floor(next() * points.length)]!, next);
			rig.clock.advance(3000 * next());
			rig.der.close();
			const before = values(rig);
			rig = new Rig({ models, store, random: next });
			expect(values(rig)).toEqual(before);
		}
	});
});
