import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { readSntp, sntpRequest } from "./sntp";
import { TimeKeeper } from "./time-keeper";
import { WallClock } from "./wall-clock";

const kNow = Date.UTC(2026, 10, 24, 12);
const nonce = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);

/** An answer by RFC 5905, figure 8, from its parts. */
function answerOf(
	request: Uint8Array,
	epochMs: number,
	change: (bytes: Uint8Array, view: DataView) => void = () => {},
) {
	const bytes = new Uint8Array(48);
	const view = new DataView(bytes.buffer);
	bytes[0] = 0x24;
	bytes[1] = 2;
	view.setUint32(8, 0.01 * 65_536);
	bytes.set(request.subarray(40, 48), 24);
	for (const at of [32, 40]) {
		const seconds = Math.floor(epochMs / 1000);
		view.setUint32(at, (seconds + 2_208_988_800) % 0x1_0000_0000);
		view.setUint32(at + 4, ((epochMs / 1000 - seconds) * 0x1_0000_0000) >>> 0);
	}
	change(bytes, view);
	return bytes;
}

describe("SNTP", () => {
	it("reads the time and how far off it may be", () => {
		const answer = readSntp(answerOf(sntpRequest(nonce), kNow + 250), nonce, 1000, 1060);
		expect(answer.epochMs).toBeCloseTo(kNow + 250 + 30, 3);
		expect(answer.errorMs).toBeCloseTo(30 + 10, 1);
	});

	it("goes on after 2036-02-07, when the seconds begin anew", () => {
		const late = Date.UTC(2040, 0, 1);
		expect(readSntp(answerOf(sntpRequest(nonce), late), nonce, 0, 0).epochMs).toBeCloseTo(late, 3);
	});

	it.each<[string, (bytes: Uint8Array, view: DataView) => void, RegExp]>([
		["another nonce", (bytes) => (bytes[31]! ^= 1), /another request/],
		["a client's packet", (bytes) => (bytes[0] = 0x23), /mode 3/],
		["a server without time", (bytes) => (bytes[0] = 0xe4), /no time itself/],
		["stratum 16", (bytes) => (bytes[1] = 16), /no time itself/],
		["no transmit time", (bytes) => bytes.fill(0, 40), /no time in it/],
		["a server that is unsure", (_, view) => view.setUint32(8, 3 * 65_536), /right to 3000 ms only/],
		[
			"a kiss of death",
			(bytes) => bytes.set([0x24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x52, 0x41, 0x54, 0x45]),
			/refuses \(RATE\)/,
		],
	])("does not take %s", (_, change, fault) => {
		const answer = readSntp(answerOf(sntpRequest(nonce), kNow, change), nonce, 0, 0);
		expect(answer.fault).toMatch(fault);
		expect(answer.epochMs).toBeUndefined();
	});

	it("does not take a short packet", () => {
		expect(readSntp(new Uint8Array(47), nonce, 0, 0).fault).toMatch(/47 bytes/);
	});
});

describe("wall clock", () => {
	it("is unset until told, and refuses impossible times", () => {
		const wall = new WallClock(() => 0);
		expect(wall.epochMs()).toBeUndefined();
		for (const impossible of [0, Date.UTC(2025, 11, 31), Date.UTC(2101, 0, 1), Number.NaN])
			expect(wall.tell(impossible, 0)).toBe("impossible");
		expect(wall.epochMs()).toBeUndefined();
	});

	it("slews a small difference by a millisecond a second and never runs back", () => {
		let nowMs = 0;
		const wall = new WallClock(() => nowMs);
		expect(wall.tell(kNow, 10)).toBe("set");
		expect(wall.tell(kNow - 500, 10)).toBe("slewing");
		let before = wall.epochMs()!;
		for (; nowMs < 600_000; nowMs += 100) {
			expect(wall.epochMs()!).toBeGreaterThanOrEqual(before);
			before = wall.epochMs()!;
		}
		expect(wall.epochMs()!).toBeCloseTo(kNow + nowMs - 500, 6);
		nowMs = 250_000 + 600_000;
		expect(wall.tell(kNow + nowMs, 10)).toBe("slewing");
		nowMs += 250_000;
		expect(wall.epochMs()!).toBeCloseTo(kNow + nowMs - 250, 6);
	});

	it("jumps only when a second telling agrees", () => {
		let nowMs = 0;
		const wall = new WallClock(() => nowMs);
		wall.tell(kNow, 10);
		const lie = kNow + 86_400_000;
		expect(wall.tell(lie, 10)).toBe("doubtful");
		nowMs = 16_000;
		expect(wall.tell(kNow + nowMs, 10)).toBe("slewing");
		// the truth in between has taken the lie's chance
		expect(wall.tell(lie + nowMs, 10)).toBe("doubtful");
		nowMs = 32_000;
		expect(wall.tell(lie + nowMs, 10)).toBe("stepped");
		expect(wall.epochMs()).toBe(lie + nowMs);
		expect(wall.tell(kNow, 10)).toBe("doubtful");
		nowMs += 700_000;
		expect(wall.tell(kNow + 700_000, 10)).toBe("doubtful");
	});
});

function bench(chip?: { read(): number | undefined; write(epochMs: number): void }) {
	const clock = new ManualClock();
	const asked: { server: string; atS: number; packet: Uint8Array }[] = [];
	const told: string[] = [];
	const logged: string[] = [];
	const wall = new WallClock(() => clock.now());
	const keeper = new TimeKeeper({
		clock,
		random: () => 0.5,
		wall,
		servers: ["one", "two"],
		send: (server, packet) => {
			if (server === "two" && asked.length > 90) throw new Error("no network");
			asked.push({ server, atS: Math.round(clock.now() / 1000), packet });
		},
		onTime: (source) => told.push(source),
		log: (level, _, text) => logged.push(`${level} ${text}`),
		...(chip ? { chip } : {}),
	});
	const reply = (epochMs: number, change?: (bytes: Uint8Array, view: DataView) => void) =>
		keeper.received(answerOf(asked.at(-1)!.packet, epochMs, change));
	return { clock, asked, told, logged, wall, keeper, reply };
}

describe("time keeper", () => {
	it("asks once the network is there, then about every hour", () => {
		const { clock, asked, told, wall, keeper, reply } = bench();
		keeper.start();
		clock.advance(10_000);
		expect(asked).toEqual([]);
		keeper.network(true);
		clock.advance(500);
		expect(asked.length).toBe(1);
		reply(kNow);
		expect(told).toEqual(["sntp"]);
		expect(wall.epochMs()).toBeCloseTo(kNow, -1);
		clock.advance(3_599_000);
		expect(asked.length).toBe(1);
		clock.advance(1000);
		expect(asked.length).toBe(2);
		keeper.network(false);
		clock.advance(7_200_000);
		expect(asked.length).toBe(2);
		expect(clock.pending).toBe(0);
	});

	it("asks the servers in turn, with longer and longer pauses, and says each fault once", () => {
		const { clock, asked, logged, keeper } = bench();
		keeper.network(true);
		clock.advance(86_400_000);
		expect(asked.slice(0, 4).map(({ server }) => server)).toEqual(["one", "two", "one", "two"]);
		const pauses = asked.slice(1).map(({ atS }, i) => atS - asked[i]!.atS);
		expect(pauses.slice(0, 4)).toEqual([8, 13, 22, 40]);
		expect(Math.max(...pauses)).toBeLessThan(1300);
		expect(asked.length).toBeGreaterThan(70);
		expect(logged.length).toBeGreaterThan(1);
	});

	it("obeys a kiss of death and leaves a server that denies for good", () => {
		const { clock, asked, keeper, reply } = bench();
		const kiss = (code: string) => (bytes: Uint8Array) => {
			bytes[1] = 0;
			for (let i = 0; i < 4; i++) bytes[12 + i] = code.charCodeAt(i);
		};
		keeper.network(true);
		clock.advance(500);
		reply(kNow, kiss("DENY"));
		clock.advance(4500);
		reply(kNow, kiss("RATE"));
		clock.advance(9000);
		expect(asked.map(({ server }) => server)).toEqual(["one", "two", "two"]);
		reply(kNow);
		clock.advance(7_199_999);
		expect(asked.length).toBe(3);
		clock.advance(1);
		expect(asked.length).toBe(4);
		reply(kNow, kiss("RSTR"));
		clock.advance(86_400_000);
		expect(asked.length).toBe(4);
	});

	it("is not led astray by one liar: it asks another server at once", () => {
		const { clock, asked, told, logged, wall, keeper, reply } = bench();
		keeper.network(true);
		clock.advance(500);
		reply(kNow);
		clock.advance(3_600_000);
		reply(kNow + 1e9);
		expect(logged.at(-1)).toMatch(/doubtful; not taken/);
		clock.advance(16_000);
		expect(asked.at(-1)!.server).toBe("two");
		reply(kNow + 3_616_500);
		expect(told.length).toBe(2);
		expect(Math.abs(wall.epochMs()! - (kNow + 3_616_500))).toBeLessThan(1000);
	});

	it("passes over what answers no request of ours", () => {
		const { clock, told, keeper, reply } = bench();
		keeper.received(new Uint8Array(48));
		keeper.network(true);
		clock.advance(500);
		reply(kNow, (bytes) => (bytes[24]! ^= 1));
		expect(told).toEqual([]);
		reply(kNow);
		reply(kNow + 5e8);
		expect(told).toEqual(["sntp"]);
	});

	it("takes the time of the chip, and sets the chip once a day", () => {
		const written: number[] = [];
		const { clock, told, keeper, reply } = bench({ read: () => kNow - 5000, write: (ms) => written.push(ms) });
		keeper.start(kNow - 60_000);
		expect(told).toEqual(["rtc"]);
		keeper.network(true);
		clock.advance(500);
		reply(kNow);
		clock.advance(16_000);
		reply(kNow + 16_000);
		expect(told).toEqual(["rtc", "sntp"]);
		expect(written.length).toBe(1);
		for (let hour = 1; hour < 48; hour++) {
			clock.advance(3_600_000);
			reply(kNow + 16_000 + hour * 3_600_000);
		}
		expect(written.length).toBe(2);
	});

	it("without a chip takes the clock that ran on over a restart; a chip that throws is told of", () => {
		const kept = bench();
		kept.keeper.start(kNow);
		expect(kept.told).toEqual(["restart"]);
		const broken = bench({
			read: () => {
				throw new Error("no acknowledge");
			},
			write: () => {},
		});
		broken.keeper.start(kNow);
		expect(broken.told).toEqual(["restart"]);
		expect(broken.logged).toContain("warn clock chip: no acknowledge");
	});
});
