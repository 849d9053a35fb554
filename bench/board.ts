import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DesktopHub, type DesktopHubOptions, type Platform } from "../hosts/desktop/app";
import { findRoot } from "../hosts/desktop/loader";
import { applicationModules, platformModules } from "../hosts/desktop/preloads";
import { ladder865B } from "../modules/buttons/ladders";

/**
 * The board's own platform, hosts/esp32s3, on the desktop's engine: what the SDK and the chip give stands in here, as small as
 * it is there. The display, lamp, relay and buttons are open, the settings are in a store, and so the heap is the board's.
 */

const wire = {
	"mc/config": 'export default { board: "v3", authority: "", firmware: "bench" };',
	wifi: `import Timer from "timer";
		export default class WiFi {
			static get mode() { return 1; }
			static set mode(value) {}
			static scan(options, callback) { Timer.set(() => callback(null), 10); }
			static connect() {
				Timer.set(() => globalThis.radio("connect"), 2000);
				Timer.set(() => globalThis.radio("gotIP"), 2500);
			}
			static disconnect() {}
			static accessPoint() {}
			constructor(options, callback) { globalThis.radio = callback; }
			close() {}
		}`,
	net: `import Timer from "timer";
		export default class Net {
			static get(name) { return name === "IP" ? "10.0.0.77" : -58; }
			static resolve(name, callback) { Timer.set(() => callback(name, "10.9.9.8"), 5); }
		}`,
	"hosts/esp32s3/resolver": `import Timer from "timer";
		export function resolve(name, callback) { Timer.set(() => callback(name, "10.9.9.8"), 5); }`,
	"hosts/esp32s3/firmware": `export const slot = () => "ota_0"; export const state = () => "confirmed";
		export const confirm = () => {}; export const reject = () => false; export const resetReason = () => "power";
		export const note = () => {}; export const lastNote = () => ""; export const restart = () => {};
		export const memory = () => ({ internal: 0, largest: 0, psram: 0 }); export const hasDebugger = () => false;`,
	"hosts/esp32s3/ethernet": `export default class Ethernet {
			get link() { return false; }
			get address() { return ""; }
			close() {}
		}`,
	"hosts/esp32s3/spi": `import board from "host:bench";
		export default class SPIDevice { write(bytes) { board.spi(bytes); } close() {} }
		export function holdHigh() {}
		export const padLevel = () => 0;`,
	neopixel: `export default class NeoPixel {
			#bytes = new Uint8Array(3);
			brightness = 255;
			makeRGB(red, green, blue) { return (red << 16) | (green << 8) | blue; }
			setPixel(index, color) {
				this.#bytes[0] = color >> 8;
				this.#bytes[1] = color >> 16;
				this.#bytes[2] = color;
			}
			update() {}
			close() {}
		}`,
	// a port that sends what it is given
	"embedded:io/serial": `import Timer from "timer";
		export default class Serial {
			#onWritable;
			constructor({ onWritable }) {
				this.#onWritable = onWritable;
				this.#free(128);
			}
			#free(bytes) { Timer.set(() => this.#onWritable(bytes), 10); }
			read() {}
			write(bytes) { this.#free(bytes.byteLength); }
			close() {}
		}`,
	// no archive beside the firmware
	modules: "export default class Modules { static get archive() { return []; } }",
	"embedded:io/smbus": "export default class SMBus { close() {} }",
	"embedded:io/i2c": "export default class I2C { write() {} close() {} }",
	"embedded:network/dnssd": `export default class DNSSD {
			claim(options) { options.onReady?.(); return { close() {} }; }
			advertise() { return { close() {} }; }
			close() {}
		}`,
	"modules/rs485/rs485": `import RS485 from "bench/rs485";
		export default class {
			constructor({ receive, transmit, enable, ...options }) {
				return new RS485({ ...options, port: "sim:rs485-" + options.port });
			}
		}`,
	"modules/buttons/buttons": `import Analog from "embedded:io/analog";
		import Buttons from "bench/buttons";
		export default class {
			constructor(options) { return new Buttons({ ...options, analog: { io: Analog, ...options.analog } }); }
		}`,
	"bench/start": `import start from "hosts/esp32s3/start";
		export default function () {
			start();
			if (!globalThis.gridpost) throw new Error("the board's application does not start");
			return globalThis.gridpost;
		}`,
	"bench/first-start": `import board from "host:bench";
		import host from "host";
		export default function () {
			host.siteStore.save(board.site());
			const wifi = { ssid: "Home", password: "secret-12" };
			host.setup.apply({ ...host.setup.settings(), wifi, adminPassword: "pole-and-wire" });
			return { close() {} };
		}`,
};

/** Files of the firmware image: preloaded, as they lie in flash there, and never in the heap. */
function resources(): string {
	const folder = join(findRoot(), "build/web");
	const files = readdirSync(folder).filter((name) => /\.(gz|json)$/.test(name));
	const texts = files.map((name) => [name, readFileSync(join(folder, name)).toString("hex")]);
	return `const files = Object.create(null);
		for (const [name, text] of ${JSON.stringify(texts)}) {
			const bytes = new Uint8Array(text.length / 2);
			for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.substring(2 * i, 2 * i + 2), 16);
			files[name] = bytes.buffer;
		}
		export default class Resource {
			constructor(name) { return files[name]; }
			static exists(name) { return files[name] !== undefined; }
		}`;
}

const made = new Map<boolean, Record<string, string>>();

/** One object each: machines with the same sources share what is preloaded. Needs the dashboard's files. */
function sourcesOf(panel: boolean): Record<string, string> {
	let sources = made.get(panel);
	if (!sources) {
		sources = { ...wire, Resource: resources() };
		if (!panel) sources["hosts/esp32s3/panel-devices"] = "export const panelDevices = () => undefined;";
		made.set(panel, sources);
	}
	return sources;
}

/** What lies in the board's flash: manifest.json's own list, and the desktop's part in place of the SDK's. */
function preloads(): string[] {
	const manifest = JSON.parse(readFileSync(join(findRoot(), "manifest.json"), "utf8")) as {
		platforms: { "esp32/esp32s3": { preload: string[] } };
	};
	const own = manifest.platforms["esp32/esp32s3"].preload.filter((id) => !/^(embedded:|setup\/)/.test(id));
	const sdk = Object.keys(wire).filter((id) => !/^(bench|hosts|modules)\//.test(id));
	const desktop = ["embedded:io/digital", "embedded:io/socket/udp", "embedded:storage/key-value"];
	const inner = ["bench/rs485", "bench/buttons", "embedded:io/analog", "Resource"];
	return [...new Set([...applicationModules(), ...platformModules, ...own, ...sdk, ...desktop, ...inner])];
}

export interface BoardOptions {
	panel: boolean;
	/** Bytes for the display, data or command as pin 18 says. */
	onSpi?: (bytes: Uint8Array) => void;
	heap?: DesktopHubOptions["heap"];
}

/** UTC at the start, which the board does not know before the time server tells it. */
const kStartMs = Date.UTC(2026, 2, 1);
const kButtonsPin = 1;
const kIdle = 4095;

/** A hub on the board's platform that was set up before: its site file and settings are stored. `close` the folder after it. */
export function boardHub(siteText: string, { panel, onSpi, heap }: BoardOptions) {
	const dataFolder = mkdtempSync(join(tmpdir(), "gridpost-"));
	const platform = (main: string): Platform => ({
		main,
		preload: preloads(),
		modules: {
			host: "build/js/hosts/esp32s3/host",
			"bench/rs485": "modules/rs485/rs485",
			"bench/buttons": "modules/buttons/buttons",
			"hosts/*": "build/js/hosts/*",
		},
		sources: sourcesOf(panel),
		host: { bench: { spi: onSpi ?? (() => {}), site: () => stored } },
	});
	const site = JSON.parse(siteText) as {
		buses: { port: string; id: string }[];
		services: Record<string, Record<string, unknown>>;
	};
	for (const bus of site.buses) bus.port = bus.id;
	site.services["mqtt"] = { ...site.services["mqtt"], broker: "mqtt://10.9.9.9:1883" };
	site.services["sunspec"] = { ...site.services["sunspec"], port: 502 };
	site.services["http"] = { ...site.services["http"], port: 80 };
	const stored = JSON.stringify(site);
	const common: DesktopHubOptions = { siteText, clock: "virtual", network: "virtual", dataFolder, trace: () => {} };
	new DesktopHub({ ...common, platform: platform("bench/first-start") }).close();
	const hub = new DesktopHub({ ...common, platform: platform("bench/start"), heap, epochMs: kStartMs });
	hub.io.pins.setAnalog(kButtonsPin, kIdle);
	serveTime(hub);
	return { hub, close: () => rmSync(dataFolder, { recursive: true }) };
}

/** Holds the first button for a moment: the display shows the next page. */
export async function pressButton(hub: DesktopHub): Promise<void> {
	const { min, max } = ladder865B.thresholds[0]!;
	hub.io.pins.setAnalog(kButtonsPin, (min + max) >> 1);
	await hub.run(200);
	hub.io.pins.setAnalog(kButtonsPin, kIdle);
	await hub.run(200);
}

/** A time server where the stand-in of the resolver finds every name: RFC 5905, 7.3. */
function serveTime(hub: DesktopHub): void {
	const handle = hub.network!.datagrams({
		address: "10.9.9.8",
		port: 123,
		onError: (reason) => {
			throw new Error(reason);
		},
		onMessage: (bytes, address, port) => {
			const reply = Buffer.alloc(48);
			reply[0] = 0x24;
			reply[1] = 1;
			Buffer.from(bytes).copy(reply, 24, 40, 48);
			const seconds = (kStartMs + hub.machine.now()) / 1000 + 2_208_988_800;
			for (const at of [32, 40]) {
				reply.writeUInt32BE(Math.floor(seconds), at);
				reply.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4);
			}
			handle.send(reply, address, port);
		},
	});
}
