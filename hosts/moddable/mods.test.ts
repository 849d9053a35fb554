import { expect, it } from "vitest";
import { ManualClock } from "../../modules/base/manual-clock";
import { PluginTrial } from "../../modules/setup/plugin-trial";
import { archiveSignature, findMods } from "./mods";

it("runs the plug-ins of an archive, and names those that throw", () => {
	const run = (specifier: string): unknown => {
		if (specifier === "plugin/bad") throw new TypeError("no luck");
		return { id: specifier };
	};
	expect(findMods({ archive: ["plugin/one", "check", "plugin/bad", "mod/config"], run })).toEqual([
		{ name: "one", table: { id: "plugin/one" } },
		{ name: "bad", reason: "TypeError: no luck" },
	]);
	expect(findMods({ archive: [], run })).toEqual([]);
});

it("marks each before it runs, and leaves out the one that ended the start before", () => {
	let kept = "";
	const storage = { read: () => kept, write: (text: string) => void (kept = text) };
	const start = (run: (specifier: string) => unknown) => {
		const trial = new PluginTrial({ storage, signature: "a1", failedStarts: 0, clock: new ManualClock() });
		return findMods({ archive: ["plugin/one", "plugin/loops"], run, trial });
	};
	const marks: unknown[] = [];
	start((specifier) => {
		marks.push([specifier, (JSON.parse(kept) as { trying: string }).trying]);
		return {};
	});
	expect(marks).toEqual([
		["plugin/one", "one"],
		["plugin/loops", "loops"],
	]);
	// the chip was reset in the middle of it
	const ran: string[] = [];
	const found = start((specifier) => ran.push(specifier));
	expect(ran).toEqual(["plugin/one"]);
	expect(found[1]).toMatchObject({ name: "loops", reason: expect.stringContaining("did not come up with it") });
});

it("reads the signature of an archive", () => {
	const sign = [...Array(16).keys()];
	const atom = (name: string, body: number[]): number[] => {
		const size = 8 + body.length;
		return [0, 0, size >> 8, size & 255, ...[...name].map((letter) => letter.charCodeAt(0)), ...body];
	};
	const inside = [...atom("VERS", [17, 1, 0, 0]), ...atom("SIGN", sign), ...atom("NAME", [1, 2, 3])];
	const archive = Uint8Array.from(atom("XS_A", inside));
	expect(archiveSignature(archive)).toBe("000102030405060708090a0b0c0d0e0f");
	expect(archiveSignature(archive.subarray(0, 30))).toBe("");
	expect(archiveSignature(new Uint8Array(64).fill(255))).toBe("");
	expect(archiveSignature(new Uint8Array(0))).toBe("");
});
