import type { Checker } from "../base/checker";
import { frozen } from "../base/frozen";
import type { Protocol } from "../devices/table";
import { protocolOf } from "./known-devices";
import { optionalOf, portOf } from "./site-services";
import {
	type BusKind,
	kBauds,
	kBitrates,
	kBusKinds,
	kParities,
	type PollPeriods,
	type SiteBus,
	type SiteDevice,
} from "./site-shape";

/** The kinds of bus over which a device may speak its protocol. */
export function busKindsOf(protocol: Protocol): readonly BusKind[] {
	switch (protocol) {
		case "modbus":
			return ["rs485", "tcp"];
		case "can":
			return ["can"];
		case "json-http":
			return ["http"];
		case "json-mqtt":
			return ["mqtt"];
		case "atm90e32":
			return ["spi"];
		case "relay":
			return ["i2c", "gpio"];
		default:
			return ["rs485"];
	}
}

/** What is spoken between two: nothing in it says which device is meant. */
const kAlone = frozen<readonly Protocol[]>(["daly", "jk", "vedirect"]);

/** Whether devices of such a bus have addresses, each its own. */
export function isAddressed(kind: BusKind): boolean {
	return kind === "rs485" || kind === "tcp" || kind === "i2c" || kind === "spi";
}

function checkBusPort(value: unknown, place: string, kind: BusKind, check: Checker): string | number | undefined {
	switch (kind) {
		case "rs485":
			return portOf(value, place, check);
		case "tcp":
		case "http":
		case "mqtt":
			return value === undefined ? { tcp: 502, http: 80, mqtt: 1883 }[kind] : check.integer(value, place, 1, 65535);
		case "can":
			if (typeof value === "string" && /^(sim|can-1|mcp2515|v?can\d{1,2}|slcan:\/\S+)$/.test(value)) return value;
			return check.wrong(
				place,
				value,
				'it must be "sim", an interface such as "can0", an adapter such as "slcan:/dev/ttyACM0", or on the board "can-1" or "mcp2515"',
			);
		default:
			return check.oneOf(value ?? "board", place, ["board", "sim"] as const);
	}
}

/** Gives each bus what its devices speak, all the same, and what goes over such a bus. */
export function speak(
	buses: readonly (SiteBus | undefined)[],
	devices: readonly (SiteDevice | undefined)[],
	known: readonly string[],
	check: Checker,
): void {
	const first = new Map<SiteBus, number>();
	devices.forEach((device, i) => {
		const bus = device && buses.find((one) => one?.id === device.bus);
		if (!bus) return;
		const protocol = protocolOf(known, device.device);
		const before = first.get(bus);
		const kinds = busKindsOf(protocol);
		// of two codings of one protocol the bus may say which
		const spoken = protocol === "modbus" && bus.protocol === "modbus-ascii" ? "modbus-ascii" : protocol;
		if (!kinds.includes(bus.kind)) {
			const allowed = kinds.map((kind) => `"${kind}"`).join(" or ");
			check.problem(
				`devices[${i}].bus`,
				`${device.device} speaks ${protocol}, which needs a bus of kind ${allowed}; ${bus.id} is "${bus.kind}"`,
			);
		} else if (before === undefined) {
			first.set(bus, i);
			bus.protocol = spoken;
		} else if (bus.protocol !== spoken) {
			check.problem(
				`devices[${i}].bus`,
				`${device.device} speaks ${spoken}, devices[${before}] on the same bus ${bus.protocol}`,
			);
		} else if (kAlone.includes(spoken)) {
			check.problem(
				`devices[${i}].bus`,
				`${device.device} has no address and is alone on its line; devices[${before}] is there already`,
			);
		}
	});
}

/** What a site may say of a bus with Modbus devices; all else follows from the devices. */
const kCodings = frozen(["modbus", "modbus-ascii"] as const);

const kBusKeys = frozen(
	["id", "kind", "port", "baud", "bitrate", "parity", "stop", "host", "user"].concat([
		"password",
		"timeoutMs",
		"retries",
		"poll",
		"protocol",
		"bits",
	]),
);

/** Characters of Modbus ASCII: 7N2 when nothing is said. */
function checkAscii(
	bus: { bits?: 7 | 8; parity: unknown; stop: unknown },
	fields: Record<string, unknown>,
	place: string,
	check: Checker,
): void {
	const bits = fields["bits"] === undefined ? 7 : check.oneOf(fields["bits"], `${place}.bits`, [7, 8] as const);
	if (bits === undefined) return;
	bus.bits = bits;
	if (bits === 8 || bus.parity !== "none") return;
	if (fields["stop"] === undefined) bus.stop = 2;
	else if (bus.stop !== 2) check.wrong(`${place}.stop`, bus.stop, "7 bits without parity have 2 stop bits");
}

export function busOf(value: unknown, place: string, check: Checker): SiteBus | undefined {
	const before = check.problems.length;
	const fields = check.object(value, place, kBusKeys);
	if (!fields) return undefined;
	const kind = check.oneOf(fields["kind"] ?? "rs485", `${place}.kind`, kBusKinds);
	const optional = optionalOf(fields, place);
	const bus = {
		id: check.id(fields["id"], `${place}.id`),
		kind,
		protocol: optional("protocol", kind === "can" ? ("can" as const) : ("modbus" as const), (v, p) =>
			check.oneOf(v, p, kCodings),
		),
		port: checkBusPort(fields["port"], `${place}.port`, kind ?? "rs485", check),
		baud:
			kind === "can"
				? optional("bitrate", 500000, (v, p) => check.oneOf(v, p, kBitrates))
				: optional("baud", 9600, (v, p) => check.oneOf(v, p, kBauds)),
		parity: optional("parity", "none" as const, (v, p) => check.oneOf(v, p, kParities)),
		stop: optional("stop", 1, (v, p) => check.oneOf(v, p, [1, 2])),
		host: "",
		user: optional("user", "", (v, p) => check.text(v, p, 64)),
		password: optional("password", "", (v, p) => check.text(v, p, 64)),
		timeoutMs: optional("timeoutMs", 1000, (v, p) => check.integer(v, p, 20, 10000)),
		retries: optional("retries", 1, (v, p) => check.integer(v, p, 0, 5)),
		poll: optional("poll", {}, (v, p) => pollOf(v, p, check)),
	};
	if (bus.protocol === "modbus-ascii") checkAscii(bus, fields, place, check);
	else if (fields["bits"] !== undefined) check.problem(`${place}.bits`, 'only a bus of protocol "modbus-ascii" has it');
	const remote = kind === "tcp" || kind === "http" || kind === "mqtt";
	if (remote) bus.host = check.text(fields["host"], `${place}.host`, 253) ?? "";
	else if (fields["host"] !== undefined)
		check.problem(`${place}.host`, 'only a bus of kind "tcp", "http" or "mqtt" has a host');
	for (const key of kind === "rs485" ? [] : ["baud", "parity", "stop", "protocol", "bits"]) {
		if (fields[key] !== undefined) check.problem(`${place}.${key}`, `a ${kind} bus has no serial line settings`);
	}
	if (kind !== "can" && fields["bitrate"] !== undefined)
		check.problem(`${place}.bitrate`, 'only a bus of kind "can" has it');
	for (const key of kind === "http" || kind === "mqtt" ? [] : ["user", "password"]) {
		if (fields[key] !== undefined) check.problem(`${place}.${key}`, 'only a bus of kind "http" or "mqtt" has it');
	}
	return check.problems.length === before ? (bus as SiteBus) : undefined;
}

export function pollOf(value: unknown, place: string, check: Checker): PollPeriods | undefined {
	const keys = ["fastS", "normalS", "slowS"] as const;
	const fields = check.object(value, place, keys);
	if (!fields) return undefined;
	const poll: PollPeriods = {};
	for (const key of keys) {
		const period =
			fields[key] === undefined ? undefined : check.number(fields[key], `${place}.${key}`, 0.02, 86400, "s");
		if (period !== undefined) poll[key] = period;
	}
	return poll;
}
