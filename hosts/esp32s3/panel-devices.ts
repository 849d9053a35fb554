import Digital from "embedded:io/digital";
import NeoPixel from "neopixel";
import type { Clock } from "../../modules/base/clock";
import type { Log } from "../../modules/base/log";
import Buttons, { type ButtonEvent } from "../../modules/buttons/buttons";
import type { PanelDevices } from "../../modules/panel/devices";
import { Sh1106 } from "../../modules/panel/sh1106";
import { board } from "./board";
import { BootButton } from "./boot-button";
import SPIDevice from "./spi";
import type { BoardWires } from "./wires";
import { spiBus } from "./wiring";

/** Data sheet of the SH1106: 250 ns a bit at 3.3 V. */
const kScreenHz = 4_000_000;

/**
 * The board's screen, lamp, relay and buttons. What does not open is told in the log and left out: the hub reads its
 * meters without a panel too.
 */
export function panelDevices(clock: Clock, log: Log, wires: BoardWires): PanelDevices {
	const attempt = <T>(name: string, open: () => T | undefined): T | undefined => {
		try {
			return open();
		} catch (error) {
			log("error", "board", `${name}: ${error instanceof Error ? error.message : error}`);
			return undefined;
		}
	};
	const devices: PanelDevices = { actions: board.actions };
	const screen = attempt("display", () => openScreen(clock));
	if (screen) devices.screen = screen;
	const lamp = attempt("lamp", openLamp);
	if (lamp) devices.lamp = lamp;
	const relay = attempt("alarm relay", () => wires.alarmRelay());
	if (relay) devices.alarmRelay = relay;
	if (board.ladder || board.pins.boot_button !== undefined)
		devices.buttons = (onEvent) => attempt("buttons", () => openButtons(clock, onEvent)) ?? { close: () => {} };
	return devices;
}

function openScreen(clock: Clock): PanelDevices["screen"] {
	const { oled_select: select, oled_dc: dc, oled_reset: reset } = board.pins;
	const bus = spiBus(board.pins);
	if (!bus || select === undefined || dc === undefined) return undefined;
	return new Sh1106({
		clock,
		spi: { io: SPIDevice, ...bus, select, hz: kScreenHz },
		dc: output(dc),
		reset: reset === undefined ? undefined : output(reset),
	});
}

function openLamp(): PanelDevices["lamp"] {
	const pin = board.pins.rgb_led;
	if (pin === undefined) return undefined;
	const pixel = new NeoPixel({ length: 1, pin, order: "GRB" });
	pixel.brightness = 255;
	return {
		color: (red, green, blue) => {
			pixel.setPixel(0, pixel.makeRGB(red, green, blue));
			pixel.update();
		},
	};
}

function openButtons(clock: Clock, onEvent: (event: ButtonEvent) => void): { close(): void } | undefined {
	const { buttons, boot_button: boot } = board.pins;
	if (buttons !== undefined && board.ladder) return new Buttons({ analog: { pin: buttons }, ...board.ladder, onEvent });
	if (boot === undefined) return undefined;
	const edge = Digital.Rising | Digital.Falling;
	const open = (onReadable: () => void) => new Digital({ pin: boot, mode: Digital.InputPullUp, edge, onReadable });
	return new BootButton({ clock, open, onEvent });
}

const output = (pin: number) => ({ io: Digital, pin, mode: Digital.Output, initialValue: 1 as const });
