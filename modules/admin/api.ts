import type { Clock } from "../base/clock";
import type { HttpServer } from "../http/server";
import type { ClockQuality } from "../site/clock-quality";
import type { Hub, HubDevice } from "../site/hub";
import { busStatus, type StatusReader } from "./status";

export interface MqttStatus {
	/** "" when there is none. */
	broker: string;
	connected: boolean;
	/** Messages the broker has acknowledged. */
	sent: number;
	waiting: number;
	dropped: number;
}

export interface ApiOptions {
	http: HttpServer;
	hub: Hub;
	clock: Clock;
	wallClock: ClockQuality;
	firmware: string;
	mqtt: () => MqttStatus;
	status: StatusReader;
	/** There are files to serve at "/"; a few lines of text stand there otherwise. */
	dashboard?: boolean;
}

export interface Api {
	/** Tells those who listen at /api/events that a device has new readings or lost them. */
	reading(entry: HubDevice): void;
}

/**
 * The hub's HTTP API.
 *
 *     GET /api/site     the site with every device and point, value or null, unit, quality, age
 *     GET /api/events   server-sent events: "site" once at the start with the same, then "device" for each change
 */
export function serveApi(options: ApiOptions): Api {
	const { http, hub, clock } = options;
	if (!options.dashboard) http.route("GET", "/", (_, response) => response.text(welcome(options)));
	http.route("GET", "/api/site", (_, response) => response.json(siteStatus(options)));
	const events = http.events("/api/events");
	events.onOpen = (client) => client.send("site", JSON.stringify(siteStatus(options)));
	return {
		reading(entry) {
			if (events.clients > 0) events.send("device", JSON.stringify(options.status.device(entry, clock.now())));
		},
	};

	function welcome({ firmware }: ApiOptions): string {
		return `Gridpost ${firmware}\n${hub.site.name}, ${hub.site.location}\n\n/api/site    everything the hub knows, as JSON\n/api/events  changes as they come, as server-sent events\n`;
	}
}

/** Fresh objects throughout, for JSON. */
export function siteStatus({ hub, clock, wallClock, firmware, mqtt, status }: ApiOptions) {
	const { site } = hub;
	const epochMs = clock.epochMs();
	const nowMs = clock.now();
	return {
		name: site.name,
		location: site.location,
		feederId: site.feederId,
		gatewayId: site.gatewayId,
		firmware,
		time: epochMs === undefined ? null : new Date(Math.round(epochMs)).toISOString(),
		clock: { state: wallClock.state, source: wallClock.source, uncertaintyMs: wallClock.uncertaintyMs ?? null },
		mqtt: mqtt(),
		buses: busStatus(hub),
		devices: hub.devices.map((entry) => status.device(entry, nowMs)),
		topology: site.topology.map(({ id, kind, name, parent, device, position }) => ({
			id,
			kind,
			name,
			parent,
			device,
			position: position ?? null,
		})),
	};
}
