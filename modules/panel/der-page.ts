import { frozen } from "../base/frozen";
import type { AlarmEntry } from "../site/alarms";
import type { HubDevice } from "../site/hub";
import type { DerCommand } from "../sunspec/der/types";
import { type Canvas, textWidth } from "./canvas";
import { kSign, textFont } from "./font";
import { cutText, plainText } from "./letters";
import { drawBell, drawState, isSuspect, kLines, kRows, kWidth, numberAt } from "./page-parts";
import { drawPower, energyTo, quantityTo, wattsAt } from "./quantities";

/**
 * The page of a DER: what it gives or takes, what its storage holds, what it is asked to do, its state. Handles are those
 * of `derHandles` for the page that is shown; a device that was found anew has others.
 */

/** Points by their choices, the better first: model, point, group. A charge controller has no alternating current. */
type Choices = readonly (readonly [model: number, point: string, group?: string])[];

const kSoC = frozen<Choices>([
	[713, "SoC"],
	[802, "SoC"],
]);
const kPoints = frozen<readonly Choices[]>([[[701, "W"]], kSoC, [[701, "InvSt"]], [[701, "St"]]]);
const kSolarPoints = frozen<readonly Choices[]>([
	[
		[714, "DCW", "Prt[1]"],
		[714, "DCW"],
	],
	kSoC,
	[],
	[[714, "DCSta", "Prt[1]"]],
]);
const kDetails = frozen<readonly Choices[]>([
	[[701, "A"]],
	[
		[701, "LNV"],
		[701, "VL1"],
	],
	[[701, "Hz"]],
	[[701, "TotWhInj"]],
]);
const kSolarDetails = frozen<readonly Choices[]>([
	[
		[714, "DCA", "Prt[1]"],
		[714, "DCA"],
	],
	[[714, "DCV", "Prt[1]"]],
	[[714, "DCV", "Prt[2]"]],
	[
		[714, "DCWhInj", "Prt[1]"],
		[714, "DCWhInj"],
	],
]);
const kPower = 0;
const kCharge = 1;
const kState = 2;
/** Where the device has no `kState`: on or off. */
const kOnOff = 3;

/** By 701.InvSt, and by 701.St and 714.DCSta. */
const kStates = frozen(["off", "sleeping", "starting", "running", "throttled", "shutting down", "fault", "standby"]);
const kFault = 6;
const kOnOffs = frozen(["off", "running", "warning", "fault"]);
const kFault714 = 3;

/** Below this it gives and takes nothing. */
const kNothingW = 1;

/** Handles of what a DER's page shows; -1 for what its image lacks. */
export function derHandles({ image, kind }: HubDevice, details: boolean): Int16Array {
	const isSolar = kind === "solar";
	const points = details ? (isSolar ? kSolarDetails : kDetails) : isSolar ? kSolarPoints : kPoints;
	return Int16Array.from(points, (choices) => {
		for (const [model, point, group] of choices) {
			const handle = image.handle(model, point, group);
			if (handle >= 0) return handle;
		}
		return -1;
	});
}

/** What an image that lost it and one that never had it have in common is a dash; so is energy that nobody counts. */
export function drawDer(
	canvas: Canvas,
	entry: HubDevice,
	handles: Int16Array,
	alarms: readonly AlarmEntry[],
	todayWh: number | undefined,
	nowMs: number,
): void {
	const powerW = numberAt(entry, handles[kPower]!);
	drawPower(canvas, 0, kRows.figure, powerW);
	canvas.textTo(textFont, kWidth, kRows.unit, flowOf(entry.kind, powerW));
	const stores = handles[kCharge]! >= 0;
	if (stores) drawCharge(canvas, kRows.first, numberAt(entry, handles[kCharge]!));
	else drawToday(canvas, kRows.first, todayWh);
	const command = entry.der?.command;
	if (!(command && drawCommand(canvas, kRows.second, command)) && stores && todayWh !== undefined)
		drawToday(canvas, kRows.second, todayWh);
	drawFoot(canvas, entry, handles, alarms, nowMs);
}

export function drawDerDetails(canvas: Canvas, entry: HubDevice, handles: Int16Array, nowMs: number): void {
	const isSolar = entry.kind === "solar";
	canvas.text(textFont, 0, kLines[0], "current");
	quantityTo(canvas, kWidth, kLines[0], numberAt(entry, handles[0]!), 2, "A");
	canvas.text(textFont, 0, kLines[1], "voltage");
	quantityTo(canvas, kWidth, kLines[1], numberAt(entry, handles[1]!), 1, "V");
	canvas.text(textFont, 0, kLines[2], isSolar ? "battery" : "frequency");
	quantityTo(canvas, kWidth, kLines[2], numberAt(entry, handles[2]!), isSolar ? 1 : 2, isSolar ? "V" : "Hz");
	canvas.text(textFont, 0, kLines[3], isSolar ? "generated" : "fed in");
	energyTo(canvas, kWidth, kLines[3], numberAt(entry, handles[3]!));
	drawState(canvas, entry, isSuspect(entry, handles), nowMs);
}

/** What its power does, as the dashboard says it; "" for nothing, and while it is not known. */
function flowOf(kind: HubDevice["kind"], powerW: number): string {
	if (!(Math.abs(powerW) >= kNothingW)) return "";
	if (kind === "solar") return "generated";
	if (kind === "battery") return powerW < 0 ? "charging" : "discharging";
	return powerW < 0 ? "taking" : "feeding in";
}

function drawToday(canvas: Canvas, y: number, todayWh = Number.NaN): void {
	canvas.text(textFont, 0, y, "today");
	energyTo(canvas, kWidth, y, todayWh);
}

/** A bar as full as the storage is, with the percentage; a dash and no bar while it is not known. */
export function drawCharge(canvas: Canvas, y: number, pct: number): void {
	const from = canvas.text(textFont, 0, y, "charge") + 4;
	quantityTo(canvas, kWidth, y, pct, 0, "%");
	if (Number.isNaN(pct)) return;
	// as wide whatever the number is
	const width = kWidth - textWidth(textFont, "100 %") - 6 - from;
	canvas.box(from, y, width, 7);
	canvas.fill(from + 2, y + 2, Math.round(((width - 4) * Math.min(100, Math.max(0, pct))) / 100), 3);
}

/**
 * The first of what a command asks, and how much more there is: "limit 3000 W +1". False for one that leaves the DER
 * alone.
 */
function drawCommand(canvas: Canvas, y: number, command: Readonly<DerCommand>): boolean {
	let count = 0;
	if (!command.energize && count++ === 0) canvas.text(textFont, 0, y, "switched off");
	if (!Number.isNaN(command.setW) && count++ === 0) order(canvas, y, "set ", command.setW);
	if (Number.isFinite(command.limitW) && count++ === 0) order(canvas, y, "limit ", command.limitW);
	if (Number.isFinite(command.dischargeLimitW) && count++ === 0)
		order(canvas, y, "discharge limit ", command.dischargeLimitW);
	if (Number.isFinite(command.chargeLimitW) && count++ === 0) order(canvas, y, "charge limit ", command.chargeLimitW);
	if (command.reactive === "pf" && count++ === 0)
		canvas.number(textFont, canvas.text(textFont, 0, y, "power factor "), y, command.pf, 2);
	if (command.reactive === "var" && count++ === 0) {
		const x = canvas.number(textFont, canvas.text(textFont, 0, y, "set "), y, command.setVar, 0);
		canvas.text(textFont, x + 2, y, "var");
	}
	if (count > 1) {
		canvas.numberTo(textFont, kWidth, y, count - 1, 0);
		canvas.textTo(textFont, kWidth - 6, y, "+");
	}
	return count > 0;
}

function order(canvas: Canvas, y: number, words: string, powerW: number): void {
	wattsAt(canvas, canvas.text(textFont, 0, y, words), y, powerW);
}

/** Its state in a word; of a fault, or of a command that failed, what is known of it. */
function drawFoot(
	canvas: Canvas,
	entry: HubDevice,
	handles: Int16Array,
	alarms: readonly AlarmEntry[],
	nowMs: number,
): void {
	const bell = drawBell(canvas, alarms);
	const state = numberAt(entry, handles[kState]!);
	const onOff = numberAt(entry, handles[kOnOff]!);
	const word = Number.isNaN(state) ? kOnOffs[onOff] : kStates[state];
	const isFault = Number.isNaN(state) ? onOff === kFault714 : state === kFault;
	const alarm = troubleOf(entry, alarms);
	const suspect = isSuspect(entry, handles);
	if (entry.device.online && (isFault || alarm)) {
		const what = alarm?.kind === "control" ? "control" : alarm ? "fault" : (word ?? "fault");
		const text = alarm && alarm.detail !== "" ? `${what}: ${plainText(alarm.detail)}` : what;
		const x = canvas.text(textFont, 0, kRows.last, kSign.cross) + 2;
		canvas.text(textFont, x, kRows.last, cutText(textFont, text, bell - 4 - x));
	} else drawState(canvas, entry, suspect, nowMs, word);
}

/** The alarm that stands about what the device reports or refuses, a fault first. */
function troubleOf({ site }: HubDevice, alarms: readonly AlarmEntry[]): AlarmEntry | undefined {
	let found: AlarmEntry | undefined;
	for (let i = 0; i < alarms.length; i++) {
		const alarm = alarms[i]!;
		if (!alarm.active || alarm.source.type !== "device" || alarm.source.id !== site.id) continue;
		if (alarm.kind === "fault") return alarm;
		if (alarm.kind === "control") found = alarm;
	}
	return found;
}
