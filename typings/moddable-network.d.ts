/** Network modules of the Moddable SDK 8.2 as hosts/esp32s3 uses them; the SDK's own declarations lack some of it. */
declare module "wifi" {
	export interface FoundNetwork {
		ssid: string;
		rssi: number;
		/** "none" for an open network. */
		authentication?: string;
	}

	export default class WiFi {
		/** -5 off, 0 none, 1 station, 2 access point, 3 both. */
		static mode: number;
		/** Called for each network, then once with null. Throws while a scan is under way. */
		static scan(options: object, callback: (network: FoundNetwork | null) => void): void;
		/** Without options: leaves the network and forgets it. */
		static connect(options?: { ssid: string; password?: string }): void;
		static disconnect(): void;
		/** `station`: beside a connection as a station. */
		static accessPoint(options: { ssid: string; password?: string; station?: boolean; max?: number }): void;
		constructor(options?: undefined, callback?: (message: string, value?: number) => void);
		close(): void;
	}
}

declare module "embedded:network/dnssd" {
	export default class DNSSD {
		constructor(options: { socket: { io: unknown } });
		close(): void;
		claim(options: { host: string; onReady?(): void; onError?(): void }): { close(): void };
		advertise(options: { serviceType: string; host: string; name?: string; port: number; txt?: Map<string, string> }): {
			close(): void;
		};
	}
}

declare module "embedded:RTC/DS3231" {
	/** Dallas/Maxim DS3231 by I2C. The constructor throws when no chip answers. */
	export default class DS3231 {
		constructor(options: { clock: { io: unknown; data: number; clock: number; hz?: number } });
		/** UTC, ms since 1970; undefined when its oscillator stands. */
		time: number | undefined;
		close(): void;
	}
}
