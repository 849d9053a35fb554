import type { Settings } from "./settings";

/** What a board keeps of its settings, and how they are tried. */
export interface SetupDevice {
	/** A fresh copy of what is stored. */
	settings(): Settings;
	/** Keeps new settings (already validated) and begins to use them. Throws when they cannot be stored. */
	apply(settings: Settings): void;
	/** Names and strengths of the Wi-Fi networks around; called back once. Left out where there is no radio. */
	scan?(onFound: (networks: { name: string; signalDbm: number; open: boolean }[]) => void): void;
	/** Forgets site file, settings and password, and starts anew. */
	factoryReset(): void;
}
