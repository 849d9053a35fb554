/** Composed models of a DER on the engine of the device: the same bytes as in Node, and what they cost there. */
import { expect, it } from "vitest";
import { createTestMachine } from "../hosts/desktop/testing";
import { toHex } from "../modules/base/bytes";
import type { DerProfile } from "../modules/sunspec/der/profile";
import type { ModelSpec } from "../modules/sunspec/image";
import { ComposedDer, scales } from "./adapters/composed";

type Points = readonly (readonly [string, number])[];

interface OnXs {
	make(present: readonly ModelSpec[], profile: DerProfile): void;
	give(index: number, id: number, points: Points): void;
	update(index: number): void;
	registers(index: number): ArrayBuffer;
}

const source = `
	import { Image } from "modules/sunspec/image";
	import { Composer } from "modules/sunspec/der/composer";
	import { derMap, derModels } from "modules/sunspec/der/layout";

	const images = [];
	const composers = [];
	export function make(present, profile) {
		const added = derModels(present, profile);
		const image = new Image(derMap(present, added));
		images.push(image);
		composers.push(new Composer({ image, profile, present, added }));
	}
	export function give(index, id, points) {
		const image = images[index];
		for (const [path, value] of points) {
			const dot = path.lastIndexOf(".");
			image.set(image.handle(id, path.slice(dot + 1), path.slice(0, Math.max(0, dot))), value, 1000, "good");
		}
	}
	export function update(index) { composers[index].update(2000); }
	export function registers(index) { return images[index].registers.buffer; }
`;

const inverter: DerProfile = {
	kind: "inverter",
	abilities: ["energize", "limitW", "setW", "pf", "setVar"],
	continuous: true,
};
const storage: DerProfile = { kind: "battery", acType: "single", abilities: ["limitW"], continuous: false };
const solar: DerProfile = { kind: "solar", abilities: [], continuous: false, ratings: { maxW: 4800 } };

const older: readonly (readonly [number, Points])[] = [
	[120, Object.entries({ WRtg_SF: 1, WRtg: 10_000, VARtg_SF: 1, VARtg: 11_000 })],
	[103, Object.entries(scales)],
	[
		103,
		Object.entries({ W: 7314, VA: 7401, VAr: -1120, PF: 98.83, A: 32.1, Hz: 49.97, WH: 81_234_567, St: 4, Evt1: 0 }),
	],
	[103, Object.entries({ AphA: 10.7, AphB: 10.8, AphC: 10.6, PhVphA: 231.4, PhVphB: 230.2, PhVphC: 232, TmpCab: 47 })],
	[160, Object.entries({ DCA_SF: -2, DCV_SF: -1, DCW_SF: 0, "module[1].DCA": 6.41, "module[1].DCW": 3862 })],
];
const newer: readonly (readonly [number, Points])[] = [
	[701, Object.entries({ W_SF: 0, A_SF: -1, V_SF: -1, W: -2300, A: -10, LNV: 230.1, TotWhInj: 456_700, InvSt: 3 })],
	[702, Object.entries({ W_SF: 1, WMaxRtg: 5000, WChaRteMaxRtg: 4600, WDisChaRteMaxRtg: 5000 })],
	[713, Object.entries({ WH_SF: 1, Pct_SF: 0, WHRtg: 15_360, SoC: 62, SoH: 96, Sta: 0 })],
	[714, Object.entries({ DCV_SF: -2, DCW_SF: 0, "Prt[1].PrtTyp": 1, "Prt[1].DCV": 53.17, "Prt[1].DCW": -2254 })],
];
const charger: readonly (readonly [number, Points])[] = [
	[64111, Object.entries({ V_SF: -1, A_SF: -1, P_SF: 0, AH_SF: 0, KWH_SF: -1, BattV: 54.1, ArrayV: 142.3 })],
	[64111, Object.entries({ OutputA: 44.4, InputA: 17, ChargerSt: 3, OutputW: 2402, LifeTimeKWHOut: 8765 })],
];

const ders: readonly (readonly [string, readonly ModelSpec[], DerProfile, typeof older])[] = [
	["inverter", [{ id: 103 }, { id: 120 }, { id: 160, repeats: 2 }], inverter, older],
	["battery", [{ id: 701 }, { id: 702 }, { id: 713 }, { id: 714, repeats: 1 }], storage, newer],
	["solar controller", [{ id: 64111 }], solar, charger],
];

function onXs() {
	const machine = createTestMachine({
		preload: ["modules/sunspec/der/composer", "modules/sunspec/der/layout", "modules/sunspec/image"],
		sources: { der: source },
	});
	return { machine, xs: machine.importModule<OnXs>("der") };
}

it("composes the bytes that it composes in Node", () => {
	const { machine, xs } = onXs();
	for (const [index, [name, present, profile, given]] of ders.entries()) {
		const here = new ComposedDer(present, profile);
		xs.make([{ id: 1 }, ...present], profile);
		for (const [id, points] of given) {
			here.give(id, Object.fromEntries(points));
			xs.give(index, id, points);
		}
		here.update();
		xs.update(index);
		expect(here.composer.settled).toBe(true);
		expect(toHex(new Uint8Array(xs.registers(index)), ""), name).toBe(
			toHex(new Uint8Array(here.image.registers.buffer as ArrayBuffer), ""),
		);
	}
	machine.finish();
});

it("one inverter with all that is added to it takes under 12 KB, and what has not changed little time", () => {
	const { machine, xs } = onXs();
	const heldBytes = () => {
		machine.collect();
		const { slots, chunkBytes } = machine.counters();
		return 16 * slots + chunkBytes;
	};
	const [, present, profile, given] = ders[0]!;
	const build = (index: number) => {
		xs.make([{ id: 1 }, ...present], profile);
		for (const [id, points] of given) xs.give(index, id, points);
		xs.update(index);
	};
	build(0);
	const before = heldBytes();
	build(1);
	const one = heldBytes() - before;
	expect(one).toBeGreaterThan(6000);
	expect(one).toBeLessThan(12 * 1024);

	let slots = 0;
	const codes = () => {
		const start = machine.counters();
		xs.update(1);
		const end = machine.counters();
		slots += end.slots - start.slots;
		return end.byteCodes - start.byteCodes;
	};
	expect(codes()).toBeLessThan(35_000);
	const next = {
		W: 7320,
		VA: 7405,
		A: 32.2,
		Hz: 49.98,
		AphA: 10.8,
		AphB: 10.9,
		AphC: 10.7,
		PhVphA: 231.5,
		WH: 81_234_569,
	};
	xs.give(1, 103, Object.entries(next));
	expect(codes()).toBeLessThan(60_000);
	expect(slots).toBe(0);
	expect(new DataView(xs.registers(1)).byteLength).toBeLessThan(3000);
	machine.finish();
});
