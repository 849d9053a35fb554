import type { DeviceTable } from "../../modules/devices/table";
import type { LinkIo } from "../../modules/site/links";
import type { SiteBus } from "../../modules/site/site-file";
import { TypicalSource } from "../../sim/typical";
import { advice, renderDevice, rowLine } from "./device-view";
import { busFor, DeviceWatch } from "./device-watch";
import { Field } from "./field";
import { type FlagValues, kBauds, kParities, oneOf, parseFlags, whole } from "./flags";
import { nodeClock } from "./node-clock";
import { UsageError } from "./options";
import { checkPort, openFailure } from "./serial-ports";
import { simulatedIo } from "./simulated-device";
import { tableOf } from "./table-file";

const kTryUsage = `Usage: npm run try-device -- FILE [options]
  FILE              a table (.ts, .js, .json), or the id of a device of the catalogue
  --path PORT       the serial port it is on: /dev/ttyUSB0
  --tcp HOST[:PORT] where it is on the network: Modbus TCP (port 502), its web server (80) or its MQTT broker (1883)
  --prefix TEXT     with JSON: beginning of its paths or topics;  --user NAME --password WORD   who we are there
  --sim             its own simulator instead
  --unit N          its address (the table's)
  --baud N --parity none|even|odd --stop 1|2   the line's (the table's)
  --timeout MS      how long it may take to answer (the table's)
  --once            read every row once, print them and end: 0 when all came, 1 when some did not, 2 when none did
  --help            this text

Shows every row with its bytes and what they mean, live; without a terminal a line for each row that changes.`;

const flagKinds = {
	path: "text",
	tcp: "text",
	sim: "yes",
	prefix: "text",
	user: "text",
	password: "text",
	unit: "number",
	baud: "number",
	parity: "text",
	stop: "number",
	timeout: "number",
	once: "yes",
	help: "yes",
} as const;

interface Place {
	/** "at /dev/ttyUSB0, 9600 8N1". */
	words: string;
	serial: boolean;
	scan: string;
	bus: SiteBus;
	io: LinkIo;
	close(): void;
}

async function main(): Promise<void> {
	const { rest, flags } = parseFlags(process.argv.slice(2), flagKinds);
	if (flags.help) {
		console.log(kTryUsage);
		return;
	}
	if (rest.length !== 1) throw new UsageError("name one table: npm run try-device -- FILE --path /dev/ttyUSB0");
	const ways = [flags.path, flags.tcp, flags.sim || undefined].filter((one) => one !== undefined);
	if (ways.length !== 1) throw new UsageError("say where the device is: --path PORT, --tcp HOST, or --sim");
	const table = tableOf(rest[0]!);
	const unit = whole("unit", flags.unit, 1, 255) ?? table.bus.unit;
	const place = flags.sim ? simulated(table, unit) : flags.tcp ? connection(table, flags) : line(table, flags);
	const timeoutMs = whole("timeout", flags.timeout, 10, 10_000);
	let watch: DeviceWatch;
	try {
		const { bus, io } = place;
		watch = new DeviceWatch({ table, unit, bus, io, clock: nodeClock, path: flags.prefix, timeoutMs });
	} catch (error) {
		place.close();
		throw flags.path === undefined ? error : openFailure(flags.path, error);
	}
	const title = `${table.maker} ${table.model} (${table.id}) ${place.words}, unit ${unit}`;
	const show = flags.once ? once : process.stdout.isTTY === true ? live : log;
	const code = await show(watch, title, place);
	watch.close();
	place.close();
	// a simulated bus goes on by itself; what was printed goes out first
	process.stdout.write("", () => process.exit(code));
}

function simulated(table: DeviceTable, unit: number): Place {
	return {
		words: "as its simulator",
		serial: true,
		scan: "",
		bus: busFor(table),
		io: simulatedIo(table, unit, new TypicalSource(table), nodeClock),
		close: () => {},
	};
}

type Flags = FlagValues<typeof flagKinds>;

function line(table: DeviceTable, flags: Flags): Place {
	const path = flags.path!;
	if (!isLine(table)) throw new UsageError(`${table.id} is on no serial line: ${where(table)}`);
	checkPort(path);
	const baud = oneOf("baud", flags.baud, kBauds as readonly number[]) ?? (table.bus.baud || 9600);
	const parity = oneOf("parity", flags.parity, kParities as readonly string[]) as "none" | undefined;
	const stop = oneOf("stop", flags.stop, [1, 2]) as 1 | 2 | undefined;
	const settings = { baud, parity: parity ?? table.bus.parity, stop: stop ?? table.bus.stop };
	const field = new Field();
	return {
		words: `at ${path}, ${settings.baud} 8${settings.parity[0]!.toUpperCase()}${settings.stop}`,
		serial: true,
		scan: `npm run scan -- --path ${path}`,
		bus: busFor(table, { port: path, ...settings }),
		io: field,
		close: () => field.close(),
	};
}

const ports: Readonly<Record<string, number>> = { modbus: 502, "json-http": 80, "json-mqtt": 1883 };

function connection(table: DeviceTable, flags: Flags): Place {
	const protocol = table.protocol ?? "modbus";
	const usual = ports[protocol];
	if (usual === undefined) throw new UsageError(`${table.id} is on no network: ${where(table)}`);
	const [host, port = String(usual)] = flags.tcp!.split(":");
	if (!host || !/^\d{1,5}$/.test(port)) throw new UsageError(`--tcp ${flags.tcp}: it must be HOST or HOST:PORT`);
	const kind = protocol === "modbus" ? "tcp" : protocol === "json-http" ? "http" : "mqtt";
	const field = new Field();
	return {
		words: `at ${host}:${port}`,
		serial: false,
		scan: "",
		bus: busFor(table, { kind, host, port: Number(port), user: flags.user ?? "", password: flags.password ?? "" }),
		io: field,
		close: () => field.close(),
	};
}

function isLine({ protocol = "modbus" }: DeviceTable): boolean {
	return !["can", "json-http", "json-mqtt", "atm90e32", "relay"].includes(protocol);
}

/** How a device that is not on a line is tried. */
function where({ protocol = "modbus" }: DeviceTable): string {
	if (ports[protocol] !== undefined) return "--tcp HOST, or --sim";
	if (isLine({ protocol } as DeviceTable)) return "--path PORT, or --sim";
	return "--sim, or in a site with npm start";
}

type Show = (watch: DeviceWatch, title: string, place: Place) => Promise<number>;

/** How long a device may take to begin before it is called silent. */
const kSilentMs = 3000;

/** The table on the terminal, drawn anew each half second until Ctrl-C. */
const live: Show = async (watch, title, place) => {
	let height = 0;
	const startMs = performance.now();
	const draw = (): void => {
		const width = process.stdout.columns ?? 80;
		const colour = process.env["NO_COLOR"] === undefined;
		const lines = renderDevice(title, watch.rows(), watch.counts, { colour, width });
		lines.push(...troubles(watch, place, performance.now() - startMs), "Ctrl-C ends it.");
		// what scrolled out above cannot be drawn over
		lines.splice(Math.max(1, (process.stdout.rows ?? 24) - 1));
		process.stdout.write(`${height > 0 ? `\x1b[${height}A` : ""}\x1b[J${lines.join("\n")}\n`);
		height = lines.length;
	};
	process.stdout.write("\x1b[?25l");
	draw();
	const timer = setInterval(draw, 500);
	await interrupted();
	clearInterval(timer);
	draw();
	process.stdout.write("\x1b[?25h");
	return watch.answered ? 0 : 2;
};

/** A line for each row that is new or has changed. */
const log: Show = async (watch, title, place) => {
	console.log(title);
	const before = new Map<string, string>();
	const startMs = performance.now();
	let advised = false;
	const look = (): void => {
		for (const row of watch.rows()) {
			const text = rowLine(row);
			if (before.get(row.name) === text || row.trouble === "not read yet") continue;
			before.set(row.name, text);
			console.log(text);
		}
		const lines = troubles(watch, place, performance.now() - startMs);
		if (lines.length > 0 && !advised) console.log(lines.join("\n"));
		advised ||= lines.length > 0;
	};
	const timer = setInterval(look, 250);
	await interrupted();
	clearInterval(timer);
	return watch.answered ? 0 : 2;
};

const once: Show = async (watch, title, place) => {
	const startMs = performance.now();
	const end = interrupted();
	let over = false;
	void end.then(() => {
		over = true;
	});
	// a device that is silent is asked again ever more seldom
	while (!watch.complete && !over && (watch.answered || performance.now() - startMs < kSilentMs + 3000)) {
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	const rows = watch.rows();
	const lines = renderDevice(title, rows, watch.counts, { colour: false, width: 200 });
	console.log([...lines, ...troubles(watch, place, kSilentMs)].join("\n"));
	if (!watch.answered) return 2;
	return rows.every(({ trouble }) => trouble === "" || trouble === "it says it has none") ? 0 : 1;
};

function troubles(watch: DeviceWatch, place: Place, sinceMs: number): string[] {
	const lines: string[] = [];
	if (watch.fault !== "") lines.push(watch.fault);
	else if (sinceMs >= kSilentMs) lines.push(...advice(watch.counts, place));
	return lines.length > 0 ? ["", ...lines] : [];
}

/** Resolves with the first Ctrl-C or the end of whoever reads our output. */
function interrupted(): Promise<void> {
	return new Promise((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
		process.stdout.on("error", () => resolve());
	});
}

main().catch((error: unknown) => {
	console.error(`try-device: ${error instanceof Error ? error.message : error}`);
	process.exitCode = 1;
});
