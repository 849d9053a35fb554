import type { BusStatus, DerStatus, DeviceStatus, PointStatus } from "../../modules/admin/status";
import type { NetworkState } from "../../modules/base/network";
import type { TopologyKind } from "../../modules/site/topology";

/** What the hub's HTTP API sends; times are ages in seconds or ISO UTC texts, and nothing known is null. */
export type { BusStatus, DerStatus, DeviceStatus, NetworkState, PointStatus, TopologyKind };

export type Quality = PointStatus["quality"];

export interface Alarm {
	id: number;
	kind: string;
	severity: "alarm" | "warning";
	source: { type: "device" | "bus" | "hub" | "plugin"; id: string };
	detail: string;
	since: string | null;
	ageS: number;
	active: boolean;
	acknowledged: boolean;
	clearedS: number | null;
}

export interface HubState {
	time: string | null;
	clock: { state: string; source: string; uncertaintyMs: number | null };
	mqtt: { broker: string; connected: boolean; sent: number; waiting: number; dropped: number };
	network: NetworkState | null;
}

export interface TopologyNode {
	id: string;
	kind: TopologyKind;
	name: string;
	parent: string;
	device: string;
	position: [longitude: number, latitude: number] | null;
}

export interface SiteStatus extends HubState {
	name: string;
	location: string;
	feederId: string;
	gatewayId: string;
	firmware: string;
	buses: BusStatus[];
	devices: DeviceStatus[];
	topology: TopologyNode[];
	alarms: Alarm[];
	/** The site file can be changed from here. */
	editable: boolean;
	/** A password is asked for by everything that changes something. */
	loginRequired: boolean;
}

/** A register of a device: raw and as what it became. */
export interface RegisterRow {
	name: string;
	address: number;
	function: number;
	type: string;
	raw: string | null;
	point: string | null;
	value: number | string | null;
	unit: string;
	quality: Quality;
	ageS: number | null;
	access: string;
}

export interface Problem {
	place: string;
	message: string;
}
