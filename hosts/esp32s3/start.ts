import host from "host";
import main from "../../main";

/** Starts the application. */
export default function start(): void {
	try {
		main();
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		host.log("error", "board", reason);
	}
}
