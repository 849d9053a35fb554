import { existsSync } from "node:fs";
import { connect } from "node:net";
import { DesktopHub } from "./app";
import { type EmbeddedBroker, startBroker } from "./broker";
import { type CliOptions, kDemoSite, kUsage, parseOptions, UsageError } from "./options";
import { loadPluginFile } from "./plugin-files";
import { fileStore, passingStore } from "./site-store";
import { renderTable, type Snapshot } from "./table";

/** Of the log, below the table. */
const kLinesShown = 5;
/** How long the broker's clients may take to let go when the hub stops. */
const kPatienceMs = 2000;

/** The desktop hub: `npm start`. Everything a person must mend is one sentence and exit code 1. */
async function main(): Promise<void> {
	const options = parseOptions(process.argv.slice(2));
	if (options.help) {
		console.log(kUsage);
		return;
	}
	if (!existsSync(options.site)) throw new UsageError(`--site ${options.site}: there is no such file`);
	if (options.xsbug !== undefined) await debuggerListens(options.xsbug);
	const live = process.stdout.isTTY === true && !options.headless;
	const store = options.site === kDemoSite ? passingStore(options.site) : fileStore(options.site);
	const lines: string[] = [];
	const plugins = options.plugins.map((file) => loadPluginFile(file));
	let broker: EmbeddedBroker | undefined;
	let running: Running | undefined;

	/** Throws what a person must mend; nothing runs then. */
	const open = async (): Promise<void> => {
		const siteText = store.read();
		const site = sketch(siteText);
		if (options.speed > 1 && site.realBus !== undefined)
			throw new UsageError(
				`--speed ${options.speed}: the devices of bus ${site.realBus} are real and keep their own time`,
			);
		const known = options.broker ?? site.broker;
		if (known === undefined) broker ??= await openBroker(options.mqttPort);
		const brokerUrl = known ?? `mqtt://127.0.0.1:${broker!.port}`;
		const hub = new DesktopHub({
			siteText,
			siteStore: store,
			plugins,
			adminPassword: process.env["GRIDPOST_PASSWORD"] ?? "",
			onRestart: () => void restart(),
			options: {
				modbusPort: options.modbusPort ?? site.modbusPort ?? 1502,
				httpPort: options.httpPort ?? site.httpPort ?? 8080,
				broker: brokerUrl,
			},
			clock: options.speed > 1 ? "virtual" : "real",
			epochMs: Date.now(),
			dataFolder: options.data,
			...(options.xsbug === undefined ? {} : { xsbug: options.xsbug }),
			log: (level, area, text) => {
				if (level === "debug") return;
				const line = `${level.padEnd(5)} ${area}: ${text}`;
				if (!live) console.log(line);
				else if (lines.push(line) > kLinesShown) lines.shift();
			},
		});
		const [refused] = hub.io.refusedPorts;
		if (refused) {
			hub.close();
			throw refused;
		}
		for (const line of banner(hub, options, site, brokerUrl)) console.log(line);
		const stopClock = options.speed > 1 ? runVirtual(hub, options.speed) : () => {};
		const stopScreen = live ? showTable(hub, lines) : logReadings(hub);
		running = {
			stop() {
				stopScreen();
				stopClock();
				hub.close();
			},
		};
	};

	/** The site file was changed over HTTP. */
	const restart = async (): Promise<void> => {
		if (stopping) return;
		running?.stop();
		running = undefined;
		try {
			await open();
		} catch (error) {
			console.error(`gridpost: ${oneSentence(error)}`);
			try {
				// in order by itself, and yet it does not start (a port that is taken): the hub goes on as it was
				if (!store.revert()) throw error;
				await open();
				console.error("gridpost: runs with the site file before");
			} catch {
				process.exit(1);
			}
		}
	};

	let stopping = false;
	const stop = async (): Promise<void> => {
		if (stopping) return;
		stopping = true;
		running?.stop();
		setTimeout(() => process.exit(0), kPatienceMs);
		await broker?.close();
		process.exit(0);
	};
	try {
		await open();
	} catch (error) {
		await broker?.close();
		throw error;
	}
	// not once: Ctrl-C comes twice, from the terminal and passed on by tools/start.mjs, and the second would kill
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop());
	// whoever read our output has gone (`npm start | head`)
	process.stdout.on("error", () => void stop());
}

/** A hub with what goes on around it. */
interface Running {
	stop(): void;
}

/** Throws UsageError when nothing listens there: the engine would go on without a debugger and without a word. */
function debuggerListens(place: string): Promise<void> {
	const [host, port] = [place.slice(0, place.lastIndexOf(":")), Number(place.slice(place.lastIndexOf(":") + 1))];
	if (host === "" || !(port > 0 && port < 65536)) throw new UsageError(`--xsbug ${place}: it must be host:port`);
	return new Promise((resolve, reject) => {
		const probe = connect(port, host, () => {
			probe.destroy();
			resolve();
		});
		probe.once("error", () => reject(new UsageError(`--xsbug ${place}: no debugger listens there; start xsbug first`)));
	});
}

interface Sketch {
	name: string;
	root: string;
	broker: string | undefined;
	modbusPort: number | undefined;
	httpPort: number | undefined;
	units: number[];
	/** The first bus that is not simulated. */
	realBus: string | undefined;
}

const kNothingKnown: Sketch = {
	name: "",
	root: "",
	broker: undefined,
	modbusPort: undefined,
	httpPort: undefined,
	units: [],
	realBus: undefined,
};

/** What the banner and the broker need of the site file before the application has checked it. */
function sketch(text: string): Sketch {
	try {
		const site = JSON.parse(text);
		const services = site.services ?? {};
		return {
			name: String(site.name),
			root: `openami/v1/${site.feederId}/${site.gatewayId}`,
			broker: services.mqtt?.broker,
			modbusPort: services.sunspec?.port,
			httpPort: services.http?.port,
			units: (site.devices ?? []).map((device: { unit: number }) => device.unit),
			realBus: (site.buses ?? []).find((bus: { port: unknown }) => bus.port !== "sim")?.id,
		};
	} catch {
		return kNothingKnown;
	}
}

async function openBroker(port: number): Promise<EmbeddedBroker> {
	try {
		return await startBroker(port);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EADDRINUSE")
			throw new UsageError(
				`port ${port} (MQTT) is taken by another program; choose another with --mqtt, or name a broker with --broker`,
			);
		if (code === "EACCES")
			throw new UsageError(`port ${port} (MQTT) needs more rights; choose one above 1023 with --mqtt`);
		throw error;
	}
}

function banner(hub: DesktopHub, options: CliOptions, site: Sketch, brokerUrl: string): string[] {
	const modbus = options.modbusPort ?? site.modbusPort ?? 1502;
	const http = options.httpPort ?? site.httpPort ?? 8080;
	return [
		`Gridpost: ${site.name}, ${hub.pole ? "simulated devices" : "real devices"}. Ctrl-C stops it.`,
		`  SunSpec  Modbus TCP 127.0.0.1:${modbus}, base 40000; unit 1 is the hub, then ${ranges(site.units)}`,
		`  HTTP     http://127.0.0.1:${http}/ is the dashboard; for programs http://127.0.0.1:${http}/api/site and /api/events`,
		`  MQTT     ${brokerUrl === "" ? "off" : `${brokerUrl}; try: ${subscription(brokerUrl)} -t '${site.root}/#' -v`}`,
		"",
	];
}

/** The start of a mosquitto_sub line for a broker. */
function subscription(brokerUrl: string): string {
	const { protocol, hostname, port } = new URL(brokerUrl);
	const tls = protocol === "mqtts:";
	const host = hostname.replace(/^\[|\]$/g, "");
	return `mosquitto_sub -h ${host} -p ${port || (tls ? 8883 : 1883)}${tls ? " --capath /etc/ssl/certs" : ""}`;
}

/** 11, 12, 13, 21 as "11 to 13, 21". */
function ranges(numbers: readonly number[]): string {
	const parts: string[] = [];
	const sorted = [...numbers].sort((a, b) => a - b);
	for (let i = 0; i < sorted.length; i++) {
		const first = sorted[i]!;
		while (sorted[i + 1] === sorted[i]! + 1) i++;
		parts.push(sorted[i] === first ? `${first}` : `${first} to ${sorted[i]}`);
	}
	return parts.join(", ");
}

/** Moves a virtual clock `speed` times as fast as the computer's, in steps of 20 ms of real time. */
function runVirtual(hub: DesktopHub, speed: number): () => void {
	let last = performance.now();
	const timer = setInterval(() => {
		const now = performance.now();
		// a machine that cannot keep up runs slower, rather than ever longer behind
		const elapsedMs = Math.min(now - last, 100);
		last = now;
		hub.machine.advance(elapsedMs * speed);
	}, 20);
	return () => clearInterval(timer);
}

/** The live table, once a second, below what the banner said. */
function showTable(hub: DesktopHub, log: string[]): () => void {
	let height = 0;
	const draw = (): void => {
		const width = process.stdout.columns ?? 80;
		const rows = renderTable(hub.snapshot(), { colour: process.env["NO_COLOR"] === undefined, width });
		if (log.length > 0) rows.push("", ...log.map((line) => line.slice(0, width)));
		// what scrolled out above cannot be drawn over
		rows.splice(Math.max(1, (process.stdout.rows ?? 24) - 1));
		const up = height > 0 ? `\x1b[${height}A` : "";
		process.stdout.write(`${up}\x1b[J${rows.join("\n")}\n`);
		height = rows.length;
	};
	process.stdout.write("\x1b[?25l");
	draw();
	const timer = setInterval(draw, 1000);
	return () => {
		clearInterval(timer);
		process.stdout.write("\x1b[?25h");
	};
}

/** Without a terminal: one line when the pole first reads, then one a minute. */
function logReadings(hub: DesktopHub): () => void {
	const line = (snapshot: Snapshot): string => {
		const online = snapshot.devices.filter((device) => device.online).length;
		const busy = snapshot.buses.map((bus) => `${bus.id} ${Math.round(bus.utilisation * 100)} % busy`).join(", ");
		const { broker, sent, waiting, connected } = snapshot.mqtt;
		const state = `${connected ? "connected" : "not connected"}, ${sent} sent, ${waiting} waiting`;
		return `info  pole: ${online} of ${snapshot.devices.length} devices answer, ${busy}, mqtt ${broker === "" ? "off" : state}`;
	};
	const first = setTimeout(() => console.log(line(hub.snapshot())), 5000);
	const timer = setInterval(() => console.log(line(hub.snapshot())), 60_000);
	return () => {
		clearTimeout(first);
		clearInterval(timer);
	};
}

function oneSentence(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const known = error instanceof UsageError || "code" in error || "origin" in error;
	return known || process.env["GRIDPOST_STACK"] === undefined ? error.message : (error.stack ?? error.message);
}

main().catch((error: unknown) => {
	console.error(`gridpost: ${oneSentence(error)}`);
	process.exit(1);
});
