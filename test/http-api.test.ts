/** The HTTP API of the whole hub on XS, in virtual time: every route with good and bad input. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { DesktopHubOptions } from "../hosts/desktop/app";
import { type ApiOptions, serveApi } from "../modules/admin/api";
import type { HttpServer } from "../modules/http/server";
import { type SetupRoutes, serveSetup } from "../modules/setup/routes";
import { root } from "./peers";
import { demoSite, VirtualHub } from "./virtual-hub";

interface Answer {
	status: number;
	head: string;
	body: Buffer;
	// biome-ignore lint/suspicious/noExplicitAny: what comes is what is looked at
	json(): any;
}

let hub: VirtualHub;
let saved: string[];
let restarts: number;
/** Makes saving fail. */
let full: boolean;

function start(options: Partial<DesktopHubOptions> = {}): VirtualHub {
	saved = [];
	restarts = 0;
	full = false;
	hub = new VirtualHub({
		siteText: demoSite(),
		siteStore: {
			place: "tests",
			save(text) {
				if (full) throw new Error("no room");
				saved.push(text);
			},
		},
		onRestart: () => restarts++,
		...options,
	});
	return hub;
}

afterEach(() => {
	const { errors } = hub;
	hub.close();
	expect(errors).toEqual([]);
});

/** One request on a connection of its own. */
async function ask(
	line: string,
	headers: Record<string, string> = {},
	body: string | Uint8Array = "",
): Promise<Answer> {
	const stream = hub.hub.network!.connect(80);
	const chunks: Buffer[] = [];
	stream.on("data", (chunk: Uint8Array) => chunks.push(Buffer.from(chunk)));
	stream.on("error", () => {});
	const bytes = Buffer.from(body as string);
	const lines = Object.entries({ Host: "pole", Connection: "close", ...headers }).map(
		([name, value]) => `${name}: ${value}`,
	);
	if (bytes.length > 0 || !/^(GET|HEAD) /.test(line)) lines.push(`Content-Length: ${bytes.length}`);
	stream.write(Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`), bytes]));
	await hub.advance(300);
	stream.destroy();
	const all = Buffer.concat(chunks);
	const end = all.indexOf("\r\n\r\n");
	const head = all.subarray(0, end).toString();
	const rest = all.subarray(end + 4);
	const answer = { status: Number(head.split(" ")[1]), head, body: /chunked/.test(head) ? unchunked(rest) : rest };
	return { ...answer, json: () => JSON.parse(answer.body.toString()) };
}

function unchunked(bytes: Buffer): Buffer {
	const parts: Buffer[] = [];
	for (let at = 0; ; ) {
		const end = bytes.indexOf("\r\n", at);
		const size = Number.parseInt(bytes.subarray(at, end).toString(), 16);
		if (!(size > 0)) return Buffer.concat(parts);
		parts.push(bytes.subarray(end + 2, end + 2 + size));
		at = end + 2 + size + 2;
	}
}

const own = { "X-Gridpost": "1" };
const login = (user: string, password: string) => ({
	Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

describe("what the hub knows", () => {
	it("stands in /api/site, with what was measured and no more", async () => {
		start();
		const early = (await ask("GET /api/site")).json();
		expect(early.devices[5]).toMatchObject({ online: false, answeredS: null, todayWh: null, todaySince: null });
		await hub.startBroker();
		await hub.advance(60_000);
		const answer = await ask("GET /api/site");
		expect(answer.head).toContain("application/json");
		const site = answer.json();
		expect(site).toMatchObject({
			...{ name: "Demo pole", editable: true, loginRequired: false, network: null, alarms: [] },
			mqtt: { connected: true },
			clock: { state: "synchronised" },
		});
		expect(site.time).toMatch(/^2026-01-01T00:01:/);
		expect(site.devices.map((one: { id: string }) => one.id)).toEqual(hub.snapshot().devices.map((one) => one.id));
		expect(site.devices[0]).toMatchObject({ online: true, todayWh: expect.any(Number) });
		expect(site.devices[0].todaySince).toMatch(/^2026-01-01T00:00:0/);
		expect(site.buses).toMatchObject([
			{
				...{
					id: "rs485-1",
					open: true,
					timeouts: 0,
					garbled: 0,
					exceptions: 0,
					crc: 0,
					parity: 0,
					framing: 0,
					overrun: 0,
				},
				slowest: { device: "feeder", roundTripMs: expect.any(Number) },
			},
		]);
		expect(site.buses[0].lastAnswerS).toBeLessThan(2);
		expect(site.topology.length).toBeGreaterThan(8);
		expect(new Set(site.topology.map((one: { id: string }) => one.id)).size).toBe(site.topology.length);
		// HEAD, and HTTP/1.0, where the end of the connection is the end
		const { head } = await ask("HEAD /api/site");
		expect(head).toContain("200 OK");
	});

	it("of a device with its registers as they came", async () => {
		start();
		await hub.advance(30_000);
		const device = (await ask("GET /api/devices/home-5")).json();
		expect(device).toMatchObject({ id: "home-5", model: expect.any(String), online: true });
		const voltage = device.rows.find((row: { point: string }) => row.point?.includes("PhVphA"));
		expect(voltage).toMatchObject({ function: 4, address: 0, type: "f32", unit: "V", quality: "good", access: "r" });
		const raw = Buffer.from(voltage.raw.replaceAll(" ", ""), "hex");
		expect(voltage.value).toBeCloseTo(raw.readFloatBE(0), 3);
		expect((await ask("GET /api/devices/nobody")).status).toBe(404);
		expect((await ask("GET /api/devices/")).status).toBe(404);
		expect((await ask("PUT /api/devices/home-1", own)).status).toBe(405);
	});

	it("of the last day, of what measures power", async () => {
		start();
		await hub.advance(930_000);
		const { body, head } = await ask("GET /api/history/home-1");
		expect(head).toContain("application/octet-stream");
		expect([0, 4, 8, 12].map((at) => body.readUInt32LE(at))).toEqual([1, 300, 3, 8]);
		expect(body.length).toBe(32 + 3 * 8);
		expect(body.readDoubleLE(16)).toBeCloseTo(Date.UTC(2026, 0, 1, 0, 15), -3);
		expect(body.readDoubleLE(24)).toBeGreaterThan(29_000);
		for (const at of [32, 40, 48]) {
			expect(body.readFloatLE(at)).toBeGreaterThan(10);
			expect(body.readUInt16LE(at + 4)).toBeGreaterThan(2000);
			expect(body.readUInt16LE(at + 6)).toBeGreaterThanOrEqual(297);
		}
		expect((await ask("GET /api/history/cabinet")).status).toBe(404);
		expect((await ask("GET /api/history/nobody")).status).toBe(404);
	});

	it("as events: the site, devices at most once a second, buses and hub every five, alarms at once", async () => {
		start();
		await hub.advance(10_000);
		const stream = hub.hub.network!.connect(80);
		let text = "";
		stream.on("data", (chunk: Uint8Array) => (text += Buffer.from(chunk).toString()));
		stream.write("GET /api/events HTTP/1.1\r\nHost: pole\r\n\r\n");
		await hub.advance(10_300);
		const events = text
			.slice(text.indexOf("\r\n\r\n") + 4)
			.split("\n\n")
			.filter((one) => one.startsWith("event"))
			.map((one) => ({ name: one.split("\n")[0]!.slice(7), data: JSON.parse(one.split("\n")[1]!.slice(6)) }));
		expect(events[0]).toMatchObject({ name: "site", data: { name: "Demo pole", topology: expect.any(Array) } });
		const count = (name: string) => events.filter((one) => one.name === name).length;
		expect([count("site"), count("bus"), count("status")]).toEqual([1, 2, 2]);
		const ofHome = events.filter((one) => one.name === "device" && one.data.id === "home-1").length;
		expect(ofHome).toBeGreaterThanOrEqual(4);
		expect(ofHome).toBeLessThanOrEqual(11);
		// a meter falls silent: its event comes with the miss, the alarm after a while
		text = "";
		hub.hub.pole!.slave("home-2")!.fault = { kind: "silent" };
		await hub.advance(40_000);
		expect(text).toMatch(/event: device\ndata: \{"id":"home-2".*"online":false/);
		expect(text).toMatch(
			/event: alarms\ndata: \[\{"id":1,"kind":"silent","severity":"alarm","source":\{"type":"device","id":"home-2"/,
		);
		stream.destroy();
		await hub.advance(2000);
	});
});

describe("changes", () => {
	const changes = [
		["POST /api/alarms/acknowledge", "{}"],
		["POST /api/site-file/check", demoSite()],
		["PUT /api/site-file", demoSite()],
	] as const;

	it.each(changes)("%s is not for pages of others", async (line, body) => {
		start();
		expect((await ask(line, {}, body)).status).toBe(403);
		expect((await ask(line, { ...own, Origin: "http://evil.example" }, body)).status).toBe(403);
		expect((await ask(line, { ...own, Origin: "null" }, body)).status).toBe(403);
		expect((await ask(line, { ...own, Origin: "http://pole" }, body)).status).toBe(200);
		const preflight = await ask(line.replace(/^\w+/, "OPTIONS"), { Origin: "http://evil.example" });
		expect(preflight.head.toLowerCase()).not.toContain("access-control-");
	});

	it.each(changes)("%s wants the password when there is one", async (line, body) => {
		start({ adminPassword: "pfad: ü" });
		expect((await ask("GET /api/site")).json().loginRequired).toBe(true);
		const none = await ask(line, own, body);
		expect(none.status).toBe(401);
		expect(none.head.toLowerCase()).not.toContain("www-authenticate");
		for (const [user, password] of [
			["admin", "pfad: u"],
			["admin", ""],
			["root", "pfad: ü"],
			["admin", "pfad: ü "],
		] as const)
			expect((await ask(line, { ...own, ...login(user, password) }, body)).status).toBe(401);
		expect((await ask(line, { ...own, Authorization: "Bearer x" }, body)).status).toBe(401);
		expect((await ask(line, { ...own, ...login("admin", "pfad: ü") }, body)).status).toBe(200);
		const browser = await ask("GET /api/site-file");
		expect([browser.status, /WWW-Authenticate: Basic/.test(browser.head)]).toEqual([401, true]);
		expect((await ask("GET /api/site-file", login("admin", "pfad: ü"))).body.toString()).toBe(
			saved.at(-1) ?? demoSite(),
		);
	});

	it("alarms are acknowledged one by one or all", async () => {
		start();
		hub.hub.pole!.slave("home-2")!.fault = { kind: "silent" };
		hub.hub.pole!.slave("home-3")!.fault = { kind: "silent" };
		// no broker either
		await hub.advance(150_000);
		const acknowledge = (body: string) => ask("POST /api/alarms/acknowledge", own, body);
		expect((await ask("GET /api/site")).json().alarms).toMatchObject([
			{ id: 1, kind: "silent", active: true, acknowledged: false, clearedS: null, since: expect.stringMatching(/Z$/) },
			{ id: 2, kind: "silent" },
			{ id: 3, kind: "broker", severity: "warning", source: { type: "hub", id: "pole-7" } },
		]);
		expect(
			(await acknowledge('{"id": 2}'))
				.json()
				.alarms.map((one: { active: boolean; acknowledged: boolean }) => one.acknowledged),
		).toEqual([false, true, false]);
		expect(
			(await acknowledge("{}"))
				.json()
				.alarms.every((one: { active: boolean; acknowledged: boolean }) => one.acknowledged),
		).toBe(true);
		for (const bad of [
			"",
			"[]",
			"1",
			"null",
			'{"id": "1"}',
			'{"id": 1.5}',
			'{"id": 0}',
			'{"ID": 1}',
			"{",
			`{"id":${"[".repeat(150)}`,
		])
			expect((await acknowledge(bad)).status, bad).toBe(400);
		expect((await acknowledge('{"id": 99}')).status).toBe(404);
		hub.hub.pole!.slave("home-2")!.fault = undefined;
		await hub.startBroker();
		await hub.advance(150_000);
		const after = (await ask("GET /api/site")).json().alarms;
		expect(after.map((one: { active: boolean; acknowledged: boolean }) => one.active)).toEqual([false, true, false]);
		expect(after[0].clearedS).toBeGreaterThan(0);
	});

	it("a site file is checked, kept, and started with, once", async () => {
		start();
		expect((await ask("GET /api/site-file")).body.toString()).toBe(demoSite());
		const check = async (text: string) => (await ask("POST /api/site-file/check", own, text)).json().problems;
		expect(await check(demoSite())).toEqual([]);
		expect(
			await check(demoSite((site) => ((site as unknown as { gatewayId: string }).gatewayId = "pole 7"))),
		).toMatchObject([{ place: "gatewayId", message: expect.stringContaining("pole 7") }]);
		expect(await check("{")).toMatchObject([{ place: expect.stringContaining("line 1") }]);
		const refused = await ask("PUT /api/site-file", own, "[".repeat(5000));
		expect([refused.status, refused.json().problems.length, saved.length]).toEqual([422, 1, 0]);
		expect((await ask("PUT /api/site-file", own, Uint8Array.of(0x22, 0xff, 0x22))).status).toBe(422);
		expect((await ask("PUT /api/site-file", own, " ".repeat(70_000))).status).toBe(413);
		full = true;
		expect((await ask("PUT /api/site-file", own, demoSite())).status).toBe(500);
		full = false;
		const next = demoSite((site) => ((site as unknown as { name: string }).name = "Pole with a nëw name"));
		// several at once: one wins, and is what is kept
		const line = "PUT /api/site-file";
		const all = await Promise.all([ask(line, own, next), ask(line, own, next), ask(line, own, next)]);
		expect(all.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
		expect(all.find(({ status }) => status === 200)!.json()).toEqual({ restarts: true });
		expect(saved).toEqual([next]);
		expect((await ask("GET /api/site-file")).body.toString()).toBe(next);
		await hub.advance(1000);
		await new Promise((resolve) => setImmediate(resolve));
		expect(restarts).toBe(1);
	});

	it("the site of a hub that keeps none cannot be changed", async () => {
		start({ siteStore: undefined });
		expect((await ask("GET /api/site")).json().editable).toBe(false);
		expect((await ask("PUT /api/site-file", own, demoSite())).status).toBe(501);
	});

	it("random bodies and methods do no harm", async () => {
		start();
		let seed = 7;
		const dice = (below: number) => (seed = (seed * 48_271) % 0x7fffffff) % below;
		const paths = [
			"/api/site-file",
			"/api/site-file/check",
			"/api/alarms/acknowledge",
			"/api/site",
			"/api/history/home-1",
		];
		const text = demoSite();
		for (let i = 0; i < 150; i++) {
			const body = Buffer.from(text.slice(0, dice(text.length)));
			for (let n = dice(6); n > 0; n--) body[dice(body.length || 1)] = dice(256);
			const method = ["POST", "PUT", "DELETE", "PATCH", "GET"][dice(5)];
			const { status } = await ask(`${method} ${paths[dice(paths.length)]}`, own, body);
			expect([200, 400, 404, 405, 409, 422]).toContain(status);
		}
		expect(saved).toEqual([]);
		expect((await ask("GET /api/site")).json().devices[0].online).toBe(true);
	});
});

it("docs/http-api.md names the routes that there are, and no others", () => {
	start();
	const routes: string[] = [];
	const http = {
		route: (method: string, pattern: string) => routes.push(`${method} ${pattern}`),
		events: (path: string) => {
			routes.push(`GET ${path}`);
			return {};
		},
	} as unknown as HttpServer;
	serveApi({ http, hub: { site: {}, devices: [] } } as unknown as ApiOptions);
	serveSetup({ http } as unknown as SetupRoutes);
	const text = readFileSync(join(root, "docs/http-api.md"), "utf8");
	const documented = [...text.matchAll(/^### (\S+ \/\S+)$/gm)].map((match) => match[1]!);
	expect(documented.sort()).toEqual(routes.filter((route) => route.includes(" /api/")).sort());
});
