import { utf8Encode } from "../base/bytes";
import type { HttpRequest, HttpResponse } from "../http/server";

const kUser = "admin";

/**
 * Who may change something, or read what holds passwords. No page of another site may: a form or script of one cannot
 * send the header X-Gridpost without asking first, which the hub never grants, and its Origin is not ours. When a password
 * is set, the user "admin" must give it (HTTP Basic, RFC 7617). There is no TLS: on a network that others can listen to,
 * the password is as safe as that network.
 */
export class Auth {
	readonly #password: () => string;

	/** `password`: "" while none is set; asked each time, as a person may set one. */
	constructor(password: () => string) {
		this.#password = password;
	}

	get loginRequired(): boolean {
		return this.#password() !== "";
	}

	/** Whether a request may change something. When not, it has been answered: 401 or 403. */
	mayChange(request: HttpRequest, response: HttpResponse): boolean {
		if (request.header("x-gridpost") === undefined) {
			response.error(403, "a change needs the header X-Gridpost: 1");
			return false;
		}
		if (!isOurOrigin(request)) {
			response.error(403, "the page that asks is not the hub's own");
			return false;
		}
		return this.mayRead(request, response);
	}

	/** Whether a request may read what is not for everybody. When not, it has been answered. */
	mayRead(request: HttpRequest, response: HttpResponse): boolean {
		const password = this.#password();
		if (password === "") return true;
		const given = request.header("authorization") ?? "";
		if (isSame(given.replace(/^basic +/i, ""), base64(utf8Encode(`${kUser}:${password}`)))) return true;
		// the dashboard asks by itself; a browser's own window would come before it
		if (request.header("x-gridpost") === undefined)
			response.header("WWW-Authenticate", 'Basic realm="Gridpost", charset="UTF-8"');
		response.error(401, given === "" ? "the password is needed" : "wrong password");
		return false;
	}
}

/** Programs send no Origin; a browser sends that of the page. */
function isOurOrigin(request: HttpRequest): boolean {
	const origin = request.header("origin");
	if (origin === undefined) return true;
	return origin.toLowerCase().replace(/^https?:\/\//, "") === (request.header("host") ?? "").toLowerCase();
}

/** Takes as long for a wrong text as for the right one. */
function isSame(given: string, right: string): boolean {
	const a = utf8Encode(given);
	const b = utf8Encode(right);
	let difference = a.length ^ b.length;
	for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ b[i]!;
	return difference === 0;
}

const kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** RFC 4648, section 4. */
function base64(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length; i += 3) {
		const left = bytes.length - i;
		const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
		text += kDigits.charAt(group >> 18) + kDigits.charAt((group >> 12) & 63);
		text += left > 1 ? kDigits.charAt((group >> 6) & 63) : "=";
		text += left > 2 ? kDigits.charAt(group & 63) : "=";
	}
	return text;
}
