import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { power, together } from "../lib/format";
import { type Drawing, kHomeBox, layOut, type PlacedHome, type PlacedNode, type Wire } from "../lib/layout";
import { lineOf } from "../lib/line";
import type { LiveSite } from "../lib/live";
import { deviceStanding, numberOf, powerOf } from "../lib/readings";
import { href } from "../lib/route";
import type { DeviceStatus } from "../lib/types";
import { t } from "../texts/texts";

/** The line as a drawing: from the feeder over its poles to the homes, live. */
export function LineDrawing({ data }: { data: LiveSite }) {
	const frame = useRef<HTMLDivElement>(null);
	const [width, setWidth] = useState(0);
	useEffect(() => {
		const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry!.contentRect.width)));
		observer.observe(frame.current!);
		return () => observer.disconnect();
	}, []);
	const { site, generation } = data;
	// who stands where changes only with the site
	const drawing = useMemo(
		() => (width > 0 ? layOut(lineOf(site.topology, site.devices, site.gatewayId), width) : undefined),
		[width, generation],
	);
	return (
		<div class="drawing" ref={frame}>
			{drawing && (
				<>
					<Scene drawing={drawing} data={data} />
					<p class="caption">
						{t(drawing.mode === "map" ? "poleMap" : "poleSchematic")}. {t("poleLegend")}
					</p>
				</>
			)}
		</div>
	);
}

function Scene({ drawing, data }: { drawing: Drawing; data: LiveSite }) {
	const { site } = data;
	const deviceOf = new Map(site.devices.map((device) => [device.id, device]));
	const { width, height, nodes, homes, wires } = drawing;
	return (
		// biome-ignore lint/a11y/useSemanticElements: a group of links within a drawing
		<svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={describe(drawing)}>
			<g class="wires">
				{wires.map((wire, i) => (
					<WireLine key={`${i} ${wire.devices.join()}`} wire={wire} powerW={sumOf(wire.devices, deviceOf)} />
				))}
			</g>
			{nodes.map((placed) => (
				<NodeSign
					key={placed.node.id}
					placed={placed}
					width={width}
					meter={deviceOf.get(placed.node.meter)}
					rises={wires.some(({ from, to }) => from.x === placed.x && from.y === placed.y && to.y < from.y)}
				/>
			))}
			{homes.map((placed) => {
				const device = deviceOf.get(placed.home.device);
				return (
					device && <HomeSign key={device.id} placed={placed} device={device} atMs={data.atMs.get(device.id) ?? 0} />
				);
			})}
		</svg>
	);
}

function describe({ nodes, homes }: Drawing): string {
	const poles = nodes.filter(({ node }) => node.kind === "pole").map(({ node }) => node.name);
	const feeder = nodes.find(({ node }) => node.kind === "feeder")?.node.name ?? "";
	return t("poleDrawing", { feeder, poles: poles.join(", "), homes: homes.length });
}

/** W through a wire; undefined when a part of it is not known. */
function sumOf(ids: readonly string[], deviceOf: ReadonlyMap<string, DeviceStatus>): number | undefined {
	let sum = 0;
	for (const id of ids) {
		const device = deviceOf.get(id);
		const watts = device && numberOf(powerOf(device));
		if (watts === undefined) return undefined;
		sum += watts;
	}
	return ids.length > 0 ? sum : undefined;
}

/** 0 W is a hair line, 1 kW 5 px, 4 kW and more 9 px. */
function weightOf(powerW: number): number {
	return Math.min(9, 1.5 + Math.sqrt(Math.abs(powerW) / 1000) * 3.5);
}

function WireLine({ wire, powerW }: { wire: Wire; powerW: number | undefined }) {
	const { from, to, sag } = wire;
	const control = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 + sag * 2 };
	const path = `M${from.x} ${from.y}Q${control.x} ${control.y} ${to.x} ${to.y}`;
	if (powerW === undefined) return <path class="wire unknown" d={path} />;
	const weight = weightOf(powerW);
	return (
		<>
			<path class="wire" d={path} stroke-width={weight.toFixed(1)} />
			{Math.abs(powerW) >= 5 && <Arrow wire={wire} control={control} backwards={powerW < 0} size={weight + 4} />}
		</>
	);
}

/** In the middle of the wire, the way the power flows. */
function Arrow(props: { wire: Wire; control: { x: number; y: number }; backwards: boolean; size: number }) {
	const { wire, control, backwards, size } = props;
	const middle = {
		x: (wire.from.x + 2 * control.x + wire.to.x) / 4,
		y: (wire.from.y + 2 * control.y + wire.to.y) / 4,
	};
	const turn = (Math.atan2(wire.to.y - wire.from.y, wire.to.x - wire.from.x) * 180) / Math.PI + (backwards ? 180 : 0);
	return (
		<path
			class="arrow"
			d={`M${-size * 0.6} ${-size * 0.75}L${size * 0.8} 0L${-size * 0.6} ${size * 0.75}Z`}
			transform={`translate(${middle.x.toFixed(1)} ${middle.y.toFixed(1)}) rotate(${turn.toFixed(0)})`}
		/>
	);
}

interface NodeProps {
	placed: PlacedNode;
	meter: DeviceStatus | undefined;
	width: number;
	/** Its wire goes up from it. */
	rises: boolean;
}

function NodeSign({ placed, meter, width, rises }: NodeProps) {
	const { node, x, y } = placed;
	const watts = meter && numberOf(powerOf(meter));
	const flow = meter ? (watts === undefined ? t("none") : together(power(watts))) : "";
	if (node.kind === "pole")
		return (
			<g class="pole" transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
				<path class="mast" d={`M0 -34V${placed.mast}`} />
				<path class="arms" d="M-18 -26H18M-12 -17H12M-15 -26v-5M15 -26v-5M-6 -26v-5M6 -26v-5" />
				<text class="node-name" y={placed.mast + 16}>
					{node.name}
				</text>
				{flow && (
					<text class="node-power" y={placed.mast + 31}>
						{flow}
					</text>
				)}
			</g>
		);
	// a feeder or branch: its name where it begins, turned inwards at an edge, away from its wire
	const side = x < width * 0.25 ? "start" : x > width * 0.75 ? "end" : "beside";
	const dx = side === "beside" ? 12 : side === "start" ? -4 : 4;
	const dy = side === "beside" ? 5 : rises ? 24 : -14;
	return (
		<g class="source" transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
			<circle r="4.5" />
			<text x={dx} y={dy} text-anchor={side === "end" ? "end" : "start"}>
				<tspan class="node-name">{node.name}</tspan>
				{flow && (
					<tspan class="node-power" dx="8">
						{flow}
					</tspan>
				)}
			</text>
		</g>
	);
}

/** Letters that fit under a house. */
const kNameLetters = 14;

function HomeSign({ placed, device, atMs }: { placed: PlacedHome; device: DeviceStatus; atMs: number }) {
	const watts = numberOf(powerOf(device));
	const standing = deviceStanding(device, atMs);
	const amount = watts === undefined ? t("none") : together(power(watts));
	const name = device.name.length > kNameLetters ? `${device.name.slice(0, kNameLetters - 1)}…` : device.name;
	return (
		<a
			class={`house ${standing.quality}`}
			href={href("home", device.id)}
			aria-label={`${name} ${amount}, ${watts === undefined && standing.why ? standing.why : standing.words}`}
		>
			<g transform={`translate(${placed.x.toFixed(1)} ${placed.y.toFixed(1)})`}>
				<rect
					class="target"
					x={-kHomeBox.halfWidth}
					y={-kHomeBox.up - 2}
					width={2 * kHomeBox.halfWidth}
					height={kHomeBox.up + kHomeBox.down}
					rx="8"
				/>
				<path class="body" d="M-12 -3L0 -14L12 -3V11H-12Z" />
				<path class="walls" d="M-15 -2L0 -15L15 -2M-11 -5V11H11V-5" />
				<path class="mark" d={marks[standing.quality]} />
				<text class="home-name" y="27">
					{`${name} `}
				</text>
				<text class="home-power" y="43">
					{amount}
				</text>
			</g>
		</a>
	);
}

/** Inside the house: how its reading stands, without colour. */
const marks = {
	good: "M-5 3L-1.5 6.5L5 -1",
	suspect: "M0 -3V3M0 6.5V7",
	comms_lost: "M-4 -1L4 7M4 -1L-4 7",
	never: "M-4 3H4",
} as const;
