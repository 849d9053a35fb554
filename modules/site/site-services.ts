import { type Checker, type Fields, join } from "../base/checker";
import { kBauds, kParities, type SiteLine, type SiteServices } from "./site-shape";

/** The part "services" of a site file, and what it has in common with the others. */
export function servicesOf(value: unknown, check: Checker): SiteServices | undefined {
	const fields = check.object(value, "services", ["openami", "mqtt", "sunspec", "http", "protection", "canBattery"]);
	if (!fields) return undefined;
	const section = (key: string, keys: readonly string[]): ReturnType<typeof optionalOf> =>
		optionalOf(check.object(fields[key] ?? {}, `services.${key}`, keys) ?? {}, `services.${key}`);
	const openami = section("openami", ["periodS"]);
	const mqtt = section("mqtt", ["broker", "user", "password", "keepAliveS"]);
	const sunspec = section("sunspec", ["port", "rtu", "control", "older"]);
	const port: (v: unknown, p: string) => number | undefined = (v, p) => check.integer(v, p, 1, 65535);
	return {
		openami: { periodS: openami("periodS", 60, (v, p) => check.number(v, p, 1, 86400, "s")) ?? 0 },
		mqtt: {
			broker: mqtt("broker", "", (v, p) => brokerOf(v, p, check)) ?? "",
			user: mqtt("user", "", (v, p) => check.text(v, p, 128)) ?? "",
			password: mqtt("password", "", (v, p) => check.text(v, p, 128)) ?? "",
			keepAliveS: mqtt("keepAliveS", 60, (v, p) => check.integer(v, p, 10, 3600)) ?? 0,
		},
		sunspec: {
			port: sunspec("port", 502, port) ?? 0,
			rtu: sunspec("rtu", undefined, (v, p) => lineOf(v, p, check)),
			control: sunspec("control", true, (v, p) => check.boolean(v, p)) ?? true,
			older: sunspec("older", true, (v, p) => check.boolean(v, p)) ?? true,
		},
		http: { port: section("http", ["port"])("port", 80, port) ?? 0 },
		// by the site file's reader, which knows the devices
		protection: [],
		canBattery: undefined,
	};
}

function lineOf(value: unknown, place: string, check: Checker): SiteLine | undefined {
	const before = check.problems.length;
	const fields = check.object(value, place, ["port", "baud", "parity", "stop"]);
	if (!fields) return undefined;
	const port = portOf(fields["port"], `${place}.port`, check);
	if (port === "sim") check.problem(`${place}.port`, "a line to SunSpec clients cannot be simulated");
	const optional = optionalOf(fields, place);
	const line = {
		port,
		baud: optional("baud", 9600, (v, p) => check.oneOf(v, p, kBauds)),
		parity: optional("parity", "none" as const, (v, p) => check.oneOf(v, p, kParities)),
		stop: optional("stop", 1, (v, p) => check.oneOf(v, p, [1, 2])),
	};
	return check.problems.length === before ? (line as SiteLine) : undefined;
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
export function optionalOf(fields: Fields, place: string) {
	return <T, U>(
		key: string,
		otherwise: T,
		read: (value: unknown, place: string) => U | undefined,
	): T | U | undefined => (fields[key] === undefined ? otherwise : read(fields[key], join(place, key)));
}

/** Where a serial line is. */
export function portOf(value: unknown, place: string, check: Checker): string | number | undefined {
	if (value === "sim" || (typeof value === "string" && /^(?:\/\S+|rs485-[12])$/.test(value))) return value;
	if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 2) return value;
	return check.wrong(
		place,
		value,
		'it must be "sim", a path such as "/dev/ttyUSB0", or on the board "rs485-1" or "rs485-2"',
	);
}
