import { useEffect, useRef, useState } from "preact/hooks";
import { energy, power, together } from "../lib/format";
import type { History } from "../lib/history";
import type { LiveSite } from "../lib/live";
import { totalsOf } from "../lib/readings";
import { href } from "../lib/route";
import type { DeviceStatus } from "../lib/types";
import { useHistory } from "../lib/use-history";
import { DayChart } from "../parts/day-chart";
import { Page } from "../parts/page";
import { Trouble } from "../parts/values";
import { t } from "../texts/texts";
import { powerRange } from "./home";

/** All homes side by side over the last day, on one scale: who takes how much, when, and where nothing was read. */
export function DayPage({ data }: { data: LiveSite }) {
	const { homes } = totalsOf(data.site.devices);
	const [ranges, setRanges] = useState<Readonly<Record<string, [number, number]>>>({});
	const [own, setOwn] = useState(false);
	const all = Object.values(ranges);
	const common: [number, number] | undefined =
		all.length > 0 ? [Math.min(...all.map((one) => one[0])), Math.max(...all.map((one) => one[1]))] : undefined;
	return (
		<Page title={t("dayTitle")} lead={t("dayText")}>
			<label class="switch">
				<input type="checkbox" checked={own} onChange={(event) => setOwn(event.currentTarget.checked)} />
				<span>{t("dayOwnScale")}</span>
			</label>
			{homes.length === 0 && <p class="note">{t("homesEmpty")}</p>}
			{homes.map((home) => (
				<HomeDay
					key={home.id}
					home={home}
					range={own ? ranges[home.id] : common}
					onRange={(range) => setRanges((before) => ({ ...before, [home.id]: range }))}
				/>
			))}
		</Page>
	);
}

interface HomeDayProps {
	home: DeviceStatus;
	range: [number, number] | undefined;
	onRange(range: [number, number]): void;
}

function HomeDay({ home, range, onRange }: HomeDayProps) {
	const place = useRef<HTMLElement>(null);
	const near = useNear(place);
	const { history, error, retry } = useHistory(home.id, near);
	useEffect(() => {
		if (history && history.times.length > 0) onRange(powerRange(history.powerW));
	}, [history]);
	return (
		<section class="panel home-day" ref={place} aria-labelledby={`day-${home.id}`}>
			<h2 id={`day-${home.id}`}>
				<a href={href("home", home.id)}>{home.name}</a>
				{history && history.times.length > 0 && (
					<small>{t("dayEnergy", { energy: together(energy(energyOf(history))) })}</small>
				)}
			</h2>
			{error && !history && <Trouble text={t("chartFailed", { reason: error })} onRetry={retry} />}
			{!history && !error && <p class="note quiet tall">{t("chartLoading")}</p>}
			{history && history.times.length === 0 && <p class="note quiet tall">{t("chartEmpty")}</p>}
			{history && history.times.length > 0 && range && (
				<DayChart
					what={home.name}
					history={history}
					values={history.powerW}
					amount={power}
					shape="steps"
					height={132}
					range={range}
					sync="day"
				/>
			)}
		</section>
	);
}

/** Wh taken in the slots that were measured. */
function energyOf({ powerW, measuredS }: History): number {
	let sum = 0;
	for (let i = 0; i < powerW.length; i++) sum += Math.max(0, powerW[i] ?? 0) * measuredS[i]!;
	return sum / 3600;
}

/** True once the element has come near the window: a hub is not asked for what nobody looks at. */
function useNear(place: { current: HTMLElement | null }): boolean {
	const [near, setNear] = useState(false);
	useEffect(() => {
		const observer = new IntersectionObserver(
			([entry]) => {
				if (!entry!.isIntersecting) return;
				setNear(true);
				observer.disconnect();
			},
			{ rootMargin: "600px" },
		);
		observer.observe(place.current!);
		return () => observer.disconnect();
	}, []);
	return near;
}
