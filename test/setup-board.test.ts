/** The whole hub on a simulated board: first start, set-up by HTTP, wrong data, restarts, factory reset, damaged storage. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DesktopHub } from "../hosts/desktop/app";
import { temporaryFolder } from "./peers";

/** What the API says, looked into by tests. */
// biome-ignore lint/suspicious/noExplicitAny: each test names what it expects
type Json = any;

interface Bench {
	setAir(text: string): void;
	takeDone(): string;
	loseWifi(): void;
	cable(address: string): void;
	accessPointPassword(): string;
	press(type: string, heldMs: number): void;
}

const home = { name: "Home", password: "secret-12", address: "10.0.0.77", signalDbm: -58, open: false };
const site = readFileSync(join(import.meta.dirname, "../sites/demo.json"), "utf8");
const kUtc = Date.UTC(2026, 10, 24, 9);

/** A board with its power on; `restart` is what the program asked for, done between two steps of the clock. */
class Board {
	readonly folder = temporaryFolder();
	readonly errors: Error[] = [];
	readonly logged: string[] = [];
	air = [home];
	hub!: DesktopHub;
	bench!: Bench;
	starts = 0;
	#wantsRestart = false;

	powerOn(): void {
		this.starts++;
		this.#wantsRestart = false;
		this.hub = new DesktopHub({
			siteText: "",
			simulatedBoard: true,
			seed: this.starts,
			clock: "virtual",
			network: "virtual",
			dataFolder: this.folder.path,
			options: { modbusPort: 502, httpPort: 80, broker: "" },
			onRestart: () => (this.#wantsRestart = true),
			onError: (error) => this.errors.push(error),
			log: (level, area, text) => this.logged.push(`${level} ${area}: ${text}`),
		});
		this.bench = this.hub.machine.importModule<{ bench: Bench }>("hosts/desktop/xs/simulated-board").bench;
		this.bench.setAir(JSON.stringify(this.air));
	}

	powerOff(): void {
		this.hub.close();
	}

	async run(ms: number): Promise<void> {
		await this.hub.run(ms);
		// the wish reaches Node in a turn of its own
		await new Promise((resolve) => setImmediate(resolve));
		if (!this.#wantsRestart) return;
		this.powerOff();
		this.powerOn();
	}

	/** By Node's own HTTP client, while the hub's clock goes on. */
	async ask(
		method: string,
		path: string,
		options: { body?: string; password?: string; plain?: boolean } = {},
	): Promise<{ status: number; location: string | undefined; text: string; json: Json }> {
		const { body, password, plain } = options;
		const headers: Record<string, string> = { Host: "192.168.4.1", Connection: "close", "Accept-Encoding": "gzip" };
		if (!plain) headers["X-Gridpost"] = "1";
		if (password !== undefined) headers["Authorization"] = `Basic ${btoa(`admin:${password}`)}`;
		if (body !== undefined) headers["Content-Length"] = String(Buffer.byteLength(body));
		let got: { response: IncomingMessage; text: string } | undefined;
		const sent = request({ method, path, headers, createConnection: () => this.hub.network!.connect(80) as never });
		sent.on("response", (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (piece) => (text += piece));
			response.on("end", () => (got = { response, text }));
		});
		sent.on("error", () => {});
		sent.end(body);
		for (let i = 0; i < 100 && !got; i++) await this.hub.run(50);
		if (!got) throw new Error(`${method} ${path}: no answer`);
		const { response, text } = got;
		const isJson = response.headers["content-type"] === "application/json";
		return {
			status: response.statusCode!,
			location: response.headers.location,
			text,
			json: isJson ? JSON.parse(text) : undefined,
		};
	}

	async setup(): Promise<Json> {
		return (await this.ask("GET", "/api/setup")).json;
	}

	/** A time server behind the network. */
	serveTime(): void {
		const handle = this.hub.network!.datagrams({
			address: "127.0.0.1",
			port: 123,
			onError: (reason) => this.errors.push(new Error(reason)),
			onMessage: (bytes, address, port) => {
				const reply = Buffer.alloc(48);
				reply[0] = 0x24;
				reply[1] = 1;
				Buffer.from(bytes).copy(reply, 24, 40, 48);
				for (const at of [32, 40]) reply.writeUInt32BE(kUtc / 1000 + 2_208_988_800, at);
				handle.send(reply, address, port);
			},
		});
	}
}

let board: Board;

beforeEach(() => {
	board = new Board();
	board.powerOn();
});

afterEach(() => {
	board.powerOff();
	board.folder.remove();
	expect(board.errors).toEqual([]);
});

const first = { wifi: { ssid: "Home", password: "secret-12" }, adminPassword: "pole-and-wire" };

it("goes from a box to a hub in the network that polls its meters", async () => {
	await board.run(100);
	expect(await board.setup()).toMatchObject({
		network: { state: "setup", name: "Gridpost-1A2B", address: "192.168.4.1" },
		wifi: { ssid: "", hasPassword: false },
		hostName: "gridpost-1a2b",
		adminPasswordSet: false,
		canScan: true,
		site: { state: "none" },
	});
	expect(board.bench.accessPointPassword()).toMatch(/^[a-z2-9]{10}$/);
	const scanned = await board.ask("POST", "/api/setup/scan");
	expect(scanned.json.networks).toMatchObject([{ name: "Home", signalDbm: -58, open: false }]);
	expect((await board.ask("GET", "/setup.html")).status).toBe(200);

	board.serveTime();
	const answer = await board.ask("PUT", "/api/setup", { body: JSON.stringify(first) });
	expect(answer.status).toBe(200);
	expect(answer.text).not.toContain("secret-12");
	expect(answer.text).not.toContain("pole-and-wire");
	await board.run(6000);
	expect(await board.setup()).toMatchObject({
		network: { state: "up", by: "wifi", address: "10.0.0.77" },
		trouble: "",
	});
	await board.run(2000);
	const status = (await board.ask("GET", "/api/site")).json;
	expect(status.clock).toMatchObject({ state: "synchronised", source: "sntp" });
	expect(status.time).toMatch(/^2026-11-24T09:00/);
	expect(status).toMatchObject({ name: "No site file yet", loginRequired: true, devices: [] });

	const put = (password?: string) =>
		board.ask("PUT", "/api/site-file", { body: site, ...(password === undefined ? {} : { password }) });
	expect((await put()).status).toBe(401);
	expect((await put("pole-and-wire")).json).toEqual({ restarts: true });
	await board.run(3000);
	expect(board.starts).toBe(2);
	await board.run(10_000);
	expect((await board.setup()).network.state).toBe("up");
	expect((await board.ask("GET", "/api/site")).json.devices.length).toBeGreaterThan(0);
});

it("tells in words what is wrong with the data, stays reachable, and takes the right one", async () => {
	const wrong = { ...first, wifi: { ssid: "Home", password: "secret-13" } };
	await board.ask("PUT", "/api/setup", { body: JSON.stringify(wrong) });
	await board.run(5000);
	expect(await board.setup()).toMatchObject({
		network: { state: "setup" },
		trouble: "password",
		wifi: { ssid: "Home" },
	});
	// also after days, and after the power was off
	await board.run(600_000);
	expect((await board.setup()).network.state).toBe("setup");
	board.powerOff();
	board.powerOn();
	await board.run(30_000);
	expect((await board.setup()).network.state).toBe("connecting");
	await board.run(35_000);
	expect(await board.setup()).toMatchObject({ network: { state: "setup" }, trouble: "password" });
	const again = { wifi: first.wifi };
	expect((await board.ask("PUT", "/api/setup", { body: JSON.stringify(again) })).status).toBe(401);
	const right = await board.ask("PUT", "/api/setup", { body: JSON.stringify(again), password: "pole-and-wire" });
	expect(right.status).toBe(200);
	await board.run(10_000);
	expect((await board.setup()).network).toMatchObject({ state: "up", address: "10.0.0.77" });
	await board.run(130_000);
	expect(board.bench.takeDone().split("\n").at(-1)).toBe("close");
	expect(board.logged.join("\n")).not.toMatch(/secret-1|pole-and/);
});

it("refuses what is not allowed, naming the field, and needs a password for the hub first", async () => {
	const put = (body: string, plain = false) => board.ask("PUT", "/api/setup", { body, plain });
	expect((await put(JSON.stringify(first), true)).status).toBe(403);
	const bad = await put(
		JSON.stringify({ wifi: { ssid: "x", password: "short" }, hostName: "a b", adminPassword: "1" }),
	);
	expect(bad.status).toBe(422);
	expect(bad.json.problems.map(({ place }: { place: string }) => place)).toEqual([
		"wifi.password",
		"hostName",
		"adminPassword",
	]);
	expect((await put(JSON.stringify({ wifi: first.wifi }))).json.problems).toEqual([
		{ place: "adminPassword", message: "none is set yet; the first change must set one" },
	]);
	expect((await put("{")).json.problems[0].message).toMatch(/^not JSON: line 1, column 2/);
	expect((await put("[".repeat(4000))).status).toBe(422);
	expect((await board.setup()).adminPasswordSet).toBe(false);
	expect(board.bench.takeDone()).toBe("disconnect\nopen Gridpost-1A2B");
});

it("leads phones and computers to the page while it waits, and not afterwards", async () => {
	const probes = ["/generate_204", "/hotspot-detect.html", "/connecttest.txt", "/success.txt", "/canonical.html"];
	for (const probe of probes) {
		const { status, location } = await board.ask("GET", probe, { plain: true });
		expect(status, probe).toBe(302);
		expect(location).toBe("http://192.168.4.1/setup.html");
	}
	expect(await board.ask("GET", "/", { plain: true })).toMatchObject({ status: 302, location: "/setup.html" });
	board.bench.cable("10.1.0.5");
	expect((await board.ask("GET", "/", { plain: true })).status).toBe(200);
	for (const probe of probes) expect((await board.ask("GET", probe, { plain: true })).status, probe).toBe(404);
});

it("forgets everything when a button is held for ten seconds and let go", async () => {
	await board.ask("PUT", "/api/setup", { body: JSON.stringify(first) });
	await board.ask("PUT", "/api/site-file", { body: site, password: "pole-and-wire" });
	await board.run(3000);
	expect((await board.setup()).site.state).toBe("stored");
	const before = board.bench.accessPointPassword();
	await board.run(2000);
	board.bench.press("press", 0);
	for (let heldMs = 600; heldMs <= 10_200; heldMs += 200) {
		await board.hub.run(200);
		board.bench.press(heldMs === 600 ? "long" : "repeat", heldMs);
	}
	board.bench.press("release", 10_300);
	await board.run(3000);
	expect(board.starts).toBe(3);
	expect(await board.setup()).toMatchObject({
		network: { state: "setup" },
		wifi: { ssid: "" },
		adminPasswordSet: false,
		site: { state: "none" },
	});
	expect(board.bench.accessPointPassword()).not.toBe(before);
	const kept = readdirSync(board.folder.path, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
	expect(kept.join("\n")).not.toMatch(/secret-12|pole-and-wire|Gridpost demo/);
});

it("starts with a damaged site file: the one before it, else no meters and the reason, the text kept", async () => {
	await board.ask("PUT", "/api/setup", { body: JSON.stringify(first) });
	for (const name of ["Pole A", "Pole B"]) {
		const text = JSON.stringify({ ...JSON.parse(site), name });
		await board.ask("PUT", "/api/site-file", { body: text, password: "pole-and-wire" });
		await board.run(3000);
	}
	expect((await board.ask("GET", "/api/site")).json.name).toBe("Pole B");
	const paths = readdirSync(board.folder.path, { recursive: true, encoding: "utf8" })
		.filter((path) => /site\/[01]\.json$/.test(path))
		.map((path) => join(board.folder.path, path));
	const damage = (name: string) => {
		const path = paths.find((one) => readFileSync(one, "latin1").includes(name))!;
		const bytes = readFileSync(path);
		bytes[100]! ^= 4;
		board.powerOff();
		writeFileSync(path, bytes);
		board.powerOn();
	};
	damage("Pole B");
	expect((await board.ask("GET", "/api/site")).json.name).toBe("Pole A");
	expect((await board.setup()).site).toMatchObject({ state: "before" });
	damage("Pole A");
	expect((await board.ask("GET", "/api/site")).json).toMatchObject({ name: "Site file not in use", devices: [] });
	expect((await board.setup()).site).toEqual({
		state: "damaged",
		text: "the stored site file is damaged; store it again",
	});
	expect(paths.every((path) => readFileSync(path).length > 1000)).toBe(true);
	expect(board.logged).toContain("error setup: the stored site file is damaged; store it again");
});
