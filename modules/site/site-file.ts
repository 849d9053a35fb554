import { Checker, type Fields, join, type Problem } from "../base/checker";
import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";
import { jsonFault } from "../base/json-place";
import { checkTopology, type TopologyNode } from "./topology";

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

const kBauds = frozen([1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200]);
const kParities = frozen(["none", "even", "odd"]);
const kRoles = frozen(["home", "feeder", "sensor", "other"]);

export interface SiteBus {
	id: string;
	kind: "rs485" | "tcp";
	/** rs485: "rs485-1" or "rs485-2" on the board (1 and 2 will do), a path (`/dev/ttyUSB0`) on the desktop, or "sim". */
	port: string | number;
	baud: number;
	parity: (typeof kParities)[number];
	stop: number;
	/** tcp: where the Modbus TCP server is; `port` is then the TCP port. */
	host: string;
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
	/** Modbus address on its bus, 1 to 247. */
	address: number;
	/** SunSpec unit under which the hub serves its image, 2 to 247; unit 1 is the hub. */
	unit: number;
	/** Serial number as the operator knows it; names the meter in OpenAMI topics. */
	serial: string;
	role: (typeof kRoles)[number];
	/** Phase of the feeder that a single-phase device hangs on, 1 to 3. */
	phase: number;
	/** Over those of the bus. */
	poll: PollPeriods;
}

export interface SiteServices {
	/** Telemetry period in seconds. */
	openami: { periodS: number };
	mqtt: { broker: string; user: string; password: string; keepAliveS: number };
	sunspec: { port: number };
	http: { port: number };
}

/** What the check must know of the device catalogue. */
export type KnownDevices = readonly string[];

/** Longest site file, in characters: what the device can hold twice. */
export const kLongestSite = 65536;

/** The site of a JSON text. Throws a GridpostError ("bad-site") whose message lists every problem, one a line. */
export function readSite(text: string, known: KnownDevices): Site {
	const { site, problems } = checkSite(text, known);
	if (site) return site;
	const lines = problems.map((problem) => `  ${problem.place || "site file"}: ${problem.message}`);
	const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
	throw new GridpostError("bad-site", `the site file has ${count}:\n${lines.join("\n")}`, {
		origin: "config",
		retry: "never",
		place: problems[0]?.place ?? "",
	});
}

/** As `readSite`, but as values: for an editor. Exactly one of the two is there: a site, or at least one problem. */
export function checkSite(text: string, known: KnownDevices): { site?: Site; problems: Problem[] } {
	const check = new Checker();
	if (text.length > kLongestSite) {
		check.problem("", `${text.length} characters; ${kLongestSite} are allowed`);
		return { problems: check.problems };
	}
	// before JSON.parse: that of XS knows no limit of depth, and "[[[[[" exhausts the machine's stack, which is its end
	const fault = jsonFault(text);
	if (fault) check.problem(`line ${fault.line}, column ${fault.column}`, `not JSON: ${fault.text}`);
	else {
		const site = siteOf(JSON.parse(text), check, known);
		if (site && check.problems.length === 0) return { site, problems: [] };
	}
	return { problems: check.problems };
}

const kTopKeys = frozen([
	"name",
	"location",
	"feederId",
	"gatewayId",
	"utcOffsetMinutes",
	"limits",
	"buses",
	"devices",
	"topology",
	"services",
]);

function siteOf(value: unknown, check: Checker, known: KnownDevices): Site | undefined {
	const top = check.object(value, "", kTopKeys);
	if (!top) return undefined;
	const name = check.text(top["name"], "name", 80);
	const location = top["location"] === undefined ? "" : check.text(top["location"], "location", 120);
	const feederId = check.id(top["feederId"], "feederId");
	const gatewayId = check.id(top["gatewayId"], "gatewayId");
	const utcOffsetMinutes = optionalOf(top, "")("utcOffsetMinutes", 0, (v, p) => check.integer(v, p, -720, 840));
	const limits = top["limits"] === undefined ? undefined : limitsOf(top["limits"], check);
	const buses = (check.array(top["buses"], "buses", 0, 8) ?? []).map((one, i) => busOf(one, `buses[${i}]`, check));
	unique(check, buses, "buses", "id", (bus) => bus.id);
	unique(check, buses, "buses", "port", (bus) => (bus.port === "sim" ? undefined : `${bus.host} ${bus.port}`.trim()));
	const busIds = buses.flatMap((bus) => (bus ? [bus.id] : []));
	const devices = (check.array(top["devices"], "devices", 0, 64) ?? []).map((one, i) =>
		deviceOf(one, `devices[${i}]`, check, known, busIds),
	);
	unique(check, devices, "devices", "id", (device) => device.id);
	unique(check, devices, "devices", "unit", (device) => `${device.unit}`);
	unique(check, devices, "devices", "serial", (device) => device.serial);
	unique(check, devices, "devices", "address", (device) => `${device.address} on bus ${device.bus}`);
	const deviceIds = devices.flatMap((device) => (device ? [device.id] : []));
	const topology = top["topology"] === undefined ? [] : checkTopology(top["topology"], check, deviceIds);
	const services = servicesOf(top["services"] ?? {}, check);
	if (name === undefined || location === undefined || feederId === undefined || gatewayId === undefined)
		return undefined;
	if (!topology || !services || utcOffsetMinutes === undefined) return undefined;
	return {
		name,
		location,
		feederId,
		gatewayId,
		utcOffsetMinutes,
		limits,
		buses: buses.flatMap((bus) => (bus ? [bus] : [])),
		devices: devices.flatMap((device) => (device ? [device] : [])),
		topology,
		services,
	};
}

function limitsOf(value: unknown, check: Checker): SiteLimits | undefined {
	const keys = ["voltageMinV", "voltageMaxV"] as const;
	const fields = check.object(value, "limits", keys);
	if (!fields) return undefined;
	const limits: SiteLimits = {};
	for (const key of keys) {
		const volts = fields[key] === undefined ? undefined : check.number(fields[key], `limits.${key}`, 1, 100_000, "V");
		if (volts !== undefined) limits[key] = volts;
	}
	const { voltageMinV, voltageMaxV } = limits;
	if (voltageMinV !== undefined && voltageMaxV !== undefined && voltageMinV >= voltageMaxV)
		check.wrong("limits.voltageMinV", voltageMinV, `it must be below voltageMaxV, which is ${voltageMaxV}`);
	return Object.keys(limits).length > 0 ? limits : undefined;
}

/** Notes each entry whose key an earlier one has already. */
function unique<T>(
	check: Checker,
	list: readonly (T | undefined)[],
	place: string,
	field: string,
	keyOf: (one: T) => string | undefined,
): void {
	const first = new Map<string, number>();
	for (let i = 0; i < list.length; i++) {
		const one = list[i];
		const key = one && keyOf(one);
		if (key === undefined) continue;
		const earlier = first.get(key);
		if (earlier === undefined) first.set(key, i);
		else check.problem(`${place}[${i}].${field}`, `${key} is taken by ${place}[${earlier}]; each must have its own`);
	}
}

const kBusKeys = frozen(["id", "kind", "port", "baud", "parity", "stop", "host", "timeoutMs", "retries", "poll"]);

function busOf(value: unknown, place: string, check: Checker): SiteBus | undefined {
	const before = check.problems.length;
	const fields = check.object(value, place, kBusKeys);
	if (!fields) return undefined;
	const kind = check.oneOf(fields["kind"] ?? "rs485", `${place}.kind`, ["rs485", "tcp"] as const);
	const optional = optionalOf(fields, place);
	const bus = {
		id: check.id(fields["id"], `${place}.id`),
		kind,
		port:
			kind === "tcp"
				? optional("port", 502, (v, p) => check.integer(v, p, 1, 65535))
				: portOf(fields["port"], `${place}.port`, check),
		baud: optional("baud", 9600, (v, p) => check.oneOf(v, p, kBauds)),
		parity: optional("parity", "none" as const, (v, p) => check.oneOf(v, p, kParities)),
		stop: optional("stop", 1, (v, p) => check.oneOf(v, p, [1, 2])),
		host: "",
		timeoutMs: optional("timeoutMs", 1000, (v, p) => check.integer(v, p, 20, 10000)),
		retries: optional("retries", 1, (v, p) => check.integer(v, p, 0, 5)),
		poll: optional("poll", {}, (v, p) => pollOf(v, p, check)),
	};
	if (kind === "tcp") {
		bus.host = check.text(fields["host"], `${place}.host`, 253) ?? "";
		for (const key of ["baud", "parity", "stop"]) {
			if (fields[key] !== undefined) check.problem(`${place}.${key}`, "a tcp bus has no serial line settings");
		}
	} else if (fields["host"] !== undefined) check.problem(`${place}.host`, 'only a bus of kind "tcp" has a host');
	return check.problems.length === before ? (bus as SiteBus) : undefined;
}

function portOf(value: unknown, place: string, check: Checker): string | number | undefined {
	if (value === "sim" || (typeof value === "string" && /^(?:\/\S+|rs485-[12])$/.test(value))) return value;
	if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 2) return value;
	return check.wrong(
		place,
		value,
		'it must be "sim", a path such as "/dev/ttyUSB0", or on the board "rs485-1" or "rs485-2"',
	);
}

const kDeviceKeys = frozen(["id", "name", "device", "bus", "address", "unit", "serial", "role", "phase", "poll"]);

function deviceOf(
	value: unknown,
	place: string,
	check: Checker,
	known: KnownDevices,
	busIds: readonly string[],
): SiteDevice | undefined {
	const before = check.problems.length;
	const fields = check.object(value, place, kDeviceKeys);
	if (!fields) return undefined;
	const optional = optionalOf(fields, place);
	const id = check.id(fields["id"], `${place}.id`);
	const device = {
		id,
		name: optional("name", id ?? "", (v, p) => check.text(v, p, 60)),
		device: check.oneOf(fields["device"], `${place}.device`, known),
		bus: check.oneOf(fields["bus"], `${place}.bus`, busIds),
		address: check.integer(fields["address"], `${place}.address`, 1, 247),
		unit: check.integer(fields["unit"], `${place}.unit`, 2, 247),
		serial: optional("serial", id ?? "", (v, p) => check.id(v, p)),
		role: optional("role", "other" as const, (v, p) => check.oneOf(v, p, kRoles)),
		phase: optional("phase", 1, (v, p) => check.oneOf(v, p, [1, 2, 3])),
		poll: optional("poll", {}, (v, p) => pollOf(v, p, check)),
	};
	return check.problems.length === before ? (device as SiteDevice) : undefined;
}

function pollOf(value: unknown, place: string, check: Checker): PollPeriods | undefined {
	const keys = ["fastS", "normalS", "slowS"] as const;
	const fields = check.object(value, place, keys);
	if (!fields) return undefined;
	const poll: PollPeriods = {};
	for (const key of keys) {
		const period =
			fields[key] === undefined ? undefined : check.number(fields[key], `${place}.${key}`, 0.1, 86400, "s");
		if (period !== undefined) poll[key] = period;
	}
	return poll;
}

function servicesOf(value: unknown, check: Checker): SiteServices | undefined {
	const fields = check.object(value, "services", ["openami", "mqtt", "sunspec", "http"]);
	if (!fields) return undefined;
	const section = (key: string, keys: readonly string[]): ReturnType<typeof optionalOf> =>
		optionalOf(check.object(fields[key] ?? {}, `services.${key}`, keys) ?? {}, `services.${key}`);
	const openami = section("openami", ["periodS"]);
	const mqtt = section("mqtt", ["broker", "user", "password", "keepAliveS"]);
	const port: (v: unknown, p: string) => number | undefined = (v, p) => check.integer(v, p, 1, 65535);
	return {
		openami: { periodS: openami("periodS", 60, (v, p) => check.number(v, p, 1, 86400, "s")) ?? 0 },
		mqtt: {
			broker: mqtt("broker", "", (v, p) => brokerOf(v, p, check)) ?? "",
			user: mqtt("user", "", (v, p) => check.text(v, p, 128)) ?? "",
			password: mqtt("password", "", (v, p) => check.text(v, p, 128)) ?? "",
			keepAliveS: mqtt("keepAliveS", 60, (v, p) => check.integer(v, p, 10, 3600)) ?? 0,
		},
		sunspec: { port: section("sunspec", ["port"])("port", 502, port) ?? 0 },
		http: { port: section("http", ["port"])("port", 80, port) ?? 0 },
	};
}

function brokerOf(value: unknown, place: string, check: Checker): string | undefined {
	if (typeof value === "string" && parseBroker(value)) return value;
	return check.wrong(place, value, 'it must be "mqtt://host:1883" or "mqtts://host:8883"');
}

/** Parts of a broker address; undefined when it is none. Ports default to 1883 and 8883. */
export function parseBroker(url: string): { tls: boolean; host: string; port: number } | undefined {
	const match = /^(mqtts?):\/\/([A-Za-z0-9_.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(?::([0-9]{1,5}))?\/?$/.exec(url);
	if (!match) return undefined;
	const tls = match[1] === "mqtts";
	const port = match[3] === undefined ? (tls ? 8883 : 1883) : Number(match[3]);
	if (port < 1 || port > 65535) return undefined;
	return { tls, host: match[2]!.replace(/^\[|\]$/g, ""), port };
}

/** Reads a setting that may be left out. */
function optionalOf(fields: Fields, place: string) {
	return <T, U>(
		key: string,
		otherwise: T,
		read: (value: unknown, place: string) => U | undefined,
	): T | U | undefined => (fields[key] === undefined ? otherwise : read(fields[key], join(place, key)));
}
