import Resource from "Resource";
import Listener from "embedded:io/socket/listener";
import config from "mc/config";
import type { ListenerClass } from "../../modules/base/io";
import type { LogLevel } from "../../modules/base/log";
import type { Host } from "../host";
import { TCP } from "../moddable/tcp";
import { WebFiles } from "../web-files";
import { board } from "./board";
import { boardSetup } from "./board-setup";
import Ethernet from "./ethernet";
import { hasDebugger, restart } from "./firmware";
import { panelDevices } from "./panel-devices";
import { LineRS485 } from "./rs485-line";
import { BoardClock } from "./time";
import { ethernetPins } from "./wiring";

const traced = (level: LogLevel, area: string, text: string): void => trace(`${level} ${area}: ${text}\n`);

/** Files of the flash image. */
const readResource = (name: string): ArrayBuffer | undefined =>
	Resource.exists(name) ? (new Resource(name) as unknown as ArrayBuffer) : undefined;

/** The platform: called once, when the module "host" is loaded. */
export function boardHost(): Host {
	const clock = new BoardClock();
	const { log, ...setup } = boardSetup({
		clock,
		random: Math.random,
		log: traced,
		restart: () => restart(),
		hasDebugger: hasDebugger(),
		openEthernet,
	});
	const files = WebFiles.open(readResource);
	return {
		clock,
		random: Math.random,
		log,
		io: { TCP, Listener: Listener as unknown as ListenerClass, RS485: LineRS485 },
		options: {},
		firmware: config["firmware"],
		...(files ? { files } : {}),
		...setup,
		panel: panelDevices(clock, log),
	};
}

/** The cable's port, where the board has one. */
function openEthernet(hostName: string, onChanged: () => void): Ethernet | undefined {
	const pins = ethernetPins(board.pins);
	return pins && new Ethernet({ ...pins, hostName, onChanged });
}
