/**
 * One of the models 705 to 712 on the bytes of its image: what a client may write, adoption and reversion.
 *
 * Curve 1 is in force and read-only; a client writes another one and adopts it by writing its number to AdptCrvReq
 * (711: AdptCtlReq), which copies it into curve 1 as a whole, or leaves all as it was and says FAILED. It does so at
 * once, so IN_PROGRESS is never seen. A number that no curve has is a failed adoption, too: test CRV-3 of the SunSpec
 * Modbus Conformance Test Procedures wants the result FAILED, no exception. 0 is "no active control" in 711 and 712
 * and disables the function.
 *
 * Reversion runs as in `reversion.ts`; when its time is over, curve RvrtCrv is adopted, and 0, or a curve that cannot
 * be, disables the function: what a client has set must not stay when the client has gone.
 */
import type { Clock } from "../../base/clock";
import { ModbusException } from "../../modbus/pdu";
import type { Image } from "../image";
import type { PointInfo } from "../place";
import type { WrittenValue } from "../server";
import { curveFault, inRange } from "./curve-check";
import { AdptRslt, AtCurves, type CurveForm, curveForm, curveLength } from "./curve-forms";
import { ModelBytes } from "./model-bytes";

const { illegalDataAddress, illegalDataValue } = ModbusException;
/** A clock with fractions makes 3000.0000001 ms of 3 s. */
const fractionMs = 0.001;

// All is `private`, not #: on XS each #method takes 16 bytes in every object, as do #fields once, and a DER has eight of these.
export class Curves extends ModelBytes {
	readonly form: CurveForm;
	/** When the reversion time is over; Infinity: it does not run. */
	private dueMs = Number.POSITIVE_INFINITY;

	/** `id`: one of the `curveModels`; see `present` for an image that has no such model. */
	constructor(image: Image, id: number, clock: Clock, occurrence = 1) {
		super(image, id, clock, occurrence);
		this.form = curveForm(id);
	}

	/** Points that each curve has room for; 0 in 711. */
	get points(): number {
		return this.form.point === 0 ? 0 : this.u16(AtCurves.nPt) || 0;
	}

	get count(): number {
		return this.u16(this.form.count) || 0;
	}

	/** Place of the first register of a curve, from 1. */
	curveAt(curve: number): number {
		return this.form.head + (curve - 1) * curveLength(this.id, this.points);
	}

	/** Is the function in force? */
	get enabled(): boolean {
		return this.u16(AtCurves.ena) === 1;
	}

	/** May a client write this value? 0, or the Modbus exception; changes nothing. */
	onWrite(point: PointInfo, value: WrittenValue): number {
		if (!point.writable || !this.present || this.image.rawOf(point) === undefined) return illegalDataAddress;
		if (typeof value !== "number" || !Number.isFinite(value)) return illegalDataValue;
		const at = point.address - point.model.address;
		const { head } = this.form;
		if (at < head) return this.allowsHead(at, value) ? 0 : illegalDataValue;
		const curve = 1 + Math.floor((at - head) / curveLength(this.id, this.points));
		if (this.u16(this.curveAt(curve) + this.form.readOnly) === 1) return illegalDataAddress;
		return this.allows(point, value) ? 0 : illegalDataValue;
	}

	private allowsHead(at: number, value: number): boolean {
		if (at === AtCurves.ena) return value === 0 || value === 1;
		const { rvrtTms } = this.form;
		return rvrtTms === 0 || at !== rvrtTms + 4 || value <= this.count;
	}

	private allows(point: PointInfo, value: number): boolean {
		const { name } = point;
		if (name === "ActPt") return value >= 0 && value <= this.points;
		if (name === "VRefAutoEna") return value <= 1;
		if (name === "DeptRef") return value <= (this.id === 706 ? 1 : 3);
		if (name === "Pri") return value <= (this.id === 705 ? 2 : 1);
		return inRange(name, value);
	}

	/** A client's values are in the image. True when what the function does may be another thing now. */
	onWritten(points: readonly PointInfo[], nowMs: number): boolean {
		const { rvrtTms } = this.form;
		let changed = false;
		let restart = false;
		let adopt = false;
		for (const point of points) {
			if (point.model.id !== this.id) continue;
			const at = point.address - point.model.address;
			if (at === AtCurves.adptReq) adopt = true;
			else if (at === AtCurves.ena) changed = restart = true;
			else if (rvrtTms > 0 && at === rvrtTms) restart = true;
		}
		if (adopt && this.adopt(this.u16(AtCurves.adptReq))) changed = restart = true;
		if (restart) this.restart(nowMs);
		return changed;
	}

	/** Brings a curve into force: false, and nothing but AdptCrvRslt changed, when it cannot be. */
	adopt(curve: number): boolean {
		const done = this.faultOf(curve) === undefined;
		if (done && curve === 0) this.put16(AtCurves.ena, 0);
		else if (done && curve > 1) this.copyIn(curve);
		this.put16(AtCurves.adptRslt, done ? AdptRslt.completed : AdptRslt.failed);
		return done;
	}

	/** Why the last adoption failed, in words; undefined: it did not. To be asked before a client writes again. */
	get fault(): string | undefined {
		return this.u16(AtCurves.adptRslt) === AdptRslt.failed ? this.faultOf(this.u16(AtCurves.adptReq)) : undefined;
	}

	private faultOf(curve: number): string | undefined {
		if (curve === 0 && this.id >= 711) return undefined;
		if (!(curve >= 1 && curve <= this.count)) return `there is no curve ${curve}: 1 to ${this.count}`;
		const fault = curveFault(this, this.curveAt(curve));
		return fault === undefined ? undefined : `curve ${curve}: ${fault}`;
	}

	private copyIn(curve: number): void {
		const { readOnly } = this.form;
		const to = this.curveAt(1);
		const { registers, base } = this.image;
		const length = curveLength(this.id, this.points);
		const from = this.byte + 2 * this.curveAt(curve);
		new Uint8Array(registers.buffer).copyWithin(this.byte + 2 * to, from, from + 2 * length);
		registers.setUint16(this.byte + 2 * (to + readOnly), 1);
		// values of points that somebody has asked for follow
		const byte = this.byte + 2 * to;
		this.image.load(base + byte / 2, registers, byte, length, this.clock.now(), "good");
	}

	/** REV-1 to REV-3: starts the reversion time anew, or ends it. */
	private restart(nowMs: number): void {
		const { rvrtTms } = this.form;
		if (rvrtTms === 0) return;
		const seconds = this.enabled ? this.u32(rvrtTms) : 0;
		this.dueMs = seconds > 0 ? nowMs + 1000 * seconds : Number.POSITIVE_INFINITY;
		this.show(nowMs);
	}

	private show(nowMs: number): void {
		const { rvrtTms } = this.form;
		if (rvrtTms > 0 && !Number.isNaN(this.u32(rvrtTms))) this.put32(rvrtTms + 2, this.remainingS(nowMs));
	}

	/** Whole seconds left of the reversion time, rounded up: 0 only when it does not run. */
	remainingS(nowMs: number): number {
		if (this.dueMs === Number.POSITIVE_INFINITY) return 0;
		return Math.max(0, Math.ceil((this.dueMs - nowMs - fractionMs) / 1000));
	}

	/** When `tick` is to be called next, to count RvrtRem down; Infinity: not at all. */
	nextMs(nowMs: number): number {
		if (this.dueMs === Number.POSITIVE_INFINITY) return this.dueMs;
		return this.dueMs - 1000 * Math.max(0, this.remainingS(nowMs) - 1);
	}

	/** Counts RvrtRem down. True when the time is over and the function has fallen back. */
	tick(nowMs: number): boolean {
		if (this.dueMs === Number.POSITIVE_INFINITY) return false;
		const over = nowMs >= this.dueMs - fractionMs;
		if (over) this.revert();
		this.show(nowMs);
		return over;
	}

	private revert(): void {
		this.dueMs = Number.POSITIVE_INFINITY;
		const curve = this.u16(this.form.rvrtTms + 4);
		if (!(curve > 0)) {
			this.put16(AtCurves.ena, 0);
			return;
		}
		this.put16(AtCurves.adptReq, curve);
		if (!this.adopt(curve)) this.put16(AtCurves.ena, 0);
	}

	/** Bytes that `save` writes. */
	get savedBytes(): number {
		return this.present ? 4 + 2 * this.length : 0;
	}

	private get length(): number {
		return this.curveAt(this.count + 1);
	}

	/** Writes what is to outlive a restart: id u16, registers u16, then all registers of the model. */
	save(out: DataView, offset: number, nowMs: number): void {
		if (!this.present) return;
		this.show(nowMs);
		const registers = this.length;
		out.setUint16(offset, this.id);
		out.setUint16(offset + 2, registers);
		const from = new Uint8Array(this.image.registers.buffer, this.byte, 2 * registers);
		new Uint8Array(out.buffer, out.byteOffset + offset + 4, 2 * registers).set(from);
	}

	/**
	 * Takes over what `save` has written, `offS` seconds ago. False, and nothing changed, when the model has another
	 * size, number of curves or scale factor now, or the curve in force would not be one.
	 */
	restore(view: DataView, offset: number, offS: number, nowMs: number): boolean {
		if (!this.present || !this.matches(view, offset)) return false;
		const { registers, base } = this.image;
		const length = this.length;
		const all = new Uint8Array(registers.buffer, this.byte, 2 * length);
		const before = all.slice();
		all.set(new Uint8Array(view.buffer, view.byteOffset + offset + 4, 2 * length));
		if (curveFault(this, this.curveAt(1)) !== undefined) {
			all.set(before);
			return false;
		}
		this.image.load(base + this.byte / 2, registers, this.byte, length, nowMs, "good");
		const { rvrtTms } = this.form;
		const leftS = rvrtTms > 0 && this.enabled ? this.u32(rvrtTms + 2) || 0 : 0;
		if (leftS > offS) this.dueMs = nowMs + 1000 * (leftS - offS);
		else if (leftS > 0) this.revert();
		this.show(nowMs);
		return true;
	}

	private matches(view: DataView, offset: number): boolean {
		if (offset + this.savedBytes > view.byteLength) return false;
		const { sf, head, readOnly } = this.form;
		const { registers } = this.image;
		if (view.getUint16(offset) !== this.id || view.getUint16(offset + 2) !== this.length) return false;
		const same = (at: number): boolean =>
			view.getUint16(offset + 4 + 2 * at) === registers.getUint16(this.byte + 2 * at);
		// ID and length; NPt and NCrv; scale factors; which curves are read-only
		for (const at of [0, 1, this.form.count]) if (!same(at)) return false;
		if (this.form.point > 0 && !same(AtCurves.nPt)) return false;
		for (let at = sf; at < head; at++) if (!same(at)) return false;
		for (let curve = 1; curve <= this.count; curve++) if (!same(this.curveAt(curve) + readOnly)) return false;
		return true;
	}

	/** The first register of the curve in force. */
	get active(): number {
		return this.form.head;
	}
}
