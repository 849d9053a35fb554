/** Our SunSpec client on XS, and the server of what it found, for the bench. */
import type { Io } from "../hosts/desktop/io/io";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";

const program = `
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import { SunSpecDevice } from "modules/devices/sunspec-device";
import { ModbusClient } from "modules/modbus/client";
import { TcpServer } from "modules/modbus/server-tcp";
import { BusScheduler } from "modules/site/scheduler";
import { Image } from "modules/sunspec/image";
import { SunSpecSpace } from "modules/sunspec/server";
import { ModdableClock } from "hosts/moddable/clock";

const clock = new ModdableClock(() => true);
let now = 1e9;
let client, device, server, scheduler, requests, image;
const images = [];
/** A connection, the whole scan, all registers in the image; then "done" with the number of requests. */
export function scan(port, done) {
	requests = 0;
	client = new ModbusClient({ link: { io: TCP, address: "127.0.0.1", port }, clock, timeoutMs: 3000 });
	device = new SunSpecDevice({ unit: 1, timeoutMs: 3000, onFound(models, self) { self.attach(new Image(models)); } });
	const request = {
		unit: 1, function: 3, address: 0, count: 0, timeoutMs: 3000,
		onResult(result) {
			device.onResult(result);
			if (device.complete) done(requests);
			else next();
		},
	};
	function next() {
		const read = device.nextRead(clock.now());
		if (read === undefined) {
			clock.setTimer(next, Math.max(1, device.nextDueMs - clock.now()));
			return;
		}
		request.address = read.address;
		request.count = read.count;
		requests++;
		client.request(request);
	}
	next();
}
export function end() { client.close(); }
export function models() { return device.models.length; }
export function registers() { return device.image.length; }
export function serve(port) {
	image = device.image;
	const space = new SunSpecSpace({ clock });
	space.add(1, image);
	server = new TcpServer({ listener: { io: Listener, port }, tcp: TCP, clock, space });
}
export function close() { server.close(); }
/** One poll of the fast models, decoded from a reply of these registers. */
export function poll(times) {
	const data = new DataView(new ArrayBuffer(250));
	let registers = 0;
	for (let i = 0; i < times; i++) {
		const read = device.nextRead(now += 1000);
		const at = read.address - device.image.base;
		for (let n = 0; n < read.count; n++) data.setUint16(2 * n, device.image.registers.getUint16(2 * (at + n)));
		registers += read.count;
		device.onResult({ status: "ok", exception: 0, data, startMs: now, endMs: now });
	}
	return registers;
}
export function forget() { device = undefined; client = undefined; images.length = 0; }
export function make(models) { images.push(new Image(models)); }
`;

export interface ScanOnXs extends Record<string, unknown> {
	scan(port: number, done: (requests: number) => void): void;
	end(): void;
	models(): number;
	registers(): number;
	serve(port: number): void;
	close(): void;
	poll(times: number): number;
	forget(): void;
	make(models: readonly { id: number; repeats?: Record<string, number> }[]): void;
}

export function scanMachine(io: Io): { machine: TestMachine; xs: ScanOnXs } {
	const machine = createTestMachine({
		preload: [
			"modules/devices/sunspec-device",
			"modules/modbus/client",
			"modules/modbus/server-tcp",
			"modules/site/scheduler",
			"modules/sunspec/server",
		],
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
		sources: { program },
		clock: "real",
		host: io.host,
	});
	io.attach(machine);
	return { machine, xs: machine.importModule<ScanOnXs>("program") };
}
