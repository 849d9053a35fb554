import host from "host";
import { serveApi } from "./modules/admin/api";
import { Auth } from "./modules/admin/auth";
import { busStatus, StatusReader } from "./modules/admin/status";
import { Catalogue } from "./modules/devices/catalogue";
import type { LoadedPlugins } from "./modules/devices/plugin-table";
import { HttpServer } from "./modules/http/server";
import { TcpServer } from "./modules/modbus/server-tcp";
import { Telemetry } from "./modules/openami/telemetry";
import { Panel } from "./modules/panel/panel";
import { serveSetup } from "./modules/setup/routes";
import { AlarmWatch } from "./modules/site/alarm-watch";
import { Alarms } from "./modules/site/alarms";
import { ClockQuality } from "./modules/site/clock-quality";
import { ControlStore } from "./modules/site/control-store";
import { EnergyToday } from "./modules/site/energy-today";
import { FrameLog } from "./modules/site/frame-log";
import { History } from "./modules/site/history";
import { Hub } from "./modules/site/hub";
import { knownDevices } from "./modules/site/known-devices";
import { readSite } from "./modules/site/site-file";
import { SunSpecLine } from "./modules/site/sunspec-line";

/** The last frames of all buses, for a capture. */
const kFrameLogBytes = 6 * 1024;

/**
 * The composition root: reads the site, builds the modules over what the host gives, starts them. Throws what a person
 * must mend (a bad site file, a port that is taken); nothing runs then. Returns what the host may show and stop.
 */
export default function main() {
	const { clock, log, io, options, firmware } = host;
	const plugins: LoadedPlugins = host.plugins ?? { tables: [], leftOut: [] };
	for (const { id } of plugins.tables) log("info", "plugin", `${id} is loaded`);
	for (const { name, reason } of plugins.leftOut) log("error", "plugin", `${name} is left out: ${reason}`);
	const known = knownDevices(plugins.tables);
	const site = readSite(host.siteText, known);
	const startMs = clock.now();
	const frames = new FrameLog(clock, kFrameLogBytes);
	const wallClock = new ClockQuality(clock, host.timeKeeper);

	const hub = new Hub({
		site,
		catalogue: new Catalogue(plugins.tables, host.packedTable),
		clock,
		log,
		firmware,
		io,
		random: host.random,
		store: new ControlStore(host.kept, log),
		tap: frames,
		onReading: (entry) => {
			telemetry.reading(entry);
			history.reading(entry);
			energyToday.reading(entry);
			api.reading(entry);
		},
		onFound: (entry) => {
			telemetry.found(entry);
			history.found(entry);
			energyToday.found(entry);
			api.presence(entry);
		},
		onPresence: (entry, online) => {
			telemetry.presence(entry, online);
			api.presence(entry);
		},
		onControl: (entry, report) => watch.control(entry, report),
		onProtection: (protection) => watch.protection(protection),
	});
	const { devices, buses } = hub;
	const history = new History({ clock, devices });
	const energyToday = new EnergyToday({ clock, devices, utcOffsetMinutes: site.utcOffsetMinutes });
	const status = new StatusReader(clock, energyToday);
	const alarms = new Alarms();
	for (const { name, reason } of plugins.leftOut) {
		alarms.raise("plugin", { type: "plugin", id: name }, reason.split("\n", 1)[0]!, startMs);
	}
	const auth = new Auth(() => host.setup?.settings().adminPassword ?? host.adminPassword ?? "");
	// what may fail comes first, and takes with it what is open already
	const telemetry = new Telemetry({
		site,
		url: options.broker ?? site.services.mqtt.broker,
		devices,
		io,
		clock,
		random: host.random,
		log,
		firmware,
		clockState: () => wallClock.state,
	});
	const modbusPort = options.modbusPort ?? site.services.sunspec.port;
	const httpPort = options.httpPort ?? site.services.http.port;
	const listener = (port: number) => ({ listener: { io: io.Listener, port }, tcp: io.TCP, clock, log });
	const sunspec = new TcpServer({ ...listener(modbusPort), space: hub.space });
	let http: HttpServer;
	try {
		http = new HttpServer(listener(httpPort));
	} catch (error) {
		sunspec.close();
		throw error;
	}

	if (host.files) http.serve(host.files);
	const api = serveApi({
		http,
		hub,
		clock,
		log,
		wallClock,
		firmware,
		mqtt: () => telemetry.status(),
		status,
		dashboard: host.files !== undefined,
		alarms,
		history,
		frames,
		auth,
		siteText: host.siteStore?.stored?.() ?? host.siteText,
		knownDevices: known,
		siteStore: host.siteStore,
		restart: host.restart,
		network: host.network,
	});
	if (host.setup && host.network) {
		const { setup: device, network } = host;
		serveSetup({
			http,
			device,
			network,
			authorize: (request, response) => auth.mayChange(request, response),
			firmware,
		});
	}
	host.onClockSet?.((source, errorMs) => {
		wallClock.confirmed(source, errorMs);
		telemetry.clockSet();
	});
	const watch = new AlarmWatch({
		alarms,
		clock,
		devices,
		buses,
		limits: site.limits,
		gatewayId: site.gatewayId,
		broker: () => telemetry.broker(),
		clockSet: () => wallClock.state !== "unset",
	});
	alarms.onChange = () => api.alarmsChanged();
	const { rtu } = site.services.sunspec;
	const line = rtu && new SunSpecLine({ line: rtu, space: hub.space, clock, log, RS485: io.RS485 });

	hub.start();
	telemetry.start();
	watch.start();
	const panel =
		host.panel &&
		new Panel({
			hub,
			alarms,
			clock,
			log,
			devices: host.panel,
			network: host.network,
			todayWh: ({ index }) => energyToday.todayWh(index),
			setupPassword: () => host.setup?.accessPoint?.().password ?? "",
			onFactoryReset: host.setup && (() => host.setup!.factoryReset()),
		});

	return {
		/** What a terminal shows, as plain data. */
		snapshot: () => ({
			name: `${site.name}  ${site.feederId}/${site.gatewayId}`,
			uptimeS: (clock.now() - startMs) / 1000,
			devices: devices.map((entry) => status.device(entry)),
			buses: busStatus(hub, clock),
			mqtt: telemetry.status(),
		}),
		/** Stops polling and serving; the broker is told. May be called twice. */
		close: () => {
			watch.close();
			panel?.close();
			api.close();
			hub.close();
			telemetry.close();
			sunspec.close();
			line?.close();
			http.close();
		},
	};
}
