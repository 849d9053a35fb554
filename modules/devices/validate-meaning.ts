import { type Checker, type Fields, join } from "../base/checker";
import { show } from "../base/errors";
import { frozen } from "../base/frozen";
import { type Row, rowWords } from "./table";
import { isCounter, type Unit } from "./units";

const directions = frozen(["import", "export", "charge", "discharge"]);
const wholeTypes = frozen([
	"u8",
	"s8",
	"number",
	"sm16",
	"u16",
	"s16",
	"u32",
	"s32",
	"u64",
	"s64",
	"bcd",
	"bits",
	"bit",
]);
const bitTypes = frozen(["u8", "u16", "u32", "u64"]);

/** What a raw value means, where k and b alone do not say it: maps, bits, texts, the direction of flow. */
export function checkMeaning(row: Fields, place: string, check: Checker): void {
	const ways = ["map", "bitMap", "texts", "above"].filter((way) => row[way] !== undefined);
	if (ways.length > 1) check.problem(join(place, ways[1]!), `${ways[0]} says already what the raw value means`);
	const unscaled = ways.length > 0 && ways[0] !== "above";
	if (unscaled && (row["k"] !== undefined || row["b"] !== undefined)) {
		check.wrong(join(place, "k"), row["k"] ?? row["b"], `${ways[0]} gives the value itself`);
	}
	if (ways.length > 0 && isCounter(row["unit"] as Unit)) {
		check.wrong(join(place, ways[0]!), row["unit"], "a counter is only scaled");
	}
	if (row["map"] !== undefined) checkMap(row, join(place, "map"), check);
	if (row["bitMap"] !== undefined) checkBitMap(row, join(place, "bitMap"), check);
	if (row["texts"] !== undefined) checkTexts(row, place, check);
	if (row["above"] !== undefined) checkAbove(row["above"], join(place, "above"), check);
	if (row["otherwise"] !== undefined) check.number(row["otherwise"], join(place, "otherwise"), -1e15, 1e15, "");
	if (row["positive"] !== undefined) {
		check.oneOf(row["positive"] as "import", join(place, "positive"), directions);
		if (row["unit"] !== "W" && row["unit"] !== "var" && row["unit"] !== "A") {
			check.wrong(join(place, "positive"), row["positive"], `only W, var and A flow, no ${show(row["unit"])}`);
		}
	}
}

/** Of a row or a derived point. */
export function checkWhen(value: unknown, place: string, check: Checker): void {
	const when = check.object(value, place, ["row", "is"]);
	if (when === undefined) return;
	if (typeof when["row"] !== "string") check.wrong(join(place, "row"), when["row"], "it must be the name of a row");
	check.array(when["is"], join(place, "is"), 1, 32)?.forEach((one, i) => {
		check.integer(one, `${place}.is[${i}]`, -0x80000000, 0xffffffff);
	});
}

function checkMap(row: Fields, place: string, check: Checker): void {
	if (!wholeTypes.includes(row["type"] as "u16")) {
		check.wrong(place, row["type"], `only whole numbers have it: ${wholeTypes.join(", ")}`);
	}
	for (const [raw, value] of entries(row["map"], place, check)) {
		if (!/^-?[0-9]+$/.test(raw)) check.wrong(place, raw, "the raw value must be a whole number");
		if (typeof value !== "number" || !Number.isFinite(value))
			check.wrong(join(place, raw), value, "it must be a number");
	}
}

function checkBitMap(row: Fields, place: string, check: Checker): void {
	const bits = bitCount(row, place, check);
	if (row["unit"] !== "code") check.wrong(place, row["unit"], 'bits have the unit "code"');
	check.array(row["bitMap"], place, 1, 128)?.forEach((one, i) => {
		const pair = check.array(one, `${place}[${i}]`, 2, 2);
		if (pair === undefined) return;
		check.integer(pair[0], `${place}[${i}][0]`, 0, bits - 1);
		// SunSpec keeps bit 31 for "not implemented"
		check.integer(pair[1], `${place}[${i}][1]`, 0, 30);
	});
}

function checkTexts(row: Fields, place: string, check: Checker): void {
	const at = join(place, "texts");
	const bits = bitCount(row, at, check);
	if (row["unit"] !== "text") check.wrong(join(place, "unit"), row["unit"], 'texts of bits have the unit "text"');
	for (const [bit, text] of entries(row["texts"], at, check)) {
		if (!/^[0-9]+$/.test(bit) || Number(bit) >= bits) check.wrong(at, bit, `the bit must be 0 to ${bits - 1}`);
		check.text(text, join(at, bit), 48);
	}
}

/** How many bits a row has whose bits are looked at one by one. */
function bitCount(row: Fields, place: string, check: Checker): number {
	if (bitTypes.includes(row["type"] as "u16")) return 16 * rowWords(row as unknown as Row);
	check.wrong(place, row["type"], `only ${bitTypes.join(", ")} have it`);
	return 64;
}

function entries(value: unknown, place: string, check: Checker): [string, unknown][] {
	const all = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
	if (all.length === 0 || all.length > 64) check.wrong(place, value, "it must be an object of 1 to 64 entries");
	return all;
}

function checkAbove(value: unknown, place: string, check: Checker): void {
	const above = check.object(value, place, ["raw", "k", "b"]);
	if (above === undefined) return;
	check.number(above["raw"], join(place, "raw"), -1e15, 1e15, "");
	const k = check.number(above["k"], join(place, "k"), -1e12, 1e12, "");
	if (k === 0) check.wrong(join(place, "k"), k, "it must be a number other than 0 (value = raw * k + b)");
	check.number(above["b"], join(place, "b"), -1e12, 1e12, "");
}
