/** Chargers told anything at any time, also while they are silent: what must hold whatever comes. */
import { expect, it } from "vitest";
import type { EvsePoint } from "../modules/devices/evse-rows";
import { Dice } from "../sim/dice";
import { evseBench, ownWatchdog } from "./evse-bench";

const points: readonly EvsePoint[] = ["Chg", "LimA", "LimW", "DisW", "SetW", "LimTms", "SafeA", "SafeW"];

function someValue(point: EvsePoint, dice: Dice): number {
	switch (point) {
		case "Chg":
			return dice.below(2);
		case "LimA":
			return dice.below(33);
		case "LimTms":
			return 30 + dice.below(60);
		case "SafeA":
			return 6 + dice.below(4);
		case "SafeW":
			return 500 * dice.below(4);
		case "SetW":
			return 500 * (dice.below(30) - 15);
		default:
			return 500 * dice.below(30);
	}
}

const runs = [
	"etek-ekepc2",
	"abb-terra-ac",
	"bender-cc612",
	"phoenix-ev-eth",
	"sigenergy-evdc",
	"alpitronic-hypercharger",
].flatMap((id) => [1, 2, 3, 4, 5, 6].map((seed) => [id, seed] as const));

it.each(runs)("%s, seed %i", (id, seed) => {
	const dice = new Dice(seed, 0xca7);
	const { sim, evse, command, seconds, outcomes, value, device } = evseBench(id, ownWatchdog(id));
	const can = points.filter((point) => evse.points.includes(point));
	const given = new Map<string, number>();
	let pausedByChg = false;
	sim.arrive({ wantsWh: 1e9 });
	for (let i = 0; i < 60; i++) {
		const chance = dice.next();
		if (chance < 0.08) sim.slave.fault = sim.slave.fault ? undefined : { kind: "silent", share: 0.5 + dice.next() / 2 };
		else if (chance < 0.7 && device.online) {
			// several at once, now and then
			for (let n = dice.below(3); n >= 0; n--) {
				const point = can[dice.below(can.length)]!;
				const wanted = someValue(point, dice);
				if (evse.refuses(point, wanted) !== undefined) continue;
				const told = `${point} ${wanted}`;
				given.set(told, (given.get(told) ?? 0) + 1);
				command(point, wanted);
			}
		}
		seconds(dice.next() < 0.3 ? 30 : dice.below(4));
	}
	sim.slave.fault = undefined;
	seconds(400);
	expect(device.online).toBe(true);
	// each command has one result; besides, the hub tells of fall-backs and of what it had to tell again
	const ended = new Map<string, number>();
	for (const outcome of outcomes) {
		const told = outcome.split(" ").slice(0, 2).join(" ");
		ended.set(told, (ended.get(told) ?? 0) + 1);
		if (outcome.startsWith("Chg") && outcome.endsWith("accepted")) pausedByChg = outcome.startsWith("Chg 0");
	}
	for (const [told, count] of given) {
		if (told.startsWith("Lim") && !told.startsWith("LimTms"))
			expect(ended.get(told), told).toBeGreaterThanOrEqual(count);
		else expect(ended.get(told), told).toBe(count);
	}
	// a pause holds, and a limit whose time is over has fallen back
	if (pausedByChg) expect(sim.powerW).toBe(0);
	const safe = can.includes("SafeA") ? value("SafeA") : value("SafeW");
	const limited = [...given.keys()].some((told) => /^(LimA|LimW|SetW)/.test(told));
	if (limited && !pausedByChg && id !== "bender-cc612") {
		const most = can.includes("SafeA") ? 3 * 230 * safe * 1.001 : safe;
		expect(sim.powerW).toBeLessThanOrEqual(most);
	}
	if (id === "sigenergy-evdc") {
		for (const write of sim.written) {
			const [row, written] = write.split(" ");
			if (row !== "dc_start_stop") expect(Number(written)).toBeGreaterThanOrEqual(500);
		}
	}
});
