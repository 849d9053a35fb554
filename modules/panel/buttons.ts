import type { ButtonEvent } from "../buttons/buttons";
import type { ButtonActions, PanelAction } from "./devices";

/** From here on a person is warned that holding on resets the hub. */
const kWarnMs = 3000;
/** A button held this long, then let go: factory reset. */
export const kResetMs = 10_000;
/** A button held this long is wet or stuck, and no wish: a hub on a pole must not forget its settings for that. */
export const kStuckMs = 30_000;
/** What is pressed this soon after the start was so before it: a contact that is stuck or wet, and no wish. */
const kStuckAtStartMs = 1000;
/** A held button repeats several times a second; without news for this long it counts as released. */
const kSilenceMs = 2000;

/** What a press means: an action, `wake` for a screen that was dark, `reset` when it ends after ten seconds. */
export type Meaning = PanelAction | "wake" | "reset" | "none";

/** Turns what the buttons report into what a person wants. What has no entry in `actions` is no button. */
export class ButtonReader {
	#actions: Readonly<Record<string, ButtonActions>>;
	#startMs: number;
	/** The button that is held, "" for none. */
	#button = "";
	#heldMs = 0;
	#newsMs = 0;
	/** The press may still turn out to be a long one. */
	#pending = false;
	#counts = false;

	constructor(actions: Readonly<Record<string, ButtonActions>>, nowMs: number) {
		this.#actions = actions;
		this.#startMs = nowMs;
	}

	/** `dark`: the screen is off, so that a press only lights it; acknowledging works all the same. */
	read({ type, button = "", heldMs }: ButtonEvent, dark: boolean, nowMs: number): Meaning {
		const actions = Object.hasOwn(this.#actions, button) ? this.#actions[button] : undefined;
		if (!actions) {
			// several at once, or what is no button
			if (type === "unknown") this.#button = "";
			return "none";
		}
		if (type === "press") {
			this.#button = button;
			this.#heldMs = 0;
			this.#newsMs = nowMs;
			this.#counts = nowMs - this.#startMs >= kStuckAtStartMs;
			this.#pending = !dark && actions.long !== undefined;
			if (dark && actions.press !== "acknowledge") return "wake";
			return this.#pending ? "none" : (actions.press ?? "none");
		}
		if (button !== this.#button) return "none";
		if (type === "long" || type === "repeat") return this.#held(type, actions, heldMs, nowMs);
		this.#button = "";
		if (type === "release" && this.#counts && heldMs >= kResetMs && heldMs < kStuckMs) return "reset";
		const meaning = type === "release" && this.#pending ? actions.press : undefined;
		this.#pending = false;
		return meaning ?? "none";
	}

	#held(type: "long" | "repeat", actions: ButtonActions, heldMs: number, nowMs: number): Meaning {
		this.#heldMs = heldMs;
		this.#newsMs = nowMs;
		if (heldMs >= kStuckMs) this.#button = "";
		if (type !== "long") return "none";
		const long = actions.long;
		this.#pending = false;
		return long ?? "none";
	}

	/** How long the button has been held that would reset the hub; 0 while there is nothing to warn of. */
	warnedMs(nowMs: number): number {
		if (this.#button === "" || !this.#counts || this.#heldMs < kWarnMs) return 0;
		if (nowMs - this.#newsMs > kSilenceMs) this.#button = "";
		return this.#button === "" ? 0 : this.#heldMs;
	}
}
