import type { Checker } from "../base/checker";
import { optionalOf } from "./site-services";
import type { SiteBus, SiteCanBattery, SiteDevice } from "./site-shape";

/** "services.canBattery" of a site file: on which bus the hub is a battery for an inverter, and which battery it shows. */
export function canBatteryOf(
	value: unknown,
	buses: readonly (SiteBus | undefined)[],
	devices: readonly (SiteDevice | undefined)[],
	check: Checker,
): SiteCanBattery | undefined {
	if (value === undefined) return undefined;
	const place = "services.canBattery";
	const before = check.problems.length;
	const keys = ["bus", "from", "maker", "name", "chargeV", "dischargeV", "chargeA", "dischargeA", "capacityAh"];
	const fields = check.object(value, place, keys);
	if (!fields) return undefined;
	const optional = optionalOf(fields, place);
	const volts = (v: unknown, p: string) => check.number(v, p, 1, 1000, "V");
	const amperes = (v: unknown, p: string) => check.number(v, p, 0, 3000, "A");
	const own = {
		bus: check.id(fields["bus"], `${place}.bus`),
		from: check.id(fields["from"], `${place}.from`),
		maker: optional("maker", "PYLON", (v, p) => asciiOf(v, p, 8, check)),
		name: optional("name", "Gridpost", (v, p) => asciiOf(v, p, 16, check)),
		chargeV: optional("chargeV", undefined, volts),
		dischargeV: optional("dischargeV", undefined, volts),
		chargeA: optional("chargeA", undefined, amperes),
		dischargeA: optional("dischargeA", undefined, amperes),
		capacityAh: optional("capacityAh", undefined, (v, p) => check.number(v, p, 1, 65_535, "Ah")),
	};
	const bus = buses.find((one) => one?.id === own.bus);
	if (own.bus !== undefined && bus?.kind !== "can")
		check.wrong(`${place}.bus`, own.bus, 'it must be the id of a bus of kind "can"');
	if (bus && devices.some((device) => device?.bus === bus.id))
		check.wrong(`${place}.bus`, own.bus, "there are devices on it: an inverter wants its battery's bus for itself");
	if (own.from !== undefined && !devices.some((device) => device?.id === own.from))
		check.wrong(`${place}.from`, own.from, "it must be the id of a device of this site");
	if (own.chargeV !== undefined && own.dischargeV !== undefined && own.dischargeV >= own.chargeV)
		check.wrong(`${place}.dischargeV`, own.dischargeV, `it must be below chargeV, which is ${own.chargeV}`);
	return check.problems.length === before ? (own as SiteCanBattery) : undefined;
}

function asciiOf(value: unknown, place: string, most: number, check: Checker): string | undefined {
	if (typeof value === "string" && value.length <= most && /^[\x20-\x7e]+$/.test(value)) return value;
	return check.wrong(place, value, `it must be 1 to ${most} letters without accents`);
}
