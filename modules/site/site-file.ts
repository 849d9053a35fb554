import { Checker, type Fields, type Problem } from "../base/checker";
import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";
import { jsonFault } from "../base/json-place";
import { knownId } from "./known-devices";
import { boardOf } from "./site-board";
import { busOf, isAddressed, pollOf, speak } from "./site-bus";
import { canBatteryOf } from "./site-can-battery";
import { protectionOf } from "./site-protection";
import { optionalOf, servicesOf } from "./site-services";
import {
	kFoundDevice,
	kRoles,
	kSimulated,
	type Site,
	type SiteBus,
	type SiteDevice,
	type SiteLimits,
	type SiteRatings,
} from "./site-shape";
import { checkTopology } from "./topology";

export { parseBroker } from "./site-services";
export type {
	PollPeriods,
	Site,
	SiteBoard,
	SiteBus,
	SiteDevice,
	SiteLimits,
	SiteLine,
	SiteProtection,
	SiteRatings,
	SiteServices,
	SiteSunSpec,
} from "./site-shape";
export { kFoundDevice } from "./site-shape";

/** What the check must know of the device catalogue: see known-devices.ts. */
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
	const devices = (check.array(top["devices"], "devices", 0, 64) ?? []).map((one, i) =>
		deviceOf(one, `devices[${i}]`, check, known, buses),
	);
	speak(buses, devices, known, check);
	unique(check, devices, "devices", "id", (device) => device.id);
	unique(check, devices, "devices", "unit", (device) => `${device.unit}`);
	unique(check, devices, "devices", "serial", (device) => device.serial);
	unique(check, devices, "devices", "address", (device) =>
		isAddressed(buses.find((bus) => bus?.id === device.bus)?.kind ?? "rs485")
			? `${device.address} on bus ${device.bus}`
			: undefined,
	);
	const deviceIds = devices.flatMap((device) => (device ? [device.id] : []));
	const topology = top["topology"] === undefined ? [] : checkTopology(top["topology"], check, deviceIds);
	const services = servicesOf(top["services"] ?? {}, check);
	if (services) {
		const given = top["services"] as Fields | undefined;
		services.protection = protectionOf(given?.["protection"], devices, check);
		services.canBattery = canBatteryOf(given?.["canBattery"], buses, devices, check);
	}
	const rtuPort = services?.sunspec.rtu?.port;
	const taken = rtuPort === undefined ? -1 : buses.findIndex((bus) => bus?.kind === "rs485" && bus.port === rtuPort);
	if (taken >= 0) check.problem("services.sunspec.rtu.port", `${rtuPort} is taken by buses[${taken}]`);
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

const kDeviceKeys = frozen(
	["id", "name", "device", "bus", "address", "unit", "serial", "role", "phase", "poll"].concat([
		"sim",
		"control",
		"ratings",
		"path",
		"board",
	]),
);

function deviceOf(
	value: unknown,
	place: string,
	check: Checker,
	known: KnownDevices,
	buses: readonly (SiteBus | undefined)[],
): SiteDevice | undefined {
	const before = check.problems.length;
	const fields = check.object(value, place, kDeviceKeys);
	if (!fields) return undefined;
	const optional = optionalOf(fields, place);
	const id = check.id(fields["id"], `${place}.id`);
	const device = {
		id,
		name: optional("name", id ?? "", (v, p) => check.text(v, p, 60)),
		device: check.oneOf(fields["device"], `${place}.device`, known.map(knownId)),
		bus: check.oneOf(
			fields["bus"],
			`${place}.bus`,
			buses.flatMap((bus) => (bus ? [bus.id] : [])),
		),
		address: optionalAddress(fields, place, check, buses),
		path: optional("path", "", (v, p) => check.text(v, p, 120)),
		unit: check.integer(fields["unit"], `${place}.unit`, 2, 247),
		serial: optional("serial", id ?? "", (v, p) => check.id(v, p)),
		role: optional("role", "other" as const, (v, p) => check.oneOf(v, p, kRoles)),
		phase: optional("phase", 1, (v, p) => check.oneOf(v, p, [1, 2, 3])),
		sim: optional("sim", "" as const, (v, p) => check.oneOf(v, p, kSimulated)),
		control: optional("control", true, (v, p) => check.boolean(v, p)),
		ratings: optional("ratings", {}, (v, p) => ratingsOf(v, p, check)),
		poll: optional("poll", {}, (v, p) => pollOf(v, p, check)),
		board: optional("board", undefined, (v, p) => boardOf(v, p, check)),
	};
	if (device.sim !== "" && device.device !== undefined && device.device !== kFoundDevice)
		check.problem(`${place}.sim`, `only a device of kind "${kFoundDevice}" says what is simulated`);
	return check.problems.length === before ? (device as SiteDevice) : undefined;
}

/** What has no addresses on its bus has the address 1. */
function optionalAddress(
	fields: Fields,
	place: string,
	check: Checker,
	buses: readonly (SiteBus | undefined)[],
): number | undefined {
	const kind = buses.find((bus) => bus?.id === fields["bus"])?.kind;
	const address = fields["address"];
	if (address === undefined && kind !== undefined && !isAddressed(kind)) return 1;
	return check.integer(address, `${place}.address`, 1, 255);
}

/** Fields of `ratings`, each with its unit. */
const kRatings = frozen<readonly (readonly [keyof SiteRatings, string])[]>([
	["maxW", "W"],
	["maxVA", "VA"],
	["maxVar", "var"],
	["chargeW", "W"],
	["dischargeW", "W"],
	["nominalV", "V"],
	["capacityWh", "Wh"],
]);

function ratingsOf(value: unknown, place: string, check: Checker): SiteRatings | undefined {
	const fields = check.object(
		value,
		place,
		kRatings.map(([key]) => key),
	);
	if (!fields) return undefined;
	const ratings: SiteRatings = {};
	for (const [key, unit] of kRatings) {
		const given = fields[key] === undefined ? undefined : check.number(fields[key], `${place}.${key}`, 1, 1e8, unit);
		if (given !== undefined) ratings[key] = given;
	}
	return ratings;
}
