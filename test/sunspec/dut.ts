/** DERs on a SunSpec server in this process: what planted defects are put into, and what a hub is compared with. */
import type { RegisterSpace } from "../../modules/modbus/respond";
import { TcpServer } from "../../modules/modbus/server-tcp";
import { Der } from "../../modules/sunspec/der/der";
import type { DerActuator, DerCommand } from "../../modules/sunspec/der/types";
import { Image, type ModelSpec } from "../../modules/sunspec/image";
import type { PointInfo } from "../../modules/sunspec/place";
import { SunSpecSpace, type WrittenValue } from "../../modules/sunspec/server";
import { Listener, TCP } from "../adapters/ecma419";
import { realClock } from "../adapters/real-clock";

const curves = { NCrv: 3, NCrvSet: 2, NCtl: 3 };

/** A three-phase inverter of 5 kW with everything that IEEE 1547 asks for, in the order of its map. */
export const inverterModels: readonly ModelSpec[] = [
	{ id: 1 },
	{ id: 701 },
	{ id: 702 },
	{ id: 703 },
	{ id: 704 },
	{ id: 705, repeats: { NCrv: curves.NCrv, NPt: 4 } },
	{ id: 706, repeats: { NCrv: curves.NCrv, NPt: 2 } },
	{ id: 707, repeats: { NCrvSet: curves.NCrvSet, NPt: 5 } },
	{ id: 708, repeats: { NCrvSet: curves.NCrvSet, NPt: 5 } },
	{ id: 709, repeats: { NCrvSet: curves.NCrvSet, NPt: 5 } },
	{ id: 710, repeats: { NCrvSet: curves.NCrvSet, NPt: 5 } },
	{ id: 711, repeats: { NCtl: curves.NCtl } },
	{ id: 712, repeats: { NCrv: curves.NCrv, NPt: 6 } },
	{ id: 715 },
	{ id: 120 },
	{ id: 123 },
];

const ratedW = 5000;

/** By model and point: the name plate, and what is measured at noon. Scale factors come first. */
const values: Record<number, Record<string, number | string>> = {
	1: { Mn: "Gridpost", Md: "DUT", Vr: "1", SN: "0001" },
	702: {
		W_SF: 0,
		PF_SF: -2,
		VA_SF: 0,
		Var_SF: 0,
		V_SF: -1,
		A_SF: -1,
		S_SF: 0,
		WMaxRtg: ratedW,
		WOvrExtRtg: ratedW,
		WOvrExtRtgPF: 0.8,
		WUndExtRtg: ratedW,
		WUndExtRtgPF: 0.8,
		VAMaxRtg: 5500,
		VarMaxInjRtg: 2500,
		VarMaxAbsRtg: 2500,
		VNomRtg: 400,
		VMaxRtg: 460,
		VMinRtg: 320,
		AMaxRtg: 8,
		ReactSusceptRtg: 0,
		NorOpCatRtg: 1,
		AbnOpCatRtg: 2,
		WMax: ratedW,
		VAMax: 5500,
		VarMaxInj: 2500,
		VarMaxAbs: 2500,
		VNom: 400,
		VMax: 460,
		VMin: 320,
	},
	120: {
		WRtg_SF: 0,
		VARtg_SF: 0,
		VArRtg_SF: 0,
		ARtg_SF: -1,
		PFRtg_SF: -2,
		DERTyp: 4,
		WRtg: ratedW,
		VARtg: 5500,
		ARtg: 8,
		VArRtgQ1: 2500,
		VArRtgQ2: 2500,
		VArRtgQ3: -2500,
		VArRtgQ4: -2500,
		PFRtgQ1: 0.8,
		PFRtgQ2: 0.8,
		PFRtgQ3: -0.8,
		PFRtgQ4: -0.8,
	},
	701: {
		A_SF: -2,
		V_SF: -1,
		Hz_SF: -2,
		W_SF: 0,
		PF_SF: -2,
		VA_SF: 0,
		Var_SF: 0,
		ACType: 2,
		St: 1,
		InvSt: 3,
		ConnSt: 1,
		Alrm: 0,
		W: 4000,
		VA: 4000,
		Var: 0,
		PF: 1,
		A: 17.3,
		LLV: 400,
		LNV: 230,
		Hz: 50,
		VL1: 230,
		VL2: 230,
		VL3: 230,
		VL1L2: 400,
		VL2L3: 400,
		VL3L1: 400,
	},
};

/** What the sun gives, W, and behind it a device that does at once what it is told. */
export class PhysicalDer implements DerActuator {
	readonly abilities = ["energize", "limitW", "setW", "pf", "setVar"] as const;
	readonly continuous = true;
	readonly online = true;
	readonly #image: Image;
	told: Readonly<DerCommand> | undefined;

	constructor(image: Image) {
		this.#image = image;
	}

	apply(command: Readonly<DerCommand>): void {
		this.told = { ...command };
		const wanted = Number.isNaN(command.setW) ? 4000 : command.setW;
		const watts = command.energize ? Math.min(4000, wanted, command.limitW) : 0;
		this.#image.set(this.#image.handle(701, "W"), watts, realClock.now(), "good");
	}
}

/** One unit of the server. */
export class DutUnit {
	readonly image: Image;
	readonly device: PhysicalDer;
	readonly der: Der;

	constructor(unit: number, models: readonly ModelSpec[] = inverterModels) {
		this.image = new Image(models);
		for (const [id, points] of Object.entries(values)) {
			for (const [name, value] of Object.entries(points)) {
				this.image.set(this.image.handle(Number(id), name), value, 0, "good");
			}
		}
		this.image.set(this.image.handle(1, "DA"), unit, 0, "good");
		this.device = new PhysicalDer(this.image);
		this.der = new Der({ image: this.image, unit, actuator: this.device, clock: realClock });
	}
}

/** A server with DERs at units, over TCP. */
export class Dut {
	readonly units = new Map<number, DutUnit>();
	readonly space: SunSpecSpace;
	#server: TcpServer | undefined;

	constructor() {
		this.space = new SunSpecSpace({
			clock: realClock,
			onWrite: (unit, _image, point, value) => this.#onWrite(unit, point, value),
			onCheck: (unit, _image, points, values) => this.units.get(unit)!.der.onCheck(points, values),
			onWritten: (unit, _image, points) => this.units.get(unit)!.der.onWritten(points),
		});
	}

	add(unit: number, models?: readonly ModelSpec[]): DutUnit {
		const made = new DutUnit(unit, models);
		this.units.set(unit, made);
		this.space.add(unit, made.image);
		return made;
	}

	serve(port: number, space: RegisterSpace = this.space): void {
		const listener = { io: Listener, port, address: "127.0.0.1" };
		this.#server = new TcpServer({ listener, tcp: TCP, clock: realClock, space, maxClients: 64 });
	}

	close(): void {
		this.#server?.close();
		for (const unit of this.units.values()) unit.der.close();
	}

	#onWrite(unit: number, point: PointInfo, value: WrittenValue): number {
		if (point.model.id === 1 && point.name === "DA") return value === unit ? 0 : 3;
		return this.units.get(unit)!.der.onWrite(point, value);
	}
}
