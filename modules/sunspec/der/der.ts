/**
 * The controls of one DER: models 702, 703, 704 and 715, and the older 121, 123 and 124, on the bytes of its image. It
 * says what a client may write, lets controls fall back when their time is over, and tells the device behind one
 * command whenever that changes. Needs a model 704 in the image.
 *
 * Methods of the classes of this folder are `private`, not `#`: on XS each instance has a slot of 16 bytes for each of
 * its # methods, and there is a set of instances for each DER.
 *
 * 715.LocRemCtl = LOCAL refuses all writes (exception 3). 715.ControllerHb is kept and has no effect: SunSpec gives it
 * none, and each control has a reversion time of its own for a controller that has gone.
 */
import type { Clock, Random, TimerId } from "../../base/clock";
import { configError } from "../../base/errors";
import { type Log, silentLog } from "../../base/log";
import { ModbusException } from "../../modbus/pdu";
import type { Image } from "../image";
import type { PointInfo } from "../place";
import type { WrittenValue } from "../server";
import { Arbiter } from "./arbiter";
import { begin, type DerOptions } from "./begin";
import { checkTogether, checkValue } from "./check";
import { sameCommand, unlimited } from "./command";
import { Control, controlAt, controlCount, controlNames, restartsTimer } from "./controls-704";
import { isFixed } from "./defaults";
import type { Functions } from "./functions";
import { Grid } from "./grid";
import { ModelBytes } from "./model-bytes";
import { At124, controlAt123, controlAt124, OlderControls } from "./older-controls";
import { Operation } from "./operation";
import { Ramps, rampedCount } from "./ramps";
import { Reporter, reportedCount } from "./report";
import { Reversion } from "./reversion";
import { Saver } from "./saver";
import { EnterService } from "./service";
import { Settings } from "./settings";
import { curveBit, curvesIn, pickCurves, unpackState } from "./state";
import type { DerActuator, DerCommand, DerStore } from "./types";

const tickMs = 1000;
const infinity = Number.POSITIVE_INFINITY;

export class Der {
	readonly unit: number;
	/** What a person should know of: a control has fallen back, the DER has left or entered service. */
	onChange: ((what: string) => void) | undefined;
	readonly #image: Image;
	readonly #actuator: DerActuator;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #models: readonly ModelBytes[];
	readonly #m124: ModelBytes;
	readonly #m713: ModelBytes;
	readonly #settings: Settings;
	readonly #older: OlderControls;
	readonly #ramps: Ramps;
	readonly #arbiter: Arbiter;
	readonly #grid: Grid;
	readonly #functions: Functions;
	readonly #operation: Operation;
	readonly #saver: Saver | undefined;
	readonly #reversion: Reversion;
	#command = unlimited();
	/** Models 705 to 712 that a client has written: bits of `curveBit`. */
	#writtenCurves = 0;
	/** The device has been told `#command`. */
	#told = true;
	/** Somebody has commanded something: until then the device is left as it is. */
	#commanded = false;
	readonly #canEnergize: boolean;
	readonly #canLimit: boolean;
	#tickMs: number;
	#timer: TimerId | undefined;
	/** What the timer is set for; Infinity: it is not. */
	#dueMs = infinity;
	#closed = false;

	/** Throws `bad-config` when the image has no model 704. */
	constructor(options: DerOptions) {
		const { image, unit, actuator, clock, store } = options;
		this.unit = unit;
		this.#image = image;
		this.#actuator = actuator;
		this.#clock = clock;
		this.#log = options.log ?? silentLog;
		const random = options.random ?? middle;
		const none = new ModelBytes(image, 0, clock);
		const of = (id: number, occurrence?: number): ModelBytes => {
			const model = new ModelBytes(image, id, clock, occurrence);
			return model.present ? model : none;
		};
		this.#canEnergize = actuator.abilities.includes("energize");
		this.#canLimit = actuator.abilities.includes("limitW");
		const { given = [] } = options;
		const own = (id: number): ModelBytes => of(given.includes(id) ? 0 : id);
		const [m121, m123, m124, m702] = [own(121), of(123), of(124), of(702)];
		const [m703, m704, m715] = [of(703), of(704), of(715)];
		if (!m704.present) throw configError("image", "no model 704", "the controls of a DER live in model 704");
		this.#m124 = m124;
		this.#m713 = of(713);
		this.#models = [own(702), m703, m704, m715, m121, m123, m124];
		this.#settings = new Settings(m702, m121, m124, m704);
		this.#older = new OlderControls(m704, m123, m124);
		const cells = new Float64Array(cellCount);
		this.#ramps = new Ramps(cells, rampCells);
		this.#arbiter = new Arbiter(m704, m124, this.#settings, this.#older, this.#ramps, actuator.continuous);
		const m701 = of(701, options.occurrence);
		this.#grid = new Grid(m701);
		this.#saver = store && new Saver(store, unit);
		this.#reversion = new Reversion(m704, this.#older, this.#arbiter, this.#settings, random, cells);
		this.#functions = begin(options, this.#models, this.#settings, this.#grid, this.#older);
		const service = new EnterService(m703, random);
		const reporter = new Reporter(m701, cells, reportCells);
		this.#operation = new Operation(m703, m715, service, this.#grid, this.#functions, this.#older, reporter);
		this.restore(store);
		this.#older.adopt(Control.connect);
		this.#older.adopt(Control.storage);
		this.show();
		this.#tickMs = clock.now() + tickMs;
		this.evaluate(0, true);
		this.arm();
	}

	/** The state that all controls together ask for now. */
	get command(): Readonly<DerCommand> {
		return this.#command;
	}

	/** Does this model belong to the controls? */
	owns(modelId: number): boolean {
		if (this.#functions.model(modelId)) return true;
		return this.#models.some((model) => model.id === modelId && model.present);
	}

	/** May a client write this value? 0, or the Modbus exception; changes nothing. */
	onWrite(point: PointInfo, value: WrittenValue): number {
		if (!point.writable || !this.owns(point.model.id) || this.#image.rawOf(point) === undefined) {
			return ModbusException.illegalDataAddress;
		}
		if (!this.#actuator.online) return ModbusException.gatewayTargetFailedToRespond;
		if (this.local || typeof value !== "number") return ModbusException.illegalDataValue;
		if (this.#functions.model(point.model.id)) return this.#functions.onWrite(point, value);
		const at = point.address - point.model.address;
		const shared = point.model.id === 124 && at === At124.wChaMax && !this.owns(702);
		if (shared || isFixed(point.model.id, at, this.#actuator)) {
			return value === this.#image.valueOf(point) ? 0 : ModbusException.illegalDataValue;
		}
		return checkValue(point, value, this.#settings, this.#actuator);
	}

	/** After `onWrite` said 0 to each point of a request: do they go together? 0, or the Modbus exception. */
	onCheck(points: readonly PointInfo[], values: readonly WrittenValue[]): number {
		return checkTogether(this.#image, points, values);
	}

	/** A client's values are in the image: they take effect. */
	onWritten(points: readonly PointInfo[]): void {
		if (this.#closed) return;
		const now = this.#clock.now();
		let touched = 0;
		let restarted = 0;
		let older = 0;
		for (const point of points) {
			const at = point.address - point.model.address;
			this.#writtenCurves |= curveBit(point.model.id);
			switch (point.model.id) {
				case 704:
					if (controlAt(at) < 0) break;
					touched |= 1 << controlAt(at);
					if (restartsTimer(at)) restarted |= 1 << controlAt(at);
					break;
				case 123:
					if (controlAt123(at) >= 0) older |= 1 << controlAt123(at);
					break;
				case 124:
					if (at === At124.wChaMax) this.#settings.adopt124();
					else if (controlAt124(at) >= 0) older |= 1 << controlAt124(at);
					break;
				case 121:
					this.#settings.adopt121(at);
					break;
				case 715:
					this.#operation.written(at);
			}
		}
		for (let control = 0; control < controlCount; control++) {
			const bit = 1 << control;
			if (touched & bit) this.#reversion.written(control, (restarted & bit) !== 0, now);
			if (older & bit) this.#reversion.writtenOlder(control, now);
		}
		this.#functions.onWritten(points, now);
		for (const id of adoptions(points)) {
			const fault = this.#functions.fault(id);
			if (fault !== undefined) this.#log("warn", "der", `unit ${this.unit}: model ${id}: not adopted, ${fault}`);
		}
		this.show();
		this.evaluate(0, true);
		this.#saver?.touch(now);
		this.arm();
	}

	/** The device has sent new measurements, or has stopped to answer: call it after each commit of the image. */
	measured(): void {
		if (this.#closed) return;
		this.evaluate(0, false);
		this.arm();
	}

	/** A person at the device has taken it over: writes are refused until that is over (715.LocRemCtl). */
	get local(): boolean {
		return this.#operation.local;
	}

	set local(local: boolean) {
		this.#operation.local = local;
	}

	/** Stops its timers. What is not saved yet is saved. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		if (this.#saver && this.#saver.nextMs() < infinity) this.save(this.#clock.now());
	}

	private restore(store: DerStore | undefined): void {
		const bytes = store?.load(this.unit);
		const settings = this.#settings;
		const saved =
			bytes &&
			unpackState(this.#image, this.#models, bytes, ({ model, address }, value) => {
				const at = address - model.address;
				if (isFixed(model.id, at, this.#actuator)) return false;
				return model.id !== 702 || settings.allows(at, value);
			});
		if (!saved) return;
		const now = this.#clock.now();
		const epoch = this.#clock.epochMs();
		// Nobody knows how long the hub was off while one of the two clocks was not set: then nothing is deducted.
		const offS = epoch !== undefined && saved.epochMs > 0 ? Math.max(0, (epoch - saved.epochMs) / 1000) : 0;
		this.#operation.service.inService = saved.inService;
		settings.read();
		this.#older.adopt(Control.connect);
		this.#older.adopt(Control.storage);
		this.#writtenCurves = curvesIn(saved.curves);
		this.#functions.restore(saved.curves, offS, now);
		for (let control = 0; control < controlCount; control++) {
			if (this.#reversion.resume(control, saved.remainingS(control), offS, now)) this.reverted(control);
		}
	}

	/** Shows 704 in 123 and 702 in 121 and 124. */
	private show(): void {
		this.#settings.read();
		this.#settings.show();
		this.#reversion.show();
	}

	private reverted(control: number): void {
		this.tell(`${controlNames[control]!}: reversion time is over`);
	}

	/** Works the command out anew and tells the device; `exact`: it was commanded, and does not just follow. */
	private evaluate(stepS: number, exact: boolean): void {
		const now = this.#clock.now();
		const settings = this.#settings;
		const { online } = this.#actuator;
		settings.read();
		if (online) this.#grid.read(settings.vNom);
		else this.#grid.lose();
		const operation = this.#operation;
		const { service } = operation;
		const left = operation.update(online, now);
		if (left) this.tell(service.inService ? "in service" : "out of service");
		const { idle } = operation;
		const out = !service.inService;
		const moved = this.#ramps.moving;
		const command = this.#arbiter.decide(
			{
				// what cannot be disconnected has no power instead, and the other way round
				energize: this.#canEnergize ? !(out || (idle && !this.#canLimit)) : true,
				idle: idle || (out && !this.#canEnergize),
				share: service.share(now),
				soc: this.soc(),
				following: this.#functions.following,
				reactiveFirst: this.#functions.reactiveFirst,
			},
			this.#grid,
			stepS,
		);
		// What follows the grid moves all the time: small changes are not worth a write to the device. What was commanded
		// is told as it is, also at the end of a ramp.
		const arrived = moved && !this.#ramps.moving;
		const tolerance = exact || arrived ? 0 : (settings.wMax || 0) / 1000;
		if (!sameCommand(command, this.#command, tolerance)) {
			this.#command = command;
			this.#told = false;
			this.#commanded = true;
		}
		if (!online) this.#told = false;
		else if (!this.#told && this.#commanded) {
			this.#told = true;
			this.#actuator.apply(this.#command);
		}
		operation.report(online, this.#command, settings.wMax, this.#arbiter.sources, now);
		if (left) this.#saver?.touch(now);
	}

	/** State of charge, %; NaN: unknown. */
	private soc(): number {
		const soc = this.#m713.scaledU16(4, 8);
		return Number.isNaN(soc) ? this.#m124.scaledU16(At124.chaState, At124.chaStateSf) : soc;
	}

	/** Sets the timer, unless it is set for the same moment already. */
	private arm(): void {
		if (this.#closed) return;
		const now = this.#clock.now();
		let next = Math.min(this.#reversion.nextMs(), this.#operation.service.nextMs(), this.#functions.nextMs(now));
		if (this.#saver) next = Math.min(next, this.#saver.nextMs());
		if (this.ticks) {
			// it may have stood still since
			if (this.#tickMs <= now) this.#tickMs = now + tickMs;
			next = Math.min(next, this.#tickMs);
		}
		if (next === this.#dueMs) return;
		this.#clock.clearTimer(this.#timer);
		this.#dueMs = next;
		this.#timer = next < infinity ? this.#clock.setTimer(this.#onTimer, Math.max(0, next - now)) : undefined;
	}

	/** Is there anything to count each second? */
	private get ticks(): boolean {
		if (this.#operation.beats || this.#reversion.running || this.#operation.service.busy) return true;
		return this.#ramps.moving || this.#functions.settling;
	}

	readonly #onTimer = (): void => {
		this.#dueMs = infinity;
		const now = this.#clock.now();
		let stepS = 0;
		if (now >= this.#tickMs) {
			stepS = 1 + Math.floor((now - this.#tickMs) / tickMs);
			this.#tickMs += tickMs * stepS;
			this.#operation.beat(stepS);
		}
		let exact = this.#reversion.adopt(now);
		for (let control = this.#reversion.revert(now); control >= 0; control = this.#reversion.revert(now)) {
			this.reverted(control);
			exact = true;
		}
		for (let id = this.#functions.tick(now); id !== 0; id = this.#functions.tick(now)) {
			this.tell(`model ${id}: reversion time is over`);
			exact = true;
		}
		this.#reversion.count(now);
		if (exact) {
			this.show();
			this.#saver?.touch(now);
		}
		this.evaluate(stepS, exact);
		if (this.#saver && now >= this.#saver.nextMs()) this.save(now);
		if (exact) this.#image.commit();
		this.arm();
	};

	private save(now: number): void {
		const state = {
			remainingS: (control: number) => this.#reversion.remainingS(control, now),
			inService: this.#operation.service.inService,
			epochMs: this.#clock.epochMs() ?? 0,
			curves: pickCurves(this.#functions.save(now), this.#writtenCurves),
		};
		this.#saver!.run(this.#image, this.#models, state, this.shortestS, now);
	}

	/** The shortest reversion time that runs, s; 0: none does. */
	private get shortestS(): number {
		const [one, other] = [this.#reversion.shortestS(), this.#functions.shortestS];
		return one > 0 && other > 0 ? Math.min(one, other) : one + other;
	}

	private tell(what: string): void {
		this.#log("info", "der", `unit ${this.unit}: ${what}`);
		this.onChange?.(what);
	}
}

/** All numbers that the parts of a DER's controls keep lie in one array: each array more is 200 bytes. */
const rampCells = 2 * controlCount;
const reportCells = rampCells + 2 * rampedCount;
const cellCount = reportCells + reportedCount;
const middle: Random = () => 0.5;

/** The models whose AdptCrvReq or AdptCtlReq was written. */
function adoptions(points: readonly PointInfo[]): number[] {
	return points.filter((point) => point.name.startsWith("Adpt")).map((point) => point.model.id);
}
