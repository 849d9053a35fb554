/**
 * Real input: meters that pymodbus plays from the fact files on a serial line, read by the whole program (XS, termios,
 * sockets), and seen alike through SunSpec TCP by pysunspec2, MQTT through Mosquitto, and HTTP through curl.
 */
import { existsSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Mosquitto } from "./adapters/mosquitto";
import { until } from "./adapters/real-clock";
import { ddsValues, dtsuValues } from "./fixtures/meter-values";
import { describeWithPeers, freePort, type Peer, python, root, run, start, temporaryFolder } from "./peers";

const csv = (id: string): string => join(root, "test/fixtures/devices", `${id}.csv`);

const dds = { ...ddsValues, total_energy: 70_012.35 };
const dtsu = { ...dtsuValues, active_power_total: 310, active_power_l2: -55.5 };

/** SunSpec points that must come out, from the numbers above by the fact files' rules alone. */
const expected: Record<string, Record<string, number>> = {
	"11": { W: -1234, PhVphA: 231.4, A: 5.43, VAR: -57, PF: 0.982, Hz: 50.02, TotWhImp: 70_000_010, TotWhExp: 12_340 },
	"12": {
		W: 6200,
		WphA: 6810,
		WphB: -1110,
		WphC: 500,
		PhVphA: 229.9,
		PhVphC: 232.1,
		PPVphAB: 399.1,
		AphA: 30,
		AphB: 45,
		AphC: 2.5,
		Hz: 49.98,
		TotWhImp: 1_234_500,
		TotWhExp: 321_500,
	},
};
/** The same as OpenAMI registers. */
const registers: Record<string, Record<string, number>> = {
	"DDS-1": { "1.8.0": 70000.01, "2.8.0": 12.34, "1.7.0": 0, "2.7.0": 1234, "32.7.0": 231.4, "14.7.0": 50.02 },
	"DTSU-1": {
		"1.8.0": 1234.5,
		"2.8.0": 321.5,
		"1.7.0": 6200,
		"32.7.0": 229.9,
		"52.7.0": 231,
		"72.7.0": 232.1,
		"14.7.0": 49.98,
	},
};

interface WebSite {
	devices: { id: string; online: boolean; points: { point: string; value: number | null; quality: string }[] }[];
	mqtt: { waiting: number };
}

describeWithPeers("meters of pymodbus on a serial line", ["python", "mosquitto", "mosquitto_sub", "curl"], () => {
	const folder = temporaryFolder();
	const line = join(folder.path, "ttyUSB0");
	const broker = new Mosquitto();
	let meters: Peer | undefined;
	let hub: Peer;
	let subscriber: Peer;
	let modbus: number;
	let http: number;

	/** Plugs the converter in: the meters' end of the line gets the path that the site file names. */
	const plugIn = async (): Promise<void> => {
		const specs = [
			{ csv: csv("hiking-dds238-2-zn-s"), unit: 1, blocks: [[0, 26]], values: dds },
			{ csv: csv("chint-dtsu666"), unit: 2, blocks: [[0x2000, 0x2051]], values: dtsu },
		];
		meters = python("device_slave.py", [JSON.stringify(specs), "pty"]);
		const [, path] = await meters.waitFor(/ready (\/dev\/\S+)/, 20_000);
		if (existsSync(line)) unlinkSync(line);
		symlinkSync(path!, line);
	};
	/** Pulls it out: the tty is gone under the hub. */
	const pullOut = async (): Promise<void> => {
		unlinkSync(line);
		await meters?.stop();
	};

	const web = async (): Promise<WebSite> =>
		JSON.parse(await run("curl", ["-sf", `http://127.0.0.1:${http}/api/site`])) as WebSite;
	const units = async () =>
		JSON.parse(
			await run(join(root, ".venv/bin/python"), [
				join(root, "test/peers/sunspec_read.py"),
				"127.0.0.1",
				`${modbus}`,
				"1",
				"11",
				"12",
			]),
		) as Record<string, { base: number; models: Record<string, Record<string, number | string>> }>;
	const told = (leaf: string) =>
		[...subscriber.output().matchAll(/^got (\S+) \d \d (\{.*\})$/gm)]
			.filter(([, topic]) => topic!.endsWith(leaf))
			.map(
				([, , body]) =>
					JSON.parse(body!) as {
						ts: string;
						seq: number;
						state?: string;
						event?: { type: string };
						registers: { obis: string; value: unknown; quality: string; ts?: string }[];
					},
			);
	const allOnline = async (online: boolean) => (await web()).devices.every((device) => device.online === online);

	beforeAll(async () => {
		[modbus, http] = [await freePort(), await freePort()];
		await broker.start();
		subscriber = await broker.subscriber("-t", "openami/#", "-q", "1", "-c", "-i", "backend");
		await plugIn();
		const site = join(folder.path, "site.json");
		writeFileSync(
			site,
			JSON.stringify({
				name: "Bench",
				feederId: "f1",
				gatewayId: "g1",
				buses: [{ id: "b1", port: line, timeoutMs: 1000 }],
				devices: [
					{ id: "dds", device: "hiking-dds238-2-zn-s", bus: "b1", address: 1, unit: 11, serial: "DDS-1", role: "home" },
					{ id: "dtsu", device: "chint-dtsu666", bus: "b1", address: 2, unit: 12, serial: "DTSU-1", role: "feeder" },
				],
				services: { openami: { periodS: 2 } },
			}),
		);
		hub = start(process.execPath, [
			join(root, "tools/start.mjs"),
			"--headless",
			"--site",
			site,
			"--broker",
			`mqtt://127.0.0.1:${broker.port}`,
			"--modbus",
			`${modbus}`,
			"--http",
			`${http}`,
			"--data",
			join(folder.path, "data"),
		]);
		await hub.waitFor(/Ctrl-C stops it/, 30_000);
		await until(
			"both meters answer",
			async () => (await web()).devices.every((device) => device.points.every((point) => point.quality === "good")),
			20_000,
			100,
		);
	}, 90_000);
	afterAll(async () => {
		await hub?.stop("SIGTERM");
		await meters?.stop();
		await subscriber?.stop();
		await broker.remove();
		folder.remove();
	});

	it("is seen through SunSpec TCP", async () => {
		const found = await units();
		for (const [unit, points] of Object.entries(expected)) {
			const model = found[unit]!.models[unit === "11" ? "211" : "213"]!;
			for (const [point, value] of Object.entries(points)) {
				// float32 on the wire
				expect(Math.abs((model[point] as number) - value), `${unit} ${point}: ${model[point]}`).toBeLessThanOrEqual(
					Math.abs(value) * 1e-6,
				);
			}
			expect(model["VA"], "not measured, so not implemented").toBeUndefined();
		}
	});

	it("is seen through HTTP", async () => {
		const { devices } = await web();
		for (const [i, points] of Object.values(expected).entries()) {
			for (const [point, value] of Object.entries(points)) {
				const shown = devices[i]!.points.find((one) => one.point === point)!;
				expect(shown.value, point).toBeCloseTo(value, 3);
			}
		}
	});

	it("is seen through MQTT", async () => {
		for (const [serial, wanted] of Object.entries(registers)) {
			await until(`telemetry of ${serial}`, () => told(`${serial}/telemetry`).length >= 3, 15_000);
			const last = told(`${serial}/telemetry`).at(-1)!;
			for (const [obis, value] of Object.entries(wanted)) {
				expect(
					last.registers.find((one) => one.obis === obis),
					`${serial} ${obis}`,
				).toMatchObject({ value, quality: "good" });
			}
		}
	});

	it("loses everything when the converter is pulled out, says so, and has it back when it is plugged in", async () => {
		await pullOut();
		await until("nobody answers", () => allOnline(false), 15_000, 100);
		const lost = await web();
		expect(
			lost.devices
				.flatMap((device) => device.points)
				.filter((point) => point.value !== null || point.quality !== "comms_lost"),
		).toEqual([]);
		const found = await units();
		expect(found["11"]!.base).toBe(40000);
		expect(found["11"]!.models["211"]!["W"], "not implemented").toBeUndefined();
		expect(found["11"]!.models["1"]!["SN"]).toBe("DDS-1");
		await until("the event", () => told("DDS-1/event").some((one) => one.event?.type === "comms_lost"), 10_000);
		const before = told("DDS-1/telemetry").length;
		await until("telemetry of a lost meter", () => told("DDS-1/telemetry").length >= before + 2, 10_000);
		const [earlier, later] = told("DDS-1/telemetry").slice(-2);
		expect(later!.ts).toBe(earlier!.ts); // the time of the last good reading, not of the message
		expect(later!.registers.filter((one) => one.obis === "1.8.0")).toMatchObject([
			{ value: 70000.01, quality: "comms_lost" },
		]);

		await plugIn();
		await until("both answer again", () => allOnline(true), 20_000, 100);
		await until("the event", () => told("DTSU-1/event").at(-1)?.event?.type === "comms_restored", 10_000);
		expect((await units())["12"]!.models["213"]!["W"]).toBe(6200);
		expect(hub.output()).not.toMatch(/\n\s+at /);
	}, 90_000);

	it("sends what it held back when the broker dies and comes again, once and in order", async () => {
		await broker.stop("SIGKILL");
		await until("messages wait", async () => (await web()).mqtt.waiting >= 4, 20_000, 100);
		await broker.start();
		const before = told("/telemetry").length;
		await until("telemetry goes on", () => told("/telemetry").length >= before + 8, 40_000);
		const seqs = told("")
			.filter((one) => one.seq !== undefined)
			.map((one) => one.seq);
		const unique = [...new Set(seqs)];
		expect(unique).toEqual([...unique].sort((a, b) => a - b));
		expect(unique.at(-1)! - unique[0]! + 1, "none is missing").toBe(unique.length);
		// the one message that was under way when the broker died may have come twice
		expect(seqs.length - unique.length).toBeLessThanOrEqual(1);
	}, 90_000);

	it("is told of as offline after it was stopped in order", async () => {
		expect(told("/status").at(-1)).toMatchObject({ state: "online" });
		hub.process.kill("SIGTERM");
		expect(await hub.ended).toBe(0);
		await until("the last status", () => told("/status").at(-1)!.state === "offline", 5_000);
	});
});
