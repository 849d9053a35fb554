import { frozen } from "../base/frozen";
import type { NetworkState } from "../base/network";
import type { AlarmEntry } from "../site/alarms";
import type { Hub, HubDevice } from "../site/hub";
import { isDer, measuredHandle } from "../site/quantities";
import { type Canvas, textWidth } from "./canvas";
import { derHandles, drawCharge, drawDer, drawDerDetails } from "./der-page";
import { kSign, textFont } from "./font";
import { cutText, plainText } from "./letters";
import {
	countActive,
	drawBell,
	drawShare,
	drawState,
	drawTitle,
	isSuspect,
	kLines,
	kRows,
	kWidth,
	numberAt,
} from "./page-parts";
import { ageSteps, ageTo, drawBars, drawPower, energyTo, powerTo, quantityTo } from "./quantities";

/** What the pages show. */
export interface PagesOptions {
	hub: Pick<Hub, "site" | "devices" | "totals">;
	alarms: { list(): readonly AlarmEntry[] };
	/** Energy of the day of a device of `hub.devices`, Wh; undefined while nothing has been measured. */
	todayWh?: ((entry: HubDevice) => number | undefined) | undefined;
	/** Password of the hub's own network during set-up, for who stands before it; "" for an open network. */
	setupPassword?: (() => string) | undefined;
}

export type PageKind = "site" | "home" | "der" | "network" | "alarms";

const kNone = new Int16Array(0);

/**
 * The pages of a screen of 128 x 64 dots: the site, each home, each DER, the network, the alarms. What a page needs of
 * names and handles is looked up when it is turned to, and again when the hub has found out what a device is; drawing
 * it makes no objects but of texts that are cut. What was not measured is a dash.
 */
export class Pages {
	/** What is a home: the devices of that role, or where there are none (a building), all meters. */
	homes: readonly HubDevice[] = [];
	/** Inverters, batteries, charge controllers; those that speak SunSpec once the hub has found out. */
	ders: readonly HubDevice[] = [];
	/** Shown of the network; kept by the panel. */
	network: NetworkState | undefined;
	#options: PagesOptions;
	#feeder: HubDevice | undefined;
	/** The hub's own unit as it was when the lists were made: it has another whenever it has found a device. */
	#totals: Hub["totals"] | undefined;
	/** What the page's DER was asked when that was last looked at: another object for another command. */
	#command: object | undefined;
	/** Rises with what changes beside readings. */
	#news = 0;
	#index = 0;
	#details = false;
	/** First line of the list of alarms. */
	#from = 0;
	#title = "";
	/** Of the page's device, -1 where it has none: see `#turn`. */
	#handles: Int16Array = kNone;

	constructor(options: PagesOptions) {
		this.#options = options;
		this.#feeder = options.hub.devices.find((entry) => entry.role === "feeder");
		this.home();
	}

	/** The site, each home, each DER, the network, the alarms. */
	get count(): number {
		return this.homes.length + this.ders.length + 3;
	}

	get kind(): PageKind {
		const index = this.#index;
		if (index === 0) return "site";
		if (index <= this.homes.length) return "home";
		const beyond = index - this.homes.length - this.ders.length;
		return beyond <= 0 ? "der" : beyond === 1 ? "network" : "alarms";
	}

	/** The device whose page is shown. */
	get #entry(): HubDevice | undefined {
		const place = this.#index - 1;
		return this.homes[place] ?? this.ders[place - this.homes.length];
	}

	/** Turns to the first page, that of the site; while the hub waits to be set up, to that of the network. */
	home(): void {
		this.#follow();
		this.#turn(this.network?.state === "setup" ? this.count - 2 : 0, false);
	}

	/** Turns to the alarms. */
	alarms(): void {
		this.#follow();
		this.#turn(this.count - 1, false);
	}

	next(): void {
		this.#follow();
		this.#turn((this.#index + 1) % this.count, false);
	}

	previous(): void {
		this.#follow();
		this.#turn((this.#index + this.count - 1) % this.count, false);
	}

	/** More of the same: a device's other readings and back, the alarms further down. */
	details(): void {
		this.#follow();
		if (this.kind !== "alarms") this.#turn(this.#index, !this.#details);
		else {
			this.#from += kLines.length;
			if (this.#from >= countActive(this.#options.alarms.list(), false)) this.#from = 0;
		}
	}

	/** A number that changes with what the page shows. */
	stamp(nowMs: number): number {
		const { hub, alarms } = this.#options;
		this.#follow();
		const kind = this.kind;
		const command = kind === "der" ? this.#entry!.der?.command : undefined;
		if (command !== this.#command) {
			this.#command = command;
			this.#news++;
		}
		let stamp = mix(2 * this.#index + (this.#details ? 1 : 0), this.#news);
		if (kind === "site") {
			stamp = mix(stamp, hub.totals.image.version);
			const listed = this.#listed;
			for (let i = 0; i < listed.length; i++) stamp = mix(stamp, listed[i]!.device.online ? 1 : 0);
		} else if (kind === "home" || kind === "der") {
			const { image, device } = this.#entry!;
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
				else if (this.#isPlant) this.#drawPlant(canvas);
				else this.#drawSite(canvas);
				break;
			case "home": {
				const entry = this.homes[this.#index - 1]!;
				if (this.#details) this.#drawDetails(canvas, entry, nowMs);
				else this.#drawHome(canvas, entry, nowMs);
				break;
			}
			case "der": {
				const { alarms, todayWh } = this.#options;
				const entry = this.#entry!;
				drawTitle(canvas, this.#title, this.#index - this.homes.length, this.ders.length);
				if (this.#details) drawDerDetails(canvas, entry, this.#handles, nowMs);
				else drawDer(canvas, entry, this.#handles, alarms.list(), todayWh?.(entry), nowMs);
				break;
			}
			case "network":
				this.#drawNetwork(canvas);
				break;
			case "alarms":
				this.#drawAlarms(canvas, nowMs);
		}
	}

	/** No homes, but DERs: those are what the first page is of. */
	get #isPlant(): boolean {
		return this.homes.length === 0 && this.ders.length > 0;
	}

	/** What the first page counts; all devices while it is known of none what it is. */
	get #listed(): readonly HubDevice[] {
		return this.homes.length > 0 ? this.homes : this.ders.length > 0 ? this.ders : this.#options.hub.devices;
	}

	get #listWord(): string {
		return this.homes.length > 0 ? " homes" : this.ders.length > 0 ? " DERs" : " devices";
	}

	/** Looks again at what there is when the hub has found out what a device is; the page stays that of its device. */
	#follow(): void {
		const { devices, totals } = this.#options.hub;
		if (totals === this.#totals) return;
		const { kind } = this;
		const entry = this.#entry;
		this.#totals = totals;
		this.#news++;
		const homes = devices.filter((one) => one.role === "home" && !isDer(one.kind));
		this.homes = homes.length > 0 ? homes : devices.filter((one) => one.kind === "meter");
		this.ders = devices.filter((one) => isDer(one.kind));
		let index = 0;
		if (kind === "network") index = this.count - 2;
		else if (kind === "alarms") index = this.count - 1;
		else if (entry) {
			// a device that has no page any more gives way to the site
			const home = this.homes.indexOf(entry);
			const der = this.ders.indexOf(entry);
			if (home >= 0) index = 1 + home;
			else if (der >= 0) index = 1 + this.homes.length + der;
		}
		const from = this.#from;
		this.#turn(index, this.#details);
		this.#from = from;
	}

	#turn(index: number, details: boolean): void {
		this.#index = index;
		this.#details = details;
		this.#from = 0;
		const { hub } = this.#options;
		const kind = this.kind;
		if (kind === "site") {
			const source = details && this.#feeder;
			this.#title = cutText(
				textFont,
				plainText(source ? source.site.name : hub.site.name),
				source ? 127 : 104 - textWidth(textFont, this.#listWord),
			);
			const handles = source ? kPhasePoints.map((point) => handleOf(source, point)) : this.#siteHandles();
			this.#handles = Int16Array.from(handles);
		} else if (kind === "home") {
			const entry = this.homes[index - 1]!;
			this.#title = cutText(textFont, plainText(entry.site.name, entry.site.id), 96);
			const points = details ? kDetailPoints : kHomePoints;
			this.#handles = Int16Array.from(points, (point) => handleOf(entry, point));
		} else if (kind === "der") {
			const entry = this.#entry!;
			this.#title = cutText(textFont, plainText(entry.site.name, entry.site.id), 96);
			this.#handles = derHandles(entry, details);
		} else this.#handles = kNone;
	}

	/** Of the hub's own image: power, power of all DERs, charge of all; of the feeder: power; of each that is listed: power. */
	#siteHandles(): number[] {
		const { image } = this.#options.hub.totals;
		const feeder = this.#feeder;
		const own = [image.handle(kTotals, "W"), image.handle(701, "W"), image.handle(713, "SoC")];
		const powers = this.#listed.map((one) => (isDer(one.kind) ? derHandles(one, false)[0]! : handleOf(one, "W")));
		return [...own, feeder ? handleOf(feeder, "W") : -1, ...powers];
	}

	/** A number of the hub's own image; NaN for no value. */
	#own(handle: number): number {
		const value = this.#options.hub.totals.image.value(handle);
		return typeof value === "number" ? value : Number.NaN;
	}

	/** Name of the site, and how many of its homes or DERs answer. */
	#drawSiteTitle(canvas: Canvas): void {
		const listed = this.#listed;
		let answering = 0;
		for (let i = 0; i < listed.length; i++) if (listed[i]!.device.online) answering++;
		const word = this.#listWord;
		canvas.text(textFont, 0, 0, this.#title);
		const right = kWidth - textWidth(textFont, word);
		canvas.text(textFont, right, 0, word);
		drawShare(canvas, right - 1, answering, listed.length);
		canvas.rule(kRows.rule, kWidth);
	}

	/** The first page of a site that only has DERs. */
	#drawPlant(canvas: Canvas): void {
		const { todayWh } = this.#options;
		const handles = this.#handles;
		this.#drawSiteTitle(canvas);
		let powerW = this.#own(handles[1]!);
		if (handles[1]! < 0) {
			// charge controllers only: they have no alternating current that the hub could add up
			powerW = 0;
			for (let i = 0; i < this.ders.length; i++) powerW += numberAt(this.ders[i]!, handles[i + 4]!);
		}
		drawPower(canvas, 0, kRows.figure, powerW);
		if (handles[2]! >= 0) drawCharge(canvas, kRows.first, this.#own(handles[2]!));
		canvas.text(textFont, 0, kRows.second, "today");
		let wh = 0;
		let counting = 0;
		for (const entry of this.ders) {
			const own = todayWh?.(entry);
			// what a charge controller counts goes into a battery first, and a battery may count nothing
			if (entry.kind === "solar" || (own === undefined && entry.kind === "battery")) continue;
			wh += own ?? Number.NaN;
			counting++;
		}
		energyTo(canvas, kWidth, kRows.second, counting === 0 ? Number.NaN : wh);
		this.#drawAlarmLine(canvas);
	}

	#drawSite(canvas: Canvas): void {
		const { todayWh } = this.#options;
		const handles = this.#handles;
		const homes = this.homes;
		let sumW = 0;
		for (let i = 0; i < homes.length; i++) sumW += numberAt(homes[i]!, handles[i + 4]!);
		this.#drawSiteTitle(canvas);
		drawPower(canvas, 0, kRows.figure, this.#own(handles[0]!));
		if (handles[1]! >= 0) {
			const from = powerTo(canvas, kWidth, kRows.unit, this.#own(handles[1]!));
			canvas.textTo(textFont, from - 4, kRows.unit, "DER");
		}

		if (this.ders.length > 0) {
			// nobody says whether a DER is behind a home's meter, and so what the lines lose
			canvas.text(textFont, 0, kRows.first, "homes");
			powerTo(canvas, kWidth, kRows.first, sumW);
		} else {
			canvas.text(textFont, 0, kRows.first, "losses");
			const feederW = this.#feeder ? numberAt(this.#feeder, handles[3]!) : Number.NaN;
			const lossW = feederW - sumW;
			const share = feederW > 0 ? (100 * lossW) / feederW : Number.NaN;
			let to = kWidth;
			if (!Number.isNaN(share)) to = quantityTo(canvas, kWidth, kRows.first, share, 1, "%") - 8;
			powerTo(canvas, to, kRows.first, lossW);
		}

		canvas.text(textFont, 0, kRows.second, "today");
		let wh = 0;
		if (this.#feeder || homes.length === 0) wh = (this.#feeder && todayWh?.(this.#feeder)) ?? Number.NaN;
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
		drawTitle(canvas, this.#title, this.#index, this.homes.length);
		drawPower(canvas, 0, kRows.figure, numberAt(entry, handles[0]!));
		quantityTo(canvas, kWidth, kRows.unit, numberAt(entry, handles[1]!), 1, "V");
		canvas.text(textFont, 0, kRows.first, "today");
		energyTo(canvas, kWidth, kRows.first, this.#options.todayWh?.(entry) ?? Number.NaN);
		canvas.text(textFont, 0, kRows.second, "credit");
		// nobody sells energy yet
		quantityTo(canvas, kWidth, kRows.second, Number.NaN, 0, "");
		drawBell(canvas, this.#options.alarms.list());
		drawState(canvas, entry, isSuspect(entry, handles), nowMs);
	}

	#drawDetails(canvas: Canvas, entry: HubDevice, nowMs: number): void {
		const handles = this.#handles;
		drawTitle(canvas, this.#title, this.#index, this.homes.length);
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
		if (kind === "clock") return "clock is not set";
		if (kind === "broker") return "broker is away";
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

function mix(stamp: number, more: number): number {
	return (Math.imul(stamp, 31) + more) | 0;
}
