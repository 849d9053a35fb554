import type { TopologyKind, TopologyNode } from "./types";

/** What the drawing needs of a device. */
export interface LineDevice {
	id: string;
	name: string;
	role: string;
}

/** A pole or branch with what hangs on it. */
export interface LineNode {
	id: string;
	kind: TopologyKind;
	name: string;
	position: [number, number] | null;
	/** The device that measures the whole node, "" for none. */
	meter: string;
	homes: LineHome[];
	children: LineNode[];
}

export interface LineHome {
	device: string;
	name: string;
	position: [number, number] | null;
}

/**
 * The line as a tree: feeders and branches down to poles, homes on the node their meter hangs on. A home that the
 * topology does not name hangs on the first pole; where there is no pole at all, one is made up.
 */
export function lineOf(
	topology: readonly TopologyNode[],
	devices: readonly LineDevice[],
	poleName: string,
): LineNode[] {
	const nodes = new Map<string, LineNode>();
	const roots: LineNode[] = [];
	const placed = new Set<string>();
	const deviceOf = new Map(devices.map((device) => [device.id, device]));
	for (const { id, kind, name, parent, position } of topology) {
		if (kind === "meter" || kind === "customer") continue;
		const node: LineNode = { id, kind, name, position, meter: "", homes: [], children: [] };
		nodes.set(id, node);
		const above = nodes.get(parent);
		if (above) above.children.push(node);
		else roots.push(node);
	}
	for (const { kind, parent, device: deviceId, position } of topology) {
		if (kind !== "meter") continue;
		const device = deviceOf.get(deviceId);
		const node = nodes.get(parent);
		if (!device || !node) continue;
		if (device.role === "home") {
			node.homes.push({ device: device.id, name: device.name, position });
			placed.add(device.id);
		} else node.meter = device.id;
	}
	const rest = devices.filter((device) => device.role === "home" && !placed.has(device.id));
	if (rest.length > 0 || nodes.size === 0) {
		let pole = [...nodes.values()].find((node) => node.kind === "pole");
		if (!pole) {
			pole = { id: "", kind: "pole", name: poleName, position: null, meter: "", homes: [], children: [] };
			if (roots[0]) roots[0].children.push(pole);
			else roots.push(pole);
		}
		for (const { id, name } of rest) pole.homes.push({ device: id, name, position: null });
	}
	// a feeder meter that the topology leaves out measures the first node
	const feeder = devices.find((device) => device.role === "feeder");
	const metered = [...nodes.values()].some((node) => node.meter !== "");
	if (feeder && !metered && roots[0]) roots[0].meter = feeder.id;
	return roots;
}

/** Every node, parents first. */
export function allNodes(roots: readonly LineNode[]): LineNode[] {
	return roots.flatMap((node) => [node, ...allNodes(node.children)]);
}

/** Devices of all homes below and on a node. */
export function homesBelow(node: LineNode): string[] {
	return allNodes([node]).flatMap((one) => one.homes.map((home) => home.device));
}
