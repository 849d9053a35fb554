import type { Clock } from "../base/clock";
import type { TcpClass } from "../base/io";
import type { Log } from "../base/log";
import type { Catalogue } from "../devices/catalogue";
import { Device } from "../devices/engine";
import type { Kind } from "../devices/kinds";
import type { PolledDevice } from "../devices/polled";
import { firstModel, tableModels } from "../devices/table";
import type { FrameTap, Rs485Class } from "../modbus/client-link";
import type { Der } from "../sunspec/der/der";
import { Image } from "../sunspec/image";
import { SunSpecSpace } from "../sunspec/server";
import { Bus } from "./bus";
import type { PollPeriods, Site, SiteDevice } from "./site-file";
import { HubImage, type TotalsSource } from "./totals";

/** A device of the site with its image. */
export interface HubDevice extends TotalsSource {
	/** Place in the site file's list. */
	index: number;
	site: SiteDevice;
	device: PolledDevice;
	/** The same, for a device of a table. */
	table?: Device;
	/** "unknown" for what speaks SunSpec, until the hub has found out. */
	kind: Kind | "unknown";
	/** Controls of a DER that has none of its own. */
	der?: Der | undefined;
	/** The SunSpec model that carries its readings, e.g. 211. */
	model: number;
}

export interface HubOptions {
	site: Site;
	catalogue: Catalogue;
	clock: Clock;
	log: Log;
	firmware: string;
	io: { RS485: Rs485Class; TCP: TcpClass };
	/** Is shown the frames of every bus, with the bus's place in the site file. */
	tap?: FrameTap | undefined;
	/** New readings of a device are in its image, or its readings were lost. */
	onReading?: (entry: HubDevice) => void;
	/** A device has begun or stopped to answer. */
	onPresence?: (entry: HubDevice, online: boolean) => void;
}

/** The site at work: an image and a poll for each device, the buses, and the units as a SunSpec server shows them. */
export class Hub {
	readonly site: Site;
	readonly devices: HubDevice[];
	readonly buses: Bus[];
	readonly space: SunSpecSpace;
	readonly totals: HubImage;
	#options: HubOptions;

	constructor(options: HubOptions) {
		const { site, clock, log, io } = options;
		this.site = site;
		this.#options = options;
		this.devices = site.devices.map((one, index) => this.#build(one, index));
		this.totals = new HubImage(site, this.devices, (index) => this.devices[index]!.model, options.firmware);
		this.space = new SunSpecSpace({ clock });
		this.space.add(1, this.totals.image);
		for (const entry of this.devices) this.space.add(entry.site.unit, entry.image);
		this.buses = site.buses.map((bus, source) => {
			const devices = this.devices.filter((entry) => entry.site.bus === bus.id).map((entry) => entry.device);
			return new Bus({ bus, devices, clock, log, RS485: io.RS485, TCP: io.TCP, tap: options.tap, source });
		});
	}

	start(): void {
		for (const bus of this.buses) bus.start();
	}

	close(): void {
		for (const bus of this.buses) bus.close();
	}

	#build(site: SiteDevice, index: number): HubDevice {
		const { catalogue, onPresence } = this.#options;
		// readSite has checked that both are there
		const table = catalogue.table(site.device)!;
		const bus = this.site.buses.find((one) => one.id === site.bus)!;
		const models = tableModels(table);
		const image = new Image(models);
		const device = new Device({
			table,
			plan: catalogue.plan(table),
			image,
			unit: site.address,
			serial: site.serial,
			periodsMs: periodsMs({ ...bus.poll, ...site.poll }),
		});
		image.set(image.handle(1, "DA"), site.unit, 0, "good");
		const entry: HubDevice = {
			index,
			site,
			device,
			table: device,
			kind: table.kind,
			image,
			model: firstModel(table),
			role: site.role,
		};
		image.onCommit = () => this.#committed(entry);
		device.onChange = (_, what) => {
			if (what !== "reset") onPresence?.(entry, what === "online");
		};
		return entry;
	}

	#committed(entry: HubDevice): void {
		this.totals.update(entry, this.#options.clock.now());
		this.#options.onReading?.(entry);
	}
}

function periodsMs(poll: PollPeriods): { fast?: number; normal?: number; slow?: number } {
	return {
		...(poll.fastS === undefined ? {} : { fast: poll.fastS * 1000 }),
		...(poll.normalS === undefined ? {} : { normal: poll.normalS * 1000 }),
		...(poll.slowS === undefined ? {} : { slow: poll.slowS * 1000 }),
	};
}
