/** For the tests of drives: one drive under command, over a network that loses, repeats, delays and mixes frames. */
import { ManualClock } from "../modules/base/manual-clock";
import { DriveControl } from "../modules/devices/drive";
import { Device, type ReadResult } from "../modules/devices/engine";
import { DriveState, kDrive } from "../modules/devices/models/drive";
import { type DeviceTable, tableModels } from "../modules/devices/table";
import type { WriteClient, WriteOutcome, WriteRequest } from "../modules/devices/write";
import { encodeRequest, PDU_AT } from "../modules/modbus/pdu";
import { Verdict } from "../modules/serial/framer";
import { HuanyangFramer } from "../modules/serial/huanyang";
import { Image } from "../modules/sunspec/image";
import type { Dice } from "../sim/dice";
import { SimDrive, type SimDriveOptions } from "../sim/drive";
import { seal } from "../sim/rtu-frame";

/** What a network does to frames: parts of them, 0 to 1. */
export interface Weather {
	lost: number;
	repeated: number;
	/** Up to `lifeMs` of the network later, so that others overtake it. */
	late: number;
}

export const fair: Weather = { lost: 0, repeated: 0, late: 0 };

/** A frame that told the drive something. */
interface Sent {
	readonly ms: number;
	readonly address: number;
	/** Name of the record that was written, where it is no register. */
	readonly record: string | undefined;
	readonly values: number[];
}

/** A request as bytes, and what the bytes of its reply mean. */
interface Spoken {
	readonly frame: Uint8Array;
	understand(reply: Uint8Array): [status: string, exception: number, data: DataView];
}

function rtuFrame({ unit, function: code, address, count, values }: WriteRequest): Spoken {
	const pdu = new Uint8Array(260);
	const length = encodeRequest({ unit, function: code, address, count, values }, pdu);
	return {
		frame: seal(unit, pdu.slice(PDU_AT, PDU_AT + length)),
		understand: (reply) => {
			const refused = (reply[1]! & 0x80) !== 0;
			return [refused ? "exception" : "ok", refused ? reply[2]! : 0, new DataView(reply.slice(3).buffer)];
		},
	};
}

function huanyangFrame({ unit, record, values }: WriteRequest): Spoken {
	const framer = new HuanyangFramer();
	framer.begin({ unit, record, values: values.length > 0 ? values : undefined });
	const bytes = new Uint8Array(framer.sendBytes);
	const frame = bytes.slice(0, framer.encode(bytes));
	return {
		frame,
		understand: (reply) => [framer.take(reply, reply.length) === Verdict.reply ? "ok" : "garbled", 0, framer.payload],
	};
}

/**
 * Carries requests as RTU frames, one transaction at a time, each reply to its request, as Modbus TCP does. A frame may
 * arrive when its request has long timed out, or twice; none is older than `lifeMs` when it arrives.
 */
export class FrameNet implements WriteClient {
	weather: Weather = fair;
	/** The cable is cut. */
	cut = false;
	/** Command frames that went out: function, address and values. */
	readonly sent: Sent[] = [];
	readonly #clock: ManualClock;
	readonly #drive: SimDrive;
	readonly #dice: Dice;
	readonly #lifeMs: number;
	readonly #queue: WriteRequest[] = [];
	/** Number of the transaction under way; 0 for none. */
	#open = 0;
	#last = 0;

	constructor(clock: ManualClock, drive: SimDrive, dice: Dice, lifeMs: number) {
		this.#clock = clock;
		this.#drive = drive;
		this.#dice = dice;
		this.#lifeMs = lifeMs;
	}

	request(request: WriteRequest): void {
		if (request.urgent) this.#queue.unshift(request);
		else this.#queue.push(request);
		this.#clock.setTimer(() => this.#next(), 0);
	}

	/** The hub is gone with all that waits; what is under way goes on. */
	forget(): void {
		this.#queue.length = 0;
		this.#open = 0;
	}

	#next(): void {
		if (this.#open > 0 || this.#queue.length === 0) return;
		const request = this.#queue.shift()!;
		const own = ++this.#last;
		this.#open = own;
		const startMs = this.#clock.now();
		const { address, values } = request;
		if (values.length > 0) this.sent.push({ ms: startMs, address, record: request.record?.name, values: [...values] });
		const { frame, understand } = request.record ? huanyangFrame(request) : rtuFrame(request);
		const end = (status: string, exception: number, data: DataView): void => {
			if (this.#open !== own) return;
			this.#open = 0;
			this.#clock.clearTimer(timer);
			const result: ReadResult = { status, exception, data, startMs, endMs: this.#clock.now() };
			request.onResult(result);
			this.#next();
		};
		const timer = this.#clock.setTimer(() => end("timeout", 0, new DataView(new ArrayBuffer(0))), request.timeoutMs);
		const answered = (reply: Uint8Array): void => {
			if (this.#open === own) end(...understand(reply));
		};
		this.#carry(() => {
			const reply = this.#drive.onFrame(frame, this.#clock.now());
			if (reply) this.#carry(() => answered(reply.bytes), reply.delayMs);
		}, 8);
	}

	/** Brings a frame to the other side: in time, late, twice, or not. */
	#carry(arrive: () => void, delayMs: number): void {
		const { lost, repeated, late } = this.weather;
		const copies = this.#dice.next() < repeated ? 2 : 1;
		for (let i = 0; i < copies; i++) {
			if (this.cut || this.#dice.next() < lost) continue;
			const isLate = this.#dice.next() < late;
			const ms = isLate ? this.#dice.next() * (this.#lifeMs - delayMs - 1) : 0;
			this.#clock.setTimer(() => {
				if (!this.cut) arrive();
			}, delayMs + ms);
		}
	}
}

export interface RigOptions extends Partial<Omit<SimDriveOptions, "table" | "unit">> {
	lifeMs?: number;
	firstId?: number;
	/** Frames are lost, and neither late nor repeated. */
	line?: boolean;
	/** Plays a mistake in the interlock. */
	control?: typeof DriveControl;
}

export class DriveRig {
	readonly clock = new ManualClock();
	readonly table: DeviceTable;
	readonly sim: SimDrive;
	readonly net: FrameNet;
	/** With the time, and what the motor did then. */
	readonly outcomes: (WriteOutcome & { ms: number; driven: boolean; reverse: boolean })[] = [];
	image!: Image;
	device!: Device;
	control!: DriveControl;
	readonly #options: RigOptions;
	#running = 0;

	constructor(table: DeviceTable, dice: Dice, options: RigOptions = {}) {
		this.table = table;
		this.#options = options;
		this.sim = new SimDrive({ table, unit: 7, ...options });
		this.net = new FrameNet(this.clock, this.sim, dice, options.lifeMs ?? 500);
		this.boot();
	}

	/** A hub starts: nothing is left of the one before but what is under way to the drive. */
	boot(): void {
		const { firstId = 1000, lifeMs = 500, control: Control = DriveControl } = this.#options;
		this.control?.close();
		this.net.forget();
		const image = new Image(tableModels(this.table));
		const device = new Device({ table: this.table, image, unit: 7 });
		const control = new Control({
			...{ device, client: this.net, clock: this.clock, lifeMs, firstId: firstId + 77_777 * this.#running },
			onOutcome: (outcome) =>
				this.outcomes.push({ ...outcome, ms: this.clock.now(), driven: this.sim.driven, reverse: this.sim.reverse }),
		});
		image.onCommit = () => control.update();
		device.onChange = (_, what) => {
			if (what === "online") control.resume();
		};
		Object.assign(this, { image, device, control });
		this.#poll(++this.#running);
	}

	/** The hub is gone: nobody speaks to the drive any more. */
	kill(): void {
		this.#running++;
		this.control.close();
		this.net.cut = true;
		this.clock.advance(0);
	}

	#poll(boot: number): void {
		if (boot !== this.#running) return;
		const { device, net, clock } = this;
		const read = device.nextRead(clock.now());
		if (read) {
			const { unit, function: code, address, count, timeoutMs, record } = read;
			const onResult = (result: ReadResult): void => {
				if (boot !== this.#running) return;
				device.onResult(result);
				clock.setTimer(() => this.#poll(boot), 50);
			};
			net.request({ unit, function: code, address, count, timeoutMs, record, retries: 0, values: [], onResult });
		} else clock.setTimer(() => this.#poll(boot), 250);
	}

	point(name: string): number {
		return Number(this.image.value(this.image.handle(kDrive, name)));
	}

	/** What the SunSpec server does with a client's write: the exception, or 0. */
	write(values: Readonly<Record<string, number>>): number {
		const { image, control } = this;
		const points = Object.keys(values).map((name) => image.point(image.handle(kDrive, name))!);
		for (const point of points) {
			const exception = control.onWrite(point, values[point.name]!);
			if (exception !== 0) return exception;
		}
		for (const point of points) {
			image.set(image.handle(kDrive, point.name), values[point.name]!, this.clock.now(), "good");
		}
		image.commit();
		control.onWritten(points);
		return 0;
	}

	/** A fresh start command. */
	start(hz: number, cmd = 1): number {
		return this.write({ Cmd: cmd, SetHz: hz, CmdId: this.point("CmdId") + 1 });
	}

	stop(): void {
		this.write({ Cmd: 0 });
	}

	/** Goes on until the last command has its result. */
	settle(mostMs = 70_000): void {
		for (let ms = 0; ms < mostMs && this.point("CmdSt") === 1; ms += 50) this.advance(50);
	}

	advance(ms: number): void {
		this.clock.advance(ms);
		this.sim.advance(this.clock.now());
	}

	/** Word of results since the last call. */
	results(): string[] {
		return this.outcomes
			.splice(0)
			.map(({ result, reason, row }) => `${row} ${result}${reason === "" ? "" : `: ${reason}`}`);
	}

	get state(): string {
		return Object.entries(DriveState).find(([, value]) => value === this.point("St"))?.[0] ?? "lost";
	}
}
