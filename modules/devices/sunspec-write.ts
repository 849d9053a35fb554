import { ModbusException } from "../modbus/pdu";
import type { Image } from "../sunspec/image";
import type { PointInfo } from "../sunspec/place";
import type { ReadResult } from "./engine";
import type { WriteClient, WriteOutcome, WriteRequest } from "./write";

/** The device that is written to, as `SunSpecWriter` sees it. */
export interface WrittenDevice {
	readonly unit: number;
	readonly timeoutMs: number;
	/** Where a register of the image stands on the device; -1: nowhere, or nobody knows at the moment. */
	deviceAddress(imageAddress: number): number;
	/** What it holds there after a write. */
	readBack(imageAddress: number, data: DataView, count: number, nowMs: number): void;
	/** The device is to be asked soon what it holds there. */
	refresh(imageAddress: number): void;
}

export type Done = (result: WriteOutcome["result"], reason: string) => void;

/** Registers to be written in one request, at their place in the image. */
interface Job {
	readonly address: number;
	words: number[];
	client: WriteClient;
	onDone: Done | undefined;
}

/** Most registers of a write: MAP 6.12. */
export const mostWritten = 123;

const WRITING = 1;
const READING = 2;

/**
 * Writes registers of a SunSpec device: one request at a time, read back, the image takes what the device then holds.
 * What waits gives way to a later write of the same registers. It is itself the request it wants sent.
 */
export class SunSpecWriter implements WriteRequest {
	readonly unit: number;
	function = 16;
	address = 0;
	count = 1;
	values: number[] = [];
	/** Whether a write took effect is seen by reading back. */
	retries = 0;
	#device: WrittenDevice;
	#waiting: Job[] = [];
	#job: Job | undefined;
	#phase = WRITING;
	/** Words of the job that went out one by one. */
	#written = 0;
	/** The device has no function 16. */
	#single = false;
	#refusal = "";

	constructor(device: WrittenDevice) {
		this.#device = device;
		this.unit = device.unit;
	}

	get timeoutMs(): number {
		return this.#device.timeoutMs;
	}

	/** Requests that are open or wait. */
	get pending(): number {
		return this.#waiting.length + (this.#job === undefined ? 0 : 1);
	}

	/** Sends registers to the place that `address` of the image has on the device. `onDone` is called once. */
	put(address: number, words: number[], client: WriteClient, onDone?: Done): void {
		const end = address + words.length;
		const kept: Job[] = [];
		const replaced: Job[] = [];
		for (const job of this.#waiting) {
			const covered = job.address >= address && job.address + job.words.length <= end;
			(covered ? replaced : kept).push(job);
		}
		kept.push({ address, words, client, onDone });
		this.#waiting = kept;
		for (const job of replaced) job.onDone?.("rejected", "a later write took its place");
		this.next();
	}

	/** What is on its way counts already: see `Overlay`. */
	overlay(address: number, count: number, view: DataView, at: number): void {
		if (this.#job !== undefined && this.#refusal === "") overlayJob(this.#job, address, count, view, at);
		for (const job of this.#waiting) overlayJob(job, address, count, view, at);
	}

	private next(): void {
		while (this.#job === undefined && this.#waiting.length > 0) {
			const job = this.#waiting.shift()!;
			this.address = this.#device.deviceAddress(job.address);
			if (this.address < 0) {
				job.onDone?.("timeout", "the device does not answer");
				continue;
			}
			this.#job = job;
			this.#refusal = "";
			this.#written = 0;
			this.send(job);
		}
	}

	private send(job: Job): void {
		this.#phase = WRITING;
		this.retries = 0;
		this.function = this.#single ? 6 : 16;
		this.address = this.#device.deviceAddress(job.address) + this.#written;
		this.values = this.#single ? [job.words[this.#written]!] : job.words;
		this.count = this.values.length;
		job.client.request(this);
	}

	onResult(result: ReadResult): void {
		const job = this.#job;
		if (job === undefined) return;
		if (this.#phase === READING) this.compare(job, result);
		else if (result.status === "exception" && result.exception === 1 && !this.#single) {
			this.#single = true;
			this.send(job);
		} else if (this.#single && result.status === "ok" && ++this.#written < job.words.length) this.send(job);
		else {
			if (result.status === "exception") this.#refusal = refusalText(result.exception);
			this.readBack(job);
		}
	}

	/** After a refusal too, and when no answer came: only the device knows what it holds now. */
	private readBack(job: Job): void {
		this.address = this.#device.deviceAddress(job.address);
		if (this.address < 0) {
			this.end(job, "timeout", "the device is being asked what it holds");
			return;
		}
		this.#phase = READING;
		this.function = 3;
		this.retries = 1;
		this.values = [];
		this.count = job.words.length;
		job.client.request(this);
	}

	private compare(job: Job, result: ReadResult): void {
		if (result.status !== "ok") {
			this.#device.refresh(job.address);
			if (this.#refusal !== "") this.end(job, "rejected", this.#refusal);
			else if (result.status !== "exception") this.end(job, "timeout", "the device did not answer the read-back");
			else this.end(job, "rejected", `read back: ${refusalText(result.exception)}`);
			return;
		}
		let same = true;
		for (let i = 0; i < job.words.length; i++) if (result.data.getUint16(2 * i) !== job.words[i]) same = false;
		// a client that has written again since reads what it wrote last
		for (const later of this.#waiting) overlayJob(later, job.address, job.words.length, result.data, 0);
		this.#device.readBack(job.address, result.data, job.words.length, result.endMs);
		if (this.#refusal !== "") this.end(job, "rejected", this.#refusal);
		else if (same) this.end(job, "accepted", "");
		else this.end(job, "rejected", "the device holds another value");
	}

	private end(job: Job, result: WriteOutcome["result"], reason: string): void {
		this.#job = undefined;
		job.onDone?.(result, reason);
		this.next();
	}
}

function overlayJob(job: Job, address: number, count: number, view: DataView, at: number): void {
	for (let i = 0; i < job.words.length; i++) {
		const index = job.address + i - address;
		if (index >= 0 && index < count) view.setUint16(at + 2 * index, job.words[i]!);
	}
}

function refusalText(exception: number): string {
	switch (exception) {
		case ModbusException.illegalDataAddress:
			return "the device does not let it be written";
		case ModbusException.illegalDataValue:
			return "the device does not allow the value";
		case ModbusException.serverDeviceBusy:
			return "the device is busy";
		default:
			return `the device answered exception ${exception}`;
	}
}

/** The points of one write as runs of neighbouring registers, each for one request. */
export function writeRuns(points: readonly PointInfo[], device: WrittenDevice): PointInfo[][] {
	const runs: PointInfo[][] = [];
	let run: PointInfo[] = [];
	let length = 0;
	for (const point of points) {
		const before = run[run.length - 1];
		const joins =
			before !== undefined &&
			before.address + before.size === point.address &&
			device.deviceAddress(before.address) + before.size === device.deviceAddress(point.address) &&
			length + point.size <= mostWritten;
		if (!joins) {
			run = [];
			length = 0;
			runs.push(run);
		}
		run.push(point);
		length += point.size;
	}
	return runs;
}

/** The registers of neighbouring points as the image holds them. */
export function wordsOf(image: Image, run: readonly PointInfo[]): number[] {
	const words: number[] = [];
	for (const point of run) {
		for (let i = 0; i < point.size; i++) words.push(image.registers.getUint16(2 * (point.address - image.base + i)));
	}
	return words;
}

/** A point in an outcome: "123.WMaxLimPct", "714#2.Prt[1].DCW". */
export function pointLabel(point: PointInfo): string {
	const model = point.model.occurrence === 1 ? `${point.model.id}` : `${point.model.id}#${point.model.occurrence}`;
	return point.group === "" ? `${model}.${point.name}` : `${model}.${point.group}.${point.name}`;
}
