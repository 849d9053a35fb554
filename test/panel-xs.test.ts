/** What the panel costs on the application's engine: byte codes of a picture, and heap. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { heapBytes } from "../bench/figure";
import { applicationModules } from "../hosts/desktop/preloads";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";
import { FakeOled } from "./fakes/oled";
import { root } from "./peers";
import { brailleOf } from "./screens";

const program = `
import { Catalogue, deviceTables } from "modules/devices/catalogue";
import { kActionsV2 } from "modules/panel/actions";
import { Panel } from "modules/panel/panel";
import { Sh1106 } from "modules/panel/sh1106";
import { Alarms } from "modules/site/alarms";
import { ControlStore } from "modules/site/control-store";
import { Hub } from "modules/site/hub";
import { readSite } from "modules/site/site-file";
import { ModdableClock } from "hosts/moddable/clock";

class Silent { constructor() {} read() {} write() {} close() {} }
const clock = new ModdableClock(() => true);
const alarms = new Alarms();
let hub, panel, press, screen, frames = 0, last = new Uint8Array(1024), write;
class Pin {
	#role;
	constructor({ role }) { this.#role = role; }
	write(value) { write?.(this.#role, typeof value === "number" ? value : Array.from(value).join()); }
}
export function site(text) {
	const site = readSite(text, deviceTables.map((table) => table.id));
	hub = new Hub({ site, catalogue: new Catalogue(), clock, log() {}, firmware: "test", io: { RS485: Silent, TCP: Silent }, random: () => 0.5, store: new ControlStore(undefined, () => {}) });
}
export function open() {
	panel = new Panel({ hub, alarms, clock, todayWh: () => 3210, devices: {
		screen: { width: 128, height: 64, draw(dots) { frames++; last = dots; screen?.draw(dots); } },
		lamp: { color() {} }, alarmRelay: { write() {} }, actions: kActionsV2,
		buttons: (onEvent) => { press = onEvent; return { close() {} }; },
	} });
}
export function display(receive) {
	write = receive;
	const pin = (role) => ({ io: Pin, role });
	screen = new Sh1106({ spi: pin("spi"), dc: pin("dc"), reset: pin("reset"), clock });
}
export function silence() { write = undefined; }
export function reading(watts) {
	const now = clock.now();
	for (const { image, model } of hub.devices) {
		image.set(image.handle(model, "W"), watts, now, "good");
		image.set(image.handle(model, "PhV"), 230 + watts / 1000, now, "good");
		image.commit();
	}
	const { image } = hub.totals;
	image.set(image.handle(213, "W"), 6 * watts, now, "good");
}
export function click(button) {
	press({ type: "press", button, heldMs: 0, count: 0 });
	press({ type: "release", button, heldMs: 50, count: 0 });
}
export function alarm(id) { alarms.raise("silent", { type: "device", id }, "", clock.now()); }
export function count() { return frames; }
export function picture() { return Array.from(last).join(); }
export function close() { panel.close(); }
`;

interface Program extends Record<string, unknown> {
	site(text: string): void;
	open(): void;
	display(receive: (role: string, value: unknown) => void): void;
	silence(): void;
	reading(watts: number): void;
	click(button: string): void;
	alarm(id: string): void;
	count(): number;
	picture(): string;
	close(): void;
}

let machine: TestMachine;
let xs: Program;

beforeEach(() => {
	machine = createTestMachine({
		preload: [...new Set([...applicationModules(), "modules/panel/sh1106", "modules/panel/actions"])],
		sources: { program },
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
	});
	xs = machine.importModule<Program>("program");
	xs.site(readFileSync(join(root, "sites/demo.json"), "utf8"));
});
afterEach(() => machine.finish());

/** Byte codes of `action`. */
function cost(action: () => void): number {
	const before = machine.counters().byteCodes;
	action();
	return machine.counters().byteCodes - before;
}

describe("panel on XS", () => {
	it("a second without news costs little, a page with new readings not much, and nothing is left behind", () => {
		const before = heapBytes(machine);
		xs.open();
		xs.reading(1000);
		machine.advance(12_000);
		const heap = heapBytes(machine) - before;
		const quiet = cost(() => machine.advance(10_000)) / 10;
		const pages: Record<string, number> = {};
		for (const name of ["site", "home", "details", "network", "alarms"]) {
			if (name === "details") xs.click("button3");
			else if (name !== "site") xs.click(name === "home" ? "button2" : "button1");
			if (name === "network") for (let i = 0; i < 2; i++) xs.click("button1");
			if (name === "alarms") {
				for (let i = 0; i < 2; i++) xs.click("button2");
				for (const id of ["home-1", "home-2", "home-3"]) xs.alarm(id);
			}
			machine.advance(3000);
			const frames = xs.count();
			const codes = cost(() => {
				for (let i = 0; i < 10; i++) {
					xs.reading(500 + i);
					machine.advance(1000);
				}
			});
			const empty = cost(() => {
				for (let i = 0; i < 10; i++) xs.reading(509);
			});
			const drawn = xs.count() - frames;
			pages[name] = drawn === 0 ? 0 : Math.round((codes - empty - 10 * quiet) / drawn);
		}
		if (process.env["PANEL_FIGURES"]) console.log({ heap, quiet, pages });
		expect(quiet).toBeLessThan(3500);
		expect(pages["site"]).toBeGreaterThan(1000);
		for (const codes of Object.values(pages)) expect(codes).toBeLessThan(75_000);
		expect(heap).toBeLessThan(8 * 1024);

		xs.click("button2");
		machine.advance(1000);
		const steady = heapBytes(machine);
		for (let i = 0; i < 200; i++) {
			xs.reading(700 + i);
			machine.advance(250);
		}
		expect(heapBytes(machine) - steady).toBeLessThan(64);
		xs.close();
	});

	it("brings the same picture to the display, byte by byte over SPI", () => {
		const oled = new FakeOled();
		const parts = new Map<string, { write(value: number | Uint8Array): void }>();
		xs.display((role, value) => {
			let part = parts.get(role);
			if (!part) parts.set(role, (part = new oled.io({ role })));
			part.write(typeof value === "string" ? Uint8Array.from(value.split(","), Number) : (value as number));
		});
		xs.open();
		xs.reading(1234);
		machine.advance(12_000);
		xs.click("button2");
		machine.advance(1000);
		expect(oled.complaints).toEqual([]);
		const dots = Uint8Array.from(xs.picture().split(","), Number);
		const rows = oled.picture();
		const shown = new Uint8Array(1024);
		rows.forEach((row, y) => {
			for (let x = 0; x < 128; x++) if (row[x] === "#") shown[16 * y + (x >> 3)]! |= 0x80 >> (x & 7);
		});
		expect(brailleOf(shown)).toBe(brailleOf(dots));
		xs.silence();
		const empty = cost(() => xs.reading(500));
		let watts = 0;
		const codes = cost(() => {
			for (let i = 0; i < 10; i++) {
				xs.reading((watts += 111));
				machine.advance(1000);
			}
		});
		if (process.env["PANEL_FIGURES"]) console.log({ secondWithDisplay: Math.round(codes / 10 - empty) });
		expect(codes / 10 - empty).toBeLessThan(95_000);
		xs.close();
	});
});
