/**
 * The tables of the hybrids against a plant that knows nothing of them: its registers were written down from public
 * lists, its quantities are physical. What comes out in the image must be what the plant does, in value, unit and sign.
 */
import { describe, expect, it } from "vitest";
import type { SolArkModel } from "../sim/sol-ark";
import type { Plant } from "../sim/sol-ark-plant";
import { hybridModels, solArkRig } from "./sol-ark-rig";

interface Shape {
	phases: 1 | 2 | 3;
	mppts: number;
	/** Step of powers at the grid, of PV and battery, W. */
	gridStep: number;
	dcStep: number;
	solArk: boolean;
	high: boolean;
}

const shapes: Record<SolArkModel, Shape> = {
	"sol-ark-12k": { phases: 2, mppts: 2, gridStep: 1, dcStep: 1, solArk: true, high: false },
	"sol-ark-15k": { phases: 2, mppts: 3, gridStep: 10, dcStep: 10, solArk: true, high: false },
	"sol-ark-hv": { phases: 3, mppts: 4, gridStep: 10, dcStep: 10, solArk: true, high: true },
	"deye-single-phase": { phases: 1, mppts: 2, gridStep: 1, dcStep: 1, solArk: false, high: false },
	"deye-three-phase-lv": { phases: 3, mppts: 2, gridStep: 1, dcStep: 1, solArk: false, high: true },
	"deye-three-phase-hv": { phases: 3, mppts: 4, gridStep: 10, dcStep: 10, solArk: false, high: true },
};

/** Sun and loads that hold still; W of the battery and of the grid as they then must be, by sign. */
const scenes = {
	"the sun feeds house, battery and grid": { soc: 90, pv: 4000, load: 300, battery: -1, grid: -1 },
	"the battery feeds the house": { soc: 80, pv: 0, load: 900, battery: 1, grid: 0 },
	"the grid feeds the house": { soc: 12, pv: 0, load: 900, battery: 0, grid: 1 },
	"the sun charges the battery": { soc: 50, pv: 2000, load: 600, battery: -1, grid: 0 },
} as const;

function still(model: SolArkModel, scene: (typeof scenes)[keyof typeof scenes]) {
	const shape = shapes[model];
	const rig = solArkRig({ model, socPct: scene.soc });
	// A battery of 400 V takes more.
	const sun = shape.high && shape.dcStep === 10 && scene.grid === -1 ? 4 : 1;
	rig.plant.scene.pvW = Array.from({ length: shape.mppts }, (_, i) => sun * (scene.pv + 100 * i));
	rig.plant.scene.loadW = Array.from({ length: shape.phases }, (_, i) => scene.load + 50 * i);
	rig.plant.changed();
	rig.clock.advance(66_000);
	return { ...rig, shape };
}

/** Point, quantity of the plant, its sign in SunSpec, and the last digit of register or point. */
type Line = readonly [point: string, quantity: string, sign: 1 | -1, step: number];

function measured(shape: Shape): Line[] {
	const battery = `714.Prt[${shape.mppts + 1}]`;
	const dcV = shape.dcStep === 10 && shape.high ? 0.1 : 0.01;
	const lines: Line[] = [
		["701.W", "gridW", -1, shape.gridStep],
		["701.Hz", "gridHz", 1, 0.01],
		["701#2.W", "loadW", -1, shape.gridStep],
		["701#2.Hz", "loadHz", 1, 0.01],
		["701.TmpSnk", "heatSinkC", 1, 0.1],
		["64910.InvW", "inverterW", 1, 1],
		["64910.CtW", "ctW", -1, shape.gridStep],
		["64910.InvHz", "inverterHz", 1, 0.01],
		["713.SoC", "socPct", 1, 1],
		["802.SoC", "socPct", 1, 1],
		["802.V", "batteryV", 1, dcV],
		["802.A", "batteryA", 1, 0.01],
		["802.W", "batteryW", 1, shape.dcStep],
		[`${battery}.DCW`, "batteryW", 1, shape.dcStep],
		[`${battery}.DCV`, "batteryV", 1, dcV],
		[`${battery}.DCA`, "batteryA", 1, shape.dcStep === 10 && !shape.high ? 0.1 : 0.01],
		[`${battery}.Tmp`, "batteryC", 1, 0.1],
		["64910.BatAh", "correctedAh", 1, 1],
	];
	for (let n = 1; n <= shape.mppts; n++) {
		const step = shape.high && shape.dcStep === 10 ? 10 : 1;
		lines.push([`714.Prt[${n}].DCW`, `pv${n}W`, 1, step]);
		lines.push([`714.Prt[${n}].DCV`, `pv${n}V`, 1, 0.1]);
		lines.push([`714.Prt[${n}].DCA`, `pv${n}A`, 1, 0.1]);
	}
	for (let n = 1; n <= shape.phases; n++) {
		lines.push([`701.VL${n}`, `gridVL${n}`, 1, 0.1], [`701.AL${n}`, `gridAL${n}`, -1, 0.01]);
		lines.push([`701.WL${n}`, `gridWL${n}`, -1, shape.gridStep], [`701#2.VL${n}`, `loadVL${n}`, 1, 0.1]);
		lines.push([`701#2.WL${n}`, `loadWL${n}`, -1, shape.gridStep], [`64910.InvWL${n}`, `inverterWL${n}`, 1, 1]);
		if (shape.solArk || !shape.high) lines.push([`701#2.AL${n}`, `loadAL${n}`, -1, 0.01]);
		lines.push([`64910.InvVL${n}`, `inverterVL${n}`, 1, 0.1], [`64910.InvAL${n}`, `inverterAL${n}`, 1, 0.01]);
		lines.push([`64910.CtWL${n}`, `ctWL${n}`, -1, shape.gridStep], [`64910.CtAL${n}`, `ctAL${n}`, -1, 0.01]);
	}
	if (shape.phases === 2) lines.push(["701.LLV", "gridVL1L2", 1, 0.1], ["701.VL1L2", "gridVL1L2", 1, 0.1]);
	if (shape.phases === 2) lines.push(["64910.RlyV", "relayV", 1, 0.1]);
	if (shape.solArk && !shape.high) lines.push(["701.Var", "gridVar", 1, 100], ["64910.VA", "VA", 1, 1]);
	return lines;
}

const energies: readonly (readonly [point: string, quantity: string])[] = [
	["701.TotWhInj", "lifeSellWh"],
	["701.TotWhAbs", "lifeBuyWh"],
	["701#2.TotWhAbs", "lifeLoadWh"],
	["64910.WhPv", "lifePvWh"],
	["714.DCWhAbs", "lifeChargeWh"],
];

describe.each(hybridModels)("%s", (model) => {
	describe.each(Object.keys(scenes) as (keyof typeof scenes)[])("%s", (name) => {
		it("has every measurement as the plant has it", () => {
			const scene = scenes[name];
			const { number, plant, shape } = still(model, scene);
			for (const [point, quantity, sign, step] of measured(shape)) {
				// Charge and voltage of the battery move a little between one poll and the next.
				const wanted = sign * plant.value(quantity)!;
				const off = Math.abs(number(point) - wanted);
				expect.soft(off, `${point}: ${number(point)}, ${quantity} ${wanted}`).toBeLessThan(0.51 * step + 0.011);
			}
			const way = (watts: number): number => (Math.abs(watts) < 20 ? 0 : Math.sign(watts));
			expect(way(number("802.W"))).toBe(scene.battery);
			expect(way(number("701.W"))).toBe(-scene.grid || 0);
			expect(number("64910.BatDir")).toBe(scene.battery);
			// 802: 3 discharging, 4 charging, 6 holding
			expect(number("802.ChaSt")).toBe({ [-1]: 4, 0: 6, 1: 3 }[scene.battery]);
		});

		it("has the sums that hang together", () => {
			const { number, shape } = still(model, scenes[name]);
			const ports = Array.from({ length: shape.mppts + 1 }, (_, i) => `714.Prt[${i + 1}]`);
			const sum = (what: string): number => ports.reduce((all, port) => all + number(`${port}.${what}`), 0);
			expect(number("714.DCW")).toBeCloseTo(sum("DCW"), 6);
			expect(number("714.DCA")).toBeCloseTo(sum("DCA"), 6);
			const phases = Array.from({ length: shape.phases }, (_, i) => i + 1);
			const amps = phases.reduce((all, n) => all + number(`701.AL${n}`), 0);
			expect(number("701.A")).toBeCloseTo(amps, 6);
			const volts = phases.reduce((all, n) => all + number(`701.VL${n}`), 0) / shape.phases;
			expect(number("701.LNV")).toBeCloseTo(volts, 6);
			expect(number("713.WHAvail")).toBeCloseTo((number("713.WHRtg") * number("713.SoC")) / 100, 6);
			for (const port of ports) expect(number(`${port}.DCSta`)).toBe(Math.abs(number(`${port}.DCW`)) > 10 ? 1 : 0);
		});
	});

	it("has lifetime energies, also over midnight, when the counters of the day begin anew", () => {
		const rig = solArkRig({ model, startHour: 23.9, socPct: 60 });
		const near = (plant: Plant) => {
			for (const [point, quantity] of energies) {
				expect.soft(Math.abs(rig.number(point) - plant.value(quantity)!), point).toBeLessThan(180);
				expect.soft(rig.image.quality(rig.handle(point)), point).toBe("good");
			}
		};
		rig.clock.advance(60_000);
		near(rig.plant);
		const before = energies.map(([point]) => rig.number(point));
		rig.clock.advance(3_600_000);
		expect(rig.plant.value("dayLoadWh")).toBeLessThan(rig.plant.value("lifeLoadWh")! - 23_456_700);
		near(rig.plant);
		energies.forEach(([point], i) => {
			expect(rig.number(point), point).toBeGreaterThanOrEqual(before[i]!);
		});
		const battery = `714.Prt[${shapes[model].mppts + 1}]`;
		expect(rig.number("714.DCWhInj")).toBe(rig.number("64910.WhPv") + rig.number(`${battery}.DCWhInj`));
	});

	it("asks for nothing that the inverter's list does not name, and no more at once than it takes", () => {
		const { slave, device, clock } = solArkRig({ model });
		clock.advance(180_000);
		expect(slave.refused).toBe(0);
		expect(device.exceptions).toBe(0);
		expect(slave.longestRead).toBeLessThanOrEqual(model === "sol-ark-12k" || model === "sol-ark-15k" ? 20 : 125);
		expect(slave.writes).toBe(0);
	});

	it("keeps the line of 9600 baud free for others", () => {
		const { device, clock, table } = solArkRig({ model });
		clock.advance(60_000);
		const before = device.answers;
		clock.advance(60_000);
		// Request and reply, two silences of 3.5 characters, turnaround.
		let busyMs = 0;
		const seconds = { fast: 1, normal: 5, slow: 60, once: Infinity };
		for (const read of device.plan.reads) {
			busyMs += (60 / seconds[read.poll]) * ((8 + 5 + 2 * read.count + 7) * (10 / 9.6) + table.bus.replyMs! + 20);
		}
		expect(busyMs / 60_000).toBeLessThan(0.8);
		expect(device.answers - before).toBeGreaterThan(
			0.97 * device.plan.reads.reduce((all, read) => all + 60 / seconds[read.poll], 0),
		);
	});

	it("loses all values when it falls silent, and has them again", () => {
		const { slave, clock, device, image, handle, value } = solArkRig({ model });
		clock.advance(66_000);
		slave.fault = { kind: "silent" };
		clock.advance(20_000);
		expect(device.online).toBe(false);
		for (const point of ["701.W", "713.SoC", "802.SoC", "713.WHAvail", "64910.InvW", "701#2.TotWhAbs"]) {
			expect(value(point), point).toBeUndefined();
			expect(image.quality(handle(point)), point).toBe("comms_lost");
		}
		slave.fault = undefined;
		clock.advance(130_000);
		expect(device.online).toBe(true);
		for (const point of ["701.W", "713.SoC", "802.SoC", "713.WHAvail", "64910.InvW", "701#2.TotWhAbs"]) {
			expect(image.quality(handle(point)), point).toBe("good");
		}
	});

	it("says who it is", () => {
		const { value, number, clock } = solArkRig({ model, serial: "2112345678" });
		clock.advance(3000);
		expect(value("1.SN")).toBe("2112345678");
		expect(number("64910.NMppt")).toBe(shapes[model].mppts);
		expect(number("64910.NPh")).toBe(shapes[model].phases);
	});
});

describe("a Sol-Ark on two legs of 120/208 V", () => {
	it("is of three phases, with 208 V between its legs at grid and load", () => {
		const { number, clock, plant } = solArkRig({ model: "sol-ark-12k", gridType: 2 });
		clock.advance(66_000);
		expect(number("701.ACType")).toBe(2);
		expect(number("702.VNomRtg")).toBe(208);
		expect(Math.abs(number("701.LLV") - plant.value("gridVL1L2")!)).toBeLessThan(0.06);
		expect(number("701.LLV")).toBeGreaterThan(200);
		expect(number("701.LLV")).toBeLessThan(215);
		const legs = number("701#2.VL1") + number("701#2.VL2");
		expect(number("701#2.LLV")).toBeCloseTo((legs * Math.sqrt(3)) / 2, 6);
		expect(number("701#2.LLV")).toBeGreaterThan(200);
	});
});

describe.each(hybridModels)("%s without a grid", (model) => {
	it("is disconnected and forms its own, and comes back", () => {
		const { number, value, clock, plant, device } = solArkRig({ model, socPct: 70 });
		plant.scene.pvW = [0, 0, 0, 0];
		plant.scene.loadW = [300, 300, 300];
		plant.changed();
		clock.advance(66_000);
		expect([number("701.ConnSt"), number("701.DERMode")]).toEqual([1, 1]);
		plant.scene.gridOn = false;
		plant.changed();
		clock.advance(6000);
		expect([number("701.ConnSt"), number("701.DERMode"), Math.abs(number("701.W"))]).toEqual([0, 2, 0]);
		expect(number("701#2.W")).toBeLessThan(-200);
		expect(number("802.W")).toBeGreaterThan(200);
		expect(number("701.Hz")).toBe(0);
		expect(number("701#2.Hz")).toBeGreaterThan(49);
		plant.scene.gridOn = true;
		plant.changed();
		clock.advance(6000);
		expect([number("701.ConnSt"), number("701.DERMode")]).toEqual([1, 1]);
		expect(device.exceptions).toBe(0);
		expect(value("701.MnAlrmInfo")).toBeUndefined();
	});

	it("tells faults, and that it was switched off", () => {
		const { number, value, clock, plant } = solArkRig({ model });
		clock.advance(66_000);
		plant.scene.faults = (1n << 34n) | (1n << 63n);
		plant.changed();
		clock.advance(6000);
		expect(number("701.InvSt")).toBe(6);
		expect(number("701.St")).toBe(0);
		// GRID_DISCONNECT, OVER_TEMP, MANUFACTURER_ALRM
		expect(number("701.Alrm")).toBe((1 << 4) | (1 << 7) | (1 << 16));
		expect(value("701.MnAlrmInfo")).toBe("F35 No utility, F64 Heat sink hot");
		plant.scene.faults = 1n << 60n;
		plant.changed();
		clock.advance(6000);
		expect(number("64910.BtnOn")).toBe(0);
		expect(number("701.St")).toBe(0);
		expect(number("64910.Flt2")).toBe(2 ** 28);
		plant.scene.faults = 0n;
		plant.scene.warnings = 6;
		plant.changed();
		clock.advance(6000);
		// an alarm does not stop it
		expect([number("701.InvSt"), number("701.St"), number("701.Alrm"), number("64910.Wrn")]).toEqual([3, 1, 0, 6]);
	});

	it("goes on with its own state of charge and limits when the management stops to talk", () => {
		const { number, value, clock, plant } = solArkRig({ model, socPct: 64.6 });
		plant.scene.pvW = [0, 0, 0, 0];
		plant.scene.loadW = [100];
		plant.changed();
		clock.advance(66_000);
		expect(number("802.AChaMax")).toBe(100);
		expect(number("713.Sta")).toBe(0);
		plant.scene.bmsFault = 4;
		plant.changed();
		clock.advance(6000);
		expect([number("713.Sta"), number("802.Evt1"), number("802.EvtVnd2")]).toEqual([2, 2 ** 25, 4]);
		plant.scene.bmsFault = 0;
		plant.scene.bmsOn = false;
		plant.changed();
		clock.advance(6000);
		expect(value("64910.BmsSoC")).toBeUndefined();
		expect(value("64910.BmsTmp")).toBeUndefined();
		expect(value("802.VMax")).toBeUndefined();
		expect(number("802.AChaMax")).toBe(number("64911.ACha"));
		expect(Math.abs(number("713.SoC") - plant.socPct)).toBeLessThan(0.6);
	});
});
