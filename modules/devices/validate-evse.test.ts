import { expect, it } from "vitest";
import { phoenixEvEth } from "./tables/phoenix-ev-eth";
import { sht20XyMd02 } from "./tables/sht20-xy-md02";
import { sigenergyEvdc } from "./tables/sigenergy-evdc";
import { validateTable } from "./validate";

function problems(table: object): string {
	return validateTable(table)
		.map((one) => `${one.place}: ${one.message}`)
		.join("\n");
}

const rules = phoenixEvEth.evse!;
const over = (evse: object): object => ({ ...phoenixEvEth, evse: { ...rules, ...evse } });
const rowOver = (name: string, own: object): object => ({
	...phoenixEvEth,
	rows: phoenixEvEth.rows.map((row) => (row.name === name ? { ...row, ...own } : row)),
});

it.each([
	["no charger", { ...sht20XyMd02, evse: rules }, "evse: only a charger has it, no environment"],
	["a limit that is not there", over({ limit: "most" }), 'evse.limit: "most" is not allowed; there is no such row'],
	["no limit", over({ limit: undefined }), "evse.limit"],
	["a limit that is only read", over({ limit: "power" }), "that row is not written (write)"],
	["a limit that is neither", over({ limit: "enable_charging" }), "it must be a current or a power, not code"],
	["nothing that pauses", over({ charge: undefined }), "it must take 0, as there is no row that pauses"],
	["a switch that is none", over({ charge: "max_current" }), "1 starts and 0 pauses"],
	["nobody who falls back", over({ fallback: undefined }), "evse.fallback"],
	["somebody else who does", over({ fallback: "car" }), "evse.fallback"],
	["a discharge in A", over({ discharge: "max_current" }), "both directions are limited in W"],
	["an unknown field", over({ resume: "power" }), "evse.resume"],
	[
		"a rounding that is none",
		rowOver("max_current", { write: { fc: 6, min: 6, max: 80, nearest: 1 } }),
		"write.nearest",
	],
	["a session of volts", rowOver("voltage_l1", { restarts: true }), "only an energy (Wh, VAh, varh)"],
	["a session that is none", rowOver("energy_wh", { restarts: "daily" }), "energy_wh.restarts"],
])("refuses %s, and says where", (_what, table, wanted) => {
	expect(problems(table)).toContain(wanted);
});

it("takes what chargers have", () => {
	expect(problems(phoenixEvEth)).toBe("");
	expect(problems(sigenergyEvdc)).toBe("");
});
