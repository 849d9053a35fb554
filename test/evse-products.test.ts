import { describe, expect, it } from "vitest";
import { ManualClock } from "../modules/base/manual-clock";
import { findTable } from "../modules/devices/generated/tables";
import { EvseState, kEvse } from "../modules/devices/models/evse";
import { SimEkepc2, SimEvse } from "../sim/evse";
import { evseBench, ownWatchdog } from "./evse-bench";

describe("a limit as a duty cycle (ETEK EKEPC2)", () => {
	it.each([
		// the dial positions of the maker: 10, 13, 20, 25 and 32 A
		[10, 1667],
		[13, 2167],
		[20, 3333],
		[25, 4167],
		[32, 5333],
		[6, 1000],
		[51, 8500],
		[63, 8920],
	])("%i A are %i hundredths of a per cent", (amps, duty) => {
		const { sim, command, seconds, value, clock } = evseBench("etek-ekepc2", { maxA: 80 });
		const raws: number[] = [];
		const own = sim.slave.onFrame.bind(sim.slave);
		sim.slave.onFrame = (frame, nowMs) => {
			if (frame[1] === 6 && frame[3] === 109) raws.push((frame[4]! << 8) | frame[5]!);
			return own(frame, nowMs);
		};
		command("LimA", amps);
		seconds(20);
		expect(raws).toEqual([duty]);
		expect(Math.abs(value("LimA") - amps)).toBeLessThan(0.01);
		expect(clock.now()).toBeGreaterThan(0);
	});

	it("has none between 51 and 52.5 A", () => {
		const { command, seconds, outcomes } = evseBench("etek-ekepc2", { maxA: 80 });
		command("LimA", 52);
		seconds(20);
		expect(outcomes).toEqual([
			"LimA 52 rejected: max_current_duty 52: 52 is not allowed; the device has no code for it",
		]);
	});

	it("is written at most once in ten seconds; a pause does not wait for that", () => {
		const { sim, command, seconds, outcomes, clock } = evseBench("etek-ekepc2");
		command("LimA", 16);
		seconds(2);
		command("LimA", 12);
		seconds(1);
		command("Chg", 0);
		seconds(2);
		expect(sim.written).toEqual(["max_current_duty 16.002", "remote_control 0"]);
		seconds(20);
		expect(sim.written).toHaveLength(3);
		expect(outcomes).toEqual(["LimA 16 accepted", "Chg 0 accepted", "LimA 12 accepted"]);
		command("LimA", 9);
		seconds(1);
		command("LimA", 10);
		command("LimA", 11);
		seconds(30);
		expect(outcomes.slice(3).sort()).toEqual([
			"LimA 10 rejected: LimA 11 came before it was written",
			"LimA 11 accepted",
			"LimA 9 accepted",
		]);
		expect(clock.now()).toBeLessThan(90_000);
	});

	it("answers to 255 as well as to its unit", () => {
		const clock = new ManualClock();
		const sim = new SimEvse({ table: findTable("etek-ekepc2")!, clock, unit: 6 });
		const line = new SimEkepc2(sim.slave);
		const asked = (unit: number): Uint8Array | undefined => {
			const request = Uint8Array.of(unit, 3, 0, 141, 0, 1, 0, 0);
			let crc = 0xffff;
			for (const byte of request.subarray(0, 6)) {
				crc ^= byte;
				for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
			}
			request[6] = crc & 0xff;
			request[7] = crc >> 8;
			return line.onFrame(request, 0)?.bytes;
		};
		expect([...asked(6)!.subarray(0, 5)]).toEqual([6, 3, 2, 0, 1]);
		expect([...asked(255)!.subarray(0, 5)]).toEqual([255, 3, 2, 0, 1]);
		expect(asked(7)).toBeUndefined();
	});
});

describe("a row that is only written (ABB Terra AC)", () => {
	it("is seen to work by what the charger offers", () => {
		const { sim, command, seconds, outcomes } = evseBench("abb-terra-ac");
		sim.arrive({ wantsWh: 40_000 });
		seconds(5);
		// the box takes the register and goes on as before
		const own = sim.slave.source;
		sim.slave.source = { value: (point, nowMs) => (point === "OffA" ? 32 : own.value(point, nowMs)) };
		command("LimA", 10);
		seconds(15);
		expect(outcomes).toEqual([]);
		seconds(10);
		expect(outcomes).toEqual(["LimA 10 rejected: the charger still offers 32 A"]);
		sim.slave.source = own;
		command("LimA", 11);
		seconds(3);
		expect(outcomes).toHaveLength(2);
		expect(outcomes[1]).toBe("LimA 11 accepted");
	});

	it("a pause is seen to work by the state", () => {
		const { sim, command, seconds, outcomes } = evseBench("abb-terra-ac");
		sim.arrive({ wantsWh: 40_000 });
		seconds(5);
		const own = sim.slave.source;
		sim.slave.source = { value: (point, nowMs) => (point === "St" ? EvseState.charging : own.value(point, nowMs)) };
		command("Chg", 0);
		seconds(25);
		expect(outcomes).toEqual(["Chg 0 rejected: the charger does not pause"]);
		sim.slave.source = own;
		command("Chg", 0);
		seconds(3);
		expect(outcomes[1]).toBe("Chg 0 accepted");
		// what it held before the first pause
		command("Chg", 1);
		seconds(25);
		expect(sim.written.at(-1)).toBe("set_current_limit 32");
	});

	it("whose effect is waited for gives way to a pause", () => {
		const { sim, command, seconds, outcomes } = evseBench("abb-terra-ac");
		sim.arrive({ wantsWh: 40_000 });
		seconds(5);
		const own = sim.slave.source;
		sim.slave.source = { value: (point, nowMs) => (point === "OffA" ? 32 : own.value(point, nowMs)) };
		command("LimA", 10);
		seconds(3);
		command("Chg", 0);
		seconds(3);
		expect(outcomes).toEqual(["LimA 10 rejected: Chg 0 came before it was seen to work", "Chg 0 accepted"]);
		expect(sim.written.at(-1)).toBe("set_current_limit 0");
	});
});

describe("a limit that has to be written again (Alfen, Bender)", () => {
	it.each(["alfen-ng9xx", "bender-cc612"])("%s: is, as long as it is given", (id) => {
		const { sim, command, seconds } = evseBench(id, ownWatchdog(id));
		for (let i = 0; i < 6; i++) {
			command("LimA", 14);
			seconds(200);
			expect(sim.limit).toBe(14);
		}
		// each 25 s or 15 s, not only when it is given
		expect(sim.written.length).toBeGreaterThan(40);
	});

	it("is no more when the hub is gone: the charger falls back by itself", () => {
		const { sim, command, seconds, evse, clock, device } = evseBench("alfen-ng9xx", ownWatchdog("alfen-ng9xx"));
		command("LimA", 14);
		seconds(100);
		expect(sim.limit).toBe(14);
		evse.close();
		sim.slave.fault = { kind: "silent" };
		seconds(70);
		expect(sim.limit).toBe(9);
		expect(device.online).toBe(false);
		expect(clock.now()).toBeGreaterThan(0);
	});

	it("shows what is left until then", () => {
		const { command, seconds, value } = evseBench("alfen-ng9xx", ownWatchdog("alfen-ng9xx"));
		command("LimA", 14);
		seconds(10);
		expect(value("RmgTms")).toBeGreaterThan(45);
		expect(value("RmgTms")).toBeLessThan(55);
		expect(value("SafeA")).toBe(9);
	});
});

it("Bender: registers that cut the connection are not read, and a meter that is not there has no value", () => {
	const { sim, seconds, value, device } = evseBench("bender-cc612");
	const asked = new Set<number>();
	const own = sim.slave.onFrame.bind(sim.slave);
	sim.slave.onFrame = (frame, nowMs) => {
		const first = (frame[2]! << 8) | frame[3]!;
		for (let i = 0; i < frame[5]!; i++) asked.add(first + i);
		return own(frame, nowMs);
	};
	const source = sim.slave.source;
	sim.slave.source = { value: (point, nowMs) => (point === "W" ? 0xffffffff : source.value(point, nowMs)) };
	seconds(120);
	expect(asked.has(104)).toBe(true);
	for (const never of [730, 740, 741, 746]) expect(asked.has(never)).toBe(false);
	expect(value("W")).toBeNaN();
	expect(device.image.quality(device.image.handle(kEvse, "W"))).toBe("good");
});

describe("DC (Alpitronic)", () => {
	it("limits by power and pauses at 0; its measured power may be missing", () => {
		const { sim, command, seconds, value, outcomes, image, evse } = evseBench("alpitronic-hypercharger-2", {
			maxW: 150_000,
		});
		sim.arrive({ wantsWh: 40_000, mostW: 120_000, socPct: 20, capacityWh: 80_000 });
		seconds(10);
		expect([value("St"), value("W"), value("DCV"), value("DCA")]).toEqual([EvseState.charging, 120_000, 400, 300]);
		expect(evse.owns(kEvse, "LimA")).toBe(false);
		command("LimW", 50_000);
		seconds(10);
		expect(value("W")).toBe(50_000);
		// a port is positive when power comes out of what hangs on it
		expect(image.value(image.handle(714, "DCW", "Prt[1]"))).toBe(-50_000);
		expect(image.value(image.handle(714, "PrtTyp", "Prt[1]"))).toBe(2);
		const own = sim.slave.source;
		sim.slave.source = { value: (point, nowMs) => (point === "power" ? 0 : own.value(point, nowMs)) };
		seconds(5);
		expect(value("W")).toBe(50_000);
		const soc = value("SoC");
		seconds(60);
		expect(value("SoC")).toBeGreaterThan(soc);
		command("LimW", 0);
		seconds(10);
		expect([value("St"), value("W")]).toEqual([EvseState.paused, 0]);
		command("LimW", 30_000);
		seconds(310);
		expect(sim.limit).toBe(0);
		expect(outcomes).toEqual(["LimW 50000 accepted", "LimW 0 accepted", "LimW 30000 accepted"]);
	});

	it("reads its settings and its readings from the same numbers", () => {
		const { table } = evseBench("alpitronic-hypercharger");
		const [state, limit] = ["state", "set_max_power"].map((name) => table.rows.find((row) => row.name === name)!);
		expect([state!.address, state!.fc ?? table.fc]).toEqual([100, 4]);
		expect([limit!.address, limit!.fc]).toEqual([100, 3]);
	});
});

describe("bidirectional (Sigenergy)", () => {
	const start = () => {
		const it = evseBench("sigenergy-evdc", { maxW: 25_000 });
		it.sim.arrive({ wantsWh: 30_000, mostW: 22_000 });
		it.seconds(15);
		return it;
	};

	it("charges and gives back by one set-point, and never with less than 500 W", () => {
		const { sim, command, seconds, value, outcomes } = start();
		command("SetW", 7000);
		seconds(40);
		expect([value("St"), value("W"), value("SetW")]).toEqual([EvseState.charging, 7000, 7000]);
		command("SetW", -5000);
		seconds(20);
		sim.givesBack = true;
		seconds(20);
		expect([value("St"), value("W")]).toEqual([EvseState.discharging, -5000]);
		expect(value("DCA")).toBeCloseTo(-12.5, 3);
		seconds(120);
		expect(value("WhSesDis")).toBeGreaterThan(150);
		sim.givesBack = false;
		command("SetW", 100);
		seconds(40);
		expect(value("W")).toBe(0);
		command("SetW", 0);
		seconds(40);
		command("LimW", 0);
		seconds(40);
		command("LimW", 3000);
		seconds(40);
		expect(value("W")).toBe(3000);
		for (const write of sim.written) {
			const [row, written] = write.split(" ");
			if (row !== "dc_start_stop") expect(Number(written)).toBeGreaterThanOrEqual(500);
		}
		expect(outcomes.every((one) => one.endsWith("accepted"))).toBe(true);
		expect(outcomes).toHaveLength(6);
	});

	it("starts with register 0 and stops with 1", () => {
		const { sim, command, seconds, outcomes } = start();
		const raws: number[] = [];
		const own = sim.slave.onFrame.bind(sim.slave);
		sim.slave.onFrame = (frame, nowMs) => {
			if (frame[1] === 6) raws.push((frame[2]! << 8) | frame[3]!, (frame[4]! << 8) | frame[5]!);
			return own(frame, nowMs);
		};
		command("Chg", 0);
		seconds(30);
		command("Chg", 1);
		seconds(30);
		expect(raws).toEqual([41000, 1, 41000, 0]);
		expect(outcomes).toEqual(["Chg 0 accepted", "Chg 1 accepted"]);
	});

	it("stops when a set-point is not given again", () => {
		const { sim, command, seconds, notes, value } = start();
		command("SetW", 8000);
		seconds(330);
		expect(sim.powerW).toBe(0);
		expect(value("SetW")).toBeNaN();
		expect(notes).toEqual(["LimW was not given again for 300 s: 0 W"]);
	});

	it("is asked at most once a second", () => {
		const { sim, seconds } = start();
		const times: number[] = [];
		const own = sim.slave.onFrame.bind(sim.slave);
		sim.slave.onFrame = (frame, nowMs) => {
			times.push(nowMs);
			return own(frame, nowMs);
		};
		seconds(120);
		expect(times.length).toBeGreaterThan(20);
		for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1000);
	});
});

describe("commands that are not allowed", () => {
	it.each([
		["phoenix-ev-eth", "LimA", 81],
		["phoenix-ev-eth", "LimA", -1],
		["phoenix-ev-eth", "LimA", Number.NaN],
		["phoenix-ev-eth", "Chg", 2],
		["phoenix-ev-eth", "SafeA", 200],
		["phoenix-ev-eth", "LimTms", -5],
		["sigenergy-evdc", "SetW", -26_000],
		["sigenergy-evdc", "DisW", 0],
	] as const)("%s: %s %d", (id, point, value) => {
		expect(evseBench(id).evse.refuses(point, value)).toMatch(/is not allowed/);
	});

	it("a charger has only the points it can carry out", () => {
		const can = (id: string) =>
			["Chg", "LimA", "LimW", "DisW", "SetW", "LimTms", "SafeA", "SafeW", "W"].filter((point) =>
				evseBench(id).evse.owns(kEvse, point),
			);
		expect(can("phoenix-ev-eth")).toEqual(["Chg", "LimA", "LimTms", "SafeA"]);
		expect(can("alfen-ng9xx")).toEqual(["Chg", "LimA", "LimTms"]);
		expect(can("alpitronic-hypercharger")).toEqual(["Chg", "LimW", "LimTms", "SafeW"]);
		expect(can("sigenergy-evdc")).toEqual(["Chg", "LimW", "DisW", "SetW", "LimTms", "SafeW"]);
	});
});
