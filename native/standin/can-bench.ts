import type { Board } from "./board";

interface CanBenchAddon {
	boardCan(mcp: boolean, action: string, a: number, b: number, c: number, data: Buffer): number | string;
	boardAdc(mv: number, calibrated: boolean): void;
}

export interface BenchFrame {
	id: number;
	extended?: boolean;
	remote?: boolean;
	data?: readonly number[];
	length?: number;
}

const none = Buffer.alloc(0);

/** What is at the other end of the board's CAN controllers (its own, or the MCP2515) and of its analog pin. */
export class CanBench {
	readonly board: Board;
	readonly #mcp: boolean;
	readonly #addon: CanBenchAddon;

	constructor(board: Board, mcp: boolean) {
		this.board = board;
		this.#mcp = mcp;
		this.#addon = board.addon as unknown as CanBenchAddon;
	}

	#do(action: string, a = 0, b = 0, c = 0, data = none): number | string {
		return this.#addon.boardCan(this.#mcp, action, a, b, c, data);
	}

	/** A frame of another station; false: the controller did not take it. */
	frame({ id, extended, remote, data = [], length = data.length }: BenchFrame): boolean {
		return this.#do("frame", id, (extended ? 1 : 0) | (remote ? 2 : 0), length, Buffer.from(data)) === 1;
	}

	/** What came out since the last time. */
	heard(): BenchFrame[] {
		const lines = (this.#do("heard") as string).split("\n").slice(0, -1);
		return lines.map((line) => {
			const [id, flags, length, data] = line.split(" ");
			return {
				id: Number.parseInt(id!, 16),
				extended: (Number(flags) & 1) !== 0,
				remote: (Number(flags) & 2) !== 0,
				length: Number(length),
				data: [...Buffer.from(data!, "hex")],
			};
		});
	}

	/** Nobody acknowledges. */
	set silent(silent: boolean) {
		this.#do("silent", silent ? 1 : 0);
	}

	/** Error counters of the controller; 256 transmit errors are bus-off. */
	errors(tec: number, rec = 0): void {
		this.#do("errors", tec, rec);
	}

	/** One bus error, or a lost arbitration. */
	error(arbitration = false): void {
		this.#do("error", arbitration ? 1 : 0);
	}

	get recoveries(): number {
		return this.#do("recoveries") as number;
	}

	/** The MCP2515's plug is off. */
	set absent(absent: boolean) {
		this.#do("absent", absent ? 1 : 0);
	}

	/** Its supply has a dip. */
	reset(): void {
		this.#do("reset");
	}

	register(address: number): number {
		return this.#do("register", address) as number;
	}
}

/** Voltage at the analog pin; whether the chip has calibration data. */
export function setVoltage(board: Board, mv: number, calibrated = true): void {
	(board.addon as unknown as CanBenchAddon).boardAdc(mv, calibrated);
}
