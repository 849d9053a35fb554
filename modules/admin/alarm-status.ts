import type { Clock } from "../base/clock";
import type { AlarmEntry, AlarmKind, AlarmSeverity, AlarmSource } from "../site/alarms";
import { ageS, isoOf } from "./times";

/** An alarm as a person or program reads it. */
export interface AlarmStatus {
	id: number;
	kind: AlarmKind;
	severity: AlarmSeverity;
	source: AlarmSource;
	detail: string;
	/** UTC; null while the clock is not set. */
	since: string | null;
	ageS: number | null;
	active: boolean;
	acknowledged: boolean;
	/** Seconds since it was over; null while active. */
	clearedS: number | null;
}

/** Fresh objects, for JSON. */
export function alarmStatus(entries: readonly AlarmEntry[], clock: Clock): AlarmStatus[] {
	const nowMs = clock.now();
	return entries.map(({ id, kind, severity, source, detail, sinceMs, active, acknowledged, clearedMs }) => ({
		id,
		kind,
		severity,
		source: { type: source.type, id: source.id },
		detail,
		since: isoOf(sinceMs, clock),
		ageS: ageS(sinceMs, nowMs),
		active,
		acknowledged,
		clearedS: ageS(clearedMs, nowMs),
	}));
}
