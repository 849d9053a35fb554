import type { Clock, TimerId } from "../base/clock";
import { frozen } from "../base/frozen";
import { EvseState, kEvse } from "../devices/models/evse";
import type { PolledDevice } from "../devices/polled";
import { symbolName } from "../sunspec/model";
import type { AlarmKind, AlarmSource, Alarms } from "./alarms";
import type { Bus } from "./bus";
import type { ControlReport, HubDevice } from "./entry";
import { eventText } from "./leakage-event";
import type { Protection } from "./leakage-guard";
import { isDer } from "./quantities";
import type { SiteLimits } from "./site-file";

export interface AlarmWatchOptions {
	alarms: Alarms;
	clock: Clock;
	devices: readonly HubDevice[];
	buses: readonly WatchedBus[];
	/** Phase voltages beyond which there is an alarm; left out: none are watched. */
	limits?: SiteLimits | undefined;
	gatewayId: string;
	/** Undefined when there is no broker. */
	broker: () => { address: string; connected: boolean } | undefined;
	/** Whether somebody has set the wall clock. */
	clockSet: () => boolean;
}

/** What is watched of a bus. */
export type WatchedBus = Pick<Bus, "site" | "fault">;

const kTickMs = 2000;
/** Readings are looked at in every fifth tick, each device in another one. */
const kReadingTicks = 5;

/**
 * How long trouble lasts before there is an alarm, and how long it must be over until that is cleared. Time in trouble
 * and out of it is weighed against each other, so what comes and goes is one alarm and not many.
 */
const kTimes = frozen({
	silent: [20_000, 40_000],
	portClosed: [3000, 10_000],
	noAnswer: [15_000, 10_000],
	broker: [120_000, 5000],
	clock: [60_000, 0],
	suspect: [60_000, 60_000],
	voltage: [60_000, 60_000],
	fault: [10_000, 30_000],
});

/** Conditions a device: silent, suspect, voltage, fault. */
const kDeviceConditions = 4;

/** After a bus is well again: a device that was left alone meanwhile is asked within the longest back-off. */
const kGraceMs = 75_000;
/** How far inside its limit a voltage must be again: 1 %. */
const kVoltageMargin = 0.01;

/** Voltages to neutral as models name them: of meters, then of DERs; the first list of which a device has one counts. */
const kVoltages = frozen([["PhVphA", "PhVphB", "PhVphC"], ["PhV"], ["VL1", "VL2", "VL3"], ["LNV"]]);

/**
 * Looks every two seconds at what an alarm is about. One cause is one alarm: a bus whose port is closed, or on which no
 * device answers, is told instead of each of its devices.
 */
export class AlarmWatch {
	readonly #options: AlarmWatchOptions;
	readonly #tick = () => this.check();
	/** Per condition: milliseconds of trouble so far, at most those that raise it, and down to 0. */
	readonly #levels: Float64Array;
	readonly #active: Uint8Array;
	/** Per device: when it was first seen not to answer; NaN while it does. */
	readonly #goneMs: Float64Array;
	/** Per device: index of its bus. */
	readonly #busOf: Uint8Array;
	/** Per bus. */
	readonly #troubled: Uint8Array;
	readonly #graceUntilMs: Float64Array;
	readonly #voltages: (Voltages | undefined)[] = [];
	readonly #hub: AlarmSource;
	#ticks = 0;
	#timer: TimerId | undefined;

	constructor(options: AlarmWatchOptions) {
		this.#options = options;
		const { devices, buses } = options;
		const count = kDeviceConditions * devices.length + buses.length + 2;
		this.#levels = new Float64Array(count);
		this.#active = new Uint8Array(count);
		this.#goneMs = new Float64Array(devices.length).fill(Number.NaN);
		this.#busOf = Uint8Array.from(devices, ({ site }) => buses.findIndex((bus) => bus.site.id === site.bus));
		this.#troubled = new Uint8Array(buses.length);
		this.#graceUntilMs = new Float64Array(buses.length);
		this.#hub = { type: "hub", id: options.gatewayId };
	}

	start(): void {
		this.#timer ??= this.#options.clock.setTimer(this.#tick, kTickMs);
	}

	close(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	private check(): void {
		const { clock, devices, buses, broker, clockSet } = this.#options;
		this.#timer = clock.setTimer(this.#tick, kTickMs);
		const nowMs = clock.now();
		const ticks = ++this.#ticks;
		const levels = this.#levels;
		for (let i = 0; i < buses.length; i++) this.checkBus(i, nowMs);
		for (let i = 0; i < devices.length; i++) {
			const { device } = devices[i]!;
			// most of the time that is all there is to do
			if (!device.online || levels[i] !== 0) this.checkSilent(i, device, nowMs);
			if ((ticks + i) % kReadingTicks === 0 && device.online) this.checkReadings(i, nowMs);
		}
		const last = levels.length - 1;
		const mqtt = broker();
		if (mqtt) this.judge(last - 1, "broker", !mqtt.connected, this.#hub, kTimes.broker, nowMs, mqtt.address);
		this.judge(last, "clock", !clockSet(), this.#hub, kTimes.clock, nowMs, "");
	}

	private checkBus(index: number, nowMs: number): void {
		const { devices, buses } = this.#options;
		const bus = buses[index]!;
		const busOf = this.#busOf;
		let seats = 0;
		let silent = true;
		for (let i = 0; i < devices.length && silent; i++) {
			if (busOf[i] !== index) continue;
			const { device } = devices[i]!;
			seats++;
			if (device.online || !device.known) silent = false;
		}
		const fault = bus.fault;
		// on a bus with one device it is the device that is silent
		const bad = fault !== "" || (silent && seats > 1);
		if (!bad && this.#troubled[index] === 0 && this.#levels[kDeviceConditions * devices.length + index] === 0) return;
		if (bad) this.#troubled[index] = 1;
		else if (this.#troubled[index] !== 0) {
			this.#troubled[index] = 0;
			this.#graceUntilMs[index] = nowMs + kGraceMs;
		}
		const times = fault === "" ? kTimes.noAnswer : kTimes.portClosed;
		const source: AlarmSource = { type: "bus", id: bus.site.id };
		this.judge(
			kDeviceConditions * devices.length + index,
			"bus",
			bad,
			source,
			times,
			nowMs,
			fault || "no device answers",
		);
	}

	private checkSilent(index: number, device: PolledDevice, nowMs: number): void {
		const { devices } = this.#options;
		const gone = device.known && !device.online;
		if (!gone) this.#goneMs[index] = Number.NaN;
		else if (Number.isNaN(this.#goneMs[index]!)) this.#goneMs[index] = nowMs;
		if (gone && !this.isAlone(index, nowMs)) return;
		this.judge(index, "silent", gone, sourceOf(devices[index]!), kTimes.silent, nowMs, "");
	}

	/** Whether the silence of a device is its own: the bus works, others have answered on it since. */
	private isAlone(index: number, nowMs: number): boolean {
		const bus = this.#busOf[index]!;
		if (this.#troubled[bus] !== 0 || nowMs < this.#graceUntilMs[bus]!) return false;
		const { devices } = this.#options;
		let neighbours = 0;
		for (let i = 0; i < devices.length; i++) {
			if (i === index || this.#busOf[i] !== bus) continue;
			neighbours++;
			if (devices[i]!.device.lastAnswerMs > this.#goneMs[index]!) return true;
		}
		return neighbours === 0;
	}

	private checkReadings(index: number, nowMs: number): void {
		const { devices, limits } = this.#options;
		const count = devices.length;
		const entry = devices[index]!;
		const { device, image } = entry;
		const suspect = device.suspect();
		let detail = "";
		if (suspect) detail = `${suspect.point}${suspect.value === undefined ? "" : ` ${rounded(suspect.value)}`}`;
		if (suspect || this.#levels[count + index] !== 0)
			this.judge(count + index, "suspect", suspect !== undefined, sourceOf(entry), kTimes.suspect, nowMs, detail);
		if (isDer(entry.kind)) this.checkFault(3 * count + index, entry, nowMs);
		else if (entry.kind === "evse") this.checkCharger(3 * count + index, entry, nowMs);
		if (!limits) return;
		let voltages = this.#voltages[index];
		if (voltages?.image !== image) this.#voltages[index] = voltages = voltagesOf(entry);
		const condition = 2 * count + index;
		const margin = this.#active[condition] ? kVoltageMargin : 0;
		detail = "";
		let measured = false;
		for (let i = 0; i < voltages.handles.length; i++) {
			const volts = image.value(voltages.handles[i]!);
			if (typeof volts !== "number") continue;
			measured = true;
			const { voltageMinV: minV, voltageMaxV: maxV } = limits;
			const name = voltages.names[i];
			if (minV !== undefined && volts < minV * (1 + margin)) detail = `${name} ${rounded(volts)} V, below ${minV} V`;
			if (maxV !== undefined && volts > maxV * (1 - margin)) detail = `${name} ${rounded(volts)} V, above ${maxV} V`;
		}
		if (measured) this.judge(condition, "voltage", detail !== "", sourceOf(entry), kTimes.voltage, nowMs, detail);
	}

	/** What a DER itself reports: model 701's alarms, in its own words where it has them. */
	private checkFault(condition: number, entry: HubDevice, nowMs: number): void {
		const { image } = entry;
		const bits = image.value(image.handle(701, "Alrm"));
		const bad = typeof bits === "number" && bits !== 0;
		if (!bad && this.#levels[condition] === 0) return;
		let detail = "";
		if (bad) {
			const words = image.value(image.handle(701, "MnAlrmInfo"));
			detail = typeof words === "string" && words !== "" ? words : bitNames(image, bits);
		}
		this.judge(condition, "fault", bad, sourceOf(entry), kTimes.fault, nowMs, detail);
	}

	/** A charger of vehicles that says it has a fault. */
	private checkCharger(condition: number, entry: HubDevice, nowMs: number): void {
		const { image } = entry;
		const bad = image.value(image.handle(kEvse, "St")) === EvseState.fault;
		const code = image.value(image.handle(kEvse, "Err"));
		const detail = bad && typeof code === "number" ? `code ${code}` : "";
		this.judge(condition, "fault", bad, sourceOf(entry), kTimes.fault, nowMs, detail);
	}

	/** What became of a command to a device: one that was not carried out is an alarm until one is. */
	control({ site }: HubDevice, { result, what, reason }: ControlReport): void {
		const { alarms, clock } = this.#options;
		const source: AlarmSource = { type: "device", id: site.id };
		if (result === "accepted") alarms.clear("control", source, clock.now());
		else if (result !== "note") alarms.raise("control", source, `${what}: ${reason}`, clock.now());
	}

	/** A relay that a residual current has opened: an alarm until a person has reset it. */
	protection({ sensor, relay, event, latch, trouble }: Protection): void {
		const { alarms, clock } = this.#options;
		const source = sourceOf(sensor);
		if (latch === "clear" || !event) {
			alarms.clear("leakage", source, clock.now());
			return;
		}
		const state = latch === "open" ? "is open" : `has not confirmed that it is open: ${trouble}`;
		alarms.raise("leakage", source, `${eventText(event)}; ${relay.site.id} ${state}`, clock.now());
	}

	/** Adds the time since the last look to what stands for or against an alarm, and raises or clears it. */
	private judge(
		condition: number,
		kind: AlarmKind,
		bad: boolean,
		source: AlarmSource,
		[raiseMs, clearMs]: readonly [number, number],
		nowMs: number,
		detail: string,
	): void {
		const levels = this.#levels;
		const active = this.#active[condition] !== 0;
		const level = levels[condition]!;
		if (!bad && !active && level === 0) return;
		const stepMs = kind === "suspect" || kind === "voltage" || kind === "fault" ? kReadingTicks * kTickMs : kTickMs;
		if (bad) levels[condition] = Math.min(raiseMs, level + stepMs);
		else levels[condition] = clearMs === 0 ? 0 : Math.max(0, Math.min(level, raiseMs) - (stepMs * raiseMs) / clearMs);
		if (bad && !active && levels[condition]! >= raiseMs) {
			this.#active[condition] = 1;
			this.#options.alarms.raise(kind, source, detail, nowMs);
		} else if (active && levels[condition] === 0) {
			this.#active[condition] = 0;
			this.#options.alarms.clear(kind, source, nowMs);
		}
	}
}

const sourceOf = ({ site }: HubDevice): AlarmSource => ({ type: "device", id: site.id });

const rounded = (value: number | string): string =>
	typeof value === "number" ? `${Math.round(value * 10) / 10}` : value;

/** "OVER_TEMP, OVER_FREQUENCY": the alarms of model 701 that are set. */
function bitNames(image: HubDevice["image"], bits: number): string {
	const symbols = image.point(image.handle(701, "Alrm"))?.symbols ?? "";
	const names: string[] = [];
	for (let bit = 0; bit < 31; bit++) if ((bits >> bit) & 1) names.push(symbolName(symbols, bit) ?? `bit ${bit}`);
	return names.join(", ");
}

/** Which points of a device are phase voltages: one for each phase, or the only one. */
interface Voltages {
	/** That the handles are of; a device that was found anew has another. */
	readonly image: HubDevice["image"];
	readonly names: readonly string[];
	readonly handles: Int16Array;
}

function voltagesOf({ device, image, model }: HubDevice): Voltages {
	const names = kVoltages.find((list) => list.some((name) => device.reads(model, name))) ?? [];
	const handles = Int16Array.from(names, (name) => (device.reads(model, name) ? image.handle(model, name) : -1));
	return { image, names, handles };
}
