import { readdirSync, readlinkSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Peer, start } from "../../../test/peers";
import { until } from "../io/fake-machine";
import { createIo, type Io } from "../io/io";
import { createTestMachine, type TestMachine } from "../testing";

/** A pty whose other end says back what comes, and on "?" what the settings of the line are. */
const ECHO = `
import fcntl, os, struct, sys, termios
master, slave = os.openpty()
print("pty", os.ttyname(slave), flush=True)
while True:
    data = os.read(master, 65536)
    if data == b"?":
        i, o, c, l, ispeed, ospeed, cc = termios.tcgetattr(slave)
        raw = not (l & (termios.ICANON | termios.ECHO | termios.ISIG)) and not (o & termios.OPOST) and not (i & (termios.ICRNL | termios.IXON))
        eight = (c & termios.CSIZE) == termios.CS8 and not (c & (termios.PARENB | termios.CSTOPB))
        speed = struct.unpack_from("I", fcntl.ioctl(slave, 0x802C542A, bytes(44)), 40)[0] # TCGETS2, c_ospeed
        data = ("raw %s 8N1 %s speed %d" % (raw, eight, speed)).encode()
    if data == b"hang up": sys.exit(0)
    while data: data = data[os.write(master, data):]
`;

const PROGRAM = `
import Serial from "embedded:io/serial";
export const kept = { got: [] };
const log = [];
export function takeLog() { return log.splice(0); }
export function run(body) {
	try { return eval("(function () {" + body + "})()"); } catch (error) { return error.constructor.name + ": " + error.message; }
}
export function open(port, baud) {
	kept.serial?.close();
	kept.credit = 0;
	kept.serial = new Serial({ port, baud,
		onReadable(n) {
			let text = "";
			for (const byte of new Uint8Array(this.read(n))) text += String.fromCharCode(byte);
			log.push(text);
		},
		onWritable(n) { kept.credit = n; },
		onError(reason) { log.push("error " + reason); this.close(); },
	});
}
export function send(text) { return kept.serial.write(Uint8Array.from(text, (c) => c.charCodeAt(0))); }
export function credit() { return kept.credit; }
`;

interface Program {
	run(body: string): unknown;
	takeLog(): string[];
	open(port: string, baud: number): void;
	send(text: string): number;
	credit(): number | undefined;
}

let peer: Peer;
let path: string;
let io: Io;
let machine: TestMachine;
let program: Program;
beforeEach(async () => {
	peer = start("python3", ["-u", "-c", ECHO]);
	path = (await peer.waitFor(/pty (\S+)/))[1]!;
	io = createIo({ onError: (error) => machine.errors.push(error) });
	machine = createTestMachine({ clock: "real", sources: { program: PROGRAM }, host: io.host });
	io.attach(machine);
	program = machine.importModule<Program & Record<string, unknown>>("program");
});
afterEach(async () => {
	io.close();
	machine.finish();
	await peer.stop();
});

function linkOf(fd: string): string {
	try {
		return readlinkSync(`/proc/self/fd/${fd}`);
	} catch {
		return "";
	}
}

async function heard(length: number): Promise<string> {
	let text = "";
	await until(() => {
		text += program.takeLog().join("");
		return text.length >= length;
	});
	return text;
}

test("the line is raw, 8N1 and of the speed asked for", async () => {
	// one that the table of termios has, and one that it has not
	for (const baud of [19_200, 250_000]) {
		program.open(path, baud);
		await until(() => program.run("return kept.credit === 8192;"));
		program.send("?");
		expect(await heard(`raw True 8N1 True speed ${baud}`.length)).toBe(`raw True 8N1 True speed ${baud}`);
	}
});

test("bytes of all values pass both ways, unchanged", async () => {
	program.open(path, 250_000);
	await until(() => program.credit());
	const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
	program.send(all);
	expect(await heard(256)).toBe(all);
});

test("64 KB through credit of 8 KB", async () => {
	program.open(path, 115_200);
	await until(() => program.credit());
	expect(program.credit()).toBe(8192);
	const chunk = "0123456789abcdef".repeat(256);
	let text = "";
	for (let i = 0; i < 16; i++) {
		expect(program.send(chunk)).toBe(4096);
		text += await heard(chunk.length);
		await until(() => program.run("return kept.credit === 8192;"));
	}
	expect(text).toBe(chunk.repeat(16));
	expect(program.run("kept.serial.write(new Uint8Array(8193));")).toContain(
		"Serial: would block: 8193 bytes, room for 8192",
	);
});

test("the other end goes away: one error, and the path can be opened again when it is back", async () => {
	program.open(path, 9600);
	await until(() => program.credit());
	program.send("hang up");
	expect(await heard(6)).toBe(`error Serial: ${path} is gone`);
	expect(io.open).toBe(0);
	expect(program.run("kept.serial.write(new Uint8Array(1));")).toBe("Error: Serial: closed");
});

test("closed and opened again, many times, without a file left open", async () => {
	for (let i = 0; i < 50; i++) program.open(path, 9600);
	await until(() => program.credit());
	program.send("still there");
	expect(await heard(11)).toBe("still there");
	expect(io.open).toBe(1);
	const onPath = () => readdirSync("/proc/self/fd").filter((fd) => linkOf(fd) === path);
	// ours, and the one that Node's tty stream reads through
	expect(onPath()).toHaveLength(2);
	program.run("kept.serial.close();");
	await until(() => onPath().length === 0);
});

test("what cannot be opened is said with its path", () => {
	const open = (options: string) => program.run(`new Serial(${options});`);
	expect(open("")).toBe("TypeError: Serial: options are missing");
	expect(open("{ baud: 9600 }")).toBe("TypeError: Serial: port is not the path of a tty");
	expect(open("{ port: 1, baud: 9600 }")).toBe("TypeError: Serial: port is not the path of a tty");
	expect(open(`{ port: "${path}" }`)).toMatch(/^RangeError: Serial: baud undefined/);
	expect(open(`{ device: "${path}", baud: 1 }`)).toMatch(/^RangeError: Serial: baud 1 /);
	expect(open('{ port: "/dev/no-such-tty", baud: 9600 }')).toContain(
		"Serial: /dev/no-such-tty: No such file or directory",
	);
	expect(open('{ port: "/dev/null", baud: 9600 }')).toContain("Serial: /dev/null: not a serial line");
	expect(open(`{ port: "${path}", baud: 9600, format: "string" }`)).toMatch(/^RangeError: Serial: format/);
	expect(open(`{ port: "${path}", baud: 9600, onReadable: 1 }`)).toBe(
		"TypeError: Serial: onReadable is not a function",
	);
	expect(io.open).toBe(0);
});
