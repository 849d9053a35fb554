import type { Clock, Random } from "../modules/base/clock";
import type { ListenerClass, TcpClass } from "../modules/base/io";
import type { KeptValues } from "../modules/base/kept";
import type { Log } from "../modules/base/log";
import type { NetworkState } from "../modules/base/network";
import type { DigitalClass, I2cClass, SpiClass } from "../modules/base/wires";
import type { CanClass } from "../modules/canbus/types";
import type { LoadedPlugins } from "../modules/devices/plugin-table";
import type { AssetProvider } from "../modules/http/server";
import type { Rs485Class } from "../modules/modbus/client-link";
import type { PanelDevices } from "../modules/panel/devices";
import type { SetupDevice } from "../modules/setup/device";

/**
 * What a platform gives the application. Each platform has a module with the specifier "host" whose default export is
 * one of these: hosts/desktop/xs/host.ts, hosts/mcsim/host.ts. main.ts is the only one to import it.
 */
export interface Host {
	clock: Clock;
	/** Who keeps the wall clock right without us, such as "system" for an operating system; left out: nobody. */
	timeKeeper?: string;
	random: Random;
	log: Log;
	io: {
		TCP: TcpClass;
		/** The TLS client; left out where a platform has none yet. */
		TLS?: TcpClass;
		Listener: ListenerClass;
		/** RS-485 lines: by UART number or path, and by "sim:NAME" where there is a simulator. */
		RS485: Rs485Class;
		/** CAN controllers; left out where a platform has none. */
		CAN?: CanClass;
		/** Chips on the board's I2C and SPI buses, and its outputs; left out where a platform has none. */
		I2C?: I2cClass;
		SPI?: SpiClass;
		Digital?: DigitalClass;
	};
	/** A device table that few sites need, as tools/build-tables.mjs has packed it; undefined when there is none. */
	packedTable: (id: string) => Uint8Array | undefined;
	/** Text of the site file. */
	siteText: string;
	options: HostOptions;
	/** Version of the program, printable, without quotes. */
	firmware: string;
	/** The dashboard's files; left out: there is no dashboard. */
	files?: AssetProvider;
	/** Where a new site file goes; left out: the site cannot be changed from here. */
	siteStore?: SiteStore;
	/** What the application itself keeps over a restart; left out: it starts anew each time. */
	kept?: KeptValues;
	/** Device tables from elsewhere, and those that had to be left out. Left out: there are none. */
	plugins?: LoadedPlugins;
	/** Stops the program and starts it anew, after the answer to whoever asked is out; left out: it cannot. */
	restart?: () => void;
	/** Password of the user "admin", asked for by everything that changes something; left out or "": none is asked for. */
	adminPassword?: string;
	/** What connects the hub; left out: the operating system's business. */
	network?: () => NetworkState;
	/** The board's screen, lamp, relay and buttons. */
	panel?: PanelDevices;
	/** Settings that a person gives on site, and the state of the set-up access point. Its admin password comes first. */
	setup?: SetupDevice;
	/** Calls back each time that a source has set or confirmed the wall clock, also for one that did before. */
	onClockSet?: (callback: (source: string, errorMs: number) => void) => void;
}

export interface SiteStore {
	/** Where the text goes, for a person: "site.json in flash". */
	place: string;
	/** Keeps a site file that has been validated, whole or not at all; the one before stays as a copy. Throws when it cannot. */
	save(text: string): void;
	/** What is stored, valid or not, where that may be another text than the one that runs. */
	stored?(): string | undefined;
}

/** Settings of the command line or the board, over those of the site file. */
export interface HostOptions {
	/** TCP port of the SunSpec server. */
	modbusPort?: number;
	httpPort?: number;
	/** "mqtt://host:port" or "mqtts://host:port"; "" for none. */
	broker?: string;
}
