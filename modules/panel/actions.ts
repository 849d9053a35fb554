import { frozen } from "../base/frozen";
import type { ButtonActions } from "./devices";

/** Boards V1 and V2: four buttons. */
export const kActionsV2 = frozen<Readonly<Record<string, ButtonActions>>>({
	button1: { press: "previous" },
	button2: { press: "next" },
	button3: { press: "details" },
	button4: { press: "acknowledge" },
});

/** PCB 865B: two buttons; the door contact on the same input is no button. */
export const kActions865B = frozen<Readonly<Record<string, ButtonActions>>>({
	button1: { press: "next", long: "previous" },
	button2: { press: "details", long: "acknowledge" },
});
