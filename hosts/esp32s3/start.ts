import host from "host";
import main from "../../main";
import * as firmware from "./firmware";
import { Trial } from "./trial";

/**
 * After a start that failed: time to read why, on the console. Less than the boot guard's minute, so that it leaves out a
 * site file that is at fault: then there is at least the dashboard to mend it with.
 */
const kRestartMs = 30_000;

/** Starts the application; a new image stays once it does its work. */
export default function start(): void {
	const { clock, log, network } = host;
	let application: ReturnType<typeof main> | undefined;
	const trial = new Trial({
		clock,
		log,
		firmware,
		healthy: () => application !== undefined && isWorking(application, network?.().state),
	});
	try {
		application = main();
		// the engine keeps open sockets and timers by itself; the debugger finds the rest here
		(globalThis as { gridpost?: typeof application }).gridpost = application;
	} catch (error) {
		log("error", "board", error instanceof Error ? error.message : String(error));
		trial.failed();
		clock.setTimer(() => firmware.restart(), kRestartMs);
	}
}

/** It has read a device, where there are any, and somebody can reach it: by its network, or by its own one. */
function isWorking(application: ReturnType<typeof main>, network: string | undefined): boolean {
	const { buses } = application.snapshot();
	return (network === "up" || network === "setup") && (buses.length === 0 || buses.some((bus) => bus.reads > 0));
}
