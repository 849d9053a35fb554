import { findTable } from "../../modules/devices/generated/tables";
import { takePlugins } from "../../modules/devices/plugin-table";
import { Pole, type PoleDevice, type PoleOptions, type SimLine } from "../../sim/pole";
import type { SiteStore } from "../host";
import { type AppOptions, appFunctions } from "./app-functions";
import { joinBus } from "./can-bus";
import { createIo, type Io, type IoOptions } from "./io/io";
import { VirtualNetwork } from "./io/virtual-network";
import { VirtualTime } from "./io/virtual-time";
import { Machine, type MachineOptions } from "./machine";
import { nodeClock } from "./node-clock";
import { applicationModules, platformModules } from "./preloads";
import { fileStore } from "./site-store";
import type { Snapshot } from "./table";

export interface DesktopHubOptions extends AppOptions {
	/** Default real. */
	clock?: "real" | "virtual";
	/** "virtual": none but what the test or simulator puts on `network`, on the machine's virtual clock. */
	network?: IoOptions["network"] | "virtual";
	dataFolder?: string;
	/** Where a site file that was changed over HTTP goes; left out: it cannot be changed. */
	siteStore?: SiteStore | undefined;
	/** The same, for a file. */
	siteFile?: string;
	/** As on the device: settings, site file and a radio of its own (xs/simulated-board.ts) in place of `siteText` and `siteFile`. */
	simulatedBoard?: boolean;
	/** Another platform than the desktop's own. */
	platform?: Platform;
	xsbug?: string;
	heap?: MachineOptions["heap"];
	/** UTC at the start of a virtual clock. */
	epochMs?: number;
	seed?: number;
	/** Of the simulated devices on buses whose port is "sim". */
	sim?: Omit<PoleOptions, "devices">;
	/** What it prints with trace(). Default: the error output. */
	trace?: (text: string) => void;
	/** An exception that nobody caught in the application, or the machine's death. */
	onError?: (error: Error) => void;
}

/** Modules in place of the desktop's: "host" among them. */
export interface Platform extends Required<Pick<MachineOptions, "preload" | "modules" | "sources">> {
	/** The module that starts the application, as main does. */
	main: string;
	/** Functions of Node for its modules, beside "io". */
	host: Record<string, object>;
}

interface Application {
	snapshot(): Snapshot;
	close(): void;
}

interface LineDevice {
	send(bytes: Uint8Array, delayUs?: number, damage?: number): void;
	close(): void;
}

type LineOpen = (
	machine: unknown,
	name: string,
	device: { onFrame(bytes: Uint8Array, endUs: number): void },
) => LineDevice;

/**
 * The whole application on XS in this process: machine, IO, and slaves for the buses that are simulated. What the
 * command line runs and what system tests look at.
 */
export class DesktopHub {
	readonly machine: Machine;
	readonly io: Io;
	/** Where Node's code listens and connects when the network is virtual. */
	readonly network: VirtualNetwork | undefined;
	/** The simulated devices; undefined when no bus is simulated. */
	readonly pole: Pole | undefined;
	#application: Application | undefined;
	#lines: { close(): void }[] = [];
	#time: VirtualTime | undefined;
	#closed = false;

	/** Starts it. Throws the application's own error: a bad site file, a port that is taken. Nothing runs then. */
	constructor(options: DesktopHubOptions) {
		const onError = options.onError ?? fail;
		const store = options.siteStore ?? (options.siteFile === undefined ? undefined : fileStore(options.siteFile));
		const virtual = options.network === "virtual" ? new VirtualTime() : undefined;
		this.network = virtual && new VirtualNetwork({ clock: virtual });
		this.#time = virtual;
		const network = options.network === "virtual" ? this.network?.attach() : options.network;
		this.io = createIo({
			network,
			dataFolder: options.dataFolder,
			onError,
			// real sockets deliver when Node does, even to a machine whose clock stands still
			...(virtual ? { clock: virtual } : {}),
		});
		const { platform } = options;
		this.machine = new Machine({
			name: "gridpost",
			clock: options.clock ?? "real",
			preload: platform?.preload ?? [
				...applicationModules(
					undefined,
					options.simulatedBoard ? ["main", "hosts/desktop/xs/host", kSimulatedBoard] : undefined,
				),
				...platformModules,
			],
			modules: platform?.modules ?? {
				"hosts/moddable/*": "build/js/hosts/moddable/*",
				"hosts/esp32s3/*": "build/js/hosts/esp32s3/*",
			},
			...(platform ? { sources: platform.sources } : options.simulatedBoard ? { sources: boardAsHost } : {}),
			heap: options.heap ?? { grow: true },
			onError,
			trace: options.trace ?? ((text) => void process.stderr.write(text)),
			...(options.xsbug === undefined ? {} : { xsbug: options.xsbug }),
			...(options.epochMs === undefined ? {} : { epochMs: options.epochMs }),
			...(options.seed === undefined ? {} : { seed: options.seed }),
			host: {
				...this.io.host,
				...platform?.host,
				app: appFunctions(options, store),
			},
		});
		this.io.attach(this.machine);
		virtual?.add(this.machine);
		this.pole = this.#simulate(options);
		try {
			this.#application = this.machine.importModule<{ default(): Application }>(platform?.main ?? "main").default();
		} catch (error) {
			this.close();
			throw error;
		}
	}

	snapshot(): Snapshot {
		if (!this.#application) throw new Error("the hub is closed");
		return this.#application.snapshot();
	}

	/** Stops the application and frees the machine. May be called twice, not from within it. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (!this.machine.dead) this.#application?.close();
		this.#application = undefined;
		for (const line of this.#lines) line.close();
		this.#time?.remove(this.machine);
		this.io.close();
		this.machine.delete();
	}

	/** Moves a hub on a virtual network on, letting Node's code behind the network speak in between. */
	run(ms: number): Promise<void> {
		if (!this.#time || !this.network) throw new Error("the hub is on a real network");
		return this.#time.run(ms, this.network);
	}

	/** Slaves on every simulated bus. A site file that cannot be read has none; the application will say why. */
	#simulate(options: DesktopHubOptions): Pole | undefined {
		let site: {
			buses?: { id: string; kind?: unknown; port: unknown; protocol?: unknown }[];
			devices?: PoleDevice[];
			services?: { canBattery?: { bus?: string } };
		};
		try {
			site = JSON.parse(options.siteText);
			const simulated = (site.buses ?? []).filter((bus) => bus.port === "sim").map((bus) => bus.id);
			if (simulated.length === 0) return undefined;
			const devices = (site.devices ?? []).filter((device) => simulated.includes(device.bus));
			const { tables } = takePlugins(options.plugins ?? []);
			const table = (id: string) => tables.find((one) => one.id === id) ?? findTable(id);
			const ascii = (site.buses ?? []).filter((bus) => bus.protocol === "modbus-ascii").map((bus) => bus.id);
			const pole = new Pole({ table, ascii, inverterBus: site.services?.canBattery?.bus, ...options.sim, devices });
			const canBuses = (site.buses ?? []).filter((bus) => bus.kind === "can").map((bus) => bus.id);
			for (const bus of simulated) {
				if (!canBuses.includes(bus)) this.#lines.push(this.#openLine(pole, bus));
				else for (const device of pole.canStations(bus)) this.#lines.push(joinBus(this.machine, bus, device));
			}
			return pole;
		} catch {
			return undefined;
		}
	}

	#openLine(pole: Pole, bus: string): LineDevice {
		const open = (this.machine.addon as unknown as { lineOpen: LineOpen }).lineOpen;
		const slaves = pole.line(bus);
		const line: LineDevice = open(this.machine.handle, bus, {
			onFrame: (bytes, endUs) => {
				const reply = slaves.onFrame(bytes, endUs / 1000);
				if (reply) line.send(reply.bytes, Math.round(reply.delayMs * 1000));
			},
		});
		if (slaves.talkEveryMs !== undefined) this.#talkLater(slaves, line);
		return line;
	}

	/** Who talks unasked on a line says something now and then. */
	#talkLater(slaves: SimLine, line: LineDevice): void {
		const clock = this.#time ?? nodeClock;
		clock.setTimer(() => {
			if (this.#closed || slaves.talkEveryMs === undefined) return;
			const bytes = slaves.talk(clock.now());
			if (bytes !== undefined) line.send(bytes);
			this.#talkLater(slaves, line);
		}, slaves.talkEveryMs!);
	}
}

const kSimulatedBoard = "hosts/desktop/xs/simulated-board";
/** One object: machines with the same sources share what is preloaded. */
const boardAsHost = {
	host: `export { default } from "${kSimulatedBoard}";`,
	// of the SDK's modules that the board's files use, the desktop has this one
	"hosts/esp32s3/sdk": 'export { default as keyValue } from "embedded:storage/key-value";',
};

function fail(error: Error): void {
	queueMicrotask(() => {
		throw error;
	});
}
