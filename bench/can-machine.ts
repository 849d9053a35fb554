import { appFunctions } from "../hosts/desktop/app-functions";
import { type BusDevice, openBus } from "../hosts/desktop/can-bus";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";

const program = `
import CAN from "modules/can/can";
import Timer from "timer";
import app from "host:app";
import { CanClient } from "modules/canbus/client";
import { Catalogue } from "modules/devices/catalogue";
import { Device } from "modules/devices/engine";
import { RecordListener } from "modules/devices/listener";
import { modelPoint, tableModels } from "modules/devices/table";
import { Image } from "modules/sunspec/image";
import { ModdableClock } from "hosts/moddable/clock";

const clock = new ModdableClock(() => true);
const logged = [];
let client, device, busyMs = 0, count = 0;

/** The CAN class of a machine that is busy with other things for so long before it reads. */
function Busy(options) {
	let waits = false;
	const { onReadable } = options;
	return new CAN({
		...options,
		onReadable() {
			if (busyMs === 0) onReadable();
			else if (!waits) {
				waits = true;
				Timer.set(() => {
					waits = false;
					onReadable();
				}, busyMs);
			}
		},
	});
}
function start(listener, bitrate, port) {
	client?.close();
	client = new CanClient({ link: { io: Busy, port, bitrate }, listeners: [listener], clock, name: "a",
		log: (level, area, text) => logged.push(level + " " + text) });
}
export function listen(ids, bitrate) {
	const records = ids.map((key) => ({ name: String(key), key, bytes: 8 }));
	start({ unit: 1, records, onRecord(index, result) { if (result.status === "ok") count++; } }, bitrate, "sim:a");
}
export function table(id, bitrate, port) {
	const catalogue = new Catalogue([], (id) => { const bytes = app.packedTable(id); return bytes && new Uint8Array(bytes); });
	const table = catalogue.table(id);
	const image = new Image(tableModels(table));
	device = new Device({ table, plan: catalogue.plan(table), image, unit: 1 });
	start(new RecordListener(device), bitrate, port ?? "sim:a");
}
export function busy(ms) { busyMs = ms; }
export function state() {
	return { count, fault: client.fault, state: client.state, line: client.line, online: device?.online, answers: device?.answers ?? 0,
		timeouts: device?.timeouts ?? 0, logged: logged.splice(0) };
}
export function point(name) {
	const at = modelPoint(device.table, name);
	const handle = device.image.handle(at.model, at.point, at.group, undefined, at.occurrence);
	return { value: device.image.value(handle), quality: device.image.quality(handle), timeMs: device.image.timeMs(handle) };
}
export function send(key, bytes) { return client.send(key, Uint8Array.from(bytes)); }
export function close() { client?.close(); }
`;

export interface CanProgram extends Record<string, unknown> {
	/** Opens the bus "a" with one listener to these standard identifiers. */
	listen(ids: readonly number[], bitrate: number): void;
	/** Opens it, or another port, with the device of a table. */
	table(id: string, bitrate: number, port?: string): void;
	/** How long the application does something else before it reads what has come. */
	busy(ms: number): void;
	state(): CanProgramState;
	/** `name` as in a table: "W", "714.Prt[1].DCA". */
	point(name: string): { value: number | string | undefined; quality: string | undefined; timeMs: number };
	send(key: number, bytes: readonly number[]): boolean;
	close(): void;
}

export interface CanProgramState {
	/** Frames that the listener was given. */
	count: number;
	fault: string;
	state: string;
	line: Record<string, number>;
	online: boolean | undefined;
	answers: number;
	timeouts: number;
	/** Since the last time. */
	logged: string[];
}

/** One object each: machines with the same share what is preloaded. */
const sources = { program };
const preload = [
	"modules/canbus/client",
	"modules/devices/catalogue",
	"modules/devices/engine",
	"modules/devices/listener",
	"modules/sunspec/image",
	"hosts/moddable/ticks",
];
const modules = { "hosts/moddable/*": "build/js/hosts/moddable/*" };

/** The CAN client on the application's engine, and a device of Node's on the in-process bus "a". */
export function canMachine(clock: "virtual" | "real" = "virtual"): {
	machine: TestMachine;
	xs: CanProgram;
	device: BusDevice;
	close(): void;
} {
	const machine = createTestMachine({
		clock,
		preload,
		sources,
		modules,
		host: { app: appFunctions({ siteText: "" }) },
	});
	const xs = machine.importModule<CanProgram>("program");
	const device = openBus(machine, "a");
	return {
		machine,
		xs,
		device,
		close(): void {
			xs.close();
			device.close();
			machine.finish();
		},
	};
}
