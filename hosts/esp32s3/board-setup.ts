import config from "mc/config";
import type { Random } from "../../modules/base/clock";
import type { Log } from "../../modules/base/log";
import { SetupConsole } from "../../modules/setup/console";
import { Provisioning } from "../../modules/setup/provisioning";
import type { KnownDevices } from "../../modules/site/site-file";
import type { Host } from "../host";
import { board } from "./board";
import { BoardRadioEsp32, LocalName } from "./network";
import type { FlashFiles } from "./sdk";
import { SerialLine } from "./serial-console";
import { boardId, boardStorage, keptValues } from "./settings-store";
import { type BoardClock, BoardTime, openClockChip } from "./time";

/** How often the strength of the Wi-Fi signal is looked at. */
const kSignalPeriodMs = 10_000;

export interface BoardSetupOptions {
	clock: BoardClock;
	files: FlashFiles;
	random: Random;
	/** Where log lines go besides the console. */
	log: Log;
	/** Starts the chip anew, at once. */
	restart: () => void;
	/** What a site file may name. */
	known: KnownDevices;
	/** UART 0 is the debugger's: there is no console then. */
	hasDebugger: boolean;
	/** Opens the port of the cable; undefined or a throw: there is none. */
	openEthernet?: (hostName: string, onChanged: () => void) => { readonly address: string } | undefined;
}

/** The part of the host that set-up gives, and where its log goes. */
export type BoardSetup = Required<
	Pick<Host, "siteText" | "siteStore" | "kept" | "restart" | "network" | "setup" | "onClockSet">
> & {
	log: Log;
};

/**
 * Reads what the board keeps, then begins to connect, to keep the time and to listen on the serial console. What fails here
 * is told and left out: the hub reads its meters without network, name or console.
 */
export function boardSetup(options: BoardSetupOptions): BoardSetup {
	const { clock, random, restart } = options;
	let serialConsole: SetupConsole | undefined;
	const log: Log = (level, area, text) => {
		options.log(level, area, text);
		serialConsole?.log(level, area, text);
	};
	const attempt = <T>(what: string, action: () => T): T | undefined => {
		try {
			return action();
		} catch (error) {
			log("warn", "board", `${what}: ${error instanceof Error ? error.message : error}`);
			return undefined;
		}
	};

	const chip = attempt("clock chip", () => openClockChip(board.pins));
	const time = new BoardTime({ clock, random, log, ...(chip ? { chip } : {}) });
	const radio = new BoardRadioEsp32(log);
	const setup = new Provisioning({
		clock,
		random,
		storage: boardStorage(options.files),
		radio,
		boardId: attempt("the board's number", () => boardId(random)) ?? "0000",
		known: options.known,
		restart,
		onNetwork: (state) => {
			attempt("time", () => time.network(state.state === "up"));
			localName.network(state);
		},
		log,
	});
	const { siteKeeper, uplink } = setup;
	const hostName = () => setup.settings().hostName;
	const localName = new LocalName({ hostName, httpPort: 80, log });
	attempt("radio", () => radio.attach(uplink));
	const ethernet = attempt("Ethernet", () => options.openEthernet?.(hostName(), cable));
	setup.start();
	cable();
	watchSignal();

	const network = () => uplink.state;
	const site = {
		stored: () => siteKeeper.stored(),
		check: (text: string) => siteKeeper.check(text),
		save: (text: string) => siteKeeper.save(text),
	};
	if (!options.hasDebugger) attempt("console", startConsole);
	return {
		siteText: siteKeeper.text,
		siteStore: { place: "the board's flash memory", save: site.save, stored: site.stored },
		kept: keptValues,
		restart: () => setup.restart(),
		network,
		setup,
		onClockSet: (callback) => time.onSet(callback),
		log,
	};

	function cable(): void {
		uplink.ethernet(ethernet?.address ?? "");
	}

	function watchSignal(): void {
		if (uplink.state.by === "wifi" && uplink.state.state === "up") uplink.wifiSignal(radio.signalDbm);
		clock.setTimer(watchSignal, kSignalPeriodMs);
	}

	function startConsole(): void {
		const line = new SerialLine((bytes) => serialConsole?.receive(bytes));
		serialConsole = new SetupConsole({
			write: (text) => line.write(text),
			device: setup,
			network,
			site,
			restart: () => setup.restart(),
			status: () => [`time       ${timeText(clock.epochMs())}`],
			firmware: String(config["firmware"]),
		});
		serialConsole.start();
	}
}

function timeText(epochMs: number | undefined): string {
	return epochMs === undefined ? "not set yet" : new Date(epochMs).toISOString();
}
