import uPlot from "uplot";

/** A day's chart of one quantity. Bundled by itself: the first page does not wait for it. */
export interface ChartData {
	/** Unix seconds of each slot's beginning. */
	times: ArrayLike<number>;
	values: readonly (number | null)[];
	periodS: number;
}

export interface ChartLook {
	height: number;
	/** "steps": means of slots, filled down to zero. "line": a line alone. */
	shape: "steps" | "line";
	line: string;
	fill: string;
	grid: string;
	text: string;
	gap: string;
	font: string;
	/** Value axis; undefined: as the values are. */
	range: [number, number] | undefined;
	/** For the axis. */
	format(value: number): string;
	time(seconds: number): string;
	/** Charts with the same key share their cursor. */
	sync?: string;
	/** No value axis: for charts in a row. */
	bare?: boolean;
}

export interface Chart {
	update(data: ChartData): void;
	resize(width: number): void;
	destroy(): void;
}

/** Draws into `host`; `onCursor` gets the slot under the pointer, undefined when there is none. */
export function drawChart(
	host: HTMLElement,
	width: number,
	data: ChartData,
	look: ChartLook,
	onCursor: (slot: number | undefined) => void,
): Chart {
	let now = data;
	const stepped = uPlot.paths.stepped!({ align: 1 });
	const axis: uPlot.Axis = {
		stroke: look.text,
		font: look.font,
		grid: { stroke: look.grid, width: 1 },
		ticks: { show: false },
	};
	const options: uPlot.Options = {
		width,
		height: look.height,
		padding: [10, 18, 0, look.bare ? 4 : 0],
		legend: { show: false },
		cursor: {
			y: false,
			drag: { x: false, y: false },
			points: { size: 7 },
			...(look.sync === undefined ? {} : { sync: { key: look.sync } }),
		},
		scales: {
			x: { time: true, range: () => [now.times[0]!, now.times[now.times.length - 1]! + now.periodS] },
			y: { range: (_, low, high) => look.range ?? around(low, high) },
		},
		series: [
			{},
			{
				stroke: look.line,
				width: 1.5,
				...(look.shape === "steps" ? { fill: look.fill, paths: stepped } : {}),
				spanGaps: false,
				points: { show: true, size: 4, filter: (chart) => alone(chart.data[1] as (number | null)[]) },
			},
		],
		axes: [
			{
				...axis,
				size: 26,
				space: 56,
				values: (_, ticks) => ticks.map((tick) => look.time(tick)),
			},
			{
				...axis,
				show: !look.bare,
				size: 56,
				space: 24,
				values: (_, ticks) => ticks.map((tick) => look.format(tick)),
			},
		],
		hooks: {
			drawClear: [(chart) => hatchGaps(chart, now, look.gap)],
			setCursor: [(chart) => onCursor(chart.cursor.idx ?? undefined)],
		},
	};
	const toPlot = ({ times, values, periodS }: ChartData): uPlot.AlignedData =>
		// a last point closes the last step
		look.shape === "steps"
			? [
					[...Array.from(times), times[times.length - 1]! + periodS],
					[...values, values[values.length - 1] ?? null],
				]
			: [Array.from(times), [...values]];
	const plot = new uPlot(options, toPlot(data), host);
	return {
		update(next) {
			now = next;
			plot.setData(toPlot(next));
		},
		resize: (next) => plot.setSize({ width: next, height: look.height }),
		destroy: () => plot.destroy(),
	};
}

/** Some room above and below, and never a scale of no height. */
function around(low: number, high: number): [number, number] {
	if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
	const room = Math.max((high - low) * 0.12, Math.abs(high) * 0.005, 1);
	return [low - room, high + room];
}

/** Values between two gaps: a line would not show them. */
function alone(values: readonly (number | null)[]): number[] {
	const found: number[] = [];
	for (let i = 0; i < values.length; i++)
		if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
	return found;
}

/** Where nothing was measured the paper is hatched: a gap is no zero. */
function hatchGaps(chart: uPlot, { times, values, periodS }: ChartData, colour: string): void {
	const { ctx, bbox } = chart;
	const step = 6 * devicePixelRatio;
	ctx.save();
	ctx.strokeStyle = colour;
	ctx.lineWidth = devicePixelRatio;
	for (let i = 0; i < values.length; i++) {
		if (values[i] !== null) continue;
		const first = i;
		while (i + 1 < values.length && values[i + 1] === null) i++;
		const left = Math.max(bbox.left, chart.valToPos(times[first]!, "x", true));
		const right = Math.min(bbox.left + bbox.width, chart.valToPos(times[i]! + periodS, "x", true));
		ctx.save();
		ctx.beginPath();
		ctx.rect(left, bbox.top, right - left, bbox.height);
		ctx.clip();
		ctx.beginPath();
		// on one raster for all gaps
		const start = Math.floor((left - bbox.height) / step) * step;
		for (let x = start; x < right; x += step) {
			ctx.moveTo(x, bbox.top + bbox.height);
			ctx.lineTo(x + bbox.height, bbox.top);
		}
		ctx.stroke();
		ctx.restore();
	}
	ctx.restore();
}
