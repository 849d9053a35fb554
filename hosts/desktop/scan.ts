import { allTables } from "../../modules/devices/generated/tables";
import type { DeviceTable } from "../../modules/devices/table";
import { Field } from "./field";
import { kBauds, kParities, oneOf, parseFlags, whole } from "./flags";
import { formatName, type LineFormat, LineProbe, listen, type Overheard } from "./line-probe";
import { nodeClock } from "./node-clock";
import { UsageError } from "./options";
import { type FoundUnit, kFormats, searchLine, usualUnits } from "./scan-line";
import { checkPort, openFailure } from "./serial-ports";
import { tableOf } from "./table-file";
import { type Fit, type ReadRegisters, rankTables, sunspecIdentity } from "./table-fit";

const kScanUsage = `Usage: npm run scan -- --path PORT [options]
  --path PORT       the serial port: /dev/ttyUSB0
  --tcp HOST[:PORT] a Modbus TCP server or gateway instead
  --baud N --parity none|even|odd --stop 1|2   only this format (the usual ones, one after the other)
  --units A-B       only these addresses (1-247)
  --table FILE      one more table to compare with, beside the catalogue; may not be in it
  --timeout MS      how long an answer may take to begin (150)
  --seconds N       how long to search at most (240)
  --all             go on with other formats when somebody was found
  --anyway          ask although somebody else speaks on the line
  --help            this text

Listens for another master first. Then asks every address in every format who is there, only reading, and compares what
the registers hold with the tables.`;

const flagKinds = {
	path: "text",
	tcp: "text",
	baud: "number",
	parity: "text",
	stop: "number",
	units: "text",
	table: "text",
	timeout: "number",
	seconds: "number",
	all: "yes",
	anyway: "yes",
	help: "yes",
} as const;

/** How long a master that polls once a second or two is waited for. */
const kListenMs = 2500;
/** Tables that are named, and how well one must fit to be. */
const kTablesShown = 3;
const kLeastPercent = 35;

async function main(): Promise<void> {
	const { rest, flags } = parseFlags(process.argv.slice(2), flagKinds);
	if (flags.help) {
		console.log(kScanUsage);
		return;
	}
	if (rest.length > 0) throw new UsageError(`${rest[0]}: options begin with --; --help lists them`);
	if ((flags.path === undefined) === (flags.tcp === undefined)) {
		throw new UsageError("say where to look: --path /dev/ttyUSB0, or --tcp HOST");
	}
	const tables = flags.table === undefined ? allTables : [tableOf(flags.table), ...allTables];
	const units = unitsOf(flags.units);
	const timeoutMs = whole("timeout", flags.timeout, 10, 5000) ?? (flags.tcp ? 600 : 150);
	const mostMs = (whole("seconds", flags.seconds, 1, 86_400) ?? 240) * 1000;
	const formats = flags.tcp === undefined ? formatsOf(flags) : [noFormat];
	if (flags.path !== undefined) checkPort(flags.path);
	const field = new Field();
	let interrupted = false;
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => (interrupted = true));
	try {
		if (flags.path !== undefined && !(await isFree(field, flags.path, formats, flags.anyway))) {
			process.exitCode = 3;
			return;
		}
		const link = linkOf(field, flags.path, flags.tcp);
		const progress = new Progress();
		const result = await searchLine({
			link,
			clock: nodeClock,
			formats,
			units,
			timeoutMs,
			mostMs,
			allFormats: flags.all,
			stopped: () => interrupted,
			onProgress: (format, unit, done) => progress.show(format, unit, done),
			onFound: (found) => progress.say(`found  ${place(found)}, answers in ${Math.round(found.tookMs)} ms`),
		});
		progress.clear();
		if (result.found.length === 0) {
			console.log(nobody(result.fault, [...result.broken.keys()], flags.path ?? flags.tcp!, interrupted));
			process.exitCode = 2;
			return;
		}
		for (const found of result.found) await report(found, link, tables, flags);
		if (result.done < 1)
			console.log(`Not all was asked (${Math.round(100 * result.done)} %): more with --seconds or --units.`);
	} finally {
		field.close();
	}
}

const noFormat: LineFormat = { baud: 0, parity: "none", stop: 1 };

function unitsOf(text: string | undefined): number[] {
	if (text === undefined) return usualUnits();
	const [first, last = first] = text.split("-").map(Number);
	const least = whole("units", first, 1, 255)!;
	const most = whole("units", last, least, 255)!;
	return Array.from({ length: most - least + 1 }, (_, i) => least + i);
}

function formatsOf(flags: {
	baud: number | undefined;
	parity: string | undefined;
	stop: number | undefined;
}): LineFormat[] {
	const baud = oneOf("baud", flags.baud, kBauds as readonly number[]);
	const parity = oneOf("parity", flags.parity, kParities as readonly string[]) as LineFormat["parity"] | undefined;
	const stop = oneOf("stop", flags.stop, [1, 2]) as 1 | 2 | undefined;
	const wanted = kFormats.filter(
		(one) =>
			(baud === undefined || one.baud === baud) &&
			(parity === undefined || one.parity === parity) &&
			(stop === undefined || one.stop === stop),
	);
	if (wanted.length > 0) return wanted;
	return [{ baud: baud ?? 9600, parity: parity ?? "none", stop: stop ?? 1 }];
}

function linkOf(field: Field, path: string | undefined, tcp: string | undefined) {
	if (tcp === undefined) {
		return (format: LineFormat) => ({ io: field.RS485, port: path!, ...format });
	}
	const [host, port = "502"] = tcp.split(":");
	if (!host || !/^\d{1,5}$/.test(port)) throw new UsageError(`--tcp ${tcp}: it must be HOST or HOST:PORT`);
	return () => ({ io: field.TCP, host, port: Number(port) });
}

/** Listens before anything is sent. False: somebody else speaks, and we keep silent. */
async function isFree(field: Field, path: string, formats: readonly LineFormat[], anyway: boolean): Promise<boolean> {
	console.log(`listening on ${path}`);
	let heard: Overheard;
	try {
		heard = await listen(field.RS485, path, formats[0]!, kListenMs, nodeClock);
	} catch (error) {
		throw openFailure(path, error);
	}
	if (heard.bytes === 0) return true;
	const names = [...heard.frames].map(([name, count]) => `${count} of ${name}`).join(", ");
	console.log(
		`Somebody else speaks on this line: ${heard.bytes} bytes in ${kListenMs / 1000} s${names === "" ? "" : `, frames: ${names}`}.`,
	);
	if (anyway) return true;
	console.log("Two masters spoil each other's answers. Take the other one off, or ask all the same with --anyway.");
	return false;
}

async function report(
	found: FoundUnit,
	link: ReturnType<typeof linkOf>,
	tables: readonly DeviceTable[],
	flags: { path: string | undefined; tcp: string | undefined },
): Promise<void> {
	const probe = new LineProbe(link(found.format), nodeClock);
	const read = remembering((code, address, count) =>
		probe.read(found.unit, code, address, count, Math.max(400, 4 * found.tookMs), 1),
	);
	console.log(`\n${place(found)}`);
	try {
		const sunspec = await sunspecIdentity(read);
		if (sunspec) {
			const who = [sunspec.maker, sunspec.model].filter((one) => one !== "").join(" ");
			console.log(`  100 %  sunspec  "SunS" stands at ${sunspec.base}${who === "" ? "" : `: ${who}`}`);
			console.log('         in a site: "device": "sunspec"');
		}
		const serial = found.format.baud > 0;
		const fits = await rankTables(tables, read, { ...(serial ? { format: found.format } : {}), unit: found.unit });
		const good = fits.filter(({ percent }) => percent >= kLeastPercent).slice(0, kTablesShown);
		for (const fit of good) for (const line of fitLines(fit)) console.log(line);
		if (good.length === 0 && !sunspec) {
			console.log(
				"  no table of the catalogue fits: npm run new-device, with its register list (docs/add-a-device.md)",
			);
		}
		const best = good[0];
		if (best) console.log(`  look at it: npm run try-device -- ${best.table.id} ${whereFlags(found, flags)}`);
	} finally {
		probe.close();
	}
}

function fitLines({ table, percent, reasons }: Fit): string[] {
	const head = `  ${`${percent} %`.padStart(5)}  ${table.id}  (${table.maker} ${table.model})`;
	return [head, ...reasons.slice(0, 4).map((one) => `         ${one}`)];
}

function whereFlags(
	{ format, unit }: FoundUnit,
	{ path, tcp }: { path: string | undefined; tcp: string | undefined },
): string {
	if (path === undefined) return `--tcp ${tcp} --unit ${unit}`;
	const parity = format.parity === "none" ? "" : ` --parity ${format.parity}`;
	const stop = format.stop === 1 ? "" : " --stop 2";
	return `--path ${path} --unit ${unit} --baud ${format.baud}${parity}${stop}`;
}

function place({ format, unit }: Pick<FoundUnit, "format" | "unit">): string {
	return format.baud === 0 ? `unit ${unit}` : `unit ${unit} at ${formatName(format)}`;
}

function nobody(fault: string, broken: readonly LineFormat[], where: string, interrupted: boolean): string {
	if (fault !== "") return `${where}: ${fault}`;
	if (broken.length > 0) {
		const formats = broken.map(formatName).join(", ");
		return `Nobody answered whole, but something came at ${formats}: two devices with one address, or a bad line.`;
	}
	if (interrupted) return "Nobody has answered so far.";
	return [
		"Nobody answers. In this order: is the device powered; swap A and B; a ground wire between both; is Modbus RTU what",
		"it is set to (some leave the factory with ASCII, BACnet or another protocol); more with --timeout 500 --units 1-247.",
	].join("\n");
}

/** Each read is made once. */
function remembering(read: ReadRegisters): ReadRegisters {
	const known = new Map<string, ReturnType<ReadRegisters>>();
	return (code, address, count) => {
		const key = `${code} ${address} ${count}`;
		let result = known.get(key);
		if (!result) known.set(key, (result = read(code, address, count)));
		return result;
	};
}

/** One line that changes on a terminal; without one, a line for each format. */
class Progress {
	#live = process.stdout.isTTY === true;
	#last = "";

	show(format: LineFormat, unit: number, done: number): void {
		const name = format.baud === 0 ? "" : ` at ${formatName(format)}`;
		if (this.#live) process.stdout.write(`\r\x1b[K${Math.round(100 * done)} %  asking unit ${unit}${name}`);
		else if (this.#last !== name) console.log(`${Math.round(100 * done)} %  asking${name}`);
		this.#last = name;
	}

	say(text: string): void {
		this.clear();
		console.log(text);
	}

	clear(): void {
		if (this.#live) process.stdout.write("\r\x1b[K");
	}
}

main().catch((error: unknown) => {
	console.error(`scan: ${error instanceof Error ? error.message : error}`);
	process.exitCode = 1;
});
