import { afterEach, describe, expect, it } from "vitest";
import { keepLastWords } from "./last-words";

type Hook = (reason: string, exception: unknown) => unknown;
const hook = globalThis as { abort?: Hook };

describe("the last words of the engine", () => {
	const notes: string[] = [];
	const stop = (reason: string, exception: unknown): unknown => {
		notes.length = 0;
		keepLastWords((text) => notes.push(text));
		return hook.abort?.(reason, exception);
	};
	afterEach(() => {
		delete hook.abort;
	});

	it("are the exception and where it came from, and never keep the engine from stopping", () => {
		expect(stop("unhandled exception", new TypeError("undefined is no bus"))).not.toBe(false);
		expect(notes).toHaveLength(1);
		expect(notes[0]).toMatch(/^unhandled exception: TypeError: undefined is no bus/);
	});

	it("are said of what is no Error too", () => {
		stop("unhandled rejection", "a text");
		stop("unhandled exception", undefined);
		expect(notes).toEqual(["unhandled exception: undefined"]);
	});

	it("are only the reason where no text can be made any more", () => {
		const exception = {
			toString: () => {
				throw new Error("it was looked at");
			},
		};
		stop("memory full", exception);
		expect(notes).toEqual(["memory full"]);
	});
});
