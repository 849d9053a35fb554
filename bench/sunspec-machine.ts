/** SunSpec images and their server on XS, for tests and the bench. */
import type { Io } from "../hosts/desktop/io/io";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";
import type { ModelSpec } from "../modules/sunspec/image";

type Value = number | bigint | string;

/** What the machine's module below exports. Images go by number, from 0. */
export interface SunSpecOnXs {
	make(models: readonly ModelSpec[]): number;
	set(image: number, points: readonly [number, string, string, Value][]): void;
	handles(image: number, points: readonly [number, string, string][]): number;
	/** Sets all of `handles` to 230 and more, so many times over. */
	fill(image: number, times?: number): void;
	value(image: number, model: number, point: string, group: string): Value | undefined;
	registers(image: number): ArrayBuffer;
	lose(image: number): void;
	space(units: readonly [unit: number, image: number][], writable: boolean): void;
	/** The server's answer to a read, without a network, so many times over. */
	read(unit: number, address: number, count: number, times?: number): number;
	/** Starts a Modbus TCP server on the space. */
	serve(port: number): void;
	close(): void;
}

const images = `
	import { Image } from "modules/sunspec/image";
	import { SunSpecSpace } from "modules/sunspec/server";

	const images = [];
	const out = new DataView(new ArrayBuffer(260));
	let handles;
	let space;
	export function make(models) { return images.push(new Image(models)) - 1; }
	export function set(index, points) {
		const image = images[index];
		for (const [model, point, group, value] of points) image.set(image.handle(model, point, group), value, 1, "good");
	}
	function resolve(index, points) {
		const image = images[index];
		handles = [];
		for (const [model, point, group] of points) handles.push(image.handle(model, point, group));
		return handles.length;
	}
	export { resolve as handles };
	export function fill(index, times = 1) {
		const image = images[index];
		for (; times > 0; times--) {
			for (let i = 0; i < handles.length; i++) image.set(handles[i], 230 + i, 1000, "good");
		}
	}
	export function value(index, model, point, group) {
		const image = images[index];
		return image.value(image.handle(model, point, group));
	}
	export function registers(index) { return images[index].registers.buffer; }
	export function lose(index) { images[index].lose(1); }
	export { serve as space };
	export function current() { return space; }
	function serve(units, writable) {
		space = new SunSpecSpace({ clock: { now: () => 1 }, ...(writable ? { onWrite: () => 0 } : {}) });
		for (const [unit, index] of units) space.add(unit, images[index]);
	}
	export function read(unit, address, count, times = 1) {
		let exception = 0;
		for (; times > 0; times--) exception |= space.readRegisters(unit, false, address, count, out, 9);
		return exception;
	}
`;

const server = `
	import Listener from "embedded:io/socket/listener";
	import TCP from "embedded:io/socket/tcp";
	import { ModdableClock } from "hosts/moddable/clock";
	import { TcpServer } from "modules/modbus/server-tcp";
	import * as images from "sunspec-images";

	let server;
	export function serve(port) {
		const clock = new ModdableClock(() => true);
		server = new TcpServer({ listener: { io: Listener, port }, tcp: TCP, clock, space: images.current() });
	}
	export function close() { server.close(); }
`;

/** With `io` the machine has a network and follows the computer's clock. */
export function sunSpecMachine(io?: Io): { machine: TestMachine; xs: SunSpecOnXs } {
	const machine = createTestMachine({
		preload: ["modules/sunspec/image", "modules/sunspec/server"],
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
		sources: { "sunspec-images": images, "sunspec-server": server },
		...(io ? { clock: "real", host: io.host } : {}),
	});
	const xs = machine.importModule<SunSpecOnXs>("sunspec-images");
	return { machine, xs: io ? { ...xs, ...machine.importModule<SunSpecOnXs>("sunspec-server") } : xs };
}
