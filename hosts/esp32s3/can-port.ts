import CAN, { type CANOptions } from "../../modules/can/can";
import type { CanClass } from "../../modules/canbus/types";
import { board } from "./board";
import { canPort } from "./wiring";

/** The native class on the board's one CAN controller: "can-1", or its kind's name. Undefined when the board has none. */
export const PortCAN =
	board.can === "none"
		? undefined
		: (class {
				constructor(options: CANOptions) {
					// biome-ignore lint/correctness/noConstructorReturn: one object a port, not two
					return new CAN(canPort(board, options)) as never;
				}
			} as unknown as CanClass);
