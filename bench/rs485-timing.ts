/**
 * RS-485 on the device, in time: the port's own C on a stand-in for UART and timer, with interrupts up to 30 us late and
 * whatever the chip's manual leaves open chosen at random. What must hold is checked by the program itself, which fails else.
 */
import { compileAndRun, rs485Board } from "../native/compile";
import { type Report, sayer } from "./figure";

const sequences = 1_000_000;

function group(output: string, pattern: RegExp): number[] {
	const found = pattern.exec(output);
	if (!found) throw new Error(`the program did not say ${pattern.source}`);
	return found.slice(1).map(Number);
}

export async function run(report: Report): Promise<void> {
	const say = sayer("rs485-timing", report);
	const output = compileAndRun([...rs485Board, "rs485/esp32_timing_test.c"], [`${sequences}`], {
		board: true,
		fast: true,
	});
	const [splits, joins] = group(output, /split (\d+) that do not (\d+)/) as [number, number];
	const [failures] = group(output, /(\d+) failures/) as [number];
	say("random sequences, pauses of 0 to 6 characters and to 2 x T3.5", sequences, "", {
		note: `${splits} pauses that split a frame, ${joins} that do not; interrupts up to 30 us late`,
	});
	say("frames split by less than T3.5, or joined over more than T3.5 + tolerance", failures, "", { budget: 0 });
	say(
		"shortest pause that split, to 19200 baud",
		group(output, /shortest pause that splits ([\d.]+)/)[0],
		"characters",
		{
			note: "3.5 are allowed",
		},
	);
	for (const baud of [1200, 9600, 19200, 38400, 57600, 115200]) {
		const [endUs, characters, joinUs] = group(
			output,
			new RegExp(`baud ${baud} end ([\\d.]+) us ([\\d.]+) characters.* T3.5 \\+ ([\\d.]+)`),
		) as [number, number, number];
		say(`${baud} baud: end of a frame, latest after T3.5`, characters, "characters", {
			budget: 1,
			note: `${endUs} us; longest pause that did not split: T3.5 + ${joinUs} us; all formats, 10 to 12 bits`,
		});
	}
	const [leadUs, release] = group(output, /driver on ([\d.]+) us .* off ([\d.]+) characters/) as [number, number];
	say("driver enable: on before the first start bit, at least", leadUs, "us", { note: "at 115200 baud; a bit time" });
	say("driver enable: off after the last stop bit, latest", release, "characters", { budget: 1 });
}
