import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import TLS from "embedded:io/socket/tcp/tls";
import keyValue from "embedded:storage/key-value";
import app from "host:app";
import type { ListenerClass, TcpClass } from "../../../modules/base/io";
import CAN from "../../../modules/can/can";
import type { CanClass } from "../../../modules/canbus/types";
import { fromPlainJson } from "../../../modules/devices/plain";
import { type FoundPlugin, takePlugins } from "../../../modules/devices/plugin-table";
import type { Rs485Class } from "../../../modules/modbus/client-link";
import RS485 from "../../../modules/rs485/rs485";
import { SimBoard } from "../../../sim/board-io";
import type { Host } from "../../host";
import { ModdableClock } from "../../moddable/clock";
import { WebFiles } from "../../web-files";

/** Opened for each call: a machine that is gone holds nothing. */
function values<T>(action: (store: ReturnType<typeof keyValue.open>) => T): T {
	const store = keyValue.open({ path: "gridpost", format: "buffer" });
	try {
		return action(store);
	} finally {
		store.close();
	}
}

function bytesOf(buffer: ArrayBuffer | undefined): Uint8Array | undefined {
	return buffer && new Uint8Array(buffer);
}

/** A computer has none of a board's chips and pins: all of them are simulated. */
const clock = new ModdableClock(() => true);
let chips: SimBoard | undefined;

/** Made for the first site that asks for it. */
function simulated(): SimBoard {
	return (chips ??= new SimBoard({ now: () => clock.now() }));
}

const place = app.sitePlace();
const files = WebFiles.open((name) => app.webFile(name));

/** The desktop's platform: the machine's clock, Node's sockets, lines by path or "sim:NAME". */
const host: Host = {
	clock,
	timeKeeper: "system",
	random: Math.random,
	log: (level, area, text) => app.log(level, area, text),
	io: {
		TCP: TCP as unknown as TcpClass,
		TLS: TLS as unknown as TcpClass,
		Listener: Listener as unknown as ListenerClass,
		RS485: RS485 as unknown as Rs485Class,
		CAN: CAN as unknown as CanClass,
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
	packedTable: (id) => bytesOf(app.packedTable(id)),
	siteText: app.siteText(),
	options: app.options(),
	firmware: app.firmware(),
	...(files ? { files } : {}),
	kept: {
		read: (key) => {
			const bytes = values((store) => store.read(key));
			return bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : undefined;
		},
		write: (key, bytes) => values((store) => store.write(key, bytes)),
	},
	...(place === ""
		? {}
		: { siteStore: { place, save: (text: string) => app.saveSite(text) }, restart: () => app.restart() }),
	adminPassword: app.adminPassword(),
	plugins: takePlugins(fromPlainJson(app.plugins()) as FoundPlugin[]),
};

export default host;
