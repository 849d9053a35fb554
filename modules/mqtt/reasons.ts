import { frozen } from "../base/frozen";

/** Why a connection ended. */
export interface EndReason {
	code: "refused" | "closed" | "timeout" | "protocol" | "resolve" | "internal";
	/** One line for a person. */
	text: string;
	/** CONNACK return code for "refused" (3.2.2.3), else 0. */
	returnCode: number;
}

export function ended(code: EndReason["code"], text: string): EndReason {
	return { code, text, returnCode: 0 };
}

export function silent(what: string, afterMs: number): EndReason {
	return ended("timeout", `${what} for ${Math.round(afterMs / 1000)} s`);
}

/** A CONNACK that refuses. */
export function refused(returnCode: number): EndReason {
	return { code: "refused", text: refusals[returnCode] ?? `refused with reserved code ${returnCode}`, returnCode };
}

/** 3.2.2.3, in words that say what to do. */
const refusals = frozen([
	"",
	"the broker does not speak MQTT 3.1.1",
	"the broker does not allow this client id",
	"the broker is not available at present",
	"user name or password is wrong",
	"the broker does not let this client in (not authorized)",
]);
