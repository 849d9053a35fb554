import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { boardFrom, boardNames, boards, pinNames, pinUses, selectPins } from "./boards";
import { lineOptions } from "./lines";
import { pinFaults } from "./pins";

const faultOf = (config: Record<string, unknown>): string => {
	try {
		boardFrom(config);
	} catch (error) {
		return (error as Error).message;
	}
	return "";
};

describe("board revisions", () => {
	it.each(boardNames)("%s has no pin fault", (name) => {
		const board = boardFrom({ board: name });
		expect(pinFaults(pinUses(board.pins), board.allowed)).toEqual([]);
		expect(board.pins).toEqual(boards[name].pins);
	});

	it("takes the 865B unless told otherwise, by either name", () => {
		expect(boardFrom({}).name).toBe("v3");
		expect(boardFrom({ board: "865B" }).name).toBe("v3");
		expect(faultOf({ board: "v4" })).toBe("board=v4: there are v1, v2, v3, devkitc1 and 865b");
	});

	it("has the pins of the boards' own firmware", () => {
		// RX/TX of the two lines, board.md section 2
		const lines = (name: string) => {
			const { pins } = boardFrom({ board: name });
			return [pins.rs485_1_receive, pins.rs485_1_transmit, pins.rs485_2_receive, pins.rs485_2_transmit];
		};
		expect(lines("v1")).toEqual([6, 7, 15, 16]);
		expect(lines("v2")).toEqual([15, 16, 6, 7]);
		expect(lines("v3")).toEqual([42, 7, 6, 4]);
		expect(boardFrom({ board: "v1" }).can).toBe("mcp2515");
		expect(boardFrom({ board: "v3" }).can).toBe("none");
		expect(selectPins(boardFrom({}).pins)).toEqual([17, 9, 10, 15, 16]);
	});
});

describe("pins moved by configuration keys", () => {
	it("moves and removes functions; what a command line says is text", () => {
		const { pins } = boardFrom({
			rs485_1_receive: "6",
			rs485_1_transmit: "4",
			rs485_2_receive: "42",
			rs485_2_transmit: 7,
		});
		expect(pins).toMatchObject({ rs485_1_receive: 6, rs485_1_transmit: 4, rs485_2_receive: 42, rs485_2_transmit: 7 });
		expect(boardFrom({ sd_select: "none" }).pins).not.toHaveProperty("sd_select");
	});

	it("names both functions on one pin", () => {
		expect(faultOf({ board: "v1", rgb_led: 38 })).toBe("board v1: GPIO38 is used by rgb_led and by relay");
		// J8 and J1 are either two relays or the bus of a relay bank
		const bank = { bank_data: 14, bank_clock: 20, allow_pins: "20" };
		expect(faultOf(bank)).toBe("board v3: GPIO14 is used by relay and by bank_data");
		expect(boardFrom({ ...bank, relay: "none" }).pins).toMatchObject({ bank_data: 14, bank_clock: 20 });
	});

	it.each([
		[22, "the chip has no such pin"],
		[27, "flash memory"],
		[33, "does not bring it out"],
		[36, "octal PSRAM"],
		[44, "console (UART0)"],
		[49, "GPIO0 to GPIO48"],
		["", "GPIO0 to GPIO48"],
		["4.5", "GPIO0 to GPIO48"],
		["x", "GPIO0 to GPIO48"],
		[45, "GPIO45 selects the flash voltage at reset; add 45 to allow_pins"],
		[19, "native USB port"],
	])("refuses GPIO%s", (pin, reason) => {
		const fault = faultOf({ relay: pin });
		expect(fault).toContain("relay");
		expect(fault).toContain(reason);
	});

	it("takes a delicate pin that is meant", () => {
		expect(boardFrom({ relay: "20", allow_pins: "20, 45" }).pins.relay).toBe(20);
		expect(faultOf({ relay: "36", allow_pins: "36" })).toContain("octal PSRAM");
	});

	it("wants the buttons where the converter beside Wi-Fi is", () => {
		expect(boardFrom({ buttons: 5 }).pins.buttons).toBe(5);
		expect(faultOf({ buttons: 14, relay: "none" })).toContain("an analog input needs GPIO1 to GPIO10");
		expect(boardFrom({ buttons: "none" }).ladder).toBeUndefined();
	});

	it("catches a misspelt function, and half of a pair", () => {
		expect(faultOf({ rs485_1_transmt: 5 })).toContain("rs485_1_transmt: there is no such function");
		expect(faultOf({ rs485_1_transmit: "none" })).toBe("board v3: rs485_1_receive needs rs485_1_transmit too");
		expect(faultOf({ spi_in: "none" })).toBe("board v3: ethernet_select needs spi_in too");
	});

	it("gives a board without CAN the chip's own controller on free pins, or on those asked for", () => {
		const board = boardFrom({ can: "twai" });
		expect(board.can).toBe("twai");
		expect(board.pins).toMatchObject({ can_transmit: 5, can_receive: 41 });
		expect(boardFrom({ can: "twai", can_receive: 21 }).pins.can_receive).toBe(21);
		expect(faultOf({ can: "twai", can_receive: 42 })).toBe(
			"board v3: GPIO42 is used by rs485_1_receive and by can_receive",
		);
		expect(faultOf({ can_receive: 5 })).toContain("can_receive: with can=none it is not used");
		expect(faultOf({ can: "lin" })).toContain("can=lin: it may be none, twai, mcp2515");
		const onV1 = boardFrom({ board: "v1", can: "twai" });
		expect(onV1.pins).not.toHaveProperty("can_select");
		expect(faultOf({ can: "mcp2515", can_clock: 39 })).toContain("can_clock needs can_out too");
	});

	it("has every function in the tables' own order", () => {
		const named = pinUses(Object.fromEntries(pinNames.map((name, index) => [name, index]))).map(({ name }) => name);
		expect(named).toEqual(pinNames);
	});
});

describe("RS-485 lines by name", () => {
	it("gives the native class the UART and the pins", () => {
		const { pins } = boardFrom({ rs485_2_enable: 21 });
		expect(lineOptions(pins, { port: "rs485-1", baud: 9600 })).toEqual({
			port: 1,
			receive: 42,
			transmit: 7,
			baud: 9600,
		});
		expect(lineOptions(pins, { port: "rs485-2" })).toEqual({ port: 2, receive: 6, transmit: 4, enable: 21 });
		expect(lineOptions(pins, { port: 2 }).receive).toBe(6);
	});

	it("names the lines that there are", () => {
		const { pins } = boardFrom({ rs485_2_receive: "none", rs485_2_transmit: "none" });
		expect(() => lineOptions(pins, { port: "rs485-2" })).toThrow(
			'port: "rs485-2" is not allowed; this board has rs485-1',
		);
		expect(() => lineOptions(pins, { port: "/dev/ttyUSB0" })).toThrow("this board has rs485-1");
		expect(() => lineOptions(pins, { port: 0 })).toThrow("this board has rs485-1");
	});
});

it("docs/moddable.md names variants that build, and the message of one that does not", () => {
	const text = readFileSync(new URL("../../docs/moddable.md", import.meta.url), "utf8");
	const variants = text.slice(text.indexOf("Variants that people"), text.indexOf("What is where"));
	const found = [...variants.matchAll(/`((?:\w+=[\w,]+ ?)+)`/g)].map((match) => match[1]!);
	expect(found.length).toBe(4);
	for (const line of found) {
		const config = Object.fromEntries(line.split(" ").map((item) => item.split("=")));
		const board = config["rgb_led"] ? "devkitc1" : "v3";
		expect(faultOf({ board, ...config }), line).toBe("");
	}
	expect(text).toContain(`### Error: ${faultOf({ board: "v1", rgb_led: "38" })}!`);
});
