import { useState } from "preact/hooks";
import { alarmTitle } from "../lib/alarm-words";
import { api } from "../lib/api";
import { useCell } from "../lib/cell";
import { age, timeOfDay } from "../lib/format";
import { type LiveSite, takeAlarms } from "../lib/live";
import { href } from "../lib/route";
import { ageNow, momentOf, nowMs } from "../lib/time";
import type { Alarm } from "../lib/types";
import { Icon } from "../parts/icons";
import { Page } from "../parts/page";
import { Trouble } from "../parts/values";
import { t } from "../texts/texts";

/** What is wrong now, what was, and who has seen it. */
export function AlarmsPage({ data }: { data: LiveSite }) {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<string | undefined>(undefined);
	const alarms = data.site.alarms ?? [];
	const standing = alarms.filter((alarm) => alarm.active);
	const past = alarms.filter((alarm) => !alarm.active);
	const acknowledge = async (id?: number) => {
		setBusy(true);
		setError(undefined);
		try {
			takeAlarms(await api.acknowledge(id));
		} catch (failure) {
			setError((failure as Error).message);
		} finally {
			setBusy(false);
		}
	};
	const open = alarms.filter((alarm) => !alarm.acknowledged).length;
	return (
		<Page
			title={t("alarmsTitle")}
			actions={
				open > 1 && (
					<button type="button" class="button" disabled={busy} onClick={() => void acknowledge()}>
						{t("alarmAcknowledgeAll")}
					</button>
				)
			}
		>
			{error && <Trouble text={error} />}
			{standing.length === 0 ? (
				<p class="note calm">
					<Icon name="good" /> {t("alarmsNone")}
				</p>
			) : (
				<AlarmList title={t("alarmsStanding")} list={standing} {...{ data, busy, acknowledge }} />
			)}
			{past.length > 0 && <AlarmList title={t("alarmsPast")} list={past} {...{ data, busy, acknowledge }} />}
		</Page>
	);
}

interface ListProps {
	title: string;
	list: readonly Alarm[];
	data: LiveSite;
	busy: boolean;
	acknowledge(id: number): void;
}

function AlarmList({ title, list, data, busy, acknowledge }: ListProps) {
	const now = useCell(nowMs);
	const newestFirst = [...list].sort((a, b) => a.ageS - b.ageS);
	const since = (ageS: number) => timeOfDay(momentOf(ageNow(ageS, data.alarmsAtMs, now)));
	return (
		<section class="panel" aria-label={title}>
			<h2>{title}</h2>
			<ul class="alarms">
				{newestFirst.map((alarm) => (
					<li key={alarm.id} class={`alarm-row ${alarm.active ? alarm.severity : "past"}`}>
						<Icon name={alarm.active ? "warning" : "good"} />
						<div>
							<h3>
								{alarm.source.type === "device" ? (
									<a href={href("home", alarm.source.id)}>{alarmTitle(alarm, data.site)}</a>
								) : (
									alarmTitle(alarm, data.site)
								)}
							</h3>
							<p>
								<span>{t(alarm.severity === "alarm" ? "alarmSeverity_alarm" : "alarmSeverity_warning")}</span>
								<span>
									{t("alarmSince", { time: since(alarm.ageS) })}
									{alarm.active && `, ${t("alarmFor", { age: age(ageNow(alarm.ageS, data.alarmsAtMs, now)) })}`}
								</span>
								{alarm.clearedS !== null && <span>{t("alarmOver", { time: since(alarm.clearedS) })}</span>}
								{alarm.detail && <span>{alarm.detail}</span>}
							</p>
						</div>
						{alarm.acknowledged ? (
							<span class="seen">
								<Icon name="good" size={14} /> {t("alarmAcknowledged")}
							</span>
						) : (
							<button type="button" class="button" disabled={busy} onClick={() => acknowledge(alarm.id)}>
								{t("alarmAcknowledge")}
								<span class="unseen">: {alarmTitle(alarm, data.site)}</span>
							</button>
						)}
					</li>
				))}
			</ul>
		</section>
	);
}
