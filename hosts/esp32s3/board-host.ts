import Resource from "Resource";
import Listener from "embedded:io/socket/listener";
import SocketTCP from "embedded:io/socket/tcp";
// biome-ignore lint/suspicious/noTsIgnore: an error only where the SDK, which has no declaration of it, builds
// @ts-ignore
import SocketTLS from "embedded:io/socket/tcp/tls";
import config from "mc/config";
import type { ListenerClass, TcpClass } from "../../modules/base/io";
import type { LogLevel } from "../../modules/base/log";
import { knownDevices } from "../../modules/site/known-devices";
import type { Host } from "../host";
import { namedTCP } from "../moddable/named-tcp";
import { WebFiles } from "../web-files";
import { board } from "./board";
import { boardSetup } from "./board-setup";
import { PortCAN } from "./can-port";
import Ethernet from "./ethernet";
import { hasDebugger, lastNote, resetReason, restart, slot, state } from "./firmware";
import { lateListener } from "./late-listener";
import { panelDevices } from "./panel-devices";
import { boardPlugins } from "./plugin-mods";
import { resolve } from "./resolver";
import { LineRS485 } from "./rs485-line";
import type { FlashFiles } from "./sdk";
import { BoardClock } from "./time";
import { base64Bytes, trustedTLS } from "./tls";
import { BoardWires } from "./wires";
import { ethernetPins } from "./wiring";

/** The trace of a debug build; a release build has none, and its console shows the log. */
const traceLog = (level: LogLevel, area: string, text: string): void => trace(`${level} ${area}: ${text}\n`);

/** Files of the firmware image. */
const readResource = (name: string): ArrayBuffer | undefined =>
	Resource.exists(name) ? (new Resource(name) as unknown as ArrayBuffer) : undefined;

/** The platform: called once, when the module "host" is loaded. */
export function boardHost(flash: FlashFiles): Host {
	const clock = new BoardClock();
	const TCP = namedTCP(SocketTCP as unknown as TcpClass, resolve);
	const { pins } = board;
	const wires = new BoardWires();
	const plugins = boardPlugins({ clock, files: flash, log: traceLog });
	const { log, ...setup } = boardSetup({
		clock,
		files: flash,
		known: knownDevices(plugins.tables),
		// esp_random: the hardware's noise
		random: Math.random,
		log: traceLog,
		restart,
		hasDebugger: hasDebugger(),
		openEthernet: (hostName, onChanged) => {
			const wires = ethernetPins(pins);
			return wires && new Ethernet({ ...wires, hostName, onChanged });
		},
	});
	const authority = base64Bytes(String(config["authority"]));
	if (!authority && config["authority"]) log("error", "board", "the key authority is no base64 of a certificate (DER)");
	const firmware = String(config["firmware"]);
	log("info", "board", `${board.title}, Gridpost ${firmware} from ${slot()} (${state()}), started by ${resetReason()}`);
	const words = lastNote();
	if (words !== "") log("error", "board", `it stopped before by itself: ${words}`);
	const files = WebFiles.open(readResource);
	return {
		clock,
		random: Math.random,
		log,
		io: {
			TCP,
			...(authority ? { TLS: trustedTLS(SocketTLS as never, TCP, authority) } : {}),
			Listener: lateListener(Listener as unknown as ListenerClass, { clock, log }),
			RS485: LineRS485,
			...(PortCAN ? { CAN: PortCAN } : {}),
			I2C: wires.I2C,
			SPI: wires.SPI,
			Digital: wires.Digital,
		},
		packedTable: (id) => {
			const bytes = readResource(`${id}.table`);
			return bytes && new Uint8Array(bytes);
		},
		options: {},
		firmware,
		plugins,
		...(files ? { files } : {}),
		panel: panelDevices(clock, log, wires),
		...setup,
	};
}
