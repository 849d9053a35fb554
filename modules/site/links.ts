import { Atm90e32Client } from "../atm90e32/client";
import type { Clock, Random } from "../base/clock";
import { GridpostError } from "../base/errors";
import type { FrameTap } from "../base/frame-tap";
import type { TcpClass } from "../base/io";
import type { Log } from "../base/log";
import type { DigitalClass, I2cClass, SpiClass } from "../base/wires";
import { CanClient, type CanLineCounters } from "../canbus/client";
import type { CanClass, CanListener } from "../canbus/types";
import { Device } from "../devices/engine";
import { RecordListener } from "../devices/listener";
import type { PolledDevice } from "../devices/polled";
import { JsonHttpClient } from "../json/http-client";
import { JsonMqttClient } from "../json/mqtt-client";
import { ModbusClient } from "../modbus/client";
import { RelayClient } from "../relay/client";
import { Pcf8574, PinOutputs } from "../relay/outputs";
import type { LineCounters, Rs485Class } from "../rs485/line";
import { FramerClient } from "../serial/client";
import { framerOf } from "../serial/framers";
import { VeDirectListener } from "../serial/vedirect-listener";
import type { BusClient } from "./scheduler";
import type { SiteBoard, SiteBus } from "./site-file";

/** The IO classes of the host that buses are opened with; what a platform has not is left out. */
export interface LinkIo {
	RS485: Rs485Class;
	TCP: TcpClass;
	CAN?: CanClass | undefined;
	I2C?: I2cClass | undefined;
	SPI?: SpiClass | undefined;
	Digital?: DigitalClass | undefined;
}

export interface LinkOptions {
	bus: SiteBus;
	devices: readonly PolledDevice[];
	clock: Clock;
	log: Log;
	/** For nonces and names that must not be another's. Default: Math.random. */
	random?: Random | undefined;
	io: LinkIo;
	/** By address, what the site says of what is on the board itself. */
	boards?: ReadonlyMap<number, SiteBoard> | undefined;
	/** Is shown the frames of the bus as those of this source. */
	tap?: FrameTap | undefined;
	source?: number | undefined;
	/** Who else hears what is said on a CAN bus. */
	listeners?: readonly CanListener[] | undefined;
}

/** What a bus needs of the client of a protocol: it sends requests, one after the other, and says how it is. */
export interface BusLink extends BusClient {
	/** Why nothing can be sent; "" when all is well. */
	readonly fault: string;
	/** Faults of the line; undefined for what is no serial line. */
	readonly line?: LineCounters | undefined;
	/** Of a CAN bus: sends a frame, or lets it wait; false when that is not possible either. */
	send?(id: number, data: Uint8Array): boolean;
	/** The same of a CAN bus, and how much of the time its frames take, 0 to 1. */
	readonly can?: CanState | undefined;
	close(): void;
}

export type CanState = CanLineCounters & { readonly use: number };

/**
 * Opens the client of what the devices of a bus speak. Throws what the class of the port throws when it cannot be opened,
 * and GridpostError "no-io" for a bus that the platform does not have.
 */
export function openLink(options: LinkOptions): BusLink {
	const { bus } = options;
	switch (bus.protocol) {
		case "modbus":
		case "modbus-ascii":
			return openModbus(options);
		case "can":
			return openCan(options);
		case "json-http":
			return openHttp(options);
		case "json-mqtt":
			return openMqtt(options);
		case "vedirect":
			return openVeDirect(options);
		case "relay":
			return openRelays(options);
		case "atm90e32":
			return openMeters(options);
		default:
			return openFramed(options);
	}
}

/** A serial line whose protocol has a framer. */
function openFramed({ bus, clock, log, io, tap, source }: LinkOptions): BusLink {
	const framer = framerOf(bus.protocol);
	if (framer === undefined) throw missing(bus, `nothing here speaks ${bus.protocol}`);
	const { timeoutMs, retries } = bus;
	return new FramerClient({ link: serial(bus, io), framer, clock, log, timeoutMs, retries, tap, source });
}

/** A device that talks unasked, alone on its line. */
function openVeDirect({ bus, devices, clock, io, tap, source }: LinkOptions): BusLink {
	return new VeDirectListener({ link: serial(bus, io), sources: recordDevices(devices), clock, tap, source });
}

function openModbus({ bus, devices, clock, log, io, tap, source }: LinkOptions): BusLink {
	const { timeoutMs, retries } = bus;
	const link = bus.kind === "tcp" ? { io: io.TCP, host: bus.host, port: Number(bus.port) } : serial(bus, io);
	return new ModbusClient({ link, clock, log, timeoutMs, retries, tap, source, replyUnits: replyUnitsOf(devices) });
}

/** Of the devices that answer under another address; undefined when there are none. */
function replyUnitsOf(devices: readonly PolledDevice[]): ReadonlyMap<number, number> | undefined {
	let units: Map<number, number> | undefined;
	for (const device of devices) {
		const replyUnit = device instanceof Device ? device.table.bus.replyUnit : undefined;
		if (replyUnit !== undefined) (units ??= new Map()).set(device.unit, replyUnit);
	}
	return units;
}

/** Settings of a serial line. */
function serial(bus: SiteBus, io: LinkIo) {
	const ascii = bus.protocol === "modbus-ascii" ? { ascii: bus.bits ?? 7 } : {};
	return { io: io.RS485, port: portOf(bus), baud: bus.baud, parity: bus.parity, stop: bus.stop as 1 | 2, ...ascii };
}

function openCan({ bus, clock, log, io, devices, listeners: more = [] }: LinkOptions): BusLink {
	if (!io.CAN) throw missing(bus, "this platform has no CAN");
	const listeners = [...recordDevices(devices), ...more];
	const client = new CanClient({
		link: { io: io.CAN, port: portOf(bus), bitrate: bus.baud },
		listeners,
		clock,
		log,
		name: bus.id,
	});
	return {
		request: (request) => client.request(request),
		get fault() {
			return client.fault;
		},
		get can() {
			return { use: client.use, ...client.line };
		},
		send: (id, data) => client.send(id, data),
		close: () => client.close(),
	};
}

/** A device with a web server, or several behind one. */
function openHttp({ bus, clock, random = Math.random, io, devices }: LinkOptions): BusLink {
	const { user, password } = credentials(bus);
	const link = { io: io.TCP, host: bus.host, port: Number(bus.port) };
	return new JsonHttpClient({ link, clock, random, user, password, sources: recordDevices(devices) });
}

/** Devices that speak to a broker. */
function openMqtt({ bus, clock, log, random = Math.random, io, devices }: LinkOptions): BusLink {
	// two clients of one name would throw each other out
	const clientId = `gridpost-${bus.id}-${Math.floor(random() * 0x1000000).toString(16)}`;
	const socket = { io: io.TCP, host: bus.host, port: Number(bus.port) };
	const broker = { socket, clock, random, clientId, log, ...credentials(bus) };
	return new JsonMqttClient({ broker, sources: recordDevices(devices) });
}

function credentials({ user, password }: SiteBus): { user: string | undefined; password: string | undefined } {
	return { user: user === "" ? undefined : user, password: password === "" ? undefined : password };
}

function recordDevices(devices: readonly PolledDevice[]): RecordListener[] {
	return devices.filter((device) => device instanceof Device).map((device) => new RecordListener(device));
}

/** Relay outputs on the pins of the board, or of chips on its I2C bus. */
function openRelays({ bus, clock, io, boards }: LinkOptions): BusLink {
	const port = portOf(bus);
	const { I2C, Digital } = io;
	if (bus.kind === "i2c" ? !I2C : !Digital) throw missing(bus, `this platform has no ${bus.kind}`);
	return new RelayClient({
		clock,
		open: (unit) => (bus.kind === "i2c" ? Pcf8574.open(I2C!, port, unit) : new PinOutputs(Digital!, port, unit)),
		start: (unit) => boards?.get(unit)?.outputs,
	});
}

/** Metering boards on the SPI bus of the board. */
function openMeters({ bus, clock, io, boards }: LinkOptions): BusLink {
	if (!io.SPI) throw missing(bus, "this platform has no SPI");
	return new Atm90e32Client({
		...{ io: io.SPI, port: portOf(bus), clock },
		settings: (unit) => boards?.get(unit)?.metering,
	});
}

/** The port as the IO classes know it: a simulated one by the name of its bus. */
function portOf(bus: SiteBus): string | number {
	return bus.port === "sim" ? `sim:${bus.id}` : bus.port;
}

function missing(bus: SiteBus, why: string): GridpostError {
	return new GridpostError("no-io", `${bus.id}: ${why}`, { origin: "config", retry: "never", place: bus.id });
}
