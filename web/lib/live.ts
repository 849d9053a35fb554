import { api } from "./api";
import { Cell } from "./cell";
import type { Alarm, BusStatus, DeviceStatus, HubState, SiteStatus } from "./types";

/** The site as last heard. `at...` are times of `performance.now()`: ages in the data count from them. */
export interface LiveSite {
	site: SiteStatus;
	/** When each device was heard of, by id. */
	atMs: ReadonlyMap<string, number>;
	busesAtMs: number;
	alarmsAtMs: number;
	/** Grows with each whole "site" event: the hub was (re)started, or another site is there. */
	generation: number;
}

/**
 * - connecting: nothing has been heard yet
 * - live: events come
 * - polling: the hub answers but has no place for another event stream
 * - lost: the hub does not answer
 */
export interface Link {
	state: "connecting" | "live" | "polling" | "lost";
	/** When the hub was last heard, `performance.now()`; undefined: never. */
	heardMs: number | undefined;
	/** When the next attempt is made. */
	retryMs: number | undefined;
}

export const live = new Cell<LiveSite | undefined>(undefined);
export const link = new Cell<Link>({ state: "connecting", heardMs: undefined, retryMs: undefined });

/** The hub sends "status" each 5 s; after three of them missed the stream is dead, whatever the browser thinks. */
const kSilenceMs = 16_000;
/** Events are gathered so long before the page is drawn anew. */
const kGatherMs = 150;
const kRetryMs = [500, 1000, 2000, 4000, 8000] as const;
const kPollMs = 5000;
/** A page that nobody sees gives its place at the hub, which has six, to others after this time. */
const kRestAfterMs = 60_000;

let source: EventSource | undefined;
let heardMs: number | undefined;
let failures = 0;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let flushTimer: ReturnType<typeof setTimeout> | undefined;
let restTimer: ReturnType<typeof setTimeout> | undefined;
let resting = false;
let draft: LiveSite | undefined;
/** A page made for another firmware fetches itself anew, once. */
let firmware: string | undefined;

export function startLive(): void {
	connect();
	setInterval(watch, 2000);
	document.addEventListener("visibilitychange", () => {
		clearTimeout(restTimer);
		if (document.hidden) restTimer = setTimeout(rest, kRestAfterMs);
		else if (resting) connect();
		// a phone that was in a pocket has lost its connection without being told
		else watch();
	});
	addEventListener("online", retryNow);
	addEventListener("pagehide", () => source?.close());
	addEventListener("pageshow", (event) => {
		if (event.persisted) retryNow();
	});
}

export function retryNow(): void {
	if (source?.readyState === EventSource.OPEN && link.value.state === "live") return;
	connect();
}

function rest(): void {
	resting = true;
	source?.close();
	source = undefined;
	clearTimeout(retryTimer);
	link.set({ state: "connecting", heardMs, retryMs: undefined });
}

function connect(): void {
	resting = false;
	clearTimeout(retryTimer);
	retryTimer = undefined;
	source?.close();
	const own = new EventSource("/api/events");
	source = own;
	const on = (name: string, take: (data: string) => void) =>
		own.addEventListener(name, (event) => {
			if (own !== source) return;
			heard("live");
			take((event as MessageEvent<string>).data);
		});
	on("site", (data) => takeSite(JSON.parse(data)));
	on("device", (data) => takeDevice(JSON.parse(data)));
	on("bus", (data) => takeBuses(JSON.parse(data)));
	on("alarms", (data) => takeAlarms(JSON.parse(data)));
	on("status", (data) => takeState(JSON.parse(data)));
	// this browser was too slow for the stream: what it missed is in the whole
	on("lost", () => void api.site().then(takeSite, () => {}));
	own.onerror = () => {
		if (own === source) void fallBack();
	};
	// neither an answer nor an error: a hub that is off
	retryTimer = setTimeout(() => own === source && own.readyState !== EventSource.OPEN && fallBack(), 10_000);
}

/** The stream is not to be had: is the hub there at all? */
async function fallBack(): Promise<void> {
	source?.close();
	source = undefined;
	clearTimeout(retryTimer);
	try {
		takeSite(await api.site());
		heard("polling");
		again(kPollMs);
	} catch {
		const delayMs = kRetryMs[Math.min(failures++, kRetryMs.length - 1)]!;
		link.set({ state: "lost", heardMs, retryMs: performance.now() + delayMs });
		again(delayMs);
	}
}

function again(delayMs: number): void {
	clearTimeout(retryTimer);
	retryTimer = setTimeout(connect, delayMs);
}

function heard(state: "live" | "polling"): void {
	heardMs = performance.now();
	if (state === "live") {
		failures = 0;
		clearTimeout(retryTimer);
	}
	if (link.value.state !== state) link.set({ state, heardMs, retryMs: undefined });
}

function watch(): void {
	if (!source || link.value.state !== "live" || heardMs === undefined) return;
	if (performance.now() - heardMs <= kSilenceMs) return;
	// said at once: an answer to the next question may take its time
	link.set({ state: "lost", heardMs, retryMs: undefined });
	void fallBack();
}

function takeSite(site: SiteStatus): void {
	firmware ??= site.firmware;
	if (firmware !== site.firmware) {
		firmware = site.firmware;
		location.reload();
		return;
	}
	const now = performance.now();
	draft = {
		site,
		atMs: new Map(site.devices.map((device) => [device.id, now])),
		busesAtMs: now,
		alarmsAtMs: now,
		generation: (live.value?.generation ?? 0) + 1,
	};
	flush();
}

function takeDevice(device: DeviceStatus): void {
	const before = draft ?? live.value;
	if (!before) return;
	const devices = before.site.devices.map((one) => (one.id === device.id ? device : one));
	gather({
		...before,
		site: { ...before.site, devices },
		atMs: new Map(before.atMs).set(device.id, performance.now()),
	});
}

function takeBuses(buses: BusStatus[]): void {
	const before = draft ?? live.value;
	if (before) gather({ ...before, site: { ...before.site, buses }, busesAtMs: performance.now() });
}

export function takeAlarms(alarms: Alarm[]): void {
	const before = draft ?? live.value;
	if (before) gather({ ...before, site: { ...before.site, alarms }, alarmsAtMs: performance.now() });
}

function takeState(state: HubState): void {
	const before = draft ?? live.value;
	if (before) gather({ ...before, site: { ...before.site, ...state } });
}

function gather(next: LiveSite): void {
	draft = next;
	flushTimer ??= setTimeout(flush, kGatherMs);
}

function flush(): void {
	clearTimeout(flushTimer);
	flushTimer = undefined;
	const next = draft;
	draft = undefined;
	if (next) live.set(next);
}
