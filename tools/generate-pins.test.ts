import { expect, it } from "vitest";
import { boards } from "../hosts/esp32s3/boards";
// @ts-expect-error plain JavaScript tool without types
import { checkPins, loadBoards, pinPage } from "./generate-pins.mjs";

it("has the page of pins as the boards say", async () => expect(await checkPins()).toBeUndefined());

it("shows every pin of every board, and misses a function without a title", async () => {
	const loaded = await loadBoards();
	const rows = (pinPage(loaded) as string).split("\n").filter((line) => /^\| .* \| `\w+` \|/.test(line));
	const cells = rows.map((row) => row.split("|").map((cell) => cell.trim()));
	for (const [index, board] of Object.values(boards).entries())
		for (const [key, pin] of Object.entries(board.pins))
			expect(cells.find((row) => row[2] === `\`${key}\``)?.[3 + index], `${board.name} ${key}`).toBe(String(pin));
	expect(() => pinPage({ ...loaded, pinNames: [...loaded.pinNames, "siren"] })).toThrow("siren has no title");
});

it("names variants that build", async () => {
	const { boardFrom } = await loadBoards();
	const page = pinPage(await loadBoards()) as string;
	const settings = [...page.slice(page.indexOf("## Variants")).matchAll(/`((?:\w+=[\w,]+ ?)+)`/g)].map(
		(match) => match[1]!,
	);
	expect(settings.length).toBeGreaterThan(4);
	for (const text of settings) {
		const config = Object.fromEntries(
			text
				.trim()
				.split(" ")
				.map((item) => item.split("=")),
		);
		expect(() => boardFrom({ board: "v3", ...config }), text).not.toThrow();
	}
});
