/** The whole hub over TLS to Mosquitto: an authority of the test's own, then the same broker without it. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, it } from "vitest";
import { describeWithPeers, freePort, type Peer, root, start, temporaryFolder } from "./peers";

describeWithPeers("TLS to Mosquitto", ["mosquitto", "mosquitto_sub", "openssl"], () => {
	const folder = temporaryFolder();
	const file = (name: string): string => join(folder.path, name);
	let port: number;
	let broker: Peer;

	beforeAll(async () => {
		const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe", cwd: folder.path });
		const key = ["-newkey", "rsa:2048", "-nodes"];
		openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority");
		openssl("req", ...key, "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=localhost");
		writeFileSync(file("names"), "subjectAltName=DNS:localhost");
		const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"];
		openssl("x509", "-req", "-in", "broker.csr", ...signed, "-out", "broker.pem");
		port = await freePort();
		const keys = `cafile ${file("ca.pem")}\ncertfile ${file("broker.pem")}\nkeyfile ${file("broker.key")}`;
		writeFileSync(file("conf"), `listener ${port} 127.0.0.1\n${keys}\nallow_anonymous true\nuser root\n`);
		broker = start("mosquitto", ["-c", file("conf")]);
		await broker.waitFor(/mosquitto version [\d.]+ running/);
	});
	afterAll(async () => {
		await broker?.stop();
		folder.remove();
	});

	const hub = async (env: Record<string, string>): Promise<Peer> => {
		const ports = ["--modbus", `${await freePort()}`, "--http", `${await freePort()}`];
		const where = ["--broker", `mqtts://localhost:${port}`, "--data", file("data")];
		return start(process.execPath, [join(root, "tools/start.mjs"), "--headless", ...ports, ...where], env);
	};

	it("publishes to a broker whose authority it trusts", async () => {
		const trusting = await hub({ NODE_EXTRA_CA_CERTS: file("ca.pem") });
		const subscriber = start("stdbuf", [
			"-oL",
			"mosquitto_sub",
			"--cafile",
			file("ca.pem"),
			"-h",
			"localhost",
			"-p",
			`${port}`,
			"-t",
			"openami/#",
			"-v",
		]);
		await subscriber.waitFor(/\/telemetry \{"schemaVersion":"0\.1"/, 20_000);
		await trusting.stop("SIGTERM");
		await subscriber.stop();
	}, 40_000);

	it("refuses one it does not know, says why, and goes on", async () => {
		const wary = await hub({});
		await wary.waitFor(/mqtt: no connection: TLS: the certificate of localhost:\d+ does not verify/, 20_000);
		await wary.waitFor(/8 of 8 devices answer.* mqtt not connected, 0 sent/, 20_000);
		await wary.stop("SIGTERM");
	}, 60_000);
});
