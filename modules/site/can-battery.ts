import type { Clock, TimerId } from "../base/clock";
import { frozen } from "../base/frozen";
import type { Log } from "../base/log";
import type { RecordSpec } from "../base/record";
import { BatteryFrames, kBatteryFrames } from "../canbus/battery-frames";
import type { CanListener, CanResult } from "../canbus/types";
import type { Image } from "../sunspec/image";
import { BatterySource } from "./battery-source";
import type { SiteCanBattery } from "./site-shape";

/** A set of frames comes each second, its frames apart. */
const kSetMs = 1000;
/**
 * How long a battery that is lost is spoken for, with limits of 0 A. Inverters obey limits at once; after that the silence
 * itself is what stops them: from 3 s on as Pylontech's and SMA's do, after 60 s a GX device drops the battery.
 */
const kLostMs = 60_000;
/** What an inverter says each second: that it is there. */
const kAlive = frozen<readonly RecordSpec[]>([{ name: "0x305", key: 0x305, bytes: 8, least: 0, everyMs: 1000 }]);

/** How far it is with the battery: nothing to say yet; speaks for it; lost, with limits of 0; lost, and silent. */
export type CanBatteryState = "waiting" | "speaking" | "forbidding" | "silent";

export interface CanBatteryOptions {
	site: SiteCanBattery;
	/** What is known of the battery; it may be another object later. */
	image: () => Image;
	/** Whether the battery itself gives a point. */
	gives: (model: number, point: string) => boolean;
	/** Whether the battery answers. */
	online: () => boolean;
	/** False when the frame could not even wait. */
	send: (id: number, data: Uint8Array) => boolean;
	clock: Clock;
	log: Log;
}

/**
 * The hub as a battery for an inverter on a CAN bus. As long as the battery whose image it shows is there, its values and
 * limits go out each second. When it is lost, charging and discharging are limited to 0 A at once, with the alarm "internal
 * communication"; after a minute of that the hub falls silent, as a battery does that is gone. Before the battery was heard
 * for the first time there is nothing to say.
 */
export class CanBattery implements CanListener {
	readonly records = kAlive;
	readonly unit = 1;
	state: CanBatteryState = "waiting";
	/** Whether an inverter is there. */
	inverter = false;
	readonly source: BatterySource;
	readonly #options: CanBatteryOptions;
	readonly #frames: BatteryFrames;
	readonly #onTimer: () => void;
	#timer: TimerId | undefined;
	/** The next frame of the set. */
	#next = 0;
	#lostMs = 0;

	constructor(options: CanBatteryOptions) {
		this.#options = options;
		const { site } = options;
		this.source = new BatterySource(site, options.gives);
		this.#frames = new BatteryFrames(site.maker, site.name);
		this.#onTimer = () => this.tick();
	}

	start(): void {
		if (this.#timer === undefined) this.tick();
	}

	close(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	/** The inverter's 0x305. One that was not there gets the whole set at once. */
	onRecord(_index: number, result: CanResult): void {
		const { log, site } = this.#options;
		const there = result.status === "ok";
		if (there === this.inverter) return;
		this.inverter = there;
		log(there ? "info" : "warn", "can", `${site.bus}: the inverter ${there ? "is there" : "says nothing (0x305)"}`);
		if (!there || this.#timer === undefined) return;
		this.#next = 0;
		this.#options.clock.clearTimer(this.#timer);
		this.tick();
	}

	private tick(): void {
		const { clock, send } = this.#options;
		this.#timer = clock.setTimer(this.#onTimer, kSetMs / kBatteryFrames);
		const frame = this.#next;
		this.#next = (frame + 1) % kBatteryFrames;
		// looked at before each frame, so that limits of a battery that has gone are never sent again
		this.look(clock.now(), frame === 0);
		if (this.state === "waiting" || this.state === "silent") return;
		const data = this.#frames.data(frame, this.source.state);
		if (data !== undefined) send(this.#frames.id(frame), data);
	}

	/** `whole`: takes all values anew; else only what tells whether the battery is there. */
	private look(nowMs: number, whole: boolean): void {
		const { image, online } = this.#options;
		const { source } = this;
		const quick = !whole && this.state === "speaking" && source.isOf(image());
		if (online() && (quick ? source.holds(nowMs) : source.read(image(), nowMs))) {
			if (this.state !== "speaking") this.change("speaking");
			return;
		}
		if (this.state === "speaking") {
			this.#lostMs = nowMs;
			this.change("forbidding");
			// limits first
			this.sendLimits();
		} else if (this.state === "forbidding" && nowMs - this.#lostMs >= kLostMs) this.change("silent");
		source.forbid();
	}

	private sendLimits(): void {
		this.source.forbid();
		const data = this.#frames.data(0, this.source.state);
		if (data !== undefined) this.#options.send(this.#frames.id(0), data);
	}

	private change(state: CanBatteryState): void {
		this.state = state;
		const { log, site } = this.#options;
		const what = {
			waiting: "",
			speaking: "its values and limits go out",
			forbidding: `is lost: 0 A in and out for ${kLostMs / 1000} s, then silence`,
			silent: "is still lost: silence",
		}[state];
		log(state === "speaking" ? "info" : "error", "can", `${site.bus}: the battery ${site.from} ${what}`);
	}
}
