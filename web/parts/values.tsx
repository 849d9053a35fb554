import type { ComponentChildren } from "preact";
import { useCell } from "../lib/cell";
import { type Amount, age } from "../lib/format";
import type { Standing } from "../lib/readings";
import { ageNow, nowMs } from "../lib/time";
import type { Quality } from "../lib/types";
import { t } from "../texts/texts";
import { Icon } from "./icons";

/** A number and its unit; a dash with the reason where nothing was measured. */
export function Value({ amount, why = "", big = false }: { amount: Amount | undefined; why?: string; big?: boolean }) {
	if (!amount)
		return (
			<span class={big ? "value big missing" : "value missing"} title={why}>
				<span aria-hidden="true">{t("none")}</span>
				<span class="unseen">{why}</span>
			</span>
		);
	return (
		<span class={big ? "value big" : "value"}>
			{amount.number}
			{amount.unit && (
				<>
					{"\u202f"}
					<span class="unit">{amount.unit}</span>
				</>
			)}
		</span>
	);
}

/** The quality of a reading: a sign, a colour and words. */
export function QualityTag({ standing }: { standing: Standing }) {
	return (
		<span class={`quality ${standing.quality}`}>
			<QualitySign quality={standing.quality} />
			{standing.words}
		</span>
	);
}

function QualitySign({ quality }: { quality: Quality }) {
	return (
		<span class={`sign ${quality}`}>
			<Icon name={quality} size={12} />
		</span>
	);
}

/** "12 s", growing. */
export function Age({ ageS, atMs }: { ageS: number | null; atMs: number }) {
	const now = useCell(nowMs);
	if (ageS === null) return <span class="missing">{t("never")}</span>;
	return <span class="figures">{age(ageNow(ageS, atMs, now))}</span>;
}

/** Names and values, two columns. */
export function Facts({ children }: { children: ComponentChildren }) {
	return <dl class="facts">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
	return (
		<div>
			<dt>{name}</dt>
			<dd>{children}</dd>
		</div>
	);
}

/** Something that did not work, and what may be done. */
export function Trouble({ text, onRetry }: { text: string; onRetry?: () => void }) {
	return (
		<div class="note bad" role="alert">
			<p>{text}</p>
			{onRetry && (
				<button type="button" class="button" onClick={onRetry}>
					{t("retry")}
				</button>
			)}
		</div>
	);
}
