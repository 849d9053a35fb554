import { useEffect, useState } from "preact/hooks";
import { api } from "./api";
import { useCell } from "./cell";
import type { History } from "./history";
import { link } from "./live";

export interface HistoryState {
	history: History | undefined;
	/** Why the last attempt failed. */
	error: string | undefined;
	retry(): void;
}

/** A slot lasts five minutes; half of that late is early enough. */
const kRenewMs = 150_000;

/** The day of a device, fetched again now and then, and when the hub is back. `wanted` false: not yet. */
export function useHistory(device: string, wanted = true): HistoryState {
	const [history, setHistory] = useState<History | undefined>(undefined);
	const [error, setError] = useState<string | undefined>(undefined);
	const [attempt, setAttempt] = useState(0);
	const lost = useCell(link).state === "lost";
	useEffect(() => {
		if (lost || !wanted) return;
		let gone = false;
		const fetchIt = () =>
			api.history(device).then(
				(got) => {
					if (gone) return;
					setHistory(got);
					setError(undefined);
				},
				(failure: Error) => !gone && setError(failure.message),
			);
		void fetchIt();
		const timer = setInterval(fetchIt, kRenewMs);
		return () => {
			gone = true;
			clearInterval(timer);
		};
	}, [device, lost, attempt, wanted]);
	// another device: what is here is not its
	useEffect(() => setHistory(undefined), [device]);
	return { history, error, retry: () => setAttempt(attempt + 1) };
}
