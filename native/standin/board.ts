import type { Machine } from "../../hosts/desktop/machine";

interface BoardAddon {
	boardOpen(machine: object): void;
	boardControl(name: string, text: string, number: number): number;
}

/**
 * The stand-in chip (native/standin), tied to a machine of variant `board`. There is one: a machine must be deleted before
 * the next one gets it.
 */
export class Board {
	readonly addon: BoardAddon;

	constructor(machine: Machine) {
		this.addon = machine.addon as unknown as BoardAddon;
		this.addon.boardOpen(machine.handle);
	}

	/** The nth call from now of an IDF function fails. */
	fail(functionName: string, nth = 1): void {
		this.addon.boardControl("fail", functionName, nth);
	}

	/** How many of a kind are open: memory (blocks), interrupt, timer, gptimer, pin. */
	open(kind: string): number {
		return this.addon.boardControl("open", kind, 0);
	}

	/** Everything that is open, for "nothing is left". */
	get left(): Record<string, number> {
		return Object.fromEntries(
			["memory", "interrupt", "timer", "gptimer", "pin"].map((kind) => [kind, this.open(kind)]),
		);
	}

	/** Is flash being written? Only handlers in IRAM run then. */
	set flashBusy(busy: boolean) {
		this.addon.boardControl("flash", "", busy ? 1 : 0);
	}

	/** Places of the ten of the engine's queue that messages of others have taken. */
	set othersWaiting(count: number) {
		this.addon.boardControl("others", "", count);
	}

	/** Messages that found the queue full so far. */
	get refused(): number {
		return this.addon.boardControl("refused", "", 0);
	}

	/** Interrupts are served this long after they become due. */
	set latencyUs(us: number) {
		this.addon.boardControl("latency", "", us * 1000);
	}
}
