import Listener from "embedded:io/socket/listener";
import config from "mc/config";
import type { ListenerClass } from "../../modules/base/io";
import type { Host } from "../host";
import { ModdableClock } from "../moddable/clock";
import { TCP } from "../moddable/tcp";

/** The platform: called once, when the module "host" is loaded. */
export function boardHost(): Host {
	const clock = new ModdableClock(() => true);
	return {
		clock,
		random: Math.random,
		log: (level, area, text) => trace(`${level} ${area}: ${text}\n`),
		io: { TCP, Listener: Listener as unknown as ListenerClass, RS485: class {} as never },
		siteText: "{}",
		options: {},
		firmware: config["firmware"],
	};
}
