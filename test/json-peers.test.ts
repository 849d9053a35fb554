/** Devices that speak JSON, played by Python's http.server and by paho-mqtt over aedes, in replies as such devices give them. */
import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type Aedes as Broker } from "aedes";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Checker } from "../modules/base/checker";
import { silentLog } from "../modules/base/log";
import { Device } from "../modules/devices/engine";
import { type DeviceTable, tableModels } from "../modules/devices/table";
import { apsystemsEz1 } from "../modules/devices/tables/apsystems-ez1";
import { hoymilesOpendtu } from "../modules/devices/tables/hoymiles-opendtu";
import { shellyGen2 } from "../modules/devices/tables/shelly-gen2";
import { shellyGen2Mqtt } from "../modules/devices/tables/shelly-gen2-mqtt";
import { tasmotaEnergy } from "../modules/devices/tables/tasmota-energy";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { type BusLink, openLink } from "../modules/site/links";
import { BusScheduler } from "../modules/site/scheduler";
import { busOf } from "../modules/site/site-bus";
import { Image } from "../modules/sunspec/image";
import { TCP } from "./adapters/ecma419";
import { realClock as clock, until } from "./adapters/real-clock";
import { describeWithPeers, type Peer, python } from "./peers";

const bus = busOf({ id: "one", port: "sim" }, "buses[0]", new Checker())!;

/** A hub's bus with one device. */
class Bench {
	readonly image: Image;
	readonly device: Device;
	readonly link: BusLink;
	readonly scheduler: BusScheduler;

	constructor(table: DeviceTable, port: number, path = "", channel = 1) {
		this.image = new Image(tableModels(table));
		this.device = new Device({ table, image: this.image, unit: 9, periodsMs: { fast: 100, normal: 100, slow: 100 } });
		this.device.path = path;
		this.device.channel = channel;
		this.link = openLink({
			bus: { ...bus, host: "127.0.0.1", port, protocol: table.protocol! },
			devices: [this.device],
			clock,
			log: silentLog,
			io: { RS485: undefined as never, TCP },
		});
		this.scheduler = new BusScheduler({ client: this.link, devices: [this.device], clock });
		this.scheduler.start();
	}

	value(model: number, point: string, group = ""): unknown {
		return this.image.value(this.image.handle(model, point, group));
	}

	quality(model: number, point: string): unknown {
		return this.image.quality(this.image.handle(model, point));
	}

	write(row: string, value: number): Promise<WriteOutcome> {
		const { table, unit } = this.device;
		return new Promise((onDone) => writeRow({ table, unit, row, value, client: this.link, onDone }));
	}

	close(): void {
		this.scheduler.close();
		this.link.close();
	}
}

const benches: Bench[] = [];
const peers: Peer[] = [];

afterEach(async () => {
	for (const bench of benches.splice(0)) bench.close();
	for (const peer of peers.splice(0)) await peer.stop();
});

function open(...options: ConstructorParameters<typeof Bench>): Bench {
	const bench = new Bench(...options);
	benches.push(bench);
	return bench;
}

async function serve(replies: Record<string, unknown>): Promise<{ peer: Peer; port: number }> {
	const peer = python("json_device.py", ["http", JSON.stringify(replies)]);
	peers.push(peer);
	return { peer, port: Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]) };
}

describeWithPeers("over HTTP", ["python"], () => {
	const done = { data: {}, message: "SUCCESS", deviceId: "E07000001234" };
	const ez1 = {
		"/getDeviceInfo": {
			data: {
				deviceId: "E07000001234",
				devVer: "EZ1 1.6.0",
				ssid: "home",
				ipAddr: "192.168.1.9",
				minPower: "30",
				maxPower: "800",
			},
			message: "SUCCESS",
			deviceId: "E07000001234",
		},
		"/getOutputData": {
			data: { p1: 183, e1: 0.4, te1: 87.43, p2: 201.5, e2: 0.41, te2: 91.02 },
			message: "SUCCESS",
			deviceId: "E07000001234",
		},
		"/getMaxPower": { data: { maxPower: "500" }, message: "SUCCESS", deviceId: "E07000001234" },
		"/getAlarm": { data: { og: "1", isce1: "0", isce2: "0", oe: "0" }, message: "SUCCESS", deviceId: "E07000001234" },
		"/getOnOff": { data: { status: "0" }, message: "SUCCESS", deviceId: "E07000001234" },
		"/setMaxPower?p=500": done,
		"/setMaxPower?p=600": done,
		"/setMaxPower?p=700": { data: null, message: "FAILED", deviceId: "E07000001234" },
		"/setOnOff?status=0": done,
		"/setOnOff?status=1": done,
	};

	it("an APsystems EZ1 is read and limited", async () => {
		const { peer, port } = await serve(ez1);
		const bench = open({ ...apsystemsEz1, bus: { ...apsystemsEz1.bus, pauseMs: 0 } }, port);
		await until("all is read", () => bench.device.complete);
		expect(bench.value(1, "SN")).toBe("E07000001234");
		expect(bench.value(1, "Vr")).toBe("EZ1 1.6.0");
		expect(bench.value(701, "W")).toBe(384.5);
		expect(bench.value(701, "TotWhInj")).toBe(178_450);
		expect(bench.value(714, "DCWhInj", "Prt[2]")).toBe(91_020);
		expect(bench.value(701, "Alrm")).toBe(16);
		expect(await bench.write("power_limit", 500)).toMatchObject({ result: "accepted" });
		expect(await bench.write("power_limit", 600)).toMatchObject({
			result: "rejected",
			reason: "the device holds another value",
		});
		expect(await bench.write("power_limit", 700)).toMatchObject({
			result: "rejected",
			reason: "the device does not allow the value",
		});
		expect(await bench.write("power_limit", 900)).toMatchObject({ result: "rejected" });
		// on is 0 there
		expect(await bench.write("on_off", 1)).toMatchObject({ result: "accepted" });
		expect(await bench.write("on_off", 0)).toMatchObject({
			result: "rejected",
			reason: "the device holds another value",
		});
		expect(peer.output().match(/got \/set\S+/g)).toEqual([
			"got /setMaxPower?p=500",
			"got /setMaxPower?p=600",
			"got /setMaxPower?p=700",
			"got /setOnOff?status=0",
			"got /setOnOff?status=1",
		]);
	});

	it("an EZ1 that goes dark is lost, not zero", async () => {
		const { peer, port } = await serve(ez1);
		const bench = open({ ...apsystemsEz1, bus: { ...apsystemsEz1.bus, pauseMs: 0 } }, port);
		await until("all is read", () => bench.device.complete);
		await peer.stop();
		await until("it is gone", () => !bench.device.online);
		expect(bench.value(701, "W")).toBeUndefined();
		expect(bench.quality(701, "W")).toBe("comms_lost");
		expect(bench.link.fault).toContain("no connection to 127.0.0.1");
	});

	const object = (v: number, u: string, d: number) => ({ v, u, d });
	const live = (reachable: boolean) => ({
		inverters: [
			{
				serial: "114180710360",
				name: "roof",
				order: 0,
				data_age: 4,
				poll_enabled: true,
				reachable,
				producing: reachable,
				limit_relative: 100,
				limit_absolute: 800,
				AC: {
					"0": {
						Power: object(reachable ? 285.3 : 0, "W", 1),
						Voltage: object(231.9, "V", 1),
						Current: object(1.23, "A", 2),
						"Power DC": object(300.1, "W", 1),
						YieldDay: object(1031, "Wh", 0),
						YieldTotal: object(417.226, "kWh", 3),
						Frequency: object(49.98, "Hz", 2),
						PowerFactor: object(0.999, "", 3),
						ReactivePower: object(-12.4, "var", 1),
					},
				},
				DC: {
					"0": {
						name: { u: "east" },
						Power: object(150.2, "W", 1),
						Voltage: object(31.4, "V", 1),
						Current: object(4.78, "A", 2),
					},
					"1": {
						name: { u: "west" },
						Power: object(149.9, "W", 1),
						Voltage: object(32, "V", 1),
						Current: object(4.68, "A", 2),
					},
				},
				INV: { "0": { Temperature: object(41.2, "°C", 1) } },
				events: 3,
			},
		],
		total: { Power: object(285.3, "W", 1), YieldDay: object(1031, "Wh", 0), YieldTotal: object(417.226, "kWh", 3) },
		hints: { time_sync: false, default_password: false },
	});
	const limitText = (value: number) =>
		`POST /api/limit/config data={"serial":"114180710360","limit_type":1,"limit_value":${value}}`;

	it("a Hoymiles inverter behind OpenDTU is read and limited", async () => {
		const { port } = await serve({
			"/api/livedata/status?inv=114180710360": live(true),
			"/api/limit/status": { "114180710360": { limit_relative: 100, max_power: 800, limit_set_status: "Ok" } },
			[limitText(62.5)]: { type: "success", message: "Settings saved!", code: 1001 },
			[limitText(10)]: { type: "warning", message: "Invalid limit specified!", code: 5003 },
			'POST /api/power/config data={"serial":"114180710360","power":false}': {
				type: "success",
				message: "ok",
				code: 1001,
			},
		});
		const bench = open(hoymilesOpendtu, port, "114180710360");
		await until("all is read", () => bench.device.complete);
		expect(bench.value(701, "W")).toBe(285.3);
		expect(bench.value(701, "LNV")).toBe(231.9);
		expect(bench.value(701, "A")).toBe(1.23);
		expect(bench.value(701, "Hz")).toBe(49.98);
		expect(bench.value(701, "PF")).toBe(0.999);
		expect(bench.value(701, "Var")).toBe(-12.4);
		expect(bench.value(701, "TotWhInj")).toBe(417_226);
		expect(bench.value(701, "TmpCab")).toBe(41.2);
		expect(bench.value(701, "InvSt")).toBe(3);
		expect(bench.value(714, "DCV", "Prt[2]")).toBe(32);
		expect(bench.value(714, "DCW", "Prt[1]")).toBe(150.2);
		expect(bench.value(714, "DCW", "Prt[3]")).toBeUndefined();
		expect(await bench.write("set_limit", 62.5)).toMatchObject({ result: "accepted" });
		expect(await bench.write("set_limit", 10)).toMatchObject({
			result: "rejected",
			reason: "the device does not allow the value",
		});
		expect(await bench.write("set_power_state", 0)).toMatchObject({ result: "accepted" });
	});

	it("what OpenDTU says of an inverter it does not reach is no value", async () => {
		const { port } = await serve({ "/api/livedata/status?inv=114180710360": live(false) });
		const bench = open(hoymilesOpendtu, port, "114180710360");
		await until("it is read", () => bench.device.answers > 0);
		expect(bench.device.online).toBe(true);
		expect(bench.value(701, "W")).toBeUndefined();
		expect(bench.value(701, "TotWhInj")).toBeUndefined();
	});

	it("a Shelly's channel is read and switched", async () => {
		const status = {
			...{ id: 1, source: "HTTP_in", output: true, apower: -83.9, voltage: 229.8, freq: 50, current: 0.383, pf: 0.61 },
			aenergy: { total: 102_650.773, by_minute: [344.2, 1475.1, 1474.8], minute_ts: 1_703_811_193 },
			ret_aenergy: { total: 2650.5, by_minute: [0, 0, 0], minute_ts: 1_703_811_193 },
			temperature: { tC: 37.3, tF: 99.1 },
		};
		const { port } = await serve({
			"/rpc/Switch.GetStatus?id=1": status,
			"/rpc/Switch.Set?id=1&on=true": { was_on: false },
			"/rpc/Switch.Set?id=1&on=false": [500, '{"code":-103,"message":"Invalid argument"}'],
		});
		const bench = open(shellyGen2, port, "", 2);
		await until("it is read", () => bench.device.complete);
		expect(bench.value(211, "W")).toBeCloseTo(-83.9, 4);
		expect(bench.value(211, "PhV")).toBeCloseTo(229.8, 4);
		expect(bench.value(211, "TotWhExp")).toBeCloseTo(2650.5, 3);
		expect(bench.value(211, "TotWhImp")).toBeCloseTo(100_000.273, 1);
		expect(bench.value(64923, "St", "Ch[1]")).toBe(1);
		expect(await bench.write("switch_output", 1)).toMatchObject({ result: "accepted" });
		expect(await bench.write("switch_output", 0)).toMatchObject({ result: "rejected", reason: "the device failed" });
	});

	it("replies that are none leave no value", async () => {
		const { port } = await serve({ "/rpc/Switch.GetStatus?id=0": [200, "<html>Bad gateway</html>"] });
		const bench = open(shellyGen2, port);
		await until("it has answered", () => bench.device.garbled > 0);
		expect(bench.value(211, "W")).toBeUndefined();
		expect(bench.device.online).toBe(false);
	});
});

describeWithPeers("over MQTT", ["python"], () => {
	let broker: Broker;
	let server: Server;
	let port = 0;

	beforeEach(async () => {
		broker = await Aedes.createBroker();
		server = createServer((socket: Socket) => void broker.handle(socket));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		port = (server.address() as { port: number }).port;
	});

	afterEach(async () => {
		await new Promise<void>((resolve) => broker.close(() => resolve()));
		server.close();
	});

	const speak = async (spec: object): Promise<Peer> => {
		const peer = python("json_device.py", ["mqtt", String(port), JSON.stringify(spec)]);
		peers.push(peer);
		await peer.waitFor(/ready/, 20_000);
		return peer;
	};

	const energy = {
		TotalStartTime: "2023-01-10T00:00:00",
		Total: 1664.947,
		Yesterday: 26.425,
		Today: 7.98,
		Power: 172.594,
		ApparentPower: 179.932,
		ReactivePower: 66.659,
		Factor: 0.93,
		Frequency: 49.951,
		Voltage: 230.473,
		Current: 0.78,
	};
	const sensor = (more: object = {}) => JSON.stringify({ Time: "2023-01-10T13:03:21", ENERGY: { ...energy, ...more } });
	const tasmota = {
		will: ["tele/plug/LWT", "Offline"],
		say: [
			["tele/plug/LWT", "Online", true],
			["stat/plug/POWER", "OFF", true],
			// of unknown age
			["tele/plug/SENSOR", sensor({ Power: 9999 }), true],
		],
		echo: { "cmnd/plug/Power": ["stat/plug/POWER", { "1": "ON", "0": "OFF" }] },
	};

	it("Tasmota is heard, switched, and gone when it says so", async () => {
		const peer = await speak(tasmota);
		const bench = open(tasmotaEnergy, port, "plug");
		await until("the relay is known", () => bench.value(64923, "St", "Ch[1]") === 0);
		// a kept measurement of unknown age is none
		expect(bench.value(211, "W")).toBeUndefined();
		peer.write(`tele/plug/SENSOR ${sensor()}\n`);
		await until("power is known", () => bench.value(211, "W") !== undefined);
		expect(bench.value(211, "W")).toBeCloseTo(172.594, 4);
		expect(bench.value(211, "VA")).toBeCloseTo(179.932, 4);
		expect(bench.value(211, "PF")).toBeCloseTo(0.93, 6);
		expect(bench.value(211, "Hz")).toBeCloseTo(49.951, 4);
		expect(bench.value(211, "TotWhImp")).toBe(1_664_947);
		expect(await bench.write("relay_state", 1)).toMatchObject({ result: "accepted" });
		expect(peer.output()).toContain("got cmnd/plug/Power 1");
		await until("the relay is on", () => bench.value(64923, "St", "Ch[1]") === 1);
		peer.write("bye\n");
		await until("it is gone", () => !bench.device.online);
		expect(bench.quality(211, "W")).toBe("comms_lost");
		expect(await bench.write("relay_state", 0)).toMatchObject({ result: "timeout" });
	});

	it("Tasmota with three phases sums them, and text in a number is suspect", async () => {
		const peer = await speak(tasmota);
		const bench = open(tasmotaEnergy, port, "plug");
		await until("connected", () => bench.device.online);
		const lists = {
			Power: [-172.594, -8.608, 70.458],
			Voltage: [230.473, 230.394, 231.197],
			Current: [0.78, 0.051, 0.358],
			Factor: [-0.93, 0.19, 0.89],
		};
		peer.write(`tele/plug/SENSOR ${sensor({ ...lists, ReactivePower: "high" })}\n`);
		await until("power is known", () => bench.value(211, "W") !== undefined);
		expect(bench.value(211, "W")).toBeCloseTo(-110.744, 4);
		expect(bench.value(211, "A")).toBeCloseTo(1.189, 5);
		expect(bench.value(211, "PhV")).toBeCloseTo(230.473, 4);
		expect(bench.value(211, "TotWhImp")).toBe(1_664_947);
		expect(bench.value(211, "VAR")).toBeUndefined();
		expect(bench.quality(211, "VAR")).toBe("suspect");
	});

	it("a Shelly is heard, and switched by RPC", async () => {
		const topic = "shellyplus1pm-a8032ab12345";
		const status = (output: boolean) =>
			JSON.stringify({
				...{ id: 0, source: "MQTT", output, apower: 83.9, voltage: 229.8, freq: 50, current: 0.383 },
				aenergy: { total: 1000 },
				ret_aenergy: { total: 0 },
			});
		const call = (on: boolean) =>
			`{"id":1,"src":"${topic}/gridpost","method":"Switch.Set","params":{"id":0,"on":${on}}}`;
		const peer = await speak({
			will: [`${topic}/online`, "false"],
			say: [[`${topic}/online`, "true", true]],
			echo: {
				[`${topic}/rpc`]: [`${topic}/status/switch:0`, { [call(true)]: status(true), [call(false)]: status(true) }],
			},
		});
		const bench = open(shellyGen2Mqtt, port, topic);
		await until("connected", () => bench.device.online);
		peer.write(`${topic}/status/switch:0 ${status(false)}\n`);
		await until("power is known", () => bench.value(211, "W") !== undefined);
		expect(bench.value(211, "TotWhImp")).toBe(1000);
		expect(bench.value(64923, "St", "Ch[1]")).toBe(0);
		expect(await bench.write("switch_output", 1)).toMatchObject({ result: "accepted" });
		expect(bench.value(64923, "St", "Ch[1]")).toBe(1);
		expect(await bench.write("switch_output", 0)).toMatchObject({
			result: "rejected",
			reason: "the device holds another value",
		});
	});

	it("when the broker goes, what it carried is lost, and no command waits for it", async () => {
		const peer = await speak(tasmota);
		const bench = open(tasmotaEnergy, port, "plug");
		await until("connected", () => bench.device.online);
		peer.write(`tele/plug/SENSOR ${sensor()}\n`);
		await until("power is known", () => bench.value(211, "W") !== undefined);
		await new Promise<void>((resolve) => broker.close(() => resolve()));
		server.close();
		await until("it is gone", () => !bench.device.online);
		expect(bench.quality(211, "W")).toBe("comms_lost");
		expect(bench.link.fault).not.toBe("");
		expect(await bench.write("relay_state", 1)).toMatchObject({ result: "timeout" });
		broker = await Aedes.createBroker();
	});
});
