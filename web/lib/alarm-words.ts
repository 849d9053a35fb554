import { t, tMaybe } from "../texts/texts";
import type { Alarm, SiteStatus } from "./types";

/** "Draleku does not answer". */
export function alarmTitle(alarm: Alarm, site: SiteStatus): string {
	const { type, id } = alarm.source;
	const name =
		type === "device"
			? (site.devices.find((device) => device.id === id)?.name ?? id)
			: type === "bus" || type === "plugin"
				? id
				: t("alarmHub");
	return tMaybe(`alarm_${alarm.kind}`, { name }) ?? t("alarm_other", { name, kind: alarm.kind });
}
