import { toHex } from "../../modules/base/bytes";
import type { Clock } from "../../modules/base/clock";
import Buttons, { type ButtonEvent } from "../../modules/buttons/buttons";
import { type Ladder, ladder865B, ladderV2 } from "../../modules/buttons/ladders";
import { kActions865B, kActionsV2 } from "../../modules/panel/actions";
import type { ButtonActions, PanelDevices } from "../../modules/panel/devices";
import type { SimulatedRS485 } from "./sim-rs485";

/** The simulator's link to the panel beside it: text both ways. */
export interface PanelLink {
	onMessage?: (text: string) => void;
	postMessage(text: string): void;
}

/** What the panel asks for, one or more at a time; anything else is left alone. */
export interface PanelRequest {
	/** Raw value of the converter that the buttons are on, 0 to 4095. */
	raw?: number;
	/** Which board's buttons these are. */
	board?: string;
	speed?: number;
	/** A device of the site whose meter is unplugged, or plugged in again. */
	unplug?: { device: string; value: boolean };
}

export interface SimPanelOptions {
	link: PanelLink;
	/** Time of the person before the panel. */
	clock: Clock;
	onSpeed(speed: number): void;
	onUnplug(device: string, isUnplugged: boolean): void;
}

/** A line as the panel shows it. */
interface LineStatus {
	name: string;
	sent: number;
	received: number;
}

const kStatusMs = 250;
const kIdleRaw = 4095;

/** The board's panel in the simulator: what a hub gives to see goes there as JSON, what is pressed comes from there. */
export class SimPanel {
	readonly devices: PanelDevices;
	readonly #options: SimPanelOptions;
	readonly #actions: Record<string, ButtonActions> = { ...kActionsV2 };
	readonly #ports: { name: string; port: SimulatedRS485 }[] = [];
	#raw = kIdleRaw;
	#ladder: Ladder = ladderV2;
	#buttons: Buttons | undefined;
	#onEvent: ((event: ButtonEvent) => void) | undefined;
	#lines = "";

	constructor(options: SimPanelOptions) {
		this.#options = options;
		options.link.onMessage = (text) => this.#onMessage(text);
		this.devices = {
			clock: options.clock,
			screen: {
				width: 128,
				height: 64,
				draw: (dots) => this.#post({ screen: toHex(dots, "") }),
				brightness: (level) => this.#post({ brightness: level }),
			},
			lamp: { color: (red, green, blue) => this.#post({ lamp: [red, green, blue] }) },
			alarmRelay: { write: (value) => this.#post({ relay: value }) },
			buttons: (onEvent) => {
				this.#onEvent = onEvent;
				this.#openButtons();
				return { close: () => this.#buttons?.close() };
			},
			actions: this.#actions,
		};
		this.#tick();
	}

	/** A line whose bytes the panel counts. */
	addPort(name: string, port: SimulatedRS485): void {
		this.#ports.push({ name: name.replace(/^sim:/, ""), port });
	}

	/** The line of text at the foot of the panel. */
	event(text: string): void {
		this.#post({ event: text });
	}

	#onMessage(text: string): void {
		const { raw, board, speed, unplug } = JSON.parse(text) as PanelRequest;
		if (raw !== undefined) this.#raw = raw;
		if (speed !== undefined) {
			this.#options.onSpeed(speed);
			this.event(`the clock runs ${speed} times as fast`);
		}
		if (unplug) this.#options.onUnplug(unplug.device, unplug.value);
		if (board === undefined) return;
		this.#ladder = board === "865B" ? ladder865B : ladderV2;
		for (const name of Object.keys(this.#actions)) delete this.#actions[name];
		Object.assign(this.#actions, board === "865B" ? kActions865B : kActionsV2);
		this.#raw = kIdleRaw;
		this.#openButtons();
	}

	#openButtons(): void {
		const read = (): number => this.#raw;
		class Converter {
			read(): number {
				return read();
			}
		}
		this.#buttons?.close();
		const onEvent = this.#onEvent;
		if (!onEvent) return;
		this.#buttons = new Buttons({
			analog: { io: Converter },
			...this.#ladder,
			onEvent: (event) => {
				if (event.type !== "repeat") this.event(`${event.button ?? "several buttons"}: ${event.type}`);
				onEvent(event);
			},
		});
	}

	/** What has moved on the lines. */
	#tick(): void {
		this.#options.clock.setTimer(() => this.#tick(), kStatusMs);
		const lines: LineStatus[] = this.#ports.map(({ name, port }) => {
			const { bytesSent, bytesReceived } = port.counters;
			return { name, sent: bytesSent, received: bytesReceived };
		});
		const text = JSON.stringify(lines);
		if (text === this.#lines) return;
		this.#lines = text;
		this.#post({ lines });
	}

	#post(message: object): void {
		this.#options.link.postMessage(JSON.stringify(message));
	}
}
