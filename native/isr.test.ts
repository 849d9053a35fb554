import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findRoot } from "../hosts/desktop/loader";

/*
 * What an interrupt reaches must be in RAM while flash is written (native/isr.h). Nothing here can run the device's code,
 * but the compiler's objects of the board variant have the same functions in the same sections, so whatever is in .iram1
 * must refer to nothing of ours outside of it.
 */
const objects = ["rs485/rs485_core", "rs485/rs485_esp32", "rs485/rs485_esp32_uart"];

/** IDF's that are inline, in RAM by its settings (hosts/esp32s3/sdkconfig), or asked only when flash can be read. */
const elsewhere =
	/^(uart_ll_\w+|gptimer_(get_raw_count|set_alarm_action)|esp_timer_start_once|spi_flash_cache_enabled|standin(Take|Give|Yield)|modMessagePostToMachineFromISR)$/;

/** Functions whose address is given on, and that run on the engine's task or the timers' own. */
const passedOn = new Set(["glueDeliver"]);

function readelf(option: string, object: string): string[] {
	return execFileSync("readelf", [option, "-W", object], { encoding: "utf8", maxBuffer: 1 << 26 }).split("\n");
}

interface ObjectFile {
	sections: Map<string, string>;
	/** Name of the function that begins there: "section offset" to name. */
	starts: Map<string, string>;
	/** Global functions in .iram1. */
	inRam: Set<string>;
	references: { name: string; offset: number }[];
}

function parse(object: string): ObjectFile {
	const sections = new Map<string, string>();
	for (const line of readelf("-S", object)) {
		const found = /^\s*\[\s*(\d+)\]\s+(\S+)/.exec(line);
		if (found) sections.set(found[1]!, found[2]!);
	}
	const starts = new Map<string, string>();
	const inRam = new Set<string>();
	for (const line of readelf("-s", object)) {
		const found = /^\s*\d+:\s+([0-9a-f]+)\s+\d+\s+FUNC\s+(\S+)\s+\S+\s+(\d+)\s+(\S+)/.exec(line);
		if (!found) continue;
		const section = sections.get(found[3]!) ?? "";
		starts.set(`${section} ${Number.parseInt(found[1]!, 16)}`, found[4]!);
		if (section.startsWith(".iram1")) inRam.add(found[4]!);
	}
	const references: ObjectFile["references"] = [];
	let within = false;
	for (const line of readelf("-r", object)) {
		if (line.startsWith("Relocation section")) within = line.includes("'.rela.iram1");
		const found =
			within && /^[0-9a-f]{8,}\s+[0-9a-f]+\s+R_\S+\s+[0-9a-f]+\s+(\S+)(?:\s+([+-])\s+([0-9a-f]+))?/.exec(line);
		if (found) {
			const offset = Number.parseInt(found[3] ?? "0", 16) * (found[2] === "-" ? -1 : 1);
			references.push({ name: found[1]!, offset });
		}
	}
	return { sections, starts, inRam, references };
}

test("what an interrupt of RS-485 reaches is in RAM", () => {
	const files = objects.map((name) =>
		parse(join(findRoot(), "build/addon/board", `native_${name.replace("/", "_")}.o`)),
	);
	const ours = new Set(files.flatMap(({ inRam }) => [...inRam]));
	expect([...ours].sort()).toEqual(expect.arrayContaining(["onTimer", "onUart", "rs485CoreTick", "told"]));
	const outside: string[] = [];
	for (const [i, { starts, references }] of files.entries())
		for (const { name, offset } of references) {
			// a section with an offset: 4 more of it on x86, whose references count from the next instruction
			const function_ = name.startsWith(".")
				? (starts.get(`${name} ${offset}`) ?? starts.get(`${name} ${offset + 4}`) ?? name)
				: name;
			// constants that this computer's compiler keeps in memory; the device's has them beside the code
			if (/^\.(LC\d+|rodata\.cst\d*)$/.test(function_)) continue;
			if (!ours.has(function_) && !elsewhere.test(function_) && !passedOn.has(function_))
				outside.push(`${objects[i]}: ${function_}`);
		}
	expect(outside).toEqual([]);
	expect(files.reduce((sum, { references }) => sum + references.length, 0)).toBeGreaterThan(30);
});
