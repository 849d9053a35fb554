import { configError } from "../../modules/base/errors";
import type { CANOptions } from "../../modules/can/can";
import type { Board, Pins } from "./boards";
import { lineNames, lineOptions } from "./lines";

/** Pins as the native classes want them: pure, so that tests see what each board hands to its drivers. */

/** Number of the SPI controller that has the pins 11, 12 and 13 by itself (SPI2), and of the other one (SPI3). */
const kSharedPort = 1;
const kCanPort = 2;

export interface SpiBus {
	port: number;
	clock: number;
	out: number;
	in?: number;
}

/** The bus of display, network chip and SD card; undefined when the board has none. Whoever opens it names all its pins. */
export function spiBus(pins: Readonly<Pins>): SpiBus | undefined {
	const { spi_clock: clock, spi_out: out, spi_in: input } = pins;
	if (clock === undefined || out === undefined) return undefined;
	return { port: kSharedPort, clock, out, ...(input === undefined ? {} : { in: input }) };
}

/** The network chip's place; undefined when the board has none. */
export function ethernetPins(pins: Readonly<Pins>) {
	const { ethernet_select: select, ethernet_reset: reset, ethernet_interrupt: interrupt } = pins;
	const bus = spiBus(pins);
	if (!bus || bus.in === undefined || select === undefined) return undefined;
	return {
		...bus,
		in: bus.in,
		select,
		...(reset === undefined ? {} : { reset }),
		...(interrupt === undefined ? {} : { interrupt }),
	};
}

/** Which CAN port the board has, for the class CAN; undefined when it has none. */
export function canOptions({ can, pins, canCrystalHz }: Board): CANOptions | undefined {
	if (can === "twai") return { port: 0, transmit: pins.can_transmit!, receive: pins.can_receive! };
	if (can !== "mcp2515") return undefined;
	const { can_clock: clock, can_out: out, can_in: input, can_select: select, can_interrupt: interrupt } = pins;
	const wires = { spi: kCanPort, clock: clock!, out: out!, in: input!, select: select!, interrupt: interrupt! };
	return { port: "mcp2515", ...wires, crystalHz: canCrystalHz };
}

/** The options of the native class for what a site file calls a CAN port. Throws when the board has no such port. */
export function canPort(board: Board, options: CANOptions): CANOptions {
	const wires = canOptions(board);
	const names = ["can-1", ...(board.can === "mcp2515" ? ["mcp2515"] : [])];
	if (wires && names.includes(String(options.port))) return { ...options, ...wires };
	throw configError(
		"port",
		options.port,
		wires ? `this board has ${names.join(" or ")}` : "this board has no CAN port",
	);
}

/** The RS-485 lines that the board has, by the names of the site file. */
export function lines(pins: Readonly<Pins>) {
	return lineNames
		.filter((_, index) => pins[`rs485_${(index + 1) as 1 | 2}_receive`] !== undefined)
		.map((name) => ({ name, ...lineOptions(pins, { port: name }) }));
}
