import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Aedes } from "aedes";
import { DesktopHub, type DesktopHubOptions } from "../hosts/desktop/app";
import { findRoot } from "../hosts/desktop/loader";
import { boardHub } from "./board";

interface DeviceDraft {
	id: string;
	serial: string;
	device: string;
	bus: string;
	address: number;
	unit: number;
	role: string;
	sim?: string;
}

interface SiteDraft {
	buses: object[];
	devices: DeviceDraft[];
	topology?: unknown;
	services: Record<string, unknown>;
}

/** The demo site, changed. */
export function demoSite(change: (site: SiteDraft) => void = () => {}): string {
	const site = JSON.parse(readFileSync(join(findRoot(), "sites/demo.json"), "utf8")) as SiteDraft;
	change(site);
	return JSON.stringify(site);
}

/** Makes of the demo's single-phase meters, so many of them, and no more of a topology than the defaults. */
export function metersOnly(count: number): string {
	const makes = ["hiking-dds238-2-zn-s", "chint-ddsu666", "eastron-sdm120"];
	return demoSite((site) => {
		const [first] = site.devices;
		site.devices = Array.from({ length: count }, (_unused, i) => ({
			...first!,
			id: `home-${i + 1}`,
			device: makes[i % makes.length]!,
			serial: `SERIAL-${1001 + i}`,
			address: i + 11,
			unit: i + 11,
		}));
		delete site.topology;
	});
}

/** The whole hub in virtual time, with a broker behind its virtual network that counts what it gets. */
export class BenchHub {
	readonly hub: DesktopHub;
	/** Messages of meters that the broker has got. */
	published = 0;
	/** Bytes that the board's display got. */
	displayed = 0;
	#broker: Aedes | undefined;
	#listener: { close(drop?: boolean): void } | undefined;
	#closeBoard: (() => void) | undefined;

	/**
	 * `heap`: one that cannot grow; left out: it grows.
	 * `board`: the board's platform, set up before, in place of the desktop's; with its panel or without.
	 */
	constructor(siteText: string, heap?: DesktopHubOptions["heap"], board?: "panel" | "no panel") {
		if (board) {
			const onSpi = (bytes: Uint8Array) => void (this.displayed += bytes.length);
			const { hub, close } = boardHub(siteText, { panel: board === "panel", onSpi, heap });
			this.hub = hub;
			this.#closeBoard = close;
			return;
		}
		this.hub = new DesktopHub({
			siteText,
			heap,
			clock: "virtual",
			network: "virtual",
			epochMs: Date.UTC(2026, 0, 1),
			log: () => {},
			options: { modbusPort: 502, httpPort: 80, broker: "mqtt://10.9.9.9:1883" },
		});
	}

	async startBroker(): Promise<void> {
		const broker = await Aedes.createBroker();
		this.#broker = broker;
		broker.on("publish", (packet) => {
			if (packet.topic.includes("/meter/")) this.published++;
		});
		this.#listener = this.hub.network!.listen(1883, (stream) => broker.handle(stream as never));
	}

	/** The broker goes away in mid-connection and cannot be reached any more. */
	stopBroker(): void {
		this.#listener?.close(true);
		this.#listener = undefined;
	}

	/** Sends bytes to a port of the hub as a client that keeps its connection, and waits for so many bytes of answer. */
	async ask(client: ReturnType<BenchHub["connect"]>, request: Uint8Array, answerBytes: number): Promise<void> {
		client.received = 0;
		client.stream.write(request);
		for (let i = 0; i < 1000 && client.received < answerBytes; i++) await this.hub.run(1);
		if (client.received < answerBytes) throw new Error(`no answer: ${client.received} of ${answerBytes} bytes`);
	}

	connect(port: number) {
		const stream = this.hub.network!.connect(port);
		const client = { stream, received: 0 };
		stream.on("data", (chunk: Uint8Array) => {
			client.received += chunk.length;
		});
		return client;
	}

	close(): void {
		this.hub.close();
		this.#closeBoard?.();
		this.#broker?.close();
	}
}

/**
 * The site with a PV inverter and a battery that speak SunSpec: both with all models of a DER, and the hub's own unit
 * with both of them as one. The older models are left out, as one does where memory counts.
 */
export function withDers(siteText: string, older = false): string {
	const site = JSON.parse(siteText) as SiteDraft;
	site.buses.push({ id: "rs485-2", port: "sim", baud: 38400 });
	const der = { device: "sunspec", bus: "rs485-2", role: "other" };
	site.devices.push({ ...der, id: "pv", serial: "PV-1", sim: "inverter", address: 101, unit: 101 });
	site.devices.push({ ...der, id: "battery", serial: "BAT-1", sim: "battery", address: 102, unit: 102 });
	site.services["sunspec"] = { ...(site.services["sunspec"] as object), older };
	return JSON.stringify(site);
}
