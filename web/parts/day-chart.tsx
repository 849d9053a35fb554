import { useEffect, useRef, useState } from "preact/hooks";
import type * as chartModule from "../chart";
import { useCell } from "../lib/cell";
import { type Amount, age, number, timeOfDay, together } from "../lib/format";
import { type History, summarise } from "../lib/history";
import { scheme } from "../lib/theme";
import { t } from "../texts/texts";

/** The chart's code comes when the first chart does. */
let loading: Promise<typeof chartModule> | undefined;
function loadChart(): Promise<typeof chartModule> {
	loading ??= import("/chart.js" as string) as Promise<typeof chartModule>;
	// a failed fetch may be tried again
	loading.catch(() => (loading = undefined));
	return loading;
}

interface DayChartProps {
	what: string;
	history: History;
	values: readonly (number | null)[];
	amount(value: number): Amount;
	shape: "steps" | "line";
	height?: number;
	range?: [number, number] | undefined;
	sync?: string;
	bare?: boolean;
}

/** One quantity over the last 24 hours, with its lowest, mean and highest value in words. */
export function DayChart(props: DayChartProps) {
	const { what, history, values, amount, shape, height = 200, range, sync, bare } = props;
	const host = useRef<HTMLDivElement>(null);
	const chart = useRef<chartModule.Chart | undefined>(undefined);
	const [slot, setSlot] = useState<number | undefined>(undefined);
	const shown = useCell(scheme);
	const data = { times: history.times, values, periodS: history.periodS };
	const latest = useRef(data);
	latest.current = data;
	const summary = summarise(values, history.periodS);
	const rangeKey = range?.join();

	useEffect(() => {
		const box = host.current!;
		let gone = false;
		const observer = new ResizeObserver(() => chart.current?.resize(box.clientWidth));
		loadChart().then(
			({ drawChart }) => {
				if (gone) return;
				const style = getComputedStyle(box);
				const colour = (name: string) => style.getPropertyValue(name).trim();
				chart.current = drawChart(
					box,
					box.clientWidth,
					latest.current,
					{
						height,
						shape,
						line: colour("--copper"),
						fill: colour("--copper-wash"),
						grid: colour("--rule"),
						text: colour("--ink-2"),
						gap: colour("--gap"),
						font: `11px ${style.fontFamily}`,
						range,
						format: (value) => number(value),
						time: (seconds) => timeOfDay(new Date(seconds * 1000)).replace(/^.* /, ""),
						...(sync === undefined ? {} : { sync }),
						...(bare === undefined ? {} : { bare }),
					},
					setSlot,
				);
				observer.observe(box);
			},
			() => {},
		);
		return () => {
			gone = true;
			observer.disconnect();
			chart.current?.destroy();
			chart.current = undefined;
		};
	}, [shown, height, shape, rangeKey]);

	useEffect(() => chart.current?.update(latest.current), [history]);

	const words = (value: number) => together(amount(value));
	const missing = summary && summary.missingH > 0.05;
	return (
		<figure class="chart">
			<div
				class="plot"
				ref={host}
				style={{ height: `${height}px` }}
				role="img"
				aria-label={
					summary
						? t("chartAlt", {
								what,
								min: words(summary.min),
								mean: words(summary.mean),
								max: words(summary.max),
								missing: missing ? t("chartMissing", { age: age(summary.missingH * 3600) }) : t("chartComplete"),
							})
						: `${what}: ${t("chartNothing")}`
				}
			/>
			<figcaption>
				{slot !== undefined && slot < values.length ? (
					<SlotWords history={history} slot={slot} value={values[slot] ?? null} words={words} />
				) : summary ? (
					<>
						<span>
							{t("chartMin")} <b>{words(summary.min)}</b>
						</span>
						<span>
							{t("chartMean")} <b>{words(summary.mean)}</b>
						</span>
						<span>
							{t("chartMax")} <b>{words(summary.max)}</b>
						</span>
						{missing && (
							<span class="gap-key">
								<i />
								{t("chartGap")} {age(summary.missingH * 3600)}
							</span>
						)}
					</>
				) : (
					<span>{t("chartNothing")}</span>
				)}
			</figcaption>
		</figure>
	);
}

interface SlotProps {
	history: History;
	slot: number;
	value: number | null;
	words(value: number): string;
}

function SlotWords({ history, slot, value, words }: SlotProps) {
	const from = new Date(history.times[slot]! * 1000);
	const to = new Date((history.times[slot]! + history.periodS) * 1000);
	return (
		<>
			<span>{t("chartAt", { time: timeOfDay(from), end: timeOfDay(to).replace(/^.* /, "") })}</span>
			<b>{value === null ? t("chartNothing") : words(value)}</b>
		</>
	);
}
