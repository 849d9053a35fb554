/** What a person tells a board on site: everything that is not the site file. */
export interface Settings {
	wifi: { ssid: string; password: string };
	/** Of the user "admin"; "" until one is set. */
	adminPassword: string;
	/** Name on the network, without ".local". */
	hostName: string;
}
