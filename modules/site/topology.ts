import type { Checker } from "../base/checker";
import { show } from "../base/errors";
import { frozen } from "../base/frozen";

/**
 * Who hangs on whom: feeder, branch, pole, meter, customer, as GeoJSON features (RFC 7946) so that a map tool opens them.
 * Losses are compared along it: the sum of a node's meters against the meter of the node itself.
 */
export type TopologyKind = "feeder" | "branch" | "pole" | "meter" | "customer";

export interface TopologyNode {
	id: string;
	kind: TopologyKind;
	name: string;
	/** Id of the node above, "" for the feeder. */
	parent: string;
	/** kind "meter": id of the site device that measures here, else "". */
	device: string;
	/** Degrees east and north (WGS 84), where known. */
	position: [longitude: number, latitude: number] | undefined;
}

const kKinds = frozen<readonly TopologyKind[]>(["feeder", "branch", "pole", "meter", "customer"]);

/** What may stand above each kind. A meter on a feeder, branch or pole measures that whole node. */
const kParents = frozen<Record<TopologyKind, readonly TopologyKind[]>>({
	feeder: [],
	branch: ["feeder", "branch"],
	pole: ["feeder", "branch"],
	meter: ["feeder", "branch", "pole"],
	customer: ["meter"],
});

/** Nodes of a GeoJSON FeatureCollection, parents before children; undefined when it is none. Problems go to `check`. */
export function checkTopology(
	value: unknown,
	check: Checker,
	deviceIds: readonly string[],
): TopologyNode[] | undefined {
	const collection = check.object(value, "topology", ["type", "features", "bbox", "name"]);
	if (!collection) return undefined;
	check.oneOf(collection["type"], "topology.type", ["FeatureCollection"]);
	const features = check.array(collection["features"], "topology.features", 0, 512);
	if (!features) return undefined;
	const nodes = new Map<string, { node: TopologyNode; place: string }>();
	const meterOf = new Map<string, string>();
	for (let i = 0; i < features.length; i++) {
		const place = `topology.features[${i}]`;
		const node = nodeOf(features[i], place, check, deviceIds);
		if (!node) continue;
		const twin = nodes.get(node.id);
		if (twin) {
			check.problem(`${place}.id`, `${show(node.id)} is taken by ${twin.place}; each must have its own`);
			continue;
		}
		nodes.set(node.id, { node, place });
		if (node.device === "") continue;
		const other = meterOf.get(node.device);
		if (other) check.problem(`${place}.properties.device`, `${show(node.device)} measures ${other} already`);
		else meterOf.set(node.device, place);
	}
	for (const { node, place } of nodes.values()) checkParent(node, place, nodes, check);
	return parentsFirst(nodes);
}

function nodeOf(value: unknown, place: string, check: Checker, deviceIds: readonly string[]): TopologyNode | undefined {
	const feature = check.object(value, place, ["type", "id", "geometry", "properties", "bbox"]);
	if (!feature) return undefined;
	check.oneOf(feature["type"], `${place}.type`, ["Feature"]);
	const id = check.id(feature["id"], `${place}.id`);
	const fields = check.object(feature["properties"], `${place}.properties`, ["kind", "name", "parent", "device"]);
	const position = positionOf(feature["geometry"], `${place}.geometry`, check);
	if (!fields || id === undefined) return undefined;
	const kind = check.oneOf(fields["kind"], `${place}.properties.kind`, kKinds);
	if (!kind) return undefined;
	const name = fields["name"] === undefined ? id : check.text(fields["name"], `${place}.properties.name`, 60);
	let device: string | undefined = "";
	if (kind === "meter") device = check.oneOf(fields["device"], `${place}.properties.device`, deviceIds);
	else if (fields["device"] !== undefined)
		check.problem(`${place}.properties.device`, 'only a feature of kind "meter" has a device');
	let parent: string | undefined = "";
	if (kind !== "feeder") parent = check.id(fields["parent"], `${place}.properties.parent`);
	else if (fields["parent"] !== undefined) check.problem(`${place}.properties.parent`, "a feeder has nothing above it");
	if (name === undefined || device === undefined || parent === undefined) return undefined;
	return { id, kind, name, parent, device, position };
}

function positionOf(value: unknown, place: string, check: Checker): [number, number] | undefined {
	if (value === undefined || value === null) return undefined;
	const geometry = check.object(value, place, ["type", "coordinates"]);
	if (!geometry) return undefined;
	const type = check.oneOf(geometry["type"], `${place}.type`, ["Point", "LineString"] as const);
	if (!type) return undefined;
	const list =
		type === "Point"
			? [geometry["coordinates"]]
			: check.array(geometry["coordinates"], `${place}.coordinates`, 2, 1000);
	let first: [number, number] | undefined;
	(list ?? []).forEach((pair, i) => {
		const at = type === "Point" ? `${place}.coordinates` : `${place}.coordinates[${i}]`;
		const numbers = check.array(pair, at, 2, 3);
		if (!numbers) return;
		// the usual mistake is latitude first; it shows when the second number cannot be a latitude
		const longitude = check.number(numbers[0], `${at}[0]`, -180, 180, "degrees east (longitude comes first)");
		const latitude = check.number(numbers[1], `${at}[1]`, -90, 90, "degrees north (latitude comes second)");
		if (longitude !== undefined && latitude !== undefined) first ??= [longitude, latitude];
	});
	return first;
}

function checkParent(
	node: TopologyNode,
	place: string,
	nodes: ReadonlyMap<string, { node: TopologyNode }>,
	check: Checker,
): void {
	if (node.kind === "feeder") return;
	const above = nodes.get(node.parent)?.node;
	const at = `${place}.properties.parent`;
	if (!above) {
		check.problem(at, `no feature has the id ${show(node.parent)}`);
		return;
	}
	const allowed = kParents[node.kind];
	if (!allowed.includes(above.kind)) {
		check.problem(at, `${show(node.parent)} is a ${above.kind}; a ${node.kind} hangs on a ${allowed.join(", ")}`);
	}
	let next: TopologyNode | undefined = above;
	for (let steps = 0; next && steps <= nodes.size; steps++) {
		if (next.id === node.id) {
			check.problem(at, `${show(node.id)} hangs on itself`);
			return;
		}
		next = nodes.get(next.parent)?.node;
	}
}

function parentsFirst(nodes: ReadonlyMap<string, { node: TopologyNode }>): TopologyNode[] {
	const sorted: TopologyNode[] = [];
	const done = new Set<string>();
	const place = (node: TopologyNode, depth: number): void => {
		if (done.has(node.id) || depth > nodes.size) return;
		const above = nodes.get(node.parent)?.node;
		if (above) place(above, depth + 1);
		if (done.has(node.id)) return;
		done.add(node.id);
		sorted.push(node);
	};
	for (const { node } of nodes.values()) place(node, 0);
	return sorted;
}
