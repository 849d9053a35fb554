/** The panel before a whole site: its hub, alarms and simulated devices, in virtual time. */
import { afterEach } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import type { NetworkState } from "../modules/base/network";
import type { ButtonEvent } from "../modules/buttons/buttons";
import { Catalogue } from "../modules/devices/catalogue";
import { kActionsV2 } from "../modules/panel/actions";
import type { ButtonActions } from "../modules/panel/devices";
import { Panel } from "../modules/panel/panel";
import { AlarmWatch } from "../modules/site/alarm-watch";
import { Alarms } from "../modules/site/alarms";
import { ControlStore } from "../modules/site/control-store";
import { EnergyToday } from "../modules/site/energy-today";
import { Hub } from "../modules/site/hub";
import { knownDevices } from "../modules/site/known-devices";
import { readSite } from "../modules/site/site-file";
import { Pole, type PoleDevice } from "../sim/pole";
import { demoSite } from "./virtual-hub";

export interface BenchOptions {
	siteText?: string;
	/** Time of day at which the simulation begins. Default 17.5. */
	startHour?: number;
	network?: NetworkState;
	actions?: Readonly<Record<string, ButtonActions>>;
	password?: string;
	noReset?: boolean;
	noBrightness?: boolean;
}

const opened: { close(): void }[] = [];
afterEach(() => {
	for (const one of opened.splice(0)) one.close();
});

export function bench(options: BenchOptions = {}) {
	const clock = new ManualClock(Date.UTC(2026, 0, 1, 8));
	const siteText = options.siteText ?? demoSite();
	const site = readSite(siteText, knownDevices());
	const pole = new Pole({
		devices: (JSON.parse(siteText) as { devices: PoleDevice[] }).devices,
		startHour: options.startHour ?? 17.5,
	});
	const RS485 = simulatedRS485((name) => pole.line(name), clock) as never;
	const hub = new Hub({
		site,
		catalogue: new Catalogue(),
		clock,
		log: () => {},
		firmware: "test",
		io: { RS485, TCP: class {} as never },
		...{ random: () => 0.5, store: new ControlStore(undefined, () => {}) },
		onReading: (entry) => today.reading(entry),
		onFound: (entry) => today.found(entry),
		onControl: (entry, report) => watch.control(entry, report),
	});
	const { devices, buses } = hub;
	const today = new EnergyToday({ clock, devices, utcOffsetMinutes: 0 });
	const alarms = new Alarms();
	const gatewayId = site.gatewayId;
	const clockSet = () => true;
	const watch = new AlarmWatch({ alarms, clock, devices, buses, gatewayId, broker: () => undefined, clockSet });

	const seen = {
		dots: new Uint8Array(1024),
		frames: [] as number[],
		colors: [] as { atMs: number; color: string }[],
		relay: [] as (0 | 1)[],
		brightness: [] as number[],
		resets: 0,
		logged: [] as string[],
	};
	let press: ((event: ButtonEvent) => void) | undefined;
	const state: { network: NetworkState | undefined } = { network: options.network };
	const panel = new Panel({
		hub,
		alarms,
		clock,
		todayWh: (entry) => today.todayWh(entry.index),
		network: options.network && (() => state.network!),
		setupPassword: () => options.password ?? "",
		...(options.noReset ? {} : { onFactoryReset: () => void seen.resets++ }),
		log: (level, area, text) => seen.logged.push(`${level} ${area}: ${text}`),
		devices: {
			screen: {
				width: 128,
				height: 64,
				draw: (dots) => {
					seen.dots = dots.slice();
					seen.frames.push(clock.now());
				},
				...(options.noBrightness ? {} : { brightness: (level: number) => void seen.brightness.push(level) }),
			},
			lamp: { color: (r, g, b) => void seen.colors.push({ atMs: clock.now(), color: `${r},${g},${b}` }) },
			alarmRelay: { write: (value) => void seen.relay.push(value) },
			buttons: (onEvent) => {
				press = onEvent;
				return { close: () => (press = undefined) };
			},
			actions: options.actions ?? kActionsV2,
		},
	});
	hub.start();
	watch.start();
	opened.push(panel, watch, hub);
	const send = (type: ButtonEvent["type"], button: string, heldMs = 0) => press!({ type, button, heldMs, count: 0 });
	/** As the native class reports a finger: press, after a second long, then repeats each 250 ms, release. */
	const hold = (button: string, ms: number, andRelease = true, plain = false) => {
		send("press", button);
		let passedMs = 0;
		while (passedMs + 250 <= ms) {
			clock.advance(250);
			passedMs += 250;
			if (plain || !press) continue;
			if (passedMs === 1000) send("long", button, passedMs);
			else if (passedMs > 1000) send("repeat", button, passedMs);
		}
		clock.advance(ms - passedMs);
		if (andRelease && press) send("release", button, ms);
	};
	const click = (button: string) => {
		hold(button, 100);
		clock.advance(400);
	};
	/** The lamp's colours of the next `ms`, each with how long it was lit. */
	const lampOver = (ms: number) => {
		const last = seen.colors.at(-1)?.color ?? "0,0,0";
		const from = seen.colors.length;
		const startMs = clock.now();
		clock.advance(ms);
		const litMs: Record<string, number> = {};
		let color = last;
		let sinceMs = startMs;
		for (const step of [...seen.colors.slice(from), { atMs: clock.now(), color: "" }]) {
			litMs[color] = (litMs[color] ?? 0) + step.atMs - sinceMs;
			color = step.color;
			sinceMs = step.atMs;
		}
		return litMs;
	};
	return { clock, hub, pole, alarms, panel, seen, state, send, hold, click, lampOver };
}
