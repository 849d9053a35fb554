import type { Clock } from "../base/clock";
import type { Log } from "../base/log";
import type { NetworkState } from "../base/network";
import type { HttpServer } from "../http/server";
import type { Alarms } from "../site/alarms";
import type { ClockQuality } from "../site/clock-quality";
import type { FrameLog } from "../site/frame-log";
import type { History } from "../site/history";
import type { Hub } from "../site/hub";
import type { Auth } from "./auth";
import type { StatusReader } from "./status";

export interface SiteStore {
	/** Where the text goes, for a person. */
	readonly place: string;
	/** Keeps it whole or not at all. Throws when it cannot. */
	save(text: string): void;
}

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
	log: Log;
	wallClock: ClockQuality;
	firmware: string;
	mqtt: () => MqttStatus;
	status: StatusReader;
	/** There are files to serve at "/"; a few lines of text stand there otherwise. */
	dashboard: boolean;
	alarms: Alarms;
	history: History;
	frames: FrameLog;
	auth: Auth;
	/** Text of the site file the hub runs with. */
	siteText: string;
	/** Ids of the device catalogue. */
	knownDevices: readonly string[];
	/** Where a new one goes; undefined: it cannot be changed from here. */
	siteStore: SiteStore | undefined;
	restart: (() => void) | undefined;
	/** Undefined: the operating system's business. */
	network: (() => NetworkState) | undefined;
}
