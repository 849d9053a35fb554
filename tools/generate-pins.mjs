#!/usr/bin/env node
// Makes docs/pins.md from hosts/esp32s3/boards.ts: what is on which pin of each board revision. With --check nothing is
// written: a difference is an error.
//
//   node tools/generate-pins.mjs [--check]

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = "docs/pins.md";

/** What a person calls each function. A function that has none here is an error, so that the table is complete. */
const titles = {
	rs485_1_receive: "RS-485 line `rs485-1`: receive",
	rs485_1_transmit: "RS-485 line `rs485-1`: transmit",
	rs485_1_enable: "RS-485 line `rs485-1`: driver enable",
	rs485_2_receive: "RS-485 line `rs485-2`: receive",
	rs485_2_transmit: "RS-485 line `rs485-2`: transmit",
	rs485_2_enable: "RS-485 line `rs485-2`: driver enable",
	buttons: "buttons (resistor ladder)",
	boot_button: "button BOOT",
	rgb_led: "RGB LED of the development board",
	relay: "alarm relay (1 = closed)",
	spi_clock: "SPI bus: clock",
	spi_out: "SPI bus: data to the chips (MOSI)",
	spi_in: "SPI bus: data from the chips (MISO)",
	oled_select: "display: chip select",
	oled_dc: "display: D/C",
	oled_reset: "display: reset",
	ethernet_select: "Ethernet W5500: chip select",
	ethernet_reset: "Ethernet W5500: reset",
	ethernet_interrupt: "Ethernet W5500: interrupt",
	sd_select: "SD card: chip select (held high)",
	meter_1_select: "meter board, first chip: chip select (held high)",
	meter_2_select: "meter board, second chip: chip select (held high)",
	can_transmit: "CAN transceiver: TXD",
	can_receive: "CAN transceiver: RXD",
	can_clock: "CAN MCP2515: SCK",
	can_out: "CAN MCP2515: SI",
	can_in: "CAN MCP2515: SO",
	can_select: "CAN MCP2515: CS",
	can_interrupt: "CAN MCP2515: INT",
	bank_data: "relay bank PCF8574: SDA",
	bank_clock: "relay bank PCF8574: SCL",
};

/** boards.ts as the tests and the device have it. */
export async function loadBoards() {
	const { outputFiles } = buildSync({
		entryPoints: [join(root, "hosts/esp32s3/boards.ts")],
		bundle: true,
		write: false,
		format: "esm",
		platform: "neutral",
		logLevel: "silent",
	});
	return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

function wires(spec) {
	return Object.entries(spec)
		.map(([name, pin]) => `${name}=${pin}`)
		.join(" ");
}

/** The page. Throws when a function has no title. */
export function pinPage({ boards, boardFrom, boardNames, pinNames }) {
	const columns = boardNames.map((name) => boards[name]);
	const lines = [
		"# Pins",
		"",
		"Made by `node tools/generate-pins.mjs` from [hosts/esp32s3/boards.ts](../hosts/esp32s3/boards.ts): do not edit.",
		"",
		"GPIO numbers of the ESP32-S3. `mcconfig ... board=NAME` chooses the revision (`v3`, the 865B, when nothing is said);",
		"`FUNCTION=PIN` moves a function, `FUNCTION=none` removes it. A pin that is used twice, or that cannot do what is asked,",
		"fails the build with the names of both functions.",
		"",
		`| function | key | ${columns.map(({ name }) => `\`${name}\``).join(" | ")} |`,
		`|---|---|${columns.map(() => "---").join("|")}|`,
	];
	for (const key of pinNames) {
		const title = titles[key];
		if (!title) throw new Error(`tools/generate-pins.mjs: ${key} has no title`);
		const cells = columns.map(({ pins }) => pins[key] ?? "");
		lines.push(`| ${title} | \`${key}\` | ${cells.join(" | ")} |`);
	}
	lines.push("");
	for (const { name, title, can, allowed } of columns) {
		const ofCan = { none: "none", twai: "the chip's own controller", mcp2515: "MCP2515 with a crystal of 8 MHz" }[can];
		const delicate = allowed.length > 0 ? `; used on purpose although delicate: GPIO${allowed.join(", GPIO")}` : "";
		lines.push(`- \`${name}\`: ${title}. CAN: ${ofCan}${delicate}.`);
	}
	const { can_transmit, can_receive } = boardFrom({ board: "v3", can: "twai" }).pins;
	lines.push(
		"",
		"## Never usable, and delicate",
		"",
		"GPIO22 to 25 do not exist, 26 to 32 are the flash memory, 33 and 34 are not brought out, 35 to 37 are the octal PSRAM,",
		"43 and 44 the console. GPIO0, 3, 45 and 46 decide at reset how the chip starts, 19 and 20 are the native USB port: they",
		"are refused unless the key `allow_pins` names them (`allow_pins=20,45`). Buttons need GPIO1 to 10.",
		"",
		"## Variants",
		"",
		"- DevKitC-1 of version 1.1: its lamp is on GPIO38, `rgb_led=38`; V1 and V2 have their relay there, so `relay` has to move.",
		'- 865B, the two lines: the upper module (connector J3, "SENS") is `rs485-1`, the lower one (J4, "EVC") `rs485-2`, as far as',
		"  the board's photographs tell; programs written for it disagree. Measure from the pin to the module before you trust it.",
		`  The other way around: \`${wires({ rs485_1_receive: 6, rs485_1_transmit: 4, rs485_2_receive: 42, rs485_2_transmit: 7 })}\`.`,
		`- 865B with a CAN transceiver on free pins: \`can=twai\` (TXD GPIO${can_transmit}, RXD GPIO${can_receive}).`,
		'- 865B, relays: GPIO14 drives connector J8 ("SSR2") directly. Connector J1 ("SSR1") is on GPIO20, a pin of the native USB',
		"  port: `relay=20 allow_pins=20`. A relay bank at both instead: `relay=none bank_data=14 bank_clock=20 allow_pins=20`.",
		"- A meter board that is not fitted frees its pins: `meter_1_select=none meter_2_select=none`.",
		"",
	);
	return lines.join("\n");
}

/** The complaint when the page is not what boards.ts says; undefined when it is. */
export async function checkPins() {
	const page = pinPage(await loadBoards());
	const path = join(root, target);
	if (existsSync(path) && readFileSync(path, "utf8") === page) return undefined;
	return `${target} is stale: run node tools/generate-pins.mjs`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	if (process.argv.includes("--check")) {
		const complaint = await checkPins();
		if (complaint) {
			console.error(complaint);
			process.exitCode = 1;
		}
	} else writeFileSync(join(root, target), pinPage(await loadBoards()));
}
