/**
 * The SunSpec server under bad input: ten thousand requests of chance, mostly wrong, over TCP and over RTU. What comes
 * back is judged by test/peers/sunspec_judge.py, which knows the specifications, pysunspec2 and pymodbus, and nothing of ours.
 */
import { expect, it } from "vitest";
import type { RegisterSpace } from "../modules/modbus/respond";
import { RtuServer } from "../modules/modbus/server-rtu";
import { SunSpecFuzz } from "./adapters/sunspec-fuzz";
import { hexOf, judge, mbap, Session } from "./adapters/sunspec-session";
import type { DerServer } from "./fakes/der-server";
import { FakeLine } from "./fakes/rs485";
import { withCrc } from "./fixtures/modbus-frames";
import { describeWithPeers } from "./peers";

type Outcomes = Record<string, number>;
type Write = NonNullable<RegisterSpace["writeRegisters"]>;

/** Sends `count` requests of chance as three clients by turns, with time going on now and then. */
function fuzz(session: Session, seed: number, count: number): void {
	const requests = new SunSpecFuzz(seed, session.ders.images);
	const peers = [1, 2, 3].map(() => session.network.connect());
	for (let i = 0; i < count; i++) {
		const { unit, pdu } = requests.next();
		session.ask(peers[requests.below(3)]!, unit, pdu);
		if (i % 11 === 0) session.pass(requests.below(3000));
	}
	expect(session.server.clients).toBe(3);
}

/** All that it reached, and how often by function and outcome. */
function expectReached(
	outcomes: Outcomes,
	count: number,
	codes: readonly number[],
	exceptions: readonly number[],
): void {
	expect(Object.values(outcomes).reduce((sum, one) => sum + one, 0)).toBe(count);
	for (const code of codes) {
		expect(outcomes[`${code} ok`], `${code} ok`).toBeGreaterThan(10);
		for (const exception of code === 3 || code === 43 ? [] : exceptions) {
			const outcome = `${code} exception ${exception}`;
			expect(outcomes[outcome], outcome).toBeGreaterThan(5);
		}
	}
}

/** The frame of an RTU reply as one of TCP, which is what the judge reads. */
function asMbap(frame: Uint8Array): Uint8Array {
	expect(hexOf(withCrc(frame.slice(0, -2)))).toBe(hexOf(frame));
	return mbap(frame[0]!, frame.slice(1, -2));
}

describeWithPeers("requests of chance", ["python"], () => {
	it("over TCP: each has the answer that the specifications want, and changes what it may", async () => {
		const session = new Session();
		fuzz(session, 20_261, 10_000);
		const { outcomes, wrong } = await judge(session);
		expect(wrong.slice(0, 20)).toEqual([]);
		expectReached(outcomes, 10_000, [3, 6, 16, 22, 23, 43], [2, 3, 11]);
		session.close();
	}, 60_000);

	it("over RTU: the same, and silence for who is not there, for all and for what is damaged", async () => {
		const session = new Session();
		const { clock, space, images } = session.ders;
		const line = new FakeLine(clock);
		const server = new RtuServer({ link: { io: line.io, port: "sim:b", baud: 115_200 }, space });
		const requests = new SunSpecFuzz(77, images);
		let answered = 0;
		for (let i = 0; i < 3000; i++) {
			const { unit, pdu } = requests.next();
			const frame = withCrc(Uint8Array.of(unit, ...pdu));
			const damaged = i % 13 === 0;
			if (damaged) frame[requests.below(frame.length)]! ^= 1 << requests.below(8);
			line.feed(frame);
			const entry = { unit, request: hexOf(pdu), reply: "", changes: session.changes() };
			const silent = damaged || !images.has(unit);
			if (!silent) session.log.push(entry);
			session.pass(200);
			const [reply] = line.sent.splice(0);
			if (silent) expect([reply, entry.changes], hexOf(frame)).toEqual([undefined, []]);
			else {
				expect(reply, hexOf(frame)).toBeDefined();
				entry.reply = hexOf(asMbap(reply!));
				answered++;
			}
		}
		expect(answered).toBeGreaterThan(2000);
		const { outcomes, wrong } = await judge(session);
		expect(wrong.slice(0, 20)).toEqual([]);
		expectReached(outcomes, answered, [3, 6, 16, 22, 23, 43], [2, 3, 11]);
		server.close();
		session.close();
	}, 60_000);
});

describeWithPeers("the judge", ["python"], () => {
	/** The server's own space with another way to write. */
	const writing = (ders: DerServer, write: (...request: Parameters<Write>) => number): RegisterSpace => {
		const { space } = ders;
		return {
			inputRegisters: false,
			hasUnit: (unit) => space.hasUnit(unit),
			readRegisters: (...request) => space.readRegisters(...request),
			identification: (...request) => space.identification(...request),
			writeRegisters: write,
		};
	};
	const load = (
		ders: DerServer,
		unit: number,
		address: number,
		count: number,
		data: DataView,
		offset: number,
	): number => {
		const image = ders.images.get(unit)!;
		if (address < image.base || address + count > image.base + image.length) return 2;
		image.load(address, data, offset, count, 0, "good");
		return 0;
	};

	it.each<[string, RegExp, (ders: DerServer) => RegisterSpace]>([
		[
			"input registers",
			/exception [23], expected \[1\]/,
			(ders) => ({ ...writing(ders, () => 2), inputRegisters: true }),
		],
		[
			"a read of one register further on",
			/body/,
			(ders) => {
				const read: RegisterSpace["readRegisters"] = (unit, input, address, ...rest) =>
					ders.space.readRegisters(unit, input, Math.min(address + 1, 0xffff), ...rest);
				return { ...writing(ders, () => 2), readRegisters: read };
			},
		],
		["any write is taken", /done, expected/, (ders) => writing(ders, (...request) => load(ders, ...request))],
		[
			"a refused write leaves its first register",
			/refused, but it changed/,
			(ders) =>
				writing(ders, (unit, address, count, data, offset) => {
					const result = ders.space.writeRegisters(unit, address, count, data, offset);
					if (result !== 0 && count > 1) load(ders, unit, address, 1, data, offset);
					return result;
				}),
		],
		[
			"a write that is taken changes nothing",
			/reads \w+ after/,
			(ders) =>
				writing(ders, (unit, ...request) => {
					const bytes = ders.bytes(unit);
					const result = ders.space.writeRegisters(unit, ...request);
					new Uint8Array(ders.images.get(unit)!.registers.buffer).set(bytes);
					return result;
				}),
		],
		[
			"a write reaches another unit too",
			/of unit 5 changed too/,
			(ders) =>
				writing(ders, (unit, address, count, data, offset) => {
					const result = ders.space.writeRegisters(unit, address, count, data, offset);
					if (result === 0) load(ders, 5, 40_080, 1, data, offset);
					return result;
				}),
		],
		[
			"exception 4 for a bad value",
			/exception 4, expected/,
			(ders) =>
				writing(ders, (...request) => {
					const result = ders.space.writeRegisters(...request);
					return result === 3 ? 4 : result;
				}),
		],
	])("sees a server with a defect: %s", async (_name, finding, spoil) => {
		const session = new Session(spoil);
		fuzz(session, 5, 1500);
		const { wrong } = await judge(session);
		expect(
			wrong.some((line) => finding.test(line)),
			wrong.slice(0, 5).join("\n"),
		).toBe(true);
		session.close();
	});
});
