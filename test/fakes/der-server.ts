import { ManualClock } from "../../modules/base/manual-clock";
import { Rig } from "../../modules/sunspec/der/testing/rig";
import { Image, type ModelSpec } from "../../modules/sunspec/image";
import { SunSpecSpace } from "../../modules/sunspec/server";

/** Everything that the controls of a DER know, curves included. */
export const derModels: readonly ModelSpec[] = [
	...[1, 701, 702, 703, 704].map((id) => ({ id })),
	{ id: 705, repeats: { NCrv: 3, NPt: 4 } },
	{ id: 706, repeats: { NCrv: 3, NPt: 2 } },
	...[707, 708, 709, 710].map((id) => ({ id, repeats: { NCrvSet: 2, NPt: 4 } })),
	{ id: 711, repeats: { NCtl: 3 } },
	{ id: 712, repeats: { NCrv: 3, NPt: 6 } },
	...[713, 715, 121, 123, 124].map((id) => ({ id })),
];

/** Unit 1: a DER that does as it is told; 5: a meter, which nobody may write; 7: a DER that does not answer. */
export class DerServer {
	readonly clock = new ManualClock();
	readonly ders = new Map<number, Rig>();
	readonly images = new Map<number, Image>();
	readonly space: SunSpecSpace;

	constructor() {
		for (const unit of [1, 7])
			this.ders.set(unit, new Rig({ unit, clock: this.clock, models: derModels, nominalHz: 50 }));
		for (const [unit, { image }] of this.ders) this.images.set(unit, image);
		this.images.set(5, meter());
		const lost = this.ders.get(7)!;
		lost.device.online = false;
		lost.image.lose(0);
		lost.der.measured();
		this.space = new SunSpecSpace({
			clock: this.clock,
			onWrite: (unit, _image, point, value) => this.ders.get(unit)?.der.onWrite(point, value) ?? 2,
			onCheck: (unit, _image, points, values) => this.ders.get(unit)?.der.onCheck(points, values) ?? 0,
			onWritten: (unit, _image, points) => this.ders.get(unit)?.der.onWritten(points),
		});
		for (const [unit, image] of this.images) {
			image.set(image.handle(1, "Mn"), "Gridpost", 0, "good");
			image.set(image.handle(1, "Md"), `unit ${unit}`, 0, "good");
			image.set(image.handle(1, "Vr"), "1", 0, "good");
			this.space.add(unit, image);
		}
	}

	/** The bytes of a unit's whole map. */
	bytes(unit: number): Uint8Array {
		const { registers } = this.images.get(unit)!;
		return new Uint8Array(registers.buffer.slice(0) as ArrayBuffer);
	}

	close(): void {
		for (const { der } of this.ders.values()) der.close();
	}
}

function meter(): Image {
	const image = new Image([{ id: 1 }, { id: 203 }]);
	for (const [name, value] of Object.entries({ A_SF: -2, V_SF: -1, W_SF: 0, A: 5, PhV: 230, W: -1234 })) {
		image.set(image.handle(203, name), value, 0, "good");
	}
	return image;
}
