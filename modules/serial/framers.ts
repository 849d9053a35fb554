import { DalyFramer } from "./daly";
import type { Framer } from "./framer";
import { HuanyangFramer } from "./huanyang";
import { JkFramer } from "./jk";
import { PylontechFramer } from "./pylontech";

/** A new framer of the protocol of this name; undefined for one that has none here. */
export function framerOf(protocol: string): Framer | undefined {
	switch (protocol) {
		case "daly":
			return new DalyFramer();
		case "huanyang":
			return new HuanyangFramer();
		case "jk":
			return new JkFramer();
		case "pylontech":
			return new PylontechFramer();
		default:
			return undefined;
	}
}
