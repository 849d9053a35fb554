import { frozen } from "../base/frozen";
import { jsonFault } from "../base/json-place";
import type { NetworkState } from "../base/network";
import type { HttpRequest, HttpResponse, HttpServer } from "../http/server";
import type { FoundNetwork, SetupDevice } from "./device";
import { changeSettings } from "./settings";
import { kAccessPointAddress } from "./uplink";

export interface SetupRoutes {
	http: HttpServer;
	device: SetupDevice;
	network: () => NetworkState;
	/** Whether a request may change something; when not, it has answered. */
	authorize: (request: HttpRequest, response: HttpResponse) => boolean;
	firmware: string;
}

/** By number: the phone's resolver may be another one by now. */
const kPage = `http://${kAccessPointAddress}/setup.html`;

/** Where phones and computers look for the internet, and show a page when something else answers. */
const kProbes = frozen([
	"/generate_204", // Android, ChromeOS
	"/gen_204",
	"/hotspot-detect.html", // Apple
	"/library/test/success.html",
	"/connecttest.txt", // Windows
	"/ncsi.txt",
	"/redirect",
	"/success.txt", // Firefox
	"/canonical.html",
	"/check_network_status.txt", // NetworkManager
]);

/**
 * Set-up over HTTP:
 *
 *     GET  /api/setup        what is set and how the connection goes; never a password
 *     PUT  /api/setup        any of wifi {ssid, password}, adminPassword, hostName; 422 with problems
 *     POST /api/setup/scan   Wi-Fi networks around, strongest first
 */
export function serveSetup(options: SetupRoutes): void {
	const { http, device, network, authorize } = options;
	let waiting: HttpResponse[] = [];

	http.route("GET", "/api/setup", (_, response) => response.json(state()));
	http.route("PUT", "/api/setup", (request, response) => {
		if (authorize(request, response)) change(request, response);
	});
	http.route("POST", "/api/setup/scan", (request, response) => {
		if (!authorize(request, response)) return;
		if (!device.scan) {
			response.error(501, "this board has no radio in use");
			return;
		}
		// those who ask while one is under way get the same
		waiting.push(response);
		if (waiting.length > 1) return;
		try {
			device.scan(found);
		} catch (error) {
			tell((one) => one.error(503, `no scan: ${error instanceof Error ? error.message : error}`));
		}
	});
	for (const probe of kProbes) http.route("GET", probe, (_, response) => redirect(response, kPage));
	// the screen names the bare address; who wants the dashboard all the same asks for /index.html
	http.route("GET", "/", (request, response) => {
		if (network().state === "setup") redirect(response, "/setup.html");
		else http.sendFile(request, response);
	});

	function found(networks: FoundNetwork[]): void {
		tell((one) => one.json({ networks }));
	}

	function tell(answer: (response: HttpResponse) => void): void {
		const all = waiting;
		waiting = [];
		for (const one of all) answer(one);
	}

	/** Only while the hub is an access point that waits to be told a network: else the probes are nobody's business. */
	function redirect(response: HttpResponse, page: string): void {
		if (network().state !== "setup") {
			response.error(404, "");
			return;
		}
		response.status = 302;
		response.header("Location", page).header("Cache-Control", "no-store").text(`${page}\n`);
	}

	function state() {
		const { wifi, adminPassword, hostName } = device.settings();
		return {
			network: network(),
			trouble: device.trouble(),
			wifi: { ssid: wifi.ssid, hasPassword: wifi.password !== "" },
			hostName,
			adminPasswordSet: adminPassword !== "",
			canScan: device.scan !== undefined,
			site: device.site(),
			firmware: options.firmware,
		};
	}

	function change(request: HttpRequest, response: HttpResponse): void {
		const text = request.text();
		const fault = text === undefined ? undefined : jsonFault(text);
		if (text === undefined || fault) {
			const message = fault ? `line ${fault.line}, column ${fault.column}: ${fault.text}` : "not UTF-8";
			refuse(response, [{ place: "", message: `not JSON: ${message}` }]);
			return;
		}
		const before = device.settings();
		const asked = JSON.parse(text) as unknown;
		const { settings, problems } = changeSettings(asked, before);
		if (!settings) {
			refuse(response, problems);
			return;
		}
		if (settings.adminPassword === "") {
			// no hub goes into service open to everybody: EN 303 645, 5.1
			refuse(response, [{ place: "adminPassword", message: "none is set yet; the first change must set one" }]);
			return;
		}
		try {
			// no change at all asks only whether the password is right
			if (Object.keys(asked as object).length > 0) device.apply(settings);
		} catch (error) {
			response.error(500, `not stored: ${error instanceof Error ? error.message : error}`);
			return;
		}
		response.json(state());
	}
}

function refuse(response: HttpResponse, problems: { place: string; message: string }[]): void {
	response.status = 422;
	response.json({ problems });
}
