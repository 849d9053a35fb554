import type { Clock, Random, TimerId } from "../base/clock";
import { type Log, silentLog } from "../base/log";
import type { NetworkState } from "../base/network";
import type { KnownDevices } from "../site/site-file";
import { BootGuard, type CountStorage } from "./boot-guard";
import type { FoundNetwork, SetupDevice, SiteCondition, WifiTrouble } from "./device";
import { decodeSettings, encodeSettings, noSettings, type Settings } from "./settings";
import { SiteKeeper } from "./site-keeper";
import { type CopyStorage, TwoCopies } from "./two-copies";
import { type Radio, Uplink } from "./uplink";

/** "GPk1". */
const kSettingsMagic = 0x316b5047;
/** Between an answer to whoever sat at the hub's own network and what may cut that network. */
const kGraceMs = 1500;
/** With the site file left out as unsafe, the hub tries it again by itself. */
const kUnsafeMs = 600_000;
/** No letters or digits that look alike. 10 of 31: 49 bits, and WPA2 makes each guess costly. */
const kPasswordSigns = "abcdefghijkmnpqrstuvwxyz23456789";
const kPasswordLength = 10;

/** A radio that also looks around and opens a network with the name and password it is told. */
export interface BoardRadio extends Omit<Radio, "openAccessPoint"> {
	openAccessPoint(name: string, password: string, beside: boolean): void;
	/** Called back once, with nothing when the scan could not be made. */
	scan(onFound: (networks: FoundNetwork[]) => void): void;
}

/** Small texts that last over a restart; erased as a whole by a factory reset. */
export interface BoardStorage {
	settings: CopyStorage;
	site: CopyStorage;
	starts: CountStorage;
	/** The access point's password, made at the first start. */
	accessPointPassword: { read(): string | undefined; write(password: string): void };
	/** Everything else that a person or the site has left here. */
	erase(): void;
}

export interface ProvisioningOptions {
	clock: Clock;
	/** Good for secrets: on the board the hardware's noise. */
	random: Random;
	storage: BoardStorage;
	/** Left out: no radio in use. */
	radio?: BoardRadio | undefined;
	/** Four hexadecimal digits that tell this board from its neighbours: the end of its MAC address. */
	boardId: string;
	known: KnownDevices;
	/** Ends the program and begins it anew, at once. */
	restart: () => void;
	onNetwork?: ((state: NetworkState) => void) | undefined;
	log?: Log | undefined;
}

/** Everything that a board keeps of what people tell it, and the connection that comes of it. */
export class Provisioning implements SetupDevice {
	readonly uplink: Uplink;
	readonly siteKeeper: SiteKeeper;
	readonly #options: ProvisioningOptions;
	readonly #log: Log;
	readonly #copies: TwoCopies;
	readonly #guard: BootGuard;
	readonly #name: string;
	#settings: Settings;
	#password: string;
	#timer: TimerId | undefined;
	scan?: NonNullable<SetupDevice["scan"]>;
	accessPoint?: NonNullable<SetupDevice["accessPoint"]>;

	/** Reads what is stored and makes what a first start needs. Nothing is connected before `start`. */
	constructor(options: ProvisioningOptions) {
		const { clock, random, storage, radio, boardId, known } = options;
		this.#options = options;
		this.#log = options.log ?? silentLog;
		this.#guard = new BootGuard(clock, storage.starts, this.#log);
		this.#name = `Gridpost-${boardId.toUpperCase()}`;
		this.#copies = new TwoCopies(storage.settings, kSettingsMagic);
		this.#settings = this.#load();
		this.#password = storage.accessPointPassword.read() ?? "";
		if (this.#password.length < kPasswordLength) {
			this.#password = makePassword(random);
			this.#keep("the access point's password", () => storage.accessPointPassword.write(this.#password));
		}
		this.siteKeeper = new SiteKeeper({
			storage: storage.site,
			known,
			hostName: this.#settings.hostName,
			failedStarts: this.#guard.failedStarts,
		});
		const { state, text } = this.siteKeeper.condition;
		if (text !== "") this.#log(state === "none" ? "info" : "error", "setup", text);
		if (state === "unsafe") this.#timer = clock.setTimer(() => this.restart(), kUnsafeMs);
		this.uplink = new Uplink({
			clock,
			radio: radio && {
				connect: (ssid, password) => radio.connect(ssid, password),
				disconnect: () => radio.disconnect(),
				openAccessPoint: (beside) => radio.openAccessPoint(this.#name, this.#password, beside),
				closeAccessPoint: () => radio.closeAccessPoint(),
			},
			accessPointName: this.#name,
			onChange: () => options.onNetwork?.(this.uplink.state),
			log: this.#log,
		});
		if (radio) {
			this.scan = (onFound) => radio.scan((networks) => onFound(tidy(networks)));
			this.accessPoint = () => ({ name: this.#name, password: this.#password, open: this.uplink.accessPointOpen });
		}
	}

	/** Begins to connect. */
	start(): void {
		this.uplink.use(this.#settings.wifi);
	}

	settings(): Settings {
		return { ...this.#settings, wifi: { ...this.#settings.wifi } };
	}

	apply(settings: Settings): void {
		this.#copies.save(encodeSettings(settings));
		const { ssid, password } = this.#settings.wifi;
		this.#settings = { ...settings, wifi: { ...settings.wifi } };
		// the same data again is a wish to try again now
		if (ssid !== settings.wifi.ssid || password !== settings.wifi.password || this.uplink.state.state !== "up")
			this.uplink.use(settings.wifi, kGraceMs);
	}

	trouble(): WifiTrouble {
		return this.uplink.trouble;
	}

	site(): SiteCondition {
		return this.siteKeeper.condition;
	}

	factoryReset(): void {
		const { storage } = this.#options;
		this.#log("warn", "setup", "factory reset: settings, site file and keys are erased");
		// each on its own: what cannot be erased must not keep the rest
		this.#keep("settings", () => this.#copies.erase());
		this.#keep("site file", () => this.siteKeeper.erase());
		this.#keep("everything else", () => storage.erase());
		this.#later(() => this.#options.restart());
	}

	/** After the answer to whoever asked is out. */
	restart(): void {
		this.#guard.lasted();
		this.#later(() => this.#options.restart());
	}

	/** Stops connecting and forgets its timers. */
	close(): void {
		this.uplink.close();
		this.#guard.lasted();
		this.#options.clock.clearTimer(this.#timer);
	}

	#load(): Settings {
		const none = noSettings(this.#name.toLowerCase());
		const bytes = this.#copies.load();
		const settings = bytes && decodeSettings(bytes, none);
		if (this.#copies.damaged > 0)
			this.#log(
				"warn",
				"setup",
				settings ? "one copy of the settings is damaged; the other holds" : "settings damaged",
			);
		return settings ?? none;
	}

	#later(action: () => void): void {
		const { clock } = this.#options;
		clock.clearTimer(this.#timer);
		this.#timer = clock.setTimer(action, kGraceMs);
	}

	#keep(what: string, action: () => void): void {
		try {
			action();
		} catch (error) {
			this.#log("error", "setup", `${what}: ${error instanceof Error ? error.message : error}`);
		}
	}
}

/** A password for a person to copy from a small screen. */
export function makePassword(random: Random): string {
	let password = "";
	for (let i = 0; i < kPasswordLength; i++) password += kPasswordSigns[Math.floor(random() * kPasswordSigns.length)]!;
	return password;
}

/** Each name once, the strongest first, at most twenty; networks that hide their name are left out. */
function tidy(networks: readonly FoundNetwork[]): FoundNetwork[] {
	const best: FoundNetwork[] = [];
	for (const network of networks.slice().sort((a, b) => b.signalDbm - a.signalDbm)) {
		if (network.name !== "" && best.length < 20 && !best.some(({ name }) => name === network.name)) best.push(network);
	}
	return best;
}
