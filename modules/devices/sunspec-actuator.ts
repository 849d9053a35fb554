import type { Clock, TimerId } from "../base/clock";
import type { FoundModel } from "../sunspec/client/found";
import { ClientPlan } from "../sunspec/client/plan";
import { encodeNumber, unscaled } from "../sunspec/codec";
import { unlimited } from "../sunspec/der/command";
import type { DerAbility, DerActuator, DerCommand } from "../sunspec/der/types";
import { Image } from "../sunspec/image";
import { type PointInfo, scaleOf } from "../sunspec/place";
import { PointType } from "../sunspec/types";
import { startMs } from "./actuator";
import type { ReadResult } from "./engine";
import { controlModels, modelFor } from "./sunspec-abilities";
import { controlCount, type Demand, demands, referenceStorageW, referenceVar, referenceW } from "./sunspec-demands";
import type { SunSpecDevice } from "./sunspec-device";
import { SunSpecIntake } from "./sunspec-intake";
import { pointLabel, SunSpecWriter, type WrittenDevice } from "./sunspec-write";
import type { WriteClient, WriteOutcome, WriteRequest } from "./write";

/** The device falls back this long after it last heard of a control, unless another time is given. */
const defaultRevertS = 60;
/** A control is written again after this part of that time. */
const refreshShare = 3;
/** What failed is tried again this much later. */
const againMs = 10_000;

/** Reads that are refused are not made shorter than this. */
const leastRegisters = 8;

/** What a control was told last: nothing, so it is its owner's; something that may not have arrived. */
const untouched = "";
const unknown = "?";

export interface SunSpecActuatorOptions {
	device: SunSpecDevice;
	client: WriteClient;
	clock: Clock;
	/** `held` as it was when the hub last stopped. */
	held?: Uint8Array | undefined;
	/** Whenever `held` has changed: to be kept over a restart. */
	onHeld?: ((held: Uint8Array) => void) | undefined;
	/** After this the device falls back by itself when the hub is gone, s. Default 60. */
	revertS?: number | undefined;
	/** How a write ended; of those that only repeat what holds already, not when all is well. */
	onOutcome?: ((outcome: WriteOutcome) => void) | undefined;
}

/**
 * The controls of a DER over a device that speaks SunSpec: models 123 and 124, or its own 703 and 704. A control of
 * which no command asks anything is its owner's and stays untouched. Each is given the device's own reversion time and
 * written again before that is over: when the hub dies, the device falls back by itself. Only being taken off the grid
 * does not end by itself.
 */
export class SunSpecActuator implements DerActuator, WrittenDevice {
	readonly abilities: readonly DerAbility[];
	readonly continuous = true;
	readonly unit: number;
	#options: SunSpecActuatorOptions;
	#models: readonly FoundModel[];
	#revertS: number;
	/** What it takes to tell the device something: made with the first command, as not every DER is commanded. */
	#order: Order | undefined;
	#reading = false;
	#command: DerCommand | undefined;
	/** Bit i: control i was switched on by the hub, and not off again. */
	#held: number;
	#timer: TimerId | undefined;
	#closed = false;

	constructor(options: SunSpecActuatorOptions) {
		const { device } = options;
		this.#options = options;
		this.unit = device.unit;
		this.#revertS = options.revertS ?? defaultRevertS;
		const seen: number[] = [];
		const once = (id: number): boolean => controlModels.includes(id) && !seen.includes(id) && seen.push(id) > 0;
		this.#models = device.models.filter((model) => model.known && once(model.id));
		const abilities: DerAbility[] = [];
		for (const model of this.#models) {
			for (const ability of model.abilities ?? []) if (!abilities.includes(ability)) abilities.push(ability);
		}
		this.abilities = abilities;
		this.#held = options.held?.length === 1 ? options.held[0]! : 0;
		// Without a command that holds them again they are switched off: not every device falls back by itself.
		if (this.#held !== 0) this.wake(startMs);
	}

	/** Controls that the hub has switched on, as bits in one byte. */
	get held(): Uint8Array {
		return Uint8Array.of(this.#held);
	}

	private hold(control: number, on: boolean): void {
		const held = on ? this.#held | (1 << control) : this.#held & ~(1 << control);
		if (held === this.#held) return;
		this.#held = held;
		this.#options.onHeld?.(this.held);
	}

	get online(): boolean {
		return this.#options.device.online && !this.#options.device.looking;
	}

	get timeoutMs(): number {
		return this.#options.device.timeoutMs;
	}

	/** Why the device could not be told that, in words for a person. */
	refuses(ability: DerAbility, value: number): string | undefined {
		const order = this.#order;
		if (order === undefined || order.toRead > 0 || !Number.isFinite(value)) return undefined;
		const own = order.own.image;
		const model = modelFor(this.#models, ability);
		if (ability === "limitW" && Number.isNaN(referenceW(own))) return "the device does not say its WMax";
		if (model === 124) {
			const most = referenceStorageW(own);
			if (Number.isNaN(most)) return "the device does not say its WChaMax";
			if (ability === "setW" && Math.abs(value) > most) return `${value} W is not allowed; -${most} to ${most} is`;
		}
		if (ability === "setVar" && model === 123) {
			const most = referenceVar(own) || referenceW(own);
			if (Number.isNaN(most)) return "the device does not say its VArMax";
			if (Math.abs(value) > most) return `${value} var is not allowed; -${most} to ${most} is`;
		}
		return undefined;
	}

	apply(command: Readonly<DerCommand>): void {
		this.#command = { ...command };
		this.#order ??= new Order(this.#models, this, this.#held);
		this.work();
	}

	/** The device answers again: what it holds is read anew, and it is told again what it was told. */
	resume(): void {
		const order = this.#order;
		if (order === undefined) return;
		order.toRead = order.plan.reads;
		for (let i = 0; i < controlCount; i++) if (order.told[i] !== untouched) order.told[i] = unknown;
		this.work();
	}

	/** The device is told nothing any more; it falls back when its time is over. */
	close(): void {
		this.#closed = true;
		this.#options.clock.clearTimer(this.#timer);
	}

	private work(): void {
		const command = this.#command;
		const order = this.#order;
		if (command === undefined || order === undefined || this.#closed) return;
		const nowMs = this.#options.clock.now();
		if (!this.online) {
			this.wake(againMs);
			return;
		}
		if (order.toRead > 0) {
			this.read(order);
			return;
		}
		const all = demands(command, this.#models, order.own.image, this.#revertS);
		let wakeMs = Infinity;
		all.forEach((demand, control) => {
			const told = order.told[control]!;
			if (demand === undefined || (!demand.active && told === untouched)) return;
			const asked = demand.points.join(" ");
			const isDue = told === unknown || nowMs >= order.againMs[control]!;
			if (isDue || asked !== order.asked[control]) {
				order.asked[control] = asked;
				// What differs by less than the registers can show is the same.
				const runs = runsOf(order.own.image, demand);
				const wanted = runs.map(({ address, words }) => `${address}:${words.join(",")}`).join(" ");
				if (isDue || wanted !== told) this.tell(order, control, demand.active, runs, wanted);
			}
			wakeMs = Math.min(wakeMs, order.againMs[control]! - nowMs);
		});
		if (wakeMs < Infinity) this.wake(wakeMs);
	}

	private wake(delayMs: number): void {
		const { clock } = this.#options;
		clock.clearTimer(this.#timer);
		this.#timer = clock.setTimer(
			() => {
				if (this.#command !== undefined) this.work();
				else if (this.online && this.#options.device.complete) this.apply(unlimited());
				else this.wake(startMs);
			},
			Math.max(0, delayMs),
		);
	}

	/** Reads the control models, one request at a time. */
	private read(order: Order): void {
		if (this.#reading) return;
		this.#reading = true;
		const { plan } = order;
		const read = plan.reads - order.toRead;
		const request: WriteRequest = {
			unit: this.unit,
			function: 3,
			address: plan.address(read),
			count: plan.count(read),
			values: [],
			retries: 1,
			timeoutMs: this.timeoutMs,
			onResult: (result) => {
				this.#reading = false;
				this.taken(order, plan, read, result);
			},
		};
		this.#options.client.request(request);
	}

	private taken(order: Order, plan: ClientPlan, read: number, result: ReadResult): void {
		if (this.#closed) return;
		if (result.status === "ok") {
			order.own.take(plan, read, result.data, result.endMs);
			// it may have come back meanwhile, and all is to be read again
			if (plan.reads - order.toRead === read) order.toRead--;
			this.work();
			return;
		}
		const refused = result.status === "exception";
		const count = plan.count(read);
		if (refused && result.exception <= 3 && count > leastRegisters) {
			order.shorten(this.#models, Math.max(leastRegisters, count >> 1));
			this.work();
			return;
		}
		const at = plan.partImage(plan.firstPart(read));
		const model = order.own.image.models.find(({ address, length }) => at < address + 2 + length)!;
		const reason = refused ? `reading it: exception ${result.exception}` : "the device does not answer";
		this.#options.onOutcome?.({ result: refused ? "rejected" : "timeout", reason, row: "model", value: model.id });
		this.wake(againMs);
	}

	/** Writes a control, runs of neighbouring points in a request each, those that switch it on at the end. */
	private tell(order: Order, control: number, active: boolean, runs: readonly Run[], wanted: string): void {
		const { client, clock } = this.#options;
		const isNew = wanted !== order.told[control];
		if (active) this.hold(control, true);
		order.told[control] = wanted;
		order.againMs[control] = clock.now() + (this.#revertS * 1000) / refreshShare;
		let left = runs.length;
		let failed = false;
		for (const run of runs) {
			order.writer.put(run.address, run.words, client, (result, reason) => {
				left--;
				if (result !== "accepted" && reason !== "a later write took its place") failed = true;
				if (isNew || result !== "accepted") {
					run.points.forEach((point, i) => {
						this.#options.onOutcome?.({ result, reason, row: pointLabel(point), value: run.values[i]! });
					});
				}
				if (left > 0 || order.told[control] !== wanted) return;
				if (failed) {
					order.told[control] = unknown;
					order.againMs[control] = clock.now() + againMs;
					this.wake(againMs);
				} else if (!active) {
					order.told[control] = untouched;
					this.hold(control, false);
				}
			});
		}
	}

	/** See `WrittenDevice`: of the registers of the device itself. */
	deviceAddress(address: number): number {
		return this.online && !this.#closed ? this.#order!.plan.deviceAddress(address) : -1;
	}

	readBack(address: number, data: DataView, count: number, nowMs: number): void {
		const { own, plan } = this.#order!;
		own.load(plan, address, data, 0, count, nowMs);
	}

	/** A write nobody confirmed: it is tried again. */
	refresh(): void {}
}

class Order {
	/** The control models as the device holds them; the image of the unit may show the hub's own. */
	readonly own: SunSpecIntake;
	plan: ClientPlan;
	readonly writer: SunSpecWriter;
	/** Reads of them that are still to be done. */
	toRead: number;
	/** By control: the registers it was told last, the values they came from, and when it is to be told again. */
	readonly told: string[] = [];
	readonly asked: string[] = [];
	readonly againMs = new Float64Array(controlCount);

	/** `held`: controls that may be on already, as bits. */
	constructor(models: readonly FoundModel[], device: WrittenDevice, held: number) {
		this.own = new SunSpecIntake(new Image(models));
		// not every device answers a read that goes from one model into another
		this.plan = new ClientPlan(models, this.own.image.models, { join: false });
		this.writer = new SunSpecWriter(device);
		this.toRead = this.plan.reads;
		for (let i = 0; i < controlCount; i++) {
			this.told.push(held & (1 << i) ? unknown : untouched);
			this.asked.push("");
		}
	}

	/** The device refuses long reads. All is read again. */
	shorten(models: readonly FoundModel[], most: number): void {
		this.plan = new ClientPlan(models, this.own.image.models, { join: false, most });
		this.toRead = this.plan.reads;
	}
}

interface Run {
	readonly address: number;
	readonly words: number[];
	readonly points: PointInfo[];
	readonly values: number[];
	switches: boolean;
}

/** A control as runs of neighbouring points. */
function runsOf(image: Image, { model, active, points, down }: Demand): Run[] {
	const runs: Run[] = [];
	const known: { point: PointInfo; value: number }[] = [];
	for (const [name, value] of points) {
		const dot = name.indexOf(".");
		const handle = image.handle(model, name.slice(dot + 1), dot < 0 ? "" : name.slice(0, dot));
		const point = image.point(handle);
		if (point !== undefined && image.rawOf(point) !== undefined) known.push({ point, value });
	}
	// A control goes off before anything else changes, and on when all is as it should be.
	if (active) known.sort((a, b) => a.point.address - b.point.address);
	for (const { point, value } of known) {
		let run = runs[runs.length - 1];
		if (run === undefined || run.address + run.words.length !== point.address) {
			run = { address: point.address, words: [], points: [], values: [], switches: false };
			runs.push(run);
		}
		const words = encoded(image, point, value, down);
		run.words.push(...words);
		run.points.push(point);
		run.values.push(value);
		if (isSwitch(point.name)) run.switches = true;
	}
	if (!active) return runs;
	return runs.filter((run) => !run.switches).concat(runs.filter((run) => run.switches));
}

/** Points that make the others of their control count. */
function isSwitch(name: string): boolean {
	return name.endsWith("Ena") || name === "StorCtl_Mod" || name === "Conn" || name === "ES";
}

function encoded(image: Image, point: PointInfo, value: number, down: boolean): number[] {
	const view = new DataView(new ArrayBuffer(8));
	const scale = scaleOf(image.registers, image.base, point);
	let raw = unscaled(value, scale);
	// of a limit the one below, except where only rounding is to blame
	if (down && raw > 0 && raw * 10 ** scale > value * (1 + 1e-9)) raw--;
	encodeNumber(view, 0, PointType[point.type], raw);
	const words: number[] = [];
	for (let i = 0; i < point.size; i++) words.push(view.getUint16(2 * i));
	return words;
}
