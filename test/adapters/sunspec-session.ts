import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { toHex } from "../../modules/base/bytes";
import type { RegisterSpace } from "../../modules/modbus/respond";
import { TcpServer } from "../../modules/modbus/server-tcp";
import { DerServer } from "../fakes/der-server";
import { FakeNetwork, type FakePeer } from "../fakes/tcp";
import { root, run, temporaryFolder } from "../peers";

type Change = [unit: number, register: number, hex: string];
type Entry = { unit: number; request: string; reply: string; changes: Change[] } | { tick: Change[] };

export const hexOf = (bytes: Uint8Array): string => toHex(bytes, "");

/** A frame of Modbus TCP. `more`: what its header says beyond the truth. */
export function mbap(unit: number, pdu: Uint8Array, transaction = 1, protocol = 0, more = 0): Uint8Array {
	const length = pdu.length + 1 + more;
	const head = [transaction >> 8, transaction & 255, protocol >> 8, protocol & 255, (length >> 8) & 255, length & 255];
	return Uint8Array.of(...head, unit, ...pdu);
}

/** The server, what clients say to it, and what changes in its images meanwhile. */
export class Session {
	readonly ders = new DerServer();
	readonly network = new FakeNetwork();
	readonly log: Entry[] = [];
	readonly start: Record<number, string> = {};
	readonly server: TcpServer;
	#known = new Map<number, Uint8Array>();
	#transaction = 0;

	/** `spoil`: a server with a defect. */
	constructor(spoil: (ders: DerServer) => RegisterSpace = ({ space }) => space) {
		for (const unit of this.ders.images.keys()) {
			this.#known.set(unit, this.ders.bytes(unit));
			this.start[unit] = hexOf(this.ders.bytes(unit));
		}
		this.server = new TcpServer({
			listener: { io: this.network.listener, port: 1502 },
			tcp: this.network.tcp,
			clock: this.ders.clock,
			space: spoil(this.ders),
		});
	}

	/** Asks over TCP and notes everything. The reply frame. */
	ask(peer: FakePeer, unit: number, pdu: Uint8Array): Uint8Array {
		const transaction = ++this.#transaction & 0xffff;
		peer.send(mbap(unit, pdu, transaction));
		const reply = peer.take();
		expect((reply[0]! << 8) | reply[1]!).toBe(transaction);
		peer.grant(5760);
		this.note(unit, pdu, reply);
		return reply;
	}

	note(unit: number, pdu: Uint8Array, reply: Uint8Array): void {
		this.log.push({ unit, request: hexOf(pdu), reply: hexOf(reply), changes: this.changes() });
	}

	/** Time goes on: timers of the controls run. */
	pass(ms: number): void {
		this.ders.clock.advance(ms);
		const tick = this.changes();
		if (tick.length > 0) this.log.push({ tick });
	}

	/** What has changed since this was last asked. */
	changes(): Change[] {
		const all: Change[] = [];
		for (const [unit, before] of this.#known) {
			const { registers } = this.ders.images.get(unit)!;
			const after = new Uint8Array(registers.buffer);
			for (let at = 0; at < before.length; at += 2) {
				if (after[at] === before[at] && after[at + 1] === before[at + 1]) continue;
				all.push([unit, at / 2, hexOf(after.subarray(at, at + 2))]);
				before[at] = after[at]!;
				before[at + 1] = after[at + 1]!;
			}
		}
		return all;
	}

	close(): void {
		this.server.close();
		this.ders.close();
	}
}

export interface Verdict {
	outcomes: Record<string, number>;
	wrong: string[];
}

/** What test/peers/sunspec_judge.py finds in a session. */
export async function judge(session: Session): Promise<Verdict> {
	const scratch = temporaryFolder();
	const path = join(scratch.path, "session.json");
	writeFileSync(path, JSON.stringify({ base: 40_000, images: session.start, offline: [7], log: session.log }));
	const output = await run(`${root}.venv/bin/python`, [`${root}test/peers/sunspec_judge.py`, path], 60_000);
	scratch.remove();
	return JSON.parse(output) as Verdict;
}
