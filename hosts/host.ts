import type { Clock, Random } from "../modules/base/clock";
import type { ListenerClass, TcpClass } from "../modules/base/io";
import type { Log } from "../modules/base/log";
import type { Rs485Class } from "../modules/modbus/client-link";

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
	};
	/** Text of the site file. */
	siteText: string;
	options: HostOptions;
	/** Version of the program, printable, without quotes. */
	firmware: string;
}

/** Settings of the command line or the board, over those of the site file. */
export interface HostOptions {
	/** TCP port of the SunSpec server. */
	modbusPort?: number;
	httpPort?: number;
	/** "mqtt://host:port" or "mqtts://host:port"; "" for none. */
	broker?: string;
}
