import type { Problem } from "../base/checker";
import type { HttpRequest, HttpResponse } from "../http/server";
import { checkSite } from "../site/site-file";
import type { ApiOptions } from "./api-options";

/** For the answer to reach whoever asked, before the program ends. */
const kRestartMs = 500;

/**
 * The site file from outside:
 *
 *     GET  /api/site-file         its text; holds the broker's password, so it is asked for as a change is
 *     POST /api/site-file/check   {"problems": [...]} of a text
 *     PUT  /api/site-file         checks, keeps and starts anew with a text
 */
export function serveSiteFile(options: ApiOptions): void {
	const { http, auth, siteText, siteStore, restart, clock, log } = options;
	let saved = siteText;
	let restarting = false;

	http.route("GET", "/api/site-file", (request, response) => {
		if (!auth.mayRead(request, response)) return;
		if (siteStore) response.header("X-Site-Place", printable(siteStore.place));
		response.header("Cache-Control", "no-store").text(saved, "application/json; charset=utf-8");
	});

	http.route("POST", "/api/site-file/check", (request, response) => {
		// changes nothing, yet costs time: not for other sites' pages
		if (auth.mayChange(request, response)) response.json({ problems: problemsOf(request) });
	});

	http.route("PUT", "/api/site-file", (request, response) => {
		if (!auth.mayChange(request, response)) return;
		if (!siteStore || !restart) {
			response.error(501, "the site file of this hub cannot be changed from here");
			return;
		}
		if (restarting) {
			response.header("Retry-After", "5").error(409, "the hub is about to start anew with another site file");
			return;
		}
		const problems = problemsOf(request);
		if (problems.length > 0) refuse(response, problems);
		else keep(request.text() ?? "", response);
	});

	function problemsOf(request: HttpRequest): Problem[] {
		const text = request.text();
		if (text === undefined) return [{ place: "", message: "the text is not UTF-8" }];
		return checkSite(text, options.knownDevices).problems;
	}

	function refuse(response: HttpResponse, problems: readonly Problem[]): void {
		response.status = 422;
		response.json({ problems });
	}

	function keep(text: string, response: HttpResponse): void {
		try {
			siteStore!.save(text);
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			log("error", "site", `the site file could not be kept: ${reason}`);
			response.error(500, `could not be kept: ${reason}`);
			return;
		}
		saved = text;
		restarting = true;
		log("info", "site", `a new site file is in ${siteStore!.place}; starting anew`);
		response.json({ restarts: true });
		clock.setTimer(() => restart!(), kRestartMs);
	}
}

/** What a header can carry. */
function printable(text: string): string {
	return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
}
