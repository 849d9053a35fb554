import { t } from "../texts/texts";
import { Cell } from "./cell";
import { decodeHistory, type History } from "./history";
import type { Alarm, DeviceStatus, Problem, RegisterRow, SiteStatus } from "./types";

/** A request that failed; the message is for a person. */
export class ApiError extends Error {
	readonly status: number;

	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

/** Longest wait for a hub that is busy. */
const kTimeoutMs = 20_000;

/** "Basic ..." of this page's life: kept nowhere else. */
let login: string | undefined;

/** The hub has been given a password by this page. */
export const isLoggedIn = () => login !== undefined;

/** The open question for the password, shown by parts/login.tsx. */
export const passwordWanted = new Cell<{ wrong: boolean; answer(password: string | undefined): void } | undefined>(
	undefined,
);

function askPassword(wrong: boolean): Promise<string | undefined> {
	return new Promise((resolve) => {
		passwordWanted.set({
			wrong,
			answer(password) {
				passwordWanted.set(undefined);
				resolve(password);
			},
		});
	});
}

function basic(password: string): string {
	const bytes = new TextEncoder().encode(`admin:${password}`);
	return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

async function send(path: string, init: RequestInit): Promise<Response> {
	try {
		// the header keeps forms of other sites out, and keeps the browser from asking for the password itself
		const headers = { "X-Gridpost": "1", ...(login ? { Authorization: login } : {}), ...init.headers };
		return await fetch(path, { cache: "no-store", ...init, headers, signal: AbortSignal.timeout(kTimeoutMs) });
	} catch {
		throw new ApiError(0, t("errorUnreachable"));
	}
}

/** Asks for the password when the hub does, until it is right or the person gives up. Throws ApiError. */
async function request(path: string, init: RequestInit = {}, expected: readonly number[] = []): Promise<Response> {
	for (;;) {
		const response = await send(path, init);
		if (response.ok || expected.includes(response.status)) return response;
		if (response.status !== 401) throw new ApiError(response.status, await reasonOf(response));
		const password = await askPassword(login !== undefined);
		if (password === undefined) throw new ApiError(401, t("errorNoPassword"));
		login = basic(password);
	}
}

async function reasonOf(response: Response): Promise<string> {
	const said = (await response.json().catch(() => ({}))) as { error?: string };
	return t("errorRefused", { status: response.status, reason: said.error ?? response.statusText });
}

const json = (body: unknown): RequestInit => ({
	method: "POST",
	headers: { "Content-Type": "application/json" },
	body: JSON.stringify(body),
});

export const api = {
	site: async (): Promise<SiteStatus> => (await request("/api/site")).json(),

	history: async (device: string): Promise<History> =>
		decodeHistory(await (await request(`/api/history/${encodeURIComponent(device)}`)).arrayBuffer(), Date.now()),

	device: async (device: string): Promise<DeviceStatus & { rows: RegisterRow[] }> =>
		(await request(`/api/devices/${encodeURIComponent(device)}`)).json(),

	/** One alarm, or all of them. */
	acknowledge: async (id?: number): Promise<Alarm[]> =>
		(
			(await (await request("/api/alarms/acknowledge", json(id === undefined ? {} : { id }))).json()) as {
				alarms: Alarm[];
			}
		).alarms,

	siteFile: async (): Promise<string> => (await request("/api/site-file")).text(),

	checkSiteFile: async (text: string): Promise<Problem[]> =>
		(
			(await (await request("/api/site-file/check", { method: "POST", body: text }, [422])).json()) as {
				problems: Problem[];
			}
		).problems,

	/** The problems that kept it from being saved; none: it is saved, and the hub starts anew. */
	saveSiteFile: async (text: string): Promise<Problem[]> => {
		const response = await request("/api/site-file", { method: "PUT", body: text }, [422]);
		const said = (await response.json()) as { problems?: Problem[] };
		return response.status === 422 ? (said.problems ?? []) : [];
	},
};
