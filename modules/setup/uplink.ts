import type { Clock, TimerId } from "../base/clock";
import { frozen } from "../base/frozen";
import { type Log, silentLog } from "../base/log";
import type { NetworkState } from "../base/network";
import type { WifiTrouble } from "./device";
import type { Settings } from "./settings";

/** What the state machine has done. A method that throws counts as an attempt that failed. */
export interface Radio {
	/** Begins to join a network; how it goes comes by `Uplink.wifiUp` and `wifiDown`. */
	connect(ssid: string, password: string): void;
	disconnect(): void;
	/** The hub's own network with DHCP and DNS; `beside`: while it also joins another one. */
	openAccessPoint(beside: boolean): void;
	closeAccessPoint(): void;
}

export interface UplinkOptions {
	clock: Clock;
	/** Left out: the board has no radio in use, only Ethernet. */
	radio?: Radio | undefined;
	/** Name of the hub's own network. */
	accessPointName: string;
	/** Called after each change of `state`. */
	onChange?: (() => void) | undefined;
	log?: Log | undefined;
}

/** Address of the hub in its own network, as ESP-IDF gives it. */
export const kAccessPointAddress = "192.168.4.1";
/** An attempt that has said nothing by then has failed. */
const kAttemptMs = 30_000;
/** Without any connection for so long, the hub opens its own network. */
const kFailingMs = 60_000;
const kFirstRetryMs = 1000;
const kLongestRetryMs = 30_000;
/** While somebody uses the hub's own network, whose channel an attempt disturbs. */
const kRetryBesideGuestMs = 120_000;
/** How long the hub's own network stays once there is a connection: its guest wants to read the outcome. */
const kLingerMs = 120_000;
/** Until the next try to open it, when that failed. */
const kReopenMs = 10_000;

/**
 * How the hub gets at a network, sans-IO. Without a network's name it is an access point at once; with one it tries
 * for ever, and after a minute without success is an access point besides, so that wrong data never locks anyone out.
 * A cable with an address is a connection as good as Wi-Fi. Nothing of this touches the reading of meters.
 */
export class Uplink {
	readonly #options: UplinkOptions;
	readonly #clock: Clock;
	readonly #log: Log;
	#wifi: Settings["wifi"] = { ssid: "", password: "" };
	#station: "idle" | "trying" | "waiting" | "up" = "idle";
	/** Of the attempt under way, or of the wait until the next. */
	#stationMs = 0;
	#retryMs = kFirstRetryMs;
	#trouble: WifiTrouble = "";
	#joined = false;
	#wifiAddress = "";
	#signalDbm = 0;
	#ethernetAddress = "";
	#failingSinceMs: number;
	#open = false;
	#reopenMs = 0;
	#closeMs = Number.POSITIVE_INFINITY;
	#guests = 0;
	#timer: TimerId | undefined;
	#closed = false;

	constructor(options: UplinkOptions) {
		this.#options = options;
		this.#clock = options.clock;
		this.#log = options.log ?? silentLog;
		this.#failingSinceMs = options.clock.now();
	}

	/** Fresh each time. */
	get state(): NetworkState {
		const signalDbm = this.#wifiAddress === "" ? 0 : this.#signalDbm;
		if (this.#ethernetAddress !== "")
			return { state: "up", by: "ethernet", name: "", address: this.#ethernetAddress, signalDbm: 0 };
		if (this.#wifiAddress !== "")
			return { state: "up", by: "wifi", name: this.#wifi.ssid, address: this.#wifiAddress, signalDbm };
		if (this.#open)
			return {
				state: "setup",
				by: "wifi",
				name: this.#options.accessPointName,
				address: kAccessPointAddress,
				signalDbm: 0,
			};
		const state = this.#wifi.ssid === "" ? "down" : "connecting";
		return { state, by: "", name: this.#wifi.ssid, address: "", signalDbm: 0 };
	}

	/** Why the last attempt failed; "" once there is Wi-Fi. */
	get trouble(): WifiTrouble {
		return this.#trouble;
	}

	/** Whether the hub's own network is there. */
	get accessPointOpen(): boolean {
		return this.#open;
	}

	/** Joins this network from now on, `delayMs` from now: time for an answer to reach who asked for it. "" leaves any. */
	use(wifi: Settings["wifi"], delayMs = 0): void {
		const radio = this.#options.radio;
		if (this.#closed || !radio) return;
		this.#wifi = { ...wifi };
		this.#wifiAddress = "";
		this.#joined = false;
		this.#trouble = "";
		this.#retryMs = kFirstRetryMs;
		this.#failingSinceMs = this.#clock.now();
		if (wifi.ssid === "") {
			this.#station = "idle";
			this.#attempt("leave Wi-Fi", () => radio.disconnect());
		} else {
			this.#station = "waiting";
			this.#stationMs = this.#clock.now() + delayMs;
		}
		this.#review();
	}

	/** The network has let the hub in; an address is still to come. */
	wifiJoined(): void {
		this.#joined = true;
	}

	wifiUp(address: string, signalDbm: number): void {
		if (this.#closed || this.#wifi.ssid === "") return;
		this.#station = "up";
		this.#wifiAddress = address;
		this.#signalDbm = signalDbm;
		this.#trouble = "";
		this.#retryMs = kFirstRetryMs;
		this.#log("info", "network", `Wi-Fi "${this.#wifi.ssid}": ${address}`);
		this.#review();
	}

	/** Strength of the network in use, now and then. */
	wifiSignal(signalDbm: number): void {
		this.#signalDbm = signalDbm;
	}

	/** An attempt failed, or the connection was lost. */
	wifiDown(refused: boolean): void {
		if (this.#closed || this.#station === "idle" || this.#station === "waiting") return;
		const was = this.#station;
		this.#wifiAddress = "";
		this.#failed(refused ? "password" : this.#joined && was === "trying" ? "address" : "absent", was === "up");
		this.#review();
	}

	/** Address of the cable's port; "" without link or address. */
	ethernet(address: string): void {
		if (this.#closed || address === this.#ethernetAddress) return;
		this.#ethernetAddress = address;
		this.#log("info", "network", address === "" ? "Ethernet is down" : `Ethernet: ${address}`);
		this.#review();
	}

	/** How many use the hub's own network. */
	guests(count: number): void {
		const nowMs = this.#clock.now();
		const before = this.#guests;
		this.#guests = Math.max(0, count);
		if (this.#station === "waiting" && this.#trouble !== "") {
			// a guest is about to mend what is wrong, and an attempt would move the channel under it
			if (before === 0 && count > 0) this.#stationMs = Math.max(this.#stationMs, nowMs + kRetryBesideGuestMs);
			if (count <= 0) this.#stationMs = Math.min(this.#stationMs, nowMs + this.#retryMs);
		}
		this.#review();
	}

	/** Forgets its timer and does nothing more. The radio stays as it is. */
	close(): void {
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	get #isUp(): boolean {
		return this.#ethernetAddress !== "" || this.#wifiAddress !== "";
	}

	/** Does what is due, and sets the timer for what is due next. */
	#review(): void {
		const nowMs = this.#clock.now();
		if (this.#station === "trying" && nowMs >= this.#stationMs)
			this.#failed(this.#joined ? "address" : "absent", false);
		if (this.#station === "waiting" && nowMs >= this.#stationMs) this.#connect();
		this.#reviewAccessPoint(nowMs);
		this.#arm(nowMs);
		this.#options.onChange?.();
	}

	#connect(): void {
		const { ssid, password } = this.#wifi;
		this.#joined = false;
		this.#station = "trying";
		this.#stationMs = this.#clock.now() + kAttemptMs;
		if (!this.#attempt(`join "${ssid}"`, () => this.#options.radio?.connect(ssid, password)))
			this.#failed("absent", false);
	}

	#failed(trouble: WifiTrouble, wasUp: boolean): void {
		if (this.#trouble !== trouble)
			this.#log("warn", "network", `Wi-Fi "${this.#wifi.ssid}": ${kTroubleWords[trouble]}`);
		this.#trouble = trouble;
		this.#joined = false;
		this.#station = "waiting";
		const retryMs = this.#guests > 0 ? kRetryBesideGuestMs : this.#retryMs;
		this.#stationMs = this.#clock.now() + (wasUp ? 0 : retryMs);
		if (!wasUp) this.#retryMs = Math.min(this.#retryMs * 2, kLongestRetryMs);
	}

	#reviewAccessPoint(nowMs: number): void {
		const radio = this.#options.radio;
		if (!radio) return;
		if (this.#isUp) {
			this.#failingSinceMs = Number.NaN;
			if (!this.#open) return;
			if (this.#closeMs === Number.POSITIVE_INFINITY) this.#closeMs = nowMs + kLingerMs;
			if (nowMs < this.#closeMs) return;
			this.#attempt("close the access point", () => radio.closeAccessPoint());
			this.#open = false;
			this.#guests = 0;
			this.#closeMs = Number.POSITIVE_INFINITY;
			return;
		}
		this.#closeMs = Number.POSITIVE_INFINITY;
		if (Number.isNaN(this.#failingSinceMs)) this.#failingSinceMs = nowMs;
		if (this.#open || nowMs < this.#reopenMs || nowMs < this.#openDueMs()) return;
		const beside = this.#wifi.ssid !== "";
		this.#open = this.#attempt("open the access point", () => radio.openAccessPoint(beside));
		this.#reopenMs = nowMs + kReopenMs;
		if (this.#open)
			this.#log("info", "network", `access point "${this.#options.accessPointName}" at http://${kAccessPointAddress}/`);
	}

	#openDueMs(): number {
		return this.#wifi.ssid === "" ? this.#failingSinceMs : this.#failingSinceMs + kFailingMs;
	}

	#arm(nowMs: number): void {
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		let dueMs = this.#station === "trying" || this.#station === "waiting" ? this.#stationMs : Number.POSITIVE_INFINITY;
		if (this.#options.radio) {
			if (this.#isUp) dueMs = Math.min(dueMs, this.#closeMs);
			else if (!this.#open) dueMs = Math.min(dueMs, Math.max(this.#openDueMs(), this.#reopenMs));
		}
		if (dueMs === Number.POSITIVE_INFINITY) return;
		this.#timer = this.#clock.setTimer(
			() => {
				this.#timer = undefined;
				this.#review();
			},
			Math.max(0, dueMs - nowMs),
		);
	}

	#attempt(what: string, action: () => void): boolean {
		try {
			action();
			return true;
		} catch (error) {
			this.#log("warn", "network", `cannot ${what}: ${error instanceof Error ? error.message : error}`);
			return false;
		}
	}
}

const kTroubleWords = frozen<Readonly<Record<WifiTrouble, string>>>({
	"": "",
	password: "the network does not take the password",
	absent: "no answer from a network of this name",
	address: "the network gives no address (DHCP)",
});
