import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import { Device } from "../modules/devices/engine";
import { readPoint } from "../modules/devices/points";
import { type DeviceTable, tableModels } from "../modules/devices/table";
import { deyeSinglePhase } from "../modules/devices/tables/deye-single-phase";
import { deyeThreePhaseHv } from "../modules/devices/tables/deye-three-phase-hv";
import { deyeThreePhaseLv } from "../modules/devices/tables/deye-three-phase-lv";
import { solArk12k } from "../modules/devices/tables/sol-ark-12k";
import { solArk15k } from "../modules/devices/tables/sol-ark-15k";
import { solArkHv } from "../modules/devices/tables/sol-ark-hv";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { RtuDevice, type SimDevice } from "../sim/device";
import { SolArk, type SolArkModel, type SolArkOptions } from "../sim/sol-ark";

export const hybridTables: Readonly<Record<SolArkModel, DeviceTable>> = {
	"sol-ark-12k": solArk12k,
	"sol-ark-15k": solArk15k,
	"sol-ark-hv": solArkHv,
	"deye-single-phase": deyeSinglePhase,
	"deye-three-phase-lv": deyeThreePhaseLv,
	"deye-three-phase-hv": deyeThreePhaseHv,
};

export const hybridModels = Object.keys(hybridTables) as SolArkModel[];

/** Registers as they stand here, 0 where nothing stands; `requests` in their order: function, address, count. */
export class Words extends RtuDevice {
	readonly words: Map<number, number>;
	readonly asked: (readonly [code: number, address: number, count: number])[] = [];
	/** Reads from these addresses on are answered with an exception. */
	readonly failing = new Set<number>();

	constructor(words: Readonly<Record<number, number>>) {
		super(1, 40, 1);
		this.words = new Map(Object.entries(words).map(([address, word]) => [Number(address), word & 0xffff]));
	}

	protected execute(frame: Uint8Array): Uint8Array {
		const code = frame[1]!;
		const address = (frame[2]! << 8) | frame[3]!;
		const count = (frame[4]! << 8) | frame[5]!;
		this.asked.push([code, address, count]);
		if (code === 16) {
			for (let i = 0; i < count; i++) this.words.set(address + i, (frame[7 + 2 * i]! << 8) | frame[8 + 2 * i]!);
			return frame.slice(1, 6);
		}
		if (code !== 3 || this.failing.has(address)) return Uint8Array.of(code | 0x80, 4);
		const pdu = new Uint8Array(2 + 2 * count);
		pdu.set([3, 2 * count]);
		for (let i = 0; i < count; i++) {
			const word = this.words.get(address + i) ?? 0;
			pdu.set([word >> 8, word & 0xff], 2 + 2 * i);
		}
		return pdu;
	}
}

/** A hybrid's table on a line with raw words. */
export function wordsRig(model: SolArkModel, words: Readonly<Record<number, number>>) {
	const slave = new Words(words);
	const rig = tableRig(hybridTables[model], slave);
	rig.clock.advance(66_000);
	return { ...rig, slave };
}

/** A simulated hybrid on a simulated line, read by its table through client and scheduler, under a manual clock. */
export function solArkRig(options: Omit<SolArkOptions, "unit">) {
	const slave = new SolArk({ ...options, unit: 1 });
	return { ...tableRig(hybridTables[options.model], slave), slave, plant: slave.plant };
}

function tableRig(table: DeviceTable, slave: SimDevice) {
	const clock = new ManualClock();
	const client = new ModbusClient({
		link: { io: simulatedRS485(() => slave, clock), port: "sim:one", ...table.bus },
		clock,
	});
	const image = new Image(tableModels(table));
	const device = new Device({ table, image, unit: 1 });
	const scheduler = new BusScheduler({ client, devices: [device], clock });
	scheduler.start();
	const handle = (path: string): number => {
		const { model, occurrence, group, point } = readPoint(path, 701)!;
		const found = image.handle(model, point, group, undefined, occurrence);
		if (found < 0) throw new RangeError(`${table.id} has no point ${path}`);
		return found;
	};
	return {
		clock,
		table,
		client,
		image,
		device,
		scheduler,
		handle,
		/** In the point's unit; undefined for none. */
		value: (path: string): number | string | undefined => image.value(handle(path)),
		number: (path: string): number => {
			const value = image.value(handle(path));
			if (typeof value !== "number") throw new RangeError(`${path} is ${value}`);
			return value;
		},
		raw: (path: string) => image.raw(handle(path)),
	};
}
