import { type LineDevice, openLine } from "../hosts/desktop/line";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";
import type { DerCommand } from "../modules/sunspec/der/types";
import type { SimReply } from "../sim/faults";

const program = `
import { TableActuator } from "modules/devices/actuator";
import { Catalogue } from "modules/devices/catalogue";
import { Device } from "modules/devices/engine";
import { Plan } from "modules/devices/plan";
import { modelPoint, tableModels } from "modules/devices/table";
import { ModbusClient } from "modules/modbus/client";
import RS485 from "modules/rs485/rs485";
import { FrameLog } from "modules/site/frame-log";
import { BusScheduler } from "modules/site/scheduler";
import { Image } from "modules/sunspec/image";
import { ModdableClock } from "hosts/moddable/clock";

const clock = new ModdableClock(() => true);
const catalogue = new Catalogue();
const devices = [];
let client, scheduler, actuator;
const outcomes = [];

/** Brings the product's table and plan into RAM, unless they lie in flash. */
export function load(id) {
	catalogue.plan(catalogue.table(id));
}
export function add(id, unit, settings) {
	const table = catalogue.table(id);
	const image = new Image(tableModels(table));
	const plan = settings.join === false ? new Plan(table, { join: false }) : catalogue.plan(table);
	devices.push(new Device({ table, plan, image, unit, serial: "1", timeoutMs: 500, periodsMs: settings.periodsMs }));
}
export function start(baud, logBytes) {
	const tap = logBytes > 0 ? new FrameLog(clock, logBytes) : undefined;
	client = new ModbusClient({ link: { io: RS485, port: "sim:a", baud }, clock, tap });
	scheduler = new BusScheduler({ client, devices, clock });
	scheduler.start();
}
export function state() {
	return { reads: scheduler.reads, late: scheduler.late, utilisation: scheduler.utilisation(),
		answers: devices.map((device) => device.answers), online: devices.map((device) => device.online) };
}
export function point(index, name) {
	const { image, table } = devices[index];
	const at = modelPoint(table, name);
	const handle = image.handle(at.model, at.point, at.group, undefined, at.occurrence);
	return { value: image.value(handle), quality: image.quality(handle), timeMs: image.timeMs(handle) };
}

/** The controls of a device; the line is started. */
export function control(index) {
	actuator = new TableActuator({ device: devices[index], client, clock, onOutcome: (one) => outcomes.push(one) });
}
/** As a Der does; missing fields ask for nothing. */
export function apply(command) {
	actuator.apply({ energize: true, limitW: Infinity, setW: NaN, chargeLimitW: Infinity, dischargeLimitW: Infinity,
		reactive: "none", pf: 1, setVar: 0, ...command });
}
export function written() {
	return outcomes.map((one) => one.row + " " + one.value + " " + one.result);
}

let result;
/** Decodes the same reply to the first device's next read, so many times. */
export function decode(times, words) {
	const data = new DataView(new ArrayBuffer(2 * words.length));
	for (let i = 0; i < words.length; i++) data.setUint16(2 * i, words[i]);
	const device = devices[0];
	result ??= { status: "ok", exception: 0, data, startMs: 0, endMs: 0 };
	for (let i = 0; i < times; i++) {
		device.nextRead(result.endMs);
		device.onResult(result);
		result.endMs += 1000;
	}
}
`;

export interface DevicesProgram extends Record<string, unknown> {
	load(id: string): void;
	add(id: string, unit: number, settings: { join?: boolean; periodsMs?: Record<string, number> }): void;
	/** `logBytes`: of memory for a log of the frames; left out: none is kept. */
	start(baud: number, logBytes?: number): void;
	state(): { reads: number; late: number; utilisation: number; answers: number[]; online: boolean[] };
	/** `name` as in a table: "W", "714.Prt[1].DCA". */
	point(
		index: number,
		name: string,
	): { value: number | string | undefined; quality: string | undefined; timeMs: number };
	control(index: number): void;
	apply(command: Partial<DerCommand>): void;
	/** "row value result" of each write so far. */
	written(): string[];
	decode(times: number, words: readonly number[]): void;
}

export interface DevicesMachine {
	machine: TestMachine;
	xs: DevicesProgram;
	/** Time the wire carried bytes so far, of the master's frames and the answers. */
	wire: { bytes: number };
	close(): void;
}

/** Who answers: a `SimSlave`, or the `SimLine` of a pole. */
export interface FrameListener {
	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined;
}

/** The device engine on the application's engine, with slaves that Node plays on the in-process line "a". */
export function devicesMachine(line: FrameListener): DevicesMachine {
	const machine = createTestMachine({
		preload: [
			"modules/devices/actuator",
			"modules/devices/catalogue",
			"modules/devices/engine",
			"modules/modbus/client",
			"modules/site/frame-log",
			"modules/site/scheduler",
			"modules/sunspec/image",
			"hosts/moddable/ticks",
		],
		sources: { program },
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
	});
	const xs = machine.importModule<DevicesProgram>("program");
	const wire = { bytes: 0 };
	const device: LineDevice = openLine(machine, "a", {
		onFrame(frame, endUs) {
			wire.bytes += frame.length;
			const reply = line.onFrame(frame, endUs / 1000);
			if (reply === undefined) return;
			wire.bytes += reply.bytes.length;
			device.send(reply.bytes, Math.round(reply.delayMs * 1000));
		},
	});
	return {
		machine,
		xs,
		wire,
		close() {
			device.close();
			machine.finish();
		},
	};
}
