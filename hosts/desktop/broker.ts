import { createServer, type Server } from "node:net";
import { Aedes } from "aedes";

export interface EmbeddedBroker {
	/** The real one, when 0 was asked for. */
	port: number;
	close(): Promise<void>;
}

/**
 * An MQTT broker inside the process, for trying things out; a pole in service has one elsewhere. Anybody on this
 * computer may connect, nobody from outside. Rejects with Node's error when the port cannot be had.
 */
export async function startBroker(port: number): Promise<EmbeddedBroker> {
	const aedes = await Aedes.createBroker();
	const server: Server = createServer(aedes.handle);
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
	const address = server.address();
	return {
		port: typeof address === "object" && address ? address.port : port,
		close: () =>
			new Promise((resolve) => {
				aedes.close(() => server.close(() => resolve()));
			}),
	};
}
