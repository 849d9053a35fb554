import type { Settings } from "./settings";

export interface FoundNetwork {
	name: string;
	signalDbm: number;
	open: boolean;
}

/** What a board keeps of its settings, and how they are tried. */
export interface SetupDevice {
	/** A fresh copy of what is stored. */
	settings(): Settings;
	/** Keeps new settings (already validated) and begins to use them. Throws when they cannot be stored. */
	apply(settings: Settings): void;
	/** Names and strengths of the Wi-Fi networks around; called back once. Left out where there is no radio. */
	scan?(onFound: (networks: FoundNetwork[]) => void): void;
	/** Forgets site file, settings and password, and starts anew. */
	factoryReset(): void;
	/** Why there is no Wi-Fi although it was asked for; "" when there is none to tell. */
	trouble(): WifiTrouble;
	/** The hub's own network, for a person in front of it: screen and console. Left out where there is no radio. */
	accessPoint?(): { name: string; password: string; open: boolean };
	/** How the stored site file was found at the start. */
	site(): SiteCondition;
}

/** `password`: the network refused it; `absent`: no network of that name answers; `address`: it gives no address. */
export type WifiTrouble = "" | "password" | "absent" | "address";

/**
 * `stored`: it runs; `before`: the newest is damaged and the one before it runs. The others run without meters: `none`
 * given yet, `damaged`, `invalid` (whole, but this program does not take it), `unsafe` (the hub ended soon after each of
 * its last starts, so that it is left out until the next one).
 */
export interface SiteCondition {
	state: "stored" | "before" | "none" | "damaged" | "invalid" | "unsafe";
	/** For a person; "" when all is well. */
	text: string;
}
