import { expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { PluginTrial } from "./plugin-trial";

function board(text = "") {
	let kept = text;
	let writes = 0;
	const storage = {
		read: () => kept,
		write: (next: string) => {
			kept = next;
			writes++;
		},
	};
	return {
		writes: () => writes,
		kept: () => kept,
		start: (signature: string, failedStarts = 0) => {
			const clock = new ManualClock();
			return { clock, trial: new PluginTrial({ storage, signature, failedStarts, clock }) };
		},
	};
}

it("lets a plug-in run, and writes nothing more once the hub has survived it", () => {
	const flash = board();
	const first = flash.start("a1");
	expect(first.trial.refusal("acme")).toBeUndefined();
	first.trial.begin("acme");
	first.clock.advance(9_999);
	expect(flash.writes()).toBe(1);
	first.clock.advance(1);
	expect(flash.writes()).toBe(2);
	const later = flash.start("a1");
	expect(later.trial.refusal("acme")).toBeUndefined();
	later.trial.begin("acme");
	later.clock.advance(60_000);
	expect(flash.writes()).toBe(2);
});

it("leaves out the one during which the hub went down, names it, and lets the others run", () => {
	const flash = board();
	const first = flash.start("a1");
	first.trial.begin("good");
	first.trial.begin("loops");
	// the watchdog
	const second = flash.start("a1");
	expect(second.trial.refusal("loops")).toMatch(/did not come up with it/);
	expect(second.trial.refusal("good")).toBeUndefined();
	second.trial.begin("good");
	second.clock.advance(20_000);
	const third = flash.start("a1");
	expect(third.trial.refusal("loops")).toMatch(/did not come up with it/);
	expect(third.trial.refusal("good")).toBeUndefined();
});

it("begins anew with another archive", () => {
	const flash = board();
	flash.start("a1").trial.begin("loops");
	expect(flash.start("a1").trial.refusal("loops")).toBeDefined();
	expect(flash.start("b2").trial.refusal("loops")).toBeUndefined();
});

it("leaves all out once when starts do not last", () => {
	const flash = board();
	expect(flash.start("a1", 1).trial.refusal("acme")).toBeUndefined();
	expect(flash.start("a1", 2).trial.refusal("acme")).toBe("left out once, as the last 2 starts ended within a minute");
	expect(flash.start("a1", 0).trial.refusal("acme")).toBeUndefined();
});

it("takes what is damaged for nothing, and runs where nothing can be stored", () => {
	for (const text of ["", "{", "null", '{"signature":1}', '{"signature":"a1","trying":"acme","bad":0}']) {
		expect(board(text).start("a1").trial.refusal("acme"), text).toBeUndefined();
	}
	const said: string[] = [];
	const clock = new ManualClock();
	const trial = new PluginTrial({
		storage: {
			read: () => "",
			write: () => {
				throw new Error("flash is full");
			},
		},
		signature: "a1",
		failedStarts: 0,
		clock,
		log: (_level, _area, text) => said.push(text),
	});
	trial.begin("acme");
	clock.advance(20_000);
	expect(said).toEqual(["the mark of the trial: flash is full", "the mark of the trial: flash is full"]);
});
