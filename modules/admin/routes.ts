import { jsonFault } from "../base/json-place";
import type { HttpRequest, HttpResponse } from "../http/server";
import { slotBytesOut, slotMs } from "../site/history";
import type { HubDevice } from "../site/hub";
import { pcapngOf } from "../site/pcapng";
import { alarmStatus } from "./alarm-status";
import type { ApiOptions } from "./api-options";
import { deviceRows } from "./device-rows";

/** Of GET /api/history. */
const kHeaderBytes = 32;
const kHistoryVersion = 1;

/** GET /api/devices/:id: one device with its registers, raw and decoded. */
export function serveDevices({ http, hub, clock, status }: ApiOptions): void {
	http.route("GET", "/api/devices/:id", (request, response) => {
		const entry = deviceOf(hub.devices, request, response);
		if (entry) response.json({ ...status.device(entry), rows: deviceRows(entry, clock.now()) });
	});
}

/** GET /api/history/:id: a day of five-minute means, as bytes (docs/http-api.md). */
export function serveHistory({ http, hub, clock, history }: ApiOptions): void {
	http.route("GET", "/api/history/:id", (request, response) => {
		const entry = deviceOf(hub.devices, request, response);
		if (!entry) return;
		if (!history.has(entry.index)) {
			response.error(404, `${entry.site.id} measures no power`);
			return;
		}
		const { count, endAgeMs, data } = history.slots(entry.index);
		const body = new Uint8Array(kHeaderBytes + data.byteLength);
		const view = new DataView(body.buffer);
		view.setUint32(0, kHistoryVersion, true);
		view.setUint32(4, slotMs / 1000, true);
		view.setUint32(8, count, true);
		view.setUint32(12, slotBytesOut, true);
		view.setFloat64(16, (clock.epochMs() ?? Number.NaN) - endAgeMs, true);
		view.setFloat64(24, endAgeMs, true);
		body.set(new Uint8Array(data.buffer), kHeaderBytes);
		response.header("Cache-Control", "no-store").send(body, "application/octet-stream");
	});
}

/** GET /api/frames.pcapng: what has gone over the buses last. */
export function serveFrames({ http, hub, clock, frames, firmware }: ApiOptions): void {
	http.route("GET", "/api/frames.pcapng", (_, response) => {
		response.header("Cache-Control", "no-store").header("Content-Disposition", 'attachment; filename="frames.pcapng"');
		response.pieces(pcapngOf(frames, hub.site.buses, clock, firmware), "application/x-pcapng");
	});
}

/** POST /api/alarms/acknowledge: one by {"id": n}, or all by {}. */
export function serveAlarms({ http, clock, alarms, auth }: ApiOptions): void {
	http.route("POST", "/api/alarms/acknowledge", (request, response) => {
		if (!auth.mayChange(request, response)) return;
		const wanted = wantedAlarm(request);
		if (wanted === undefined) {
			response.error(400, 'the body must be {"id": number} for one, or {} for all');
			return;
		}
		if (!alarms.acknowledge(wanted.id)) response.error(404, `there is no alarm ${wanted.id}`);
		else response.json({ alarms: alarmStatus(alarms.list(), clock) });
	});
}

/** POST /api/protection/:sensor/reset: a person has found the fault; the relay may be closed by a command again. */
export function serveProtection({ http, hub, auth }: ApiOptions): void {
	http.route("POST", "/api/protection/:sensor/reset", (request, response) => {
		if (!auth.mayChange(request, response)) return;
		const sensor = request.params[0]!;
		if (!hub.guard.all.some((one) => one.sensor.site.id === sensor)) {
			response.error(404, "no protection has such a sensor");
			return;
		}
		const reason = hub.guard.reset(sensor);
		if (reason === "") response.json({ sensor, latch: "clear" });
		else response.error(409, reason);
	});
}

/** Longest body that can be meant; parsing longer ones would only cost time. */
const kLongestRequest = 200;

function wantedAlarm(request: HttpRequest): { id: number | undefined } | undefined {
	if (request.body.length > kLongestRequest) return undefined;
	const text = request.text();
	if (text === undefined || jsonFault(text)) return undefined;
	const value: unknown = JSON.parse(text);
	if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
	const { id, ...rest } = value as { id?: unknown };
	if (Object.keys(rest).length > 0) return undefined;
	if (id === undefined) return { id: undefined };
	return typeof id === "number" && Number.isInteger(id) && id > 0 ? { id } : undefined;
}

/** The device that a path names; undefined after the answer that there is none. */
function deviceOf(devices: readonly HubDevice[], request: HttpRequest, response: HttpResponse): HubDevice | undefined {
	const id = request.params[0];
	const found = devices.find((entry) => entry.site.id === id);
	if (!found) response.error(404, "there is no such device");
	return found;
}
