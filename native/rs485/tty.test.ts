import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestMachine, type TestMachine } from "../../hosts/desktop/testing";
import { until } from "../../test/adapters/real-clock";
import { describeWithPeers, type Peer, start, temporaryFolder } from "../../test/peers";

const probe = `
import RS485 from "modules/rs485/rs485";
export const log = [];
const ports = {};
const buffer = new Uint8Array(512);
export function open(name, options, answer) {
	ports[name] = new RS485({
		...options,
		onReadable() {
			let n;
			while ((n = this.read(buffer)) !== undefined) {
				log.push({ port: name, event: this.cause, bytes: Array.from(buffer.subarray(0, n)) });
				if (answer) this.write(Uint8Array.from(answer));
			}
		},
		onWritable() { log.push({ port: name, event: "writable" }); },
		onError(message) { log.push({ port: name, event: "error", message }); if (answer === "close") { this.close(); } },
	});
}
export function write(name, bytes, expect) { ports[name].write(Uint8Array.from(bytes), expect); }
export function close(name) { ports[name].close(); }
export function take() { return log.splice(0); }
`;

interface Entry {
	port: string;
	event: string;
	bytes?: number[];
	message?: string;
}
interface Probe {
	open(name: string, options: object, answer?: number[] | string): void;
	write(name: string, bytes: readonly number[], expect?: number): void;
	close(name: string): void;
	take(): Entry[];
}

const folder = temporaryFolder();
const left = join(folder.path, "left");
const right = join(folder.path, "right");
let machine: TestMachine;
let module: Probe;
let pair: Peer;

async function plug(): Promise<void> {
	pair = start("socat", [`pty,raw,echo=0,link=${left}`, `pty,raw,echo=0,link=${right}`]);
	await until("the pty pair", () => existsSync(left) && existsSync(right));
}

const seen: Entry[] = [];
async function next(port: string, event: string): Promise<Entry> {
	let found: Entry | undefined;
	await until(`${event} of ${port}`, () => {
		seen.push(...module.take());
		const index = seen.findIndex((entry) => entry.port === port && entry.event === event);
		if (index >= 0) found = seen.splice(index, 1)[0];
		return found !== undefined;
	});
	return found!;
}

describeWithPeers("RS485 over a pty", ["socat"], () => {
	beforeEach(async () => {
		seen.length = 0;
		machine = createTestMachine({ clock: "real", sources: { probe } });
		module = machine.importModule<Probe & Record<string, unknown>>("probe");
		await plug();
	});
	afterEach(async () => {
		machine.finish();
		await pair.stop();
	});

	const all = Array.from({ length: 256 }, (_, i) => 255 - i);

	test("every byte value comes through, by count and by silence", async () => {
		module.open("m", { port: left, baud: 115200, parity: "even" });
		module.open("s", { port: right, baud: 115200, parity: "even" }, all);
		module.write("m", all, 256);
		expect((await next("m", "writable")).event).toBe("writable");
		expect((await next("s", "silence")).bytes).toEqual(all);
		expect((await next("m", "count")).bytes).toEqual(all);
		module.write("m", [1, 2, 255]);
		expect((await next("s", "silence")).bytes).toEqual([1, 2, 255]);
		expect((await next("m", "silence")).bytes).toEqual(all);
		module.close("m");
		module.close("s");
	});

	test("unplugged: one error, close is fine, the same path opens again", async () => {
		module.open("m", { port: left }, "close");
		module.open("s", { port: right });
		await pair.stop();
		expect((await next("m", "error")).message).toMatch(/gone/);
		await next("s", "error");
		expect(() => module.write("s", [1])).toThrow(/gone/);
		expect(() => module.write("m", [1])).toThrow(/closed/);
		module.close("m");
		await new Promise((resolve) => setTimeout(resolve, 30));
		expect(module.take()).toEqual([]);
		module.close("s");
		expect(() => module.open("m", { port: left })).toThrow(/No such file/);
		await plug();
		module.open("m", { port: left });
		module.open("s", { port: right }, [7, 8]);
		module.write("m", [1, 2, 3], 2);
		expect((await next("s", "silence")).bytes).toEqual([1, 2, 3]);
		expect((await next("m", "count")).bytes).toEqual([7, 8]);
	});

	test("a speed that no serial device has is refused, and the path stays free", async () => {
		expect(() => module.open("m", { port: left, baud: 1201 })).toThrow(/no speed of 1201/);
		module.open("m", { port: left });
	});
});
