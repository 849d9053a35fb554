import { frozen } from "../base/frozen";
import type { NetworkState } from "../base/network";
import type { AlarmEntry } from "../site/alarms";
import type { Hub, HubDevice } from "../site/hub";
import { measuredHandle } from "../site/quantities";
import { type Canvas, numberWidth, textWidth } from "./canvas";
import { kSign, textFont } from "./font";
import { cutText, plainText } from "./letters";
import { ageSteps, ageTo, ageUnit, ageValue, drawBars, drawPower, energyTo, powerTo, quantityTo } from "./quantities";

/** What the pages show. */
export interface PagesOptions {
	hub: Pick<Hub, "site" | "devices" | "totals">;
	alarms: { list(): readonly AlarmEntry[] };
	/** Energy of the day of a device of `hub.devices`, Wh; undefined while nothing has been measured. */
	todayWh?: ((entry: HubDevice) => number | undefined) | undefined;
	/** Password of the hub's own network during set-up, for who stands before it; "" for an open network. */
	setupPassword?: (() => string) | undefined;
}

export type PageKind = "site" | "home" | "network" | "alarms";

/** Rows of the picture that a page draws in: one less each way than the screen has, as the picture moves by a dot. */
const kWidth = 127;
const kRows = frozen({ rule: 9, figure: 13, unit: 19, first: 31, second: 41, last: 54 });
/** Of the pages that are lists. */
const kLines = frozen([12, 22, 32, 42]);
const kNone = new Int16Array(0);

/**
 * The pages of a screen of 128 x 64 dots: the site, each home, the network, the alarms. What a page needs of names and
 * handles is looked up when it is turned to; drawing it makes no objects. What was not measured is a dash.
 */
export class Pages {
	/** What is a home: the devices of that role, or where there are none (a building), all meters. */
	readonly homes: readonly HubDevice[];
	/** Shown of the network; kept by the panel. */
	network: NetworkState | undefined;
	#options: PagesOptions;
	#feeder: HubDevice | undefined;
	#index = 0;
	#details = false;
	/** First line of the list of alarms. */
	#from = 0;
	#title = "";
	/** Of the page's device, -1 where it has none: see `#turn`. */
	#handles: Int16Array = kNone;

	constructor(options: PagesOptions) {
		this.#options = options;
		const { devices } = options.hub;
		const homes = devices.filter((entry) => entry.role === "home");
		this.homes = homes.length > 0 ? homes : devices.filter((entry) => entry.kind === "meter");
		this.#feeder = devices.find((entry) => entry.role === "feeder");
		this.home();
	}

	/** The site, each home, the network, the alarms. */
	get count(): number {
		return this.homes.length + 3;
	}

	get kind(): PageKind {
		const index = this.#index;
		if (index === 0) return "site";
		if (index <= this.homes.length) return "home";
		return index === this.homes.length + 1 ? "network" : "alarms";
	}

	/** Turns to the first page, that of the site; while the hub waits to be set up, to that of the network. */
	home(): void {
		this.#turn(this.network?.state === "setup" ? this.homes.length + 1 : 0, false);
	}

	/** Turns to the alarms. */
	alarms(): void {
		this.#turn(this.count - 1, false);
	}

	next(): void {
		this.#turn((this.#index + 1) % this.count, false);
	}

	previous(): void {
		this.#turn((this.#index + this.count - 1) % this.count, false);
	}

	/** More of the same: a device's other readings and back, the alarms further down. */
	details(): void {
		if (this.kind !== "alarms") this.#turn(this.#index, !this.#details);
		else {
			this.#from += kLines.length;
			if (this.#from >= countActive(this.#options.alarms.list(), false)) this.#from = 0;
		}
	}

	/** A number that changes with what the page shows. */
	stamp(nowMs: number): number {
		const { hub, alarms } = this.#options;
		let stamp = 2 * this.#index + (this.#details ? 1 : 0);
		const kind = this.kind;
		if (kind === "site") {
			stamp = mix(stamp, hub.totals.image.version);
			const homes = this.homes;
			for (let i = 0; i < homes.length; i++) stamp = mix(stamp, homes[i]!.device.online ? 1 : 0);
		} else if (kind === "home") {
			const { image, device } = this.homes[this.#index - 1]!;
			stamp = mix(mix(stamp, image.version), device.online ? -1 : ageSteps(nowMs - device.lastAnswerMs));
		} else if (kind === "network") {
			const network = this.network;
			if (network) stamp = mix(mix(stamp, network.signalDbm), network.state.length + 16 * network.address.length);
		}
		const list = alarms.list();
		for (let i = 0; i < list.length; i++) {
			const entry = list[i]!;
			if (!entry.active) continue;
			stamp = mix(stamp, 2 * entry.id + (entry.acknowledged ? 1 : 0));
			if (kind === "alarms") stamp = mix(stamp, ageSteps(nowMs - entry.sinceMs) + 1000 * this.#from);
		}
		return stamp;
	}

	/** On a canvas that is clear. */
	draw(canvas: Canvas, nowMs: number): void {
		switch (this.kind) {
			case "site":
				if (this.#details && this.#feeder) this.#drawPhases(canvas, this.#feeder);
				else this.#drawSite(canvas);
				break;
			case "home": {
				const entry = this.homes[this.#index - 1]!;
				if (this.#details) this.#drawDetails(canvas, entry, nowMs);
				else this.#drawHome(canvas, entry, nowMs);
				break;
			}
			case "network":
				this.#drawNetwork(canvas);
				break;
			case "alarms":
				this.#drawAlarms(canvas, nowMs);
		}
	}

	#turn(index: number, details: boolean): void {
		this.#index = index;
		this.#details = details;
		this.#from = 0;
		const { hub } = this.#options;
		const kind = this.kind;
		if (kind === "site") {
			const source = details && this.#feeder;
			this.#title = cutText(textFont, plainText(source ? source.site.name : hub.site.name), source ? 127 : 78);
			const handles = source ? kPhasePoints.map((point) => handleOf(source, point)) : this.#siteHandles();
			this.#handles = Int16Array.from(handles);
		} else if (kind === "home") {
			const entry = this.homes[index - 1]!;
			this.#title = cutText(textFont, plainText(entry.site.name, entry.site.id), 96);
			const points = details ? kDetailPoints : kHomePoints;
			this.#handles = Int16Array.from(points, (point) => handleOf(entry, point));
		} else this.#handles = kNone;
	}

	/** Of the hub's own image: power; of the feeder: power; of each home: power. */
	#siteHandles(): number[] {
		const { totals } = this.#options.hub;
		const feeder = this.#feeder;
		const own = totals.image.handle(kTotals, "W");
		return [own, feeder ? handleOf(feeder, "W") : -1, ...this.homes.map((entry) => handleOf(entry, "W"))];
	}

	#drawSite(canvas: Canvas): void {
		const { hub, todayWh } = this.#options;
		const handles = this.#handles;
		const homes = this.homes;
		let answering = 0;
		let sumW = 0;
		for (let i = 0; i < homes.length; i++) {
			if (homes[i]!.device.online) answering++;
			sumW += numberAt(homes[i]!, handles[i + 2]!);
		}
		canvas.text(textFont, 0, 0, this.#title);
		const right = kWidth - textWidth(textFont, " homes");
		canvas.text(textFont, right, 0, " homes");
		canvas.numberTo(textFont, right - 1, 0, homes.length, 0);
		const slash = right - numberWidth(textFont, homes.length, 0) - 1;
		canvas.textTo(textFont, slash - 1, 0, "/");
		canvas.numberTo(textFont, slash - 7, 0, answering, 0);
		canvas.rule(kRows.rule, kWidth);
		const total = hub.totals.image.value(handles[0]!);
		drawPower(canvas, 0, kRows.figure, typeof total === "number" ? total : Number.NaN);

		canvas.text(textFont, 0, kRows.first, "losses");
		const feederW = this.#feeder ? numberAt(this.#feeder, handles[1]!) : Number.NaN;
		const lossW = feederW - sumW;
		const share = feederW > 0 ? (100 * lossW) / feederW : Number.NaN;
		let to = kWidth;
		if (!Number.isNaN(share)) to = quantityTo(canvas, kWidth, kRows.first, share, 1, "%") - 8;
		powerTo(canvas, to, kRows.first, lossW);

		canvas.text(textFont, 0, kRows.second, "today");
		let wh = 0;
		if (this.#feeder) wh = todayWh?.(this.#feeder) ?? Number.NaN;
		else for (const entry of homes) wh += todayWh?.(entry) ?? Number.NaN;
		energyTo(canvas, kWidth, kRows.second, wh);
		this.#drawAlarmLine(canvas);
	}

	#drawAlarmLine(canvas: Canvas): void {
		const list = this.#options.alarms.list();
		const standing = countActive(list, false);
		const open = countActive(list, true);
		if (standing === 0) {
			const x = canvas.text(textFont, 0, kRows.last, kSign.tick);
			canvas.text(textFont, x + 2, kRows.last, "no alarms");
			return;
		}
		let x = canvas.text(textFont, 1, kRows.last, kSign.bell) + 2;
		x = canvas.number(textFont, x, kRows.last, open || standing, 0) + 3;
		if (open === 0) canvas.text(textFont, x, kRows.last, standing === 1 ? "alarm seen" : "alarms seen");
		else {
			canvas.text(textFont, x, kRows.last, open === 1 ? "alarm" : "alarms");
			canvas.invert(0, kRows.last - 1, kWidth, 9);
		}
	}

	#drawHome(canvas: Canvas, entry: HubDevice, nowMs: number): void {
		const handles = this.#handles;
		this.#drawTitle(canvas);
		drawPower(canvas, 0, kRows.figure, numberAt(entry, handles[0]!));
		quantityTo(canvas, kWidth, kRows.unit, numberAt(entry, handles[1]!), 1, "V");
		canvas.text(textFont, 0, kRows.first, "today");
		energyTo(canvas, kWidth, kRows.first, this.#options.todayWh?.(entry) ?? Number.NaN);
		canvas.text(textFont, 0, kRows.second, "credit");
		// nobody sells energy yet
		quantityTo(canvas, kWidth, kRows.second, Number.NaN, 0, "");
		const open = countActive(this.#options.alarms.list(), true);
		if (open > 0) {
			const right = kWidth - numberWidth(textFont, open, 0);
			canvas.number(textFont, right, kRows.last, open, 0);
			canvas.textTo(textFont, right - 2, kRows.last, kSign.bell);
		}
		drawState(canvas, entry, isSuspect(entry, handles), nowMs);
	}

	/** Name of the device, and which of the homes it is. */
	#drawTitle(canvas: Canvas): void {
		canvas.text(textFont, 0, 0, this.#title);
		const homes = this.homes.length;
		canvas.numberTo(textFont, kWidth, 0, homes, 0);
		const slash = kWidth - numberWidth(textFont, homes, 0) - 1;
		canvas.textTo(textFont, slash, 0, "/");
		canvas.numberTo(textFont, slash - 6, 0, this.#index, 0);
		canvas.rule(kRows.rule, kWidth);
	}

	#drawDetails(canvas: Canvas, entry: HubDevice, nowMs: number): void {
		const handles = this.#handles;
		this.#drawTitle(canvas);
		canvas.text(textFont, 0, kLines[0], "current");
		quantityTo(canvas, kWidth, kLines[0], numberAt(entry, handles[0]!), 2, "A");
		canvas.text(textFont, 0, kLines[1], "frequency");
		quantityTo(canvas, kWidth, kLines[1], numberAt(entry, handles[1]!), 2, "Hz");
		canvas.text(textFont, 0, kLines[2], "power factor");
		quantityTo(canvas, kWidth, kLines[2], numberAt(entry, handles[2]!), 2, "");
		canvas.text(textFont, 0, kLines[3], "meter");
		energyTo(canvas, kWidth, kLines[3], numberAt(entry, handles[3]!));
		drawState(canvas, entry, isSuspect(entry, handles), nowMs);
	}

	#drawPhases(canvas: Canvas, feeder: HubDevice): void {
		const handles = this.#handles;
		canvas.text(textFont, 0, 0, this.#title);
		canvas.rule(kRows.rule, kWidth);
		for (let phase = 0; phase < 3; phase++) {
			const y = kLines[phase]!;
			canvas.number(textFont, canvas.text(textFont, 0, y, "L"), y, phase + 1, 0);
			quantityTo(canvas, 66, y, numberAt(feeder, handles[2 * phase]!), 1, "V");
			powerTo(canvas, kWidth, y, numberAt(feeder, handles[2 * phase + 1]!));
		}
		canvas.text(textFont, 0, kLines[3], "frequency");
		quantityTo(canvas, kWidth, kLines[3], numberAt(feeder, handles[6]!), 2, "Hz");
		this.#drawAlarmLine(canvas);
	}

	#drawNetwork(canvas: Canvas): void {
		const network = this.network;
		canvas.text(textFont, 0, 0, network?.state === "setup" ? "Set-up" : "Network");
		canvas.rule(kRows.rule, kWidth);
		if (!network) {
			canvas.text(textFont, 0, kLines[1], "kept by the system");
			return;
		}
		if (network.state === "setup") {
			const password = this.#options.setupPassword?.() ?? "";
			const x = canvas.text(textFont, 0, kLines[0], "join ");
			canvas.text(textFont, x, kLines[0], cutText(textFont, plainText(network.name), kWidth - x));
			canvas.text(textFont, 0, kLines[1], password === "" ? "no password" : "password");
			canvas.text(textFont, 0, kLines[2], cutText(textFont, password, kWidth));
			canvas.text(textFont, 0, kLines[3] + 2, "then open");
			canvas.text(textFont, 0, kRows.last, "http://");
			canvas.text(textFont, textWidth(textFont, "http://") + 1, kRows.last, network.address);
			return;
		}
		const by = network.by === "ethernet" ? "Ethernet" : network.by === "wifi" ? "Wi-Fi" : network.by;
		canvas.textTo(textFont, kWidth, 0, network.state === "up" ? by : network.state);
		if (network.name !== "") canvas.text(textFont, 0, kLines[0], cutText(textFont, plainText(network.name), kWidth));
		canvas.text(textFont, 0, kLines[1] + 2, "address");
		canvas.textTo(textFont, kWidth, kLines[1] + 2, network.address === "" ? kSign.dash : network.address);
		if (network.by === "ethernet") return;
		canvas.text(textFont, 0, kLines[2] + 4, "signal");
		const signalDbm = network.signalDbm === 0 ? Number.NaN : network.signalDbm;
		const to = quantityTo(canvas, kWidth, kLines[2] + 4, signalDbm, 0, "dBm");
		if (!Number.isNaN(signalDbm)) drawBars(canvas, to - 20, kLines[2] + 4, signalDbm);
	}

	#drawAlarms(canvas: Canvas, nowMs: number): void {
		const list = this.#options.alarms.list();
		const standing = countActive(list, false);
		canvas.text(textFont, 0, 0, "Alarms");
		canvas.numberTo(textFont, kWidth, 0, standing, 0);
		canvas.rule(kRows.rule, kWidth);
		if (standing === 0) {
			this.#drawAlarmLine(canvas);
			return;
		}
		let skip = this.#from < standing ? this.#from : 0;
		let line = 0;
		// the newest first
		for (let i = list.length - 1; i >= 0 && line < kLines.length; i--) {
			const entry = list[i]!;
			if (!entry.active || skip-- > 0) continue;
			const y = kLines[line++]!;
			if (entry.acknowledged) canvas.box(0, y + 1, 5, 5);
			else canvas.fill(0, y + 1, 5, 5);
			const from = ageTo(canvas, kWidth, y, nowMs - entry.sinceMs);
			canvas.text(textFont, 8, y, cutText(textFont, this.#alarmText(entry), from - 12));
		}
		const rest = standing - line - (this.#from < standing ? this.#from : 0);
		if (rest > 0) {
			const to = kWidth - textWidth(textFont, " more");
			canvas.text(textFont, to, kRows.last, " more");
			canvas.numberTo(textFont, to - 1, kRows.last, rest, 0);
		}
		const open = countActive(list, true);
		const x = open > 0 ? canvas.number(textFont, 0, kRows.last, open, 0) + 3 : 0;
		canvas.text(textFont, x, kRows.last, open > 0 ? "not seen yet" : "all seen");
	}

	/** The name comes last, as it may be cut. */
	#alarmText({ kind, source }: AlarmEntry): string {
		if (source.type === "hub") return kind === "clock" ? "clock is not set" : "broker is away";
		if (source.type === "bus") return `bus ${source.id}`;
		const site = this.#options.hub.site.devices.find((one) => one.id === source.id);
		return `${kind} ${site ? plainText(site.name, site.id) : source.id}`;
	}
}

/** Model and points of the hub's own image are those of modules/site/totals.ts. */
const kTotals = 213;
/** Of a meter's model; PhV is that of the only phase where a product has no other. */
const kHomePoints = frozen(["W", "PhV"]);
const kDetailPoints = frozen(["A", "Hz", "PF", "TotWhImp"]);
const kPhasePoints = frozen(["PhVphA", "WphA", "PhVphB", "WphB", "PhVphC", "WphC", "Hz"]);

/** The handle of a point that the device reads; the voltage of its first phase where it reads no other; -1 for none. */
function handleOf(entry: HubDevice, point: string): number {
	return measuredHandle(entry, point === "PhV" ? ["PhV", "PhVphA"] : [point]);
}

/** NaN: no value. */
function numberAt({ image }: HubDevice, handle: number): number {
	const value = image.value(handle);
	return typeof value === "number" ? value : Number.NaN;
}

function isSuspect({ image }: HubDevice, handles: Int16Array): boolean {
	for (let i = 0; i < handles.length; i++) if (image.quality(handles[i]!) === "suspect") return true;
	return false;
}

function countActive(list: readonly AlarmEntry[], openOnly: boolean): number {
	let count = 0;
	for (let i = 0; i < list.length; i++) {
		const entry = list[i]!;
		if (entry.active && !(openOnly && entry.acknowledged)) count++;
	}
	return count;
}

function mix(stamp: number, more: number): number {
	return (Math.imul(stamp, 31) + more) | 0;
}

/** How it stands with a device, in a word. */
function drawState(canvas: Canvas, { device }: HubDevice, suspect: boolean, nowMs: number): void {
	const y = kRows.last;
	if (device.online) {
		const x = canvas.text(textFont, 0, y, suspect ? "?" : kSign.tick);
		canvas.text(textFont, x + 2, y, suspect ? "suspect" : "ok");
		return;
	}
	let x = canvas.text(textFont, 0, y, kSign.cross) + 2;
	const ageMs = nowMs - device.lastAnswerMs;
	x = canvas.text(textFont, x, y, Number.isNaN(ageMs) ? "no answer yet" : "no answer ");
	if (Number.isNaN(ageMs)) return;
	x = canvas.number(textFont, x, y, ageValue(ageMs), 0);
	canvas.text(textFont, x + 2, y, ageUnit(ageMs));
}
