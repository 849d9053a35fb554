import Resource from "Resource";
import Listener from "embedded:io/socket/listener";
import { type PanelLink, SimPanel } from "hosts/mcsim/panel-devices";
import { simulatedRS485 } from "hosts/mcsim/sim-rs485";
import { ModdableClock } from "hosts/moddable/clock";
import { findMods } from "hosts/moddable/mods";
import { runPlugin } from "hosts/moddable/plugin-sandbox";
import { ScaledClock } from "hosts/moddable/scaled-clock";
import { TCP } from "hosts/moddable/tcp";
import { resourceFiles } from "hosts/moddable/web-files";
import config from "mc/config";
import Modules from "modules";
import { utf8Decode } from "modules/base/bytes";
import { unpackTable } from "modules/devices/packed-table";
import { takePlugins } from "modules/devices/plugin-table";
import { SimBoard } from "sim/board-io";
import { SimCanBus } from "sim/can-bus";
import { Pole, type PoleDevice } from "sim/pole";
import type { ListenerClass } from "../../modules/base/io";
import type { LogLevel } from "../../modules/base/log";
import type { CANOptions } from "../../modules/can/can";
import type { CanClass } from "../../modules/canbus/types";
import type { Host } from "../host";

// The device's name for this file is "host", so its imports stand as the device knows them, not relative to this folder.

/** What mcsim gives to speak with the panel beside the board (hosts/mcsim/sim). */
declare const screen: PanelLink;

const personClock = new ModdableClock(() => true);
const clock = new ScaledClock(personClock);
const siteText = utf8Decode(new Uint8Array(new Resource("demo.json").slice(0))) ?? "";

/** Built when the first simulated line is opened: by then the application has found the site file in order. */
let pole: Pole | undefined;

function played(): Pole {
	const table = (id: string) => {
		const packed = packedTable(id);
		return packed && unpackTable(packed);
	};
	return (pole ??= new Pole({ table, devices: (JSON.parse(siteText) as { devices: PoleDevice[] }).devices }));
}

function packedTable(id: string): Uint8Array | undefined {
	const name = `${id}.table`;
	return Resource.exists(name) ? new Uint8Array(new Resource(name) as unknown as ArrayBuffer) : undefined;
}

const line = (bus: string) => played().line(bus);

const panel = new SimPanel({
	link: screen,
	clock: personClock,
	onSpeed: (speed) => {
		clock.speed = speed;
	},
	onUnplug: (device, isUnplugged) => {
		const slave = pole?.slave(device);
		if (slave) slave.fault = isUnplugged ? { kind: "silent" } : undefined;
	},
});

const Line = simulatedRS485(line, clock);

/** A CAN bus in memory, made with its devices when its port is opened. */
class SimulatedCan {
	constructor(options: CANOptions) {
		const name = String(options.port).replace(/^sim:/, "");
		const bus = new SimCanBus(clock, options.bitrate);
		for (const device of played().canStations(name)) bus.add(device);
		// biome-ignore lint/correctness/noConstructorReturn: a port of the bus
		return new bus.io(options) as never;
	}
}

class CountedLine extends Line {
	constructor(options: ConstructorParameters<typeof Line>[0]) {
		super(options);
		panel.addPort(String(options.port), this);
	}
}

function log(level: LogLevel, area: string, text: string): void {
	trace(`${level} ${area}: ${text}\n`);
	if (level !== "debug") panel.event(`${area}: ${text}`);
}

const files = resourceFiles();
let chips: SimBoard | undefined;

/** Made for the first site that asks for it. */
function simulated(): SimBoard {
	return (chips ??= new SimBoard({ now: () => clock.now() }));
}

/** The simulator of the Moddable SDK: the demo site with simulated devices, on the network of this computer. */
const host: Host = {
	clock,
	timeKeeper: "system",
	random: Math.random,
	log,
	io: {
		TCP,
		Listener: Listener as unknown as ListenerClass,
		RS485: CountedLine,
		CAN: SimulatedCan as unknown as CanClass,
		get I2C() {
			return simulated().I2C;
		},
		get SPI() {
			return simulated().SPI;
		},
		get Digital() {
			return simulated().Digital;
		},
	},
	packedTable,
	siteText,
	plugins: takePlugins(findMods({ archive: Modules.archive ?? [], run: runPlugin })),
	// Number: what mcconfig takes from its command line is text
	options: {
		modbusPort: Number(config["modbusPort"]),
		httpPort: Number(config["httpPort"]),
		broker: String(config["broker"]),
	},
	firmware: config["firmware"],
	...(files ? { files } : {}),
	panel: panel.devices,
};

export default host;
