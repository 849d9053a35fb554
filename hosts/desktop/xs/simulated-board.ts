import UDP from "embedded:io/socket/udp";
import files from "embedded:storage/files";
import app from "host:app";
import type { ButtonEvent } from "../../../modules/buttons/buttons";
import { captiveAnswer } from "../../../modules/setup/captive-dns";
import type { FoundNetwork } from "../../../modules/setup/device";
import { type BoardRadio, Provisioning } from "../../../modules/setup/provisioning";
import { TimeKeeper } from "../../../modules/setup/time-keeper";
import { WallClock } from "../../../modules/setup/wall-clock";
import { knownDevices } from "../../../modules/site/known-devices";
import type { FlashFiles } from "../../esp32s3/sdk";
import { boardStorage } from "../../esp32s3/settings-store";
import type { Host } from "../../host";
import { ModdableClock } from "../../moddable/clock";
import desktop from "./host";

/** A network in reach of the simulated radio. */
interface AirNetwork extends FoundNetwork {
	/** "" for an open one. */
	password: string;
	/** What its DHCP gives; "" for nothing. */
	address: string;
}

const kJoinMs = 2000;
const kAddressMs = 500;
const kTimeServer = "127.0.0.1";
const kOwnAddress = [192, 168, 4, 1] as const;

const ticks = new ModdableClock(() => false);
const wall = new WallClock(() => ticks.now());
const clock = {
	now: () => ticks.now(),
	epochMs: () => wall.epochMs(),
	setTimer: (callback: () => void, delayMs: number) => ticks.setTimer(callback, delayMs),
	clearTimer: (id: Parameters<typeof ticks.clearTimer>[0]) => ticks.clearTimer(id),
};

/** What the radio hears, and what it was told to do. */
const air: { networks: AirNetwork[]; done: string[]; attempt: number } = { networks: [], done: [], attempt: 0 };
let press: ((event: ButtonEvent) => void) | undefined;
let onClockSet: ((source: string, errorMs: number) => void) | undefined;
let dns: UDP | undefined;

const radio: BoardRadio = {
	connect(ssid, password) {
		air.done.push(`connect ${ssid}`);
		const attempt = ++air.attempt;
		const isCurrent = () => attempt === air.attempt;
		clock.setTimer(() => {
			if (!isCurrent()) return;
			const network = air.networks.find(({ name }) => name === ssid);
			if (!network || network.password !== password) {
				setup.uplink.wifiDown(network !== undefined);
				return;
			}
			setup.uplink.wifiJoined();
			if (network.address === "") return;
			clock.setTimer(() => {
				if (isCurrent()) setup.uplink.wifiUp(network.address, network.signalDbm);
			}, kAddressMs);
		}, kJoinMs);
	},
	disconnect() {
		air.attempt++;
		air.done.push("disconnect");
	},
	openAccessPoint(name, _password, beside) {
		air.done.push(`open ${name}${beside ? " beside" : ""}`);
		try {
			dns = new UDP({ port: 53, onReadable: answer });
		} catch {
			// on the network of this computer the port is not for everybody
		}
	},
	closeAccessPoint() {
		air.done.push("close");
		dns?.close();
		dns = undefined;
	},
	scan: (onFound) => void clock.setTimer(() => onFound(air.networks), kJoinMs),
};

function answer(packets: number): void {
	for (let i = 0; i < packets; i++) {
		const query = dns?.read();
		const reply = query && captiveAnswer(new Uint8Array(query), kOwnAddress);
		if (query && reply) dns?.write(reply, query.address, query.port);
	}
}

const time = new UDP({
	port: 0,
	onReadable: (packets) => {
		for (let i = 0; i < packets; i++) {
			const packet = time.read();
			if (packet) keeper.received(new Uint8Array(packet));
		}
	},
});

const keeper = new TimeKeeper({
	clock,
	random: Math.random,
	wall,
	servers: [kTimeServer],
	send: (server, packet) => time.write(packet, server, 123),
	onTime: (source, errorMs) => onClockSet?.(source, errorMs),
	log: desktop.log,
});

const setup = new Provisioning({
	clock,
	random: Math.random,
	storage: boardStorage(files as unknown as FlashFiles),
	radio,
	boardId: "1a2b",
	known: knownDevices(),
	restart: () => app.restart(),
	onNetwork: (state) => keeper.network(state.state === "up"),
	log: desktop.log,
});
setup.start();

/** A board as the device is one, with its settings in the data folder and a radio that only thinks it sends. */
const { timeKeeper: _, adminPassword: __, ...common } = desktop;
const host: Host = {
	...common,
	clock,
	siteText: setup.siteKeeper.text,
	siteStore: {
		place: "the board's flash memory",
		save: (text) => setup.siteKeeper.save(text),
		stored: () => setup.siteKeeper.stored(),
	},
	restart: () => setup.restart(),
	network: () => setup.uplink.state,
	panel: {
		buttons: (onEvent) => {
			press = onEvent;
			return { close: () => (press = undefined) };
		},
		actions: { B1: { press: "next" } },
	},
	setup,
	onClockSet: (callback) => (onClockSet = callback),
};

export default host;

/** For a test in Node: plain values only. */
export const bench = {
	/** JSON of the networks in reach. */
	setAir: (text: string) => (air.networks = JSON.parse(text) as AirNetwork[]),
	/** What the radio was told since the last call. */
	takeDone: () => air.done.splice(0).join("\n"),
	loseWifi: () => setup.uplink.wifiDown(false),
	cable: (address: string) => setup.uplink.ethernet(address),
	accessPointPassword: () => setup.accessPoint?.().password ?? "",
	press: (type: ButtonEvent["type"], heldMs: number) => press?.({ type, button: "B1", heldMs, count: 0 }),
};
