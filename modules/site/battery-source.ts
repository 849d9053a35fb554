import { frozen } from "../base/frozen";
import { type BatteryState, kInternalCommunication, noBattery } from "../canbus/battery-frames";
import type { Image } from "../sunspec/image";
import type { SiteCanBattery } from "./site-shape";

/** What is read of a battery's image: names of points, the first that the image has. Port 1 of 714 where 802 is missing. */
const kPoints = frozen({
	v: ["802.V", "714.Prt[1].DCV"],
	a: ["802.A", "714.Prt[1].DCA"],
	tmp: ["714.Prt[1].Tmp", "64932.TmpMax", "64931.Tmp1"],
	soc: ["802.SoC", "713.SoC"],
	soh: ["802.SoH", "713.SoH"],
	vMax: ["802.VMax"],
	vMin: ["802.VMin"],
	chaMax: ["802.AChaMax"],
	disMax: ["802.ADisChaMax"],
	evt: ["802.Evt1"],
	chaOn: ["64932.ChaOn", "64931.ChaOn"],
	disOn: ["64932.DisOn", "64931.DisOn"],
	reqCha: ["64932.ReqCha"],
	reqFull: ["64932.ReqFull"],
	modules: ["64932.NMod"],
	ah: ["802.AHRtg", "64931.AhFull"],
	cellMin: ["802.CellVMin"],
	cellMax: ["802.CellVMax"],
});
type PointKey = keyof typeof kPoints;

/** Without these a battery is lost. */
const kNeeded = frozen<readonly PointKey[]>(["v", "a", "soc"]);

/** Bits of 802.Evt1 and the bit of 0x359 that each is. */
const kAlarms = frozen<readonly (readonly [evt: number, bit: number])[]>([
	[9, 1],
	[11, 2],
	[1, 3],
	[3, 4],
	[7, 7],
	[5, 8],
	[25, 11],
	[10, 17],
	[12, 18],
	[2, 19],
	[4, 20],
	[8, 23],
	[6, 24],
	[0, kInternalCommunication],
]);
/** Alarms of 802.Evt1 under which nothing may go in, or out: too warm or cold, too full, too empty, too much current. */
const kNoCharge = (1 << 1) | (1 << 3) | (1 << 5) | (1 << 9);
const kNoDischarge = (1 << 1) | (1 << 3) | (1 << 7) | (1 << 11);

/** A value is too old after this, whatever its quality says: of the slowest reads, two may be missed. */
const kOldMs = 180_000;

/**
 * A battery's image as an inverter is told of it. Limits are the lower ones of what the battery itself allows and what the
 * site does; where neither says anything, or an alarm forbids it, they are 0. Without a voltage to charge to nothing is
 * charged.
 */
export class BatterySource {
	readonly state: BatteryState = noBattery();
	readonly #limits: SiteCanBattery;
	#image: Image | undefined;
	#handles = new Map<PointKey, number>();

	/** Whether the device itself gives a point: the hub adds models to a battery's image whose points may stay empty. */
	readonly #gives: (model: number, point: string) => boolean;

	constructor(limits: SiteCanBattery, gives: (model: number, point: string) => boolean) {
		this.#limits = limits;
		this.#gives = gives;
	}

	/** Takes what the image says now. False when that is not enough: no voltage, current or state of charge that holds. */
	read(image: Image, nowMs: number): boolean {
		if (image !== this.#image) this.find(image);
		const { state } = this;
		state.voltageV = this.good("v", nowMs);
		state.currentA = 0 - this.good("a", nowMs);
		state.socPct = this.good("soc", nowMs);
		if (Number.isNaN(state.voltageV) || Number.isNaN(state.currentA) || Number.isNaN(state.socPct)) return false;
		state.sohPct = this.good("soh", nowMs);
		state.temperatureC = this.good("tmp", nowMs);
		state.capacityAh = this.#limits.capacityAh ?? this.good("ah", nowMs);
		state.cellMinV = this.good("cellMin", nowMs);
		state.cellMaxV = this.good("cellMax", nowMs);
		state.modules = this.good("modules", nowMs) || 1;
		state.requestCharge = this.good("reqCha", nowMs) || 0;
		state.requestFull = this.good("reqFull", nowMs) === 1;
		this.takeLimits(nowMs);
		return true;
	}

	/** Whether this is the image that was read. */
	isOf(image: Image): boolean {
		return image === this.#image;
	}

	/** Whether what is needed of it is still good. */
	holds(nowMs: number): boolean {
		return kNeeded.every((key) => !Number.isNaN(this.good(key, nowMs)));
	}

	private takeLimits(nowMs: number): void {
		const { state } = this;
		const limits = this.#limits;
		const evt = this.good("evt", nowMs) || 0;
		state.alarms = 0;
		for (const [from, to] of kAlarms) if ((evt >>> from) & 1) state.alarms |= 1 << to;
		state.chargeV = this.least("vMax", limits.chargeV, nowMs);
		const dischargeV = this.good("vMin", nowMs);
		state.dischargeV = Math.max(dischargeV || 0, limits.dischargeV ?? 0) || Number.NaN;
		// a switch that is known to be open forbids it
		const mayCharge = this.good("chaOn", nowMs) !== 0 && (evt & kNoCharge) === 0 && state.chargeV > 0;
		const mayDischarge = this.good("disOn", nowMs) !== 0 && (evt & kNoDischarge) === 0;
		state.chargeA = mayCharge ? this.least("chaMax", limits.chargeA, nowMs) || 0 : 0;
		state.dischargeA = mayDischarge ? this.least("disMax", limits.dischargeA, nowMs) || 0 : 0;
		state.chargeOn = state.chargeA > 0;
		state.dischargeOn = state.dischargeA > 0;
	}

	/** The battery's own limit and the site's: the lower one. One that the battery has and does not give now is 0. */
	private least(key: PointKey, limit: number | undefined, nowMs: number): number {
		if (!this.#handles.has(key)) return limit ?? Number.NaN;
		const own = this.good(key, nowMs);
		return Number.isNaN(own) ? 0 : Math.min(own, limit ?? own);
	}

	private good(key: PointKey, nowMs: number): number {
		const handle = this.#handles.get(key);
		const image = this.#image!;
		if (handle === undefined || image.quality(handle) !== "good") return Number.NaN;
		const value = image.value(handle);
		return typeof value === "number" && nowMs - image.timeMs(handle) <= kOldMs ? value : Number.NaN;
	}

	private find(image: Image): void {
		this.#image = image;
		this.#handles.clear();
		for (const key of Object.keys(kPoints) as PointKey[]) {
			for (const name of kPoints[key]) {
				const parts = name.split(".");
				const point = parts.pop()!;
				const model = Number(parts[0]);
				const handle = this.#gives(model, point) ? image.handle(model, point, parts[1] ?? "") : -1;
				if (handle < 0) continue;
				this.#handles.set(key, handle);
				break;
			}
		}
	}

	/** The source is lost: nothing may flow, and the inverter is told why. */
	forbid(): void {
		const { state } = this;
		state.chargeA = state.dischargeA = 0;
		state.chargeOn = state.dischargeOn = false;
		state.requestCharge = 0;
		state.requestFull = false;
		state.alarms = 1 << kInternalCommunication;
	}
}
