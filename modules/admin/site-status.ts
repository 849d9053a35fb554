import { utf8Encode } from "../base/bytes";
import { alarmStatus } from "./alarm-status";
import type { ApiOptions } from "./api-options";
import { busStatus } from "./status";
import { isoOf } from "./times";

/** Nodes of the topology in one piece. */
const kNodesAtOnce = 8;

/** What changes of the hub itself, beside devices, buses and alarms. */
export function hubStatus({ clock, wallClock, mqtt, network }: ApiOptions) {
	return {
		time: isoOf(clock.now(), clock),
		clock: { state: wallClock.state, source: wallClock.source, uncertaintyMs: wallClock.uncertaintyMs ?? null },
		mqtt: mqtt(),
		network: network?.() ?? null,
	};
}

/**
 * All that the hub knows, as JSON, piece by piece: each device as it is when its piece is made, so that no more than one
 * stands in memory.
 */
export function siteStatusPieces(options: ApiOptions): () => Uint8Array | undefined {
	const { hub, clock, alarms, status, firmware, siteStore, auth } = options;
	const { site, devices } = hub;
	const { topology } = site;
	let at = -1;
	return () => {
		const index = at++;
		if (index < 0) {
			const head = JSON.stringify({
				name: site.name,
				location: site.location,
				feederId: site.feederId,
				gatewayId: site.gatewayId,
				firmware,
				editable: siteStore !== undefined,
				loginRequired: auth.loginRequired,
				...hubStatus(options),
				alarms: alarmStatus(alarms.list(), clock),
				buses: busStatus(hub, clock),
			});
			return utf8Encode(`${head.slice(0, -1)},"devices":[`);
		}
		if (index < devices.length)
			return utf8Encode((index > 0 ? "," : "") + JSON.stringify(status.device(devices[index]!)));
		const first = (index - devices.length) * kNodesAtOnce;
		if (first > 0 && first >= topology.length) return undefined;
		const nodes = topology.slice(first, first + kNodesAtOnce).map(({ id, kind, name, parent, device, position }) => ({
			id,
			kind,
			name,
			parent,
			device,
			position: position ?? null,
		}));
		const begin = first === 0 ? '],"topology":[' : ",";
		const end = first + kNodesAtOnce >= topology.length ? "]}" : "";
		return utf8Encode(begin + JSON.stringify(nodes).slice(1, -1) + end);
	};
}
