import type { Clock, TimerId } from "../base/clock";
import { type Log, silentLog } from "../base/log";
import type { NetworkState } from "../base/network";
import type { ButtonEvent } from "../buttons/buttons";
import { ButtonReader, kResetMs } from "./buttons";
import { Canvas } from "./canvas";
import type { PanelDevices } from "./devices";
import { type LampState, type LampStateName, lampLit, lampState } from "./lamp";
import { drawReset, drawStart } from "./notices";
import { Pages, type PagesOptions } from "./pages";

export interface PanelOptions extends Omit<PagesOptions, "alarms"> {
	/** That of modules/site/alarms.ts. */
	alarms: PagesOptions["alarms"] & { acknowledge(id?: number): unknown };
	/** Left out: the operating system keeps it. */
	network?: (() => NetworkState) | undefined;
	clock: Clock;
	devices: PanelDevices;
	/** A button was held for ten seconds, then let go. Left out: holding one does nothing. */
	onFactoryReset?: (() => void) | undefined;
	log?: Log | undefined;
}

/** The lamp's shortest phase, and the shortest time between two pictures. */
const kTickMs = 250;
/** Readings are looked at in every fourth tick: figures that change faster cannot be read. */
const kReadingTicks = 4;
/** The hub counts as started once a device has answered, or after this. */
const kBootMs = 10_000;
/** Without a press: back to the first page, dim, off. An OLED ages where it is lit. */
const kFirstPageMs = 60_000;
const kDimMs = 120_000;
const kOffMs = 600_000;
/** The picture moves by a dot: around a square, a corner a minute. */
const kShiftMs = 60_000;

/**
 * The lamp, the alarm relay, the screen and the buttons of a hub. Looks four times a second at what there is to show, and
 * gives a device only what has changed. One that fails is left alone from then on: the hub is worth more than its panel.
 */
export class Panel {
	readonly #options: PanelOptions;
	readonly #devices: PanelDevices;
	/** Of the person: see PanelDevices.clock. */
	readonly #clock: Clock;
	readonly #pages: Pages;
	readonly #canvas: Canvas | undefined;
	readonly #reader: ButtonReader;
	readonly #onTick = () => this.#tick();
	readonly #startMs: number;
	#buttons: { close(): void } | undefined;
	#timer: TimerId | undefined;
	#ticks = 0;
	#booting = true;
	#resetting = false;
	#pressMs: number;
	/** The first page shows because nobody has asked for another. */
	#atHome = true;
	/** Somebody has pressed: the picture may wait for no second. */
	#hurry = false;
	#drawnMs = Number.NEGATIVE_INFINITY;
	#stamp = Number.NaN;
	#brightness: 0 | 1 | 2 = 2;
	#lamp: LampState = lampState("boot");
	#lampMs: number;
	#lit: LampState | undefined;
	#relay: 0 | 1 | undefined;

	constructor(options: PanelOptions) {
		this.#options = options;
		// a copy: what fails is taken out
		this.#devices = { ...options.devices };
		this.#clock = options.devices.clock ?? options.clock;
		this.#pages = new Pages(options);
		const { screen, buttons, actions } = options.devices;
		this.#canvas = screen && new Canvas(screen.width, screen.height);
		this.#startMs = this.#pressMs = this.#lampMs = this.#clock.now();
		this.#reader = new ButtonReader(actions ?? {}, this.#startMs);
		this.#buttons = buttons?.((event) => this.#onButton(event));
		this.#tick();
	}

	/** What the lamp says. */
	get lamp(): LampStateName {
		return this.#lamp.name;
	}

	/** Lamp and screen go dark, the relay opens. May be called twice, and in a callback. */
	close(): void {
		if (this.#timer === undefined) return;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.#buttons?.close();
		this.#buttons = undefined;
		this.#switch(0);
		this.#light(undefined);
		this.#setBrightness(0);
	}

	#tick(): void {
		this.#timer = this.#clock.setTimer(this.#onTick, kTickMs);
		const nowMs = this.#clock.now();
		const isReading = this.#ticks++ % kReadingTicks === 0;
		if (isReading) this.#look(nowMs);
		this.#signal(nowMs);
		if (isReading || this.#hurry || this.#lamp.name === "reset") this.#show(nowMs);
	}

	/** What changes without a press. */
	#look(nowMs: number): void {
		const { hub, network } = this.#options;
		const pages = this.#pages;
		const wasSetup = pages.network?.state === "setup";
		pages.network = network?.();
		if (this.#booting)
			this.#booting = nowMs - this.#startMs < kBootMs && !hub.devices.some((entry) => entry.device.online);
		const idleMs = nowMs - this.#pressMs;
		const isSetup = pages.network?.state === "setup";
		if (this.#atHome ? isSetup !== wasSetup : idleMs >= kFirstPageMs) {
			this.#atHome = true;
			pages.home();
		}
		const isWanted = isSetup || this.#worst() === 3;
		this.#setBrightness(idleMs < kDimMs ? 2 : idleMs < kOffMs || isWanted ? 1 : 0);
	}

	/** Lamp and relay. */
	#signal(nowMs: number): void {
		const worst = this.#worst();
		const name = this.#stateOf(nowMs, worst);
		if (name !== this.#lamp.name) {
			this.#lamp = lampState(name);
			this.#lampMs = nowMs;
		}
		this.#light(lampLit(this.#lamp, this.#lampMs, nowMs) ? this.#lamp : undefined);
		this.#switch(worst === 3 ? 1 : 0);
	}

	/** In the order of the table in lamp.ts. */
	#stateOf(nowMs: number, worst: 0 | 1 | 2 | 3): LampStateName {
		if (this.#resetting || this.#warnedMs(nowMs) > 0) return "reset";
		if (this.#booting) return "boot";
		const state = this.#pages.network?.state ?? "up";
		if (state === "setup") return "setup";
		if (worst >= 2) return worst === 3 ? "alarm" : "acknowledged";
		if (state !== "up") return "offline";
		return worst === 1 ? "warning" : "ok";
	}

	/** What stands: 0 nothing, 1 warnings, 2 alarms that somebody has acknowledged, 3 one that nobody has. */
	#worst(): 0 | 1 | 2 | 3 {
		const list = this.#options.alarms.list();
		let worst: 0 | 1 | 2 = 0;
		for (let i = 0; i < list.length; i++) {
			const entry = list[i]!;
			if (!entry.active) continue;
			if (entry.severity !== "alarm") worst = worst || 1;
			else if (entry.acknowledged) worst = 2;
			else return 3;
		}
		return worst;
	}

	#warnedMs(nowMs: number): number {
		return this.#options.onFactoryReset ? this.#reader.warnedMs(nowMs) : 0;
	}

	#onButton(event: ButtonEvent): void {
		const nowMs = this.#clock.now();
		const meaning = this.#reader.read(event, this.#brightness === 0, nowMs);
		if (event.type === "press" || meaning !== "none") {
			this.#pressMs = nowMs;
			this.#setBrightness(2);
		}
		const pages = this.#pages;
		if (meaning === "next" || meaning === "previous" || meaning === "details") {
			this.#atHome = false;
			pages[meaning]();
		} else if (meaning === "acknowledge") this.#options.alarms.acknowledge();
		else if (meaning === "reset" && this.#options.onFactoryReset && !this.#resetting) {
			this.#resetting = true;
			this.#say("warn", "a button was held for ten seconds: factory reset");
			this.#hurry = true;
			this.#show(nowMs);
			this.#options.onFactoryReset();
			return;
		}
		this.#hurry = true;
		this.#signal(nowMs);
		this.#show(nowMs);
	}

	/** Draws when there is something new to see, and not more often than a tick. */
	#show(nowMs: number): void {
		const canvas = this.#canvas;
		const { screen } = this.#devices;
		if (!canvas || !screen || nowMs - this.#drawnMs < kTickMs) return;
		this.#hurry = false;
		const warnedMs = this.#warnedMs(nowMs);
		const shift = Math.floor((nowMs - this.#startMs) / kShiftMs) & 3;
		const appMs = this.#options.clock.now();
		const isDark = this.#brightness === 0;
		let stamp = isDark ? 0 : 1 + shift;
		if (this.#resetting) stamp += 5;
		else if (warnedMs > 0) stamp += 10 * Math.floor(warnedMs / 250);
		else if (this.#booting) stamp += 6;
		else if (!isDark) stamp = (Math.imul(stamp, 0x9e3779b1) + this.#pages.stamp(appMs)) | 0;
		if (stamp === this.#stamp) return;
		this.#stamp = stamp;
		this.#drawnMs = nowMs;
		canvas.left = shift === 1 || shift === 2 ? 1 : 0;
		canvas.top = shift >> 1;
		canvas.clear();
		if (isDark) canvas.left = 0;
		else if (this.#resetting || warnedMs > 0) drawReset(canvas, this.#resetting ? kResetMs : warnedMs, this.#resetting);
		else if (this.#booting) drawStart(canvas, this.#options.hub.site.name);
		else this.#pages.draw(canvas, appMs);
		try {
			screen.draw(canvas.dots);
		} catch (error) {
			this.#drop("screen", error);
		}
	}

	#setBrightness(level: 0 | 1 | 2): void {
		if (level === this.#brightness) return;
		this.#brightness = level;
		const { screen } = this.#devices;
		if (!screen) return;
		try {
			if (screen.brightness) screen.brightness(level);
			else if (level === 0) {
				this.#canvas?.clear();
				screen.draw(this.#canvas!.dots);
			}
		} catch (error) {
			this.#drop("screen", error);
		}
	}

	/** `undefined`: dark. */
	#light(lit: LampState | undefined): void {
		const { lamp } = this.#devices;
		if (!lamp || (lit === this.#lit && this.#ticks > 1)) return;
		this.#lit = lit;
		try {
			if (lit) lamp.color(lit.color[0], lit.color[1], lit.color[2]);
			else lamp.color(0, 0, 0);
		} catch (error) {
			this.#drop("lamp", error);
		}
	}

	#switch(value: 0 | 1): void {
		const { alarmRelay } = this.#devices;
		if (!alarmRelay || value === this.#relay) return;
		this.#relay = value;
		try {
			alarmRelay.write(value);
		} catch (error) {
			this.#drop("alarmRelay", error);
		}
	}

	#drop(name: "screen" | "lamp" | "alarmRelay", error: unknown): void {
		delete this.#devices[name];
		this.#say("error", `${name}: ${error instanceof Error ? error.message : String(error)}; it is left alone now`);
	}

	#say(level: "warn" | "error", text: string): void {
		(this.#options.log ?? silentLog)(level, "panel", text);
	}
}
