import { alarmTitle } from "../lib/alarm-words";
import { useCell } from "../lib/cell";
import { age, timeOfDay } from "../lib/format";
import { type Link, type LiveSite, link, retryNow } from "../lib/live";
import { href, route } from "../lib/route";
import { nowMs } from "../lib/time";
import { t, tn } from "../texts/texts";
import { Icon } from "./icons";

/** What is above every page while it lasts: a lost connection, alarms nobody has acknowledged. */
export function Banners({ data }: { data: LiveSite | undefined }) {
	const state = useCell(link);
	const { page } = useCell(route);
	return (
		<div class="banners" aria-live="polite">
			{state.state === "lost" && <LostBanner link={state} />}
			{state.state === "polling" && <p class="banner quiet">{t("pollingText")}</p>}
			{data && state.state !== "lost" && page !== "alarms" && <AlarmBanner data={data} />}
		</div>
	);
}

function LostBanner({ link: { heardMs, retryMs } }: { link: Link }) {
	const now = useCell(nowMs);
	const seconds = retryMs === undefined ? 0 : Math.ceil((retryMs - now) / 1000);
	return (
		<div class="banner lost">
			<Icon name="plug" />
			<p>
				<strong>{t("lostTitle")}</strong>{" "}
				{heardMs === undefined
					? t("lostNever")
					: t("lostSince", {
							time: timeOfDay(new Date(Date.now() - (performance.now() - heardMs)), true),
							age: age((now - heardMs) / 1000),
						})}{" "}
				<span aria-live="off">{seconds > 0 ? t("lostRetry", { seconds }) : t("lostTrying")}</span>
			</p>
			<button type="button" class="button" onClick={retryNow}>
				{t("retry")}
			</button>
		</div>
	);
}

function AlarmBanner({ data }: { data: LiveSite }) {
	const open = (data.site.alarms ?? []).filter((alarm) => alarm.active && !alarm.acknowledged);
	const worst = open.find((alarm) => alarm.severity === "alarm") ?? open[0];
	if (!worst) return null;
	return (
		<a class={`banner ${worst.severity}`} href={href("alarms")}>
			<Icon name="warning" />
			<p>{tn("alarmBanner", open.length, { first: alarmTitle(worst, data.site) })}</p>
			<span class="go">
				{t("alarmBannerGo")}
				<Icon name="next" size={16} />
			</span>
		</a>
	);
}
