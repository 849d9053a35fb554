/** Hears a VE.Direct device and hands on each good block as a record; tells when it has fallen silent. */
import type { Clock, TimerId } from "../base/clock";
import { FrameKind, type FrameTap, frameTag } from "../base/frame-tap";
import type { RecordSpec } from "../base/record";
import { isDamage, type LineCounters, type LineOptions, type Rs485Port } from "../rs485/line";
import { type LineOwner, SerialLine } from "../rs485/serial-line";
import type { SerialResult } from "./client-types";
import { asciiBytes, isText, VeDirectParser, veNumber } from "./vedirect";

/** A value of a record: the label is its path. */
export interface LabelledField {
	readonly path: string;
	/** First byte of its cell in the payload: a double, or text filled with NUL. */
	readonly at: number;
	readonly bytes: number;
	readonly text: boolean;
}

/** Who wants the blocks of a line. */
export interface BlockSource {
	readonly records: readonly RecordSpec[];
	fields(record: RecordSpec): readonly LabelledField[];
	onRecord(index: number, result: SerialResult): void;
}

export interface VeDirectOptions {
	link: LineOptions;
	sources: readonly BlockSource[];
	clock: Clock;
	tap?: FrameTap | undefined;
	source?: number | undefined;
}

/** A record not heard for so many of its periods is silent. */
const kSilentPeriods = 3;
const kPeriodMs = 1000;
/** A label keeps its value for so many blocks without it: what does not fit one block comes in the next. */
const kBlocksKept = 3;
const kReadBytes = 512;

/** A record of a device, filled block by block. */
class Heard {
	readonly source: BlockSource;
	readonly index: number;
	readonly silentMs: number;
	readonly result: SerialResult;
	heardMs: number;
	isSilent = false;
	private readonly fields: readonly LabelledField[];
	private readonly labels: Uint8Array[];
	/** Blocks since each label was there. */
	private readonly missed: Uint8Array;

	constructor(source: BlockSource, index: number, nowMs: number) {
		const record = source.records[index]!;
		this.source = source;
		this.index = index;
		this.heardMs = nowMs;
		this.silentMs = kSilentPeriods * (record.everyMs ?? kPeriodMs);
		this.fields = source.fields(record);
		this.labels = this.fields.map(({ path }) => asciiBytes(path));
		this.missed = new Uint8Array(this.fields.length).fill(kBlocksKept);
		const data = new DataView(new ArrayBuffer(record.bytes));
		this.result = { status: "ok", exception: 0, data, byteLength: record.bytes, startMs: 0, endMs: 0, attempts: 1 };
		this.forget();
	}

	/** Takes what the block says. False when it has none of the labels. */
	take(parser: VeDirectParser): boolean {
		const { block, ends } = parser;
		let isOurs = false;
		for (let i = 0; i < this.fields.length; i++) {
			if (this.missed[i]! < kBlocksKept) this.missed[i]!++;
		}
		for (let n = 0; n < parser.fields; n++) {
			const valueAt = ends[2 * n]!;
			const i = this.find(block, parser.labelAt(n), valueAt);
			if (i < 0) continue;
			isOurs = true;
			this.missed[i] = 0;
			this.put(this.fields[i]!, block, valueAt, ends[2 * n + 1]!);
		}
		for (let i = 0; i < this.fields.length; i++) {
			if (this.missed[i] === kBlocksKept) this.clear(this.fields[i]!);
		}
		return isOurs;
	}

	/** Nothing of it is known any more. */
	forget(): void {
		this.missed.fill(kBlocksKept);
		for (const field of this.fields) this.clear(field);
	}

	private find(block: Uint8Array, at: number, end: number): number {
		for (let i = 0; i < this.labels.length; i++) if (isText(block, at, end, this.labels[i]!)) return i;
		return -1;
	}

	private put(field: LabelledField, block: Uint8Array, from: number, end: number): void {
		const { data } = this.result;
		if (!field.text) data.setFloat64(field.at, veNumber(block, from, end));
		else for (let i = 0; i < field.bytes; i++) data.setUint8(field.at + i, from + i < end ? block[from + i]! : 0);
	}

	private clear(field: LabelledField): void {
		const { data } = this.result;
		if (!field.text) data.setFloat64(field.at, Number.NaN);
		else for (let i = 0; i < field.bytes; i++) data.setUint8(field.at + i, 0);
	}
}

export class VeDirectListener implements LineOwner {
	readonly #clock: Clock;
	readonly #line: SerialLine;
	readonly #parser = new VeDirectParser();
	readonly #heard: Heard[] = [];
	readonly #bytes = new Uint8Array(kReadBytes);
	readonly #tap: FrameTap | undefined;
	readonly #receivedTag: number;
	readonly #source: number;
	readonly #onTimer: () => void;
	#timer: TimerId | undefined;
	#closed = false;
	/** Blocks that were good, whether or not anybody wanted them. */
	blocks = 0;

	/** Throws what the class of the line throws when it cannot be opened. */
	constructor(options: VeDirectOptions) {
		this.#clock = options.clock;
		this.#tap = options.tap;
		this.#source = options.source ?? 0;
		this.#receivedTag = frameTag(this.#source, FrameKind.received);
		this.#onTimer = () => {
			this.#timer = undefined;
			this.watch();
		};
		const nowMs = this.#clock.now();
		for (const source of options.sources) {
			source.records.forEach((record, index) => {
				if (record.write !== true) this.#heard.push(new Heard(source, index, nowMs));
			});
		}
		this.#line = new SerialLine(options.link, options.clock, this);
		this.watch();
	}

	get fault(): string {
		return this.#line.fault;
	}

	/** Faults of the line; `crc`: blocks whose sum was wrong. A fresh object. */
	get line(): LineCounters {
		return { ...this.#line.counters, crc: this.#parser.broken };
	}

	/** Nothing is asked of such a device: it says what it has to say. The answer is a refusal, later. */
	request(request: { onResult(result: SerialResult): void }): void {
		if (this.#closed) return;
		this.#clock.setTimer(() => {
			const nowMs = this.#clock.now();
			const data = new DataView(new ArrayBuffer(0));
			const times = { startMs: nowMs, endMs: nowMs };
			request.onResult({ status: "exception", exception: 1, data, byteLength: 0, attempts: 0, ...times });
		}, 0);
	}

	close(): void {
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.#line.close();
	}

	lineReadable(port: Rs485Port): void {
		const bytes = this.#bytes;
		for (;;) {
			const count = port.read(bytes);
			if (count === undefined || this.#closed) return;
			const nowMs = this.#clock.now();
			this.#tap?.frame(this.#receivedTag, bytes.subarray(0, count), nowMs);
			for (let i = 0; i < count && !this.#closed; i++) if (this.#parser.push(bytes[i]!)) this.hear(nowMs);
			if (isDamage(port.cause)) {
				this.#tap?.damaged(this.#source);
				this.#parser.breakOff();
			}
		}
	}

	lineWritten(): void {}

	lineLost(): void {
		this.#parser.breakOff();
		for (const heard of this.#heard) this.tell(heard, "closed", this.#clock.now());
	}

	lineBack(): void {}

	private hear(nowMs: number): void {
		this.blocks++;
		this.#line.works();
		for (let i = 0; i < this.#heard.length; i++) {
			const heard = this.#heard[i]!;
			if (!heard.take(this.#parser)) continue;
			heard.heardMs = nowMs;
			heard.isSilent = false;
			const { result } = heard;
			result.status = "ok";
			result.startMs = nowMs;
			result.endMs = nowMs;
			heard.source.onRecord(heard.index, result);
			if (this.#closed) return;
		}
		if (this.#timer === undefined) this.watch();
	}

	/** Tells who is silent, and comes back when the next one could be. */
	private watch(): void {
		const nowMs = this.#clock.now();
		let nextMs = Number.POSITIVE_INFINITY;
		for (const heard of this.#heard) {
			if (heard.isSilent) continue;
			const atMs = heard.heardMs + heard.silentMs;
			if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
			else {
				heard.isSilent = true;
				this.tell(heard, "timeout", nowMs);
			}
			if (this.#closed) return;
		}
		if (nextMs < Number.POSITIVE_INFINITY) this.#timer = this.#clock.setTimer(this.#onTimer, nextMs - nowMs);
	}

	private tell(heard: Heard, status: "timeout" | "closed", nowMs: number): void {
		heard.forget();
		const { result } = heard;
		result.status = status;
		result.startMs = nowMs;
		result.endMs = nowMs;
		heard.source.onRecord(heard.index, result);
	}
}
