import type { BoardSettings } from "../atm90e32/settings";
import { frozen } from "../base/frozen";
import type { Protocol } from "../devices/table";
import type { TopologyNode } from "./topology";

/**
 * The site file: what stands around one hub. Checked whole before anything starts: `readSite` returns a complete
 * site or every problem at once, each with its JSON path, the value and what is allowed.
 */
export interface Site {
	name: string;
	/** Words for a person: village, street, building. */
	location: string;
	feederId: string;
	gatewayId: string;
	/** Minutes that local time is ahead of UTC: where the day begins for "energy today". */
	utcOffsetMinutes: number;
	/** Beyond these there is an alarm; undefined: none are watched. */
	limits: SiteLimits | undefined;
	buses: SiteBus[];
	devices: SiteDevice[];
	topology: TopologyNode[];
	services: SiteServices;
}

/**
 * rs485: a serial line; tcp: Modbus TCP; can: a CAN bus; http: a device with a web interface; mqtt: a broker to which
 * devices speak; spi, i2c, gpio: what is on the board itself.
 */
export const kBusKinds = frozen(["rs485", "tcp", "can", "http", "mqtt", "spi", "i2c", "gpio"]);
export type BusKind = (typeof kBusKinds)[number];
export const kBitrates = frozen([125000, 250000, 500000, 800000, 1000000]);
export const kBauds = frozen([1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200]);
export const kParities = frozen(["none", "even", "odd"]);
export const kRoles = frozen(["home", "feeder", "sensor", "other"]);
export const kSimulated = frozen(["", "inverter", "battery", "solar", "native", "sma", "gen24"]);
/** `device` of what speaks SunSpec itself: the hub finds out what it is. */
export const kFoundDevice = "sunspec";

export interface SiteBus {
	id: string;
	kind: BusKind;
	/** What its devices speak; "modbus" where there are none. In the file only "modbus-ascii", for Modbus devices set to it. */
	protocol: Protocol;
	/** Bits of a character of Modbus ASCII; of nothing else. */
	bits?: 7 | 8;
	/**
	 * rs485: "rs485-1" or "rs485-2" on the board (1 and 2 will do), a path (`/dev/ttyUSB0`) on the desktop, or "sim".
	 * can: "can-1" or "mcp2515" on the board, "can0" or "slcan:/dev/ttyACM0" on the desktop, or "sim". tcp, http and mqtt:
	 * the TCP port. spi, i2c and gpio: "board", or "sim".
	 */
	port: string | number;
	/** Of a CAN bus its bit rate ("bitrate" in the file). */
	baud: number;
	parity: (typeof kParities)[number];
	stop: number;
	/** tcp, http, mqtt: where the server is; `port` is then the TCP port. */
	host: string;
	/** http, mqtt: who we are there; "" for nobody. */
	user: string;
	password: string;
	/** How long a device may take to answer after the request is on the wire. */
	timeoutMs: number;
	/** Further tries after the first. */
	retries: number;
	/** Poll periods of its devices, where they have none of their own. */
	poll: PollPeriods;
}

/** At least one of them. */
export interface SiteLimits {
	voltageMinV?: number;
	voltageMaxV?: number;
}

/** In seconds by poll class; what is left out is 1, 5 and 60. */
export interface PollPeriods {
	fastS?: number;
	normalS?: number;
	slowS?: number;
}

export interface SiteDevice {
	id: string;
	name: string;
	/** Id of a table of the catalogue. */
	device: string;
	/** Id of one of `buses`. */
	bus: string;
	/**
	 * Modbus address on its bus, 1 to 247 (some devices answer at 248 to 255 too); 1 where a bus has no addresses. http, mqtt:
	 * which of the channels of a device it is, from 1.
	 */
	address: number;
	/** Beginning of its paths (http) or topics (mqtt), where it has one of its own; "" for none. */
	path: string;
	/** SunSpec unit under which the hub serves its image, 2 to 247; unit 1 is the hub. */
	unit: number;
	/** Serial number as the operator knows it; names the meter in OpenAMI topics. */
	serial: string;
	role: (typeof kRoles)[number];
	/** Phase of the feeder that a single-phase device hangs on, 1 to 3. */
	phase: number;
	/** What a simulated line plays under `device` "sunspec"; "": nothing. */
	sim: (typeof kSimulated)[number];
	/** Whether SunSpec clients may command it. */
	control: boolean;
	/** Of a DER, where its own registers do not say them. */
	ratings: SiteRatings;
	/** Over those of the bus. */
	poll: PollPeriods;
	/** Of what is on the board itself; undefined: as it comes. */
	board?: SiteBoard | undefined;
}

/** What a site says of a device on the board itself. */
export interface SiteBoard {
	/** Relay outputs when the hub starts: all are opened, or they stay as the chip holds them. */
	outputs: "open" | "keep";
	/** Gains and line frequency of a metering board. */
	metering: BoardSettings;
}

/** Name plate of a DER. */
export interface SiteRatings {
	maxW?: number;
	maxVA?: number;
	maxVar?: number;
	chargeW?: number;
	dischargeW?: number;
	nominalV?: number;
	capacityWh?: number;
}

export interface SiteSunSpec {
	/** TCP port of the server. */
	port: number;
	/** Serial line on which the same units answer as Modbus RTU; undefined: none. */
	rtu: SiteLine | undefined;
	/** Whether clients may command DERs at all: Modbus has no password. */
	control: boolean;
	/** Whether DERs bear the older models (101 to 160, 802) beside 701 to 715. */
	older: boolean;
}

export interface SiteLine {
	port: string | number;
	baud: number;
	parity: (typeof kParities)[number];
	stop: number;
}

export interface SiteServices {
	/** Telemetry period in seconds. */
	openami: { periodS: number };
	mqtt: { broker: string; user: string; password: string; keepAliveS: number };
	sunspec: SiteSunSpec;
	http: { port: number };
	protection: SiteProtection[];
	/** The hub as a battery for an inverter; undefined: it is none. */
	canBattery?: SiteCanBattery | undefined;
}

/** A residual current that opens a relay. */
export interface SiteProtection {
	/** Ids of two devices: a residual current monitor, and what has the relay. */
	sensor: string;
	relay: string;
	/** Channel of a relay device, from 1. */
	channel: number;
	/** Of another device: the row of its table that switches the relay; "" for a relay device. */
	row: string;
	/** Value of the row, in its unit, that opens. */
	open: number;
	/** Residual currents from which on the relay opens, in mA; pulsed: undefined = not watched. */
	acMa: number;
	dcMa: number;
	pulsedMa: number | undefined;
	/** Seconds without a reading after which the relay opens; 0: never, there is only the alarm of a silent device. */
	lostS: number;
	/** Ids of the devices whose AC and DC power is noted at the event; "": the feeder's meter, and all storages and panels. */
	meter: string;
	dc: string;
}

/** The hub plays a battery on a CAN bus of its own, from the image of a device. Limits over the battery's own. */
export interface SiteCanBattery {
	/** Id of a bus of kind "can" without devices. */
	bus: string;
	/** Id of the device whose image it shows. */
	from: string;
	/** What 0x35E says: some inverters ask for "PYLON". */
	maker: string;
	name: string;
	chargeV: number | undefined;
	dischargeV: number | undefined;
	chargeA: number | undefined;
	dischargeA: number | undefined;
	capacityAh: number | undefined;
}
