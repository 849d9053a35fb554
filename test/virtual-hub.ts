import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Aedes } from "aedes";
import { DesktopHub, type DesktopHubOptions } from "../hosts/desktop/app";
import type { Snapshot } from "../hosts/desktop/table";
import { root } from "./peers";

export interface Received {
	topic: string;
	/** Virtual time of arrival, ms. */
	atMs: number;
	body: {
		ts: string;
		seq: number;
		event?: { type: string };
		registers: { obis: string; value: unknown; quality: string; ts?: string }[];
	};
}

interface SiteDraft {
	devices: { id: string; serial: string; role: string; poll?: Record<string, number> }[];
	services: Record<string, unknown>;
}

/** The demo site with changes. */
export function demoSite(change: (site: SiteDraft) => void = () => {}): string {
	const site = JSON.parse(readFileSync(join(root, "sites/demo.json"), "utf8")) as SiteDraft;
	change(site);
	return JSON.stringify(site);
}

/**
 * The whole hub on XS in virtual time, with a broker (aedes) behind the virtual network that can be killed and started
 * again, and a list of every message a subscriber of that broker got.
 */
export class VirtualHub {
	readonly hub: DesktopHub;
	readonly received: Received[] = [];
	readonly errors: Error[] = [];
	readonly logged: string[] = [];
	#broker: { aedes: Aedes; stop(): void } | undefined;

	constructor(options: Partial<DesktopHubOptions> & { siteText: string }) {
		this.hub = new DesktopHub({
			clock: "virtual",
			network: "virtual",
			epochMs: Date.UTC(2026, 0, 1),
			onError: (error) => this.errors.push(error),
			log: (level, area, text) => this.logged.push(`${level} ${area}: ${text}`),
			options: { modbusPort: 502, httpPort: 80, broker: "mqtt://10.9.9.9:1883" },
			...options,
		});
	}

	snapshot(): Snapshot {
		return this.hub.snapshot();
	}

	device(id: string): Snapshot["devices"][number] {
		return this.snapshot().devices.find((device) => device.id === id)!;
	}

	async startBroker(): Promise<void> {
		const aedes = await Aedes.createBroker();
		aedes.subscribe(
			"openami/#",
			(packet, done) => {
				const body = JSON.parse(packet.payload.toString()) as Received["body"];
				this.received.push({ topic: packet.topic, atMs: this.hub.machine.now(), body });
				done();
			},
			() => {},
		);
		const listener = this.hub.network!.listen(1883, (stream) => aedes.handle(stream as never));
		this.#broker = {
			aedes,
			stop: () => {
				// the program dies: no goodbye, nothing kept
				listener.close(true);
				aedes.close();
			},
		};
	}

	/** A message of somebody else at the broker. */
	publish(topic: string, payload: string, retain = false): void {
		const message = { cmd: "publish" as const, qos: 0 as const, dup: false, topic, payload, retain };
		this.#broker!.aedes.publish(message, () => {});
	}

	killBroker(): void {
		this.#broker?.stop();
		this.#broker = undefined;
	}

	/** Moves time on, letting the broker speak whenever something has reached it. */
	advance(ms: number): Promise<void> {
		return this.hub.run(ms);
	}

	close(): void {
		this.killBroker();
		this.hub.close();
	}
}
