import { appFunctions } from "../hosts/desktop/app-functions";
import { createIo } from "../hosts/desktop/io/io";
import { VirtualNetwork } from "../hosts/desktop/io/virtual-network";
import { VirtualTime } from "../hosts/desktop/io/virtual-time";
import { Machine } from "../hosts/desktop/machine";
import { applicationModules, platformModules } from "../hosts/desktop/preloads";
import { createTestMachine } from "../hosts/desktop/testing";
import { heapBytes } from "./figure";

const program = `
import { serveApi } from "modules/admin/api";
import { Auth } from "modules/admin/auth";
import { StatusReader } from "modules/admin/status";
import { Catalogue } from "modules/devices/catalogue";
import { knownDevices } from "modules/site/known-devices";
import { HttpServer } from "modules/http/server";
import { TcpServer } from "modules/modbus/server-tcp";
import { MqttClient } from "modules/mqtt/client";
import { OpenAmiPublisher } from "modules/openami/publisher";
import RS485 from "modules/rs485/rs485";
import { AlarmWatch } from "modules/site/alarm-watch";
import { Alarms } from "modules/site/alarms";
import { ClockQuality } from "modules/site/clock-quality";
import { EnergyToday } from "modules/site/energy-today";
import { FrameLog } from "modules/site/frame-log";
import { History } from "modules/site/history";
import { ControlStore } from "modules/site/control-store";
import { Hub } from "modules/site/hub";
import { readSite } from "modules/site/site-file";
import { ModdableClock } from "hosts/moddable/clock";
import app from "host:app";

class Silent { constructor() {} read() {} write() {} close() {} }
const io = { TCP: Silent, Listener: Silent, RS485 };
const clock = new ModdableClock(() => true);
const wallClock = new ClockQuality(clock);
const log = () => {};
const kept = [];
let site, catalogue, hub, mqtt, publisher, alarms, history, energy, frames;

function meters() { return hub.devices.filter((entry) => entry.kind === "meter"); }

export function readText(text) { site = readSite(text, knownDevices()); }
export function plans() {
	catalogue = new Catalogue([], (id) => { const bytes = app.packedTable(id); return bytes && new Uint8Array(bytes); });
	for (const { device } of site.devices) {
		const table = catalogue.table(device);
		// a SunSpec device is found by what it says of itself
		if (table) catalogue.plan(table);
	}
}
export function devices() { hub = new Hub({ site, catalogue, clock, log, firmware: "bench", io, random: Math.random, store: new ControlStore(undefined, log) }); }
export function buses() { hub.start(); }
export function sunspec() {
	kept.push(new TcpServer({ listener: { io: Silent, port: 502 }, tcp: Silent, clock, space: hub.space, log }));
}
export function http() {
	const server = new HttpServer({ listener: { io: Silent, port: 80 }, tcp: Silent, clock, log });
	kept.push(server, serveApi({ http: server, hub, clock, log, wallClock, firmware: "bench", mqtt: () => ({}), dashboard: true,
		auth: new Auth(() => ""), status: new StatusReader(clock, energy), alarms, history, frames, siteText: "", knownDevices: [] }));
}
export function alarm() {
	alarms = new Alarms();
	kept.push(new AlarmWatch({ alarms, clock, devices: hub.devices, buses: hub.buses, gatewayId: "g", broker: () => undefined, clockSet: () => true }));
}
export function day() {
	history = new History({ clock, devices: hub.devices });
	energy = new EnergyToday({ clock, devices: hub.devices, utcOffsetMinutes: 0 });
}
export function log6() { frames = new FrameLog(clock, 6144); }
export function client() {
	mqtt = new MqttClient({ socket: { io: Silent, host: "10.9.9.9", port: 1883 }, clock, random: Math.random,
		clientId: "gridpost-" + site.gatewayId, keepAliveS: 60, queueLimit: { messages: 8, bytes: 12288 }, log,
		will: OpenAmiPublisher.will(site.feederId, site.gatewayId) });
}
export function publishing(outboxBytes) {
	const { feederId, gatewayId } = site;
	publisher = new OpenAmiPublisher({ clock, mqtt, feederId, gatewayId, periodMs: 10000, outboxBytes, firmware: "bench",
		meters: meters().map(({ site: { serial }, image, model, device }) => ({ serial, image, model,
			reads: (point) => device.reads(model, point) })), clockState: () => wallClock.state });
	publisher.start();
}
export function closeAll() {
	hub.close();
	publisher.close();
	mqtt.close();
	for (const one of kept) one.close?.();
}
`;

interface Program extends Record<string, unknown> {
	readText(text: string): void;
	plans(): void;
	devices(): void;
	buses(): void;
	sunspec(): void;
	alarm(): void;
	day(): void;
	log6(): void;
	http(): void;
	client(): void;
	publishing(outboxBytes: number): void;
	closeAll(): void;
}

/** What each part of the hub adds to the heap when main's parts are made one after the other, in bytes. */
export function heapByPart(siteText: string, outboxBytes: number): [part: string, bytes: number][] {
	const io = silentIo();
	const machine = createTestMachine({
		preload: [...applicationModules(), ...platformModules],
		sources: { program },
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
		host: { ...io.host, app: appFunctions({ siteText }) },
	});
	const xs = machine.importModule<Program>("program");
	const parts: [string, number][] = [];
	let before = heapBytes(machine);
	const step = (part: string, action: () => void): void => {
		action();
		const after = heapBytes(machine);
		parts.push([part, after - before]);
		before = after;
	};
	step("the site as it was read", () => xs.readText(siteText));
	step("plans of the device tables", () => xs.plans());
	step("images, device engines, units, totals", () => xs.devices());
	step("bus clients and their lines", () => xs.buses());
	step("SunSpec server, no client", () => xs.sunspec());
	step("alarms", () => xs.alarm());
	step("history of a day and energy since midnight", () => xs.day());
	step("frame log", () => xs.log6());
	step("HTTP server and API, no client", () => xs.http());
	step("MQTT client, not connected", () => xs.client());
	step("publisher, its outbox empty", () => xs.publishing(outboxBytes));
	xs.closeAll();
	machine.finish();
	io.close();
	return parts;
}

/** IO of a network where nobody is. */
function silentIo() {
	const clock = new VirtualTime();
	return createIo({
		network: new VirtualNetwork({ clock }).attach(),
		clock,
		dataFolder: undefined,
		onError(error) {
			throw error;
		},
	});
}

/** What the module "host" adds, which is not preloaded as it asks its platform while it loads. */
export function hostHeap(): number {
	const io = silentIo();
	const machine = new Machine({
		clock: "virtual",
		preload: [...applicationModules(), ...platformModules],
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
		host: {
			...io.host,
			// the files of the page lie in flash on the device
			app: { ...appFunctions({ siteText: "" }), webFile: () => undefined },
		},
	});
	const before = heapBytes(machine);
	machine.importModule("host");
	const bytes = heapBytes(machine) - before;
	io.close();
	machine.delete();
	return bytes;
}
