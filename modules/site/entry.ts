import type { DriveControl } from "../devices/drive";
import type { Device } from "../devices/engine";
import type { Evse } from "../devices/evse";
import type { KeepAliveWriter } from "../devices/keep-alive";
import type { Kind } from "../devices/kinds";
import type { PolledDevice } from "../devices/polled";
import type { SunSpecDevice } from "../devices/sunspec-device";
import type { WriteClient, WriteOutcome } from "../devices/write";
import type { Der } from "../sunspec/der/der";
import type { Image } from "../sunspec/image";
import type { DerUnit } from "./der-unit";
import type { SharedActuator } from "./shared-actuator";
import type { SiteDevice } from "./site-file";
import type { TotalsSource } from "./totals";

/** A device of the site with its image. */
export interface HubDevice extends TotalsSource {
	/** Place in the site file's list. */
	index: number;
	site: SiteDevice;
	device: PolledDevice;
	/** The same, for a device of a table. */
	table?: Device | undefined;
	/** The same, for one that speaks SunSpec. */
	found?: SunSpecDevice | undefined;
	/** "unknown" for what speaks SunSpec, until the hub has found out. */
	kind: Kind | "unknown";
	/** The models that the hub makes of a DER's, and its controls. */
	derUnit?: DerUnit | undefined;
	/** Its controls; undefined until its device has answered, and for a device that has its own. */
	readonly der: Der | undefined;
	/** The device as it is commanded; undefined for one that cannot be. */
	actuator?: SharedActuator | undefined;
	/** Of a table with rows that are to be written again and again. */
	keepAlive?: KeepAliveWriter | undefined;
	/** Commands of a motor drive, where it may be commanded. */
	drive?: DriveControl | undefined;
	/** A charger of vehicles as it is commanded. */
	evse?: Evse | undefined;
	/** To its bus. */
	client: WriteClient;
	/** The SunSpec model that carries its readings, e.g. 211. */
	model: number;
}

/** What became of a control. */
export interface ControlReport {
	/** "note": what a person may want to know and nobody has to mend. */
	result: WriteOutcome["result"] | "note";
	/** What it was about: a row with its value, a control. */
	what: string;
	/** Why it was not carried out; "" otherwise. */
	reason: string;
}

/** A class, as its getters look at what comes later. */
export class Entry implements HubDevice {
	readonly index: number;
	readonly site: SiteDevice;
	readonly role: string;
	device: PolledDevice;
	image: Image;
	readonly client: WriteClient;
	table: Device | undefined;
	found: SunSpecDevice | undefined;
	kind: HubDevice["kind"] = "unknown";
	model = 1;
	derUnit: DerUnit | undefined;
	actuator: SharedActuator | undefined;
	keepAlive: KeepAliveWriter | undefined;
	drive: DriveControl | undefined;
	evse: Evse | undefined;
	/** What commands the device; it is told when the device is back, and when it is to end. */
	commander: { resume(): void; close(): void } | undefined;
	/** When the readings of a sensor that protects were told last. */
	toldMs = Number.NEGATIVE_INFINITY;
	/** Everything that the device gives has been read once. */
	complete = false;

	constructor(index: number, site: SiteDevice, device: PolledDevice, image: Image, client: WriteClient) {
		this.index = index;
		this.site = site;
		this.role = site.role;
		this.device = device;
		this.image = image;
		this.client = client;
	}

	get der(): Der | undefined {
		return this.derUnit?.der;
	}

	/** After a commit of its image. */
	update(): void {
		this.complete ||= this.table?.complete ?? this.found?.complete ?? false;
		this.derUnit?.update(this.complete);
		this.drive?.update();
	}

	/** It is commanded no more. */
	close(): void {
		this.derUnit?.close();
		this.derUnit = undefined;
		this.commander?.close();
		this.commander = undefined;
		this.drive = undefined;
		this.keepAlive?.close();
		this.keepAlive = undefined;
		this.evse = undefined;
		this.actuator = undefined;
		this.complete = false;
	}
}
