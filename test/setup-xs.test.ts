/** Console and time keeper on the application's engine, preloaded and frozen as on the board: they say what they say in Node. */
import { expect, it } from "vitest";
import { createTestMachine } from "../hosts/desktop/testing";
import { utf8Encode } from "../modules/base/bytes";
import { SetupConsole } from "../modules/setup/console";
import { readSntp, sntpRequest } from "../modules/setup/sntp";

const kScript = `
import { utf8Encode } from "modules/base/bytes";
import { SetupConsole } from "modules/setup/console";
import { readSntp, sntpRequest } from "modules/setup/sntp";
import { WallClock } from "modules/setup/wall-clock";
import "modules/setup/time-keeper";

let output = "";
let settings = { wifi: { ssid: "", password: "" }, adminPassword: "", hostName: "hub" };
let stored;
const terminal = new SetupConsole({
	write: (text) => void (output += text),
	device: {
		settings: () => settings,
		apply: (next) => void (settings = next),
		factoryReset: () => {},
		trouble: () => "",
		scan: (onFound) => onFound([{ name: "House é", signalDbm: -61, open: true }]),
		site: () => ({ state: "none", text: "" }),
	},
	network: () => ({ state: "down", by: "", name: "", address: "", signalDbm: 0 }),
	site: { stored: () => stored, check: () => [], save: (text) => void (stored = text) },
	restart: () => {},
	firmware: "0",
});
terminal.start();
export function type(text) {
	output = "";
	terminal.receive(utf8Encode(text));
	return output;
}
export function time(text) {
	const nonce = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
	const wall = new WallClock(() => 0);
	wall.tell(1800000000000, 5);
	const bytes = Uint8Array.from(text.split(","), Number);
	return JSON.stringify([sntpRequest(nonce).join(), readSntp(bytes, nonce, 0, 10), wall.epochMs()]);
}
`;

const typed = [
	"help\r",
	"wifi 'House é' \"open sesame\"\r",
	"status\r",
	"scan\r",
	"nmae\b\b\bame x y\r",
	"password\rpole-and-wire\rpole-and-wire\r",
	'site paste\r{"a": [1, "} é"]}\r\nyes\r',
	"site show\rlog off\rlog\r\x1b[A\x15factory-reset\rno\r",
];

it("the serial console and SNTP say on XS what they say in Node", () => {
	const preload = ["console", "sntp", "wall-clock", "time-keeper", "settings", "line-editor", "paste"].map(
		(name) => `modules/setup/${name}`,
	);
	const machine = createTestMachine({ preload, sources: { probe: kScript }, heap: { grow: true } });
	const inside = machine.importModule<{ type(text: string): string; time(bytes: string): string }>("probe");
	let output = "";
	let settings = { wifi: { ssid: "", password: "" }, adminPassword: "", hostName: "hub" };
	let stored: string | undefined;
	const terminal = new SetupConsole({
		write: (text) => (output += text),
		device: {
			settings: () => settings,
			apply: (next) => (settings = next),
			factoryReset: () => {},
			trouble: () => "",
			scan: (onFound) => onFound([{ name: "House é", signalDbm: -61, open: true }]),
			site: () => ({ state: "none", text: "" }),
		},
		network: () => ({ state: "down", by: "", name: "", address: "", signalDbm: 0 }),
		site: { stored: () => stored, check: () => [], save: (text) => (stored = text) },
		restart: () => {},
		firmware: "0",
	});
	terminal.start();
	for (const text of typed) {
		output = "";
		terminal.receive(utf8Encode(text));
		expect(inside.type(text)).toBe(output);
	}
	expect(stored).toBe('{"a": [1, "} é"]}');

	const nonce = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
	const reply = new Uint8Array(48).fill(0xe9, 32);
	reply.set([0x24, 1], 0);
	reply.set(nonce, 24);
	const expected = [sntpRequest(nonce).join(), readSntp(reply, nonce, 0, 10), 1_800_000_000_000];
	expect(JSON.parse(inside.time(reply.join()))).toEqual(JSON.parse(JSON.stringify(expected)));
	machine.finish();
});
