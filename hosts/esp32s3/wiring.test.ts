import { describe, expect, it } from "vitest";
import { boardFrom } from "./boards";
import { canOptions, canPort, ethernetPins, lines, spiBus } from "./wiring";

describe("what the boards hand to their drivers", () => {
	it("names all pins of the shared bus to each chip on it, so that whoever comes first opens it whole", () => {
		const { pins } = boardFrom({ board: "v3" });
		expect(spiBus(pins)).toEqual({ port: 1, clock: 12, out: 11, in: 13 });
		expect(ethernetPins(pins)).toEqual({ port: 1, clock: 12, out: 11, in: 13, select: 9, reset: 3 });
		expect(ethernetPins(boardFrom({ ethernet_interrupt: 21 }).pins)).toMatchObject({ interrupt: 21 });
	});

	it("has a display without a way back on V1, and neither bus nor network chip where there are none", () => {
		const { pins } = boardFrom({ board: "v1" });
		expect(spiBus(pins)).toEqual({ port: 1, clock: 12, out: 11 });
		expect(ethernetPins(pins)).toBeUndefined();
		const none = { spi_clock: "none", spi_out: "none", spi_in: "none", oled_select: "none", oled_dc: "none" };
		expect(spiBus(boardFrom({ board: "v2", ...none }).pins)).toBeUndefined();
	});

	it("puts CAN on the controller that the board has, the MCP2515 on an SPI bus of its own", () => {
		expect(canOptions(boardFrom({ board: "v1" }))).toEqual({
			port: "mcp2515",
			spi: 2,
			clock: 8,
			out: 41,
			in: 42,
			select: 2,
			interrupt: 17,
			crystalHz: 8_000_000,
		});
		expect(canOptions(boardFrom({ board: "devkitc1" }))).toEqual({ port: 0, transmit: 4, receive: 5 });
		expect(canOptions(boardFrom({ can: "twai", can_transmit: 21 }))).toEqual({ port: 0, transmit: 21, receive: 41 });
		expect(canOptions(boardFrom({ board: "v3" }))).toBeUndefined();
	});

	it("opens the CAN port by its name in the site file, with what the client wants", () => {
		const asked = { port: "can-1", bitrate: 250_000, filters: [{ id: 0x351 }] };
		expect(canPort(boardFrom({ board: "devkitc1" }), asked)).toEqual({ ...asked, port: 0, transmit: 4, receive: 5 });
		expect(canPort(boardFrom({ board: "v1" }), { ...asked, port: "mcp2515" })).toMatchObject({
			port: "mcp2515",
			select: 2,
		});
		expect(() => canPort(boardFrom({ board: "devkitc1" }), { port: "mcp2515" })).toThrow(/this board has can-1/);
		expect(() => canPort(boardFrom({ board: "v3" }), asked)).toThrow(/no CAN port/);
	});

	it("lists the lines that there are", () => {
		expect(lines(boardFrom({ board: "v2" }).pins)).toEqual([
			{ name: "rs485-1", port: 1, receive: 15, transmit: 16 },
			{ name: "rs485-2", port: 2, receive: 6, transmit: 7 },
		]);
		const one = boardFrom({ rs485_1_receive: "none", rs485_1_transmit: "none", rs485_2_enable: 21 });
		expect(lines(one.pins)).toEqual([{ name: "rs485-2", port: 2, receive: 6, transmit: 4, enable: 21 }]);
	});
});
