/** The bench of DERs (sites/der.json), or some of them, as a hub in virtual time with a client that asks it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { VirtualClient } from "./adapters/virtual-sunspec";
import { root } from "./peers";
import { VirtualHub } from "./virtual-hub";

interface Draft {
	devices: { id: string; control?: boolean }[];
	services?: object;
}

/** The site with these devices only, changed. */
export function derSite(ids: readonly string[], change: (draft: Draft) => void = () => {}): string {
	const draft = JSON.parse(readFileSync(join(root, "sites/der.json"), "utf8")) as Draft;
	draft.devices = draft.devices.filter(({ id }) => ids.includes(id));
	change(draft);
	return JSON.stringify(draft);
}

export interface DerStart {
	siteText: string;
	dataFolder?: string;
	epochMs?: number;
	/** Hour of the day at which the simulated devices begin. Default 11. */
	sim?: { startHour: number };
	/** Devices that do not answer from the start. */
	silent?: readonly string[];
}

/** Hubs of one test file: closed after each test, their folder gone at the end. */
export class DerBench {
	/** For what they keep over a restart. */
	readonly folder = mkdtempSync(join(tmpdir(), "gridpost-der-"));
	readonly #open: { close(): void }[] = [];

	constructor() {
		afterEach(() => this.close());
		afterAll(() => rmSync(this.folder, { recursive: true }));
	}

	async start({ silent = [], ...options }: DerStart, settleMs = 15_000) {
		const hub = new VirtualHub({ sim: { startHour: 11 }, ...options });
		this.#open.push(hub);
		for (const id of silent) hub.hub.pole!.device(id)!.fault = { kind: "silent" };
		await hub.advance(settleMs);
		return { hub, client: this.client(hub) };
	}

	/** One more: the hub closes a connection on which nobody asks. */
	client(hub: VirtualHub): VirtualClient {
		const client = new VirtualClient(hub);
		this.#open.push(client);
		return client;
	}

	/** The power is gone. */
	close(): void {
		for (const one of this.#open.splice(0).reverse()) one.close();
	}
}

/** A percentage of 704 in its register, at the scale factor that these DERs have. */
export const pct = (value: number): number => value * 10;
