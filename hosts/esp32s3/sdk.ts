import SdkUDP from "embedded:io/socket/udp";
import SdkDNSSD from "embedded:network/dnssd";
import sdkKeyValue from "embedded:storage/key-value";
import SdkWiFi from "wifi";

/**
 * Modules of the SDK with the types of what they do: its own declarations lack methods that are there (close of UDP, station
 * beside an access point, the default export of files), and those are what a build with the SDK checks against.
 */

export interface UdpSocket {
	read(): (ArrayBuffer & { address: string; port: number }) | undefined;
	write(bytes: ArrayBuffer | ArrayBufferView, address: string, port: number): void;
	close(): void;
}

interface UdpClass {
	new (options: { port?: number; onReadable?: (packets: number) => void }): UdpSocket;
}

export interface FoundWifi {
	ssid: string;
	rssi: number;
	/** "none" for an open network. */
	authentication?: string;
}

export interface WiFiMonitor {
	close(): void;
}

interface WiFiClass {
	/** -5 off, 0 none, 1 station, 2 access point, 3 both. */
	mode: number;
	/** Called for each network, then once with null. Throws while a scan is under way. */
	scan(options: object, callback: (network: FoundWifi | null) => void): void;
	/** Without options: leaves the network and forgets it. */
	connect(options?: { ssid: string; password?: string }): void;
	disconnect(): void;
	/** `station`: beside a connection as a station. */
	accessPoint(options: { ssid: string; password?: string; station?: boolean; max?: number }): void;
	new (options: undefined, callback: (message: string, value?: number) => void): WiFiMonitor;
}

export interface LocalNames {
	claim(options: { host: string; onReady?(): void; onError?(): void }): { close(): void };
	advertise(options: { serviceType: string; host: string; name?: string; port: number }): { close(): void };
	close(): void;
}

interface FlashFile {
	read(count: number, position: number): ArrayBuffer;
	write(buffer: ArrayBufferView, position: number): void;
	status(): { size: number };
	flush(): void;
	close(): void;
}

/** The default export of "embedded:storage/files", which opens the flash as it loads: only the module "host" imports it. */
export interface FlashFiles {
	/** Mode 0: there is nothing of that name. */
	status(path: string): { mode: number };
	openFile(options: { path: string; mode: "r" | "w" }): FlashFile;
	createDirectory(path: string): boolean;
	delete(path: string): boolean;
}

export type Format = "buffer" | "string" | "uint8";

interface KeyValueSpace {
	read(key: string): unknown;
	write(key: string, value: string | number | Uint8Array): void;
	delete(key: string): void;
	[Symbol.iterator](): IterableIterator<string>;
	close(): void;
}

export const DNSSD = SdkDNSSD as unknown as new (options: { socket: { io: UdpClass } }) => LocalNames;
export const UDP = SdkUDP as unknown as UdpClass;
export const WiFi = SdkWiFi as unknown as WiFiClass;
export const keyValue = sdkKeyValue as unknown as { open(options: { path: string; format?: Format }): KeyValueSpace };
