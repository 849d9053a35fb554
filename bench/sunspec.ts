/** SunSpec on the engine of the device: byte codes, time here, heap as on the device (slots of 16 bytes). */
import { modelIds, modelText } from "../modules/sunspec/generated/catalogue";
import { heapBytes, microsecondsOf, type Report, sayer } from "./figure";
import { sunSpecMachine } from "./sunspec-machine";

const points = ["A", "AphA", "AphB", "AphC", "PhV", "PhVphA", "PhVphB", "PhVphC", "PPV", "Hz"]
	.concat(["W", "WphA", "WphB", "WphC", "VA", "VAR", "PF", "TotWhExp", "TotWhImp", "TotVAhExp"])
	.map((name): [number, string, string] => [213, name, ""]);

export function run(report: Report): void {
	const { machine, xs } = sunSpecMachine();
	const say = sayer("sunspec", report);
	const heap = () => heapBytes(machine);
	const heapOf = (action: () => void) => {
		const before = heap();
		action();
		return heap() - before;
	};
	const codesOf = (action: () => void) => {
		const before = machine.counters().byteCodes;
		action();
		return machine.counters().byteCodes - before;
	};
	let text = 0;
	for (const id of modelIds) text += modelText(id)!.length;
	say("tables of all models, in flash", text, "bytes");

	xs.make([{ id: 1 }]);
	say(
		"heap of a meter's image (1 + 213)",
		heapOf(() => xs.make([{ id: 1 }, { id: 213 }])),
		"bytes",
	);
	say(
		"heap of 20 points with value, time and quality",
		heapOf(() => xs.handles(1, points)),
		"bytes",
	);
	const der = [1, ...Array.from({ length: 15 }, (_unused, i) => 701 + i)].map((id) => ({ id, repeats: 3 }));
	let codes = 0;
	say(
		"heap of a DER's image (1 + 701 to 715)",
		heapOf(() => (codes = codesOf(() => xs.make(der)))),
		"bytes",
	);
	say("building a DER's image", codes, "byte codes");
	say(
		"building a meter's image",
		codesOf(() => xs.make([{ id: 1 }, { id: 213 }])),
		"byte codes",
	);

	xs.space([[5, 1]], false);
	xs.read(5, 40000, 125);
	say(
		"read of 125 registers",
		codesOf(() => xs.read(5, 40000, 125)),
		"byte codes",
	);
	say(
		"read of 125 registers, here",
		microsecondsOf(2000, () => xs.read(5, 40000, 125, 2000)),
		"microseconds",
		{ budget: 5000, note: "without a network; on the device still to be measured" },
	);
	say(
		"20 points set",
		codesOf(() => xs.fill(1)),
		"byte codes",
	);
	say(
		"20 points set, here",
		microsecondsOf(2000, () => xs.fill(1, 2000)),
		"microseconds",
	);
	say(
		"heap of 20 points set",
		heapOf(() => xs.fill(1)),
		"bytes",
		{ budget: 0 },
	);
	machine.finish();
}
