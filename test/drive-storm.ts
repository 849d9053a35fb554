/** A drive in a storm: chance commands it, cuts it off, mixes its frames; a judge knows when its motor may begin to turn. */
import type { DeviceTable } from "../modules/devices/table";
import { Dice } from "../sim/dice";
import { seal } from "../sim/rtu-frame";
import { DriveRig, fair, type RigOptions, type Weather } from "./drive-rig";

interface Given {
	readonly ms: number;
	kind: "start" | "stop";
	readonly reverse: boolean;
	/** Run words that went out for it. */
	used: number;
	/** When it was told to have worked. */
	acceptedMs: number;
}

export interface Verdict {
	readonly mistakes: string[];
	readonly motorStarts: number;
	readonly commands: number;
	readonly runWords: number;
	readonly accepted: number;
}

const storms: readonly Weather[] = [
	fair,
	fair,
	{ lost: 0.15, repeated: 0.3, late: 0.3 },
	{ lost: 0.4, repeated: 0.2, late: 0.2 },
	{ lost: 0.02, repeated: 0.7, late: 0.6 },
	{ lost: 0, repeated: 1, late: 0.9 },
];

/** A line of one device loses frames, and brings none late or twice. */
const lineStorms: readonly Weather[] = [
	...[fair, fair, { ...fair, lost: 0.05 }, { ...fair, lost: 0.15 }, { ...fair, lost: 0.4 }, { ...fair, lost: 0.6 }],
];

/** After this time of fair weather all is as it should be. */
const calmMs = 20_000;

export function storm(table: DeviceTable, seed: number, rounds: number, options: RigOptions = {}): Verdict {
	return new Storm(table, seed, options).play(rounds);
}

/** Starts and stops and nothing else, one soon after the other, while every frame comes twice and most of them late. */
export function squall(table: DeviceTable, seed: number, rounds: number, options: RigOptions = {}): Verdict {
	return new Storm(table, seed, options).rush(rounds);
}

class Storm {
	readonly #rig: DriveRig;
	readonly #dice: Dice;
	readonly #lifeMs: number;
	readonly #storms: readonly Weather[];
	readonly #mistakes: string[] = [];
	readonly #given: Given[] = [];
	/** Commands by kind that wait for their result. */
	readonly #open = new Map<string, number>();
	#seen = 0;
	#accepted = 0;
	readonly #words: { ms: number; reverse: boolean; used: boolean }[] = [];
	#frames = 0;

	constructor(table: DeviceTable, seed: number, options: RigOptions) {
		this.#dice = new Dice(seed);
		this.#lifeMs = options.lifeMs ?? 500;
		this.#storms = options.line ? lineStorms : storms;
		this.#rig = new DriveRig(table, new Dice(seed, 1), options);
	}

	play(rounds: number): Verdict {
		this.#advance(3000);
		for (let i = 0; i < rounds && this.#mistakes.length === 0; i++) {
			if (this.#rig.state === "fault" && this.#dice.next() < 0.5) this.#mend();
			this.#act();
			if (this.#rig.point("CmdSt") === 1 && this.#dice.next() < 0.8) this.#advance(4 * this.#lifeMs + 2500);
			this.#advance(this.#dice.next() < 0.5 ? this.#dice.below(400) : this.#dice.below(6000));
			if (i % 40 === 39) this.#calm();
		}
		this.#calm();
		return this.#verdict();
	}

	rush(rounds: number): Verdict {
		this.#advance(3000);
		for (let i = 0; i < rounds && this.#mistakes.length === 0; i++) {
			this.#rig.net.weather = this.#storms[2 + this.#dice.below(this.#storms.length - 2)]!;
			this.#start();
			// the run word goes out after this, or a little later
			this.#advance((1.2 + 2.5 * this.#dice.next()) * this.#lifeMs + 500);
			if (this.#dice.below(3) === 0) this.#rig.write({ SetHz: 5 + this.#dice.below(45) });
			this.#advance(this.#dice.below(this.#lifeMs));
			if (this.#dice.below(8) === 0) this.#rig.sim.trip(2);
			else if (this.#dice.below(5) === 0) this.#start();
			else this.#stop(0);
			this.#advance(2 * this.#lifeMs);
			if (i % 10 === 9) this.#calm();
		}
		this.#calm();
		return this.#verdict();
	}

	#verdict(): Verdict {
		return {
			mistakes: this.#mistakes,
			motorStarts: this.#rig.sim.starts.length,
			commands: this.#given.filter(({ kind }) => kind === "start").length,
			runWords: this.#words.length,
			accepted: this.#accepted,
		};
	}

	#act(): void {
		const rig = this.#rig;
		const chance = this.#dice.below(100);
		if (chance < 30) this.#start();
		else if (chance < 45) this.#stop(this.#dice.below(4) === 0 ? 3 : 0);
		// a client that has reconnected, or knows no better
		else if (chance < 53) rig.write({ Cmd: 1 + this.#dice.below(2), SetHz: 40, CmdId: rig.point("CmdId") });
		else if (chance < 56) rig.write({ Cmd: 1, SetHz: 40, CmdId: rig.point("CmdId") - 1 });
		else if (chance < 60) rig.write({ Cmd: 1 + this.#dice.below(2) });
		else if (chance < 68) rig.write({ SetHz: 5 + this.#dice.below(45) });
		else if (chance < 75) {
			if (rig.write({ FltRst: 1 }) === 0) this.#opened("fault reset");
		} else if (chance < 80) rig.sim.trip(2);
		else if (chance < 83) rig.sim.powerCycle();
		else if (chance < 86) {
			rig.sim.setLocal(true);
			this.#advance(this.#lifeMs + 3000);
			rig.sim.setLocal(false);
		} else if (chance < 89) {
			rig.boot();
			this.#open.clear();
		} else if (chance < 92) {
			rig.net.cut = true;
			this.#advance(this.#dice.below(12_000));
			rig.net.cut = false;
		} else rig.net.weather = this.#storms[this.#dice.below(this.#storms.length)]!;
	}

	#start(): void {
		const cmd = 1 + this.#dice.below(2);
		const hz = 5 + this.#dice.below(45);
		if (this.#rig.point("CmdSt") === 1 && this.#dice.next() < 0.7) return;
		const known = this.#rig.point("MaxHz") > 0 || this.#rig.table.drive!.signed !== true;
		this.#given.push({ ms: this.#rig.clock.now(), kind: "start", reverse: cmd === 2, used: 0, acceptedMs: Infinity });
		const row = cmd === 2 ? "start reverse" : "start forward";
		this.#opened(row);
		if (this.#rig.start(hz, cmd) === 0) {
			// what was refused is not wanted, nor is what was wanted before
			if (this.#rig.point("CmdSt") === 3) this.#given[this.#given.length - 1]!.kind = "stop";
			return;
		}
		// a reference in % is none before the limit is known
		this.#given.pop();
		this.#open.set(row, this.#open.get(row)! - 1);
		if (known) this.#mistake("a fresh command is not taken");
	}

	#stop(cmd: number): void {
		this.#given.push({ ms: this.#rig.clock.now(), kind: "stop", reverse: false, used: 0, acceptedMs: Infinity });
		this.#opened(cmd === 3 ? "quick stop" : "stop");
		if (this.#rig.write({ Cmd: cmd }) !== 0) this.#mistake("a stop is not taken");
	}

	#last(is: (one: Given) => boolean): Given | undefined {
		return this.#given.filter(is).pop();
	}

	#opened(row: string): void {
		this.#open.set(row, (this.#open.get(row) ?? 0) + 1);
	}

	#advance(ms: number): void {
		this.#rig.advance(ms);
		this.#judge();
	}

	/** Fair weather, and time for all that waits. */
	#calm(): void {
		const rig = this.#rig;
		rig.net.weather = fair;
		rig.net.cut = false;
		this.#advance(calmMs);
		this.#advance(calmMs);
		if (rig.sim.driven && !rig.control.holds) this.#mistake("it runs and nothing holds it");
		if (!rig.sim.driven && rig.control.holds) this.#mistake("a command holds and it does not run");
		for (const [row, count] of this.#open) if (count > 0) this.#mistake(`${count} times no result of ${row}`);
		this.#stop(0);
		this.#advance(calmMs);
		if (rig.sim.driven || rig.sim.hz > 0) this.#mistake("it does not stop");
		if (!rig.control.idle) this.#mistake("it does not come to rest");
		if (rig.state !== "fault") return;
		this.#mend();
		this.#advance(calmMs);
		if (rig.state === "fault") this.#mistake(`a fault is not reset: ${rig.point("CmdRslt")}`);
	}

	/** So that there is something to start again. */
	#mend(): void {
		if (this.#rig.write({ FltRst: 1 }) === 0) this.#opened("fault reset");
		this.#advance(6 * this.#lifeMs + 2000);
	}

	#judge(): void {
		const rig = this.#rig;
		for (const { result, row, ms, driven, reverse } of rig.outcomes.splice(0)) {
			const open = this.#open.get(row) ?? 0;
			if (row !== "speed" && row !== "run ended") {
				if (open === 0) this.#mistake(`a second result of ${row}`);
				else this.#open.set(row, open - 1);
			}
			if (result !== "accepted") continue;
			if (driven && row.endsWith("stop")) this.#mistake("it is said to have stopped, and runs");
			const kind = row.startsWith("start") ? "start" : row.endsWith("stop") ? "stop" : undefined;
			const command = this.#last((one) => one.kind === kind && one.ms <= ms);
			if (command && kind) command.acceptedMs = Math.min(command.acceptedMs, ms);
			if (kind !== "start") continue;
			this.#accepted++;
			if (driven && reverse !== row.endsWith("reverse")) this.#mistake("it is said to run, and turns the other way");
		}
		this.#judgeFrames();
		for (; this.#seen < rig.sim.starts.length; this.#seen++) this.#judgeStart(rig.sim.starts[this.#seen]!);
	}

	/** A run word goes out: the only one of the last command, which is a start that way. */
	#judgeFrames(): void {
		const { table, net } = this.#rig;
		const { command, words, signed = false } = table.drive!;
		const row = table.rows.find(({ name }) => name === command)!;
		for (; this.#frames < net.sent.length; this.#frames++) {
			const { ms, values, address, record } = net.sent[this.#frames]!;
			if (record !== row.write!.record || (record === undefined && address !== row.address)) continue;
			if (values[0] !== words.forward && values[0] !== words.reverse) continue;
			const given = this.#last((one) => one.ms <= ms);
			const reverse = signed ? given?.reverse === true : values[0] === words.reverse;
			this.#words.push({ ms, reverse, used: false });
			if (given?.kind !== "start") this.#mistake(`a run word at ${ms} and nobody wants it`);
			else if (given.used++ > 0) this.#mistake(`a second run word at ${ms} for one command`);
			else if (given.reverse !== reverse) this.#mistake(`a run word the wrong way at ${ms}`);
		}
	}

	/**
	 * A motor begins to turn: by a run word that may still be under way, once, its way round. One that was on its way when a
	 * stop came may arrive after it, but not when the drive is known to have stopped.
	 */
	#judgeStart({ ms, reverse }: { ms: number; reverse: boolean }): void {
		const word = this.#words.find((one) => !one.used && one.ms <= ms && ms - one.ms <= this.#lifeMs);
		if (word === undefined) this.#mistake(`the motor starts at ${ms} by no command, or a second time by one`);
		else if (word.reverse !== reverse) this.#mistake(`the motor starts the wrong way at ${ms}`);
		else {
			word.used = true;
			const stopped = this.#given.some((one) => one.kind === "stop" && one.acceptedMs > word.ms && one.acceptedMs < ms);
			if (stopped) this.#mistake(`the motor starts at ${ms} and is known to have stopped`);
		}
	}

	#mistake(text: string): void {
		this.#mistakes.push(text);
	}
}

/**
 * The run word of a start comes again and again, as long as it may be under way, while the motor is stopped and is to start
 * anew. True when it starts by one of them.
 */
export function startsByEcho(table: DeviceTable, options: RigOptions = {}): boolean {
	const lifeMs = 3000;
	const rig = new DriveRig(table, new Dice(1), { lifeMs, watchdogS: 12, ...options });
	const { command, words } = table.drive!;
	const row = table.rows.find(({ name }) => name === command)!;
	const runWords = (): number =>
		rig.net.sent.filter(({ values }) => values.length === 1 && values[0] === words.forward).length;
	rig.advance(3000);
	rig.start(30);
	while (runWords() === 0) rig.advance(20);
	const ranMs = rig.clock.now();
	rig.advance(200);
	rig.stop();
	rig.advance(300);
	rig.start(20);
	const code = row.write!.fc === 16 ? [16, 0, row.address, 0, 1, 2] : [6, row.address >> 8, row.address & 255];
	const echo = seal(7, Uint8Array.of(...code, words.forward >> 8, words.forward & 255));
	while (rig.clock.now() < ranMs + lifeMs - 40) {
		rig.sim.onFrame(echo, rig.clock.now());
		if (rig.sim.starts.length > runWords()) return true;
		rig.advance(40);
	}
	return false;
}
