import { utf8Decode, utf8Encode } from "../base/bytes";
import type { Problem } from "../base/checker";
import { GridpostError } from "../base/errors";
import { checkSite, type KnownDevices } from "../site/site-file";
import type { SiteCondition } from "./device";
import { type CopyStorage, TwoCopies } from "./two-copies";

/** "GPs1". */
const kMagic = 0x31735047;
/** So many starts in a row that ended within a minute are the site file's fault until shown otherwise. */
const kUnsafeStarts = 3;

export interface SiteKeeperOptions {
	storage: CopyStorage;
	/** Ids of the catalogue's tables. */
	known: KnownDevices;
	/** For the site that stands in while there is none: gateway id. */
	hostName: string;
	/** How many of the last starts did not last (BootGuard). */
	failedStarts: number;
}

/**
 * The board's site file in two copies. What is stored is checked before it becomes current and again at each start: a
 * damaged or impossible one is replaced, for this run only, by a site without meters whose name says so wherever the
 * site's name is shown. The stored text stays for repair.
 */
export class SiteKeeper {
	readonly #copies: TwoCopies;
	readonly #known: KnownDevices;
	readonly #text: string;
	readonly #condition: SiteCondition;
	/** What runs is what is stored: one text in memory, not two. */
	#isStored = false;

	constructor({ storage, known, hostName, failedStarts }: SiteKeeperOptions) {
		this.#copies = new TwoCopies(storage, kMagic);
		this.#known = known;
		const text = this.stored();
		this.#condition = this.#judge(text, failedStarts);
		this.#isStored = this.#condition.state === "stored" || this.#condition.state === "before";
		this.#text = this.#isStored ? text! : emptySite(hostName, this.#condition);
	}

	/** What this start runs with: always a valid site. */
	get text(): string {
		return this.#text;
	}

	get condition(): SiteCondition {
		return { ...this.#condition };
	}

	/** The stored text, valid or not: for an editor. */
	stored(): string | undefined {
		if (this.#isStored) return this.#text;
		const bytes = this.#copies.load();
		return bytes && utf8Decode(bytes);
	}

	check(text: string): Problem[] {
		return checkSite(text, this.#known).problems;
	}

	/** Keeps a new site file for the next start. Throws when it is not valid or cannot be stored; the one before stays then. */
	save(text: string): void {
		const problem = this.check(text)[0];
		if (problem) {
			throw new GridpostError("bad-site", `${problem.place || "site file"}: ${problem.message}`, {
				origin: "config",
				retry: "never",
				place: problem.place,
			});
		}
		this.#copies.save(utf8Encode(text));
		this.#isStored = false;
	}

	erase(): void {
		this.#isStored = false;
		this.#copies.erase();
	}

	#judge(text: string | undefined, failedStarts: number): SiteCondition {
		const damaged = this.#copies.damaged;
		if (text === undefined) {
			if (damaged > 0) return { state: "damaged", text: "the stored site file is damaged; store it again" };
			return { state: "none", text: "no site file yet" };
		}
		const problem = this.check(text)[0];
		if (problem)
			return { state: "invalid", text: `the stored site file: ${problem.place || "text"}: ${problem.message}` };
		if (failedStarts >= kUnsafeStarts)
			return {
				state: "unsafe",
				text: `left out once, as the last ${failedStarts} starts with it ended within a minute`,
			};
		if (damaged > 0) return { state: "before", text: "the newest site file is damaged; the one before it runs" };
		return { state: "stored", text: "" };
	}
}

/** A site without meters; its name and place say why. */
function emptySite(hostName: string, { state, text }: SiteCondition): string {
	return JSON.stringify({
		name: state === "none" ? "No site file yet" : "Site file not in use",
		location: text.slice(0, 120),
		feederId: "none",
		gatewayId: hostName,
		buses: [],
		devices: [],
	});
}
