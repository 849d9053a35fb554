/**
 * Residual current to open relay. A reading at or above a threshold, or the sensor's own trip, opens the relay of its
 * protection: the command goes ahead of all polls of the relay's bus, before anything else is done about the event, and is
 * given again until the relay has confirmed it. The relay stays open, over a restart too, until a person resets the
 * protection, and is then closed by a command of its own: nothing here closes a relay. No network and no clock is needed.
 */

import type { Clock, TimerId } from "../base/clock";
import { configError } from "../base/errors";
import { frozen } from "../base/frozen";
import type { Log } from "../base/log";
import { kLeakageModel, LeakageAlarm } from "../devices/models/leakage";
import { kRelayModel } from "../devices/models/relay";
import { findRow, modelPoint, pointNames, type Row } from "../devices/table";
import { pointWrite, type WriteOutcome, writeRefusal, writeRow } from "../devices/write";
import type { ControlStore } from "./control-store";
import type { HubDevice } from "./entry";
import {
	eventText,
	kEventBytes,
	kTripSources,
	type LeakageEvent,
	packLatch,
	type TripSource,
	unpackLatch,
} from "./leakage-event";
import { powerFlow } from "./power-flow";
import type { SiteProtection } from "./site-file";

/** Values of the point Latch. */
export type Latch = "clear" | "opening" | "open";
const kLatches: readonly Latch[] = frozen(["clear", "opening", "open"]);

export interface LeakageGuardOptions {
	protection: readonly SiteProtection[];
	devices: readonly HubDevice[];
	clock: Clock;
	log: Log;
	store: ControlStore;
	/** After the relay was commanded for the first time, and each time its state changes from then on. */
	onChange?: (protection: Protection) => void;
}

/** The command is given again at once so often, then with a pause. */
const kAtOnce = 3;
const kAgainMs = 250;
/** Alarms of a monitor that open the relay as a current above the site's thresholds does. */
const kTripBits =
	(1 << LeakageAlarm.ac) | (1 << LeakageAlarm.dc) | (1 << LeakageAlarm.rms) | (1 << LeakageAlarm.tripped);
/** Letter of the key under which a sensor's latches are kept. */
const kKept = "t";

export class LeakageGuard {
	readonly all: readonly Protection[];

	/** Throws a GridpostError ("bad-config") for a sensor that measures no residual current, or a relay that cannot be switched. */
	constructor(options: LeakageGuardOptions) {
		this.all = options.protection.map((site, i) => {
			const siblings = options.protection.filter(({ sensor }) => sensor === site.sensor);
			return new Protection(options, site, `services.protection[${i}]`, siblings.indexOf(site), siblings.length);
		});
	}

	/** Relays that were open when the hub stopped are opened again. */
	start(): void {
		for (const one of this.all) one.start();
	}

	close(): void {
		for (const one of this.all) one.close();
	}

	/** A device has new readings. To be called before anybody else is told. */
	reading(entry: HubDevice): void {
		const all = this.all;
		for (let i = 0; i < all.length; i++) {
			const one = all[i]!;
			if (one.sensor === entry) one.measured();
			if (one.relay === entry) one.looked();
		}
	}

	presence(entry: HubDevice, online: boolean): void {
		for (const one of this.all) if (one.sensor === entry) one.presence(online);
	}

	/** Whether a row of a device must not be written now: it switches a relay that is latched. */
	holds(entry: HubDevice, row: Row): boolean {
		return this.all.some((one) => one.latch !== "clear" && one.relay === entry && one.row === row);
	}

	/** A person has found the fault: "" when the latches of a sensor's protections are gone, else why they are not. */
	reset(sensor: string): string {
		const own = this.all.filter((one) => one.sensor.site.id === sensor);
		if (own.length === 0) return `${sensor} protects nothing`;
		for (const one of own) {
			const reason = one.refusal;
			if (reason !== "") return reason;
		}
		for (const one of own) one.reset();
		return "";
	}
}

/** One sensor and one relay. */
export class Protection {
	readonly site: SiteProtection;
	readonly sensor: HubDevice;
	readonly relay: HubDevice;
	/** Of the relay's table. */
	readonly row: Row;
	latch: Latch = "clear";
	/** Events so far. */
	count = 0;
	event: LeakageEvent | undefined;
	/** Why the relay has not confirmed; "" when it has, or was not told yet. */
	trouble = "";
	#options: LeakageGuardOptions;
	/** Place among the protections of its sensor, and how many there are. */
	#place: number;
	#siblings: number;
	/** Of the sensor's image: its currents, its alarms, and the hub's own latch. Looked at with each of its many readings. */
	readonly #ac: number;
	readonly #dc: number;
	readonly #pulsed: number;
	readonly #alarms: number;
	readonly #latch: number;
	/** What the relay's image says of its state; -1: it says nothing. */
	#state = -1;
	#confirmedMs = Number.NaN;
	#tries = 0;
	#writing = false;
	#timer: TimerId | undefined;
	#lostTimer: TimerId | undefined;

	constructor(options: LeakageGuardOptions, site: SiteProtection, place: string, own: number, siblings: number) {
		this.#options = options;
		this.#place = own;
		this.#siblings = siblings;
		this.site = site;
		this.sensor = options.devices.find((entry) => entry.site.id === site.sensor)!;
		this.relay = options.devices.find((entry) => entry.site.id === site.relay)!;
		if (!this.sensor.device.reads(kLeakageModel, "AAC") && !this.sensor.device.reads(kLeakageModel, "ADC"))
			throw configError(`${place}.sensor`, site.sensor, "it must be a residual current monitor");
		const handle = (name: string): number => this.sensor.image.handle(kLeakageModel, name);
		this.#ac = handle("AAC");
		this.#dc = handle("ADC");
		this.#pulsed = handle("APls");
		this.#alarms = handle("Alrm");
		this.#latch = handle("Latch");
		this.row = this.findRow(place);
		this.restore();
	}

	start(): void {
		if (this.latch !== "clear") this.command();
	}

	close(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#options.clock.clearTimer(this.#lostTimer);
		this.#timer = undefined;
		this.#lostTimer = undefined;
	}

	/** The sensor has new readings. */
	measured(): void {
		const source = this.source();
		if (source !== "none" && this.latch === "clear") this.trip(source);
		// a sensor that was silent has lost it
		else if (this.count > 0 && this.sensor.image.quality(this.#latch) !== "good") this.show();
	}

	/** The relay has new readings: whoever closed it while it is latched, it is opened again. */
	looked(): void {
		if (this.latch !== "open" || this.#state < 0) return;
		const { image } = this.relay;
		const value = image.value(this.#state);
		if (typeof value !== "number" || value === this.site.open || !(image.timeMs(this.#state) > this.#confirmedMs))
			return;
		this.latch = "opening";
		this.#options.log("error", "protection", `${this.relay.site.id} has closed by itself: it is opened again`);
		this.command();
		this.#options.onChange?.(this);
	}

	presence(online: boolean): void {
		const { clock } = this.#options;
		clock.clearTimer(this.#lostTimer);
		this.#lostTimer = undefined;
		if (online || this.site.lostS === 0) return;
		this.#lostTimer = clock.setTimer(() => {
			this.#lostTimer = undefined;
			if (this.latch === "clear") this.trip("lost");
		}, this.site.lostS * 1000);
	}

	/** Why it cannot be reset now; "" when it can. */
	get refusal(): string {
		const id = this.sensor.site.id;
		if (!this.sensor.device.online) return `${id} does not answer`;
		return this.source() === "none" ? "" : `${id} still measures a residual current above its threshold`;
	}

	reset(): void {
		this.close();
		this.latch = "clear";
		this.trouble = "";
		this.save();
		this.show();
		this.#options.log("info", "protection", `${this.sensor.site.id}: reset; ${this.relay.site.id} may be closed`);
		this.#options.onChange?.(this);
	}

	/** What the sensor says now. */
	private source(): TripSource {
		const { acMa, dcMa, pulsedMa } = this.site;
		if (this.number(this.#ac) * 1000 >= acMa) return "ac";
		if (Math.abs(this.number(this.#dc)) * 1000 >= dcMa) return "dc";
		if (pulsedMa !== undefined && this.number(this.#pulsed) * 1000 >= pulsedMa) return "pulsed";
		// no number is no bit
		return (this.number(this.#alarms) & kTripBits) === 0 ? "none" : "device";
	}

	/** A number of the sensor; NaN when there is none. One that is implausible counts too: it may be a large fault. */
	private number(handle: number): number {
		const value = this.sensor.image.value(handle);
		return typeof value === "number" ? value : Number.NaN;
	}

	private trip(source: TripSource): void {
		this.latch = "opening";
		this.#tries = 0;
		this.command();
		// the command is on its way: now there is time
		const { clock, devices } = this.#options;
		this.count = (this.count + 1) & 0xffff;
		this.event = {
			source,
			acA: this.number(this.#ac),
			dcA: this.number(this.#dc),
			pulsedA: this.number(this.#pulsed),
			...powerFlow(devices, this.site.meter, this.site.dc),
			atMs: clock.now(),
			epochMs: clock.epochMs(),
		};
		this.show();
	}

	private command(): void {
		if (this.#writing) return;
		this.#writing = true;
		const { table, unit } = this.relay.table!;
		writeRow({
			table,
			unit,
			row: this.row.name,
			value: this.site.open,
			client: this.relay.client,
			urgent: true,
			onDone: (outcome) => this.commanded(outcome),
		});
	}

	private commanded({ result, reason }: WriteOutcome): void {
		const { clock, log, onChange } = this.#options;
		this.#writing = false;
		if (this.latch !== "opening") return;
		const relay = this.relay.site.id;
		this.#tries++;
		if (this.#tries === 1) {
			this.save();
			if (this.event)
				log("error", "protection", `${this.sensor.site.id}: ${eventText(this.event)}: ${relay} is opened`);
		}
		if (result === "accepted") {
			this.latch = "open";
			this.trouble = "";
			this.#confirmedMs = clock.now();
			log("info", "protection", `${relay} has confirmed that it is open`);
		} else {
			if (this.trouble !== reason) log("error", "protection", `${relay} has not confirmed: ${reason}`);
			this.trouble = reason;
			if (this.#tries < kAtOnce) this.command();
			else this.#timer = clock.setTimer(() => this.command(), kAgainMs);
		}
		this.show();
		onChange?.(this);
	}

	/** The row that switches the relay, and the point that tells its state. */
	private findRow(place: string): Row {
		const { relay, site } = this;
		const table = relay.table?.table;
		if (!table) throw configError(`${place}.relay`, site.relay, "it must be a device of a table");
		const group = `Ch[${site.channel}]`;
		const row = site.row === "" ? pointWrite(table, kRelayModel, "Cmd", group) : findRow(table, site.row);
		if (!row?.write) {
			if (site.row !== "")
				throw configError(`${place}.row`, site.row, `it must be a row of ${table.id} that can be written`);
			throw configError(`${place}.channel`, site.channel, `it must be a channel of ${table.id}`);
		}
		const refusal = writeRefusal(table, row, site.open);
		if (refusal !== undefined) throw configError(`${place}.open`, site.open, refusal);
		const { image } = relay;
		const point = pointNames(row.point).map((name) => modelPoint(table, name))[0];
		if (site.row === "") this.#state = image.handle(kRelayModel, "St", group);
		else if (point && row.poll !== undefined)
			this.#state = image.handle(point.model, point.point, point.group, undefined, point.occurrence);
		return row;
	}

	/** Puts event and latch into the sensor's image: with its next commit they are told. */
	private show(): void {
		const { image } = this.sensor;
		const nowMs = this.#options.clock.now();
		const put = (name: string, value: number | undefined): void => {
			const wanted = value === undefined || Number.isNaN(value) ? undefined : value;
			image.set(image.handle(kLeakageModel, name), wanted, nowMs, "good");
		};
		put("Latch", kLatches.indexOf(this.latch));
		put("EvtCnt", this.count);
		const { event } = this;
		put("EvtSrc", event ? kTripSources.indexOf(event.source) : 0);
		put("EvtAAC", event?.acA);
		put("EvtADC", event?.dcA);
		put("EvtAPls", event?.pulsedA);
		put("EvtWAC", event?.acW);
		put("EvtWDC", event?.dcW);
		put("EvtDirAC", direction(event?.acW));
		put("EvtDirDC", direction(event?.dcW));
		put("EvtTms", event?.epochMs === undefined ? undefined : Math.floor(event.epochMs / 1000));
	}

	private save(): void {
		const { store } = this.#options;
		const { unit } = this.sensor.site;
		const bytes = new Uint8Array(kEventBytes * this.#siblings);
		bytes.set(store.read(kKept, unit)?.subarray(0, bytes.length) ?? []);
		const { latch, count, event } = this;
		packLatch({ latched: latch !== "clear", count, event }, new DataView(bytes.buffer), kEventBytes * this.#place);
		store.write(kKept, unit, bytes);
	}

	private restore(): void {
		const bytes = this.#options.store.read(kKept, this.sensor.site.unit);
		if (!bytes) return;
		const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		const kept = unpackLatch(data, kEventBytes * this.#place);
		if (!kept) return;
		this.count = kept.count;
		this.event = kept.event;
		if (kept.latched) {
			this.latch = "opening";
			this.#tries = 1;
		}
	}
}

/** As the points EvtDirAC and EvtDirDC: 0 unknown, 1 positive, 2 negative. */
function direction(watts: number | undefined): number {
	if (watts === undefined || Number.isNaN(watts)) return 0;
	return watts < 0 ? 2 : 1;
}
