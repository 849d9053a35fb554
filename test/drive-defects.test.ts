/** Mistakes planted into the interlock of drives, one at a time, in a copy of its source: the storm must find each. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriveControl } from "../modules/devices/drive";
import type { DeviceTable } from "../modules/devices/table";
import { abbAcs355Acs380 } from "../modules/devices/tables/abb-acs355-acs380";
import { deltaMs300 } from "../modules/devices/tables/delta-ms300";
import { schneiderAtv } from "../modules/devices/tables/schneider-atv12-312-320";
import { yaskawaV1000Ga500 } from "../modules/devices/tables/yaskawa-v1000-ga500";
import { squall, startsByEcho, storm } from "./drive-storm";
import { root } from "./peers";

const files = ["drive", "drive-book", "drive-line", "drive-phases", "drive-start"] as const;

/** In one of the files, text and what stands there instead. */
type Change = readonly [file: (typeof files)[number], from: string, to: string];

const folder = join(root, "build", `drive-defects-${process.pid}`);

beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let copies = 0;

/** The interlock with mistakes. */
async function withDefect(changes: readonly Change[]): Promise<typeof DriveControl> {
	const own = join(folder, `${copies++}`);
	mkdirSync(own);
	for (const file of files) {
		let text = readFileSync(join(root, `modules/devices/${file}.ts`), "utf8");
		for (const [target, from, to] of changes) {
			if (target !== file) continue;
			if (text.split(from).length !== 2) throw new RangeError(`${file}.ts has not once: ${from}`);
			text = text.replace(from, () => to);
		}
		text = text.replace(/from "\.\.\/(.*)";/g, `from "${root}modules/$1";`);
		text = text.replace(
			/from "\.\/(?!drive(?:-book|-line|-phases|-start)?")(.*)";/g,
			`from "${root}modules/devices/$1";`,
		);
		writeFileSync(join(own, `${file}.ts`), text);
	}
	const copy = (await import(/* @vite-ignore */ join(own, "drive.ts"))) as { DriveControl: typeof DriveControl };
	return copy.DriveControl;
}

const tables: readonly DeviceTable[] = [deltaMs300, abbAcs355Acs380, schneiderAtv, yaskawaV1000Ga500];

/** What the first storm that finds something finds. */
function judged(control: typeof DriveControl): string {
	for (const table of tables) if (startsByEcho(table, { control })) return `${table.id} starts by an echo`;
	for (let seed = 1; seed <= 8; seed++) {
		for (const table of tables) {
			const lifeMs = seed % 2 === 0 ? 500 : 3000;
			const options = { lifeMs, watchdogS: 2 + (3 * lifeMs) / 1000, control };
			const [mistake] = [...squall(table, seed, 20, options).mistakes, ...storm(table, seed, 80, options).mistakes];
			if (mistake !== undefined) return mistake;
		}
	}
	return "";
}

const defects: Readonly<Record<string, readonly Change[]>> = {
	"the run word is sent again when it is not answered": [
		[
			"drive-start",
			`				if (answer === "refused") onEnd("rejected", CmdReason.refused);
				else phases.enter("starting");`,
			`				if (answer === "silent") this.sayRun();
				else phases.enter("starting");`,
		],
	],
	"frames that may still be under way are not waited for": [
		["drive-start", "		return leftMs > 0;", "		return false;"],
	],
	"a CmdId that was there before counts": [
		["drive-book", "&& id === this.nextId;", ";"],
		["drive-book", "number === this.#id || number === this.nextId ? 0 : illegalValue", "0"],
	],
	"Cmd alone starts": [
		["drive", "else if (fresh) this.start(", `else if (fresh || names.includes("Cmd")) this.start(`],
	],
	"the reference alone starts": [
		["drive", "else if (fresh) this.start(", `else if (fresh || names.includes("SetHz")) this.start(`],
	],
	"a stop is taken for granted": [
		["drive", `if (heard === "silent") this.again(stopAgainMs);`, `if (heard) this.stopped();`],
	],
	"what runs without a command is left alone": [
		["drive", `if (this.idle && this.#book.point("St") === DriveState.running) this.goOff();`, ""],
		[
			"drive",
			`line.state === DriveState.local) this.#phases.enter("idle");\n				else this.goOff();`,
			`line.state === DriveState.local) this.#phases.enter("idle");\n				else this.#phases.enter("idle");`,
		],
	],
	"a motor that is to turn the other way only gets another speed": [
		["drive", `(what === "start reverse") === this.#start.reverse) this.changeSpeed`, "true) this.changeSpeed"],
	],
	"a stop leaves the reference where it is, and nobody looks": [
		["drive-line", "this.write(both, 0, [word, 0], done);", "this.say(word, done);"],
		["drive-line", `done(answer === "ok" && !off ? "refused" : answer);`, "done(off ? answer : answer);"],
	],
	"after a loss of communication it is started again": [
		[
			"drive",
			"		this.#parked = false;\n		this.#holds = false;\n		this.drop",
			"		const held = this.#holds;\n		this.#holds = false;\n		this.drop",
		],
		[
			"drive",
			`this.#phases.enter("meeting");\n	}\n\n	close`,
			`if (held) this.after(this.#book.make("start forward", this.#start.hz));\n		else this.#phases.enter("meeting");\n	}\n\n	close`,
		],
	],
	"what has stopped by itself is started again": [
		[
			"drive",
			"line.state !== DriveState.running) this.letGo(reasonOf(line.state));",
			'line.state !== DriveState.running) this.after(this.#book.make(reasonOf(1) && "start forward", this.#start.hz));',
		],
	],
	"keeping it alive repeats the run word": [
		[
			"drive",
			`				(done) => line.refer(this.#start.reference, this.#book.maxHz, done),
				() => this.#phases.go(),`,
			`				(done) => line.say(this.#rules.words.forward, done),
				() => this.#phases.go(),`,
		],
	],
	"a fault is reset with the command left on": [
		[
			"drive",
			`this.#book.tell("run ended", this.#start.hz, reason);\n		this.goOff();`,
			`this.#book.tell("run ended", this.#start.hz, reason);\n		this.#phases.enter("idle");`,
		],
		[
			"drive",
			"			// the command is taken away before, whatever it is now\n			this.#parked = false;\n			this.after(order);",
			'			this.#order = order;\n			this.#phases.enter("resetting");',
		],
	],
	"a command that waits for the line when the stop comes goes out": [
		[
			"drive-line",
			"if (this.busy && this.#saying) this.values = this.encoded(this.#command, word);",
			"if (word < 0) this.values = [];",
		],
	],
};

describe("a mistake in the interlock is found", () => {
	it("none without one", async () => {
		const control = await withDefect([]);
		for (const table of tables) expect(startsByEcho(table, { control }), table.id).toBe(false);
		for (const table of tables)
			expect(storm(table, 3, 100, { lifeMs: 500, watchdogS: 4, control }).mistakes).toEqual([]);
	});

	it.each(Object.entries(defects))("%s", async (_what, changes) => {
		expect(judged(await withDefect(changes))).not.toBe("");
	});
});
