import type { Quality } from "../base/quality";
import type { RecordSpec } from "../base/record";

/** What the engine needs of a SunSpec image (modules/sunspec/image.ts). */
export interface PointImage {
	/** -1 when there is no such point. `occurrence` counts equal models of an image from 1. */
	handle(model: number, point: string, group?: string, instance?: number, occurrence?: number): number;
	set(handle: number, value: number | string | undefined, timeMs: number, quality: Quality): boolean;
	value(handle: number): number | bigint | string | undefined;
	timeMs(handle: number): number;
	quality(handle: number): Quality | undefined;
	lose(timeMs: number): void;
	losePoint(handle: number): void;
	commit(): void;
}

/** What the engine needs of a transaction's result (modules/modbus/client.ts). `data` is read during the call only. */
export interface ReadResult {
	readonly status: string;
	readonly exception: number;
	readonly data: DataView;
	/** The payload once more, where the client has it at hand: then its copy makes no object. */
	readonly bytes?: Uint8Array;
	/** Bytes of payload; left out: as many as were asked for. */
	readonly byteLength?: number;
	readonly startMs: number;
	readonly endMs: number;
}

/** A device on a Modbus bus as the scheduler polls it and the site shows it: `Device` (a table) or `SunSpecDevice` (found). */
export interface PolledDevice {
	/** Id of its table, or "sunspec". */
	readonly product: string;
	/** Fact of who it is, as far as known. */
	readonly maker: string;
	readonly model: string;
	/** Modbus address on its bus. */
	readonly unit: number;
	/** Quiet it wants between one transaction and the next. */
	readonly pauseMs: number;
	timeoutMs: number;
	/** The open request. */
	function: number;
	address: number;
	count: number;
	record: RecordSpec | undefined;
	/** Further tries it allows: 0 for what is cleared by reading. */
	retries: number;

	readonly online: boolean;
	readonly known: boolean;
	readonly lastAnswerMs: number;
	readonly roundTripMs: number;
	readonly slowestMs: number;
	readonly answers: number;
	readonly timeouts: number;
	readonly exceptions: number;
	readonly garbled: number;
	readonly lastException: number;
	readonly missed: number;
	/** Something rests on its readings: it is not left alone for long when it falls silent. */
	readonly vital: boolean;
	readonly nextDueMs: number;
	/** What the device's own register says, where it has one. */
	readonly registerSerial: string | undefined;
	onChange: ((device: PolledDevice, what: "online" | "offline" | "reset") => void) | undefined;

	deadlineMs(nowMs: number): number;
	nextRead(nowMs: number): this | undefined;
	onResult(result: ReadResult): void;
	lineDown(nowMs: number): boolean;
	/** The first point whose value is suspect. */
	suspect(): SuspectPoint | undefined;
	/** Whether the device itself gives this point. */
	reads(model: number, point: string): boolean;
}

export interface SuspectPoint {
	readonly point: string;
	readonly value: number | undefined;
}
