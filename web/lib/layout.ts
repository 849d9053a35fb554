import { allNodes, homesBelow, type LineHome, type LineNode } from "./line";

export interface Point {
	x: number;
	y: number;
}

export interface PlacedNode extends Point {
	node: LineNode;
	/** Of a pole: how far its mast reaches down, px. */
	mast: number;
}

export interface PlacedHome extends Point {
	home: LineHome;
}

export interface Wire {
	from: Point;
	to: Point;
	/** Devices whose powers flow here; one meter, or all homes below. */
	devices: string[];
	/** How much it hangs through, px. */
	sag: number;
}

export interface Drawing {
	width: number;
	height: number;
	/** By coordinates, or only who hangs on whom. */
	mode: "map" | "schematic";
	nodes: PlacedNode[];
	homes: PlacedHome[];
	wires: Wire[];
}

/** What a home takes in the drawing, its house with name and power below: centre to edge. */
export const kHomeBox = { halfWidth: 50, up: 20, down: 50 } as const;
const kPoleBox = { halfWidth: 46, up: 40, down: 50 } as const;
const kRow = 88;
const kMast = 26;
/** How far, on average, places of a map may be moved to keep words apart, px. */
const kMovedAtMost = 36;
/** Between a pole and the left and right edge: the feeder comes in there. */
const kFeederRoom = 36;
const kMargin = 8;

/** The line drawn `width` px wide: by coordinates when every pole and home has its own, else schematic. */
export function layOut(roots: readonly LineNode[], width: number): Drawing {
	return mapOf(roots, width) ?? schematicOf(roots, width);
}

/** Undefined when coordinates are missing or the same. */
function mapOf(roots: readonly LineNode[], width: number): Drawing | undefined {
	const nodes = allNodes(roots);
	const poles = nodes.filter((node) => node.kind === "pole");
	const homes = nodes.flatMap((node) => node.homes);
	const places = [...poles, ...homes].map((one) => one.position);
	if (poles.length === 0 || homes.length === 0 || places.some((one) => one === null)) return undefined;
	const positions = places as [number, number][];
	if (new Set(positions.map((one) => one.join(" "))).size < positions.length) return undefined;

	// east and north in equal measure: good enough for a street
	const shrink = Math.cos((positions[0]![1] * Math.PI) / 180);
	const flat = ([longitude, latitude]: [number, number]): Point => ({ x: longitude * shrink, y: -latitude });
	const flats = positions.map(flat);
	const [left, right] = [Math.min(...flats.map((one) => one.x)), Math.max(...flats.map((one) => one.x))];
	const [top, bottom] = [Math.min(...flats.map((one) => one.y)), Math.max(...flats.map((one) => one.y))];
	const inset = { x: kHomeBox.halfWidth + kMargin, top: kHomeBox.up + kMargin, bottom: kHomeBox.down + kMargin };
	const columns = Math.max(2, Math.floor(width / (2.6 * kHomeBox.halfWidth)));
	let height = Math.max(330, Math.ceil((homes.length + poles.length * 2) / columns) * 120);
	const innerWidth = width - 2 * inset.x;
	const innerHeight = height - inset.top - inset.bottom;
	// each direction has its own scale: a long street fills the drawing too
	const stretch = (low: number, high: number, size: number) => (high > low ? size / (high - low) : 0);
	const scaleX = stretch(left, right, innerWidth);
	const scaleY = stretch(top, bottom, innerHeight);
	const least = Math.min(scaleX || scaleY, scaleY || scaleX);
	const place = (point: Point): Point => ({
		x: width / 2 + (point.x - (left + right) / 2) * Math.min(scaleX, least * 2.2),
		y: inset.top + innerHeight / 2 + (point.y - (top + bottom) / 2) * Math.min(scaleY, least * 2.2),
	});
	const boxes: Box[] = [...poles, ...homes].map((_, i) => ({
		...place(flats[i]!),
		...(i < poles.length ? { ...kPoleBox, inset: kFeederRoom } : { ...kHomeBox, inset: 0 }),
	}));
	const intended = boxes.map(({ x, y }) => ({ x, y }));
	pushApart(boxes, width, height);
	const moved = boxes.map((box, i) => Math.hypot(box.x - intended[i]!.x, box.y - intended[i]!.y));
	// no map any more: too many homes for the width
	if (moved.reduce((sum, one) => sum + one, 0) / boxes.length > kMovedAtMost) return undefined;
	height = crop(boxes);
	const placedPoles = poles.map((node, i) => ({ node, x: boxes[i]!.x, y: boxes[i]!.y, mast: kMast }));
	const placedHomes = homes.map((home, i) => ({
		home,
		x: boxes[poles.length + i]!.x,
		y: boxes[poles.length + i]!.y,
	}));
	const wires: Wire[] = [];
	const poleAt = (node: LineNode) => placedPoles.find((one) => one.node === node);
	for (const home of placedHomes) {
		const owner = nodes.find((node) => node.homes.includes(home.home))!;
		const from = poleAt(owner) ?? placedPoles[0]!;
		wires.push({ from: armOf(from), to: roofOf(home), devices: [home.home.device], sag: 9 });
	}
	// from the last pole that was passed to the next one below it
	const follow = (node: LineNode, last: PlacedNode | undefined): void => {
		const here = poleAt(node);
		if (here && last) wires.push({ from: armOf(last), to: armOf(here), devices: homesBelow(node), sag: 18 });
		for (const child of node.children) follow(child, here ?? last);
	};
	for (const root of roots) follow(root, undefined);
	const feeder = roots[0]!;
	const first = firstPole(feeder, placedPoles) ?? placedPoles[0]!;
	const from = edgeTowards(feeder, first, flat, { width, height, homes: placedHomes });
	// first, so that the wires to the homes lie over it
	wires.unshift({ from, to: armOf(first), devices: feeder.meter ? [feeder.meter] : homesBelow(feeder), sag: 12 });
	const nodesPlaced: PlacedNode[] = placedPoles;
	if (feeder.kind !== "pole") nodesPlaced.push({ node: feeder, ...from, mast: 0 });
	return { width, height, mode: "map", nodes: nodesPlaced, homes: placedHomes, wires };
}

function firstPole(root: LineNode, poles: readonly PlacedNode[]): PlacedNode | undefined {
	for (const node of allNodes([root])) {
		const found = poles.find((one) => one.node === node);
		if (found) return found;
	}
	return undefined;
}

/**
 * Where the feeder enters the drawing: at the edge that lies towards where it begins, and there where the line in keeps
 * clear of homes and of their wires.
 */
function edgeTowards(
	feeder: LineNode,
	pole: PlacedNode,
	flat: (position: [number, number]) => Point,
	drawn: { width: number; height: number; homes: readonly PlacedHome[] },
): Point {
	const { width, height, homes } = drawn;
	const [start, end] = [feeder.position && flat(feeder.position), pole.node.position && flat(pole.node.position)];
	const isRight = start && end ? start.x > end.x : false;
	const x = isRight ? width - kMargin : kMargin;
	const slope = start && end && start.x !== end.x ? (start.y - end.y) / Math.abs(start.x - end.x) : 0;
	const wantedY = pole.y + Math.max(-0.6, Math.min(0.6, slope)) * Math.abs(x - pole.x);
	const arm = armOf(pole);
	let best: Point = { x, y: pole.y };
	let least = Infinity;
	for (let y = 34; y <= height - 34; y += 10) {
		const from = { x, y };
		let cost = Math.abs(y - wantedY) / height;
		for (const home of homes) {
			const turn = Math.abs(angleBetween(arm, from, roofOf(home)));
			if (turn < 0.5) cost += (0.5 - turn) * 4;
			if (distanceToLine(home, from, arm) < 62) cost += 1;
			// its name stands at the edge
			if (Math.abs(home.x - x) < 150 && Math.abs(home.y + 10 - y) < 60) cost += 1;
		}
		if (cost < least) [least, best] = [cost, from];
	}
	return best;
}

/** At `corner`, between the ways to two points, radians. */
function angleBetween(corner: Point, a: Point, b: Point): number {
	const turn = Math.atan2(a.y - corner.y, a.x - corner.x) - Math.atan2(b.y - corner.y, b.x - corner.x);
	return Math.atan2(Math.sin(turn), Math.cos(turn));
}

/** From a point to the straight line between two others. */
function distanceToLine(point: Point, from: Point, to: Point): number {
	const [dx, dy] = [to.x - from.x, to.y - from.y];
	const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy || 1);
	const at = Math.max(0, Math.min(1, along));
	return Math.hypot(point.x - from.x - at * dx, point.y - from.y - at * dy);
}

interface Box extends Point {
	halfWidth: number;
	up: number;
	down: number;
	/** To the left and right edge, beyond the margin. */
	inset: number;
}

/** Moves the boxes up to the upper edge; the height that is left. */
function crop(boxes: readonly Box[]): number {
	const top = Math.min(...boxes.map((box) => box.y - box.up)) - kMargin;
	for (const box of boxes) box.y -= top;
	return Math.max(...boxes.map((box) => box.y + box.down)) + kMargin;
}

/** Moves boxes off each other, each as little as it can, and keeps them inside. */
function pushApart(boxes: Box[], width: number, height: number): void {
	for (let round = 0; round < 200; round++) {
		let moved = false;
		for (let i = 0; i < boxes.length; i++) {
			for (let j = i + 1; j < boxes.length; j++) {
				const [a, b] = [boxes[i]!, boxes[j]!];
				const overlapX = a.halfWidth + b.halfWidth - Math.abs(a.x - b.x);
				const overlapY = a.y <= b.y ? a.y + a.down - (b.y - b.up) : b.y + b.down - (a.y - a.up);
				if (overlapX <= 0.5 || overlapY <= 0.5) continue;
				moved = true;
				if (overlapX < overlapY) {
					const step = (overlapX / 2) * (a.x <= b.x ? 1 : -1);
					a.x -= step;
					b.x += step;
				} else {
					const step = (overlapY / 2) * (a.y <= b.y ? 1 : -1);
					a.y -= step;
					b.y += step;
				}
			}
		}
		for (const box of boxes) {
			const side = box.halfWidth + box.inset + kMargin;
			box.x = Math.max(side, Math.min(width - side, box.x));
			box.y = Math.max(box.up + kMargin, Math.min(height - box.down - kMargin, box.y));
		}
		if (!moved) return;
	}
}

/** The poles one below the other, each with its homes left and right of a mast that is as long as they need. */
function schematicOf(roots: readonly LineNode[], width: number): Drawing {
	const centre = width / 2;
	const reach = Math.min(centre - kHomeBox.halfWidth - kMargin, 300);
	const nodes: PlacedNode[] = [];
	const homes: PlacedHome[] = [];
	const wires: Wire[] = [];
	let y = 34;
	const place = (node: LineNode, above: PlacedNode | undefined): void => {
		const small = node.kind !== "pole" && node.homes.length === 0;
		if (above) y += small || above.node.kind !== "pole" ? 70 : 24;
		const rows = Math.ceil(node.homes.length / 2);
		const mast = kMast + Math.max(0, rows - 1) * kRow;
		const at: PlacedNode = { node, x: centre, y: small ? y : y + kPoleBox.up - 20, mast };
		nodes.push(at);
		if (above)
			wires.push({
				from: above.node.kind === "pole" ? armOf(above) : above,
				to: small ? at : armOf(at),
				devices: above.node.meter ? [above.node.meter] : homesBelow(node),
				sag: 0,
			});
		node.homes.forEach((home, i) => {
			const side = i % 2 === 0 ? -1 : 1;
			const placed = { home, x: centre + side * reach, y: at.y + 14 + Math.floor(i / 2) * kRow };
			homes.push(placed);
			const row = Math.floor(i / 2);
			const from = row === 0 ? armOf(at, side * 14) : { x: centre, y: placed.y - 24 };
			wires.push({ from, to: { x: placed.x - side * 10, y: placed.y - 9 }, devices: [home.device], sag: 7 });
		});
		if (rows > 0) y = at.y + 14 + (rows - 1) * kRow + kHomeBox.down + 24;
		else if (!small) y = at.y + kPoleBox.down;
		for (const child of node.children) place(child, at);
	};
	for (const root of roots) place(root, undefined);
	return { width, height: Math.max(y, 200), mode: "schematic", nodes, homes, wires };
}

/** Where wires meet a pole and a house. */
const armOf = ({ x, y }: Point, side = 0): Point => ({ x: x + side, y: y - 26 });
const roofOf = ({ x, y }: Point): Point => ({ x, y: y - 15 });
