// biome-ignore lint/style/useNodejsImportProtocol: the SDK has a module of this name
import Net from "net";
import { frozen } from "../../modules/base/frozen";
import type { Log } from "../../modules/base/log";
import type { NetworkState } from "../../modules/base/network";
import { captiveAnswer } from "../../modules/setup/captive-dns";
import type { FoundNetwork } from "../../modules/setup/device";
import type { BoardRadio } from "../../modules/setup/provisioning";
import type { Uplink } from "../../modules/setup/uplink";
import { DNSSD, type LocalNames, UDP, type UdpSocket, WiFi, type WiFiMonitor } from "./sdk";

/** Both at once: a network of its own beside a connection. */
const kStation = 1;
const kBoth = 3;
const kOwnAddress = frozen([192, 168, 4, 1] as const);

/**
 * Wi-Fi of the chip by the SDK's older module, as the ECMA-419 one knows no access point. It tells an address only once IPv4
 * and link-local IPv6 are there.
 */
export class BoardRadioEsp32 implements BoardRadio {
	readonly #log: Log;
	#uplink: Uplink | undefined;
	#monitor: WiFiMonitor | undefined;
	#dns: UdpSocket | undefined;
	#guests = 0;
	#isOpen = false;

	constructor(log: Log) {
		this.#log = log;
	}

	/** Where the chip's events go from now on. */
	attach(uplink: Uplink): void {
		this.#uplink = uplink;
		this.#monitor = new WiFi(undefined, (message, value) => this.#heard(message, value));
	}

	connect(ssid: string, password: string): void {
		WiFi.mode = this.#isOpen ? kBoth : kStation;
		WiFi.connect(password === "" ? { ssid } : { ssid, password });
	}

	disconnect(): void {
		if (this.#monitor && WiFi.mode > 0) WiFi.disconnect();
	}

	openAccessPoint(name: string, password: string): void {
		// a station first: the SDK opens an access point alone where nothing was before, and a scan or an attempt needs both;
		// and the access point begins only once its interface is there to start the DHCP server
		WiFi.mode = kStation;
		WiFi.accessPoint({ ssid: name, password, station: true, max: 4 });
		this.#isOpen = true;
		this.#guests = 0;
		this.#openNameServer();
	}

	/** Its interface gets its address beside us: when this was too early, the first guest comes after that. */
	#openNameServer(): void {
		if (!this.#isOpen) return;
		try {
			this.#dns ??= new UDP({ port: 53, onReadable: (packets) => this.#answer(packets) });
		} catch (error) {
			// the page is still there for who types its address
			this.#log("info", "setup", `no name server yet: ${error instanceof Error ? error.message : error}`);
		}
	}

	closeAccessPoint(): void {
		this.#dns?.close();
		this.#dns = undefined;
		this.#isOpen = false;
		WiFi.mode = kStation;
	}

	scan(onFound: (networks: FoundNetwork[]) => void): void {
		const networks: FoundNetwork[] = [];
		WiFi.scan({}, (found) => {
			if (found === null) onFound(networks);
			else networks.push({ name: found.ssid, signalDbm: found.rssi, open: found.authentication === "none" });
		});
	}

	/** Of the network in use, dBm; 0 when unknown. */
	get signalDbm(): number {
		return Number(Net.get("RSSI") ?? 0);
	}

	#heard(message: string, value: number | undefined): void {
		const uplink = this.#uplink;
		if (message === "connect") uplink?.wifiJoined();
		else if (message === "gotIP") uplink?.wifiUp(addressOf("station"), this.signalDbm);
		else if (message === "disconnect") uplink?.wifiDown(value === -1);
		else if (message === "lostIP") uplink?.wifiDown(false);
		else if (message === "station_connect") {
			this.#openNameServer();
			uplink?.guests(++this.#guests);
		} else if (message === "station_disconnect") uplink?.guests((this.#guests = Math.max(0, this.#guests - 1)));
	}

	#answer(packets: number): void {
		for (let i = 0; i < packets; i++) {
			const query = this.#dns?.read();
			if (!query) return;
			const answer = captiveAnswer(new Uint8Array(query), kOwnAddress);
			if (!answer) continue;
			try {
				this.#dns?.write(answer, query.address, query.port);
			} catch (error) {
				this.#log("debug", "setup", `DNS answer not sent: ${error instanceof Error ? error.message : error}`);
			}
		}
	}
}

/** The package's typing of `get` does not know the second argument. */
function addressOf(port: string): string {
	const get = Net.get as unknown as (name: string, port: string) => string | undefined;
	return get("IP", port) ?? "";
}

/** The hub's name in the local network (multicast DNS), while it has one: http://NAME.local/ and a service to find it by. */
export class LocalName {
	readonly #hostName: () => string;
	readonly #httpPort: number;
	readonly #log: Log;
	#dnssd: LocalNames | undefined;
	#address = "";

	constructor(options: { hostName: () => string; httpPort: number; log: Log }) {
		this.#hostName = options.hostName;
		this.#httpPort = options.httpPort;
		this.#log = options.log;
	}

	/** The connection has changed. */
	network({ state, address }: NetworkState): void {
		if (state !== "up" || address !== this.#address) this.#close();
		if (state !== "up" || this.#dnssd) return;
		this.#address = address;
		const host = this.#hostName();
		try {
			const dnssd = new DNSSD({ socket: { io: UDP } });
			this.#dnssd = dnssd;
			dnssd.claim({
				host,
				onReady: () => dnssd.advertise({ serviceType: "_http._tcp", host, name: host, port: this.#httpPort }),
				onError: () => this.#log("warn", "network", `${host}.local is taken by another machine; choose another name`),
			});
		} catch (error) {
			this.#close();
			this.#log("warn", "network", `no name in the local network: ${error instanceof Error ? error.message : error}`);
		}
	}

	#close(): void {
		this.#dnssd?.close();
		this.#dnssd = undefined;
	}
}
