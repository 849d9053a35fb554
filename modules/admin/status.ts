import type { Hub, HubDevice } from "../site/hub";

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
	points: PointStatus[];
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
}

/** Devices and buses with what they read now: fresh objects, for JSON. */
export function deviceStatus(entry: HubDevice, nowMs: number): DeviceStatus {
	const { site, device } = entry;
	return {
		id: site.id,
		name: site.name,
		role: site.role,
		maker: device.table.maker,
		model: device.table.model,
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
		points: pointStatus(entry, nowMs),
	};
}

export function busStatus(hub: Hub): BusStatus[] {
	return hub.buses.map(({ site, scheduler, counters }) => ({
		id: site.id,
		port: site.kind === "tcp" ? `${site.host}:${site.port}` : String(site.port),
		baud: site.kind === "tcp" ? 0 : site.baud,
		utilisation: Math.round(scheduler.utilisation() * 1000) / 1000,
		reads: scheduler.reads,
		late: scheduler.late,
		open: counters !== undefined,
	}));
}

function pointStatus(entry: HubDevice, nowMs: number): PointStatus[] {
	const { image, device } = entry;
	const list: PointStatus[] = [];
	for (const { model, point } of device.plan.points) {
		if (model === 1 || list.some((one) => one.point === point)) continue;
		const handle = image.handle(model, point);
		if (handle < 0) continue;
		const value = image.value(handle);
		list.push({
			point,
			value: typeof value === "number" ? Number(value.toPrecision(9)) : (value ?? null),
			unit: image.point(handle)?.unit ?? "",
			quality: image.quality(handle) ?? "never",
			ageS: ageS(image.timeMs(handle), nowMs),
		});
	}
	return list;
}

/** Seconds with one decimal, null for a time that never was. */
function ageS(timeMs: number, nowMs: number): number | null {
	return Number.isNaN(timeMs) ? null : Math.round((nowMs - timeMs) / 100) / 10;
}
