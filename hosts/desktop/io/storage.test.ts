import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeMachine } from "./fake-machine";

let dataFolder: string;
let m: FakeMachine;
beforeEach(() => {
	dataFolder = mkdtempSync(join(tmpdir(), "gridpost-storage-"));
	m = new FakeMachine({ dataFolder, partitions: { journal: 16384, odd: 5000 } });
});
afterEach(() => {
	m.io.close();
	rmSync(dataFolder, { recursive: true, force: true });
});

const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
const text = (buffer: ArrayBuffer) => Buffer.from(buffer).toString();

/** As if the power went: a new machine over the same folder. */
function restart(): void {
	m.io.close();
	m = new FakeMachine({ dataFolder, partitions: { journal: 16384 } });
}

function write(path: string, content: string): void {
	const id = m.host.fileOpen(0, path, "w");
	m.host.fileWrite(id, bytes(content), 0);
	m.host.close(id);
}

function read(path: string, directory = 0): string {
	const id = m.host.fileOpen(directory, path, "r");
	const content = text(m.host.fileRead(id, 1000, 0));
	m.host.close(id);
	return content;
}

test("files: written, read, changed in the middle, cut, and there after a restart", () => {
	write("site.json", "hello world");
	const id = m.host.fileOpen(0, "site.json", "r+");
	m.host.fileWrite(id, bytes("W").buffer, 6);
	expect(text(m.host.fileRead(id, 5, 6))).toBe("World");
	expect(text(m.host.fileRead(id, 100, 9))).toBe("ld");
	expect(m.host.fileRead(id, 5, 11).byteLength).toBe(0);
	expect(m.host.fileStatus(id)[0]).toBe(11);
	m.host.fileSetSize(id, 5);
	m.host.fileFlush(id);
	expect(m.host.fileStatus(id)[0]).toBe(5);
	m.host.close(id);
	m.host.close(id);
	expect(() => m.host.fileRead(id, 1, 0)).toThrow("closed");
	restart();
	expect(read("site.json")).toBe("hello");
	expect(readFileSync(join(dataFolder, "files/site.json"), "utf8")).toBe("hello");
});

test("files: modes", () => {
	expect(() => m.host.fileOpen(0, "new", "r")).toThrow('files: "new" does not exist');
	expect(() => m.host.fileOpen(0, "new", "r+")).toThrow("does not exist");
	expect(() => m.host.fileOpen(0, "new", "a")).toThrow('mode "a" is not r, r+, w or w+');
	write("new", "1");
	write("new", "22");
	expect(read("new")).toBe("22");
	const id = m.host.fileOpen(0, "new", "r");
	expect(() => m.host.fileWrite(id, bytes("x"), 0)).toThrow("files: ");
	expect(() => m.host.fileRead(id, -1, 0)).toThrow(RangeError);
	expect(() => m.host.fileRead(id, 1, 0.5)).toThrow(RangeError);
});

test("files: directories", () => {
	expect(m.host.directoryCreate(0, "logs")).toBe(true);
	expect(m.host.directoryCreate(0, "logs")).toBe(false);
	write("logs/b", "b");
	write("logs/a", "a");
	const logs = m.host.directoryOpen(0, "logs");
	expect(m.host.directoryScan(logs, "")).toEqual(["a", "b"]);
	expect(m.host.directoryScan(0, "logs/")).toEqual(["a", "b"]);
	expect(read("a", logs)).toBe("a");
	m.host.directoryMove(logs, "a", 0, "top");
	expect(read("top")).toBe("a");
	expect(m.host.directoryDelete(logs, "nothing")).toBe(false);
	expect(() => m.host.directoryDelete(0, "logs")).toThrow('files: "logs" is not empty');
	expect(m.host.directoryDelete(logs, "b")).toBe(true);
	expect(m.host.directoryDelete(0, "logs")).toBe(true);
	expect(m.host.directoryStatus(0, "logs", true)).toEqual([0, 0]);
	expect(m.host.directoryStatus(0, "top", true)[0]).toBe(1);
	expect(() => m.host.directoryOpen(0, "top")).toThrow('"top" is not a directory');
	expect(() => m.host.fileOpen(0, "", "r")).toThrow("is not a file");
	expect(() => m.host.directoryScan(0, "nowhere")).toThrow('"nowhere" does not exist');
});

test("files: no path leads out", () => {
	const outside = join(dataFolder, "secret");
	writeFileSync(outside, "secret");
	m.host.directoryCreate(0, "in");
	const paths = ["../secret", "in/../../secret", "/etc/passwd", "./x", "in//x", "in/./x", "..", ".", "x\0y"];
	for (const path of paths) {
		expect(() => m.host.fileOpen(0, path, "r"), path).toThrow("bad path");
		expect(() => m.host.fileOpen(0, path, "w"), path).toThrow("bad path");
		expect(() => m.host.directoryDelete(0, path), path).toThrow("bad path");
		expect(() => m.host.directoryMove(0, "in", 0, path), path).toThrow("bad path");
		expect(() => m.host.directoryStatus(0, path, true), path).toThrow("bad path");
	}
	// links that a person has put there
	symlinkSync(dataFolder, join(dataFolder, "files/up"));
	symlinkSync(outside, join(dataFolder, "files/direct"));
	mkdirSync(join(dataFolder, "files/deep"));
	symlinkSync("deep", join(dataFolder, "files/fine"));
	expect(() => m.host.fileOpen(0, "up/secret", "r")).toThrow("bad path");
	expect(() => m.host.directoryOpen(0, "up")).toThrow("bad path");
	expect(() => m.host.directoryScan(0, "up")).toThrow("bad path");
	expect(() => m.host.fileOpen(0, "direct", "w")).toThrow("bad path");
	write("fine/x", "inside");
	expect(read("deep/x")).toBe("inside");
	expect(m.host.directoryDelete(0, "direct")).toBe(true);
	expect(readFileSync(outside, "utf8")).toBe("secret");
});

test("key-value: each format comes back as it was, after a restart too", () => {
	const values = {
		buffer: bytes("\0\xff!"),
		string: "Büro ☀",
		uint8: 255,
		int8: -128,
		uint16: 65535,
		int16: -32768,
		uint32: 4294967295,
		int32: -2147483648,
		uint64: 18446744073709551615n,
		int64: -9223372036854775808n,
	};
	let id = m.host.valueOpen("settings/", "r+");
	for (const [format, value] of Object.entries(values)) m.host.valueWrite(id, format, format, value);
	restart();
	id = m.host.valueOpen("settings", "r");
	for (const [format, value] of Object.entries(values)) {
		const stored = m.host.valueRead(id, format, format);
		expect(stored instanceof ArrayBuffer ? new Uint8Array(stored) : stored).toEqual(value);
	}
	expect(m.host.valueKeys(id)).toEqual(Object.keys(values));
	expect(m.host.valueRead(id, "nothing", "string")).toBeUndefined();
	expect(() => m.host.valueRead(id, "uint8", "string")).toThrow('"uint8" is uint8, not string');
	expect(() => m.host.valueWrite(id, "uint8", "uint8", 1)).toThrow("read-only");
	expect(() => m.host.valueDelete(id, "uint8")).toThrow("read-only");
});

test("key-value: two that have it open see the same; a deleted key is gone", () => {
	const a = m.host.valueOpen("shared", "r+");
	const b = m.host.valueOpen("shared", "r");
	m.host.valueWrite(a, "n", "uint8", 1);
	expect(m.host.valueRead(b, "n", "uint8")).toBe(1);
	m.host.valueDelete(a, "n");
	m.host.valueDelete(a, "n");
	expect(m.host.valueRead(b, "n", "uint8")).toBeUndefined();
	m.host.close(a);
	expect(() => m.host.valueRead(a, "n", "uint8")).toThrow("closed");
});

test("key-value: what the chip could not hold is refused", () => {
	const id = m.host.valueOpen("limits", "r+");
	const write = (key: string, format: string, value: string | number | bigint | Uint8Array) =>
		m.host.valueWrite(id, key, format, value);
	expect(() => write("sixteen-letters!", "uint8", 1)).toThrow("is not 1..15 printable characters");
	expect(() => write("", "uint8", 1)).toThrow("1..15");
	m.host.valueWrite(m.host.valueOpen("../../escape", "r+"), "k", "uint8", 1);
	expect(readdirSync(join(dataFolder, "values"))).toEqual(["..%2F..%2Fescape.json"]);
	expect(() => m.host.valueOpen("a-much-too-long-name", "r+")).toThrow("1..15");
	expect(() => m.host.valueOpen("x", "w")).toThrow('mode "w"');
	expect(() => write("k", "uint8", 256)).toThrow("256 is not uint8");
	expect(() => write("k", "int8", -129)).toThrow("-129 is not int8");
	expect(() => write("k", "uint16", 1.5)).toThrow("1.5 is not uint16");
	expect(() => write("k", "uint32", "7")).toThrow("7 is not uint32");
	expect(() => write("k", "uint64", 2n ** 64n)).toThrow("is not uint64");
	expect(() => write("k", "string", 7)).toThrow("not a string");
	expect(() => write("k", "string", "é".repeat(2000))).toThrow("4000 bytes of text, 3999 fit");
	expect(() => write("k", "buffer", "text")).toThrow("not a buffer");
	expect(m.host.valueKeys(id)).toEqual([]);
});

test("key-value: a write replaces the file whole, and a damaged file is not taken for an empty one", () => {
	const id = m.host.valueOpen("state", "r+");
	const path = join(dataFolder, "values/state.json");
	m.host.valueWrite(id, "a", "string", "1");
	const inode = statSync(path).ino;
	m.host.valueWrite(id, "a", "string", "1");
	expect(statSync(path).ino).toBe(inode);
	m.host.valueWrite(id, "a", "string", "2");
	expect(statSync(path).ino).not.toBe(inode);
	// a power cut before the renaming leaves a temporary file, which is no entry
	writeFileSync(`${path}.new`, "half a wri");
	restart();
	expect(m.host.valueRead(m.host.valueOpen("state", "r"), "a", "string")).toBe("2");
	writeFileSync(path, '{"a": ["str');
	restart();
	expect(() => m.host.valueOpen("state", "r+")).toThrow('the file of "state" is damaged');
});

test("flash: erased at first, bits only fall, a block at a time rises", () => {
	let id = m.host.flashOpen("journal", "r+");
	expect(m.host.flashSize(id)).toBe(16384);
	const at = (offset: number, count = 1) => [...new Uint8Array(m.host.flashRead(id, count, offset))];
	expect(at(0, 16384).every((byte) => byte === 0xff)).toBe(true);
	m.host.flashWrite(id, Uint8Array.of(0xf0, 0x0f), 4095);
	m.host.flashWrite(id, Uint8Array.of(0x30, 0x00), 4095);
	expect(at(4094, 4)).toEqual([0xff, 0x30, 0x00, 0xff]);
	expect(() => m.host.flashWrite(id, Uint8Array.of(0, 0x31), 4094)).toThrow(
		"flash journal: byte 4095 is 48 and cannot become 49 without an erase",
	);
	// nothing of a refused write is there
	expect(at(4094)).toEqual([0xff]);
	m.host.flashErase(id, 0, 1);
	expect(at(4094, 4)).toEqual([0xff, 0xff, 0x00, 0xff]);
	m.host.flashWrite(id, Uint8Array.of(1, 2, 3), 16381);
	restart();
	id = m.host.flashOpen("journal", "r");
	expect(at(16381, 3)).toEqual([1, 2, 3]);
	expect(() => m.host.flashWrite(id, Uint8Array.of(0), 0)).toThrow("read-only");
	expect(() => m.host.flashErase(id, 0, 1)).toThrow("read-only");
	m.host.flashErase(m.host.flashOpen("journal", "r+"), 1, 4);
	expect(at(4096, 12288).every((byte) => byte === 0xff)).toBe(true);
});

test("flash: what lies outside is refused", () => {
	const id = m.host.flashOpen("journal", "r+");
	expect(() => m.host.flashRead(id, 2, 16383)).toThrow("2 bytes at 16383 are not within 16384");
	expect(() => m.host.flashRead(id, -1, 0)).toThrow(RangeError);
	expect(() => m.host.flashWrite(id, Uint8Array.of(0), 16384)).toThrow("not within");
	expect(() => m.host.flashErase(id, 3, 5)).toThrow("blocks 3..5 are not within 4");
	expect(() => m.host.flashErase(id, 2, 2)).toThrow(RangeError);
	expect(() => m.host.flashErase(id, -1, 1)).toThrow(RangeError);
	expect(() => m.host.flashOpen("nextota", "r")).toThrow('no partition "nextota"; there are: journal, odd');
	expect(() => m.host.flashOpen("constructor", "r")).toThrow('no partition "constructor"');
	expect(() => m.host.flashOpen("odd", "r")).toThrow("5000 bytes are not whole blocks");
	expect(() => m.host.flashOpen("journal", "w")).toThrow('mode "w"');
	expect(m.host.flashNames()).toEqual(["journal", "odd"]);
	m.host.close(id);
	expect(() => m.host.flashSize(id)).toThrow("closed");
});

test("flash: a file of another size is not touched", () => {
	mkdirSync(join(dataFolder, "flash"));
	writeFileSync(join(dataFolder, "flash/journal.bin"), "short");
	expect(() => m.host.flashOpen("journal", "r+")).toThrow("the file has 5 bytes, the partition 16384");
	expect(readFileSync(join(dataFolder, "flash/journal.bin"), "utf8")).toBe("short");
});

test("without a folder everything is in a temporary one, which goes with the machine", () => {
	const before = new Set(readdirSync(tmpdir()));
	const passing = new FakeMachine();
	passing.host.valueWrite(passing.host.valueOpen("x", "r+"), "k", "uint8", 1);
	const made = readdirSync(tmpdir()).filter((name) => name.startsWith("gridpost-data-") && !before.has(name));
	expect(made.length).toBeGreaterThan(0);
	passing.io.close();
	expect(made.filter((name) => existsSync(join(tmpdir(), name, "values/x.json")))).toEqual([]);
});
