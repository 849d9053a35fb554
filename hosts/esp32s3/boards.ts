import { frozen } from "../../modules/base/frozen";
import { type Ladder, ladder865B, ladderV2 } from "../../modules/buttons/ladders";
import { kActions865B, kActionsV2 } from "../../modules/panel/actions";
import type { ButtonActions } from "../../modules/panel/devices";
import { type PinUse, pinFaults } from "./pins";

/**
 * The board revisions: which function is on which pin, and nothing else. `mcconfig ... board=v2` chooses one, `NAME=PIN`
 * moves a function, `NAME=none` removes it. What each pin is wired to stands in docs/device.md, made from these tables.
 */

export const boardNames = frozen(["v1", "v2", "v3", "devkitc1"] as const);
export type BoardName = (typeof boardNames)[number];

/** Functions that can be on a pin. The names are the configuration keys. */
export const pinNames = frozen([
	"rs485_1_receive",
	"rs485_1_transmit",
	"rs485_1_enable",
	"rs485_2_receive",
	"rs485_2_transmit",
	"rs485_2_enable",
	"buttons",
	"boot_button",
	"rgb_led",
	"relay",
	"spi_clock",
	"spi_out",
	"spi_in",
	"oled_select",
	"oled_dc",
	"oled_reset",
	"ethernet_select",
	"ethernet_reset",
	"ethernet_interrupt",
	"sd_select",
	"meter_1_select",
	"meter_2_select",
	"can_transmit",
	"can_receive",
	"can_clock",
	"can_out",
	"can_in",
	"can_select",
	"can_interrupt",
	"bank_data",
	"bank_clock",
] as const);
export type PinName = (typeof pinNames)[number];
export type Pins = Partial<Record<PinName, number>>;

/** Where the CAN bus comes from: not at all, the chip's own controller (TWAI), an MCP2515 on an SPI bus of its own. */
export type CanKind = "none" | "twai" | "mcp2515";

export interface Board {
	name: BoardName;
	title: string;
	pins: Readonly<Pins>;
	can: CanKind;
	/** Crystal of the MCP2515. */
	canCrystalHz: number;
	/** What the buttons read like; undefined when there are none. */
	ladder: Ladder | undefined;
	actions: Readonly<Record<string, ButtonActions>>;
	/** I2C address of the relay bank (PCF8574). */
	bankAddress: number;
	/** Channel of the bank that is the alarm relay: bit 0 to 7. */
	bankChannel: number;
	/** Delicate pins (strapping, native USB) that are used on purpose. */
	allowed: readonly number[];
}

/** Both RS-485 modules switch direction by themselves, so no revision has an enable pin. */
const v1: Board = {
	name: "v1",
	title: "V1 (2025, hand soldered)",
	pins: {
		rs485_1_receive: 6,
		rs485_1_transmit: 7,
		rs485_2_receive: 15,
		rs485_2_transmit: 16,
		buttons: 1,
		rgb_led: 48,
		relay: 38,
		spi_clock: 12,
		spi_out: 11,
		oled_select: 9,
		oled_dc: 3,
		oled_reset: 46,
		can_select: 2,
		can_in: 42,
		can_out: 41,
		can_clock: 8,
		can_interrupt: 17,
	},
	can: "mcp2515",
	canCrystalHz: 8_000_000,
	ladder: ladderV2,
	actions: kActionsV2,
	bankAddress: 0x27,
	bankChannel: 0,
	// outputs to the display: its inputs pull neither pin
	allowed: [3, 46],
};

/** Differs from V1 by the two RS-485 modules, which changed places. */
const v2: Board = {
	...v1,
	name: "v2",
	title: "V2 (2025)",
	pins: { ...v1.pins, rs485_1_receive: 15, rs485_1_transmit: 16, rs485_2_receive: 6, rs485_2_transmit: 7 },
};

/**
 * NESL PCB 865B. Which connector is "rs485-1" differs between the programs written for it, and nobody has published the
 * schematic: here it is the upper module (J3, "SENS"), and the keys rs485_1_* and rs485_2_* change it. The relay is what J8
 * ("SSR2") drives; GPIO38 of older programs goes nowhere. J1 ("SSR1") is on GPIO20, which the native USB port needs.
 * A relay bank instead, on the pins of J8 and J1: relay=none bank_data=14 bank_clock=20 allow_pins=3,20.
 */
const v3: Board = {
	name: "v3",
	title: "V3 = NESL PCB 865B (2026)",
	pins: {
		rs485_1_receive: 42,
		rs485_1_transmit: 7,
		rs485_2_receive: 6,
		rs485_2_transmit: 4,
		buttons: 1,
		rgb_led: 48,
		relay: 14,
		spi_clock: 12,
		spi_out: 11,
		spi_in: 13,
		oled_select: 17,
		oled_dc: 18,
		oled_reset: 8,
		ethernet_select: 9,
		ethernet_reset: 3,
		sd_select: 10,
		meter_1_select: 15,
		meter_2_select: 16,
	},
	can: "none",
	canCrystalHz: 8_000_000,
	ladder: ladder865B,
	actions: kActions865B,
	bankAddress: 0x27,
	bankChannel: 0,
	// an output to the reset input of the W5500 module
	allowed: [3],
};

/** A development board with RS-485 modules, a CAN transceiver and a display wired to it; no buttons but BOOT. */
const devkitc1: Board = {
	name: "devkitc1",
	title: "ESP32-S3-DevKitC-1 (N16R8) alone",
	pins: {
		rs485_1_receive: 18,
		rs485_1_transmit: 17,
		rs485_2_receive: 16,
		rs485_2_transmit: 15,
		boot_button: 0,
		rgb_led: 48,
		relay: 21,
		spi_clock: 12,
		spi_out: 11,
		spi_in: 13,
		oled_select: 10,
		oled_dc: 14,
		oled_reset: 8,
		can_transmit: 4,
		can_receive: 5,
	},
	can: "twai",
	canCrystalHz: 8_000_000,
	ladder: undefined,
	actions: { boot: { press: "next", long: "acknowledge" } },
	bankAddress: 0x27,
	bankChannel: 0,
	// the button BOOT: pressed at reset it asks for the download mode, as it should
	allowed: [0],
};

export const boards = frozen<Readonly<Record<BoardName, Board>>>({ v1, v2, v3, devkitc1 });

/** The other name that people have for the newest board. */
const kAliases = frozen<Readonly<Record<string, BoardName>>>({ "865b": "v3" });

/** Free on the 865B, to be wired to a CAN transceiver: taken by can=twai where the keys say nothing else. */
const kFreeForCan = frozen<Pins>({ can_transmit: 5, can_receive: 41 });

/** The functions that have a meaning only together. */
const kTogether = frozen<readonly (readonly PinName[])[]>([
	["rs485_1_receive", "rs485_1_transmit"],
	["rs485_2_receive", "rs485_2_transmit"],
	["spi_clock", "spi_out"],
	["oled_select", "oled_dc", "spi_clock"],
	["ethernet_select", "spi_in", "spi_clock"],
	["bank_data", "bank_clock"],
]);
const kCanPins = frozen<Readonly<Record<CanKind, readonly PinName[]>>>({
	none: [],
	twai: ["can_transmit", "can_receive"],
	mcp2515: ["can_clock", "can_out", "can_in", "can_select", "can_interrupt"],
});
const kPinPrefix = /^(rs485|oled|ethernet|sd|meter|can|bank|spi)_/;

/** Settings of mcconfig's command line are texts; those of the manifest may be numbers. */
export type BoardConfig = Readonly<Record<string, unknown>>;

/**
 * The board that the configuration asks for, its pins moved as the keys say. Throws an Error that names every fault: the
 * module board.ts, which is preloaded, calls this while the firmware is built.
 */
export function boardFrom(config: BoardConfig): Board {
	const asked = String(config["board"] ?? "v3").toLowerCase();
	const name = kAliases[asked] ?? (asked as BoardName);
	const table = boards[name];
	if (!table) throw new Error(`board=${asked}: there are ${boardNames.join(", ")} and 865b`);
	const faults: string[] = [];

	const can = String(config["can"] ?? table.can) as CanKind;
	if (!(can in kCanPins)) faults.push(`can=${can}: it may be ${Object.keys(kCanPins).join(", ")}`);
	const pins: Pins = { ...table.pins };
	if (can !== table.can) for (const pin of kCanPins[table.can]) delete pins[pin];
	if (can === "twai" && table.can !== "twai") Object.assign(pins, kFreeForCan);
	for (const [key, value] of Object.entries(config)) {
		if (!(pinNames as readonly string[]).includes(key)) {
			if (kPinPrefix.test(key)) faults.push(`${key}: there is no such function; there are ${pinNames.join(", ")}`);
			continue;
		}
		if (value === "none") delete pins[key as PinName];
		else pins[key as PinName] = value === "" ? Number.NaN : Number(value);
	}

	const together = [...kTogether, kCanPins[can] ?? []];
	for (const group of together) {
		const [first] = group;
		for (const other of group)
			if (first && pins[first] !== undefined && pins[other] === undefined) faults.push(`${first} needs ${other} too`);
	}
	for (const pin of pinNames)
		if (pin.startsWith("can_") && pins[pin] !== undefined && !kCanPins[can]?.includes(pin))
			faults.push(`${pin}: with can=${can} it is not used`);
	const allowed = [...table.allowed, ...pinList(config["allow_pins"])];
	faults.push(...pinFaults(pinUses(pins), allowed));
	if (faults.length > 0) throw new Error(`board ${name}: ${faults.join("; ")}`);
	return frozen<Board>({
		...table,
		pins,
		can,
		allowed,
		ladder: pins.buttons === undefined ? undefined : (table.ladder ?? ladderV2),
	});
}

/** The functions of a pin map in the order of `pinNames`. */
export function pinUses(pins: Pins): PinUse[] {
	const uses: PinUse[] = [];
	for (const name of pinNames) {
		const pin = pins[name];
		if (pin !== undefined) uses.push({ name, pin, kind: name === "buttons" ? "analog" : "digital" });
	}
	return uses;
}

/** Chip selects of the shared SPI bus: all of them must be high before anybody speaks on it. */
export function selectPins(pins: Pins): number[] {
	const selects = [pins.oled_select, pins.ethernet_select, pins.sd_select, pins.meter_1_select, pins.meter_2_select];
	return [...selects, pins.can_select].filter((pin) => pin !== undefined);
}

const pinList = (text: unknown): number[] => {
	const items = String(text ?? "").split(",");
	return items.filter((item) => item.trim() !== "").map(Number);
};
