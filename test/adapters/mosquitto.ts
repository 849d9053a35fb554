import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type Peer, start, temporaryFolder } from "../peers";

/** A Mosquitto of the test's own, with its data in a folder of its own, so that it can be killed and started again. */
export class Mosquitto {
	port = 0;
	readonly #folder = temporaryFolder();
	#peer: Peer | undefined;

	/** @param users name to password; without any, everybody may come in */
	async start(users: Record<string, string> = {}): Promise<void> {
		const { path } = this.#folder;
		if (this.port === 0) {
			this.port = await freePort();
			mkdirSync(join(path, "data"), { recursive: true });
			const names = Object.keys(users);
			writeFileSync(join(path, "passwords"), "");
			for (const name of names)
				execFileSync("mosquitto_passwd", ["-b", join(path, "passwords"), name, users[name]!], { stdio: "pipe" });
			const settings = [
				`listener ${this.port} 127.0.0.1`,
				names.length ? `allow_anonymous false\npassword_file ${join(path, "passwords")}` : "allow_anonymous true",
				`persistence true\npersistence_location ${join(path, "data")}/`,
				"user root\nlog_type all\nset_tcp_nodelay true\nmax_queued_messages 0",
			];
			writeFileSync(join(path, "conf"), `${settings.join("\n")}\n`);
		}
		this.#peer = start("mosquitto", ["-c", join(path, "conf")]);
		await this.#peer.waitFor(/mosquitto version [\d.]+ running/);
	}

	get log(): string {
		return this.#peer?.output() ?? "";
	}

	/** SIGTERM lets it save its sessions, SIGKILL does not, SIGSTOP makes it a broker that says nothing. */
	async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
		await this.#peer?.stop(signal);
	}

	signal(signal: NodeJS.Signals): void {
		this.#peer?.process.kill(signal);
	}

	/** A mosquitto_sub that is subscribed. */
	async subscriber(...args: string[]): Promise<Peer> {
		// it would keep what it prints to a pipe until there are 4 KB of it
		const peer = start("stdbuf", [
			"-oL",
			"mosquitto_sub",
			"-p",
			String(this.port),
			"-d",
			"-F",
			"got %t %q %r %p",
			...args,
		]);
		await peer.waitFor(/Subscribed \(mid/);
		return peer;
	}

	publish(...args: string[]): void {
		execFileSync("mosquitto_pub", ["-p", String(this.port), ...args], { stdio: "pipe" });
	}

	async remove(): Promise<void> {
		await this.#peer?.stop("SIGKILL");
		this.#folder.remove();
	}
}
