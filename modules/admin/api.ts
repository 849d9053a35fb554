import type { TimerId } from "../base/clock";
import type { EventStream } from "../http/server";
import type { HubDevice } from "../site/hub";
import { alarmStatus } from "./alarm-status";
import type { ApiOptions } from "./api-options";
import { serveAlarms, serveDevices, serveFrames, serveHistory, serveProtection } from "./routes";
import { serveSiteFile } from "./site-file-routes";
import { hubStatus, siteStatusPieces } from "./site-status";
import { busStatus } from "./status";

export type { ApiOptions, MqttStatus } from "./api-options";

export interface Api {
	/** A device has new readings: those who listen at /api/events are told within a second. */
	reading(entry: HubDevice): void;
	/** A device has begun or stopped to answer: they are told at once. */
	presence(entry: HubDevice): void;
	/** The list of alarms has changed. */
	alarmsChanged(): void;
	close(): void;
}

/** Device events are at least so far apart; each fifth time buses and hub are told too. */
const kTellMs = 1000;
const kTicksPerStatus = 5;

/** The hub's HTTP API: docs/http-api.md. */
export function serveApi(options: ApiOptions): Api {
	const { http, hub } = options;
	if (!options.dashboard) http.route("GET", "/", (_, response) => response.text(welcome(options)));
	http.route("GET", "/api/site", (_, response) => {
		response.header("Cache-Control", "no-store").pieces(siteStatusPieces(options), "application/json");
	});
	serveDevices(options);
	serveHistory(options);
	serveFrames(options);
	serveAlarms(options);
	serveProtection(options);
	serveSiteFile(options);
	return new LiveEvents(options, http.events("/api/events"));

	function welcome({ firmware }: ApiOptions): string {
		return `Gridpost ${firmware}\n${hub.site.name}, ${hub.site.location}\n\n/api/site    everything the hub knows, as JSON\n/api/events  changes as they come, as server-sent events\n`;
	}
}

/** Tells listeners what has changed. While nobody listens it costs next to nothing. */
class LiveEvents implements Api {
	readonly #options: ApiOptions;
	readonly #events: EventStream;
	readonly #changed: Uint8Array;
	readonly #tick = () => this.#tell();
	#ticks = 0;
	#timer: TimerId | undefined;

	constructor(options: ApiOptions, events: EventStream) {
		this.#options = options;
		this.#events = events;
		this.#changed = new Uint8Array(options.hub.devices.length);
		events.onOpen = (client) => {
			client.sendPieces("site", siteStatusPieces(options));
			this.#timer ??= options.clock.setTimer(this.#tick, kTellMs);
		};
	}

	reading(entry: HubDevice): void {
		this.#changed[entry.index] = 1;
	}

	presence(entry: HubDevice): void {
		if (this.#events.clients > 0) this.#device(entry);
	}

	alarmsChanged(): void {
		const { alarms, clock } = this.#options;
		if (this.#events.clients > 0) this.#events.send("alarms", JSON.stringify(alarmStatus(alarms.list(), clock)));
	}

	close(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	#tell(): void {
		const { clock, hub } = this.#options;
		this.#timer = undefined;
		if (this.#events.clients === 0) return;
		this.#timer = clock.setTimer(this.#tick, kTellMs);
		for (const entry of hub.devices) if (this.#changed[entry.index]) this.#device(entry);
		if (++this.#ticks % kTicksPerStatus !== 0) return;
		this.#events.send("bus", JSON.stringify(busStatus(hub, clock)));
		this.#events.send("status", JSON.stringify(hubStatus(this.#options)));
	}

	#device(entry: HubDevice): void {
		this.#changed[entry.index] = 0;
		this.#events.send("device", JSON.stringify(this.#options.status.device(entry)));
	}
}
