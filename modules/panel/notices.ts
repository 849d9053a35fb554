import { kResetMs } from "./buttons";
import { type Canvas, numberWidth, textWidth } from "./canvas";
import { figureFont, textFont } from "./font";
import { cutText, plainText } from "./letters";

/** What takes the whole screen instead of a page. */

const kWidth = 127;

/** Seconds left until letting go of a button resets the hub; then that it does so, or, when it `isDone`, that it did. */
export function drawReset(canvas: Canvas, heldMs: number, isDone: boolean): void {
	centred(canvas, 1, "factory reset");
	canvas.invert(0, 0, kWidth, 10);
	const leftS = Math.max(0, Math.ceil((kResetMs - heldMs) / 1000));
	if (leftS > 0) {
		canvas.number(figureFont, (kWidth - numberWidth(figureFont, leftS, 0)) >> 1, 16, leftS, 0);
		centred(canvas, 54, "let go to cancel");
	} else if (!isDone) {
		centred(canvas, 19, "let go to forget");
		centred(canvas, 28, "all settings");
		centred(canvas, 54, "hold on to cancel");
	} else {
		centred(canvas, 19, "settings are forgotten");
		centred(canvas, 54, "starting anew");
	}
	canvas.box(10, 39, kWidth - 20, 8);
	canvas.fill(12, 41, Math.round(((kWidth - 24) * Math.min(heldMs, kResetMs)) / kResetMs), 4);
}

export function drawStart(canvas: Canvas, siteName: string): void {
	centred(canvas, 18, "Gridpost");
	canvas.rule(28, kWidth);
	centred(canvas, 32, cutText(textFont, plainText(siteName), kWidth));
	centred(canvas, 54, "starting");
}

function centred(canvas: Canvas, y: number, text: string): void {
	canvas.text(textFont, (kWidth - textWidth(textFont, text)) >> 1, y, text);
}
