import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, isLoggedIn } from "../lib/api";
import { findPlace, lineOf } from "../lib/json-places";
import type { LiveSite } from "../lib/live";
import type { Problem } from "../lib/types";
import { Icon } from "../parts/icons";
import { Page } from "../parts/page";
import { Trouble } from "../parts/values";
import { t, tn } from "../texts/texts";

/** What was typed outlives a look at another page, not the visit. */
const draft: { saved: string | undefined; text: string | undefined; savedAt: number } = {
	saved: undefined,
	text: undefined,
	savedAt: 0,
};

addEventListener("beforeunload", (event) => {
	if (draft.text !== undefined && draft.text !== draft.saved) event.preventDefault();
});

/** The site file: read, changed, checked, saved. */
export function SitePage({ data }: { data: LiveSite }) {
	const [text, setText] = useState(draft.text);
	const [error, setError] = useState<string | undefined>(undefined);
	const load = () => {
		setError(undefined);
		api.siteFile().then(
			(got) => {
				draft.saved = got;
				draft.text = got;
				setText(got);
			},
			(failure: Error) => setError(failure.message),
		);
	};
	useEffect(() => {
		if (draft.text === undefined || draft.text === draft.saved) load();
	}, [data.generation]);
	return (
		<Page title={t("siteTitle")} lead={t(data.site.editable ? "siteText" : "siteReadOnly")}>
			{error && <Trouble text={t("siteFailed", { reason: error })} onRetry={load} />}
			{text === undefined && !error && <p class="note quiet">{t("loading")}</p>}
			{text !== undefined && <Editor text={text} setText={setText} data={data} />}
		</Page>
	);
}

type Check = { state: "none" | "checking" | "saving" | "restarting" | "done" } | { state: "checked"; refused: boolean };

interface EditorProps {
	text: string;
	setText(text: string): void;
	data: LiveSite;
}

/** After the last key. */
const kCheckAfterMs = 900;

function Editor({ text, setText, data }: EditorProps) {
	const { editable } = data.site;
	const [check, setCheck] = useState<Check>({ state: "none" });
	const [problems, setProblems] = useState<Problem[]>([]);
	const [error, setError] = useState<string | undefined>(undefined);
	const area = useRef<HTMLTextAreaElement>(null);
	const gutter = useRef<HTMLPreElement>(null);
	const saveGeneration = useRef(0);
	const checks = useRef(0);
	const changed = text !== draft.saved;

	const change = (next: string) => {
		draft.text = next;
		setText(next);
		setCheck({ state: "none" });
	};

	const runCheck = async (): Promise<void> => {
		const number = ++checks.current;
		setCheck({ state: "checking" });
		setError(undefined);
		try {
			const found = await api.checkSiteFile(text);
			if (number !== checks.current) return;
			setProblems(found);
			setCheck({ state: "checked", refused: false });
		} catch (failure) {
			if (number !== checks.current) return;
			setCheck({ state: "none" });
			setError((failure as Error).message);
		}
	};

	// what is typed is checked when the typing pauses; before the login each check would ask for it
	useEffect(() => {
		if (!changed || !editable) {
			setProblems([]);
			return;
		}
		if (data.site.loginRequired && !isLoggedIn()) return;
		const timer = setTimeout(() => void runCheck(), kCheckAfterMs);
		return () => clearTimeout(timer);
	}, [text]);

	const save = async (): Promise<void> => {
		checks.current++;
		setCheck({ state: "saving" });
		setError(undefined);
		try {
			saveGeneration.current = data.generation;
			const found = await api.saveSiteFile(text);
			setProblems(found);
			if (found.length > 0) {
				setCheck({ state: "checked", refused: true });
				return;
			}
			draft.saved = text;
			setCheck({ state: "restarting" });
		} catch (failure) {
			setCheck({ state: "none" });
			setError((failure as Error).message);
		}
	};

	// the hub has told its site anew: it is back
	useEffect(() => {
		if (check.state === "restarting" && data.generation > saveGeneration.current) setCheck({ state: "done" });
	}, [data.generation, check.state]);

	const goTo = ({ place }: Problem) => {
		const box = area.current!;
		const span = findPlace(text, place) ?? { start: 0, end: 0 };
		box.focus();
		box.setSelectionRange(span.start, span.end);
		const lineHeight = Number.parseFloat(getComputedStyle(box).lineHeight);
		box.scrollTop = Math.max(0, (lineOf(text, span.start) - 4) * lineHeight);
		box.scrollLeft = 0;
		box.scrollIntoView({ block: "nearest" });
	};

	const lines = useMemo(() => text.split("\n").length, [text]);
	const badLines = new Map(
		problems.map((problem) => [lineOf(text, findPlace(text, problem.place)?.start ?? 0), problem.message]),
	);
	const busy = check.state === "saving" || check.state === "restarting";
	return (
		<section class="panel editor" aria-label={t("siteTitle")}>
			<div class="sheet">
				<pre class="gutter" ref={gutter} aria-hidden="true">
					{Array.from({ length: lines }, (_, i) => (
						<span key={i + 1} class={badLines.has(i + 1) ? "bad" : undefined}>
							{i + 1}
						</span>
					))}
				</pre>
				<textarea
					ref={area}
					aria-label={t("siteLabel")}
					aria-describedby="site-state"
					spellcheck={false}
					autocomplete="off"
					autocapitalize="off"
					wrap="off"
					readOnly={!editable || busy}
					value={text}
					onInput={(event) => change(event.currentTarget.value)}
					onScroll={(event) => {
						gutter.current!.scrollTop = event.currentTarget.scrollTop;
					}}
				/>
			</div>
			<div class="editor-foot">
				<p id="site-state" class="state" role="status">
					<StateWords check={check} problems={problems} changed={changed} />
				</p>
				{editable && (
					<div class="buttons">
						<button type="button" class="button" disabled={busy} onClick={() => void runCheck()}>
							{t("siteCheck")}
						</button>
						<button type="button" class="button" disabled={busy || !changed} onClick={() => change(draft.saved ?? "")}>
							{t("siteDiscard")}
						</button>
						<button type="button" class="button primary" disabled={busy || !changed} onClick={() => void save()}>
							{t("siteSave")}
						</button>
					</div>
				)}
			</div>
			{error && <Trouble text={error} />}
			{problems.length > 0 && (
				<div class="problems">
					<h2>
						{tn("siteProblems", problems.length)} <small>{t("siteProblemsHelp")}</small>
					</h2>
					<ul>
						{problems.map((problem) => {
							const span = findPlace(text, problem.place);
							return (
								<li key={`${problem.place} ${problem.message}`}>
									<button type="button" onClick={() => goTo(problem)}>
										<Icon name="warning" size={16} />
										<span>
											<code>{problem.place || t("siteWhole")}</code>
											{span && <small> {t("siteLine", { line: lineOf(text, span.start) })}</small>}
											<br />
											{problem.message}
										</span>
									</button>
								</li>
							);
						})}
					</ul>
				</div>
			)}
		</section>
	);
}

function StateWords({ check, problems, changed }: { check: Check; problems: Problem[]; changed: boolean }) {
	switch (check.state) {
		case "checking":
			return <>{t("siteChecking")}</>;
		case "saving":
			return <>{t("siteSaving")}</>;
		case "restarting":
			return <>{t("siteRestarting")}</>;
		case "done":
			return <span class="fine">{t("siteDone")}</span>;
		case "checked":
			if (problems.length === 0) return <span class="fine">{t("siteRight")}</span>;
			return <span class="bad">{check.refused ? t("siteNotSaved") : tn("siteProblems", problems.length)}</span>;
		default:
			return <>{t(changed ? "siteDraft" : "siteClean")}</>;
	}
}
