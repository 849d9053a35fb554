import host from "host";
import main from "../../main";

/** Starts the application and says, on the trace, where to look, or in one line why it does not run. */
export default function start(): void {
	const { log, options } = host;
	try {
		const application = main();
		// the engine keeps open sockets and timers by itself; the debugger finds the rest here
		(globalThis as { gridpost?: typeof application }).gridpost = application;
		const { devices, name } = application.snapshot();
		const units = devices.map((device) => device.unit).join(", ");
		log("info", "mcsim", `${name}: Modbus TCP port ${options.modbusPort}, units 1, ${units}`);
		log(
			"info",
			"mcsim",
			`http://127.0.0.1:${options.httpPort}/api/site, telemetry to ${options.broker || "no broker"}`,
		);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		log("error", "mcsim", `${reason}; ports wanted: ${options.modbusPort} and ${options.httpPort}`);
	}
}
