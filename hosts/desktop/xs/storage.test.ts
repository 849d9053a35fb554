import { afterEach, beforeEach, expect, test } from "vitest";
import { VirtualWorld, type WorldMachine } from "../io/virtual-world";

const NAMES = ["files", "key-value", "flash", "digital", "analog"];

const PROGRAM = `
import files, { Directory, File } from "embedded:storage/files";
import storage, { Storage } from "embedded:storage/key-value";
import flash, { Flash } from "embedded:storage/flash";
import Digital from "embedded:io/digital";
import Analog from "embedded:io/analog";
const log = [];
export const kept = {};
export function takeLog() { return log.splice(0); }
function note(text) { log.push(text); }
function text(buffer) { return String.fromCharCode(...new Uint8Array(buffer)); }
function bytes(text) { return Uint8Array.from([...text].map((c) => c.charCodeAt(0))); }
export function run(body) {
	try { return eval("(function () {" + body + "})()"); } catch (error) { return error.constructor.name + ": " + error.message; }
}
`;

interface Program {
	takeLog(): string[];
	run(body: string): unknown;
}

let world: VirtualWorld;
let it: WorldMachine;
let run: Program["run"];
let takeLog: Program["takeLog"];
beforeEach(() => {
	world = new VirtualWorld();
	it = world.add({
		sources: { program: PROGRAM },
		preload: NAMES.map((name) => `hosts/desktop/xs/${name}`),
		io: { partitions: { journal: 8192 } },
	});
	({ run, takeLog } = it.machine.importModule<Program & Record<string, unknown>>("program"));
});
afterEach(() => world.finish());

test("files: a file's life", () => {
	expect(run("return files.createDirectory('logs');")).toBe(true);
	expect(run("return files.createDirectory('logs');")).toBe(false);
	run("kept.logs = files.openDirectory({ path: 'logs' }); kept.file = kept.logs.openFile({ path: 'a', mode: 'w+' });");
	run("kept.file.write(bytes('hello world'), 0); kept.file.write(bytes('W').buffer, 6); kept.file.flush();");
	expect(run("return text(kept.file.read(5, 6));")).toBe("World");
	expect(run("const b = bytes('......'); return kept.file.read(b.subarray(1, 5), 9) + text(b.buffer);")).toBe(
		"2.ld...",
	);
	expect(run("return kept.file.read(5, 11).byteLength;")).toBe(0);
	expect(
		run("const s = kept.file.status(); return [s.size, s.isFile(), s.isDirectory(), s.isSymbolicLink()];"),
	).toEqual([11, true, false, false]);
	run("kept.file.setSize(5); kept.file.close(); kept.file.close();");
	expect(run("kept.file.read(1, 0);")).toBe("Error: File: closed");
	expect(run("return kept.logs.status('a').size;")).toBe(5);
	run("kept.logs.move('a', 'top', files);");
	expect(run("return [...files];")).toEqual(["logs", "top"]);
	expect(run("return [...files.scan('logs')];")).toEqual([]);
	expect(run("let all = ''; for (const name of files) all += name; return all;")).toBe("logstop");
	expect(run("return files.status('nothing').isFile();")).toBe(false);
	expect(run("return files.status('nothing', { resolveTarget: false }).mode;")).toBe(0);
	expect(run("return [files.delete('top'), files.delete('top'), files.delete('logs')];")).toEqual([true, false, true]);
	run("kept.logs.close(); kept.logs.close(); files.close();");
	expect(run("kept.logs.scan();")).toBe("Error: Directory: closed");
	expect(run("return [...files];")).toEqual([]);
	expect(it.io.open).toBe(0);
});

test("files: what is refused", () => {
	expect(run("new File();")).toBe("TypeError: File: use openFile");
	expect(run("new Directory({}, 0);")).toBe("TypeError: Directory: use openDirectory");
	expect(run("files.openFile();")).toBe("TypeError: openFile: options are missing");
	expect(run("files.openFile({});")).toBe("TypeError: files: path is not a string");
	expect(run("files.openFile({ path: 'x', mode: 'a' });")).toBe(
		"RangeError: openFile: mode a is not r or r+ or w or w+",
	);
	expect(run("files.openFile({ path: 'x' });")).toBe('Error: files: "x" does not exist');
	expect(run("files.openFile({ path: '../x', mode: 'w' });")).toBe('Error: files: bad path "../x"');
	expect(run("files.openDirectory({ path: '/etc' });")).toBe('Error: files: bad path "/etc"');
	run("kept.file = files.openFile({ path: 'x', mode: 'w+' });");
	expect(run("kept.file.read(-1, 0);")).toMatch(/^RangeError: File: count -1/);
	expect(run("kept.file.read(1);")).toMatch(/^RangeError: File: position undefined/);
	expect(run("kept.file.read('x', 0);")).toBe("TypeError: File: not a buffer");
	expect(run("kept.file.write('x', 0);")).toBe("TypeError: File: not a buffer");
	expect(run("kept.file.write(bytes('x'), -1);")).toMatch(/^RangeError: File: position -1/);
	expect(run("kept.file.setSize(0.5);")).toMatch(/^RangeError: File: length 0.5/);
	run("kept.file.close();");
});

test("key-value: formats", () => {
	run("kept.s = storage.open({ path: 'settings' }); kept.s.write('buffer', bytes('abc'));");
	expect(run("return text(kept.s.read('buffer'));")).toBe("abc");
	expect(run("const b = bytes('.....'); return kept.s.read('buffer', b) + text(b.buffer);")).toBe("3abc..");
	expect(run("kept.s.read('buffer', new ArrayBuffer(2));")).toBe(
		'RangeError: Storage: "buffer" has 3 bytes, the buffer 2',
	);
	expect(run("kept.s.format = 'string'; kept.s.write('text', 'Zürich ☀'); return kept.s.read('text');")).toBe(
		"Zürich ☀",
	);
	expect(run("kept.s.read('buffer');")).toBe('TypeError: key-value: "buffer" is buffer, not string');
	expect(run("kept.s.format = 'uint8'; kept.s.write('n', 200); return kept.s.read('n');")).toBe(200);
	expect(run("kept.s.write('n', 256);")).toBe('RangeError: key-value: "n": 256 is not uint8');
	expect(run("kept.s.format = 'int64'; kept.s.write('big', -5n); return String(kept.s.read('big') * 2n);")).toBe("-10");
	expect(run("return [...kept.s];")).toEqual(["buffer", "text", "n", "big"]);
	expect(
		run("kept.s.delete('n'); kept.s.delete('n'); kept.s.format = 'uint8'; return kept.s.read('n');"),
	).toBeUndefined();
	expect(run("kept.s.format = 'float';")).toMatch(/^RangeError: Storage: format float is not/);
	run("kept.s.close(); kept.s.close();");
	expect(run("kept.s.read('text');")).toBe("Error: Storage: closed");
	expect(run("storage.open({ path: 'settings', mode: 'r', format: 'string' }).write('text', 'x');")).toBe(
		"Error: key-value: opened read-only",
	);
	expect(run("return storage.open({ path: 'settings', mode: 'r', format: 'string' }).read('text');")).toBe("Zürich ☀");
	expect(run("new Storage();")).toBe("TypeError: Storage: use open");
	expect(run("storage.open({});")).toBe("TypeError: key-value: path is not a string");
	expect(run("storage.open({ path: 'x', mode: 'w' });")).toBe("RangeError: key-value: mode w is not r or r+");
	expect(run("storage.open({ path: 'x', format: 'json' });")).toMatch(/^RangeError: key-value: format json/);
});

test("flash: erase, write, and what the chip refuses", () => {
	run("kept.f = flash.open({ path: 'journal' });");
	expect(run("return kept.f.status();")).toEqual({ size: 8192, blockLength: 4096, blocks: 2 });
	expect(run("kept.f.write(bytes('abc'), 4094); return text(kept.f.read(3, 4094));")).toBe("abc");
	expect(run("const b = bytes('.....'); return kept.f.read(b.subarray(1, 4), 4094) + text(b.buffer);")).toBe("3.abc.");
	expect(run("kept.f.write(bytes('abd'), 4094);")).toBe(
		"Error: flash journal: byte 4096 is 99 and cannot become 100 without an erase",
	);
	expect(run("kept.f.eraseBlock(0); return [...new Uint8Array(kept.f.read(3, 4094))];")).toEqual([255, 255, 99]);
	expect(run("kept.f.eraseBlock(0, 2); return new Uint8Array(kept.f.read(8192, 0)).every((b) => b === 255);")).toBe(
		true,
	);
	expect(run("kept.f.read(1, 8192);")).toMatch(/^RangeError: flash journal/);
	expect(run("kept.f.eraseBlock(2);")).toMatch(/^RangeError: flash journal: blocks 2\.\.3/);
	expect(run("kept.f.write(bytes('x'));")).toMatch(/^RangeError: Flash: offset undefined/);
	expect(run("kept.f.format = 'number';")).toMatch(/^RangeError/);
	expect(run("return [...flash];")).toEqual(["journal"]);
	expect(run("flash.open({ path: 'nvs' });")).toBe('Error: flash: no partition "nvs"; there are: journal');
	expect(run("flash.open({ path: 'journal', mode: 'r' }).write(bytes('x'), 0);")).toContain("read-only");
	expect(run("flash.open({ path: 'journal', mode: 'w' });")).toMatch(/^RangeError: flash: mode w/);
	expect(run("new Flash();")).toBe("TypeError: Flash: use open");
	run("kept.f.close(); kept.f.close();");
	expect(run("kept.f.status();")).toBe("Error: Flash: closed");
});

test("digital: a button and a relay", async () => {
	run(`kept.relay = new Digital({ pin: 5, mode: Digital.Output, activeLow: true });
		kept.button = new Digital({ pin: 4, mode: Digital.InputPullUp, activeLow: true, edge: Digital.Rising | Digital.Falling, target: "b1",
			onReadable() { const v = this.read(); note(this.target + " " + v); kept.relay.write(v); } });`);
	expect([it.io.pins.get(5), run("return kept.button.read();")]).toEqual([1, 0]);
	it.io.pins.set(4, 0);
	await world.run(1);
	expect([takeLog(), it.io.pins.get(5)]).toEqual([["b1 1"], 0]);
	it.io.pins.set(4, 1);
	await world.run(1);
	expect([takeLog(), it.io.pins.get(5)]).toEqual([["b1 0"], 1]);
	run("kept.button.close(); kept.button.close(); kept.relay.close();");
	it.io.pins.set(4, 0);
	await world.run(1);
	expect(takeLog()).toEqual([]);
	expect(it.io.pins.inUse(4)).toBe(false);
});

test("digital and analog: what is refused", () => {
	const digital = (options: string) => run(`new Digital(${options}).close();`);
	expect(digital("")).toBe("TypeError: Digital: options are missing");
	expect(digital("{ mode: 0 }")).toMatch(/^RangeError: Digital: pin undefined/);
	expect(digital("{ pin: 99, mode: 0 }")).toBe("RangeError: Digital: invalid pin 99");
	expect(digital("{ pin: 4 }")).toMatch(/^RangeError: Digital: mode undefined/);
	expect(digital("{ pin: 4, mode: 5 }")).toBe("RangeError: Digital: invalid mode 5");
	expect(digital("{ pin: 4, mode: 0, edge: 4 }")).toMatch(/^RangeError: Digital: edge 4/);
	expect(digital("{ pin: 4, mode: 0, onReadable() {} }")).toMatch(/^RangeError: Digital: onReadable needs an edge/);
	expect(digital("{ pin: 4, mode: 0, onReadable: 1, edge: 1 }")).toBe(
		"TypeError: Digital: onReadable is not a function",
	);
	expect(digital("{ pin: 4, mode: 0, format: 'buffer' }")).toMatch(/^RangeError: Digital: format/);
	expect(digital("{ pin: 4, mode: 0 }")).toBeUndefined();
	run("kept.d = new Digital({ pin: 4, mode: Digital.Output });");
	expect(digital("{ pin: 4, mode: 0 }")).toBe("Error: Digital: pin 4 in use");
	expect(run("new Analog({ pin: 4 });")).toBe("Error: Analog: pin 4 in use");
	expect(run("kept.d.read();")).toBe("Error: Digital: can't read output");
	expect(run("kept.d.close(); kept.d.write(1);")).toBe("Error: Digital: closed");
	expect(
		run("const d = new Digital({ pin: 4, mode: Digital.Input }); try { d.write(1); } finally { d.close(); }"),
	).toBe("Error: Digital: can't write input");
	it.io.pins.setAnalog(4, 1234);
	expect(run("const a = kept.a = new Analog({ pin: 4 }); return [a.read(), a.resolution, a.format];")).toEqual([
		1234,
		12,
		"number",
	]);
	expect(run("kept.a.close(); kept.a.close(); kept.a.read();")).toBe("Error: Analog: closed");
	expect(run("new Analog({ pin: 40 });")).toBe("RangeError: Analog: pin 40 has no converter; 1..20 have");
	expect(run("new Analog();")).toBe("TypeError: Analog: options are missing");
	expect(run("new Analog({ pin: 4, format: 'x' });")).toMatch(/^RangeError: Analog: format/);
});
