/** What the hub's network connection is doing. */
export interface NetworkState {
	/** `setup`: the hub is an access point itself and waits to be told the network's name. */
	state: "up" | "connecting" | "down" | "setup";
	/** "ethernet", "wifi"; "" while there is none. */
	by: string;
	/** Name of the Wi-Fi network (of the hub's own one during setup), "" for none. */
	name: string;
	/** IPv4 address, "" for none. */
	address: string;
	/** Strength of the Wi-Fi signal in dBm, 0 when unknown. */
	signalDbm: number;
}
