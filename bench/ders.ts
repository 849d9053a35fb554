/**
 * A found inverter and a found battery with all models of a DER, and both as the site's: what each part of them takes on
 * the engine of the device, and what a poll, a write and a tick cost.
 */
import { type SimKind, simDer } from "../sim/pole";
import { SunSpecSlave } from "../sim/sunspec-slave";
import { type DersOnXs, dersMachine } from "./ders-machine";
import { heapBytes, type Report, sayer } from "./figure";

type Machine = ReturnType<typeof dersMachine>["machine"];

/** A simulated DER behind a device of the hub, asked as a bus asks. */
class Played {
	nowMs = 1000;
	readonly #machine: Machine;
	readonly #xs: DersOnXs;
	readonly #unit: number;
	readonly #space: ReturnType<SunSpecSlave["space"]>;

	constructor(machine: Machine, xs: DersOnXs, kind: SimKind, unit: number) {
		this.#machine = machine;
		this.#xs = xs;
		this.#unit = unit;
		const slave = new SunSpecSlave({ unit, der: simDer(kind, { seed: 3, startHour: 12 }), seed: 4 });
		this.#space = slave.space(() => this.nowMs);
	}

	/** Answers what the device is asked until `done`, at most `seconds`; the most byte codes that an answer to a read took. */
	ask(seconds: number, done: () => boolean = () => false): number {
		let most = 0;
		for (const endMs = this.nowMs + 1000 * seconds; this.nowMs < endMs && !done(); this.nowMs += 50) {
			const request = this.#xs.next(this.nowMs);
			if (request === undefined) continue;
			const [code, address, count, ...values] = request as [number, number, number, ...number[]];
			const view = new DataView(new ArrayBuffer(2 * count));
			let exception = 0;
			if (code === 3) exception = this.#space.readRegisters!(this.#unit, false, address, count, view, 0);
			else {
				values.forEach((value, i) => {
					view.setUint16(2 * i, value);
				});
				exception = this.#space.writeRegisters!(this.#unit, address, count, view, 0);
			}
			const before = this.#machine.counters().byteCodes;
			this.#xs.answer(exception, view.buffer as ArrayBuffer);
			if (code === 3) most = Math.max(most, this.#machine.counters().byteCodes - before);
		}
		return most;
	}
}

/** Bytes by part, then byte codes by action, for the kinds in turn. */
export function derCosts(older: boolean) {
	const { machine, xs } = dersMachine();
	const bytes: [part: string, bytes: number][] = [];
	const codes: [action: string, codes: number][] = [];
	const held = (part: string, action: () => void): void => {
		const before = heapBytes(machine);
		action();
		bytes.push([part, heapBytes(machine) - before]);
	};
	const counted = (name: string, action: () => void): void => {
		const before = machine.counters().byteCodes;
		action();
		codes.push([name, machine.counters().byteCodes - before]);
	};
	for (const [index, kind] of (["inverter", "battery"] as const).entries()) {
		const unit = 101 + index;
		const played = new Played(machine, xs, kind, unit);
		const build = (): void => {
			xs.begin(unit, older);
			played.ask(60, () => xs.isFound());
		};
		held(`${kind}: client, what was found`, build);
		held(`${kind}: image, its lists of models`, () => xs.image());
		held(`${kind}: the way of commands`, () => xs.actuator());
		held(`${kind}: reads into the image`, () => {
			xs.attach();
			played.ask(10);
		});
		held(`${kind}: composed models`, () => {
			xs.composed();
			xs.update();
		});
		held(`${kind}: controls`, () => xs.controls());
		codes.push([`${kind}: a poll, answer to image, composed models and controls, at most`, played.ask(20)]);
		xs.serve();
		const limit = xs.place(704, "WMaxLimPct");
		const enable = xs.place(704, "WMaxLimPctEna");
		const put = ([address, factor]: readonly [number, number], value: number): void => {
			const raw = Math.round(value * factor);
			const exception = xs.write(address, new Uint8Array([raw >> 8, raw & 0xff]).buffer);
			if (exception !== 0) throw new Error(`the write of ${raw} to ${address} ends with exception ${exception}`);
		};
		// the first one makes what a commanded device needs
		held(`${kind}: commanded, more`, () => {
			put(limit, 50);
			put(enable, 1);
			played.ask(20);
		});
		counted(`${kind}: a write of a control, to the device's registers`, () => put(limit, 40));
		played.ask(20);
		// what else is due goes off before
		while (xs.due() < played.nowMs) xs.tick(played.nowMs);
		counted(`${kind}: a tick of a second`, () => xs.tick(xs.due()));
		played.ask(2);
	}
	held("both as one", () => xs.asOne());
	machine.finish();
	return { bytes, codes };
}

export function run(report: Report): void {
	const say = sayer("ders", report);
	for (const older of [false, true]) {
		const { bytes, codes } = derCosts(older);
		const what = older ? ", with older models" : "";
		const sum = bytes.reduce((total, [part, some]) => total + (part.includes("commanded") ? 0 : some), 0);
		say(`an inverter, a battery and both as one${what}`, sum / 1024, "KB", {
			note: "beside what any device has: bus, history, alarms; nobody has commanded them",
		});
		for (const [part, some] of bytes) say(`  of that: ${part}${what}`, some / 1024, "KB");
		for (const [action, some] of codes) say(`${action}${what}`, some, "byte codes");
	}
}
