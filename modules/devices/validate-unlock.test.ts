import { expect, it } from "vitest";
import { sht20XyMd02 } from "./tables/sht20-xy-md02";
import { validateTable } from "./validate";

const locked = { fc: 6, min: 0, max: 9, locked: true };
const row = { name: "one", address: 20, fc: 3, type: "u16", unit: "code", access: "rw", write: locked };
const step = { fc: 6, address: 900, values: [1] };
const table = { ...sht20XyMd02, functions: [3, 4, 5, 6, 16], rows: [...sht20XyMd02.rows, row] };
const kept = { row: "one", everyS: 25, safe: 6 };

/** Problems of the table with these fields over it. */
function problems(own: object): string {
	return validateTable({ ...table, unlock: { before: [step] }, ...own })
		.map((one) => `${one.place}: ${one.message}`)
		.join("\n");
}

it("takes an unlock sequence and rows that are kept alive", () => {
	expect(problems({})).toBe("");
	expect(problems({ unlock: { before: [step, { fc: 5, address: 1, values: [1] }], after: [step] } })).toBe("");
	expect(problems({ keepAlive: [kept] })).toBe("");
	expect(problems({ keepAlive: [{ row: "one", everyS: 0.5, holdS: 60 }] })).toBe("");
});

const last = table.rows.length - 1;
const rowOver = (over: object) => ({ rows: [...sht20XyMd02.rows, { ...row, write: { ...locked, ...over } }] });

it.each([
	["no unlock", { unlock: undefined }, `rows[${last}] one.write.locked: true is not allowed; the table has no unlock`],
	["nothing locked", { rows: sht20XyMd02.rows }, "unlock: no row is locked (write.locked)"],
	["no step", { unlock: { before: [] } }, "unlock.before"],
	["no function", { unlock: { before: [{ ...step, fc: 3 }] } }, "unlock.before[0].fc"],
	["a function the device lacks", { functions: [3, 4, 6], unlock: { before: [{ ...step, fc: 16 }] } }, "before[0].fc"],
	["a wrong address", { unlock: { before: [{ ...step, address: 65536 }] } }, "unlock.before[0].address"],
	["no values", { unlock: { before: [{ fc: 6, address: 1, values: [] }] } }, "unlock.before[0].values"],
	["two values for one", { unlock: { before: [{ ...step, values: [1, 2] }] } }, "unlock.before[0].values"],
	["a value that is none", { unlock: { before: [{ ...step, values: [-1] }] } }, "unlock.before[0].values[0]"],
	["a coil of 2", { unlock: { before: [{ ...step, fc: 5, values: [2] }] } }, "unlock.before[0].values[0]"],
	["past the end", { unlock: { before: [{ fc: 16, address: 65535, values: [1, 2] }] } }, "before[0].address: 65535"],
	["an unknown field", { unlock: { before: [step], between: [step] } }, "between"],
	["a wrong step after", { unlock: { before: [step], after: [{ ...step, fc: 2 }] } }, "unlock.after[0].fc"],
	["locked that is no yes or no", rowOver({ locked: 1 }), `rows[${last}] one.write.locked`],
	["persistent that is none", rowOver({ persistent: "yes" }), `rows[${last}] one.write.persistent`],
	[
		"a row that is not there",
		{ keepAlive: [{ ...kept, row: "two" }] },
		'keepAlive[0].row: "two" is not allowed; there is no such row',
	],
	["a row that is not written", { keepAlive: [{ ...kept, row: "temperature" }] }, "that row is not written"],
	["a row twice", { keepAlive: [kept, kept] }, 'keepAlive[1].row: "one" is not allowed; it stands there already'],
	["no period", { keepAlive: [{ row: "one" }] }, "keepAlive[0].everyS"],
	["a period of nothing", { keepAlive: [{ ...kept, everyS: 0 }] }, "keepAlive[0].everyS"],
	["too long a period", { keepAlive: [{ ...kept, everyS: 7200 }] }, "keepAlive[0].everyS"],
	["a safe value the row refuses", { keepAlive: [{ ...kept, safe: 12 }] }, "keepAlive[0].safe: 12"],
	["no time to hold", { keepAlive: [{ ...kept, holdS: 0 }] }, "keepAlive[0].holdS"],
	["a row that wears", { ...rowOver({ persistent: true }), keepAlive: [kept] }, "that row wears the device's flash"],
	["a device with EEPROM", { eeprom: true, keepAlive: [kept] }, "that row wears the device's flash"],
] as const)("refuses %s, and says where", (_what, own, wanted) => {
	expect(problems(own)).toContain(wanted);
});
