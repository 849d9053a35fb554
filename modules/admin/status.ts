import type { Clock } from "../base/clock";
import { kEvse } from "../devices/models/evse";
import type { Bus } from "../site/bus";
import type { EnergyToday } from "../site/energy-today";
import type { Hub, HubDevice } from "../site/hub";
import { isDer } from "../site/quantities";
import { type ShownPoint, shownPoints } from "../site/shown";
import { scaled } from "../sunspec/codec";
import type { Image } from "../sunspec/image";
import { symbolName } from "../sunspec/model";
import { ageS, isoOf } from "./times";

/** One point of a device as a person or program reads it. No value is null, never zero. */
export interface PointStatus {
	/** SunSpec point. */
	point: string;
	value: number | string | null;
	/** Unit as SunSpec spells it. */
	unit: string;
	/** Words of the OpenAMI profile, or "never" before the first reading. */
	quality: "good" | "suspect" | "comms_lost" | "never";
	/** Seconds since the value was true; of a lost point, since the last one was. null: never. */
	ageS: number | null;
}

export interface DeviceStatus {
	id: string;
	name: string;
	role: string;
	/** "meter", "environment", "inverter", "battery", "solar", or "unknown" until it is found out. */
	kind: HubDevice["kind"];
	maker: string;
	model: string;
	serial: string;
	bus: string;
	address: number;
	unit: number;
	phase: number;
	online: boolean;
	/** Seconds since the device last answered anything; null: never. */
	answeredS: number | null;
	/** Smoothed time of a read, request to reply. */
	roundTripMs: number;
	timeouts: number;
	exceptions: number;
	garbled: number;
	/** Energy taken since local midnight, or since `todaySince`; null for what counts none or was not read today. */
	todayWh: number | null;
	/** UTC; null without `todayWh`, and while the clock is not set. */
	todaySince: string | null;
	points: PointStatus[];
	/** Of a DER: what it is asked to do. */
	der: DerStatus | null;
}

/** What the controls of a DER come down to. A limit or set-point that there is not is null. */
export interface DerStatus {
	/** SunSpec clients may command it. */
	writable: boolean;
	energize: boolean;
	limitW: number | null;
	setW: number | null;
	chargeLimitW: number | null;
	dischargeLimitW: number | null;
	pf: number | null;
	setVar: number | null;
}

export interface BusStatus {
	id: string;
	port: string;
	baud: number;
	/** Part of the time, 0 to 1, that the bus is in use. */
	utilisation: number;
	reads: number;
	/** Reads that began later than the next one of the same row was due. */
	late: number;
	open: boolean;
	/** Sums of its devices. */
	timeouts: number;
	garbled: number;
	exceptions: number;
	/** Faults of the line; null for what has none, and while the port is not open. */
	crc: number | null;
	parity: number | null;
	framing: number | null;
	overrun: number | null;
	/** Of a CAN bus, since the start; null for what is none, and while the port is not open. */
	can: CanStatus | null;
	/** Seconds since any of its devices answered; null: never. */
	lastAnswerS: number | null;
	/** The device whose reads take longest; null when none has answered. */
	slowest: { device: string; roundTripMs: number } | null;
}

export interface CanStatus {
	framesReceived: number;
	framesSent: number;
	/** Lost because nobody read them in time. */
	overflow: number;
	busErrors: number;
	/** Times that we were off the bus, and frames of ours that were dropped then or found no place to wait. */
	busOff: number;
	dropped: number;
}

/** What a point is called and measured in: the same for all devices of a product. */
interface PointName {
	model: number;
	group: string;
	point: string;
	unit: string;
	/** Of an enumeration: its words. */
	symbols: string;
}

/**
 * Devices with what they read now: fresh objects, for JSON. Names, units and handles are looked up once a device, as
 * that costs a hundred times what a value does.
 */
export class StatusReader {
	/** By product: what its devices show. */
	#names = new Map<object, PointName[]>();
	#shown: (Shown | undefined)[] = [];
	readonly #clock: Clock;
	readonly #energy: EnergyToday;

	constructor(clock: Clock, energy: EnergyToday) {
		this.#clock = clock;
		this.#energy = energy;
	}

	device(entry: HubDevice): DeviceStatus {
		const { site, device } = entry;
		const nowMs = this.#clock.now();
		const todayWh = this.#energy.todayWh(entry.index);
		return {
			id: site.id,
			name: site.name,
			role: site.role,
			kind: entry.kind,
			maker: device.maker,
			model: device.model,
			serial: site.serial,
			bus: site.bus,
			address: site.address,
			unit: site.unit,
			phase: site.phase,
			online: device.online,
			answeredS: ageS(device.lastAnswerMs, nowMs),
			roundTripMs: Math.round(device.roundTripMs),
			timeouts: device.timeouts,
			exceptions: device.exceptions,
			garbled: device.garbled,
			todayWh: todayWh === undefined ? null : Number(todayWh.toPrecision(9)),
			todaySince: todayWh === undefined ? null : isoOf(this.#energy.sinceMs(entry.index), this.#clock),
			points: this.#points(entry, nowMs),
			der: derStatus(entry),
		};
	}

	#points(entry: HubDevice, nowMs: number): PointStatus[] {
		const { image, index } = entry;
		let shown = this.#shown[index];
		if (shown?.image !== image) this.#shown[index] = shown = this.#shownOf(entry);
		const { names, handles } = shown;
		const points: PointStatus[] = [];
		for (let i = 0; i < names.length; i++) {
			const { group, point, unit, symbols } = names[i]!;
			const handle = handles[i]!;
			let quality = image.quality(handle);
			let value = image.value(handle);
			let timeMs = image.timeMs(handle);
			if (quality === undefined && isDer(entry.kind)) {
				// nobody has looked at it yet: what is composed has bytes only until then
				const raw = image.raw(handle);
				// a model has more points than a DER has values
				if (raw === undefined) continue;
				value = typeof raw === "number" ? scaled(raw, image.scale(handle)) : String(raw);
				quality = entry.device.online ? "good" : "comms_lost";
				timeMs = entry.device.lastAnswerMs;
			}
			const word = symbols === "" || typeof value !== "number" ? undefined : symbolName(symbols, value);
			points.push({
				point: group === "" ? point : `${group}.${point}`,
				value: word ?? (typeof value === "number" ? Number(value.toPrecision(9)) : (value ?? null)),
				unit,
				quality: quality ?? "never",
				ageS: ageS(timeMs, nowMs),
			});
		}
		return points;
	}

	#shownOf({ table, image, kind, evse }: HubDevice): Shown {
		const plan = table?.plan;
		let names = plan && this.#names.get(plan);
		if (!names) {
			// of a charger's commands some are the hub's own
			const commands = evse?.points.map((point) => ({ model: kEvse, group: "", point })) ?? [];
			names = namesOf([...(shownPoints(kind, image) ?? plan?.points() ?? []), ...commands], image);
			if (plan) this.#names.set(plan, names);
		}
		const handles = Int16Array.from(names, ({ model, point, group }) => image.handle(model, point, group));
		return { image, names, handles };
	}
}

interface Shown {
	/** That the handles are of; a device that was found anew has another. */
	readonly image: Image;
	readonly names: readonly PointName[];
	readonly handles: Int16Array;
}

/** What is shown, each point once; what model 1 says of a device stands elsewhere. */
function namesOf(points: readonly ShownPoint[], image: Image): PointName[] {
	const names: PointName[] = [];
	for (const { model, group, point } of points) {
		const handle = model === 1 ? -1 : image.handle(model, point, group);
		if (handle < 0 || names.some((one) => one.point === point && one.group === group)) continue;
		const info = image.point(handle)!;
		names.push({ model, group, point, unit: info.unit, symbols: info.type.startsWith("enum") ? info.symbols : "" });
	}
	return names;
}

function derStatus({ der, site }: HubDevice): DerStatus | null {
	if (!der) return null;
	const { energize, limitW, setW, chargeLimitW, dischargeLimitW, reactive, pf, setVar } = der.command;
	return {
		writable: site.control,
		energize,
		limitW: finite(limitW),
		setW: finite(setW),
		chargeLimitW: finite(chargeLimitW),
		dischargeLimitW: finite(dischargeLimitW),
		pf: reactive === "pf" ? pf : null,
		setVar: reactive === "var" ? setVar : null,
	};
}

const finite = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(9)) : null);

export function busStatus(hub: Hub, clock: Clock): BusStatus[] {
	const nowMs = clock.now();
	return hub.buses.map((bus) => oneBus(bus, hub, nowMs));
}

function canStatus(can: Bus["can"]): CanStatus | null {
	if (!can) return null;
	const { framesReceived, framesSent, overflow, busErrors, busOff, dropped, refused } = can;
	return { framesReceived, framesSent, overflow, busErrors, busOff, dropped: dropped + refused };
}

function oneBus({ site, scheduler, fault, line, can }: Bus, hub: Hub, nowMs: number): BusStatus {
	const sums = { timeouts: 0, garbled: 0, exceptions: 0 };
	let lastMs = Number.NaN;
	let slowest: HubDevice | undefined;
	for (const entry of hub.devices) {
		if (entry.site.bus !== site.id) continue;
		const { device } = entry;
		sums.timeouts += device.timeouts;
		sums.garbled += device.garbled;
		sums.exceptions += device.exceptions;
		if (device.answers === 0) continue;
		if (!(device.lastAnswerMs < lastMs)) lastMs = device.lastAnswerMs;
		if (!slowest || device.roundTripMs > slowest.device.roundTripMs) slowest = entry;
	}
	return {
		id: site.id,
		port: site.kind === "tcp" ? `${site.host}:${site.port}` : String(site.port),
		baud: site.kind === "tcp" ? 0 : site.baud,
		utilisation: Math.round((can?.use ?? scheduler.utilisation()) * 1000) / 1000,
		reads: scheduler.reads,
		late: scheduler.late,
		open: fault === "",
		...sums,
		crc: line?.crc ?? null,
		parity: line?.parity ?? null,
		framing: line?.framing ?? null,
		overrun: line?.overrun ?? null,
		can: canStatus(can),
		lastAnswerS: ageS(lastMs, nowMs),
		slowest: slowest ? { device: slowest.site.id, roundTripMs: Math.round(slowest.device.roundTripMs) } : null,
	};
}
