/*
 * The board in mcsim: a picture of what a person at the pole sees and presses. mcsim compiles this file when it starts;
 * what it exports is one of its devices. With the application it speaks the JSON of hosts/mcsim/panel-devices.ts.
 */

import { ControlsColumn, InfoRow, PopupRow, SliderRow, SwitchRow } from "ControlsPane";
import { DeviceBehavior, DeviceContainer, DeviceScreen } from "DevicePane";
import { ButtonBehavior } from "piu/Buttons";

const kBoard = { width: 640, height: 560 };
/** A dot of the display is a square of this size. */
const kDot = 4;
const kIdleRaw = 4095;

/** Raw values in the middle of each button's window: modules/buttons/ladders.ts. */
const kLadders = {
	V2: [
		{ label: "button 1", does: "previous", raw: 1350 },
		{ label: "button 2", does: "next", raw: 2900 },
		{ label: "button 3", does: "details", raw: 3550 },
		{ label: "button 4", does: "acknowledge", raw: 3900 },
	],
	"865B": [
		{ label: "button 1", does: "next, long: previous", raw: 1267 },
		{ label: "button 2", does: "details, long: acknowledge", raw: 2017 },
		{ label: "door", does: "a contact", raw: 100 },
	],
};

const kInk = "#d8e4de";
const kFaint = "#7fa08f";
const kDark = "#0c2a20";
const skins_ = {
	board: new Skin({ fill: "#17513c", stroke: "#0e3527" }),
	glass: new Skin({ fill: "#050807", stroke: "#222a27" }),
	chip: new Skin({ fill: kDark, stroke: "#0a2219" }),
	cap: new Skin({
		fill: ["#20262b", "#20262b", "#353e46", "#e0b64a"],
		stroke: ["#0b0e10", "#0b0e10", "#0b0e10", "#0b0e10"],
	}),
	hole: new Skin({ fill: "#c9b26b", stroke: "#8f7c41" }),
};
const title = new Style({ font: "semibold 15px Open Sans", color: kInk, horizontal: "left" });
const text = new Style({ font: "13px Open Sans", color: kInk, horizontal: "left" });
const line = new Style({ font: "12px Open Sans", color: kInk, horizontal: "left" });
const small = new Style({ font: "11px Open Sans", color: kFaint, horizontal: "left" });
const middle = new Style({ font: "11px Open Sans", color: kFaint, horizontal: "center" });
const capText = new Style({ font: "semibold 13px Open Sans", color: ["#ffffff", "#ffffff", "#ffffff", "#20262b"] });

/** What a lamp of `level` 0 to 255 looks like to the eye, which sees a tenth of the light as a third of it. */
function bright(level) {
	return Math.round(255 * (Math.min(level, 255) / 255) ** 0.4);
}

/** A lamp as a circle in rings, the outer ones fainter. */
function drawLamp(port, x, y, radius, red, green, blue) {
	const isDark = red + green + blue < 20;
	for (let ring = 3; ring >= 0; ring--) {
		const size = radius + ring * 3;
		if (ring > 0 && isDark) continue;
		const color = isDark ? rgba(24, 34, 30, 1) : rgba(red, green, blue, ring === 0 ? 1 : 0.16);
		for (let row = -size; row < size; row++) {
			const half = Math.round(Math.sqrt(size * size - (row + 0.5) * (row + 0.5)));
			port.fillColor(color, x - half, y + row, 2 * half, 1);
		}
	}
	if (!isDark) {
		for (let row = -2; row < 2; row++) port.fillColor(rgba(255, 255, 255, 0.55), x - 4, y + row - 3, 4, 1);
	}
}

class OledBehavior extends Behavior {
	onCreate() {
		this.hex = "";
		this.brightness = 2;
	}
	onScreen(port, hex) {
		this.hex = hex;
		port.invalidate();
	}
	onBrightness(port, level) {
		this.brightness = level;
		port.invalidate();
	}
	onDraw(port) {
		port.fillColor("#050807", 0, 0, port.width, port.height);
		if (this.brightness === 0) return;
		const color = this.brightness === 1 ? "#3d5f66" : "#a9ecff";
		const { hex } = this;
		for (let at = 0; at < hex.length; at += 2) {
			const bits = Number.parseInt(hex.slice(at, at + 2), 16);
			if (bits === 0) continue;
			const row = at >> 5;
			const column = ((at >> 1) & 15) << 3;
			for (let bit = 0; bit < 8; bit++)
				if (bits & (0x80 >> bit)) port.fillColor(color, (column + bit) * kDot, row * kDot, kDot - 1, kDot - 1);
		}
	}
}

class LampBehavior extends Behavior {
	onCreate() {
		this.color = [0, 0, 0];
	}
	onLamp(port, color) {
		this.color = color;
		port.invalidate();
	}
	onDraw(port) {
		const [red, green, blue] = this.color;
		port.drawString("LAMP", title, kInk, 0, 0);
		drawLamp(port, 30, 45, 11, bright(red), bright(green), bright(blue));
	}
}

/** A line's two lamps, lit for a moment by bytes that go by, and its counters. */
class LineBehavior extends Behavior {
	onCreate(port, data) {
		this.name = data.name;
		this.line = undefined;
		this.sentUntil = this.receivedUntil = 0;
		port.interval = 100;
		port.duration = 400;
	}
	onLines(port, lines) {
		const line = lines.find((one) => one.name === this.name);
		if (!line) return;
		const now = Date.now();
		if (this.line && line.sent > this.line.sent) this.sentUntil = now + 200;
		if (this.line && line.received > this.line.received) this.receivedUntil = now + 200;
		this.line = line;
		port.time = 0;
		port.start();
		port.invalidate();
	}
	onTimeChanged(port) {
		port.invalidate();
	}
	onFinished(port) {
		port.stop();
		port.invalidate();
	}
	onDraw(port) {
		const now = Date.now();
		const { line } = this;
		port.drawString(this.name.toUpperCase(), title, kInk, 0, 0);
		if (!line) {
			port.drawString("not used", small, kFaint, 0, 20);
			return;
		}
		const isSending = now < this.sentUntil;
		const isReceiving = now < this.receivedUntil;
		drawLamp(port, 15, 32, 5, isSending ? 255 : 0, isSending ? 190 : 0, 0);
		drawLamp(port, 15, 54, 5, 0, isReceiving ? 230 : 0, isReceiving ? 90 : 0);
		port.drawString(`sent ${line.sent} bytes`, text, kInk, 30, 22);
		port.drawString(`received ${line.received} bytes`, text, kInk, 30, 44);
	}
}

class CanBehavior extends Behavior {
	onDraw(port) {
		port.drawString("CAN", title, kInk, 0, 0);
		drawLamp(port, 15, 32, 5, 0, 0, 0);
		port.drawString("no bus", small, kFaint, 30, 24);
	}
}

/** The alarm relay and those that nothing switches yet. */
class RelaysBehavior extends Behavior {
	onCreate() {
		this.isClosed = 0;
	}
	onRelay(port, value) {
		this.isClosed = value;
		port.invalidate();
	}
	onDraw(port) {
		port.drawString("RELAYS", title, kInk, 0, 0);
		const names = ["alarm", "2", "3", "4"];
		names.forEach((name, i) => {
			const isClosed = i === 0 && this.isClosed;
			const x = i === 0 ? 0 : 76 + 44 * (i - 1);
			const width = i === 0 ? 66 : 36;
			port.fillColor(isClosed ? "#c8452f" : kDark, x, 22, width, 22);
			port.fillColor(isClosed ? "#ffb3a3" : "#2b4a3d", x + 7, 32, 8, 2);
			port.fillColor(isClosed ? "#ffb3a3" : "#2b4a3d", x + width - 15, 32, 8, 2);
			// the blade: level when it is closed, its free end 7 dots up when it is open
			const blade = width - 29;
			for (let step = 0; step < blade; step++) {
				const rise = isClosed ? 0 : Math.round((7 * step) / blade);
				port.fillColor(isClosed ? "#ffffff" : kFaint, x + 15 + step, 32 - rise, 1, 2);
			}
			port.drawString(i === 0 ? `alarm ${isClosed ? "closed" : "open"}` : `${name} free`, small, kFaint, x, 47);
		});
	}
}

class CapBehavior extends ButtonBehavior {
	onCreate(container, data) {
		super.onCreate(container, data);
		this.data = data;
	}
	changeState(container, state) {
		container.first.state = state;
		container.last.state = state;
	}
	onTouchBegan(container) {
		this.changeState(container, 3);
		container.bubble("doRaw", this.data.raw);
	}
	onTouchEnded(container) {
		this.changeState(container, 1);
		container.bubble("doRaw", kIdleRaw);
	}
	onTouchCancelled(container) {
		this.onTouchEnded(container);
	}
	onMouseEntered(container) {
		this.changeState(container, 2);
	}
	onMouseExited(container) {
		this.changeState(container, 1);
	}
}

const Cap = Column.template(($) => ({
	width: 150,
	contents: [
		Container($, {
			width: 112,
			height: 34,
			active: true,
			Behavior: CapBehavior,
			contents: [
				RoundContent($, { left: 0, right: 0, top: 0, bottom: 0, radius: 9, border: 1, skin: skins_.cap, state: 1 }),
				Label($, { left: 0, right: 0, top: 0, bottom: 0, style: capText, state: 1, string: $.label }),
			],
		}),
		Label($, { left: 0, right: 0, height: 20, style: middle, string: $.does }),
	],
}));

class CapsBehavior extends Behavior {
	onCreate(row) {
		this.onBoard(row, "V2");
	}
	onBoard(row, board) {
		row.empty();
		for (const button of kLadders[board]) row.add(new Cap(button));
	}
}

class BoardBehavior extends DeviceBehavior {
	onCreate(container, device) {
		super.onCreate(container, device);
		this.keys = "1234";
	}
	onJSON(container, json) {
		if ("screen" in json) container.distribute("onScreen", json.screen);
		if ("brightness" in json) container.distribute("onBrightness", json.brightness);
		if ("lamp" in json) container.distribute("onLamp", json.lamp);
		if ("relay" in json) container.distribute("onRelay", json.relay);
		if ("lines" in json) container.distribute("onLines", json.lines);
		if ("event" in json) container.distribute("onEvent", json.event);
	}
	doRaw(container, raw) {
		this.postJSON(container, { raw });
		if (this.LADDER) this.LADDER.string = `${raw} = ${((3.3 * raw) / 4095).toFixed(2)} V`;
	}
	onRawChanged(container, data) {
		this.doRaw(container, Math.round(data.value));
	}
	onBoardChanged(container, data) {
		container.distribute("onBoard", data.value);
		this.postJSON(container, { board: data.value });
	}
	onSpeedChanged(container, data) {
		this.postJSON(container, { speed: data.value });
	}
	onUnplugChanged(container, data) {
		this.postJSON(container, { unplug: { device: data.device, value: data.value } });
	}
	/** The number keys press the buttons. */
	onKeyDown(container, key) {
		this.onKey(container, key, true);
	}
	onKeyUp(container, key) {
		this.onKey(container, key, false);
	}
	onKey(container, key, isDown) {
		const row = container.first.content("CAPS");
		const cap = row?.content(this.keys.indexOf(key));
		if (!cap) return;
		if (isDown) cap.first.behavior.onTouchBegan(cap.first);
		else cap.first.behavior.onTouchEnded(cap.first);
	}
}

const Hole = (left, top) =>
	RoundContent({}, { left, width: 18, top, height: 18, radius: 9, border: 3, skin: skins_.hole });

const Board = DeviceContainer.template(($) => ({
	width: kBoard.width,
	height: kBoard.height,
	Behavior: BoardBehavior,
	contents: [
		Container($, {
			left: 0,
			right: 0,
			top: 0,
			bottom: 0,
			contents: [
				RoundContent($, { left: 0, right: 0, top: 0, bottom: 0, radius: 14, border: 2, skin: skins_.board }),
				Hole(12, 12),
				Hole(kBoard.width - 30, 12),
				Hole(12, kBoard.height - 30),
				Hole(kBoard.width - 30, kBoard.height - 30),
				RoundContent($, { left: 50, width: 528, top: 14, height: 276, radius: 8, border: 2, skin: skins_.glass }),
				Port($, { left: 58, width: 128 * kDot, top: 24, height: 64 * kDot, Behavior: OledBehavior }),
				Row($, { name: "CAPS", left: 20, right: 20, top: 304, height: 58, Behavior: CapsBehavior, contents: [] }),
				Port({ name: "rs485-1" }, { left: 44, width: 180, top: 372, height: 70, Behavior: LineBehavior }),
				Port({ name: "rs485-2" }, { left: 240, width: 180, top: 372, height: 70, Behavior: LineBehavior }),
				Port($, { left: 436, width: 70, top: 372, height: 70, Behavior: LampBehavior }),
				Port($, { left: 532, width: 96, top: 372, height: 50, Behavior: CanBehavior }),
				Port($, { left: 44, width: 240, top: 452, height: 66, Behavior: RelaysBehavior }),
				RoundContent($, { left: 290, width: 310, top: 466, height: 34, radius: 6, border: 1, skin: skins_.chip }),
				Label($, {
					left: 300,
					width: 292,
					top: 466,
					height: 34,
					style: line,
					string: "",
					clip: true,
					Behavior: class extends Behavior {
						onEvent(label, string) {
							label.string = string.length > 46 ? `${string.slice(0, 44)}...` : string;
						}
					},
				}),
				Label($, { left: 44, width: 400, top: 528, height: 18, style: small, string: "GRIDPOST  ENERGY HUB" }),
				DeviceScreen($, { left: 0, width: 1, top: 0, height: 1 }),
			],
		}),
	],
}));

export default {
	applicationName: "gridpost/.*",
	sortingTitle: "0000",
	title: "Gridpost board",
	Workers: {},
	ControlsTemplate: ControlsColumn.template((_$) => ({
		contents: [
			PopupRow({
				label: "Board",
				event: "onBoardChanged",
				value: "V2",
				items: [
					{ title: "V1, V2: four buttons", value: "V2" },
					{ title: "PCB 865B: two, door", value: "865B" },
				],
			}),
			SliderRow({
				label: "Ladder",
				unit: "",
				active: true,
				min: 0,
				max: 4095,
				value: kIdleRaw,
				step: 1,
				event: "onRawChanged",
				track: "onRawChanged",
			}),
			InfoRow({ name: "LADDER", label: "Reads as", value: "4095 = 3.30 V" }),
			PopupRow({
				label: "Clock",
				event: "onSpeedChanged",
				value: 1,
				items: [
					{ title: "as it is", value: 1 },
					{ title: "10 times as fast", value: 10 },
					{ title: "60 times as fast", value: 60 },
				],
			}),
			...[1, 2, 3, 4, 5, 6].map((home) =>
				SwitchRow({
					event: "onUnplugChanged",
					device: `home-${home}`,
					label: `Meter of home ${home}`,
					on: "unplugged",
					off: "answers",
					value: false,
				}),
			),
		],
	})),
	DeviceTemplates: { 0: Board, 90: Board, 180: Board, 270: Board },
};
