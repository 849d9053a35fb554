import { utf8Decode, utf8Encode } from "../base/bytes";
import { Checker, hasControl, type Problem } from "../base/checker";
import { jsonFault } from "../base/json-place";

/** What a person tells a board on site: everything that is not the site file. */
export interface Settings {
	/** `ssid` "": no Wi-Fi. `password` "": an open network. */
	wifi: { ssid: string; password: string };
	/** Of the user "admin"; "" until one is set. */
	adminPassword: string;
	/** Name on the network, without ".local". */
	hostName: string;
}

/** Longest SSID: IEEE 802.11-2020, 9.4.2.2. In bytes of UTF-8. */
const kLongestSsid = 32;

/** Of a board that nobody has told anything; `hostName` is its own default. */
export function noSettings(hostName: string): Settings {
	return { wifi: { ssid: "", password: "" }, adminPassword: "", hostName };
}

/**
 * `before` with the changes of a request or of stored text: any of `wifi`, `adminPassword`, `hostName`. Either settings or
 * at least one problem. A `wifi` without password keeps the one of the same network. Messages never hold a password.
 */
export function changeSettings(value: unknown, before: Settings): { settings?: Settings; problems: Problem[] } {
	const check = new Checker();
	const fields = check.object(value, "", ["wifi", "adminPassword", "hostName"]);
	const settings = { ...before, wifi: { ...before.wifi } };
	if (fields) {
		if (fields["wifi"] !== undefined) settings.wifi = wifiOf(fields["wifi"], before, check);
		if (fields["hostName"] !== undefined) settings.hostName = hostNameOf(fields["hostName"], check);
		if (fields["adminPassword"] !== undefined)
			settings.adminPassword = adminPasswordOf(fields["adminPassword"], settings, check);
	}
	return check.problems.length > 0 ? { problems: check.problems } : { settings, problems: [] };
}

function wifiOf(value: unknown, before: Settings, check: Checker): Settings["wifi"] {
	const fields = check.object(value, "wifi", ["ssid", "password"]);
	const ssid = fields?.["ssid"];
	if (!fields) return before.wifi;
	const bytes = typeof ssid === "string" ? utf8Encode(ssid).length : -1;
	if (bytes < 0 || bytes > kLongestSsid || hasControl(ssid as string)) {
		const found = bytes > kLongestSsid ? ` (${bytes} bytes)` : "";
		check.wrong(
			"wifi.ssid",
			ssid,
			`it must be the network's name of 1 to ${kLongestSsid} bytes${found}, or "" for no Wi-Fi`,
		);
		return before.wifi;
	}
	if (ssid === "") return { ssid: "", password: "" };
	let password = fields["password"];
	password ??= ssid === before.wifi.ssid ? before.wifi.password : "";
	if (typeof password !== "string" || (password !== "" && !isPassphrase(password))) {
		check.problem(
			"wifi.password",
			`${secret(password)} is not allowed; it must be 8 to 63 letters, digits, signs or blanks without accents (WPA2), or "" for an open network`,
		);
		return before.wifi;
	}
	return { ssid: ssid as string, password };
}

/** IEEE 802.11-2020, J.4.1: a passphrase is 8 to 63 printable characters of ASCII. */
function isPassphrase(text: string): boolean {
	return /^[\x20-\x7e]{8,63}$/.test(text);
}

function hostNameOf(value: unknown, check: Checker): string {
	if (typeof value === "string" && /^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(value))
		return value.toLowerCase();
	check.wrong(
		"hostName",
		value,
		"it must be 1 to 32 letters, digits or dashes, with no dash at either end and without .local",
	);
	return "";
}

function adminPasswordOf(value: unknown, settings: Settings, check: Checker): string {
	const allowed =
		"it must be 8 to 64 letters, digits, signs or blanks without accents, at least 4 of them different, and not the name of hub or network";
	if (typeof value === "string" && /^[\x20-\x7e]{8,64}$/.test(value)) {
		const lower = value.toLowerCase();
		const isName = lower === settings.hostName || lower === settings.wifi.ssid.toLowerCase();
		if (!isName && new Set(lower).size >= 4) return value;
	}
	check.problem("adminPassword", `${secret(value)} is not allowed; ${allowed}`);
	return "";
}

/** A password as a message may tell it: only how long it is. */
function secret(value: unknown): string {
	if (typeof value !== "string") return value === null ? "null" : `a value of type ${typeof value}`;
	return value === "" ? "no password" : `the one given (${value.length} characters)`;
}

/** Settings as they are stored, inside one of two copies: JSON, so that a later version reads what it knows. */
export function encodeSettings({ wifi, adminPassword, hostName }: Settings): Uint8Array {
	return utf8Encode(JSON.stringify({ wifi: { ssid: wifi.ssid, password: wifi.password }, adminPassword, hostName }));
}

/** Undefined when the text is not what `encodeSettings` writes. "" stands for a password that was never set. */
export function decodeSettings(bytes: Uint8Array, otherwise: Settings): Settings | undefined {
	const text = utf8Decode(bytes);
	if (text === undefined || jsonFault(text)) return undefined;
	const stored = JSON.parse(text) as { wifi?: unknown; adminPassword?: unknown; hostName?: unknown } | null;
	const { wifi, adminPassword, hostName } = stored ?? {};
	// what another version adds is passed over
	const known = { wifi, hostName, ...(adminPassword === "" ? {} : { adminPassword }) };
	return changeSettings(known, otherwise).settings;
}
