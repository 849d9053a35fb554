import host from "host";
import { serveApi } from "./modules/admin/api";
import { Auth } from "./modules/admin/auth";
import { busStatus, StatusReader } from "./modules/admin/status";
import { configError } from "./modules/base/errors";
import type { TcpClass } from "./modules/base/io";
import { Catalogue, deviceTables } from "./modules/devices/catalogue";
import { HttpServer } from "./modules/http/server";
import { TcpServer } from "./modules/modbus/server-tcp";
import { MqttClient } from "./modules/mqtt/client";
import { OpenAmiPublisher } from "./modules/openami/publisher";
import { Panel } from "./modules/panel/panel";
import { serveSetup } from "./modules/setup/routes";
import { AlarmWatch } from "./modules/site/alarm-watch";
import { Alarms } from "./modules/site/alarms";
import { ClockQuality } from "./modules/site/clock-quality";
import { EnergyToday } from "./modules/site/energy-today";
import { FrameLog } from "./modules/site/frame-log";
import { History } from "./modules/site/history";
import { Hub, type HubDevice } from "./modules/site/hub";
import { parseBroker, readSite } from "./modules/site/site-file";

/** Messages that MQTT holds as text; what waits longer waits in the outbox as numbers. */
const kMqttQueue = { messages: 8, bytes: 12288 };
/** Waiting telemetry: a quarter of an hour of the demo pole at 10 s, an hour and a half at 60 s. */
const kOutboxBytes = 48 * 1024;
/** The last frames of all buses, for a capture. */
const kFrameLogBytes = 6 * 1024;

/**
 * The composition root: reads the site, builds the modules over what the host gives, starts them. Throws what a person
 * must mend (a bad site file, a port that is taken); nothing runs then. Returns what the host may show and stop.
 */
export default function main() {
	const { clock, log, io, options, firmware } = host;
	const knownDevices = deviceTables.map((table) => table.id);
	const site = readSite(host.siteText, knownDevices);
	const startMs = clock.now();
	const frames = new FrameLog(clock, kFrameLogBytes);
	const wallClock = new ClockQuality(clock, host.timeKeeper);

	const hub = new Hub({
		site,
		catalogue: new Catalogue(),
		clock,
		log,
		firmware,
		io,
		tap: frames,
		onReading: (entry) => {
			const meter = meterOf[entry.index]!;
			if (meter >= 0) publisher.committed(meter);
			history.reading(entry);
			energyToday.reading(entry);
			api.reading(entry);
		},
		onPresence: (entry, online) => {
			const meter = meterOf[entry.index]!;
			if (meter >= 0) publisher.setLost(meter, !online);
			api.presence(entry);
		},
	});
	const { devices, buses } = hub;
	const history = new History({ clock, devices });
	const energyToday = new EnergyToday({ clock, devices, utcOffsetMinutes: site.utcOffsetMinutes });
	const status = new StatusReader(clock, energyToday);
	const alarms = new Alarms();
	const auth = new Auth(() => host.setup?.settings().adminPassword ?? host.adminPassword ?? "");
	const meters = hub.devices.filter((entry) => entry.device.table.kind === "meter");
	const meterOf = hub.devices.map((entry) => meters.indexOf(entry));

	const { feederId, gatewayId } = site;
	const url = options.broker ?? site.services.mqtt.broker;
	const settings = url === "" ? undefined : mqttOptions(url);
	// what may fail comes first, and takes with it what is open already
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
	const mqtt = settings && new MqttClient(settings);
	const publisher = new OpenAmiPublisher({
		clock,
		mqtt: mqtt ?? { publish: () => true },
		feederId,
		gatewayId,
		meters: meters.map(({ site: { serial }, image, model, device }: HubDevice) => ({
			serial,
			image,
			model,
			reads: (point) => device.plan.points.some((one) => one.model === model && one.point === point),
		})),
		periodMs: site.services.openami.periodS * 1000,
		outboxBytes: kOutboxBytes,
		firmware,
		clockState: () => wallClock.state,
	});

	if (host.files) http.serve(host.files);
	const api = serveApi({
		http,
		hub,
		clock,
		log,
		wallClock,
		firmware,
		mqtt: mqttStatus,
		status,
		dashboard: host.files !== undefined,
		alarms,
		history,
		frames,
		auth,
		siteText: host.siteStore?.stored?.() ?? host.siteText,
		knownDevices,
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
		publisher.flush();
	});
	const watch = new AlarmWatch({
		alarms,
		clock,
		devices,
		buses,
		limits: site.limits,
		gatewayId,
		broker: () => (mqtt ? { address: url, connected: mqtt.connected } : undefined),
		clockSet: () => wallClock.state !== "unset",
	});
	alarms.onChange = () => api.alarmsChanged();

	hub.start();
	publisher.start();
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

	function mqttOptions(broker: string) {
		const parts = parseBroker(broker);
		if (!parts) throw configError("broker", broker, 'it must be "mqtt://host:1883" or "mqtts://host:8883"');
		if (parts.tls && !io.TLS) throw configError("broker", broker, "this platform has no TLS");
		const { user, password, keepAliveS } = site.services.mqtt;
		const Socket: TcpClass = parts.tls ? io.TLS! : io.TCP;
		return {
			socket: { io: Socket, host: parts.host, port: parts.port },
			clock,
			random: host.random,
			clientId: `gridpost-${gatewayId}`,
			...(user === "" ? {} : { user, password }),
			keepAliveS,
			will: OpenAmiPublisher.will(feederId, gatewayId),
			queueLimit: kMqttQueue,
			log,
			onConnected: () => publisher.connected(),
			onDrain: () => publisher.flush(),
		};
	}

	function mqttStatus() {
		return {
			broker: url,
			connected: mqtt?.connected ?? false,
			sent: mqtt?.counters.acknowledged ?? 0,
			waiting: publisher.waiting + (mqtt?.queued ?? 0),
			dropped: publisher.dropped,
		};
	}

	return {
		/** What a terminal shows, as plain data. */
		snapshot: () => ({
			name: `${site.name}  ${feederId}/${gatewayId}`,
			uptimeS: (clock.now() - startMs) / 1000,
			devices: devices.map((entry) => status.device(entry)),
			buses: busStatus(hub, clock),
			mqtt: mqttStatus(),
		}),
		/** Stops polling and serving; the broker is told. May be called twice. */
		close: () => {
			watch.close();
			panel?.close();
			api.close();
			hub.close();
			publisher.close();
			if (settings) {
				// on a good-bye the broker keeps the will to itself
				const { topic, payload } = settings.will;
				mqtt?.publish(topic, payload, { qos: 0, retain: true });
			}
			mqtt?.close();
			sunspec.close();
			http.close();
		},
	};
}
