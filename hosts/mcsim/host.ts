import Resource from "Resource";
import Listener from "embedded:io/socket/listener";
import { simulatedRS485 } from "hosts/mcsim/sim-rs485";
import { ModdableClock } from "hosts/moddable/clock";
import { TCP } from "hosts/moddable/tcp";
import config from "mc/config";
import { utf8Decode } from "modules/base/bytes";
import { Pole, type PoleDevice } from "sim/pole";
import type { ListenerClass } from "../../modules/base/io";
import type { LogLevel } from "../../modules/base/log";
import type { Host } from "../host";

// The device's name for this file is "host", so its imports stand as the device knows them, not relative to this folder.

const clock = new ModdableClock(() => true);
const siteText = utf8Decode(new Uint8Array(new Resource("demo.json").slice(0))) ?? "";

/** Built when the first simulated line is opened: by then the application has found the site file in order. */
let pole: Pole | undefined;

function line(bus: string) {
	pole ??= new Pole({ devices: (JSON.parse(siteText) as { devices: PoleDevice[] }).devices });
	return pole.line(bus);
}

/** The simulator of the Moddable SDK: the demo site with simulated devices, on the network of this computer. */
const host: Host = {
	clock,
	timeKeeper: "system",
	random: Math.random,
	log: (level: LogLevel, area: string, text: string) => trace(`${level} ${area}: ${text}\n`),
	io: { TCP, Listener: Listener as unknown as ListenerClass, RS485: simulatedRS485(line, clock) },
	siteText,
	// Number: what mcconfig takes from its command line is text
	options: {
		modbusPort: Number(config["modbusPort"]),
		httpPort: Number(config["httpPort"]),
		broker: String(config["broker"]),
	},
	firmware: config["firmware"],
};

export default host;
