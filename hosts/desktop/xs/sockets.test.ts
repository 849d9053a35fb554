import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../io/fake-machine";
import { createIo } from "../io/io";
import { VirtualWorld, type WorldMachine } from "../io/virtual-world";
import { createTestMachine } from "../testing";

/** The classes as a program on the machine sees them; everything here runs in the engine, on frozen modules. */
const PRELOAD = ["tcp", "listener", "udp", "tls"].map((name) => `hosts/desktop/xs/${name}`);

const PROGRAM = `
import TCP from "embedded:io/socket/tcp";
import Listener from "embedded:io/socket/listener";
import UDP from "embedded:io/socket/udp";
import TLS from "embedded:io/socket/tcp/tls";
const classes = { TCP, Listener, UDP, TLS };
let log = [];
export function takeLog() { const taken = log; log = []; return taken; }
function note(text) { log.push(text); }
function text(buffer) { return buffer && String.fromCharCode(...new Uint8Array(buffer)); }
function bytes(text) { return Uint8Array.from([...text].map((c) => c.charCodeAt(0))); }
/** What new throws. */
export function refused(name, options) {
	try { new classes[name](options).close(); } catch (error) { return error.constructor.name + ": " + error.message; }
}
/** Runs the text of a function with what is above in its scope, and gives its result or what it threw. */
export function run(body) {
	try { return eval("(function () {" + body + "})()"); } catch (error) { return error.constructor.name + ": " + error.message; }
}
export const kept = {};
`;

interface Program {
	takeLog(): string[];
	refused(name: string, options?: object): string | undefined;
	run(body: string): unknown;
}

let world: VirtualWorld;
beforeEach(() => {
	world = new VirtualWorld();
});
afterEach(() => world.finish());

const sources = { program: PROGRAM };

function start(): Program & WorldMachine {
	const made = world.add({ sources, preload: PRELOAD });
	return { ...made, ...made.machine.importModule<Program & Record<string, unknown>>("program") };
}

const ECHO = `
	kept.listener = new Listener({ port: 7, target: "echo", onReadable(count) {
		note("waiting " + count + " " + this.target + " " + (this === kept.listener));
		while (count--) {
			const tcp = new TCP({
				from: this.read(),
				target: "client",
				onReadable(bytes) { this.write(this.read(bytes)); },
				onError(reason) { note(this.target + ": " + reason); this.close(); },
			});
		}
	} });`;

test("a machine talks to itself through a listener; this is the object, and it stays alive by itself", async () => {
	const { run, takeLog, machine, io } = start();
	run(ECHO);
	run(`
		let greeted = false;
		const tcp = new TCP({ address: "127.0.0.1", port: 7, noDelay: true,
			onWritable(credit) { note("credit " + credit); if (!greeted) note("left " + this.write(bytes("hello"))); greeted = true; },
			onReadable(count) { note(count + " " + text(this.read())); note(String(this.read())); this.close(); this.close(); },
		});
		note(tcp.format);`);
	machine.collect();
	await world.run(100);
	machine.collect();
	expect(takeLog()).toEqual([
		"buffer",
		"waiting 1 echo true",
		"credit 8192",
		"left 8187",
		"5 hello",
		"undefined",
		"client: closed by the other side",
	]);
	expect(io.open).toBe(1);
});

test("TCP: options that make no sense", () => {
	const { refused } = start();
	const tcp = (options: object) => refused("TCP", options);
	const good = { address: "10.0.0.9", port: 1 };
	expect(tcp(good)).toBeUndefined();
	expect(refused("TCP")).toBe("TypeError: TCP: options are missing");
	expect(tcp({ port: 1 })).toBe("TypeError: TCP: neither address nor host is given");
	expect(tcp({ ...good, address: 7 })).toContain("TypeError");
	expect(tcp({ ...good, address: "broker.local" })).toContain('address "broker.local" is not an IP address');
	expect(tcp({ host: "broker.local", port: 1 })).toBeUndefined();
	for (const port of [undefined, 0, -1, 65536, 1.5, "80", Number.NaN])
		expect(tcp({ ...good, port }), String(port)).toMatch(
			/^RangeError: TCP: port .* is not a whole number of 1\.\.65535$/,
		);
	expect(tcp({ ...good, format: "text" })).toBe("RangeError: TCP: format text is not buffer or number");
	expect(tcp({ ...good, onReadable: 1 })).toBe("TypeError: TCP: onReadable is not a function");
	expect(tcp({ ...good, onWritable: {} })).toBe("TypeError: TCP: onWritable is not a function");
	expect(tcp({ ...good, onError: "x" })).toBe("TypeError: TCP: onError is not a function");
	expect(tcp({ ...good, onError: null })).toBeUndefined();
	expect(tcp({ from: {} })).toBe("TypeError: TCP: from is not a TCP");
	expect(tcp({ from: 12345 })).toContain("closed");
});

test("Listener and UDP: options that make no sense", () => {
	const { refused, run } = start();
	expect(refused("Listener")).toBe("TypeError: Listener: options are missing");
	expect(refused("Listener", { port: -1 })).toMatch(/^RangeError: Listener: port -1/);
	expect(refused("Listener", { format: "buffer" })).toBe("RangeError: Listener: format buffer is not socket/tcp");
	expect(refused("Listener", { onReadable: 1 })).toContain("onReadable is not a function");
	run("kept.first = new Listener({ port: 502 });");
	expect(refused("Listener", { port: 502 })).toBe("Error: Listener: port 502 is already in use");
	run("kept.first.close();");
	expect(refused("Listener", { port: 502 })).toBeUndefined();
	expect(run("return new Listener({ port: 0 }).port > 0;")).toBe(true);
	expect(run("const l = new Listener({}); l.close(); l.close(); return l.port;")).toBe("Error: Listener: closed");
	expect(run("const l = new Listener({}); l.close(); l.read();")).toBe("Error: Listener: closed");
	expect(run("const l = new Listener({}); return String(l.read()) + l.format;")).toBe("undefinedsocket/tcp");
	expect(refused("UDP")).toBe("TypeError: UDP: options are missing");
	expect(refused("UDP", { port: 65536 })).toMatch(/^RangeError: UDP: port/);
	expect(refused("UDP", { timeToLive: 0 })).toMatch(/^RangeError: UDP: timeToLive 0/);
	expect(refused("UDP", { address: "here" })).toContain('address "here" is not an IP address');
	expect(run("new UDP({}).write(bytes('x'), 'there', 1);")).toContain("not an IP address");
	expect(run("new UDP({}).write(bytes('x'), '10.0.0.1', 0);")).toMatch(/^RangeError: UDP: port 0/);
	expect(run("new UDP({}).write('x', '10.0.0.1', 1);")).toBe("TypeError: UDP: not a buffer");
	expect(run("const u = new UDP({}); u.close(); u.close(); u.read();")).toBe("Error: UDP: closed");
});

test("reading in all its forms", async () => {
	const { run, takeLog } = start();
	run(ECHO);
	run(
		`kept.tcp = new TCP({ address: "127.0.0.1", port: 7, onWritable() { this.sent ??= this.write(bytes("0123456789abcdef")); } });`,
	);
	expect(run("return kept.tcp.write(bytes('x'));")).toBe("Error: TCP: not ready");
	await world.run(50);
	takeLog();
	expect(run("return text(kept.tcp.read(2));")).toBe("01");
	expect(run("const b = new ArrayBuffer(2); return kept.tcp.read(b) + text(b);")).toBe("223");
	expect(run("const b = bytes('....'); return kept.tcp.read(b.subarray(1, 3)) + text(b.buffer);")).toBe("2.45.");
	expect(run("const v = new DataView(new ArrayBuffer(4), 1, 2); return kept.tcp.read(v) + text(v.buffer);")).toBe(
		"2\0" + "67\0",
	);
	expect(run("return kept.tcp.read(new Uint8Array(100));")).toBe("RangeError: TCP: 100 bytes asked, 8 are there");
	expect(run("return kept.tcp.read(9);")).toBe("RangeError: TCP: 9 bytes asked, 8 are there");
	expect(run("return kept.tcp.read(0);")).toMatch(/^RangeError: TCP: count 0/);
	expect(run("return kept.tcp.read('all');")).toBe("TypeError: TCP: not a buffer");
	expect(run("kept.tcp.format = 'number'; return [kept.tcp.read(), kept.tcp.read()];")).toEqual([0x38, 0x39]);
	expect(run("kept.tcp.format = 'text';")).toMatch(/^RangeError/);
	expect(run("kept.tcp.format = 'buffer'; return text(kept.tcp.read());")).toBe("abcdef");
	expect(run("return [kept.tcp.read(), kept.tcp.read(5), kept.tcp.read(new Uint8Array(3))];")).toEqual([
		undefined,
		undefined,
		undefined,
	]);
	expect(run("kept.tcp.format = 'number'; return kept.tcp.read();")).toBeUndefined();
	expect(run("return kept.tcp.write(65);")).toBe(8191);
	expect(run("return kept.tcp.write(256);")).toMatch(/^RangeError: TCP: value 256/);
	expect(run("kept.tcp.format = 'buffer'; return kept.tcp.write('text');")).toBe("TypeError: TCP: not a buffer");
	expect(run("return kept.tcp.write(new Uint8Array(8192));")).toContain("would block: 8192 bytes, room for 8191");
	await world.run(50);
	expect(run("return text(kept.tcp.read());")).toBe("A");
	expect(run("kept.tcp.close(); return kept.tcp.read();")).toBe("Error: TCP: closed");
	expect(run("return kept.tcp.write(bytes('x'));")).toBe("Error: TCP: closed");
	expect(run("return kept.tcp.remoteAddress;")).toBe("Error: TCP: closed");
});

test("from: a connection changes its owner with all that waits, and the old one is closed", async () => {
	const { run, takeLog } = start();
	run(ECHO);
	run(
		`kept.a = new TCP({ host: "localhost", port: 7, onReadable() { note("a"); }, onWritable() { this.sent ??= this.write(bytes("abc")); } });`,
	);
	await world.run(50);
	expect(takeLog().slice(-1)).toEqual(["a"]);
	run(
		`kept.b = new TCP({ from: kept.a, onReadable(n) { note("b " + n + text(this.read())); }, onWritable(n) { note("credit " + n); } });`,
	);
	expect(run("return kept.a.read();")).toBe("Error: TCP: closed");
	expect(run("return new TCP({ from: kept.a });")).toBe("Error: TCP: from is closed");
	expect(run("return kept.b.remoteAddress + ':' + kept.b.remotePort;")).toBe("localhost:7");
	await world.run(50);
	expect(takeLog()).toEqual(["b 3abc", "credit 8192"]);
	expect(run("return new TLS({ from: kept.b });")).toContain("TLS: from is not possible");
	run("kept.a.close(); kept.b.close();");
});

test("the end comes once, after the last byte; then writing is of no use and does no harm", async () => {
	const { run, takeLog } = start();
	const listener = world.network.listen(9, (stream) => stream.end("last"));
	run(`kept.tcp = new TCP({ address: "127.0.0.1", port: ${listener.port},
		onReadable(n) { note("readable " + n); },
		onError(reason) { note("error " + reason); },
	});`);
	await world.run(100);
	expect(takeLog()).toEqual(["readable 4"]);
	expect(run("return text(kept.tcp.read());")).toBe("last");
	await world.run(100);
	expect(takeLog()).toEqual(["error closed by the other side"]);
	expect(run("return kept.tcp.write(bytes('x'));")).toBeUndefined();
	run("kept.tcp.close();");
});

test("closing in each callback: nothing comes after", async () => {
	const { run, takeLog, io } = start();
	world.network.listen(9, (stream) => stream.write("data"));
	for (const name of ["onReadable", "onWritable"])
		run(`new TCP({ address: "127.0.0.1", port: 9,
			onReadable() { note("${name}: readable"); ${name === "onReadable" ? "this.close();" : ""} },
			onWritable() { note("${name}: writable"); ${name === "onWritable" ? "this.close();" : ""} },
			onError() { note("${name}: error"); },
		});`);
	run(`new TCP({ address: "127.0.0.1", port: 10, onError(reason) { note(reason); this.close(); } });`);
	run(`new Listener({ port: 11, onReadable() { note("listener"); this.close(); } });`);
	world.network.connect(11).on("error", () => {});
	await world.run(100);
	expect(takeLog().sort()).toEqual([
		"connection to 127.0.0.1:10 refused",
		"listener",
		"onReadable: readable",
		"onReadable: writable",
		"onWritable: writable",
	]);
	expect(io.open).toBe(0);
});

test("an exception in a callback is an error of the machine, which goes on", async () => {
	const { run, takeLog, machine } = start();
	run(ECHO);
	run(`new TCP({ address: "127.0.0.1", port: 7,
		onWritable() { if (!this.sent) { this.sent = 1; this.write(bytes("x")); throw new RangeError("in a callback"); } },
		onReadable() { note("still here"); this.close(); },
	});`);
	await world.run(50);
	expect(takeLog()).toContain("still here");
	expect(machine.errors.map((error) => `${error.name}: ${error.message}`)).toEqual(["RangeError: in a callback"]);
	machine.errors.length = 0;
});

test("a machine that dies in a callback is never called again, and its connections end", async () => {
	const victim = world.add({
		sources,
		preload: PRELOAD,
		heap: { slots: 4000, chunkBytes: 60_000, stackSlots: 1000, keys: 512 },
	});
	const { run } = victim.machine.importModule<Program & Record<string, unknown>>("program");
	let ended = 0;
	world.network.listen(9, (stream) => {
		stream.write("data");
		stream.on("error", () => {});
		stream.on("close", () => ended++);
	});
	run(
		`new TCP({ address: "127.0.0.1", port: 9, onReadable() { const all = []; for (;;) all.push(new Uint8Array(100)); } });`,
	);
	run(`new TCP({ address: "127.0.0.1", port: 9, onReadable() { note("never"); }, onWritable() {} });`);
	await world.run(1000);
	expect(victim.machine.dead?.message).toContain("memory");
	expect(victim.io.open).toBe(0);
	expect(ended).toBe(2);
	expect(victim.machine.errors.length).toBe(1);
	world.remove(victim);
});

test("1,000 connections leave no trace in the heap", async () => {
	const { run, machine, io } = start();
	run(ECHO);
	run(`kept.count = 0;
		kept.again = () => new TCP({ address: "127.0.0.1", port: 7,
			onWritable() { this.sent ??= this.write(bytes("hello")); },
			onReadable() { this.read(); this.close(); if (++kept.count % 100) kept.again(); },
		});`);
	const hundred = async () => {
		run("kept.again();");
		await world.run(2000);
		run("log.length = 0;");
		machine.collect();
		return machine.counters();
	};
	await hundred();
	const before = await hundred();
	for (let i = 0; i < 8; i++) await hundred();
	const after = await hundred();
	expect(run("return kept.count;")).toBe(1100);
	expect(io.open).toBe(1);
	expect(after.slots).toBe(before.slots);
	expect(after.chunkBytes).toBe(before.chunkBytes);
});

test("UDP between two machines, with the sender on the packet", async () => {
	const a = start();
	const b = start();
	a.run(`kept.udp = new UDP({ port: 5000, onReadable(n) {
		note("packets " + n);
		for (let p = this.read(); p; p = this.read()) { note(text(p) + " " + p.address + ":" + p.port); this.write(bytes("re"), p.address, p.port); }
	} });`);
	b.run(`kept.udp = new UDP({ port: 6000, timeToLive: 3, onReadable(n) { while (n--) note(text(this.read())); } });
		kept.udp.write(bytes("one"), "10.0.0.1", 5000); kept.udp.write(bytes("two").buffer, "10.0.0.1", 5000);`);
	await world.run(50);
	expect(a.takeLog()).toEqual(["packets 2", "one 10.0.0.2:6000", "two 10.0.0.2:6000"]);
	expect(b.takeLog()).toEqual(["re", "re"]);
	b.run("kept.udp.add('224.0.0.5');");
	a.run("kept.udp.write(bytes('group'), '224.0.0.5', 6000);");
	await world.run(50);
	expect(b.takeLog()).toEqual(["group"]);
	expect(b.run("kept.udp.remove('all');")).toContain("not an IP address");
	a.run("kept.udp.close(); kept.udp.close();");
});

test("real sockets and TLS from a machine on the real clock", async () => {
	const folder = mkdtempSync(join(tmpdir(), "gridpost-xs-tls-"));
	const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" ");
	execFileSync(
		"openssl",
		["req", "-x509", ...key, "-subj", "/CN=t", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "k", "-out", "c"],
		{
			cwd: folder,
			stdio: "pipe",
		},
	);
	const certificate = readFileSync(join(folder, "c"), "utf8");
	const server = createTlsServer({ cert: certificate, key: readFileSync(join(folder, "k")) }, (socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	server.on("tlsClientError", () => {});
	rmSync(folder, { recursive: true });
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };

	const io = createIo({ onError: (error) => machine.errors.push(error) });
	const machine = createTestMachine({ clock: "real", sources, preload: PRELOAD, host: io.host });
	io.attach(machine);
	const { run, takeLog } = machine.importModule<Program & Record<string, unknown>>("program");
	machine.evaluate(`globalThis.certificate = ${JSON.stringify(certificate)};`);
	const log: string[] = [];
	const heard = (entry: string) =>
		until(() => {
			log.push(...takeLog());
			return log.find((line) => line.includes(entry));
		});

	run(`new TLS({ address: "127.0.0.1", port: ${port}, secure: { certificate },
		onWritable() { this.sent ??= this.write(bytes("through TLS")); },
		onReadable() { note(text(this.read())); this.close(); },
		onError(reason) { note(reason); },
	});`);
	await heard("through TLS");
	run(
		`new TLS({ address: "127.0.0.1", port: ${port}, onError(reason) { note("refused " + reason); this.close(); } });`,
	);
	expect(await heard("refused")).toContain("does not verify");
	expect(run("return new TLS({ address: '127.0.0.1', port: 1, secure: 7 });")).toContain(
		"TLS: secure is not an object",
	);
	expect(run("return new TLS({ address: '127.0.0.1', port: 1, secure: { certificate: 'x' } });")).toContain(
		"secure.certificate is not a certificate",
	);

	run(ECHO.replace("port: 7", "port: 0"));
	const client = connect(run("return kept.listener.port;") as number, "127.0.0.1");
	client.write("real");
	const echo = await new Promise((resolve) => client.once("data", (data) => resolve(String(data))));
	expect(echo).toBe("real");
	client.destroy();
	await heard("client: ");
	io.close();
	machine.finish();
	server.close();
});
