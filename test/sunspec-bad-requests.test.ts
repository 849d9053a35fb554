/** The SunSpec server before requests with one thing wrong: the answer that the specifications want, and nothing changed. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { concatBytes, fromHex } from "../modules/base/bytes";
import { hexOf, mbap, Session } from "./adapters/sunspec-session";
import type { FakePeer } from "./fakes/tcp";

describe("a request with one thing wrong", () => {
	let session: Session;
	let peer: FakePeer;

	beforeEach(() => {
		session = new Session();
		peer = session.network.connect();
	});
	afterEach(() => session.close());

	/** Address of a point of unit 1: "705.Crv[2].Pt[1].V". */
	const at = (path: string): number => {
		const [id, ...rest] = path.split(".");
		let address = 0;
		session.ders.images.get(1)!.eachPoint((point) => {
			const own = point.group === "" ? point.name : `${point.group}.${point.name}`;
			if (point.model.id === Number(id) && own === rest.join(".")) address ||= point.address;
		});
		if (address === 0) throw new RangeError(path);
		return address;
	};
	const words = (...values: number[]): string =>
		values.map((value) => (value & 0xffff).toString(16).padStart(4, "0")).join("");
	const write = (address: number, ...values: number[]): string =>
		`10${words(address, values.length)}${(2 * values.length).toString(16).padStart(2, "0")}${words(...values)}`;
	const single = (address: number, value: number): string => `06${words(address, value)}`;
	const mask = (address: number, and: number, or: number): string => `16${words(address, and, or)}`;
	const both = (from: number, count: number, address: number, ...values: number[]): string =>
		`17${words(from, count)}${write(address, ...values).slice(2)}`;
	const ask = (pdu: string, unit = 1): string => hexOf(session.ask(peer, unit, fromHex(pdu)).slice(7));

	/** A whole curve 2 of 705: ActPt to RspTms, then ReadOnly and four points. */
	const curveAt = (): number => at("705.Crv[2].ActPt");
	const points = (...values: number[]): string => write(at("705.Crv[2].Pt[1].V"), ...values);

	it.each<[string, string, () => string]>([
		["the first half of a 32-bit point", "9002", () => write(at("704.WSet"), 0)],
		["the second half of one", "9002", () => write(at("704.WSet") + 1, 100)],
		["a point and a half", "9002", () => write(at("704.WSetMod"), 1, 0)],
		["half a point and a whole one", "9002", () => write(at("704.WSet") + 1, 0, 0, 0)],
		["function 6 on the first half", "8602", () => single(at("704.WSet"), 1)],
		["function 6 on the second half", "8602", () => single(at("704.WMaxLimPctRvrtTms") + 1, 1)],
		["function 22 on half a point", "9602", () => mask(at("704.WSet"), 0, 1)],
		["function 23 on half a point", "9702", () => both(40_000, 2, at("704.WSet"), 0)],
		["a read-only point", "9002", () => write(at("701.W"), 5)],
		["the ID of a model", "8602", () => single(at("704.ID"), 704)],
		["the length of a model", "8602", () => single(at("704.L"), 57)],
		["a scale factor", "8602", () => single(at("704.WSet_SF"), 0)],
		["the marker", "9002", () => write(40_000, 0x5375, 0x6e53)],
		["the end model", "8602", () => single(40_000 + session.ders.images.get(1)!.length - 2, 0xffff)],
		["a register behind the map", "8602", () => single(40_000 + session.ders.images.get(1)!.length, 1)],
		["a point that is not implemented", "8602", () => single(at("1.DA"), 3)],
		["a writable point, and a read-only one behind it", "9002", () => write(at("704.WSetRvrtTms"), 0, 60, 0, 0)],
		["over a border of models", "9002", () => write(at("703.ESRmpTms"), ...new Array<number>(12).fill(0))],
		["a limit over 100 %", "8603", () => single(at("704.WMaxLimPct"), 10_001)],
		["a limit of no number", "8603", () => single(at("704.WMaxLimPct"), 0xffff)],
		["a set-point of no number", "9003", () => write(at("704.WSet"), 0x8000, 0)],
		["a time of no number", "9003", () => write(at("704.WSetRvrtTms"), 0xffff, 0xffff)],
		["an enumeration's value that it does not have", "8603", () => single(at("704.WMaxLimPctEna"), 2)],
		["an enumeration of no number", "8603", () => single(at("704.WMaxLimPctEna"), 0xffff)],
		["function 22 to a value that is none", "9603", () => mask(at("704.WMaxLimPctEna"), 0, 0xffff)],
		["function 22 over the limit", "9603", () => mask(at("123.WMaxLimPct"), 0, 0xfff0)],
		["function 23 with a bad value", "9703", () => both(40_000, 2, at("704.WMaxLimPct"), 10_001)],
		["function 23 that reads what is not there", "9702", () => both(39_999, 2, at("704.WMaxLimPct"), 5000)],
		["good values, and a bad one at the end", "9003", () => write(at("704.WMaxLimPctEna"), 1, 5000, 10_001)],
		["a power factor over 1", "8603", () => single(at("704.PFWInj.PF"), 1001)],
		["curve 1, which is the active one", "8602", () => single(at("705.Crv[1].Pt[1].V"), 9000)],
		["a curve that ends in half a point", "9002", () => write(at("705.Crv[2].VRefAutoTms"), 5, 0)],
		["a curve with its ReadOnly", "9002", () => write(at("705.Crv[2].RspTms"), 0, 5, 0)],
		["a curve's voltage of no number", "9003", () => points(0xffff, 0)],
		["a curve's reactive power of no number", "9003", () => points(9200, 0x8000)],
		["a curve with no number in its last point", "9003", () => points(9200, 3000, 9800, 0, 10_200, 0, 10_800, 0x8000)],
		["a curve of no number of points", "8603", () => single(curveAt(), 0xffff)],
		["a curve of more points than there is room for", "8603", () => single(curveAt(), 5)],
		["a curve's response time of no number", "9003", () => write(at("705.Crv[2].RspTms"), 0xffff, 0xffff)],
		["a curve's reference that is none", "8603", () => single(at("705.Crv[2].DeptRef"), 99)],
		["the adoption of no number", "8603", () => single(at("705.AdptCrvReq"), 0xffff)],
		["a trip curve's time of no number", "9003", () => write(at("707.Crv[2].MustTrip.Pt[1].Tms"), 0xffff, 0xffff)],
		["a droop's deadband of no number", "9003", () => write(at("711.Ctl[2].DbOf"), 0xffff, 0xffff)],
		["a read of nothing", "8303", () => `03${words(40_000, 0)}`],
		["a read of 126", "8303", () => `03${words(40_000, 126)}`],
		["a read of 65535", "8303", () => `03${words(40_000, 65_535)}`],
		["a read over the last address", "8302", () => `03${words(65_535, 2)}`],
		["a read before the map", "8302", () => `03${words(39_999, 2)}`],
		["a read that ends behind the map", "8302", () => `03${words(40_000 + session.ders.images.get(1)!.length - 1, 2)}`],
		["a write of nothing", "9003", () => `10${words(at("704.WSet"), 0)}00`],
		["a write over the last address", "9002", () => write(65_535, 1, 2)],
		["a write with another byte count", "9003", () => `10${words(at("704.WMaxLimPct"), 1)}04${words(1, 1)}`],
		["a write whose bytes are missing", "9003", () => `10${words(at("704.WSet"), 2)}04${words(1)}`],
		["input registers", "8401", () => `04${words(40_000, 2)}`],
		["coils", "8f01", () => `0f${words(40_000, 1)}0101`],
		["function 0", "8001", () => "00"],
		["function 128", "8001", () => "80"],
	])("%s: %s", (_name, reply, pdu) => {
		expect(ask(pdu())).toBe(reply);
		expect(session.changes()).toEqual([]);
	});

	it.each([0, 9, 0xfffe])("adopts no curve %i, says so, and leaves the one in force", (number) => {
		const request = at("705.AdptCrvReq");
		const before = hexOf(session.ders.bytes(1)).slice(4 * (at("705.Crv[1].ActPt") - 40_000));
		expect(ask(single(request, number))).toBe(single(request, number));
		expect(ask(`03${words(request, 2)}`)).toBe(`0304${words(number, 2)}`);
		expect(hexOf(session.ders.bytes(1)).slice(4 * (at("705.Crv[1].ActPt") - 40_000))).toBe(before);
	});

	it("goes to who is addressed: 0 and 255 are the server itself", () => {
		const good = write(at("704.WMaxLimPct"), 5000);
		const echo = good.slice(0, 10);
		expect([ask(good, 0), ask(good, 255), ask(good, 1)]).toEqual([echo, echo, echo]);
		session.log.length = 0;
		// a meter, a DER that does not answer, nobody
		expect([ask(good, 5), ask(good, 7), ask(good, 9)]).toEqual(["9002", "900b", "900b"]);
		expect(ask(`03${words(40_000, 2)}`, 9)).toBe("830b");
		expect(session.log.flatMap((entry) => ("changes" in entry ? entry.changes : []))).toEqual([]);
	});

	it("does not take for its end what an earlier request left behind", () => {
		expect([ask("2b0d0000"), ask("2b"), ask("2b0e0400").slice(0, 4), ask("2b")]).toEqual([
			"ab01",
			"ab03",
			"2b0e",
			"ab03",
		]);
	});

	it("leaves what two clients write at once whole: the one state or the other", () => {
		const other = session.network.connect();
		const start = at("704.WMaxLimPctEna");
		for (let i = 0; i < 50; i++) {
			const low = fromHex(write(start, 1, 1000, 1000));
			const high = fromHex(write(start, 0, 9000, 9000));
			// byte by byte, interleaved
			const [a, b] = [mbap(1, low, 1), mbap(1, high, 2)];
			for (let at = 0; at < a.length; at++) {
				peer.send([a[at]!]);
				other.send([b[at]!]);
			}
			for (const one of [peer, other]) expect(hexOf(one.take()).slice(14)).toBe(write(start, 1, 1, 1).slice(0, 10));
			const state = ask(`03${words(start, 3)}`).slice(4);
			expect([words(1, 1000, 1000), words(0, 9000, 9000)]).toContain(state);
		}
	});
});

describe("a stream that is no Modbus", () => {
	const read = fromHex("03 9c40 0002");
	const answer = hexOf(mbap(1, fromHex("03 04 53756e53")));

	it.each<[string, Uint8Array]>([
		["protocol 1", mbap(1, read, 1, 1)],
		["protocol 256", mbap(1, read, 1, 256)],
		["protocol 65535", mbap(1, read, 1, 65_535)],
		["a length of 0", mbap(1, read, 1, 0, -6)],
		["a length of 1", mbap(1, read, 1, 0, -5)],
		["a length of 255", mbap(1, read, 1, 0, 249)],
		["a length of 65535", mbap(1, read, 1, 0, 65_529)],
		["300 bytes of 0xff", new Uint8Array(300).fill(255)],
		["text", Uint8Array.from("GET / HTTP/1.1\r\n\r\n", (character) => character.charCodeAt(0))],
		["a frame, then text behind it", concatBytes([mbap(1, read), Uint8Array.from("hello", (c) => c.charCodeAt(0))])],
	])("%s: the client is cut off, the others are not", (name, bytes) => {
		const session = new Session();
		const bad = session.network.connect();
		const good = session.network.connect();
		bad.send(bytes);
		expect(bad.closed).toBe(true);
		expect(hexOf(bad.take())).toBe(name.startsWith("a frame") ? answer : "");
		expect(session.server.counters.violations).toBe(1);
		good.send(mbap(1, read));
		expect(hexOf(good.take())).toBe(answer);
		expect(session.changes()).toEqual([]);
		session.close();
	});

	it("in pieces is waited for, and what never comes is forgotten", () => {
		const session = new Session();
		const peer = session.network.connect();
		const whole = mbap(1, read);
		for (let cut = 1; cut < whole.length; cut++) {
			peer.send(whole.slice(0, cut));
			expect(peer.take()).toHaveLength(0);
			if (cut % 2 === 0) {
				// the client has given up, and asks again on the same connection
				session.ders.clock.advance(600);
				peer.send(whole);
			} else peer.send(whole.slice(cut));
			expect(hexOf(peer.take()), `cut after ${cut}`).toBe(answer);
		}
		peer.send(mbap(1, read, 1), mbap(1, read, 1), mbap(1, read, 1).slice(0, 5));
		expect(hexOf(peer.take())).toBe(answer + answer);
		// silence has an end
		session.ders.clock.advance(61_000);
		expect(peer.closed).toBe(true);
		expect(session.changes().filter(([unit]) => unit === 5)).toEqual([]);
		session.close();
	});
});
