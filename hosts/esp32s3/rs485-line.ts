import type { Rs485Class } from "../../modules/modbus/client-link";
import RS485, { type RS485Options } from "../../modules/rs485/rs485";
import { board } from "./board";
import { lineOptions } from "./lines";

/** The native class, opened by the name of a line of this board: "rs485-1", "rs485-2". */
export const LineRS485 = class {
	constructor(options: RS485Options) {
		// biome-ignore lint/correctness/noConstructorReturn: one object a port, not two
		return new RS485(lineOptions(board.pins, options)) as never;
	}
} as unknown as Rs485Class;
