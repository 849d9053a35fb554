import type { Checker } from "../base/checker";
import { optionalOf } from "./site-services";
import type { SiteDevice, SiteProtection } from "./site-shape";

/** "services.protection" of a site file: which residual current opens which relay. */
export function protectionOf(
	value: unknown,
	devices: readonly (SiteDevice | undefined)[],
	check: Checker,
): SiteProtection[] {
	const place = "services.protection";
	const list = (check.array(value ?? [], place, 0, 16) ?? []).map((one, i) => oneOf(one, `${place}[${i}]`, check));
	list.forEach((one, i) => {
		if (!one) return;
		for (const key of ["sensor", "relay", "meter", "dc"] as const) {
			const id = one[key];
			if (id === "" || devices.some((device) => device?.id === id)) continue;
			check.wrong(`${place}[${i}].${key}`, id, "it must be the id of a device of this site");
		}
		const same = list.findIndex((other) => other && sameRelay(one, other));
		if (same < i) check.problem(`${place}[${i}]`, `${place}[${same}] says the same already`);
	});
	return list.flatMap((one) => (one ? [one] : []));
}

function sameRelay(a: SiteProtection, b: SiteProtection): boolean {
	return a.sensor === b.sensor && a.relay === b.relay && a.channel === b.channel && a.row === b.row;
}

function oneOf(value: unknown, place: string, check: Checker): SiteProtection | undefined {
	const keys = ["sensor", "relay", "channel", "row", "open", "acMa", "dcMa", "pulsedMa", "lostS", "meter", "dc"];
	const before = check.problems.length;
	const fields = check.object(value, place, keys);
	if (!fields) return undefined;
	const optional = optionalOf(fields, place);
	const milliampere = (v: unknown, p: string) => check.number(v, p, 0.1, 30_000, "mA");
	const own = {
		sensor: check.id(fields["sensor"], `${place}.sensor`),
		relay: check.id(fields["relay"], `${place}.relay`),
		channel: optional("channel", 1, (v, p) => check.integer(v, p, 1, 64)),
		row: optional("row", "", (v, p) => check.text(v, p, 64)),
		open: optional("open", 0, (v, p) => check.number(v, p, -1e9, 1e9, "")),
		acMa: optional("acMa", 30, milliampere),
		dcMa: optional("dcMa", 6, milliampere),
		pulsedMa: optional("pulsedMa", undefined, milliampere),
		lostS: optional("lostS", 0, (v, p) => check.number(v, p, 0, 3600, "s")),
		meter: optional("meter", "", (v, p) => check.id(v, p)),
		dc: optional("dc", "", (v, p) => check.id(v, p)),
	};
	return check.problems.length === before ? (own as SiteProtection) : undefined;
}
