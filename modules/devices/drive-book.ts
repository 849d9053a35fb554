/** The points of a drive's image that are the hub's: what clients command, and what became of it. */
import type { Clock } from "../base/clock";
import { frozen } from "../base/frozen";
import type { PointInfo } from "../sunspec/place";
import type { WrittenValue } from "../sunspec/server";
import type { PointImage } from "./engine";
import { CMD_REASONS, CmdReason, CmdState, kDrive } from "./models/drive";
import type { WriteOutcome } from "./write";

export type DriveWhat = "stop" | "quick stop" | "start forward" | "start reverse" | "fault reset" | "speed";

/** A command without a result. */
export interface DriveOrder {
	readonly what: DriveWhat;
	readonly hz: number;
	readonly sinceMs: number;
}

const owned = frozen<readonly string[]>(["Cmd", "SetHz", "HldTms", "FltRst", "CmdId"]);
const all = frozen<readonly string[]>([...owned, "CmdSt", "CmdRslt"]);
const illegalValue = 3;
/** All ones is no number. */
const highestId = 0xfffffffe;

export interface DriveBookOptions {
	image: PointImage;
	clock: Clock;
	/** Where CmdId begins. */
	firstId: number;
	/** The highest frequency that can be told; NaN where that is a part of MaxHz. */
	mostHz: number;
	onOutcome(outcome: WriteOutcome): void;
}

export class DriveBook {
	readonly #image: PointImage;
	readonly #clock: Clock;
	readonly #onOutcome: (outcome: WriteOutcome) => void;
	readonly #handles: readonly number[];
	/** What stands in the points, by their places in `all`. */
	readonly #values: Float64Array;
	#maxHz: number;
	#id: number;

	constructor({ image, clock, firstId, mostHz, onOutcome }: DriveBookOptions) {
		this.#image = image;
		this.#clock = clock;
		this.#maxHz = mostHz;
		this.#onOutcome = onOutcome;
		this.#handles = all.map((name) => image.handle(kDrive, name));
		this.#values = new Float64Array(all.length);
		this.#id = 1 + (Math.floor(firstId) % highestId);
		this.show("CmdId", this.#id);
		this.keep();
	}

	owns(point: PointInfo): boolean {
		return point.model.id === kDrive && owned.includes(point.name);
	}

	/** 0, or the exception. The id that stands there is a command that was given already: it is taken, and does nothing. */
	refuses(point: PointInfo, value: WrittenValue): number {
		const number = Number(value);
		if (point.name === "CmdId") return number === this.#id || number === this.nextId ? 0 : illegalValue;
		if (point.name === "SetHz") return number <= this.maxHz ? 0 : illegalValue;
		return 0;
	}

	/** Takes what clients have written over from the image. True when CmdId was raised. */
	take(points: readonly PointInfo[]): boolean {
		for (const { name } of points) this.#values[all.indexOf(name)] = this.point(name);
		const id = this.value("CmdId");
		const fresh = points.some(({ name }) => name === "CmdId") && id === this.nextId;
		if (fresh) this.#id = id;
		return fresh;
	}

	/** What stands in a point of these. */
	value(name: string): number {
		return this.#values[all.indexOf(name)]!;
	}

	show(name: string, value: number): void {
		const at = all.indexOf(name);
		this.#values[at] = value;
		this.#image.set(this.#handles[at]!, value, this.#clock.now(), "good");
	}

	/** They are not the device's, so they are not lost with it. */
	keep(): void {
		for (let i = 0; i < all.length; i++) {
			if (this.#image.quality(this.#handles[i]!) !== "good") this.show(all[i]!, this.#values[i]!);
		}
	}

	/** A number of the image; NaN for none. */
	point(name: string): number {
		const value = this.#image.value(this.#image.handle(kDrive, name));
		return typeof value === "number" ? value : Number.NaN;
	}

	/** The drive's own limit, the last it has told; NaN while nothing is known. */
	get maxHz(): number {
		const told = this.point("MaxHz");
		if (told > 0) this.#maxHz = told;
		return this.#maxHz;
	}

	inLimits(hz: number): boolean {
		return hz > 0 && hz <= this.maxHz && hz >= (this.point("MinHz") || 0);
	}

	make(what: DriveWhat, hz: number): DriveOrder {
		return { what, hz, sinceMs: this.#clock.now() };
	}

	begin(): void {
		this.show("CmdSt", CmdState.working);
		this.show("CmdRslt", CmdReason.none);
	}

	/** The one result of a command. */
	finish({ what, hz }: DriveOrder, result: WriteOutcome["result"], reason: number): void {
		this.show("CmdSt", CmdState[result]);
		this.show("CmdRslt", reason);
		this.#image.commit();
		const text = reason === CmdReason.none ? "" : CMD_REASONS[reason]!;
		this.#onOutcome({ result, reason: text, row: what, value: hz });
	}

	/** What held does not hold any more: no result of a command, which had its own. */
	tell(what: string, hz: number, reason: number): void {
		this.#onOutcome({ result: "rejected", reason: CMD_REASONS[reason]!, row: what, value: hz });
	}

	private get nextId(): number {
		return this.#id >= highestId ? 1 : this.#id + 1;
	}
}

/** After this a command that has come to nothing has timed out; a start may have to wait until the motor stands. */
export function patienceMs({ what }: DriveOrder): number {
	if (what === "fault reset") return 20_000;
	return what === "start forward" || what === "start reverse" ? 60_000 : 10_000;
}
