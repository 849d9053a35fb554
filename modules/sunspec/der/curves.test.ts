import { describe, expect, test } from "vitest";
import { curveModels } from "./curve-forms";
import { CurveRig } from "./testing/curve-rig";

const reversible = [705, 706, 711, 712] as const;
const req = (model: number): string => (model === 711 ? "AdptCtlReq" : "AdptCrvReq");
const group = (model: number): string => (model === 711 ? "Ctl" : "Crv");

/** A point of a curve that can be changed by a little and stays valid. */
const mild: Readonly<Record<number, readonly [string, number]>> = {
	705: ["RspTms", 7],
	706: ["RspTms", 7],
	707: ["MustTrip.Pt[5].Tms", 60],
	708: ["MustTrip.Pt[5].Tms", 60],
	709: ["MustTrip.Pt[5].Tms", 1500],
	710: ["MustTrip.Pt[5].Tms", 1500],
	711: ["RspTms", 7],
	712: ["Pt[4].W", 25],
};

function change(rig: CurveRig, model: number, curve: number, value = mild[model]![1]): void {
	rig.set(model, { [`${group(model)}[${curve}].${mild[model]![0]}`]: value });
}

function mildValue(rig: CurveRig, model: number, curve = 1): number {
	return rig.get(`${model}.${group(model)}[${curve}].${mild[model]![0]}`);
}

describe.each(curveModels)("model %i", (model) => {
	const crv = group(model);

	test("every point is there from the start, all curves are valid, trips are enabled and all else is not", () => {
		const rig = new CurveRig();
		rig.image.eachPoint((point) => {
			if (point.model.id !== model) return;
			expect(rig.image.rawOf(point), `${point.group}.${point.name}`).not.toBeUndefined();
		});
		for (let curve = 1; curve <= 3; curve++) {
			expect(rig.adopt(model, curve)).toBe("COMPLETED");
			expect(rig.get(`${model}.${crv}[${curve}].ReadOnly`)).toBe(curve === 1 ? 1 : 0);
		}
		expect(rig.get(`${model}.Ena`)).toBe(model >= 707 && model <= 710 ? 1 : 0);
	});

	test("CRV-1: curve 1 refuses every write with exception 2 and stays as it is", () => {
		const rig = new CurveRig();
		const before = rig.bytes(model, 1);
		let tried = 0;
		rig.image.eachPoint((point) => {
			if (point.model.id !== model || !point.group.startsWith(`${crv}[1]`)) return;
			const words = point.size === 1 ? [1] : [0, 1];
			expect(rig.writeRaw(`${model}.${point.group}.${point.name}`, ...words)).toBe(2);
			tried++;
		});
		expect(tried).toBeGreaterThan(6);
		expect(rig.bytes(model, 1)).toBe(before);
	});

	test("what never changes is read-only in every curve: counts, scale factors, ReadOnly, results", () => {
		const rig = new CurveRig();
		rig.image.eachPoint((point) => {
			if (point.model.id !== model || point.writable) return;
			const words = point.size === 1 ? [1] : [0, 1];
			const path = `${model}.${point.group}${point.group && "."}${point.name}`;
			expect(rig.writeRaw(path, ...words), path).toBe(2);
		});
		expect(rig.get(`${model}.${crv}[2].ReadOnly`)).toBe(0);
	});

	test("CRV-2: a curve is adopted whole, the others keep", () => {
		const rig = new CurveRig();
		change(rig, model, 3);
		const [second, third] = [rig.bytes(model, 2), rig.bytes(model, 3)];
		expect(rig.bytes(model, 1)).not.toBe(third);
		expect(rig.adopt(model, 3)).toBe("COMPLETED");
		expect(rig.changed).toBe(true);
		expect(mildValue(rig, model)).toBe(mild[model]![1]);
		expect(rig.get(`${model}.${crv}[1].ReadOnly`)).toBe(1);
		expect(rig.get(`${model}.${req(model)}`)).toBe(3);
		expect(rig.bytes(model, 2)).toBe(second);
		expect(rig.bytes(model, 3)).toBe(third);
		// the same bytes, but for ReadOnly
		rig.model(model).put16(rig.model(model).curveAt(1) + rig.model(model).form.readOnly, 0);
		expect(rig.bytes(model, 1)).toBe(third);
	});

	test("CRV-3: a curve that is not there fails, and nothing but the result changes", () => {
		const rig = new CurveRig();
		for (const curve of [4, 5, 65534]) {
			const before = rig.bytes(model, 1);
			expect(rig.adopt(model, curve)).toBe("FAILED");
			expect(rig.bytes(model, 1)).toBe(before);
			expect(rig.functions.fault(model)).toBe(`there is no curve ${curve}: 1 to 3`);
		}
		expect(rig.adopt(model, 2)).toBe("COMPLETED");
		expect(rig.functions.fault(model)).toBeUndefined();
	});

	test("the 'not implemented' code of a point is refused with exception 3", () => {
		const rig = new CurveRig();
		let tried = 0;
		rig.image.eachPoint((point) => {
			if (point.model.id !== model || !point.writable || point.group.startsWith(`${crv}[1]`)) return;
			const high = point.type === "int16" ? 0x8000 : 0xffff;
			const words = point.size === 1 ? [high] : [0xffff, 0xffff];
			const path = `${model}.${point.group}${point.group && "."}${point.name}`;
			const before = rig.get(path);
			expect(rig.writeRaw(path, ...words), path).toBe(3);
			expect(rig.get(path)).toBe(before);
			tried++;
		});
		expect(tried).toBeGreaterThan(10);
	});

	test("half a point and a point outside its range are refused", () => {
		const rig = new CurveRig();
		expect(rig.write(`${model}.Ena`, 2)).toBe(3);
		if (model < 711 || model === 712) {
			const trip = model >= 707 && model <= 710 ? "MustTrip." : "";
			const room = rig.get(`${model}.NPt`);
			expect(rig.write(`${model}.Crv[2].${trip}ActPt`, room)).toBe(0);
			expect(rig.write(`${model}.Crv[2].${trip}ActPt`, 0)).toBe(0);
			expect(rig.write(`${model}.Crv[2].${trip}ActPt`, room + 1)).toBe(3);
		}
		if (model >= 707 && model <= 711) {
			const name = model === 711 ? "Ctl[2].DbOf" : "Crv[2].MustTrip.Pt[1].Tms";
			expect(rig.writeRaw(`${model}.${name}`, 0)).toBe(2);
		}
	});

	test("a restart keeps curves, enable and requests, and refuses what does not fit any more", () => {
		const rig = new CurveRig();
		change(rig, model, 2);
		rig.adopt(model, 2);
		rig.set(model, { Ena: 1 });
		const saved = rig.functions.save(0);
		const [first, second] = [rig.bytes(model, 1), rig.bytes(model, 2)];

		const again = new CurveRig();
		expect(again.functions.restore(saved, 10, 0)).toBe(true);
		expect(again.bytes(model, 1)).toBe(first);
		expect(again.bytes(model, 2)).toBe(second);
		expect(again.get(`${model}.Ena`)).toBe(1);
		expect(again.get(`${model}.${req(model)}`)).toBe(2);

		const other = new CurveRig();
		const { form } = other.model(model);
		other.model(model).put16(form.sf, -3);
		const before = other.bytes(model, 1);
		other.functions.restore(saved, 10, 0);
		expect(other.bytes(model, 1)).toBe(model === 711 ? first : before);
	});

	test("a saved state that is cut off or damaged does no harm", () => {
		const rig = new CurveRig();
		change(rig, model, 2);
		rig.adopt(model, 2);
		const saved = rig.functions.save(0);
		const fresh = new CurveRig();
		const before = fresh.bytes(model, 1);
		const at = savedAt(saved, model);
		expect(fresh.functions.restore(saved.subarray(at, at + 20), 0, 0)).toBe(false);
		// a curve in force that is none
		const damaged = saved.slice();
		const { form } = rig.model(model);
		const words = new DataView(damaged.buffer);
		words.setUint16(at + 4 + 2 * (form.head + (form.readOnly === 0 ? 1 : 0)), 60_000);
		fresh.functions.restore(damaged, 0, 0);
		expect(fresh.bytes(model, 1)).toBe(before);
	});
});

/** Where a model stands in the saved bytes. */
function savedAt(saved: Uint8Array, model: number): number {
	const view = new DataView(saved.buffer);
	let at = 0;
	while (view.getUint16(at) !== model) at += 4 + 2 * view.getUint16(at + 2);
	return at;
}

test("a model that the device behind has itself is left alone", () => {
	const rig = new CurveRig({ given: [705, 707] });
	expect(rig.functions.model(705)).toBeUndefined();
	expect(rig.get("705.Ena")).toBeNaN();
	expect(rig.functions.trip(707)).toBeUndefined();
	expect(rig.write("706.Ena", 1)).toBe(0);
	expect(rig.functions.modes).toBe((1 << 10) | (1 << 8) | (1 << 12) | (1 << 13) | (1 << 5) | (1 << 9));
});

test("values of points that somebody has asked for follow an adoption", () => {
	const rig = new CurveRig();
	const handle = rig.image.handle(705, "V", "Crv[1].Pt[1]");
	expect(rig.image.value(handle)).toBe(92);
	rig.set(705, { "Crv[2].Pt[1].V": 90 });
	rig.adopt(705, 2);
	expect(rig.image.value(handle)).toBe(90);
});

test("0 is 'no active control' in 711 and 712, and no curve elsewhere", () => {
	const rig = new CurveRig();
	for (const model of [711, 712]) {
		rig.set(model, { Ena: 1 });
		expect(rig.adopt(model, 0)).toBe("COMPLETED");
		expect(rig.get(`${model}.Ena`)).toBe(0);
	}
	rig.set(705, { Ena: 1 });
	expect(rig.adopt(705, 0)).toBe("FAILED");
	expect(rig.get("705.Ena")).toBe(1);
});

describe.each(reversible)("reversion of model %i", (model) => {
	const crv = model === 711 ? "RvrtCtl" : "RvrtCrv";

	/** Curve 2 is to hold for 60 s, then curve 3. */
	function begun(): CurveRig {
		const rig = new CurveRig();
		change(rig, model, 2);
		rig.set(model, { RvrtTms: 60, [crv]: 3, Ena: 1 });
		expect(rig.adopt(model, 2)).toBe("COMPLETED");
		return rig;
	}

	test("REV-1: when the time is over, curve RvrtCrv is in force", () => {
		const rig = begun();
		const original = mildValue(rig, model, 3);
		expect(rig.get(`${model}.RvrtRem`)).toBe(60);
		rig.seconds(1);
		expect(rig.get(`${model}.RvrtRem`)).toBe(59);
		rig.seconds(58.9);
		expect(rig.get(`${model}.RvrtRem`)).toBe(1);
		expect(mildValue(rig, model)).toBe(mild[model]![1]);
		rig.seconds(0.2);
		expect(rig.get(`${model}.RvrtRem`)).toBe(0);
		expect(mildValue(rig, model)).toBe(original);
		expect(rig.get(`${model}.${req(model)}`)).toBe(3);
		expect(rig.get(`${model}.Ena`)).toBe(1);
		expect(rig.functions.nextMs(rig.clock.now())).toBe(Number.POSITIVE_INFINITY);
	});

	test("REV-2: writing RvrtTms, or adopting, starts the time anew", () => {
		const rig = begun();
		rig.seconds(50);
		rig.set(model, { RvrtTms: 100 });
		expect(rig.get(`${model}.RvrtRem`)).toBe(100);
		rig.seconds(90);
		expect(rig.adopt(model, 2)).toBe("COMPLETED");
		expect(rig.get(`${model}.RvrtRem`)).toBe(100);
		rig.seconds(99);
		expect(mildValue(rig, model)).toBe(mild[model]![1]);
		rig.seconds(1);
		expect(mildValue(rig, model)).not.toBe(mild[model]![1]);
	});

	test("REV-2: an adoption that failed does not", () => {
		const rig = begun();
		rig.seconds(50);
		expect(rig.adopt(model, 9)).toBe("FAILED");
		expect(rig.get(`${model}.RvrtRem`)).toBe(10);
	});

	test.each([
		["RvrtTms = 0", "RvrtTms"],
		["disabling", "Ena"],
	])("REV-3: %s cancels it", (_name, point) => {
		const rig = begun();
		rig.seconds(30);
		rig.set(model, { [point]: 0 });
		expect(rig.get(`${model}.RvrtRem`)).toBe(0);
		rig.seconds(100);
		expect(mildValue(rig, model)).toBe(mild[model]![1]);
	});

	test("curve 0, or one that cannot be in force, disables the function", () => {
		for (const wrong of [false, true]) {
			const rig = begun();
			if (wrong && model !== 711) rig.set(model, { "Crv[3].ActPt": 0 });
			else if (wrong) rig.model(711).put16(rig.model(711).curveAt(3) + 4, 0);
			else rig.set(model, { [crv]: 0 });
			const before = rig.bytes(model, 1);
			rig.seconds(61);
			expect(rig.get(`${model}.Ena`)).toBe(0);
			expect(rig.bytes(model, 1)).toBe(before);
		}
	});

	test("a reversion curve that is not there is refused", () => {
		const rig = new CurveRig();
		expect(rig.write(`${model}.${crv}`, 3)).toBe(0);
		expect(rig.write(`${model}.${crv}`, 4)).toBe(3);
	});

	test("the time goes on over a restart", () => {
		const rig = begun();
		rig.seconds(20);
		const saved = rig.functions.save(rig.clock.now());
		expect(rig.functions.shortestS).toBe(60);
		const soon = new CurveRig();
		soon.functions.restore(saved, 15, soon.clock.now());
		expect(soon.get(`${model}.RvrtRem`)).toBe(25);
		soon.seconds(25);
		expect(mildValue(soon, model)).not.toBe(mild[model]![1]);
		const late = new CurveRig();
		late.functions.restore(saved, 1000, late.clock.now());
		expect(late.get(`${model}.RvrtRem`)).toBe(0);
		expect(mildValue(late, model)).not.toBe(mild[model]![1]);
	});
});

test("a clock with fractions neither rounds the time that remains up nor makes it wait for nothing", () => {
	const rig = new CurveRig();
	rig.clock.advance(0.1);
	rig.set(705, { RvrtTms: 3, Ena: 1 });
	const curves = rig.model(705);
	const { functions } = rig;
	const short = 0.1 + 3000 - 1e-9;
	expect(curves.remainingS(0.1 - 1e-9)).toBe(3);
	expect(functions.tick(short - 1000)).toBe(0);
	expect(rig.get("705.RvrtRem")).toBe(1);
	expect(functions.tick(short)).toBe(705);
	const trip = functions.trip(707)!;
	trip.update(40, 0.1);
	trip.update(40, 0.1 + 2000 - 1e-9);
	expect(trip.mustTrip).toBe(true);
	expect(trip.nextMs).toBeGreaterThan(2001);
});
