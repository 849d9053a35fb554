/** Curve functions of a DER on the engine of the device: the same bytes and values as in Node, and what they cost there. */
import { expect, it } from "vitest";
import { createTestMachine } from "../hosts/desktop/testing";
import { CurveRig, ratings } from "../modules/sunspec/der/testing/curve-rig";

interface OnXs {
	make(models: readonly object[]): void;
	enable(id: number): void;
	adopt(id: number, curve: number): boolean;
	update(vPct: number, hz: number, w: number, nowMs: number): void;
	call(...values: number[]): void;
	answers(): number[];
	registers(): ArrayBuffer;
	saved(): ArrayBuffer;
}

const source = `
	import { Image } from "modules/sunspec/image";
	import { Functions } from "modules/sunspec/der/functions";

	const clock = { now: () => 0 };
	const ratings = ${JSON.stringify(ratings)};
	const grid = { w: 0, vPct: 0, lowPct: 0, highPct: 0, hz: 0 };
	const kept = [];
	let image, functions;
	export function make(models) {
		image = new Image([{ id: 1 }, ...models]);
		functions = new Functions({ image, clock, ratings, storage: false, nominalHz: 50 });
		kept.push(image, functions);
	}
	export function enable(id) { functions.model(id).put16(2, 1); }
	export function adopt(id, curve) { return functions.model(id).adopt(curve); }
	export function update(vPct, hz, w, nowMs) {
		grid.vPct = grid.lowPct = grid.highPct = vPct;
		grid.hz = hz;
		grid.w = w;
		functions.update(grid, nowMs);
	}
	export function call() {}
	export function answers() {
		const { voltWattW, droopHighW, droopLowW, voltVar, wattVar } = functions.following;
		return [voltWattW, droopHighW, droopLowW, voltVar, wattVar, functions.mustTrip, functions.ceases];
	}
	export function registers() { return image.registers.buffer; }
	export function saved() { return functions.save(0).buffer; }
`;

const models = [
	{ id: 705, repeats: { NCrv: 3, NPt: 4 } },
	{ id: 706, repeats: { NCrv: 3, NPt: 2 } },
	{ id: 707, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 708, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 709, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 710, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 711, repeats: { NCtl: 3 } },
	{ id: 712, repeats: { NCrv: 3, NPt: 6 } },
];
const following = [705, 706, 711, 712];
const samples = [
	[100, 50, 4000],
	[104, 50.2, 7000],
	[109, 50.9, 9000],
	[80, 49.2, -6000],
	[45, 52.4, 0],
	[45, 46, 0],
	[100, 50, 3000],
] as const;

function onXs() {
	const machine = createTestMachine({
		preload: ["modules/sunspec/der/functions", "modules/sunspec/image"],
		sources: { curves: source },
	});
	return { machine, xs: machine.importModule<OnXs>("curves") };
}

it("fills the bytes and asks for what it does in Node", () => {
	const { machine, xs } = onXs();
	const here = new CurveRig({ models });
	xs.make(models);
	expect(Buffer.from(xs.registers())).toEqual(Buffer.from(here.image.registers.buffer as ArrayBuffer));
	for (const id of following) {
		xs.enable(id);
		here.model(id).put16(2, 1);
	}
	expect([xs.adopt(705, 2), xs.adopt(707, 2), xs.adopt(712, 4)]).toEqual([true, true, false]);
	for (const [id, curve] of [
		[705, 2],
		[707, 2],
		[712, 4],
	] as const) {
		here.model(id).adopt(curve);
	}
	let nowMs = 0;
	for (const [vPct, hz, w] of samples) {
		for (let i = 0; i < 3; i++, nowMs += 1000) {
			xs.update(vPct, hz, w, nowMs);
			here.functions.update({ vPct, lowPct: vPct, highPct: vPct, hz, w }, nowMs);
			const { voltWattW, droopHighW, droopLowW, voltVar, wattVar } = here.functions.following;
			const answers = [
				voltWattW,
				droopHighW,
				droopLowW,
				voltVar,
				wattVar,
				here.functions.mustTrip,
				here.functions.ceases,
			];
			xs.answers().forEach((answer, which) => {
				if (Number.isNaN(answers[which])) expect(answer).toBeNaN();
				else expect(answer).toBeCloseTo(answers[which]!, 6);
			});
		}
	}
	expect(Buffer.from(xs.saved())).toEqual(Buffer.from(here.functions.save(0)));
	machine.finish();
});

it("eight models take little memory, and a second of them little time and none of the heap", () => {
	const { machine, xs } = onXs();
	const heldBytes = (): number => {
		machine.collect();
		const { slots, chunkBytes } = machine.counters();
		return 16 * slots + chunkBytes;
	};
	xs.make(models);
	const cost = (of: readonly object[]): number => {
		const before = heldBytes();
		xs.make(of);
		return heldBytes() - before;
	};
	// registers, place in the image and functions
	const none = cost([]);
	const one = Object.fromEntries(models.map((model) => [model.id, cost([model]) - none]));
	for (const id of [705, 706, 711, 712]) expect(one[id]).toBeLessThan(600);
	for (const id of [707, 708, 709, 710]) expect(one[id]).toBeLessThan(900);
	expect(cost(models) - none).toBeLessThan(5200);

	for (const id of following) xs.enable(id);
	xs.update(100, 50, 4000, 0);
	// what a call of the machine leaves by itself
	const idle = (): void => void xs.call(0, 0, 0, 0);
	const spent = (action: () => void): { codes: number; slots: number; chunks: number } => {
		const start = machine.counters();
		action();
		const end = machine.counters();
		const [codes, slots] = [end.byteCodes - start.byteCodes, end.slots - start.slots];
		return { codes, slots, chunks: end.chunkBytes - start.chunkBytes };
	};
	const { chunks } = spent(idle);
	for (const [vPct, hz, nowMs] of [
		[100.5, 50.01, 1000],
		[107, 50.8, 2000],
	] as const) {
		const update = spent(() => xs.update(vPct, hz, 4000, nowMs));
		expect(update.codes).toBeGreaterThan(1000);
		expect(update.codes).toBeLessThan(13_000);
		expect(update).toMatchObject({ slots: 0, chunks });
	}
	// the times of a trip curve are made when the grid leaves its band, and only then
	expect(spent(() => xs.update(80, 50, 4000, 3000)).slots).toBeGreaterThan(0);
	expect(spent(() => xs.update(80, 50, 4000, 4000))).toMatchObject({ slots: 0, chunks });
	machine.finish();
});
