import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { kBauds, kParities, oneOf, parseFlags, whole } from "./flags";
import { findRoot } from "./loader";
import { idOf, kNewKinds, type NewTable, newTable } from "./new-table";
import { UsageError } from "./options";
import { shortPath } from "./plugin-files";
import { tableOf } from "./table-file";

const kUsage = `Usage: npm run new-device -- [options]
  --maker TEXT --model TEXT   as they stand on the device
  --id ID                     its name in site files (made of maker and model)
  --kind KIND                 ${kNewKinds.join(", ")} (meter)
  --phases 1|2|3              of a meter (1)
  --fc 3|4                    function that reads most registers (4)
  --type f32|32|16            what most registers hold: floats, whole numbers of two registers or of one (f32)
  --word-order hi-lo|lo-hi    which word of two comes first (hi-lo)
  --first N                   address of the first register, from 0 (0)
  --baud N --parity none|even|odd --stop 1|2 --unit N   as it leaves the factory (9600 8N1, 1)
  --positive import|export    which power it counts as positive (import; an inverter: export)
  --source TEXT               where the register list comes from
  --plugin FILE               a file of its own instead of one in the catalogue: a plug-in
  --help                      this text

What is not given is asked for. Writes one table, which can be simulated as it stands: put the registers where the
device has them, and look at each with npm run try-device.`;

const flagKinds = {
	maker: "text",
	model: "text",
	id: "text",
	kind: "text",
	phases: "number",
	fc: "number",
	type: "text",
	"word-order": "text",
	first: "number",
	baud: "number",
	parity: "text",
	stop: "number",
	unit: "number",
	positive: "text",
	source: "text",
	plugin: "text",
	help: "yes",
} as const;

/** What a person is asked, by the option that answers it. */
const questions: Readonly<Record<string, string>> = {
	maker: "Maker, as it stands on the device",
	model: "Model, as it stands on the device",
	id: "Name in site files",
	kind: `Kind (${kNewKinds.join(", ")})`,
	phases: "Phases (1, 2, 3)",
	fc: "Function that reads most registers (3 holding, 4 input)",
	type: "Most registers hold (f32 floats, 32 or 16 whole numbers of that many bits)",
	"word-order": "Of two registers, which comes first (hi-lo, lo-hi)",
	first: "Address of the first register, from 0",
	baud: "Baud",
	parity: "Parity (none, even, odd)",
	unit: "Its address",
	positive: "Power it counts as positive (import: bought, export: sold)",
	source: "Where the register list comes from",
};

async function main(): Promise<void> {
	const { rest, flags } = parseFlags(process.argv.slice(2), flagKinds);
	if (flags.help) {
		console.log(kUsage);
		return;
	}
	if (rest.length > 0) throw new UsageError(`${rest[0]}: options begin with --; --help lists them`);
	const asks =
		process.stdin.isTTY === true ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
	const ask = async (option: string, usual?: string): Promise<string> => {
		const question = questions[option]!;
		if (!asks) {
			if (usual === undefined) throw new UsageError(`--${option} is missing; --help lists the options`);
			return usual;
		}
		const hint = usual === undefined ? "" : ` [${usual}]`;
		for (;;) {
			const answer = (await asks.question(`${question}${hint}: `)).trim();
			if (answer !== "" || usual !== undefined) return answer || usual!;
		}
	};
	try {
		const maker = flags.maker ?? (await ask("maker"));
		const model = flags.model ?? (await ask("model"));
		const id = flags.id ?? (await ask("id", idOf(maker, model)));
		if (!/^[a-z0-9][a-z0-9-]{1,62}$/.test(id))
			throw new UsageError(`--id ${id}: 2 to 63 small letters, digits and dashes`);
		const kind = oneOf("kind", flags.kind ?? (await ask("kind", "meter")), kNewKinds as readonly string[]) as "meter";
		const usualPhases = flags.phases ?? (kind === "meter" ? Number(await ask("phases", "1")) : 1);
		const device: NewTable = {
			maker,
			model,
			id,
			kind,
			phases: oneOf("phases", usualPhases, [1, 2, 3]) as 1,
			fc: oneOf("fc", flags.fc ?? Number(await ask("fc", "4")), [3, 4]) as 4,
			type: oneOf("type", flags.type ?? (await ask("type", "f32")), ["f32", "32", "16"]) as "f32",
			wordOrder: oneOf("word-order", flags["word-order"] ?? (await ask("word-order", "hi-lo")), [
				"hi-lo",
				"lo-hi",
			]) as "hi-lo",
			first: whole("first", flags.first ?? Number(await ask("first", "0")), 0, 65_000)!,
			baud: oneOf("baud", flags.baud ?? Number(await ask("baud", "9600")), kBauds as readonly number[])!,
			parity: oneOf("parity", flags.parity ?? (await ask("parity", "none")), kParities as readonly string[]) as "none",
			stop: oneOf("stop", flags.stop ?? 1, [1, 2]) as 1,
			unit: whole("unit", flags.unit ?? Number(await ask("unit", "1")), 1, 255)!,
			positive: oneOf("positive", flags.positive ?? (await direction(kind, ask)), ["import", "export"]) as "import",
			source: flags.source ?? (await ask("source", `${maker} ${model} register list`)),
			types: flags.plugin === undefined ? "../table" : "gridpost/plugin",
		};
		write(device, flags.plugin);
	} finally {
		asks?.close();
	}
}

async function direction(kind: string, ask: (question: string, usual: string) => Promise<string>): Promise<string> {
	if (kind === "meter") return ask("positive", "import");
	return "export";
}

function write(device: NewTable, plugin: string | undefined): void {
	const root = findRoot();
	const file = plugin === undefined ? join(root, `modules/devices/tables/${device.id}.ts`) : resolve(plugin);
	if (existsSync(file)) throw new UsageError(`${shortPath(file)} is there already; choose another --id or file`);
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, newTable(device));
	tableOf(file);
	if (plugin === undefined) {
		run(root, ["tools/generate-tables.mjs"]);
		run(root, ["tools/check-manifest.mjs", "--write"]);
	}
	const path = shortPath(file);
	console.log(`${path} is written. Put its rows where the device has them, then:`);
	console.log(`  npm run try-device -- ${path} --sim`);
	console.log(`  npm run try-device -- ${path} --path /dev/ttyUSB0 --unit ${device.unit}`);
	if (plugin !== undefined) console.log(`  npm start -- --plugin ${path} --site FILE`);
}

function run(root: string, args: readonly string[]): void {
	const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
	if (status !== 0) throw new UsageError(`node ${args.join(" ")}: ${stderr.trim()}`);
}

main().catch((error: unknown) => {
	console.error(`new-device: ${error instanceof Error ? error.message : error}`);
	process.exitCode = 1;
});
