import { describe, expect, it } from "vitest";
import { utf8Encode } from "../base/bytes";
import type { NetworkState } from "../base/network";
import { SetupConsole } from "./console";
import type { FoundNetwork } from "./device";
import type { Settings } from "./settings";

function bench() {
	let output = "";
	let settings: Settings = { wifi: { ssid: "", password: "" }, adminPassword: "", hostName: "gridpost-1a2b" };
	let stored: string | undefined;
	const done: string[] = [];
	let found: ((networks: FoundNetwork[]) => void) | undefined;
	const network: NetworkState = {
		state: "setup",
		by: "wifi",
		name: "Gridpost-1A2B",
		address: "192.168.4.1",
		signalDbm: 0,
	};
	const terminal = new SetupConsole({
		write: (text) => (output += text),
		device: {
			settings: () => ({ ...settings, wifi: { ...settings.wifi } }),
			apply: (next) => {
				settings = next;
				done.push("apply");
			},
			scan: (onFound) => (found = onFound),
			factoryReset: () => done.push("factory reset"),
			trouble: () => "",
			accessPoint: () => ({ name: "Gridpost-1A2B", password: "k7mwxq3rtp", open: true }),
			site: () => ({ state: "none", text: "no site file yet" }),
		},
		network: () => network,
		site: {
			stored: () => stored,
			check: (text) => (text.includes("bad") ? [{ place: "name", message: '"bad" is not allowed' }] : []),
			save: (text) => (stored = text),
		},
		restart: () => done.push("restart"),
		firmware: "1.2.3",
	});
	terminal.start();
	output = "";
	const type = (text: string): string => {
		output = "";
		terminal.receive(utf8Encode(text));
		return output;
	};
	return {
		terminal,
		type,
		done,
		settings: () => settings,
		stored: () => stored,
		found: () => found!,
		output: () => output,
	};
}

describe("serial console", () => {
	it("echoes, rubs out whole characters and takes CR, LF or both as one end of line", () => {
		const { type } = bench();
		expect(type("hexé\b\bl")).toBe("hexé\b \b\b \bl");
		expect(type("p\r\n")).toMatch(/^p\r\n {2}help {20}this list\r\n/);
		expect(type("\r\r\n\n")).toBe("\r\ngridpost> ".repeat(3));
		expect(type("nam\x1b[A\x1bOPe x\x15")).toBe("name x\r\x1b[Kgridpost> ");
	});

	it("rings at 512 bytes and goes on", () => {
		const { type } = bench();
		const output = type("x".repeat(513));
		expect(output).toBe(`${"x".repeat(512)}\x07`);
		expect(type("\r")).toContain("There is no command");
	});

	it("tells the commands when it knows none of the name, the names of Object included", () => {
		const { type } = bench();
		for (const name of ["hlep", "constructor", "__proto__"])
			expect(type(`${name}\r`)).toContain(`There is no command "${name}"; there are help, status, scan, wifi,`);
	});

	it("joins a network, asks for its password and never shows one", () => {
		const { type, settings } = bench();
		expect(type("wifi 'My House'\r")).toContain("Password (empty for an open network): ");
		expect(type("sec ret-12\r")).toBe('\r\nStored. "status" tells how it goes.\r\ngridpost> ');
		expect(settings().wifi).toEqual({ ssid: "My House", password: "sec ret-12" });
		expect(type('wifi Other "pass word"')).toBe("wifi Other ***********");
		type("\r");
		expect(settings().wifi).toEqual({ ssid: "Other", password: "pass word" });
		expect(type("wifi A short\r")).toContain(
			"wifi.password: the one given (5 characters) is not allowed; it must be 8 to 63",
		);
		expect(type("wifi\r")).toContain("Use: wifi NAME [PASSWORD]");
		type('wifi ""\r');
		expect(settings().wifi).toEqual({ ssid: "", password: "" });
		expect(type("status\r")).not.toMatch(/sec ret|pass word/);
	});

	it("sets the password only when it is typed twice alike, unseen", () => {
		const { type, settings } = bench();
		const output = type("password\rpole-and-wire\rpole-and-wine\r");
		expect(output).toContain("The two differ; nothing was changed.");
		expect(output).not.toContain("pole-and");
		expect(settings().adminPassword).toBe("");
		expect(type("password\rpole-and-wire\rpole-and-wire\r")).toContain("Stored.");
		expect(settings().adminPassword).toBe("pole-and-wire");
		expect(type("password\rshort\rshort\r")).toContain("adminPassword: the one given (5 characters)");
	});

	it("tells how things stand", () => {
		const { type } = bench();
		const output = type("status\r");
		for (const line of [
			"firmware   1.2.3",
			'network    setup wifi "Gridpost-1A2B" 192.168.4.1',
			"own Wi-Fi  open, name Gridpost-1A2B, password k7mwxq3rtp",
			"password   none set yet",
			"site file  none: no site file yet",
		])
			expect(output).toContain(`${line}\r\n`);
	});

	it("prints what a scan found above the line that is being typed", () => {
		const { type, found, output } = bench();
		type("scan\rsta");
		found()([{ name: "House", signalDbm: -61, open: false }]);
		expect(output()).toContain("\r\x1b[K   -61 dBm  locked  House\r\ngridpost> sta");
	});

	it("logs above the line, until it is told not to", () => {
		const { type, terminal, output } = bench();
		type("wifi A secret");
		terminal.log("info", "mqtt", "connected");
		expect(output()).toBe("wifi A ******\r\x1b[Kinfo mqtt: connected\r\ngridpost> wifi A ******");
		type("\x15log off\r");
		const before = output();
		terminal.log("info", "mqtt", "connected");
		expect(output()).toBe(before);
	});

	it("takes a pasted site file by its last bracket, and restarts once told yes", () => {
		const { type, stored, done } = bench();
		type("site paste\r");
		const text = '{\n\t"name": "a } \\" { b",\n\t"devices": [{"x": [1]}]\n}';
		const output = type(`${text.replace(/\n/g, "\r\n")}\r\n`);
		// CRC-32 of the text with line feeds, by zlib
		expect(output).toContain(`${text.length} bytes, CRC-32 ad485eb9.`);
		expect(stored()).toBeUndefined();
		expect(type("yes\r")).toContain("Stored; restarting.");
		expect(stored()).toBe(text);
		expect(done).toEqual(["restart"]);
	});

	it("takes one that ends with a dot, and does not take a dot for an answer", () => {
		const { type, stored } = bench();
		type('site paste\r{"a": 1}\n.\n');
		expect(type("no\r")).toContain("Nothing was stored.");
		expect(stored()).toBeUndefined();
		expect(type("site paste\rhello\n.\n")).toContain("5 bytes");
	});

	it("refuses a site file with problems and one that is too long, and gives up at Ctrl-C", () => {
		const { type, stored } = bench();
		expect(type('site paste\r{"name": "bad"}\n')).toContain('name: "bad" is not allowed\r\nNothing was stored.');
		expect(type(`site paste\r${"[".repeat(65_540)}`)).toContain("More than 65536");
		expect(type("\r")).toContain("gridpost> ");
		expect(type('site paste\r{"name":\x03help\r')).toContain("this list");
		expect(stored()).toBeUndefined();
	});

	it("erases only after the word", () => {
		const { type, done } = bench();
		expect(type("factory-reset\ryes\r")).toContain("Nothing was erased.");
		expect(done).toEqual([]);
		expect(type("factory-reset\rerase\r")).toContain("Erasing and restarting.");
		expect(done).toEqual(["factory reset"]);
	});

	it("outlives any bytes", () => {
		const { terminal, type } = bench();
		let seed = 3;
		for (let i = 0; i < 20_000; i++) {
			seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
			const byte = (seed >> 12) & 255;
			terminal.receive(new Uint8Array([byte === 0x65 ? 0x66 : byte]));
		}
		type("\x03\r");
		expect(type("help\r")).toContain("this list");
	});
});
