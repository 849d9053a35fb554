import { describe, expect, it } from "vitest";
import { EvseState, kEvse, PilotState } from "../modules/devices/models/evse";
import { evseBench, ownWatchdog } from "./evse-bench";

const kCurrent = [
	"etek-ekepc2",
	"abb-terra-ac",
	"alfen-ng9xx",
	"phoenix-ev-cc-ac1-m",
	"phoenix-ev-eth",
	"phoenix-charx",
	"phoenix-charx-3",
	"bender-cc612",
	"sigenergy-evac",
];
/** Full power of three phases at so many amperes. */
const watts = (amps: number): number => 3 * 230 * amps;
const near = (amps: number): number => watts(0.02) + 0.001 * watts(amps);

describe.each(kCurrent)("%s", (id) => {
	const start = () => {
		const it = evseBench(id, ownWatchdog(id));
		it.sim.arrive({ wantsWh: 40_000, mostA: 20 });
		it.seconds(12);
		return it;
	};

	it("shows a car that comes, charges, is full and goes", () => {
		const { sim, value, seconds, table } = evseBench(id, ownWatchdog(id));
		expect([value("St"), value("Cp")]).toEqual([EvseState.available, PilotState.A]);
		sim.arrive({ wantsWh: 1000, mostA: 16 });
		seconds(12);
		expect([value("St"), value("Cp")]).toEqual([EvseState.charging, PilotState.C]);
		const shows = (point: string): boolean => !Number.isNaN(value(point));
		const expected = Math.min(16, sim.limit);
		if (shows("W")) expect(Math.abs(value("W") - watts(expected))).toBeLessThanOrEqual(1);
		if (shows("AL3")) expect(value("AL3")).toBeCloseTo(expected, 2);
		seconds(1200);
		expect([value("St"), value("Cp")]).toEqual([EvseState.connected, PilotState.B]);
		if (shows("WhSes")) expect(Math.abs(value("WhSes") - 1000)).toBeLessThan(10);
		sim.leave();
		seconds(12);
		expect(value("St")).toBe(EvseState.available);
		// a session begins anew, and that is no meter that runs backwards
		sim.arrive({ wantsWh: 200 });
		seconds(400);
		if (shows("WhSes")) expect(Math.abs(value("WhSes") - 200)).toBeLessThan(10);
		expect(
			table.rows.filter((row) => row.unit === "Wh" && row.name.includes("session")).every((row) => row.restarts),
		).toBe(true);
	});

	it("follows a limit, and reads it back", () => {
		const { sim, value, seconds, outcomes, command } = start();
		command("LimA", 10);
		seconds(25);
		expect(outcomes).toEqual(["LimA 10 accepted"]);
		expect(Math.abs(sim.powerW - watts(10))).toBeLessThanOrEqual(near(10));
		expect(value("LimA")).toBeCloseTo(10, 1);
	});

	it("pauses when the limit is below 6 A, and goes on above", () => {
		const { sim, value, seconds, outcomes, command } = start();
		command("LimA", 5.9);
		seconds(30);
		expect(sim.powerW).toBe(0);
		expect(value("St")).not.toBe(EvseState.charging);
		command("LimA", 8);
		seconds(30);
		expect(outcomes).toEqual(["LimA 5.9 accepted", "LimA 8 accepted"]);
		expect(Math.abs(sim.powerW - watts(8))).toBeLessThanOrEqual(near(8));
	});

	it("pauses on command, stays so whatever its limit becomes, and charges again", () => {
		const { sim, value, seconds, outcomes, command } = start();
		command("LimA", 12);
		seconds(30);
		command("Chg", 0);
		seconds(30);
		expect(sim.powerW).toBe(0);
		expect(value("Chg")).toBe(0);
		command("LimA", 9);
		seconds(30);
		expect(sim.powerW).toBe(0);
		command("Chg", 1);
		seconds(30);
		expect(Math.abs(sim.powerW - watts(9))).toBeLessThanOrEqual(near(9));
		expect(outcomes).toEqual(["LimA 12 accepted", "Chg 0 accepted", "LimA 9 accepted", "Chg 1 accepted"]);
	});

	it("falls back to a safe limit when its limit is not given again", () => {
		const { sim, seconds, outcomes, notes, command, evse, value } = start();
		const bySelf = !evse.owns(kEvse, "SafeA");
		const safe = bySelf ? value("SafeA") : 7;
		if (!bySelf) command("SafeA", safe);
		command("LimTms", 120);
		command("LimA", 16);
		seconds(100);
		expect(sim.limit).toBeCloseTo(16, 1);
		command("LimA", 15);
		seconds(110);
		expect(sim.limit).toBeCloseTo(15, 1);
		expect(notes).toEqual([]);
		seconds(bySelf ? 75 : 35);
		expect(sim.limit).toBeCloseTo(safe, 1);
		expect(notes).toHaveLength(1);
		expect(outcomes.filter((one) => one.includes("Lim") || one.includes("Safe"))).toHaveLength(bySelf ? 3 : 4);
		// and stays there
		if (id !== "bender-cc612") seconds(300);
		expect(sim.limit).toBeCloseTo(safe, 1);
	});

	it("ends a command in one result when it does not answer, and is told again when it is back", () => {
		const { sim, seconds, outcomes, command, device } = start();
		command("LimA", 13);
		seconds(30);
		sim.slave.fault = { kind: "silent" };
		command("LimA", 11);
		seconds(40);
		expect(outcomes.filter((one) => one.startsWith("LimA 11"))).toHaveLength(1);
		expect(outcomes.find((one) => one.startsWith("LimA 11"))).toMatch(/timeout/);
		expect(device.online).toBe(false);
		sim.slave.fault = undefined;
		seconds(120);
		expect(device.online).toBe(true);
		expect(sim.limit).toBeCloseTo(13, 1);
	});
});

it("falls back over a restart of the hub too, where the charger does not do it", () => {
	const before = evseBench("phoenix-ev-eth");
	before.command("LimTms", 60);
	before.command("SafeA", 8);
	before.command("LimA", 20);
	before.seconds(20);
	const after = evseBench("phoenix-ev-eth", {}, before.stored.at(-1));
	after.sim.slave.set("max_current", 20);
	expect([after.value("LimTms"), after.value("SafeA")]).toEqual([60, 8]);
	after.seconds(40);
	expect(after.sim.written).toEqual([]);
	after.seconds(30);
	expect(after.sim.written).toEqual(["max_current 8"]);
	expect(after.notes).toEqual(["LimA was not given again for 60 s: 8 A"]);
});

it("does not tell a charger again what has had its time while it was silent", () => {
	const { sim, command, seconds, outcomes } = evseBench("phoenix-ev-eth");
	command("LimTms", 60);
	command("LimA", 20);
	seconds(10);
	sim.slave.fault = { kind: "silent" };
	seconds(200);
	sim.written.length = 0;
	sim.slave.fault = undefined;
	seconds(90);
	expect(sim.written.length).toBeGreaterThan(0);
	expect(sim.written.every((one) => one === "max_current 6")).toBe(true);
	// told once that it failed, and once that it is done
	expect(outcomes.slice(2)).toEqual([
		"LimA 20 timeout: max_current 6: the device did not answer the read-back",
		"LimA 6 accepted",
	]);
});

it("commands nothing by itself: a charger nobody commands is not written", () => {
	for (const id of kCurrent) {
		const { sim, seconds } = evseBench(id);
		seconds(900);
		expect(sim.written, id).toEqual([]);
	}
});

it("keeps a limit for good when that is what LimTms says", () => {
	const { sim, command, seconds } = evseBench("phoenix-ev-eth");
	command("LimTms", 0);
	command("LimA", 14);
	seconds(7200);
	expect(sim.limit).toBe(14);
});
