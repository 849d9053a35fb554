import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DesktopHub } from "../../hosts/desktop/app";
import { until } from "../adapters/real-clock";
import { freePort, root, temporaryFolder } from "../peers";

interface SiteDraft {
	services?: Record<string, unknown>;
}

/** The hub of sites/der.json on XS, in real time, on a TCP port and, where it is given, on a serial line. */
export class DerHub {
	readonly #folder = temporaryFolder();
	readonly errors: Error[] = [];
	readonly logged: string[] = [];
	port = 0;
	readonly #siteText: string;
	#hub: DesktopHub | undefined;

	/** Default: sites/der.json. */
	constructor(siteText = readFileSync(join(root, "sites/der.json"), "utf8")) {
		this.#siteText = siteText;
	}

	/** Resolves once all DERs have told what they are and their controls are there. */
	async start(line?: { port: string; baud: number }): Promise<void> {
		this.port ||= await freePort();
		const site = JSON.parse(this.#siteText) as SiteDraft;
		site.services = { ...site.services, sunspec: { ...(line ? { rtu: line } : {}) } };
		this.#hub = new DesktopHub({
			siteText: JSON.stringify(site),
			dataFolder: this.#folder.path,
			network: "real",
			options: { modbusPort: this.port, httpPort: await freePort(), broker: "" },
			sim: { startHour: 12 },
			log: (level, area, text) => this.logged.push(`${level} ${area}: ${text}`),
			trace: (text) => this.logged.push(text),
			onError: (error) => this.errors.push(error),
		});
	}

	/** Another bit rate of the line; what the hub keeps in its data folder stays. */
	async restart(line: { port: string; baud: number }): Promise<void> {
		this.#hub?.close();
		await this.start(line);
	}

	get hub(): DesktopHub {
		if (!this.#hub) throw new Error("the hub does not run");
		return this.#hub;
	}

	/** Waits for a thing to be so, telling the hub's log when it is not. */
	until(what: string, ready: () => unknown): Promise<void> {
		return until(() => `${what}\n${this.logged.slice(-20).join("\n")}`, ready, 15_000, 20);
	}

	close(): void {
		this.#hub?.close();
		this.#hub = undefined;
		this.#folder.remove();
	}
}
